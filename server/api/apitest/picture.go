package apitest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"testing"

	"zoufang/sync/wire"
)

// JPEG draws a small photo; each shade is another one.
func JPEG(t testing.TB, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = shade + uint8(i%7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Manifest describes a photo as a visit names it.
func Manifest(b []byte) wire.Photo {
	return wire.Photo{ID: NewID(), SHA256: HashOf(b), Bytes: len(b), Width: 64, Height: 48, Source: wire.SourceCamera}
}

// HashOf returns the SHA-256 of a photo.
func HashOf(b []byte) wire.Hash {
	sum := sha256.Sum256(b)
	return wire.Hash(hex.EncodeToString(sum[:]))
}

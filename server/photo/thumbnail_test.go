package photo_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image/jpeg"
	"sync"
	"sync/atomic"
	"testing"

	"zoufang/server/photo"
	"zoufang/storage/disk"
	"zoufang/sync/wire"
)

func TestThumbnail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		w, h       int
		outW, outH int
	}{
		{"landscape", 1600, 1200, 320, 240},
		{"portrait", 1200, 1600, 240, 320},
		{"small ones are not enlarged", 100, 50, 100, 50},
		{"a stripe keeps a pixel", 2000, 2, 320, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			original := with(picture(t, tt.w, tt.h), 0xE2, "ICC_PROFILE\x00<script>")
			small, err := photo.Thumbnail(original)
			if err != nil {
				t.Fatal(err)
			}
			got, err := jpeg.DecodeConfig(bytes.NewReader(small))
			if err != nil || got.Width != tt.outW || got.Height != tt.outH {
				t.Errorf("thumbnail is %dx%d (%v), want %dx%d", got.Width, got.Height, err, tt.outW, tt.outH)
			}
			if bytes.Contains(small, []byte("<script>")) {
				t.Error("bytes of the original are in the thumbnail")
			}
		})
	}
}

func TestThumbnailsAreMadeOnce(t *testing.T) {
	t.Parallel()
	s := counted(t)
	hash := s.put(t, picture(t, 640, 480))
	thumbnails := photo.NewThumbnails(s)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if b, err := thumbnails.Of(t.Context(), hash); err != nil || len(b) == 0 {
				t.Errorf("got %d bytes and %v", len(b), err)
			}
		})
	}
	wg.Wait()
	before := s.made.Load()
	if _, err := thumbnails.Of(t.Context(), hash); err != nil || s.made.Load() != before {
		t.Errorf("a kept thumbnail was made again (%v)", err)
	}
}

// A photo that passes the check and cannot be decoded is unreadable, and still there.
func TestUnreadablePhotoIsRememberedAndKept(t *testing.T) {
	t.Parallel()
	s := counted(t)
	b := picture(t, 64, 64)
	b = replaced(b, 0xDB, 0xDD) // no quantization table
	if _, err := photo.Check(b); err != nil {
		t.Fatalf("Check: %v", err)
	}
	hash := s.put(t, b)
	thumbnails := photo.NewThumbnails(s)
	for range 3 {
		if got, err := thumbnails.Of(t.Context(), hash); wire.CodeOf(err) != wire.CodeImage || err == nil || got != nil {
			t.Errorf("got %d bytes and %v, want code image", len(got), err)
		}
	}
	if n := s.made.Load(); n != 1 {
		t.Errorf("it was decoded %d times, want once", n)
	}
	if got, err := s.Object(t.Context(), hash); err != nil || !bytes.Equal(got, b) {
		t.Errorf("the photo itself: %v", err)
	}
}

func TestThumbnailOfAMissingPhoto(t *testing.T) {
	t.Parallel()
	_, err := photo.NewThumbnails(counted(t)).Of(t.Context(), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
	if err == nil || wire.CodeOf(err) != wire.CodeNotFound {
		t.Errorf("got %v, want not_found", err)
	}
}

// counting is a real store that counts the thumbnails made.
type counting struct {
	*disk.Store
	made atomic.Int64
}

func counted(t *testing.T) *counting {
	t.Helper()
	s, err := disk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &counting{Store: s}
}

func (s *counting) PutThumbnail(ctx context.Context, hash wire.Hash, b []byte) error {
	s.made.Add(1)
	return s.Store.PutThumbnail(ctx, hash, b)
}

func (s *counting) put(t *testing.T, b []byte) wire.Hash {
	t.Helper()
	h := sha256.Sum256(b)
	hash := wire.Hash(hex.EncodeToString(h[:]))
	if err := s.Put(t.Context(), hash, b); err != nil {
		t.Fatal(err)
	}
	return hash
}

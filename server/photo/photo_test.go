package photo_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"zoufang/server/photo"
	"zoufang/sync/wire"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	plain := picture(t, 64, 48)
	for _, tt := range []struct {
		name string
		in   []byte
		want wire.Code // "": taken
	}{
		{"what a browser encodes", plain, ""},
		{"a progressive picture", progressive(t), ""},
		{"a grey picture", grey(t), ""},
		{"with a JFIF header", with(plain, 0xE0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), ""},
		{"with a colour profile", with(plain, 0xE2, "ICC_PROFILE\x00\x01\x01profile"), ""},
		{"with Adobe's colour flag", with(plain, 0xEE, "Adobe\x00\x64\x00\x00\x00\x00\x01"), ""},
		{"with the empty blocks of Safari's encoder", with(with(plain, 0xED, safariPhotoshop(t)), 0xE1, safariExif(t)), ""},
		{"with fill bytes before a marker", slices.Concat(plain[:2], []byte{0xFF, 0xFF}, plain[2:]), ""},

		{"nothing", nil, wire.CodeMediaType},
		{"a PNG", pngHeader(t, 20_000, 20_000), wire.CodeMediaType},
		{"a GIF", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), wire.CodeMediaType},
		{"a WebP", []byte("RIFF\x1a\x00\x00\x00WEBPVP8L"), wire.CodeMediaType},
		{"an SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), wire.CodeMediaType},
		{"a page", []byte("<!doctype html><script>alert(1)</script>"), wire.CodeMediaType},
		{"a PDF", []byte("%PDF-1.7\n"), wire.CodeMediaType},
		{"a page that ends as a JPEG", append([]byte("<html>"), plain...), wire.CodeMediaType},

		{"cut in its header", plain[:20], wire.CodeImage},
		{"cut in its picture", plain[:len(plain)-10], wire.CodeImage},
		{"cut before its last byte", plain[:len(plain)-1], wire.CodeImage},
		{"without a picture", []byte{0xFF, 0xD8, 0xFF, 0xD9}, wire.CodeImage},
		{"a page after the end", append(slices.Clone(plain), "<script>alert(1)</script>"...), wire.CodeImage},
		{"an archive after the end", append(slices.Clone(plain), "PK\x05\x06"...), wire.CodeImage},
		{"a second picture after the end", append(slices.Clone(plain), plain...), wire.CodeImage},
		{"a page in a comment", with(plain, 0xFE, "<html><script>alert(1)</script>"), wire.CodeImage},
		{"bytes between segments", slices.Concat(plain[:2], []byte("<html>"), plain[2:]), wire.CodeMediaType},
		{"bytes between later segments", slices.Concat(plain[:2], segment(0xE2, "ICC_PROFILE\x00"), []byte("<html>"), plain[2:]), wire.CodeImage},
		{"a segment longer than the file", slices.Concat(plain[:2], []byte{0xFF, 0xDB, 0xFF, 0xFF}, plain[2:]), wire.CodeImage},
		{"a segment shorter than its length", slices.Concat(plain[:2], []byte{0xFF, 0xDB, 0, 1}, plain[2:]), wire.CodeImage},
		{"lossless", replaced(plain, 0xC0, 0xC3), wire.CodeImage},
		{"arithmetic coding", replaced(plain, 0xC0, 0xC9), wire.CodeImage},
		{"two frames", with(plain, 0xC0, frame(64, 48)), wire.CodeImage},
		{"a picture before its frame", with(plain, 0xDA, "\x01\x01\x00\x00\x3f\x00"), wire.CodeImage},
		{"more scans than any encoder writes", scans(plain, 40), wire.CodeImage},
		{"no height", sized(plain, 64, 0), wire.CodeImage},
		{"wider than we take", sized(plain, wire.MaxPhotoSide+1, 10), wire.CodeTooLarge},
		{"more pixels than we take", sized(plain, 10_000, 10_000), wire.CodeTooLarge},
		{"more bytes than we take", append(slices.Clone(plain), make([]byte, wire.MaxPhotoBytes)...), wire.CodeTooLarge},

		{"Exif with a position", with(plain, 0xE1, exif(0x0112, 1, 0x8825, 26)), wire.CodePosition},
		{"Exif with a position, after a camera's name", with(plain, 0xE1, exif(0x010F, 0, 0x8825, 26)), wire.CodePosition},
		{"Exif with a camera's name", with(plain, 0xE1, exif(0x010F, 0)), wire.CodeImage},
		{"Exif that turns the picture", with(plain, 0xE1, exif(0x0112, 6)), wire.CodeImage},
		{"Exif that refers to itself", with(plain, 0xE1, exif(0x8769, 8)), wire.CodeImage},
		{"Exif that refers to nowhere", with(plain, 0xE1, exif(0x8769, 0xFFFFFFF0)), wire.CodeImage},
		{"Exif with a thumbnail", with(plain, 0xE1, exifWithNext(8)), wire.CodeImage},
		{"Exif cut short", with(plain, 0xE1, "Exif\x00\x00MM"), wire.CodeImage},
		{"XMP with a position", with(plain, 0xE1, "http://ns.adobe.com/xap/1.0/\x00<x exif:GPSLatitude='31,12N'/>"), wire.CodePosition},
		{"XMP with another word for a position", with(plain, 0xE1, "http://ns.adobe.com/xap/1.0/\x00<x geo:lat='31.2'/>"), wire.CodePosition},
		{"XMP without a position", with(plain, 0xE1, "http://ns.adobe.com/xap/1.0/\x00<x dc:creator='n'/>"), wire.CodeImage},
		{"Photoshop data that names places", with(plain, 0xED, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x08\x1c\x02\x5a\x00\x03abc"), wire.CodeImage},
		{"Photoshop data longer than its segment", with(plain, 0xED, "Photoshop 3.0\x008BIM\x04\x25\x00\x00\x00\x00\x00\x10"), wire.CodeImage},
		{"a JFIF thumbnail", with(plain, 0xE0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x01\x01rgb"), wire.CodeImage},
		{"a JFXX thumbnail", with(plain, 0xE0, "JFXX\x00\x10thumb"), wire.CodeImage},
		{"further pictures (MPF)", with(plain, 0xE2, "MPF\x00II*\x00"), wire.CodeImage},
		{"a maker's own data", with(plain, 0xE5, "maker"), wire.CodeImage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := photo.Check(tt.in)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || wire.CodeOf(err) != tt.want) {
				t.Errorf("got error %v, want code %q", err, tt.want)
			}
		})
	}
}

func TestCheckTellsTheSize(t *testing.T) {
	t.Parallel()
	got, err := photo.Check(picture(t, 640, 480))
	if want := (photo.Info{Width: 640, Height: 480}); err != nil || got != want {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
}

// Whatever bytes come: an answer, and one of the codes a phone knows.
func TestCheckSurvivesDamage(t *testing.T) {
	t.Parallel()
	seeds := corpus(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		b := slices.Clone(seeds[random.IntN(len(seeds))])
		for range 1 + random.IntN(8) {
			switch at := random.IntN(len(b)); random.IntN(4) {
			case 0:
				b[at] = byte(random.IntN(256))
			case 1:
				b[at] = 0xFF
			case 2:
				b = b[:at+1]
			case 3:
				b = slices.Insert(b, at, byte(random.IntN(256)), 0xFF)
			}
		}
		checkAny(t, b)
	}
}

func FuzzCheck(f *testing.F) {
	for _, b := range corpus(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkAny(t, b) })
}

func checkAny(t *testing.T, b []byte) {
	t.Helper()
	info, err := photo.Check(b)
	switch wire.CodeOf(err) {
	case wire.CodeMediaType, wire.CodeImage, wire.CodePosition, wire.CodeTooLarge:
	default:
		if err != nil || info.Width < 1 || info.Height < 1 || info.Width*info.Height > wire.MaxPhotoPixels {
			t.Fatalf("got %+v and %v for %x", info, err, b)
		}
	}
}

func corpus(t testing.TB) [][]byte {
	plain := picture(t, 16, 16)
	return [][]byte{
		plain, progressive(t), grey(t), pngHeader(t, 8, 8), scans(plain, 3),
		with(with(plain, 0xED, safariPhotoshop(t)), 0xE1, safariExif(t)),
		with(plain, 0xE1, exif(0x0112, 1, 0x8825, 26)),
		with(plain, 0xFE, "comment"),
	}
}

// picture returns a w by h JPEG with colours in it.
func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{R: uint8(x), G: uint8(y), B: uint8(x * y), A: 255})
		}
	}
	return encoded(t, img)
}

func grey(t testing.TB) []byte { return encoded(t, image.NewGray(image.Rect(0, 0, 16, 16))) }

func encoded(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// progressive is an 8 by 8 picture of several scans, by cjpeg -progressive's script for grey: DC, then AC.
func progressive(t testing.TB) []byte {
	t.Helper()
	b := slices.Concat([]byte{0xFF, 0xD8},
		segment(0xDB, "\x00"+string(bytes.Repeat([]byte{16}, 64))),
		segment(0xC2, "\x08\x00\x08\x00\x08\x01\x01\x11\x00"),
		segment(0xC4, "\x00\x01"+string(make([]byte, 15))+"\x00"), // one DC code of 1 bit: no difference
		segment(0xDA, "\x01\x01\x00\x00\x00\x00"), []byte{0x7F},
		segment(0xC4, "\x10\x01"+string(make([]byte, 15))+"\x00"), // one AC code of 1 bit: end of block
		segment(0xDA, "\x01\x01\x00\x01\x3f\x00"), []byte{0x7F},
		[]byte{0xFF, 0xD9})
	if _, err := jpeg.Decode(bytes.NewReader(b)); err != nil {
		t.Fatalf("the test's own progressive picture: %v", err)
	}
	return b
}

// pngHeader is a PNG that claims to be w by h pixels.
func pngHeader(t testing.TB, w, h uint32) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	return b
}

func segment(marker byte, body string) []byte {
	n := len(body) + 2
	return append([]byte{0xFF, marker, byte(n >> 8), byte(n)}, body...)
}

// with returns the picture with one more segment at its front.
func with(jpeg []byte, marker byte, body string) []byte {
	return slices.Concat(jpeg[:2], segment(marker, body), jpeg[2:])
}

func replaced(jpeg []byte, from, to byte) []byte {
	b := slices.Clone(jpeg)
	b[bytes.Index(b, []byte{0xFF, from})+1] = to
	return b
}

func frame(w, h uint16) string {
	return string([]byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1})
}

// sized returns the picture with another size in its frame header.
func sized(jpeg []byte, w, h uint16) []byte {
	b := slices.Clone(jpeg)
	at := bytes.Index(b, []byte{0xFF, 0xC0}) + 5
	binary.BigEndian.PutUint16(b[at:], h)
	binary.BigEndian.PutUint16(b[at+2:], w)
	return b
}

// scans returns the picture with its scan repeated n times.
func scans(jpeg []byte, n int) []byte {
	at := bytes.Index(jpeg, []byte{0xFF, 0xDA})
	return slices.Concat(jpeg[:at], bytes.Repeat(jpeg[at:len(jpeg)-2], n), jpeg[len(jpeg)-2:])
}

// exif returns an Exif block with one directory of the given pairs of tag and value.
func exif(pairs ...uint32) string { return string(exifBlock(0, pairs...)) }

func exifWithNext(next uint32) string { return string(exifBlock(next, 0x0112, 1)) }

func exifBlock(next uint32, pairs ...uint32) []byte {
	b := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08")
	b = binary.BigEndian.AppendUint16(b, uint16(len(pairs)/2))
	for i := 0; i < len(pairs); i += 2 {
		b = binary.BigEndian.AppendUint16(b, uint16(pairs[i]))
		if pairs[i] == 0x0112 { // SHORT, left-justified
			b = append(b, 0, 3, 0, 0, 0, 1, 0, byte(pairs[i+1]), 0, 0)
			continue
		}
		b = append(b, 0, 4, 0, 0, 0, 1)
		b = binary.BigEndian.AppendUint32(b, pairs[i+1])
	}
	return binary.BigEndian.AppendUint32(b, next)
}

// What Safari puts in front of every picture it encodes from a canvas.
func safariExif(t testing.TB) string {
	return decoded(t, "RXhpZgAATU0AKgAAAAgAAYdpAAQAAAABAAAAGgAAAAAAA6ABAAMAAAABAAEAAKACAAQAAAABAAAAoKADAAQAAAABAAAAeAAAAAA=")
}

func safariPhotoshop(t testing.TB) string {
	return decoded(t, "UGhvdG9zaG9wIDMuMAA4QklNBAQAAAAAAAA4QklNBCUAAAAAABDUHYzZjwCyBOmACZjs+EJ+")
}

func decoded(t testing.TB, s string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

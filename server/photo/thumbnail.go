package photo

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"runtime"

	"golang.org/x/image/draw"

	"zoufang/sync/wire"
)

// ThumbnailSide is the longest side of a thumbnail, in pixels.
const ThumbnailSide = 320

// maxDecodeBytes bounds what decoding one picture may take of memory. A picture above it has no thumbnail.
const maxDecodeBytes = 256 << 20

// Thumbnail returns the picture at most ThumbnailSide pixels wide and high, encoded anew, so that no byte of the original
// is in it. It fails with image when the picture cannot be decoded.
func Thumbnail(b []byte) ([]byte, error) {
	info, err := Check(b)
	if err != nil {
		return nil, err
	}
	perPixel := 3
	if info.Progressive {
		perPixel += 12 // the decoder keeps all coefficients until the last scan
	}
	if info.Width*info.Height*perPixel > maxDecodeBytes {
		return nil, refuse("too large to decode")
	}
	src, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, &wire.Error{Code: wire.CodeImage, Detail: "cannot be decoded", Err: err}
	}
	dst := image.NewRGBA(fit(src.Bounds().Dx(), src.Bounds().Dy()))
	draw.BiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, dst, &jpeg.Options{Quality: 78}); err != nil {
		return nil, &wire.Error{Code: wire.CodeInternal, Err: err}
	}
	return out.Bytes(), nil
}

// fit returns the size of the thumbnail of a w by h picture: its proportions, never enlarged, never empty.
func fit(w, h int) image.Rectangle {
	long := max(w, h)
	if long <= ThumbnailSide {
		return image.Rect(0, 0, w, h)
	}
	return image.Rect(0, 0, max(1, w*ThumbnailSide/long), max(1, h*ThumbnailSide/long))
}

// Objects is what Thumbnails needs of an object store. Both reads fail with not_found.
type Objects interface {
	Object(ctx context.Context, hash wire.Hash) ([]byte, error)
	Thumbnail(ctx context.Context, hash wire.Hash) ([]byte, error)
	PutThumbnail(ctx context.Context, hash wire.Hash, b []byte) error
}

// Thumbnails makes thumbnails when they are first asked for, as many at once as there are cores.
type Thumbnails struct {
	objects Objects
	slots   chan struct{}
}

// NewThumbnails keeps its thumbnails beside the photos in objects.
func NewThumbnails(objects Objects) *Thumbnails {
	return &Thumbnails{objects: objects, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// Of returns the thumbnail of a stored photo. It fails with not_found, or with image when the photo cannot be decoded:
// that is remembered as an empty thumbnail, so that it costs its decoding once; the photo's bytes stay.
func (t *Thumbnails) Of(ctx context.Context, hash wire.Hash) ([]byte, error) {
	if b, err := t.kept(ctx, hash); err == nil || wire.CodeOf(err) != wire.CodeNotFound {
		return b, err
	}
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-ctx.Done():
		return nil, &wire.Error{Code: wire.CodeUnavailable, Detail: "thumbnails", Err: ctx.Err()}
	}
	if b, err := t.kept(ctx, hash); err == nil || wire.CodeOf(err) != wire.CodeNotFound {
		return b, err // made while we waited
	}
	original, err := t.objects.Object(ctx, hash)
	if err != nil {
		return nil, err
	}
	b, fault := Thumbnail(original)
	if fault != nil && wire.CodeOf(fault) == wire.CodeInternal {
		return nil, fault
	}
	if err := t.objects.PutThumbnail(ctx, hash, b); err != nil {
		return nil, err
	}
	return b, fault
}

func (t *Thumbnails) kept(ctx context.Context, hash wire.Hash) ([]byte, error) {
	b, err := t.objects.Thumbnail(ctx, hash)
	if err == nil && len(b) == 0 {
		return nil, refuse("cannot be decoded")
	}
	return b, err
}

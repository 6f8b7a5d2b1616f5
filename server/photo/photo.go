// Package photo looks at the pictures people send: whether they are what we take, and how they look small.
package photo

import (
	"bytes"
	"encoding/binary"

	"zoufang/sync/wire"
)

// Info is what a picture says about itself, in pixels.
type Info struct {
	Width, Height int
	Progressive   bool
}

// maxScans bounds the passes of a progressive JPEG: encoders write about 10, and each costs a decoder one walk over all pixels.
const maxScans = 32

// The markers a JPEG of ours may hold (ITU-T T.81, table B.1). Everything else is refused.
const (
	soi, eoi, sos       = 0xD8, 0xD9, 0xDA
	sof0, sof1, sof2    = 0xC0, 0xC1, 0xC2 // baseline, extended, progressive
	dht, dqt, dri       = 0xC4, 0xDB, 0xDD
	app0, app1, app2    = 0xE0, 0xE1, 0xE2
	app13, app14        = 0xED, 0xEE
	comment, rst0, rst7 = 0xFE, 0xD0, 0xD7
)

// Check walks a JPEG from its first marker to its last without decoding it. It takes what the encoders of browsers write
// and nothing else: no byte after the end, no comment, no embedded thumbnail (it would show what a mosaic hides), no
// metadata that could name a place, a device or a person. It fails with
//
//	media_type  not a JPEG
//	too_large   more than wire.MaxPhotoBytes, MaxPhotoSide or MaxPhotoPixels
//	position    metadata with a position
//	image       anything else; the detail names the part
func Check(b []byte) (Info, error) {
	if len(b) < 3 || b[0] != 0xFF || b[1] != soi || b[2] != 0xFF {
		return Info{}, wire.Fault(wire.CodeMediaType, "image/jpeg only")
	}
	if len(b) > wire.MaxPhotoBytes {
		return Info{}, wire.Fault(wire.CodeTooLarge, "bytes")
	}
	w := walk{rest: b[2:]}
	for !w.ended {
		if err := w.segment(); err != nil {
			return Info{}, err
		}
	}
	if len(w.rest) > 0 {
		return Info{}, refuse("bytes after the end")
	}
	return w.info, nil
}

// walk is where a check stands.
type walk struct {
	rest       []byte
	info       Info
	components int
	scans      int
	ended      bool
}

// segment consumes one marker and what belongs to it.
func (w *walk) segment() error {
	marker, err := w.marker()
	if err != nil {
		return err
	}
	if marker == eoi {
		if w.scans == 0 {
			return refuse("no picture before the end")
		}
		w.ended = true
		return nil
	}
	if len(w.rest) < 2 {
		return refuse("cut short")
	}
	n := int(binary.BigEndian.Uint16(w.rest))
	if n < 2 || n > len(w.rest) {
		return refuse("segment length")
	}
	body := w.rest[2:n]
	w.rest = w.rest[n:]
	switch marker {
	case sof0, sof1, sof2:
		return w.frame(marker, body)
	case sos:
		return w.scan(body)
	case dht, dqt, dri:
		return nil
	default:
		return metadata(marker, body)
	}
}

// marker consumes 0xFF, fill bytes and the marker's own byte.
func (w *walk) marker() (byte, error) {
	if len(w.rest) == 0 {
		return 0, refuse("cut short")
	}
	if w.rest[0] != 0xFF {
		return 0, refuse("bytes between segments")
	}
	for i, c := range w.rest {
		if c != 0xFF {
			w.rest = w.rest[i+1:]
			return c, nil
		}
	}
	return 0, refuse("cut short")
}

func (w *walk) frame(marker byte, body []byte) error {
	if w.components != 0 {
		return refuse("second frame")
	}
	if len(body) < 6 || len(body) != 6+3*int(body[5]) || body[0] != 8 {
		return refuse("frame header")
	}
	w.info = Info{
		Width:       int(binary.BigEndian.Uint16(body[3:])),
		Height:      int(binary.BigEndian.Uint16(body[1:])),
		Progressive: marker == sof2,
	}
	w.components = int(body[5])
	if w.components != 1 && w.components != 3 {
		return refuse("colour model")
	}
	if w.info.Width == 0 || w.info.Height == 0 {
		return refuse("no size")
	}
	if w.info.Width > wire.MaxPhotoSide || w.info.Height > wire.MaxPhotoSide || w.info.Width*w.info.Height > wire.MaxPhotoPixels {
		return wire.Fault(wire.CodeTooLarge, "pixels")
	}
	return nil
}

// scan consumes entropy-coded data up to the next real marker.
func (w *walk) scan(body []byte) error {
	if w.components == 0 {
		return refuse("scan before frame")
	}
	if len(body) < 1 || int(body[0]) > w.components || len(body) != 4+2*int(body[0]) {
		return refuse("scan header")
	}
	if w.scans++; w.scans > maxScans {
		return refuse("too many scans")
	}
	for {
		i := bytes.IndexByte(w.rest, 0xFF)
		if i < 0 || i+1 == len(w.rest) {
			return refuse("cut short")
		}
		switch c := w.rest[i+1]; {
		case c == 0 || c >= rst0 && c <= rst7: // a stuffed 0xFF, a restart
			w.rest = w.rest[i+2:]
		case c == 0xFF: // fill
			w.rest = w.rest[i+1:]
		default:
			w.rest = w.rest[i:]
			return nil
		}
	}
}

func refuse(detail string) error { return wire.Fault(wire.CodeImage, "%s", detail) }

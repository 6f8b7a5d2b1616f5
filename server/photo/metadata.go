package photo

import (
	"bytes"
	"encoding/binary"

	"zoufang/sync/wire"
)

// metadata judges a segment that does not draw. Taken are a JFIF header without thumbnail, a colour profile, Adobe's colour
// flag, and the empty Exif and Photoshop blocks that Safari's encoder adds to every canvas.
func metadata(marker byte, body []byte) error {
	switch {
	case marker == app0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
		if len(body) != 14 || body[12] != 0 || body[13] != 0 {
			return refuse("embedded thumbnail")
		}
		return nil
	case marker == app1 && bytes.HasPrefix(body, exifPrefix):
		return exif(body[len(exifPrefix):])
	case marker == app2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")):
		return nil
	case marker == app13 && bytes.HasPrefix(body, photoshopPrefix):
		return photoshop(body[len(photoshopPrefix):])
	case marker == app14 && bytes.HasPrefix(body, []byte("Adobe")) && len(body) == 12:
		return nil
	case namesPosition(body):
		return wire.Fault(wire.CodePosition, "metadata")
	case marker == comment:
		return refuse("comment")
	case marker >= app0 && marker <= app0+15:
		return refuse("metadata")
	default:
		return refuse("unknown segment")
	}
}

var (
	exifPrefix      = []byte("Exif\x00\x00")
	photoshopPrefix = []byte("Photoshop 3.0\x00")
	// positionWords are how XMP and its relatives name a position, in lower case.
	positionWords = [][]byte{[]byte("exif:gps"), []byte("gpslatitude"), []byte("gpslongitude"), []byte("gpsposition"), []byte("geo:lat")}
)

func namesPosition(body []byte) bool {
	lower := bytes.ToLower(body)
	for _, word := range positionWords {
		if bytes.Contains(lower, word) {
			return true
		}
	}
	return false
}

// Exif tags that say how to show a picture and nothing about who, where or with what.
const (
	tagOrientation = 0x0112
	tagExif        = 0x8769
	tagGPS         = 0x8825
)

func harmless(tag uint16) bool {
	switch tag {
	case tagOrientation, 0x011A, 0x011B, 0x0128, 0x0213, // resolution, its unit, chroma positioning
		0x9000, 0x9101, 0xA000, 0xA001, 0xA002, 0xA003, 0xA406: // versions, components, colour space, size, scene type
		return true
	}
	return false
}

// exif walks the TIFF structure b. A position anywhere is told apart; any other tag that is not harmless is refused too.
func exif(b []byte) error {
	var order binary.ByteOrder = binary.BigEndian
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case !bytes.HasPrefix(b, []byte("MM\x00*")):
		return refuse("exif")
	}
	if len(b) < 8 {
		return refuse("exif")
	}
	var other error
	queue := []uint32{order.Uint32(b[4:])}
	for visited := 0; len(queue) > 0; visited++ {
		if visited == 4 { // IFD0, Exif and, in what we refuse anyway, GPS and thumbnail
			return refuse("exif")
		}
		at := int(queue[0])
		queue = queue[1:]
		if at < 8 || at+2 > len(b) {
			return refuse("exif")
		}
		n := int(order.Uint16(b[at:]))
		end := at + 2 + 12*n
		if end+4 > len(b) {
			return refuse("exif")
		}
		for ; at+2 < end; at += 12 {
			entry := b[at+2 : at+14]
			switch tag := order.Uint16(entry); {
			case tag == tagGPS:
				return wire.Fault(wire.CodePosition, "exif")
			case tag == tagExif:
				queue = append(queue, order.Uint32(entry[8:]))
			case tag == tagOrientation && order.Uint16(entry[8:]) != 1:
				other = refuse("orientation")
			case !harmless(tag):
				other = refuse("exif")
			}
		}
		if next := order.Uint32(b[end:]); next != 0 {
			other = refuse("embedded thumbnail")
			queue = append(queue, next)
		}
	}
	return other
}

// photoshop takes image resources that are empty (0x0404, IPTC: it would name places and people) or a digest (0x0425).
func photoshop(b []byte) error {
	for len(b) > 0 {
		// "8BIM", id, a name of length 0 padded to 2, size, data padded to an even length
		if len(b) < 12 || !bytes.HasPrefix(b, []byte("8BIM")) || b[6] != 0 || b[7] != 0 {
			return refuse("metadata")
		}
		id, size := binary.BigEndian.Uint16(b[4:]), int(binary.BigEndian.Uint32(b[8:]))
		empty := id == 0x0404 && size == 0
		digest := id == 0x0425 && size == 16
		if !empty && !digest || len(b) < 12+size {
			return refuse("metadata")
		}
		b = b[12+size:]
	}
	return nil
}

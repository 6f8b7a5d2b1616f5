package api

import (
	"strconv"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v3"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"zoufang/sync/wire"
)

const (
	// packFrom is the length from which JSON is worth packing, in bytes.
	packFrom = 1 << 10
	// keptBuffer bounds what a pooled buffer may hold on to, in bytes: more than the largest page of a pull.
	keptBuffer = 4 << 20
)

var (
	buffers = sync.Pool{New: func() any { return new([]byte) }}
	// packer is safe for concurrent use and keeps as many encoders as there are cores.
	packer, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest)) // no error: the options are constants
	zippers   = sync.Pool{New: func() any {
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // no error: the level is a constant
		return z
	}}
)

// read decodes the JSON body of a request into v, strictly.
func read(c fiber.Ctx, v any) error {
	if err := takesJSON(c); err != nil {
		return err
	}
	return wire.Decode(c.Request().Body(), v)
}

func takesJSON(c fiber.Ctx) error {
	mediaType, _, _ := strings.Cut(string(c.Request().Header.ContentType()), ";")
	if !strings.EqualFold(strings.TrimSpace(mediaType), fiber.MIMEApplicationJSON) {
		return wire.Fault(wire.CodeMediaType, "application/json only")
	}
	return nil
}

// write answers v as JSON.
func write(c fiber.Ctx, status int, v any) error {
	c.Status(status)
	return send(c, fiber.MIMEApplicationJSON, wire.Encode(v))
}

// send answers text, packed as the client likes. It does not keep body.
func send(c fiber.Ctx, mediaType string, body []byte) error {
	response := c.Response()
	response.Header.SetContentType(mediaType)
	response.Header.Add(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	accepted := string(c.Request().Header.Peek(fiber.HeaderAcceptEncoding))
	switch {
	case len(body) < packFrom:
		response.SetBody(body)
	case accepts(accepted, "zstd"):
		buffer := buffers.Get().(*[]byte)
		*buffer = packer.EncodeAll(body, (*buffer)[:0])
		response.SetBody(*buffer)
		recycle(buffer)
		response.Header.SetContentEncoding("zstd")
	case accepts(accepted, "gzip"):
		z := zippers.Get().(*gzip.Writer)
		z.Reset(response.BodyWriter())
		_, err := z.Write(body)
		if err == nil {
			err = z.Close()
		}
		zippers.Put(z)
		if err != nil {
			return err
		}
		response.Header.SetContentEncoding("gzip")
	default:
		response.SetBody(body)
	}
	return nil
}

func recycle(buffer *[]byte) {
	if cap(*buffer) <= keptBuffer {
		buffers.Put(buffer)
	}
}

// accepts reports whether an Accept-Encoding header names an encoding and does not rule it out.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, weighed := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		if !weighed {
			return true
		}
		_, number, _ := strings.Cut(weight, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		return err == nil && q > 0
	}
	return false
}

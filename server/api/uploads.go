package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v3"

	"zoufang/server/upload"
	"zoufang/sync/wire"
)

// Uploads speak tus 1.0.0 (https://tus.io/protocols/resumable-upload) with creation, checksum, termination and
// expiration. On top of it, "Zoufang-Done: 1" says that the whole photo is durable, checked and known to the visits that
// name it; a client that sees it need not send another byte.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,checksum,termination,expiration"
	uploadsPath   = "/api/v1/uploads"

	headerTus      = "Tus-Resumable"
	headerOffset   = "Upload-Offset"
	headerLength   = "Upload-Length"
	headerExpires  = "Upload-Expires"
	headerMetadata = "Upload-Metadata"
	headerChecksum = "Upload-Checksum"
	headerDone     = "Zoufang-Done"
)

func (a *api) tusOptions(c fiber.Ctx) error {
	c.Set(headerTus, tusVersion)
	c.Set("Tus-Version", tusVersion)
	c.Set("Tus-Extension", tusExtensions)
	c.Set("Tus-Max-Size", strconv.Itoa(wire.MaxPhotoBytes))
	c.Set("Tus-Checksum-Algorithm", "sha256")
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *api) tusCreate(c fiber.Ctx) error {
	if err := speaksTus(c); err != nil {
		return err
	}
	length, err := number(c, headerLength)
	if err != nil {
		return err
	}
	about, err := metadata(c.Get(headerMetadata))
	if err != nil {
		return err
	}
	up, err := a.Uploads.Create(c.Context(), &callerOf(c).principal, length, wire.Hash(about["sha256"]), about["type"])
	if err != nil {
		return err
	}
	stands(c, up)
	c.Set(fiber.HeaderLocation, uploadsPath+"/"+up.ID)
	return c.SendStatus(fiber.StatusCreated)
}

func (a *api) tusHead(c fiber.Ctx) error {
	if err := speaksTus(c); err != nil {
		return err
	}
	up, err := a.Uploads.Info(c.Context(), &callerOf(c).principal, c.Params("id"))
	if err != nil {
		return err
	}
	stands(c, up)
	c.Set(headerLength, strconv.FormatInt(up.Length, 10))
	return c.SendStatus(fiber.StatusOK)
}

func (a *api) tusPatch(c fiber.Ctx) error {
	if err := speaksTus(c); err != nil {
		return err
	}
	if string(c.Request().Header.ContentType()) != "application/offset+octet-stream" {
		return wire.Fault(wire.CodeMediaType, "application/offset+octet-stream only")
	}
	offset, err := number(c, headerOffset)
	if err != nil {
		return err
	}
	sum, err := checksum(c.Get(headerChecksum))
	if err != nil {
		return err
	}
	up, err := a.Uploads.Append(c.Context(), &callerOf(c).principal, c.Params("id"), offset, c.Request().Body(), sum)
	if err != nil {
		if up.ID != "" {
			stands(c, up)
		}
		return err
	}
	stands(c, up)
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *api) tusDelete(c fiber.Ctx) error {
	if err := speaksTus(c); err != nil {
		return err
	}
	if err := a.Uploads.Terminate(c.Context(), &callerOf(c).principal, c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// speaksTus refuses another version of the protocol, and names ours in every answer.
func speaksTus(c fiber.Ctx) error {
	c.Set(headerTus, tusVersion)
	if c.Get(headerTus) != tusVersion {
		c.Set("Tus-Version", tusVersion)
		return errTusVersion
	}
	return nil
}

// stands tells the client where its upload is.
func stands(c fiber.Ctx, up upload.Upload) {
	c.Set(headerOffset, strconv.FormatInt(up.Offset, 10))
	if !up.Expires.IsZero() {
		c.Set(headerExpires, up.Expires.UTC().Format(http.TimeFormat))
	}
	if up.Done {
		c.Set(headerDone, "1")
	}
}

// number reads a header that must be a count of bytes.
func number(c fiber.Ctx, header string) (int64, error) {
	n, err := strconv.ParseUint(c.Get(header), 10, 53)
	if err != nil {
		return 0, wire.Fault(wire.CodeMalformed, "header %s", header)
	}
	return int64(n), nil
}

// metadata reads "key base64, key base64": values are text.
func metadata(header string) (map[string]string, error) {
	about := map[string]string{}
	for pair := range strings.SplitSeq(header, ",") {
		name, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		value, err := base64.StdEncoding.DecodeString(encoded)
		if _, twice := about[name]; err != nil || twice {
			return nil, wire.Fault(wire.CodeMalformed, "header %s", headerMetadata)
		}
		about[name] = string(value)
	}
	return about, nil
}

// checksum reads "sha256 <base64>", nil when there is none.
func checksum(header string) (*[sha256.Size]byte, error) {
	if header == "" {
		return nil, nil
	}
	algorithm, encoded, _ := strings.Cut(header, " ")
	sum, err := base64.StdEncoding.DecodeString(encoded)
	if algorithm != "sha256" || err != nil || len(sum) != sha256.Size {
		return nil, wire.Fault(wire.CodeMalformed, "header %s", headerChecksum)
	}
	return (*[sha256.Size]byte)(sum), nil
}

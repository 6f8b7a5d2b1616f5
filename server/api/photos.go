package api

import (
	"context"

	"github.com/gofiber/fiber/v3"

	"zoufang/sync/wire"
)

// photoPolicy keeps a photo from being anything but a picture, whatever its bytes may be.
const photoPolicy = "sandbox; default-src 'none'"

// photo answers a photo as it was sent, as a file to keep.
func (a *api) photo(c fiber.Ctx) error {
	photo, err := a.manifest(c)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="zoufang-`+string(photo.ID)+`.jpg"`)
	return picture(c, photo.SHA256, a.Objects.Object)
}

// thumbnail answers a photo small, for the screen. The browser may keep it and has to ask each time whether it may still
// show it: the next person on this phone may not.
func (a *api) thumbnail(c fiber.Ctx) error {
	photo, err := a.manifest(c)
	if err != nil {
		return err
	}
	tag := `"` + string(photo.SHA256) + `"`
	if c.Get(fiber.HeaderIfNoneMatch) == tag {
		c.Status(fiber.StatusNotModified)
	} else if err := picture(c, photo.SHA256, a.Thumbnails.Of); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set(fiber.HeaderETag, tag)
	return nil
}

// manifest returns the photo a path names if the caller may see it.
func (a *api) manifest(c fiber.Ctx) (wire.Photo, error) {
	visit, photo := c.Params("visit"), c.Params("photo")
	if !wire.ValidUUID(visit) || !wire.ValidUUID(photo) {
		return wire.Photo{}, wire.Fault(wire.CodeNotFound, "")
	}
	return a.Engine.Photo(c.Context(), &callerOf(c).principal, wire.DocID(visit), wire.DocID(photo))
}

func picture(c fiber.Ctx, hash wire.Hash, load func(context.Context, wire.Hash) ([]byte, error)) error {
	b, err := load(c.Context(), hash)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/jpeg")
	c.Set(fiber.HeaderContentSecurityPolicy, photoPolicy)
	c.Response().SetBodyRaw(b) // nobody else has these bytes
	return nil
}

package api

import (
	"github.com/gofiber/fiber/v3"

	"zoufang/sync/wire"
)

// sync answers one round trip of a phone. It is the hot path: no reflection, no copy of a document but the one into the
// answer.
func (a *api) sync(c fiber.Ctx) error {
	if err := takesJSON(c); err != nil {
		return err
	}
	req, err := wire.ParseSync(c.Request().Body())
	if err != nil {
		return err
	}
	resp, err := a.Engine.Sync(c.Context(), &callerOf(c).principal, req)
	if err != nil {
		return err
	}
	buffer := buffers.Get().(*[]byte)
	defer recycle(buffer)
	*buffer = wire.AppendResponse((*buffer)[:0], resp)
	return send(c, fiber.MIMEApplicationJSON, *buffer)
}

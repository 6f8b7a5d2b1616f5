package api

import "github.com/gofiber/fiber/v3"

// healthz answers as long as the process runs.
func (a *api) healthz(c fiber.Ctx) error { return c.SendString("ok\n") }

// readyz answers when the stores do. Proxies ask it before they send anybody here.
func (a *api) readyz(c fiber.Ctx) error {
	if err := a.Ready(c.Context()); err != nil {
		return err
	}
	return c.SendString("ready\n")
}

// jwks answers the public keys with which others can check our access tokens.
func (a *api) jwks(c fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "public, max-age=300")
	return send(c, fiber.MIMEApplicationJSON, a.Keys.JWKS(a.Now()))
}

package api

import (
	"github.com/gofiber/fiber/v3"

	"zoufang/sync/wire"
)

// server tells what a phone may know before anybody signed in.
func (a *api) server(c fiber.Ctx) error {
	info := wire.ServerInfo{Demo: a.Demo, Version: a.Version, ServerTime: a.Now().UnixMilli()}
	school, err := a.Auth.School(c.Context())
	switch {
	case err == nil:
		info.SchoolName = school.Name
	case wire.CodeOf(err) == wire.CodeNotFound:
		info.Setup = true
	default:
		return err
	}
	return write(c, fiber.StatusOK, info)
}

// setup makes the school and its first administrator, and signs that person in. The device has no key yet: the next
// sign-in enrols one.
func (a *api) setup(c fiber.Ctx) error {
	var in wire.Setup
	if err := read(c, &in); err != nil {
		return err
	}
	if _, err := a.School.Setup(c.Context(), in, address(c)); err != nil {
		return err
	}
	return a.begin(c, fiber.StatusCreated, wire.SignIn{Username: in.Username, Password: in.Password})
}

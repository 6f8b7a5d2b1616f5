package api

import (
	"github.com/gofiber/fiber/v3"

	"zoufang/sync/wire"
)

func (a *api) importCSV(c fiber.Ctx) error {
	var in wire.Import
	if err := read(c, &in); err != nil {
		return err
	}
	report, err := a.School.Import(c.Context(), &callerOf(c).principal, &in)
	if err != nil {
		return err
	}
	return write(c, fiber.StatusOK, report)
}

func (a *api) accounts(c fiber.Ctx) error {
	all, err := a.School.Accounts(c.Context(), &callerOf(c).principal)
	if err != nil {
		return err
	}
	return write(c, fiber.StatusOK, all)
}

func (a *api) resetPassword(c fiber.Ctx) error {
	login, err := a.School.ResetPassword(c.Context(), &callerOf(c).principal, wire.UserID(c.Params("user")))
	if err != nil {
		return err
	}
	return write(c, fiber.StatusOK, login)
}

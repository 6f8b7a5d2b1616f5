package api

import (
	"context"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v3"

	"zoufang/server/auth"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// Cookies of a browser's session. The prefix makes browsers insist on Secure, on our host alone and on Path=/.
const (
	cookieAccess  = "__Host-zf_a"
	cookieRefresh = "__Host-zf_r"
)

func (a *api) signIn(c fiber.Ctx) error {
	var in wire.SignIn
	if err := read(c, &in); err != nil {
		return err
	}
	return a.begin(c, fiber.StatusCreated, in)
}

// begin signs in and answers the session.
func (a *api) begin(c fiber.Ctx, status int, in wire.SignIn) error {
	grant, err := a.Auth.SignIn(c.Context(), in, address(c))
	if err != nil {
		return err
	}
	return a.answer(c, status, grant)
}

func (a *api) refresh(c fiber.Ctx) error {
	var in wire.Refresh
	if err := read(c, &in); err != nil {
		return err
	}
	grant, err := a.Auth.Refresh(c.Context(), c.Cookies(cookieRefresh), in)
	if err != nil {
		return err
	}
	return a.answer(c, fiber.StatusOK, grant)
}

// signOut ends the session of whatever token comes along. It needs no session that holds: a phone that was away for
// weeks must be able to sign out.
func (a *api) signOut(c fiber.Ctx) error {
	access, refresh := bearer(&c.Request().Header), ""
	if access == "" {
		access, refresh = c.Cookies(cookieAccess), c.Cookies(cookieRefresh)
	}
	if err := a.Auth.SignOut(c.Context(), access, refresh); err != nil {
		return err
	}
	for _, name := range []string{cookieAccess, cookieRefresh} {
		if c.Cookies(name) != "" {
			a.setCookie(c, name, "", time.Time{})
		}
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *api) me(c fiber.Ctx) error {
	who := callerOf(c)
	session, err := a.session(c.Context(), who.principal, who.session)
	if err != nil {
		return err
	}
	return write(c, fiber.StatusOK, session)
}

func (a *api) changePassword(c fiber.Ctx) error {
	var in wire.PasswordChange
	if err := read(c, &in); err != nil {
		return err
	}
	who := callerOf(c)
	if err := a.Auth.ChangePassword(c.Context(), who.principal, who.session, in); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// answer hands out a grant: in cookies for a browser, in the body for an API client.
func (a *api) answer(c fiber.Ctx, status int, grant auth.Grant) error {
	session, err := a.session(c.Context(), grant.Principal, grant.Info)
	if err != nil {
		return err
	}
	if grant.Info.Bearer {
		session.Access, session.Refresh = grant.Access, grant.Refresh
	} else {
		a.setCookie(c, cookieAccess, grant.Access, grant.AccessEnds)
		a.setCookie(c, cookieRefresh, grant.Refresh, grant.RefreshEnds)
	}
	return write(c, status, session)
}

// session describes who is signed in, with what the screen shows of the person.
func (a *api) session(ctx context.Context, p engine.Principal, info auth.SessionInfo) (wire.Session, error) {
	person, err := a.School.Person(ctx, p.School, p.User)
	if err != nil && wire.CodeOf(err) != wire.CodeNotFound {
		return wire.Session{}, err
	}
	proxyFor := p.ProxyFor
	if proxyFor == nil {
		proxyFor = []wire.UserID{}
	}
	return wire.Session{
		User: p.User, School: p.School, SchoolName: info.SchoolName, Username: info.Username,
		Name: person.Name, Post: person.Post, Role: person.Role, Device: p.Device, Admin: p.Admin, ProxyFor: proxyFor,
		PasswordDue: info.PasswordDue, ExpiresAt: info.ExpiresAt,
	}, nil
}

// setCookie says for how long a cookie lasts, not until when: the phone's clock may be wrong. One without an end is over.
func (a *api) setCookie(c fiber.Ctx, name, value string, ends time.Time) {
	cookie := &fiber.Cookie{Name: name, Value: value, Path: "/", Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode}
	if cookie.MaxAge = int(ends.Sub(a.Now()).Seconds()); cookie.MaxAge <= 0 {
		cookie.MaxAge, cookie.Expires = 0, time.Unix(1, 0)
	}
	c.Cookie(cookie)
}

// address is where a request comes from, as far as a trusted proxy or the connection tells.
func address(c fiber.Ctx) netip.Addr {
	ip, err := netip.ParseAddr(c.IP())
	if err != nil {
		return netip.IPv6Unspecified() // a proxy that names nobody: all of those share their limits
	}
	return ip
}

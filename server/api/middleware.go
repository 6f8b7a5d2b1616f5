package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"

	"zoufang/server/auth"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// key names what a middleware leaves for those behind it.
type key int

const (
	keyRequest key = iota
	keyCaller
)

// caller is who sends a request, with the rights of this moment.
type caller struct {
	principal engine.Principal
	session   auth.SessionInfo
}

// harden sets what Fiber has no setting for: bounds on bodies by path, before they are read; answers to what is not HTTP
// and to methods nobody has heard of.
func (a *api) harden(s *fasthttp.Server) {
	s.CloseOnShutdown = true
	s.ErrorHandler = a.broken
	s.HeaderReceived = bounds
	handle := s.Handler
	s.Handler = func(r *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(r.Method())) {
			handle(r)
			return
		}
		a.setHeaders(r)
		a.problem(r, fiber.ErrMethodNotAllowed)
	}
}

// bounds tells how much a request may send and for how long.
func bounds(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	path, _, _ := bytes.Cut(h.RequestURI(), []byte("?"))
	switch {
	case bytes.HasPrefix(path, []byte("/api/v1/uploads")):
		return fasthttp.RequestConfig{MaxRequestBodySize: maxChunk, ReadTimeout: slowTimeout}
	case bytes.Equal(path, []byte("/api/v1/sync")):
		return fasthttp.RequestConfig{MaxRequestBodySize: wire.MaxRequestBytes, ReadTimeout: slowTimeout}
	case bytes.Equal(path, []byte("/api/v1/import")):
		return fasthttp.RequestConfig{MaxRequestBodySize: maxImport, ReadTimeout: slowTimeout, WriteTimeout: importTimeout}
	}
	return fasthttp.RequestConfig{}
}

// observe names the request, answers its error if there is one, and writes the access log. The log holds no address, no
// id and no query: the route's pattern, not the path.
func (a *api) observe(c fiber.Ctx) error {
	began := time.Now()
	id := requestID(c.RequestCtx())
	err := c.Next()
	if err != nil {
		a.problem(c.RequestCtx(), err)
	}
	if !a.Log.Enabled(c.Context(), slog.LevelInfo) {
		return nil
	}
	response := c.Response()
	attrs := []slog.Attr{
		slog.String("request", id), slog.String("method", c.Method()), slog.String("route", c.Route().Path),
		slog.Int("status", response.StatusCode()), slog.Int("in", len(c.Request().Body())), slog.Int("out", len(response.Body())),
		slog.Duration("took", time.Since(began)),
	}
	if err != nil && response.StatusCode() < 500 {
		attrs = append(attrs, slog.String("code", string(wire.CodeOf(err))))
	}
	a.Log.LogAttrs(c.Context(), slog.LevelInfo, "request", attrs...)
	return nil
}

// requestID returns the request's random name and gives it one at first.
func requestID(r *fasthttp.RequestCtx) string {
	if id, ok := r.UserValue(keyRequest).(string); ok {
		return id
	}
	id := fmt.Sprintf("%016x", rand.Uint64()) // a name, not a secret
	r.SetUserValue(keyRequest, id)
	return id
}

// recover turns a panic into an error: its text and stack go to the log, not to the client.
func (a *api) recover(c fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Next()
}

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
	"worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// headers sets what every answer carries; a handler may set others in their place.
func (a *api) headers(c fiber.Ctx) error {
	a.setHeaders(c.RequestCtx())
	return c.Next()
}

func (a *api) setHeaders(r *fasthttp.RequestCtx) {
	h := &r.Response.Header
	h.Set("Zoufang", "1") // a captive portal's answers do not have it
	h.Set("X-Request-Id", requestID(r))
	h.Set(fiber.HeaderContentSecurityPolicy, contentPolicy)
	h.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set(fiber.HeaderPermissionsPolicy, "camera=(self), geolocation=(self), microphone=()")
	h.Set(fiber.HeaderCacheControl, "no-store")
	if a.Secure {
		h.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000; includeSubDomains")
	}
}

// refuse turns away packed bodies (they may unpack to anything), methods that only serve attacks, and requests whose end
// or whose headers a proxy in front of us may read in another way.
func (a *api) refuse(c fiber.Ctx) error {
	if ambiguous(&c.Request().Header) {
		c.Response().SetConnectionClose()
		return wire.Fault(wire.CodeMalformed, "header")
	}
	switch c.Method() {
	case fiber.MethodTrace, fiber.MethodConnect:
		return fiber.ErrMethodNotAllowed
	}
	if c.Request().Header.ContentEncoding() != nil {
		return wire.Fault(wire.CodeMediaType, "Content-Encoding")
	}
	return c.Next()
}

// ambiguous reports whether a request tells its length in two ways or folds a header over two lines (RFC 9112 §6.1, §5.2).
func ambiguous(h *fasthttp.RequestHeader) bool {
	raw := h.RawHeaders()
	const chunked = -1
	return bytes.Contains(raw, []byte("\n ")) || bytes.Contains(raw, []byte("\n\t")) ||
		h.ContentLength() == chunked && bytes.Contains(bytes.ToLower(raw), []byte("content-length:"))
}

// deadline gives the handler a context that ends: Fiber's own never does.
func (a *api) deadline(c fiber.Ctx) error {
	limit := workTimeout
	if c.Path() == "/api/v1/import" {
		limit = importTimeout
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c.SetContext(ctx)
	return c.Next()
}

// sameOrigin refuses writes that a foreign page made the browser send. It asks for a header no form can set, and for an
// origin of ours. A bearer token is proof enough, for no browser sends one by itself; so is the lack of any cookie
// together with that header, where there is no browser to tell the origin.
func (a *api) sameOrigin(c fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	h := &c.Request().Header
	if bearer(h) != "" {
		return c.Next()
	}
	if string(h.Peek("Zoufang")) != "1" {
		return wire.Fault(wire.CodeOrigin, "header Zoufang")
	}
	origin, site := string(h.Peek(fiber.HeaderOrigin)), string(h.Peek("Sec-Fetch-Site"))
	switch {
	case origin != "" && !a.ours(origin, string(h.Host())):
		return wire.Fault(wire.CodeOrigin, "header Origin")
	case site != "" && site != "same-origin":
		return wire.Fault(wire.CodeOrigin, "header Sec-Fetch-Site")
	case origin == "" && site == "" && (len(h.Cookie(cookieAccess)) > 0 || len(h.Cookie(cookieRefresh)) > 0):
		return wire.Fault(wire.CodeOrigin, "neither Origin nor Sec-Fetch-Site")
	}
	return c.Next()
}

// ours reports whether an origin is one people type to come here.
func (a *api) ours(origin, host string) bool {
	origin = strings.ToLower(origin)
	if len(a.Origins) > 0 {
		return slices.Contains(a.Origins, origin)
	}
	scheme, rest, ok := strings.Cut(origin, "://")
	return ok && rest == strings.ToLower(host) && (scheme == "https" || scheme == "http" && !a.Secure)
}

// headerDevice tells for whose device a request is meant. Tabs share their cookies: when somebody else signs in, the tab of
// the person before would act in the newcomer's name until it hears of it.
const headerDevice = "Zoufang-Device"

// admit lets in whom the route is for, and leaves who that is for the handler.
func (a *api) admit(who access) fiber.Handler {
	return func(c fiber.Ctx) error {
		if who == anybody {
			return c.Next()
		}
		h := &c.Request().Header
		token := bearer(h)
		byBearer := token != ""
		if !byBearer {
			token = string(h.Cookie(cookieAccess))
		}
		if token == "" {
			return wire.Fault(wire.CodeUnauthenticated, "")
		}
		p, session, err := a.Auth.Authenticate(c.Context(), token)
		if err != nil {
			return err
		}
		switch {
		case session.Bearer != byBearer:
			return &wire.Error{Code: wire.CodeUnauthenticated, Err: errors.New("a token in the wrong place")}
		case session.PasswordDue && who != signedIn:
			return wire.Fault(wire.CodePasswordDue, "")
		case who == office && !p.Admin:
			return wire.Fault(wire.CodeForbidden, "")
		case len(h.Peek(headerDevice)) > 0 && string(h.Peek(headerDevice)) != string(p.Device):
			return wire.Fault(wire.CodeForbidden, "the device of another session")
		}
		c.RequestCtx().SetUserValue(keyCaller, &caller{p, session})
		return c.Next()
	}
}

// callerOf returns who was admitted. Only handlers of routes that are not for anybody may ask.
func callerOf(c fiber.Ctx) *caller {
	return c.RequestCtx().UserValue(keyCaller).(*caller)
}

// bearer returns the token of an API client, or "".
func bearer(h *fasthttp.RequestHeader) string {
	scheme, token, _ := strings.Cut(string(h.Peek(fiber.HeaderAuthorization)), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

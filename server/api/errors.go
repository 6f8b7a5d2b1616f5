package api

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"

	"zoufang/server/auth"
	"zoufang/server/school"
	"zoufang/server/upload"
	"zoufang/sync/wire"
)

// statuses is the one table from code to HTTP status, with the words for people who read the answer itself. Phones show
// words of their own dictionaries.
var statuses = map[wire.Code]struct {
	status int
	title  string
}{
	wire.CodeMalformed:       {400, "Not the JSON this route takes"},
	wire.CodeInvalid:         {400, "A field is not valid"},
	wire.CodeUnauthenticated: {401, "Please sign in"},
	wire.CodeCredentials:     {401, "Wrong user name or password"},
	wire.CodeForbidden:       {403, "Not allowed"},
	wire.CodeOrigin:          {403, "Not from our own page"},
	wire.CodePasswordDue:     {403, "Choose a password of your own first"},
	wire.CodeNotFound:        {404, "Not found"},
	wire.CodeMethod:          {405, "Not a method of this route"},
	wire.CodeConflict:        {409, "It changed meanwhile"},
	wire.CodeOffset:          {409, "The upload continues at another offset"},
	wire.CodeExpired:         {410, "The upload was given up"},
	wire.CodeTooLarge:        {413, "Too large"},
	wire.CodeMediaType:       {415, "Not a media type this route takes"},
	wire.CodeUnprocessable:   {422, "Understood, and wrong"},
	wire.CodeHashMismatch:    {422, "The bytes are not those that were promised"},
	wire.CodeImage:           {422, "Not an image we take"},
	wire.CodePosition:        {422, "The image names a position"},
	wire.CodeLocked:          {423, "Another request writes this upload"},
	wire.CodeUpdate:          {426, "This app is too old"},
	wire.CodeTooMany:         {429, "Too many tries"},
	wire.CodeInternal:        {500, "A fault of ours"},
	wire.CodeUnavailable:     {503, "Not available right now"},
	wire.CodeStorageFull:     {507, "The server's disk is full"},
}

const (
	statusChecksumMismatch = 460 // tus
	statusPrecondition     = 412 // tus, another version
	// retryLater is sent with 503 and 429 when the error does not know better, in seconds.
	retryLater = 5
)

// errTusVersion answers a request that speaks another version of tus.
var errTusVersion = fiber.NewError(statusPrecondition)

// fail is Fiber's error handler: it answers any error of a handler, a middleware or the router.
func (a *api) fail(c fiber.Ctx, err error) error {
	a.problem(c.RequestCtx(), err)
	return nil
}

// broken answers what is not HTTP, too large or too slow. No route or middleware has seen it.
func (a *api) broken(r *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	status := fiber.StatusBadRequest
	switch {
	case errors.As(err, &small):
		status = fiber.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		status = fiber.StatusRequestEntityTooLarge
	case errors.As(err, &network) && network.Timeout():
		status = fiber.StatusRequestTimeout
	}
	a.setHeaders(r)
	a.problem(r, fiber.NewError(status))
}

// problem writes the answer to an error. Internal errors are logged here and nowhere else, and their text stays there.
func (a *api) problem(r *fasthttp.RequestCtx, err error) {
	p := wire.ProblemDetails{Type: "about:blank", Request: requestID(r)}
	p.Code, p.Status, p.Title, p.Detail = judge(err)
	if faults, ok := errors.AsType[school.Faults](err); ok {
		p.Faults = faults
	}
	h := &r.Response.Header
	switch p.Status {
	case 401:
		h.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="zoufang"`)
	case 429, 503:
		seconds := retryLater
		if after, ok := auth.RetryAfter(err); ok {
			seconds = int(after.Seconds())
		}
		h.Set(fiber.HeaderRetryAfter, strconv.Itoa(seconds))
	}
	if p.Status >= 500 {
		a.Log.Error("request failed", slog.String("request", p.Request), slog.String("code", string(p.Code)), slog.Any("error", err))
	}
	h.Del(fiber.HeaderContentEncoding)
	h.Del(fiber.HeaderETag)
	h.Del(fiber.HeaderContentDisposition)
	h.Set(fiber.HeaderCacheControl, "no-store")
	r.Response.ResetBody()
	r.SetStatusCode(p.Status)
	r.SetContentType("application/problem+json")
	r.SetBody(wire.Encode(p))
}

// judge tells how an error is answered. What is neither a wire.Error nor the router's is a fault of ours.
func judge(err error) (code wire.Code, status int, title, detail string) {
	if _, ok := errors.AsType[school.Faults](err); ok {
		return wire.CodeUnprocessable, 422, statuses[wire.CodeUnprocessable].title, ""
	}
	if e, ok := errors.AsType[*wire.Error](err); ok {
		known, ok := statuses[e.Code]
		if !ok {
			return wire.CodeInternal, 500, statuses[wire.CodeInternal].title, ""
		}
		if errors.Is(err, upload.ErrChunk) {
			return e.Code, statusChecksumMismatch, known.title, e.Detail
		}
		if known.status >= 500 {
			return e.Code, known.status, known.title, ""
		}
		return e.Code, known.status, known.title, e.Detail
	}
	if e, ok := errors.AsType[*fiber.Error](err); ok {
		switch e.Code {
		case fiber.StatusNotFound:
			code = wire.CodeNotFound
		case fiber.StatusMethodNotAllowed, fiber.StatusNotImplemented:
			code = wire.CodeMethod
		case fiber.StatusRequestEntityTooLarge:
			code = wire.CodeTooLarge
		case fiber.StatusUnsupportedMediaType:
			code = wire.CodeMediaType
		default:
			if e.Code >= 400 && e.Code < 500 { // 408, 412, 431: no word of their own
				return wire.CodeMalformed, e.Code, http.StatusText(e.Code), ""
			}
			return wire.CodeInternal, 500, statuses[wire.CodeInternal].title, ""
		}
		return code, statuses[code].status, statuses[code].title, ""
	}
	return wire.CodeInternal, 500, statuses[wire.CodeInternal].title, ""
}

// Package api is the server's HTTP surface. Fiber lives here and in run.go, and no Fiber value leaves this package: a
// handler reads the request, calls a service with plain values, and writes the answer. Every fault goes back as an error
// and becomes one application/problem+json document (errors.go).
//
// The table of routes below is all there is: it is registered in Fiber, written into the OpenAPI document and shown on
// the human page.
package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v3"

	"zoufang/server/auth"
	"zoufang/server/photo"
	"zoufang/server/school"
	"zoufang/server/upload"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// Deps are what the API answers with. All are required but App, which may hold no index.html.
type Deps struct {
	Engine     *engine.Engine
	Auth       *auth.Service
	Keys       *auth.Keys
	Uploads    *upload.Service
	Objects    photo.Objects
	Thumbnails *photo.Thumbnails
	School     *school.Service
	// Ready tells whether the stores answer.
	Ready func(context.Context) error
	// App is the built phone app. AppChanges says that it may be replaced while we run.
	App        fs.FS
	AppChanges bool
	// Origins are the addresses people type; empty means the request's own host.
	Origins []string
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Secure says that we speak TLS ourselves.
	Secure  bool
	Demo    bool
	Version string
	Now     func() time.Time
	Log     *slog.Logger
}

// Limits of requests, before anybody is known. Photos come in pieces (tus), so no request needs much.
const (
	maxHeader    = 16 << 10
	maxJSON      = 64 << 10
	maxImport    = 8 << 20
	maxChunk     = 1 << 20 // a piece of a photo; phones send 256 KiB at most
	readTimeout  = 15 * time.Second
	slowTimeout  = 5 * time.Minute // a photo's piece over a bad network
	writeTimeout = 60 * time.Second
	idleTimeout  = 60 * time.Second
	// workTimeout bounds what a handler waits for; an import of thousands of people takes longer.
	workTimeout   = 20 * time.Second
	importTimeout = 2 * time.Minute
)

// api holds what handlers share.
type api struct {
	Deps
	routes  []route
	shell   *shell
	openapi []byte
	page    []byte
}

// New returns the app with every route registered, ready to listen. It fails when the phone app cannot be read.
func New(d Deps) (*fiber.App, error) {
	a := &api{Deps: d}
	var err error
	if a.shell, err = newShell(d.App, d.AppChanges); err != nil {
		return nil, err
	}
	a.routes = a.table()
	a.openapi = wire.Encode(a.document())
	if a.page, err = a.human(); err != nil {
		return nil, err
	}

	app := fiber.New(a.config())
	a.harden(app.Server())
	app.Use(a.observe, a.recover, a.headers, a.refuse, a.deadline, a.sameOrigin)
	for _, r := range a.routes {
		app.Add([]string{r.method}, r.path, a.admit(r.access), r.handle)
	}
	app.Use(a.serveApp)
	return app, nil
}

// table lists every route, in the order of the human page.
func (a *api) table() []route {
	const v1 = "/api/v1"
	return []route{
		{"GET", v1 + "/server", anybody, "What a phone may know before anybody signed in", nil, wire.ServerInfo{}, 200, nil, a.server},
		{"POST", v1 + "/setup", anybody, "Make the school and its first administrator with the one-time code", wire.Setup{}, wire.Session{}, 201, codes{wire.CodeConflict, wire.CodeCredentials, wire.CodeUnprocessable, wire.CodeTooMany}, a.setup},
		{"POST", v1 + "/sessions", anybody, "Sign in on a device", wire.SignIn{}, wire.Session{}, 201, codes{wire.CodeInvalid, wire.CodeCredentials, wire.CodeTooMany, wire.CodeUnavailable}, a.signIn},
		{"POST", v1 + "/sessions/refresh", anybody, "Renew the tokens of a session", wire.Refresh{}, wire.Session{}, 200, codes{wire.CodeInvalid, wire.CodeUnauthenticated}, a.refresh},
		{"DELETE", v1 + "/sessions/current", anybody, "Sign out", nil, nil, 204, nil, a.signOut},
		{"GET", v1 + "/me", signedIn, "Who is signed in", nil, wire.Session{}, 200, nil, a.me},
		{"POST", v1 + "/me/password", signedIn, "Choose a password of one's own; all other sessions end", wire.PasswordChange{}, nil, 204, codes{wire.CodeCredentials, wire.CodeUnprocessable, wire.CodeConflict, wire.CodeTooMany}, a.changePassword},

		{"POST", v1 + "/sync", member, "Push what was recorded, pull what changed", wire.SyncRequest{}, wire.SyncResponse{}, 200, codes{wire.CodeMalformed, wire.CodeForbidden, wire.CodeTooLarge, wire.CodeStorageFull}, a.sync},

		{"OPTIONS", v1 + "/uploads", anybody, "What of tus 1.0 is spoken here", nil, nil, 204, nil, a.tusOptions},
		{"POST", v1 + "/uploads", member, "Begin to send a photo", nil, nil, 201, codes{wire.CodeMalformed, wire.CodeUnprocessable, wire.CodeTooLarge, wire.CodeMediaType, wire.CodeTooMany, wire.CodeStorageFull}, a.tusCreate},
		{"HEAD", v1 + "/uploads/:id", member, "Where an upload stands", nil, nil, 200, codes{wire.CodeNotFound, wire.CodeExpired, wire.CodeLocked}, a.tusHead},
		{"PATCH", v1 + "/uploads/:id", member, "Send the next piece", binary("application/offset+octet-stream"), nil, 204, codes{wire.CodeNotFound, wire.CodeOffset, wire.CodeExpired, wire.CodeTooLarge, wire.CodeMediaType, wire.CodeHashMismatch, wire.CodeImage, wire.CodePosition, wire.CodeLocked, wire.CodeStorageFull}, a.tusPatch},
		{"DELETE", v1 + "/uploads/:id", member, "Give an upload up", nil, nil, 204, codes{wire.CodeNotFound, wire.CodeLocked}, a.tusDelete},

		{"GET", v1 + "/visits/:visit/photos/:photo", member, "A photo, as it was sent", nil, binary("image/jpeg"), 200, codes{wire.CodeNotFound}, a.photo},
		{"GET", v1 + "/visits/:visit/photos/:photo/thumbnail", member, "A photo, small", nil, binary("image/jpeg"), 200, codes{wire.CodeNotFound, wire.CodeImage}, a.thumbnail},

		{"POST", v1 + "/import", office, "Bring in people, places and the calendar from CSV", wire.Import{}, wire.ImportReport{}, 200, codes{wire.CodeUnprocessable}, a.importCSV},
		{"GET", v1 + "/accounts", office, "All accounts, in official order", nil, []wire.AccountInfo{}, 200, nil, a.accounts},
		{"POST", v1 + "/accounts/:user/password", office, "Give somebody a one-time password", nil, wire.Login{}, 200, codes{wire.CodeNotFound}, a.resetPassword},

		{"GET", v1 + "/openapi.json", anybody, "This description, for machines", nil, binary("application/json"), 200, nil, a.serveOpenAPI},
		{"GET", v1 + "/docs", anybody, "This description, for people", nil, binary("text/html"), 200, nil, a.serveDocs},
		{"GET", v1 + "/docs.css", anybody, "How that page looks", nil, binary("text/css"), 200, nil, a.serveDocsStyle},
		{"GET", "/.well-known/jwks.json", anybody, "The public keys of access tokens", nil, binary("application/json"), 200, nil, a.jwks},
		{"GET", "/healthz", anybody, "The process runs", nil, binary("text/plain"), 200, nil, a.healthz},
		{"GET", "/readyz", anybody, "The stores answer", nil, binary("text/plain"), 200, codes{wire.CodeUnavailable}, a.readyz},
	}
}

// route is one line of the table.
type route struct {
	method, path string
	access       access
	summary      string
	// request and answer are values of the types of the bodies: nil for none, a binary for bytes.
	request, answer any
	// status is that of success; codes are the faults besides those any route may have.
	status int
	codes  codes
	handle fiber.Handler
}

type codes []wire.Code

// binary is the media type of a body that is not JSON.
type binary string

// access says who may call a route. Who may see which document is the engine's business.
type access int

const (
	anybody  access = iota
	signedIn        // also with a password that is due
	member          // with a password of one's own
	office          // administrators
)

func (a *api) config() fiber.Config {
	proxies := make([]string, len(a.Proxies))
	for i, p := range a.Proxies {
		proxies[i] = p.String()
	}
	return fiber.Config{
		AppName: "zoufang", CaseSensitive: true, StrictRouting: true,
		// Strings of a request are copies: nothing that outlives it can change under our hands.
		Immutable: true,
		BodyLimit: maxJSON, ReadBufferSize: maxHeader,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, Concurrency: 4096,
		DisablePreParseMultipartForm: true,
		TrustProxy:                   true, // those of the list, which may be empty; nobody else
		TrustProxyConfig:             fiber.TrustProxyConfig{Proxies: proxies},
		ProxyHeader:                  fiber.HeaderXForwardedFor, EnableIPValidation: true,
		ErrorHandler: a.fail,
	}
}

package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"zoufang/pwa"
	"zoufang/server/api"
	"zoufang/server/auth"
	"zoufang/server/config"
	"zoufang/server/photo"
	"zoufang/server/school"
	"zoufang/server/upload"
	"zoufang/storage/disk"
	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
)

const (
	// drainTime is how long a stop waits for requests that are being answered.
	drainTime = 25 * time.Second
	// choreEvery is how often expired uploads and sessions are looked for.
	choreEvery = time.Hour
)

// run does what the arguments say, with the settings that getenv tells, until it is done or ctx ends. People read stdout;
// the log goes to stderr.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	verb := ""
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	if verb == "version" {
		_, err := fmt.Fprintln(stdout, versionString())
		return err
	}
	cfg, err := config.Parse(getenv)
	if err != nil {
		return err
	}
	log := newLog(cfg, stderr)
	switch verb {
	case "":
		return serve(ctx, cfg, log, stdout)
	case "import":
		return importCSV(ctx, cfg, log, args, stdout)
	case "health":
		return health(ctx, cfg)
	case "rotate-keys":
		return auth.RotateKeys(filepath.Join(cfg.Data, "keys"), time.Now(), rand.Reader)
	}
	return fmt.Errorf("unknown command %q; there are import, health, rotate-keys, version, and none to serve", verb)
}

// newLog writes JSON for machines and, in the demo, text for whoever tries it.
func newLog(cfg config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.Demo {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// services is the whole server but its HTTP surface, over an open data folder.
type services struct {
	db      *sqlite.DB
	keys    *auth.Keys
	photos  *disk.Store
	engine  *engine.Engine
	auth    *auth.Service
	school  *school.Service
	uploads *upload.Service
}

// open opens the data folder and builds the services on it. Close the database when done.
func open(ctx context.Context, cfg config.Config, log *slog.Logger) (*services, error) {
	db, err := sqlite.Open(ctx, cfg.Data, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	s := &services{db: db}
	if err := s.build(cfg, log); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *services) build(cfg config.Config, log *slog.Logger) (err error) {
	if s.keys, err = auth.OpenKeys(filepath.Join(cfg.Data, "keys"), time.Now(), rand.Reader); err != nil {
		return err
	}
	if s.photos, err = disk.Open(filepath.Join(cfg.Data, "photos")); err != nil {
		return err
	}
	if s.auth, err = auth.New(auth.Options{Store: s.db, Keys: s.keys, Log: log}); err != nil {
		return err
	}
	s.engine = engine.New(s.db, s.keys.Cursor, now)
	s.school = school.New(s.db, s.auth, time.Now)
	s.uploads = upload.New(s.photos, s.engine, now, func() string { return uuid.Must(uuid.NewV7()).String() })
	return nil
}

func now() int64 { return time.Now().UnixMilli() }

// clockFault refuses a clock that no machine of today can have: under it every visit would lie in the future.
func clockFault(t time.Time) error {
	if t.Year() < 2026 {
		return fmt.Errorf("the clock of this machine says %s: set it first, or every visit would seem to lie in the future", t.Format(time.DateTime))
	}
	return nil
}

// serve answers requests until ctx ends, and then until those that came before are answered.
func serve(ctx context.Context, cfg config.Config, log *slog.Logger, stdout io.Writer) (err error) {
	if err := clockFault(time.Now()); err != nil {
		return err
	}
	s, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	if err := s.welcome(ctx, cfg, stdout); err != nil {
		return err
	}
	app, err := s.app(cfg, log)
	if err != nil {
		return err
	}
	l, err := listen(ctx, cfg, log)
	if err != nil {
		return err
	}
	app.Server().ConnState = func(c net.Conn, state fasthttp.ConnState) {
		if state == fasthttp.StateIdle {
			l.idle(c)
		}
	}
	chores, stopChores := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { s.chores(chores, log) })
	defer running.Wait()
	defer stopChores()

	served := make(chan error, 1)
	running.Go(func() { served <- app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true}) })
	log.Info("serving", slog.Any("config", cfg), slog.String("version", versionString()))
	if _, err := fmt.Fprintln(stdout, "Zoufang 走访", versionString(), address(cfg, l.Addr())); err != nil {
		log.Warn("standard output is closed", slog.Any("error", err))
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	return drain(ctx, app, l)
}

// drain takes no new request, answers those that came and ends their connections.
func drain(ctx context.Context, app *fiber.App, l *listener) error {
	l.stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := app.ShutdownWithContext(ctx)
	if closeErr := l.Close(); err == nil && closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// app builds the HTTP surface.
func (s *services) app(cfg config.Config, log *slog.Logger) (*fiber.App, error) {
	var files fs.FS = pwa.Files()
	if cfg.PWADir != "" {
		files = os.DirFS(cfg.PWADir)
	}
	return api.New(api.Deps{
		Engine: s.engine, Auth: s.auth, Keys: s.keys, Uploads: s.uploads, Objects: s.photos,
		Thumbnails: photo.NewThumbnails(s.photos), School: s.school,
		Ready: func(ctx context.Context) error { _, err := s.db.Schools(ctx); return err },
		App:   files, AppChanges: cfg.PWADir != "",
		Origins: cfg.Origins, Proxies: cfg.Proxies, Secure: cfg.TLSCert != "", Demo: cfg.Demo,
		Version: versionString(), Now: time.Now, Log: log,
	})
}

// listen opens the port, with TLS if there is a certificate.
func listen(ctx context.Context, cfg config.Config, log *slog.Logger) (*listener, error) {
	var secure *tls.Config
	if cfg.TLSCert != "" {
		var err error
		if secure, err = tlsConfig(cfg.TLSCert, cfg.TLSKey, log); err != nil {
			return nil, err
		}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	return track(l), nil
}

// address is what to type into a browser on this machine.
func address(cfg config.Config, a net.Addr) string {
	scheme := "http"
	if cfg.TLSCert != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost" // browsers trust it without TLS
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// chores gives up what nobody comes back to, now and then until ctx ends.
func (s *services) chores(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(choreEvery)
	defer tick.Stop()
	for {
		if _, err := s.uploads.Expire(ctx); err != nil && ctx.Err() == nil {
			log.Error("uploads not expired", slog.Any("error", err))
		}
		if err := s.auth.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.Error("sessions not swept", slog.Any("error", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Package apitest runs the real API over a real database and a real folder, on a real port, and tells stories about it.
package apitest

import (
	"bytes"
	"context"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"

	"zoufang/server/api"
	"zoufang/server/auth"
	"zoufang/server/photo"
	"zoufang/server/school"
	"zoufang/server/upload"
	"zoufang/storage/disk"
	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// The people of the school, by user name. Due has a password that must be changed first.
const (
	Admin  = "admin"
	Owner  = "zhang"
	Other  = "wang"
	Due    = "due"
	Nobody = ""
)

// Password is everybody's, but for Due's, whom the office gave one.
const Password = "梧桐苑的第五栋楼"

const people = `用户名,姓名,职务,角色,部门,级别,排序,管理员,联络员
zhang,党委书记,党委书记,校领导,校领导班子,学校,1,,
wang,校长,校长,校领导,校领导班子,学校,2,,
due,副书记,党委副书记,校领导,校领导班子,学校,3,,
`

// App is the phone app the server serves.
var App = fs.FS(fstest.MapFS{
	"index.html":           {Data: []byte("<!doctype html><title>走访</title>" + strings.Repeat("<p>一</p>", 200))},
	"sw.js":                {Data: []byte("self.skipWaiting()")},
	"manifest.webmanifest": {Data: []byte(`{"name":"走访"}`)},
	"assets/app-1a2b3c.js": {Data: []byte(strings.Repeat("console.log(1)\n", 500))},
	"assets/icon-1.png":    {Data: []byte("\x89PNG")},
})

// Server is a running API with its stores.
type Server struct {
	t       testing.TB
	URL     string
	Dir     string
	App     *fiber.App
	Auth    *auth.Service
	Log     *Log
	clients map[string]*Client
	passed  atomic.Int64 // ns by which the server's clock is ahead
}

// Start starts a server with a school in it. change may alter what the API is given.
func Start(t testing.TB, change ...func(*api.Deps)) *Server {
	t.Helper()
	s := StartEmpty(t, change...)
	s.seed()
	return s
}

// StartEmpty starts a server that waits for its set-up.
func StartEmpty(t testing.TB, change ...func(*api.Deps)) *Server {
	t.Helper()
	s := &Server{t: t, Dir: t.TempDir(), Log: &Log{}, clients: map[string]*Client{}}
	db := Must(sqlite.Open(t.Context(), s.Dir, sqlite.Options{}))(t)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	objects := Must(disk.Open(filepath.Join(s.Dir, "photos")))(t)
	keys := Must(auth.OpenKeys(filepath.Join(s.Dir, "keys"), s.Now(), rand.Reader))(t)
	log := slog.New(slog.NewJSONHandler(s.Log, nil))
	cheap := auth.Cost{Memory: 64, Time: 1, Threads: 1}
	s.Auth = Must(auth.New(auth.Options{Store: db, Keys: keys, Now: s.Now, Log: log, Cost: cheap}))(t)
	now := func() int64 { return s.Now().UnixMilli() }
	eng := engine.New(db, keys.Cursor, now)
	deps := api.Deps{
		Engine: eng, Auth: s.Auth, Keys: keys, Objects: objects, Thumbnails: photo.NewThumbnails(objects),
		Uploads: upload.New(objects, eng, now, func() string { return uuid.Must(uuid.NewV7()).String() }),
		School:  school.New(db, s.Auth, s.Now), App: App, Version: "test", Now: s.Now, Log: log,
		Ready: func(ctx context.Context) error { _, err := db.Schools(ctx); return err },
	}
	for _, f := range change {
		f(&deps)
	}
	s.App = Must(api.New(deps))(t)
	s.serve()
	s.clients[Nobody] = &Client{s: s}
	return s
}

// Now is the server's clock.
func (s *Server) Now() time.Time { return time.Now().Add(time.Duration(s.passed.Load())) }

// Pass moves the server's clock on.
func (s *Server) Pass(d time.Duration) { s.passed.Add(int64(d)) }

func (s *Server) serve() {
	l := Must((&net.ListenConfig{}).Listen(s.t.Context(), "tcp", "127.0.0.1:0"))(s.t)
	s.URL = "http://" + l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.App.Listener(l, fiber.ListenConfig{DisableStartupMessage: true}) }()
	s.t.Cleanup(func() {
		if err := s.App.ShutdownWithTimeout(10 * time.Second); err != nil {
			s.t.Error(err)
		}
		if err := <-served; err != nil {
			s.t.Error(err)
		}
	})
	// The listener is open already: this waits until somebody accepts.
	if r := (&Client{s: s}).Do("GET", "/healthz", nil); r.Status != http.StatusOK {
		s.t.Fatalf("healthz answers %d", r.Status)
	}
}

func (s *Server) seed() {
	ctx, t := s.t.Context(), s.t
	code := Must(s.Auth.NewSetupCode(ctx, ""))(t)
	s.SignIn(Admin, func(c *Client) {
		r := c.Do("POST", "/api/v1/setup", wire.Setup{Code: code, SchoolName: "云岭大学", Username: Admin, Name: "学工部管理员", Password: Password})
		r.Expect(t, http.StatusCreated)
	})
	r := s.As(Admin).Do("POST", "/api/v1/import", wire.Import{People: people})
	r.Expect(t, http.StatusOK)
	var report wire.ImportReport
	r.Into(t, &report)
	for _, login := range report.Logins {
		if login.Username == Due {
			s.SignInWith(login.Username, login.Password, nil)
			continue
		}
		s.SignInWith(login.Username, login.Password, nil)
		c := s.As(login.Username)
		c.Do("POST", "/api/v1/me/password", wire.PasswordChange{Old: login.Password, New: Password}).Expect(t, http.StatusNoContent)
	}
}

// SignIn signs somebody in as an API client, after what else is to be done first.
func (s *Server) SignIn(username string, before func(*Client)) {
	s.SignInWith(username, Password, before)
}

// SignInWith is SignIn with another password than everybody's.
func (s *Server) SignInWith(username, password string, before func(*Client)) {
	s.t.Helper()
	c := &Client{s: s}
	if before != nil {
		before(c)
	}
	r := c.Do("POST", "/api/v1/sessions", wire.SignIn{Username: username, Password: password, DeviceName: "test", Bearer: true})
	r.Expect(s.t, http.StatusCreated)
	r.Into(s.t, &c.Session)
	s.clients[username] = c
}

// As returns the client of somebody who is signed in, or of nobody.
func (s *Server) As(username string) *Client {
	s.t.Helper()
	c := s.clients[username]
	if c == nil {
		s.t.Fatalf("%q has not signed in", username)
	}
	return c
}

// Log keeps what the server logs.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String returns everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Must returns a function that ends the test on err, and otherwise returns v.
func Must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

package api_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"

	"zoufang/server/api"
	"zoufang/server/api/apitest"
	"zoufang/sync/wire"
)

func TestThePhoneAppIsServed(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	nobody := s.As(apitest.Nobody)
	const forever = "public, max-age=31536000, immutable"
	for _, tt := range []struct {
		path         string
		status       int
		media, cache string
	}{
		{"/", 200, "text/html; charset=utf-8", "no-cache"},
		{"/index.html", 200, "text/html; charset=utf-8", "no-cache"},
		{"/visits/0198c0de-0000-7000-8000-000000000000", 200, "text/html; charset=utf-8", "no-cache"},
		{"/sw.js", 200, "text/javascript; charset=utf-8", "no-cache"},
		{"/manifest.webmanifest", 200, "application/manifest+json", "no-cache"},
		{"/assets/app-1a2b3c.js", 200, "text/javascript; charset=utf-8", forever},
		{"/assets/icon-1.png", 200, "image/png", forever},
		{"/assets/gone-123456.js", 404, "application/problem+json", "no-store"},
		{"/assets/", 404, "application/problem+json", "no-store"},
		{"/favicon.ico", 404, "application/problem+json", "no-store"},
		{"/api", 404, "application/problem+json", "no-store"},
		{"/api/v1/none", 404, "application/problem+json", "no-store"},
		{"/.well-known/none", 404, "application/problem+json", "no-store"},
		{"/.git/config", 200, "text/html; charset=utf-8", "no-cache"}, // the start page, as for any path of the app
		{"/..%2f..%2fkeys/refresh.key", 404, "application/problem+json", "no-store"},
	} {
		r := nobody.Do("GET", tt.path, nil)
		if r.Status != tt.status || r.Header.Get("Content-Type") != tt.media || r.Header.Get("Cache-Control") != tt.cache {
			t.Errorf("%s: %d %s %s", tt.path, r.Status, r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"))
		}
	}
	page := nobody.Do("GET", "/", nil)
	if r := nobody.Do("GET", "/", nil, "If-None-Match", page.Header.Get("ETag")); r.Status != http.StatusNotModified || len(r.Body) != 0 {
		t.Errorf("unchanged: %d, %d bytes", r.Status, len(r.Body))
	}
	if r := nobody.Do("HEAD", "/", nil); r.Status != 200 || len(r.Body) != 0 {
		t.Errorf("HEAD: %d, %d bytes", r.Status, len(r.Body))
	}
	packed := nobody.Do("GET", "/assets/app-1a2b3c.js", nil, "Accept-Encoding", "br, gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("packed: %v", packed.Header)
	}
	if plain := nobody.Do("GET", "/assets/app-1a2b3c.js", nil); !bytes.Equal(unzip(t, packed.Body), plain.Body) {
		t.Error("packed is something else")
	}
}

func TestWithoutTheAppSomebodyIsToldWhy(t *testing.T) {
	t.Parallel()
	s := apitest.StartEmpty(t, func(d *api.Deps) { d.App = fstest.MapFS{".gitkeep": {}} })
	r := s.As(apitest.Nobody).Do("GET", "/", nil)
	if r.Status != 200 || !strings.Contains(string(r.Body), "make run") {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	s.As(apitest.Nobody).Do("GET", "/.gitkeep", nil).Expect(t, http.StatusNotFound)
}

func TestANewBuildInTheFolderIsTakenUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("assets/a-1.js", "one")
	put("index.html", "first build")
	s := apitest.StartEmpty(t, func(d *api.Deps) { d.App = os.DirFS(dir); d.AppChanges = true })
	nobody := s.As(apitest.Nobody)
	if r := nobody.Do("GET", "/", nil); string(r.Body) != "first build" {
		t.Fatalf("%s", r.Body)
	}
	if err := os.Remove(filepath.Join(dir, "assets/a-1.js")); err != nil {
		t.Fatal(err)
	}
	put("assets/a-2.js", "two")
	put("index.html", "the second build")
	for path, want := range map[string]string{"/": "the second build", "/assets/a-2.js": "two", "/assets/a-1.js": "one"} {
		if r := nobody.Do("GET", path, nil); r.Status != 200 || string(r.Body) != want {
			t.Errorf("%s: %d %s, want %s", path, r.Status, r.Body, want)
		}
	}
}

func TestAnswersArePackedAsTheClientLikes(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	owner := s.As(apitest.Owner)
	for range 4 {
		push := make([]string, 50)
		for i := range push {
			_, push[i] = owner.Visit(nil)
		}
		owner.Results(t, push...)
	}
	body := strings.Replace(owner.Envelope(), `"push":[]`, `"push":[],"pull":{"cursor":"","limit":0}`, 1)
	pull := func(accept string) *apitest.Reply {
		r := owner.Do("POST", "/api/v1/sync", body, "Accept-Encoding", accept)
		r.Expect(t, http.StatusOK)
		return r
	}
	plain := pull("")
	decoder := apitest.Must(zstd.NewReader(nil))(t)
	defer decoder.Close()
	for accept, want := range map[string]string{
		"zstd, gzip": "zstd", "gzip, deflate, br, zstd": "zstd", "gzip": "gzip", "zstd;q=0, gzip;q=0.5": "gzip",
		"br": "", "gzip;q=0": "", "identity": "", "gzip;q=x": "",
	} {
		r := pull(accept)
		if got := r.Header.Get("Content-Encoding"); got != want || !strings.Contains(r.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%q: Content-Encoding %q, want %q", accept, got, want)
		}
		unpacked := r.Body
		switch want {
		case "zstd":
			unpacked = apitest.Must(decoder.DecodeAll(r.Body, nil))(t)
		case "gzip":
			unpacked = unzip(t, r.Body)
		}
		var a, b wire.SyncResponse
		if (&apitest.Reply{Body: unpacked}).Into(t, &a); len(a.Documents) < 200 {
			t.Errorf("%q: %d documents", accept, len(a.Documents))
		}
		if plain.Into(t, &b); want != "" && len(r.Body)*100 > 15*len(plain.Body) {
			t.Errorf("%q: %d of %d bytes", accept, len(r.Body), len(plain.Body))
		}
	}
	if r := owner.Do("GET", "/api/v1/me", nil, "Accept-Encoding", "gzip"); r.Header.Get("Content-Encoding") != "" {
		t.Error("a short answer was packed")
	}
}

func unzip(t *testing.T, b []byte) []byte {
	t.Helper()
	return apitest.Must(io.ReadAll(apitest.Must(gzip.NewReader(bytes.NewReader(b)))(t)))(t)
}

package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v3"
	"github.com/klauspost/compress/gzip"

	"zoufang/sync/wire"
)

// shell is the built phone app in memory: about a megabyte, packed once.
type shell struct {
	files   fs.FS
	changes bool

	mu    sync.Mutex
	stamp string
	known map[string]*asset
}

// asset is one file, ready to be sent.
type asset struct {
	mediaType, cache, etag string
	plain, packed          []byte // packed is nil where that gains nothing
}

// notBuilt is shown where the app is missing.
const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Zoufang</title><h1>The app was not built</h1><p>This server runs, but holds no phone app. Run <code>make run</code>.</p>
<p lang="zh-CN">服务器在运行,但没有手机应用。请执行 <code>make run</code>。</p></html>
`

// newShell reads the app. It fails when a file cannot be read.
func newShell(files fs.FS, changes bool) (*shell, error) {
	s := &shell{files: files, changes: changes}
	return s, s.load()
}

// find returns the file for a path, the start page for a path that only the app's own router knows. It fails with code
// not_found for a missing file: answering the start page in its place would break the app in ways that are hard to see.
func (s *shell) find(urlPath string) (*asset, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes && s.fingerprint() != s.stamp {
		if err := s.load(); err != nil {
			return nil, err
		}
	}
	name := strings.TrimPrefix(path.Clean(urlPath), "/")
	if a := s.known[name]; a != nil {
		return a, nil
	}
	if strings.HasPrefix(name+"/", "assets/") || path.Ext(name) != "" {
		return nil, wire.Fault(wire.CodeNotFound, "")
	}
	return s.known["index.html"], nil
}

// fingerprint tells one build in a folder from the next: every build rewrites both files.
func (s *shell) fingerprint() string {
	stamp := ""
	for _, name := range []string{"index.html", "sw.js"} {
		if info, err := fs.Stat(s.files, name); err == nil {
			stamp += fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
	}
	return stamp
}

// load reads all files. Files of the build before stay: a tab that has not been reloaded still asks for them.
func (s *shell) load() error {
	stamp := s.fingerprint()
	known := map[string]*asset{}
	for name, a := range s.known {
		if strings.HasPrefix(name, "assets/") {
			known[name] = a
		}
	}
	err := fs.WalkDir(s.files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		b, err := fs.ReadFile(s.files, name)
		if err != nil {
			return err
		}
		known[name], err = newAsset(name, b)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the phone app: %w", err)
	}
	if known["index.html"] == nil {
		page, err := newAsset("index.html", []byte(notBuilt))
		if err != nil {
			return err
		}
		known["index.html"] = page
	}
	s.known, s.stamp = known, stamp
	return nil
}

func newAsset(name string, b []byte) (*asset, error) {
	sum := sha256.Sum256(b)
	a := &asset{
		plain: b, mediaType: mediaTypeOf(name), cache: "no-cache",
		etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`,
	}
	if strings.HasPrefix(name, "assets/") { // their names hold a hash of their bytes
		a.cache = "public, max-age=31536000, immutable"
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(b)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, err
	}
	if packed.Len() < len(b)*9/10 {
		a.packed = packed.Bytes()
	}
	return a, nil
}

// mediaTypeOf names the types of a build ourselves: the system's table may know others.
func mediaTypeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// serveApp answers whatever no route knows with the phone app. What is ours to answer never falls through to it.
func (a *api) serveApp(c fiber.Ctx) error {
	p := c.Path()
	if reading := c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead; !reading || reserved(p) {
		return c.Next() // to the router's 404 and 405
	}
	found, err := a.shell.find(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, found.cache)
	c.Set(fiber.HeaderETag, found.etag)
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if strings.Contains(c.Get(fiber.HeaderIfNoneMatch), found.etag) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	c.Set(fiber.HeaderContentType, found.mediaType)
	if found.packed != nil && accepts(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		c.Response().SetBodyRaw(found.packed)
		return nil
	}
	c.Response().SetBodyRaw(found.plain)
	return nil
}

// reserved reports whether a path belongs to the server. A name that only begins like one is reserved too.
func reserved(p string) bool {
	for _, prefix := range []string{"/api", "/.well-known", "/healthz", "/readyz"} {
		if strings.HasPrefix(p, prefix) {
			return true
		}
	}
	return false
}

package auth_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	randv2 "math/rand/v2"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zoufang/server/auth"
	"zoufang/storage"
	"zoufang/storage/sqlite"
	"zoufang/storage/storagetest"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// What the suite proves of a store is what auth asks for.
var (
	_ storagetest.AuthStore = auth.Store(nil)
	_ auth.Store            = storagetest.AuthStore(nil)
)

const (
	school   wire.SchoolID = "school-a"
	alice    wire.UserID   = "0192f0a0-0000-7000-8000-00000000000a"
	bob      wire.UserID   = "0192f0a0-0000-7000-8000-00000000000b"
	password               = "梧桐苑 five lamps"
)

var (
	campus = netip.MustParseAddr("203.0.113.7")
	start  = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
)

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// random is the same for every run.
type random struct {
	mu  sync.Mutex
	src *randv2.ChaCha8
}

func newRandom() *random { return &random{src: randv2.NewChaCha8([32]byte{7})} }

func (r *random) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.src.Read(b)
}

// world is a Service on a real database with two cadres, alice (an administrator) and bob.
type world struct {
	*auth.Service
	t     testing.TB
	db    *sqlite.DB
	clock *clock
	keys  string

	mu      sync.Mutex
	log     bytes.Buffer
	secrets []string
}

// cheap hashes quickly; the tests of the cost itself use the real one.
var cheap = auth.Cost{Memory: 256, Time: 1, Threads: 1}

// newEmptyWorld has no school yet. When the test ends it checks that nothing secret was logged.
func newEmptyWorld(t testing.TB, cost auth.Cost) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, clock: &clock{now: start}, keys: filepath.Join(dir, "keys")}
	var err error
	if w.db, err = sqlite.Open(t.Context(), dir, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
		w.noSecretLogged()
	})
	w.secrets = []string{password}
	w.Service = w.restart(cost)
	return w
}

// restart returns another Service on the same database and keys.
func (w *world) restart(cost auth.Cost) *auth.Service {
	w.t.Helper()
	keys, err := auth.OpenKeys(w.keys, w.clock.Now(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := auth.New(auth.Options{Store: w.db, Keys: keys, Now: w.clock.Now, Random: newRandom(), Log: log, Cost: cost})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func newWorld(t testing.TB) *world { return newWorldAt(t, cheap) }

func newWorldAt(t testing.TB, cost auth.Cost) *world {
	t.Helper()
	w := newEmptyWorld(t, cost)
	hash := hashed(t, cost)
	err := w.db.UpdateSchool(t.Context(), school, func(_ engine.Tx, a storage.Accounts) error {
		if err := a.PutSchool(storage.School{ID: school, Name: "云岭示范大学"}); err != nil {
			return err
		}
		return a.PutAccounts([]storage.Account{
			{User: alice, Username: "Alice", PasswordHash: hash, Admin: true, Units: []wire.DocID{"z", "b"}, ProxyFor: []wire.UserID{bob}},
			{User: bob, Username: "bob", PasswordHash: hash},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// hashed returns a hash of password at a cost, made by the product itself in another world.
func hashed(t testing.TB, cost auth.Cost) string {
	t.Helper()
	other := newEmptyWorld(t, cost)
	code, err := other.NewSetupCode(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := other.CreateFirstAdmin(t.Context(), wire.Setup{Code: code, SchoolName: "x", Username: "x", Name: "x", Password: password}, campus, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a.PasswordHash
}

// Write takes log lines.
func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(b)
}

func (w *world) secret(s ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, s...)
}

func (w *world) logged(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Contains(w.log.String(), text)
}

func (w *world) noSecretLogged() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range append(w.secrets, "eyJ", "$argon2") {
		if s != "" && strings.Contains(w.log.String(), s) {
			w.t.Errorf("the log holds a secret (%.4s…):\n%s", s, w.log.String())
		}
	}
}

// signIn signs a user in on a new device and expects that to work.
func (w *world) signIn(username string, d *device) auth.Grant {
	w.t.Helper()
	g, err := w.SignIn(w.t.Context(), d.body(username, password), campus)
	if err != nil {
		w.t.Fatalf("sign in %s: %v", username, err)
	}
	d.id = g.Principal.Device
	w.secret(g.Access, g.Refresh)
	return g
}

// refresh exchanges the grant's token, signed by the device, as a browser does.
func (w *world) refresh(g auth.Grant, d *device, nonce string) (auth.Grant, error) {
	w.secret(nonce)
	next, err := w.Refresh(w.t.Context(), g.Refresh, wire.Refresh{Nonce: nonce, Proof: d.sign("zoufang/refresh/v1\n" + nonce)})
	w.secret(next.Access, next.Refresh)
	return next, err
}

// authenticated reports whether an access token is good now.
func (w *world) authenticated(access string) bool {
	w.t.Helper()
	_, _, err := w.Authenticate(w.t.Context(), access)
	if err != nil && wire.CodeOf(err) != wire.CodeUnauthenticated {
		w.t.Fatal(err)
	}
	return err == nil
}

// device is a browser's installation with its key.
type device struct {
	t   testing.TB
	id  wire.DeviceID
	key *ecdsa.PrivateKey
}

func newDevice(t testing.TB) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &device{t: t, key: key}
}

func (d *device) public() *wire.PublicKey {
	b, err := d.key.PublicKey.Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return &wire.PublicKey{Kty: "EC", Crv: "P-256", X: encode(b[1:33]), Y: encode(b[33:])}
}

// sign signs as WebCrypto does: r and s, 32 bytes each.
func (d *device) sign(message string) string {
	digest := sha256.Sum256([]byte(message))
	r, s, err := ecdsa.Sign(rand.Reader, d.key, digest[:])
	if err != nil {
		d.t.Fatal(err)
	}
	var raw [64]byte
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// body is a sign-in that continues the device if it has an id.
func (d *device) body(username, password string) wire.SignIn {
	in := wire.SignIn{Username: username, Password: password, DeviceName: "Chrome · Android", DeviceKey: d.public()}
	if d.id != "" {
		in.Device, in.Proof = d.id, d.sign(fmt.Sprintf("zoufang/sign-in/v1\n%s\n%s", d.id, username))
	}
	return in
}

func wantCode(t testing.TB, err error, want wire.Code) {
	t.Helper()
	if err == nil || wire.CodeOf(err) != want {
		t.Errorf("got error %v, want code %s", err, want)
	}
}

func nonce(i int) string { return fmt.Sprintf("nonce-%016d", i) }

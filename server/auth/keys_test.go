package auth_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"zoufang/server/auth"
)

func openKeys(t *testing.T, dir string, now time.Time) *auth.Keys {
	t.Helper()
	k, err := auth.OpenKeys(dir, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func kids(t *testing.T, k *auth.Keys, now time.Time) []string {
	t.Helper()
	var set struct {
		Keys []struct{ Kty, Crv, X, Kid, Alg, Use string }
	}
	if err := json.Unmarshal(k.JWKS(now), &set); err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, key := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(key.X)
		if err != nil || len(x) != ed25519.PublicKeySize || key.Kty != "OKP" || key.Crv != "Ed25519" || key.Alg != "EdDSA" || key.Use != "sig" || len(key.Kid) != 43 {
			t.Errorf("published %+v", key)
		}
		ids = append(ids, key.Kid)
	}
	return ids
}

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "keys")
	first, again := openKeys(t, dir, start), openKeys(t, dir, start.Add(time.Hour))
	if len(first.Refresh) != 32 || len(first.Cursor) != 32 || bytes.Equal(first.Refresh, first.Cursor) {
		t.Error("the secrets are not two of 32 bytes")
	}
	if !bytes.Equal(first.Refresh, again.Refresh) || !bytes.Equal(first.Cursor, again.Cursor) ||
		!cmp.Equal(kids(t, first, start), kids(t, again, start)) {
		t.Error("a second start found other keys")
	}
	if other := openKeys(t, t.TempDir()+"/keys", start); bytes.Equal(other.Refresh, first.Refresh) {
		t.Error("two folders have the same secret")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("the folder holds %v, %v", files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}
}

func TestKeysOthersMayReadAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, pattern string
		mode          os.FileMode
	}{
		{"folder", "", 0o750},
		{"refresh secret", "refresh.key", 0o640},
		{"cursor secret", "cursor.key", 0o604},
		{"token key", "token-*.pem", 0o660},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "keys")
			openKeys(t, dir, start)
			found, err := filepath.Glob(filepath.Join(dir, tc.pattern))
			if err != nil || len(found) != 1 {
				t.Fatal(found, err)
			}
			if err := os.Chmod(found[0], tc.mode); err != nil {
				t.Fatal(err)
			}
			if _, err = auth.OpenKeys(dir, start, rand.Reader); err == nil || !strings.Contains(err.Error(), "chmod") {
				t.Errorf("got %v, want a refusal that says what to do", err)
			}
		})
	}
}

func TestDamagedKeysAreRefusedAndNotReplaced(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"refresh.key", "cursor.key", "token-*.pem"} {
		dir := filepath.Join(t.TempDir(), "keys")
		openKeys(t, dir, start)
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		if err := os.WriteFile(found[0], []byte("c2hvcnQ=\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err = auth.OpenKeys(dir, start, rand.Reader); err == nil || !strings.Contains(err.Error(), filepath.Base(found[0])) {
			t.Errorf("%s: got %v, want a refusal that names the file", pattern, err)
		}
		if b, err := os.ReadFile(found[0]); err != nil || string(b) != "c2hvcnQ=\n" {
			t.Errorf("%s was replaced", pattern)
		}
	}
}

func TestTokenKeysRotate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	day := 24 * time.Hour
	old := kids(t, openKeys(t, dir, start), start)
	if err := auth.RotateKeys(dir, start.Add(day), rand.Reader); err != nil {
		t.Fatal(err)
	}
	k := openKeys(t, dir, start.Add(day))
	for _, tc := range []struct {
		name string
		at   time.Time
		want int
	}{
		{"the next is published a day before it signs", start.Add(day), 2},
		{"the retired stays until its last token has ended", start.Add(2*day + auth.AccessTTL), 2},
		{"then it is gone", start.Add(2*day + time.Hour), 1},
	} {
		if got := kids(t, k, tc.at); len(got) != tc.want {
			t.Errorf("%s: %d keys are published, want %d", tc.name, len(got), tc.want)
		}
	}
	if got := kids(t, openKeys(t, dir, start.Add(3*day)), start.Add(3*day)); len(got) != 1 || got[0] == old[0] {
		t.Errorf("a later start publishes %v", got)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "token-*.pem")); err != nil || len(files) != 1 {
		t.Errorf("files left: %v, %v", files, err)
	}
	if got := kids(t, openKeys(t, dir, start.Add(100*day)), start.Add(100*day)); len(got) != 2 {
		t.Errorf("after 90 days %d keys are published, want the next too", len(got))
	}
	if got := kids(t, openKeys(t, dir, start.Add(100*day)), start.Add(100*day)); len(got) != 2 {
		t.Errorf("another start made another key: %d", len(got))
	}
}

func TestTokensOutliveARotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := auth.RotateKeys(w.keys, w.clock.Now(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	w.Service = w.restart(cheap)
	w.clock.advance(24*time.Hour - time.Minute)
	d := newDevice(t)
	before := w.signIn("alice", d)
	w.clock.advance(2 * time.Minute)
	after := w.signIn("alice", d)
	if a, b := decodePart(t, before.Access, 0)["kid"], decodePart(t, after.Access, 0)["kid"]; a == b {
		t.Error("the next key did not become active")
	}
	w.Service = w.restart(cheap)
	if !w.authenticated(before.Access) || !w.authenticated(after.Access) {
		t.Error("a token of a published key is refused")
	}
}

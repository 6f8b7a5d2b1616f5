package auth_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zoufang/server/auth"
	"zoufang/storage/sqlite"
	"zoufang/sync/wire"
)

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	for i := range 5 {
		w.clock.advance(11 * time.Minute)
		if w.authenticated(g.Access) {
			t.Fatal("an access token outlived its ten minutes")
		}
		next, err := w.refresh(g, d, nonce(i))
		if err != nil {
			t.Fatal(err)
		}
		if next.Refresh == g.Refresh || next.Access == g.Access || !w.authenticated(next.Access) || next.Info.ID != g.Info.ID {
			t.Fatalf("round %d gave %v", i, next)
		}
		g = next
	}
}

func TestLostReplyIsAnsweredAgainDaysLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	w.clock.advance(29 * 24 * time.Hour)
	lost, err := w.refresh(g, d, nonce(1))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(7 * 24 * time.Hour)
	w.Service = w.restart(cheap)
	again, err := w.refresh(g, d, nonce(1))
	if err != nil {
		t.Fatalf("the same request after a lost reply: %v", err)
	}
	if again.Refresh != lost.Refresh || !w.authenticated(again.Access) {
		t.Error("the successor is not the one of the lost reply")
	}
	if next, err := w.refresh(again, d, nonce(2)); err != nil || !w.authenticated(next.Access) {
		t.Errorf("the successor does not work: %v", err)
	}
}

func TestReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		reuse func(w *world, d *device, g [3]auth.Grant) error
	}{
		{"another nonce", func(w *world, d *device, g [3]auth.Grant) error {
			_, err := w.refresh(g[2], d, nonce(3))
			if err != nil {
				return err
			}
			_, err = w.refresh(g[2], d, nonce(4))
			return err
		}},
		{"the same nonce after the successor was used", func(w *world, d *device, g [3]auth.Grant) error {
			_, err := w.refresh(g[1], d, nonce(2))
			if err != nil {
				return err
			}
			if _, err = w.refresh(g[2], d, nonce(3)); err != nil {
				return err
			}
			_, err = w.refresh(g[1], d, nonce(2))
			return err
		}},
		{"an old generation", func(w *world, d *device, g [3]auth.Grant) error {
			_, err := w.refresh(g[0], d, nonce(9))
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d := newDevice(t)
			var g [3]auth.Grant
			g[0] = w.signIn("alice", d)
			var err error
			for i := range 2 {
				if g[i+1], err = w.refresh(g[i], d, nonce(i+1)); err != nil {
					t.Fatal(err)
				}
			}
			wantCode(t, tc.reuse(w, d, g), wire.CodeUnauthenticated)
			if w.authenticated(g[2].Access) {
				t.Error("the access token outlived its session")
			}
			_, err = w.refresh(g[2], d, nonce(5))
			wantCode(t, err, wire.CodeUnauthenticated)
			if !w.logged("used twice") {
				t.Error("nobody was told")
			}
		})
	}
}

// Two browsers that hold one token cannot both go on: one successor is made, and the session ends, because nobody can
// tell which of the two is the thief. Tabs of one browser take turns by a Web Lock.
func TestParallelRefreshesMakeOneSuccessorAndEndTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	const n = 200
	grants, errs := make([]auth.Grant, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { grants[i], errs[i] = w.refresh(g, d, nonce(i)) })
	}
	wg.Wait()
	won := 0
	for i := range n {
		if errs[i] == nil {
			won++
			if w.authenticated(grants[i].Access) {
				t.Error("the session goes on although its token was used twice")
			}
			continue
		}
		wantCode(t, errs[i], wire.CodeUnauthenticated)
	}
	if won > 1 {
		t.Errorf("%d successors were made", won)
	}
}

func TestParallelRetriesOfOneRefreshAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	const n = 50
	tokens := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			next, err := w.refresh(g, d, nonce(1))
			if err != nil {
				t.Error(err)
			}
			tokens[i] = next.Refresh
		})
	}
	wg.Wait()
	for _, token := range tokens {
		if token != tokens[0] {
			t.Fatal("retries got different successors")
		}
	}
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	other := w.signIn("bob", newDevice(t))
	raw, err := base64.RawURLEncoding.DecodeString(g.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	forge := func(change func([]byte)) string {
		b := append([]byte{}, raw...)
		change(b)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	sign := func(nonce string) string { return d.sign("zoufang/refresh/v1\n" + nonce) }
	for _, tc := range []struct {
		name   string
		cookie string
		in     wire.Refresh
		want   wire.Code
	}{
		{"no token", "", wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1))}, wire.CodeUnauthenticated},
		{"not a token", "hunter2", wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1))}, wire.CodeUnauthenticated},
		{"only line ends", strings.Repeat("\n", 70), wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1))}, wire.CodeUnauthenticated},
		{"proof of line ends", g.Refresh, wire.Refresh{Nonce: nonce(1), Proof: strings.Repeat("\n", 86)}, wire.CodeUnauthenticated},
		{"huge token", strings.Repeat("A", 1<<20), wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1))}, wire.CodeUnauthenticated},
		{"unknown session", forge(func(b []byte) { b[0]++ }), wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1))}, wire.CodeUnauthenticated},
		{"a generation to come", forge(func(b []byte) { b[19]++ }), wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1))}, wire.CodeUnauthenticated},
		{"forged", forge(func(b []byte) { b[51]++ }), wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1))}, wire.CodeUnauthenticated},
		{"no proof (a stolen token)", g.Refresh, wire.Refresh{Nonce: nonce(1)}, wire.CodeUnauthenticated},
		{"proof of another nonce", g.Refresh, wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(2))}, wire.CodeUnauthenticated},
		{"proof of another purpose", g.Refresh, wire.Refresh{Nonce: nonce(1), Proof: d.sign("zoufang/sign-in/v1\n" + nonce(1))}, wire.CodeUnauthenticated},
		{"proof of another device", other.Refresh, wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1))}, wire.CodeUnauthenticated},
		{"a browser's token in the body", "", wire.Refresh{Nonce: nonce(1), Proof: sign(nonce(1)), Token: g.Refresh}, wire.CodeUnauthenticated},
		{"short nonce", g.Refresh, wire.Refresh{Nonce: "short", Proof: sign("short")}, wire.CodeMalformed},
		{"nonce with a line end", g.Refresh, wire.Refresh{Nonce: nonce(1) + "\n", Proof: sign(nonce(1) + "\n")}, wire.CodeMalformed},
	} {
		_, err := w.Refresh(t.Context(), tc.cookie, tc.in)
		if wire.CodeOf(err) != tc.want {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
	if _, err := w.refresh(g, d, nonce(1)); err != nil {
		t.Errorf("refused attempts by others ended the session: %v", err)
	}
}

func TestClientWithoutKeyRefreshesWithoutProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, err := w.SignIn(t.Context(), wire.SignIn{Username: "bob", Password: password, Bearer: true}, campus)
	if err != nil || !g.Info.Bearer {
		t.Fatalf("got %+v, %v", g.Info, err)
	}
	next, err := w.Refresh(t.Context(), "", wire.Refresh{Nonce: nonce(1), Token: g.Refresh})
	if err != nil || !next.Info.Bearer || !w.authenticated(next.Access) {
		t.Errorf("got %+v, %v", next.Info, err)
	}
	_, err = w.Refresh(t.Context(), next.Refresh, wire.Refresh{Nonce: nonce(2)})
	wantCode(t, err, wire.CodeUnauthenticated)
}

func TestSessionsEndByAge(t *testing.T) {
	t.Parallel()
	t.Run("idle for 30 days", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		d := newDevice(t)
		g := w.signIn("alice", d)
		w.clock.advance(auth.IdleTTL)
		_, err := w.refresh(g, d, nonce(1))
		wantCode(t, err, wire.CodeUnauthenticated)
	})
	t.Run("180 days after the sign-in", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		d := newDevice(t)
		g := w.signIn("alice", d)
		var err error
		for i := range 9 {
			if i > 0 {
				w.clock.advance(20 * 24 * time.Hour)
			}
			if g, err = w.refresh(g, d, nonce(i)); err != nil {
				t.Fatal(err)
			}
		}
		if want := start.Add(auth.SessionTTL); !g.RefreshEnds.Equal(want) {
			t.Errorf("refresh token ends %v, want %v", g.RefreshEnds, want)
		}
		w.clock.advance(20 * 24 * time.Hour)
		_, err = w.refresh(g, d, nonce(9))
		wantCode(t, err, wire.CodeUnauthenticated)
	})
	t.Run("and are swept", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		d := newDevice(t)
		old := w.signIn("alice", d)
		w.clock.advance(auth.IdleTTL + 24*time.Hour + time.Millisecond)
		fresh := w.signIn("alice", d)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.db.SignedIn(t.Context(), old.Info.ID); wire.CodeOf(err) != wire.CodeNotFound {
			t.Errorf("the old session is still there: %v", err)
		}
		if !w.authenticated(fresh.Access) {
			t.Error("the new session was swept")
		}
	})
}

// Whoever steals the database has nothing to sign in with: no token and nothing a token could be made from.
func TestDatabaseHoldsNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	next, err := w.refresh(g, d, nonce(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(w.keys)
	b, err := os.ReadFile(filepath.Join(dir, sqlite.File))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), nonce(1)) {
		t.Fatal("the database is not where this test looks")
	}
	for _, token := range []string{g.Access, g.Refresh, next.Access, next.Refresh} {
		if strings.Contains(string(b), token) || strings.Contains(string(b), token[len(token)-40:]) {
			t.Error("the database holds a token")
		}
	}
}

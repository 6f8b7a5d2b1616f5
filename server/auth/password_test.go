package auth_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zoufang/server/auth"
	"zoufang/storage"
	"zoufang/sync/wire"
)

func (w *world) hashOf(username string) string {
	w.t.Helper()
	a, err := w.db.AccountByName(w.t.Context(), school, username)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.PasswordHash
}

func TestPasswordsAreHashedWithArgon2id(t *testing.T) {
	t.Parallel()
	if got := hashed(t, auth.Cost{}); !strings.HasPrefix(got, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("got %q", got)
	}
}

func TestHashIsRenewedAtSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	before := w.signIn("alice", d)
	old := w.hashOf("alice")
	w.Service = w.restart(auth.Cost{Memory: 512, Time: 1, Threads: 1})
	after := w.signIn("alice", d)
	renewed := w.hashOf("alice")
	if !strings.Contains(renewed, "m=512,") || renewed == old {
		t.Errorf("got %q", renewed)
	}
	if !w.authenticated(before.Access) || !w.authenticated(after.Access) {
		t.Error("renewing the hash ended a session")
	}
	w.signIn("alice", d)
	if again := w.hashOf("alice"); again != renewed {
		t.Error("a hash of today's cost was renewed")
	}
}

func TestForeignHashesNeverMatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, hash := range []string{
		"plain", password, "$2y$10$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=256,t=1,p=1$AAAAAAAAAAA$", "$argon2i$v=19$m=256,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
	} {
		if _, err := w.db.ChangeAccount(t.Context(), school, bob, func(a *storage.Account) error { a.PasswordHash = hash; return nil }); err != nil {
			t.Fatal(err)
		}
		w.clock.advance(time.Minute)
		if _, err := w.SignIn(t.Context(), wire.SignIn{Username: "bob", Password: password}, campus); err == nil {
			t.Errorf("signed in with the hash %q", hash)
		}
	}
}

// An unknown user, a known one and one who never used the one-time password all take as long to be refused.
func TestRefusalTakesAsLongForUnknownUsers(t *testing.T) {
	w := newWorldAt(t, auth.Cost{})
	if _, oneTime, err := w.ResetPassword(t.Context(), school, bob); err != nil {
		t.Fatal(err)
	} else {
		w.secret(oneTime)
	}
	refuse := func(name string) time.Duration {
		began := time.Now()
		_, err := w.SignIn(t.Context(), wire.SignIn{Username: name, Password: "wrong password"}, campus)
		wantCode(t, err, wire.CodeCredentials)
		return time.Since(began)
	}
	const rounds, tolerance = 15, 5 * time.Millisecond
	var known, oneTime time.Duration
	for range 4 { // other processes share this machine's cores: one quiet attempt is proof
		// Differences within a round, so that what slows the machine down for a while slows down all three.
		var knownLater, oneTimeLater []time.Duration
		for i := range rounds {
			unknown := refuse(fmt.Sprint("nobody-", i))
			knownLater = append(knownLater, refuse("alice")-unknown)
			oneTimeLater = append(oneTimeLater, refuse("bob")-unknown)
			w.clock.advance(time.Minute)
		}
		slices.Sort(knownLater)
		slices.Sort(oneTimeLater)
		known, oneTime = knownLater[rounds/2], oneTimeLater[rounds/2]
		if known.Abs() <= tolerance && oneTime.Abs() <= tolerance {
			return
		}
	}
	t.Errorf("medians differ by more than %v: a known user takes %v more than an unknown one, an unused account %v", tolerance, known, oneTime)
}

func TestManySignInsWaitTheirTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, err := w.SignIn(t.Context(), wire.SignIn{Username: "alice", Password: password}, campus); err != nil && wire.CodeOf(err) != wire.CodeTooMany {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestSignInGivesUpWithItsCaller(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, auth.Cost{Memory: 64 * 1024, Time: 4, Threads: 1})
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 16)
	for i := range cap(errs) {
		go func() {
			_, err := w.SignIn(ctx, wire.SignIn{Username: fmt.Sprint("nobody-", i), Password: "wrong"}, campus)
			errs <- err
		}()
	}
	first := <-errs
	wantCode(t, first, wire.CodeCredentials)
	cancel()
	gaveUp := 0
	for range cap(errs) - 1 {
		if err := <-errs; wire.CodeOf(err) == wire.CodeUnavailable {
			gaveUp++
		}
	}
	if gaveUp == 0 {
		t.Error("all went on hashing for nobody")
	}
}

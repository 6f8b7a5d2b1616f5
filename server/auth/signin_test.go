package auth_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"zoufang/server/auth"
	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

func TestSignInAndAuthenticate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn(" ＡＬＩＣＥ ", d)
	p, info, err := w.Authenticate(t.Context(), g.Access)
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Principal{
		School: school, User: alice, Device: d.id, Admin: true, ProxyFor: []wire.UserID{bob},
		Scopes: []wire.Scope{"office:admin", "school", "unit:b", "unit:z", wire.Scope("user:" + alice)},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if !slices.IsSorted(p.Scopes) {
		t.Errorf("scopes are not sorted: %v", p.Scopes)
	}
	wantInfo := auth.SessionInfo{ID: g.Info.ID, SchoolName: "云岭示范大学", Username: "Alice", ExpiresAt: start.Add(auth.AccessTTL).UnixMilli()}
	if diff := cmp.Diff(wantInfo, info); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(p, g.Principal); diff != "" {
		t.Error(diff)
	}
	if got := g.RefreshEnds; !got.Equal(start.Add(auth.IdleTTL)) {
		t.Errorf("refresh token ends %v", got)
	}
	if s := fmt.Sprintf("%v %+v %#v", g, g, g); strings.Contains(s, g.Access) || strings.Contains(s, g.Refresh) {
		t.Errorf("a grant prints its tokens: %s", s)
	}
}

func TestSignInRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.db.ChangeAccount(t.Context(), school, bob, func(a *storage.Account) error { a.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	bad := newDevice(t).public()
	bad.X = bad.Y
	for _, tc := range []struct {
		name string
		in   wire.SignIn
		want wire.Code
	}{
		{"wrong password", wire.SignIn{Username: "alice", Password: password + "."}, wire.CodeCredentials},
		{"no password", wire.SignIn{Username: "alice"}, wire.CodeCredentials},
		{"unknown user", wire.SignIn{Username: "nobody", Password: password}, wire.CodeCredentials},
		{"disabled account", wire.SignIn{Username: "bob", Password: password}, wire.CodeCredentials},
		{"no user name", wire.SignIn{Password: password}, wire.CodeMalformed},
		{"huge user name", wire.SignIn{Username: strings.Repeat("a", 65), Password: password}, wire.CodeMalformed},
		{"huge password", wire.SignIn{Username: "alice", Password: strings.Repeat("a", 129)}, wire.CodeMalformed},
		{"huge device name", wire.SignIn{Username: "alice", Password: password, DeviceName: strings.Repeat("a", 65)}, wire.CodeMalformed},
		{"device of the wrong form", wire.SignIn{Username: "alice", Password: password, Device: "../../etc"}, wire.CodeMalformed},
		{"key off the curve", wire.SignIn{Username: "alice", Password: password, DeviceKey: bad}, wire.CodeMalformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.SignIn(t.Context(), tc.in, campus)
			wantCode(t, err, tc.want)
		})
	}
}

func TestSignInBeforeTheSetUpIsRefused(t *testing.T) {
	t.Parallel()
	w := newEmptyWorld(t, cheap)
	_, err := w.SignIn(t.Context(), wire.SignIn{Username: "alice", Password: password}, campus)
	wantCode(t, err, wire.CodeCredentials)
}

func TestDeviceIsContinuedOnlyByItsUserAndKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := newDevice(t)
	first := w.signIn("alice", mine)
	id := mine.id

	if again := w.signIn("alice", mine); again.Principal.Device != id {
		t.Errorf("the own device became %s, want %s", again.Principal.Device, id)
	}
	stranger := newDevice(t)
	stranger.id = id
	if g := w.signIn("alice", stranger); g.Principal.Device == id {
		t.Error("a device was continued with another key")
	}
	mine.id = id
	if g := w.signIn("bob", mine); g.Principal.Device == id {
		t.Error("a device was continued by another user")
	}
	unproven := mine.body("alice", password)
	unproven.Device, unproven.Proof = id, ""
	if g, err := w.SignIn(t.Context(), unproven, campus); err != nil || g.Principal.Device == id {
		t.Errorf("a device was continued without a proof: %v", err)
	}
	if !w.authenticated(first.Access) {
		t.Error("the first session ended")
	}
}

func TestRevokedDeviceIsSignedOutAndHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	other := w.signIn("alice", newDevice(t))
	if err := w.RevokeDevice(t.Context(), school, d.id); err != nil {
		t.Fatal(err)
	}
	if w.authenticated(g.Access) {
		t.Error("its access token still works")
	}
	_, err := w.refresh(g, d, nonce(1))
	wantCode(t, err, wire.CodeUnauthenticated)
	if !w.authenticated(other.Access) {
		t.Error("another device was signed out")
	}
	// What the phone recorded is not lost: signed in again it may send, and all it sends is held.
	if again := w.signIn("alice", d); again.Principal.Device != g.Principal.Device || !again.Principal.Revoked {
		t.Errorf("got %+v, want the same device, revoked", again.Principal)
	}
}

func TestGuessingIsSlowedAndTheOwnerStillGetsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := newDevice(t)
	w.signIn("alice", known)

	tried := 0
	for i := range 10_000 {
		in := wire.SignIn{Username: "alice", Password: "guess-" + nonce(i)}
		from := netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})
		_, err := w.SignIn(t.Context(), in, from)
		switch wire.CodeOf(err) {
		case wire.CodeCredentials:
			tried++
		case wire.CodeTooMany:
			if after, ok := auth.RetryAfter(err); !ok || after < time.Second || after > time.Minute {
				t.Fatalf("retry after %v, %v", after, ok)
			}
		default:
			t.Fatal(err)
		}
		w.clock.advance(360 * time.Millisecond)
	}
	if tried > 100 {
		t.Errorf("%d of 10,000 guesses in an hour were tried, want at most 100", tried)
	}
	if tried < 50 {
		t.Errorf("only %d guesses were tried: that is a lock, not a delay", tried)
	}
	w.signIn("alice", known)

	// The attacker's own device gives no turns at alice's account.
	attacker := newDevice(t)
	w.signIn("bob", attacker)
	var err error
	for wire.CodeOf(err) != wire.CodeTooMany {
		_, err = w.SignIn(t.Context(), wire.SignIn{Username: "alice", Password: "guess"}, campus)
	}
	_, err = w.SignIn(t.Context(), attacker.body("alice", "guess"), campus)
	wantCode(t, err, wire.CodeTooMany)
	w.clock.advance(time.Minute)
	w.signIn("alice", newDevice(t))
}

func TestGuessingUnknownNamesIsSlowedAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused := func(name string) (n int) {
		for range 30 {
			if _, err := w.SignIn(t.Context(), wire.SignIn{Username: name, Password: "guess"}, campus); wire.CodeOf(err) == wire.CodeTooMany {
				n++
			}
		}
		return n
	}
	if known, unknown := refused("alice"), refused("nobody"); known != unknown || known == 0 {
		t.Errorf("of 30 guesses %d were refused for a user and %d for nobody", known, unknown)
	}
}

func TestOneAddressIsLimitedHigh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limited := func(from func(i int) netip.Addr, n int) (first int) {
		for i := range n {
			_, err := w.SignIn(t.Context(), wire.SignIn{Username: fmt.Sprint("nobody-", i), Password: "guess"}, from(i))
			if wire.CodeOf(err) == wire.CodeTooMany {
				return i
			}
		}
		return n
	}
	if n := limited(func(int) netip.Addr { return campus }, 1100); n < 500 || n >= 1100 {
		t.Errorf("one address was limited after %d", n)
	}
	base := netip.MustParseAddr("2001:db8:1:2::").As16()
	if n := limited(func(i int) netip.Addr {
		a := base
		a[14], a[15] = byte(i>>8), byte(i)
		return netip.AddrFrom16(a)
	}, 1100); n >= 1100 {
		t.Error("one network of IPv6 was not limited")
	}
	// Right passwords cost no turn.
	for range 20 {
		if _, err := w.SignIn(t.Context(), wire.SignIn{Username: "bob", Password: password}, netip.MustParseAddr("192.0.2.1")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	first, second, third := w.signIn("alice", d), w.signIn("alice", d), w.signIn("alice", d)
	if err := w.SignOut(t.Context(), first.Access, ""); err != nil {
		t.Fatal(err)
	}
	if err := w.SignOut(t.Context(), "", second.Refresh); err != nil {
		t.Fatal(err)
	}
	if err := w.SignOut(t.Context(), "nonsense", "nonsense"); err != nil {
		t.Errorf("nothing to sign out: %v", err)
	}
	for i, g := range []auth.Grant{first, second} {
		if w.authenticated(g.Access) {
			t.Errorf("session %d goes on", i+1)
		}
		_, err := w.refresh(g, d, nonce(i))
		wantCode(t, err, wire.CodeUnauthenticated)
	}
	if !w.authenticated(third.Access) {
		t.Error("another session ended")
	}
}

func TestRightsAreReadAtEachRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.signIn("alice", newDevice(t))
	change := func(fn func(*storage.Account)) {
		t.Helper()
		if _, err := w.db.ChangeAccount(t.Context(), school, alice, func(a *storage.Account) error { fn(a); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	change(func(a *storage.Account) { a.Admin, a.Units, a.ProxyFor = false, nil, nil })
	p, _, err := w.Authenticate(t.Context(), g.Access)
	if err != nil || p.Admin || len(p.ProxyFor) > 0 || !slices.Equal(p.Scopes, []wire.Scope{"school", wire.Scope("user:" + alice)}) {
		t.Errorf("after the rights went got %+v, %v", p, err)
	}
	change(func(a *storage.Account) { a.Disabled = true })
	if w.authenticated(g.Access) {
		t.Error("a disabled account goes on")
	}
}

func TestStoreFaultsAreNotTakenForWrongPasswords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.signIn("alice", newDevice(t))
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := w.SignIn(t.Context(), wire.SignIn{Username: "alice", Password: password}, campus)
	_, _, authErr := w.Authenticate(t.Context(), g.Access)
	_, refreshErr := w.Refresh(t.Context(), g.Refresh, wire.Refresh{Nonce: nonce(1)})
	for i, err := range []error{err, authErr, refreshErr} {
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != wire.CodeUnavailable {
			t.Errorf("call %d: got %v, want unavailable", i, err)
		}
	}
}

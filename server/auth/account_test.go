package auth_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zoufang/server/auth"
	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

func TestOwnPasswordChangeEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := newDevice(t), newDevice(t)
	mine, other, bobs := w.signIn("alice", here), w.signIn("alice", there), w.signIn("bob", newDevice(t))
	const fresh = "eine neue Losung"
	w.secret(fresh)
	change := func(old, new string) error {
		return w.ChangePassword(t.Context(), mine.Principal, mine.Info, wire.PasswordChange{Old: old, New: new})
	}
	wantCode(t, change("wrong", fresh), wire.CodeCredentials)
	wantCode(t, change(password, password), wire.CodeUnprocessable)
	wantCode(t, change(password, "short"), wire.CodeUnprocessable)
	if !w.authenticated(other.Access) {
		t.Fatal("a refused change ended a session")
	}
	if err := change(password, fresh); err != nil {
		t.Fatal(err)
	}
	if !w.authenticated(mine.Access) || !w.authenticated(bobs.Access) {
		t.Error("this session or another user's ended")
	}
	if next, err := w.refresh(mine, here, nonce(1)); err != nil || !w.authenticated(next.Access) {
		t.Errorf("this session does not go on: %v", err)
	}
	if w.authenticated(other.Access) {
		t.Error("another session's access token still works")
	}
	_, err := w.refresh(other, there, nonce(2))
	wantCode(t, err, wire.CodeUnauthenticated)
	_, err = w.SignIn(t.Context(), there.body("alice", password), campus)
	wantCode(t, err, wire.CodeCredentials)
	g, err := w.SignIn(t.Context(), there.body("alice", fresh), campus)
	if err != nil {
		t.Fatal(err)
	}
	if !w.authenticated(g.Access) {
		t.Error("a session begun in the same instant as the change is taken for an old one")
	}
	// The kept session is an old one too, once the other changes the password.
	if err := w.ChangePassword(t.Context(), g.Principal, g.Info, wire.PasswordChange{Old: fresh, New: fresh + "2"}); err != nil {
		t.Fatal(err)
	}
	if w.authenticated(mine.Access) {
		t.Error("a session kept by an earlier change survived a later one")
	}
}

func TestStolenSessionMayNotGuessThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	limited := false
	for range 30 {
		err := w.ChangePassword(t.Context(), g.Principal, g.Info, wire.PasswordChange{Old: "guess", New: "eine neue Losung"})
		limited = limited || wire.CodeOf(err) == wire.CodeTooMany
	}
	if !limited {
		t.Error("30 guesses were all tried")
	}
	w.signIn("alice", d)
}

func TestResetByTheOffice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	before := w.signIn("bob", d)
	account, oneTime, err := w.ResetPassword(t.Context(), school, bob)
	if err != nil {
		t.Fatal(err)
	}
	w.secret(oneTime)
	if account.Username != "bob" || !account.PasswordDue {
		t.Errorf("got %+v", account)
	}
	if letters := strings.ReplaceAll(oneTime, "-", ""); len(letters) < 13 || strings.ContainsAny(letters, "0oO1lIi") {
		t.Errorf("one-time password %q is short or easily misread", oneTime)
	}
	if w.authenticated(before.Access) {
		t.Error("the old session goes on")
	}
	g, err := w.SignIn(t.Context(), d.body("bob", oneTime), campus)
	if err != nil {
		t.Fatal(err)
	}
	if _, info, err := w.Authenticate(t.Context(), g.Access); err != nil || !info.PasswordDue {
		t.Errorf("got %+v, %v, want a password to be due", info, err)
	}
	const own = "meine eigene Losung"
	w.secret(own)
	if err := w.ChangePassword(t.Context(), g.Principal, g.Info, wire.PasswordChange{Old: oneTime, New: own}); err != nil {
		t.Fatal(err)
	}
	if _, info, err := w.Authenticate(t.Context(), g.Access); err != nil || info.PasswordDue {
		t.Errorf("got %+v, %v, want no password to be due", info, err)
	}
	_, err = w.SignIn(t.Context(), d.body("bob", oneTime), campus)
	wantCode(t, err, wire.CodeCredentials)
	_, _, err = w.ResetPassword(t.Context(), school, "nobody")
	wantCode(t, err, wire.CodeNotFound)
}

func TestOneTimePasswordsDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := map[string]bool{}
	began := time.Now()
	for range 1000 {
		p, hash, err := w.OneTimePassword()
		if err != nil || seen[p] || !strings.HasPrefix(hash, "$argon2id$v=19$") {
			t.Fatalf("%q, %q, %v", p, hash, err)
		}
		seen[p] = true
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("1,000 took %v: an import would time out", took)
	}
}

func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	w := newEmptyWorld(t, cheap)
	void, err := w.NewSetupCode(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.NewSetupCode(t.Context(), "")
	if err != nil || code == void || len(code) < 20 {
		t.Fatalf("%q after %q, %v", code, void, err)
	}
	w.secret(void, code)
	in := wire.Setup{Code: code, SchoolName: "云岭示范大学", Username: "office", Name: "办公室", Password: password}
	with := func(change func(*wire.Setup)) wire.Setup {
		in := in
		change(&in)
		return in
	}
	oops := errors.New("oops")
	for _, tc := range []struct {
		name string
		in   wire.Setup
		also error
		want wire.Code
	}{
		{"wrong code", with(func(s *wire.Setup) { s.Code = "abcde-fghjk" }), nil, wire.CodeCredentials},
		{"void code", with(func(s *wire.Setup) { s.Code = void }), nil, wire.CodeCredentials},
		{"weak password", with(func(s *wire.Setup) { s.Password = "zoufang2026" }), nil, wire.CodeUnprocessable},
		{"no school name", with(func(s *wire.Setup) { s.SchoolName = " " }), nil, wire.CodeUnprocessable},
		{"no user name", with(func(s *wire.Setup) { s.Username = "" }), nil, wire.CodeUnprocessable},
		{"what belongs to it cannot be written", in, oops, wire.CodeInternal},
	} {
		_, err := w.CreateFirstAdmin(t.Context(), tc.in, campus, func(engine.Tx, storage.School, storage.Account) error { return tc.also })
		if wire.CodeOf(err) != tc.want {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
	if schools, err := w.db.Schools(t.Context()); err != nil || len(schools) != 0 {
		t.Fatalf("a failed set-up left %v, %v", schools, err)
	}

	in.Code = strings.ToUpper(strings.ReplaceAll(code, "-", " "))
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := w.CreateFirstAdmin(t.Context(), in, campus, func(tx engine.Tx, s storage.School, a storage.Account) error {
				if s.Name != in.SchoolName || !a.Admin || !wire.ValidUUID(string(a.User)) {
					t.Errorf("got %+v, %+v", s, a)
				}
				return tx.Put([]engine.Stored{{ID: wire.DocID(a.User), Kind: "person", Rev: 1, Body: []byte("{}")}})
			})
			if err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d set-ups won", won.Load())
	}
	g, err := w.SignIn(t.Context(), wire.SignIn{Username: "Office", Password: password}, campus)
	if err != nil || !g.Principal.Admin || g.Info.SchoolName != in.SchoolName || g.Info.PasswordDue {
		t.Errorf("got %+v, %v", g, err)
	}
	_, err = w.NewSetupCode(t.Context(), "")
	wantCode(t, err, wire.CodeConflict)
}

func TestOperatorMayChooseTheSetupCode(t *testing.T) {
	t.Parallel()
	w := newEmptyWorld(t, cheap)
	const chosen = "Chosen-By-The-Operator"
	w.secret(chosen)
	if code, err := w.NewSetupCode(t.Context(), chosen); err != nil || code != chosen {
		t.Fatal(code, err)
	}
	in := wire.Setup{Code: chosen, SchoolName: "s", Username: "office", Name: "n", Password: password}
	if _, err := w.CreateFirstAdmin(t.Context(), in, campus, nil); err != nil {
		t.Error(err)
	}
}

func TestSetupCodesCannotBeGuessedFast(t *testing.T) {
	t.Parallel()
	w := newEmptyWorld(t, cheap)
	in := wire.Setup{Code: "guess", SchoolName: "s", Username: "office", Name: "n", Password: password}
	tried := 0
	for range 100 {
		if _, err := w.CreateFirstAdmin(t.Context(), in, campus, nil); wire.CodeOf(err) == wire.CodeCredentials {
			tried++
		}
	}
	if tried > 10 {
		t.Errorf("%d guesses were tried at once", tried)
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ password, want string }{
		{"sieben7", "password: short"},
		{"七个汉字不够长", "password: short"},
		{strings.Repeat("长", 129), "password: long"},
		{"password", "password: common"},
		{"PassWord", "password: common"},
		{"Passw0rd", "password: common"},
		{"password2026!", "password: common"},
		{"zoufang123", "password: common"},
		{"Daxue-2026", "password: common"},
		{"1qaz2wsx", "password: common"},
		{"12345678", "password: common"},
		{"８７６５４３２１", "password: common"},
		{"aaaaaaaaaaaa", "password: common"},
		{"23456789:;<", "password: common"},
		{"woaini1314", "password: common"},
		{"Wang.Gang", "password: username"},
		{"wang.gang88", "password: username"},
		{"梧桐苑五栋热水好", ""},
		{"correct horse battery staple", ""},
		{"kT9#vLq2", ""},
		{"20041123wtyw", ""},
		{strings.Repeat("长a", 64), ""},
	} {
		err := auth.CheckPassword(tc.password, "Wang.Gang")
		got := ""
		if e, ok := errors.AsType[*wire.Error](err); ok {
			got = e.Detail
		}
		if got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.password, got, tc.want)
		}
	}
}

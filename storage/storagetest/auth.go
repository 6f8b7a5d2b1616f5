package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// AuthStore is what every store of accounts and sessions does; auth.Store describes each method.
type AuthStore interface {
	Schools(ctx context.Context) ([]storage.School, error)
	UpdateSchool(ctx context.Context, school wire.SchoolID, fn func(engine.Tx, storage.Accounts) error) error
	Accounts(ctx context.Context, school wire.SchoolID) ([]storage.Account, error)
	AccountByName(ctx context.Context, school wire.SchoolID, username string) (storage.Account, error)
	ChangeAccount(ctx context.Context, school wire.SchoolID, user wire.UserID, change func(*storage.Account) error) (storage.Account, error)
	Device(ctx context.Context, school wire.SchoolID, id wire.DeviceID) (storage.Device, error)
	RevokeDevice(ctx context.Context, school wire.SchoolID, id wire.DeviceID, at int64) error
	Begin(ctx context.Context, session storage.Session, device storage.Device) error
	SignedIn(ctx context.Context, session string) (storage.SignedIn, error)
	Spend(ctx context.Context, use storage.Spend) (first storage.Spend, passed bool, err error)
	SpendOf(ctx context.Context, session string, generation int64) (storage.Spend, error)
	RevokeSession(ctx context.Context, session string, at int64) error
	ForgetSessions(ctx context.Context, before int64) (int64, error)
	PutSetupCode(ctx context.Context, hash [32]byte) error
}

// Auth runs the suite of accounts and sessions. open returns an empty store that lives as long as the test.
func Auth(t *testing.T, open func(*testing.T) AuthStore) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, AuthStore)
	}{
		{"schools and accounts are read as they were written", accountsRoundTrip},
		{"a user name is taken once, folded, and two people may swap theirs", usernamesAreUnique},
		{"an account's version counts its changes and nothing else", versionsCount},
		{"accounts and documents are written together or not at all", accountsWithDocuments},
		{"of many concurrent changes of an account none is lost", changesAreNotLost},
		{"a session is read with its school, account and device", sessionRoundTrip},
		{"a revoked device ends its sessions and only those", revokedDevice},
		{"of many concurrent uses of a refresh token one is the first", spendOnce},
		{"a spend tells whether its successor was used", spendPassed},
		{"old sessions are forgotten with their spends", forget},
		{"the set-up code is used once", setupCodeOnce},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

const school wire.SchoolID = "school-a"

func put(t *testing.T, s AuthStore, accounts ...storage.Account) error {
	t.Helper()
	return s.UpdateSchool(t.Context(), school, func(_ engine.Tx, a storage.Accounts) error {
		if err := a.PutSchool(storage.School{ID: school, Name: "云岭示范大学"}); err != nil {
			return err
		}
		return a.PutAccounts(accounts)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, want wire.Code) {
	t.Helper()
	if err == nil || wire.CodeOf(err) != want {
		t.Errorf("got error %v, want code %s", err, want)
	}
}

func accountsRoundTrip(t *testing.T, s AuthStore) {
	schools, err := s.Schools(t.Context())
	if err != nil || len(schools) != 0 {
		t.Fatalf("an empty store has schools %v, %v", schools, err)
	}
	full := storage.Account{
		School: school, User: "u2", Username: "Wang.Gang", PasswordHash: "$argon2id$…", PasswordDue: true, Disabled: true, Admin: true,
		ProxyFor: []wire.UserID{"u1", "u3"}, Units: []wire.DocID{"d1"}, Version: 1, ValidFrom: 7, Kept: "s",
	}
	plain := storage.Account{School: school, User: "u1", Username: "李", PasswordHash: "h", Version: 1}
	must(t, put(t, s, plain, full))

	all, err := s.Accounts(t.Context(), school)
	must(t, err)
	if diff := cmp.Diff([]storage.Account{full, plain}, all); diff != "" {
		t.Error(diff)
	}
	if schools, err = s.Schools(t.Context()); err != nil || !slices.Equal(schools, []storage.School{{ID: school, Name: "云岭示范大学"}}) {
		t.Errorf("got schools %v, %v", schools, err)
	}
	got, err := s.AccountByName(t.Context(), school, " ｗＡＮＧ.gang ")
	must(t, err)
	if diff := cmp.Diff(full, got); diff != "" {
		t.Error(diff)
	}
	_, err = s.AccountByName(t.Context(), school, "nobody")
	wantCode(t, err, wire.CodeNotFound)
	_, err = s.AccountByName(t.Context(), "school-b", "Wang.Gang")
	wantCode(t, err, wire.CodeNotFound)
}

func usernamesAreUnique(t *testing.T, s AuthStore) {
	must(t, put(t, s, storage.Account{User: "u1", Username: "one"}, storage.Account{User: "u2", Username: "two"}))
	wantCode(t, put(t, s, storage.Account{User: "u4", Username: "four"}, storage.Account{User: "u3", Username: "ＯＮＥ"}), wire.CodeConflict)
	if _, err := s.AccountByName(t.Context(), school, "four"); wire.CodeOf(err) != wire.CodeNotFound {
		t.Errorf("half of a refused write stayed: %v", err)
	}
	must(t, put(t, s, storage.Account{User: "u1", Username: "two"}, storage.Account{User: "u2", Username: "one"}))
	if a, err := s.AccountByName(t.Context(), school, "two"); err != nil || a.User != "u1" {
		t.Errorf("after the swap got %v, %v", a, err)
	}
}

func versionsCount(t *testing.T, s AuthStore) {
	a := storage.Account{User: "u1", Username: "one", ProxyFor: []wire.UserID{}}
	must(t, put(t, s, a))
	must(t, put(t, s, a))
	got, err := s.ChangeAccount(t.Context(), school, "u1", func(*storage.Account) error { return nil })
	if err != nil || got.Version != 1 {
		t.Errorf("without a change got version %d, %v, want 1", got.Version, err)
	}
	got, err = s.ChangeAccount(t.Context(), school, "u1", func(a *storage.Account) error { a.Admin, a.Version = true, 99; return nil })
	if err != nil || got.Version != 2 || !got.Admin {
		t.Errorf("after a change got %+v, %v, want version 2", got, err)
	}
	oops := errors.New("oops")
	if _, err = s.ChangeAccount(t.Context(), school, "u1", func(*storage.Account) error { return oops }); !errors.Is(err, oops) {
		t.Errorf("got %v, want the change's error", err)
	}
	_, err = s.ChangeAccount(t.Context(), school, "u9", func(*storage.Account) error { return nil })
	wantCode(t, err, wire.CodeNotFound)
}

func accountsWithDocuments(t *testing.T, s AuthStore) {
	doc := engine.Stored{ID: "0192f0a0-0000-7000-8000-000000000001", Kind: "person", Rev: 1, Body: []byte(`{}`), Audience: []wire.Scope{"school"}}
	write := func(fail error) error {
		return s.UpdateSchool(t.Context(), school, func(tx engine.Tx, a storage.Accounts) error {
			if err := a.PutAccounts([]storage.Account{{User: wire.UserID(doc.ID), Username: "one"}}); err != nil {
				return err
			}
			return errors.Join(tx.Put([]engine.Stored{doc}), fail)
		})
	}
	count := func() (accounts, documents int) {
		must(t, s.UpdateSchool(t.Context(), school, func(tx engine.Tx, a storage.Accounts) error {
			all, err := a.Accounts()
			if err != nil {
				return err
			}
			docs, err := tx.Documents([]wire.DocID{doc.ID})
			accounts, documents = len(all), len(docs)
			return err
		}))
		return accounts, documents
	}
	oops := errors.New("oops")
	if err := write(oops); !errors.Is(err, oops) {
		t.Errorf("got %v, want the function's error", err)
	}
	if a, d := count(); a != 0 || d != 0 {
		t.Errorf("a failed update left %d accounts and %d documents", a, d)
	}
	must(t, write(nil))
	if a, d := count(); a != 1 || d != 1 {
		t.Errorf("an update left %d accounts and %d documents", a, d)
	}
}

func changesAreNotLost(t *testing.T, s AuthStore) {
	must(t, put(t, s, storage.Account{User: "u1", Username: "one"}))
	const writers = 32
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			if _, err := s.ChangeAccount(t.Context(), school, "u1", func(a *storage.Account) error { a.ValidFrom++; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if a, err := s.AccountByName(t.Context(), school, "one"); err != nil || a.ValidFrom != writers || a.Version != writers+1 {
		t.Errorf("after %d changes got %+v, %v", writers, a, err)
	}
}

// begin writes a session of u1 on a device.
func begin(t *testing.T, s AuthStore, id string, device storage.Device) storage.Session {
	t.Helper()
	session := storage.Session{
		ID: id, School: school, User: "u1", Device: device.ID, Bearer: true, Seed: "seed", Version: 1, StartedAt: 1000, UsedAt: 1000,
	}
	must(t, s.Begin(t.Context(), session, device))
	return session
}

func device(id wire.DeviceID) storage.Device {
	return storage.Device{ID: id, School: school, User: "u1", Name: "Chrome · Android", Key: []byte{4, 1, 2}, CreatedAt: 900}
}

func sessionRoundTrip(t *testing.T, s AuthStore) {
	account := storage.Account{School: school, User: "u1", Username: "one", Units: []wire.DocID{"d1"}, Version: 1}
	must(t, put(t, s, account))
	phone, client := device("phone"), storage.Device{ID: "client", School: school, User: "u1", CreatedAt: 950}
	first := begin(t, s, "s1", phone)
	begin(t, s, "s2", client)
	renamed := phone
	renamed.Name, renamed.Key = "another", nil
	begin(t, s, "s3", renamed)
	wantCode(t, s.Begin(t.Context(), first, phone), wire.CodeConflict)

	got, err := s.SignedIn(t.Context(), "s1")
	must(t, err)
	want := storage.SignedIn{School: storage.School{ID: school, Name: "云岭示范大学"}, Account: account, Device: phone, Session: first}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err = s.SignedIn(t.Context(), "s3"); err != nil || !cmp.Equal(got.Device, phone) {
		t.Errorf("a second session changed the device: %+v, %v", got.Device, err)
	}
	if d, err := s.Device(t.Context(), school, "client"); err != nil || !cmp.Equal(d, client) {
		t.Errorf("got device %+v, %v", d, err)
	}
	must(t, s.RevokeSession(t.Context(), "s1", 2000))
	must(t, s.RevokeSession(t.Context(), "s1", 3000))
	must(t, s.RevokeSession(t.Context(), "unknown", 3000))
	if got, err = s.SignedIn(t.Context(), "s1"); err != nil || got.Session.RevokedAt != 2000 {
		t.Errorf("got revoked at %d, %v, want 2000", got.Session.RevokedAt, err)
	}
	_, err = s.SignedIn(t.Context(), "unknown")
	wantCode(t, err, wire.CodeNotFound)
	_, err = s.Device(t.Context(), "school-b", "client")
	wantCode(t, err, wire.CodeNotFound)
}

func revokedDevice(t *testing.T, s AuthStore) {
	must(t, put(t, s, storage.Account{User: "u1", Username: "one"}))
	begin(t, s, "s1", device("phone"))
	begin(t, s, "s2", device("tablet"))
	must(t, s.RevokeDevice(t.Context(), school, "phone", 2000))
	must(t, s.RevokeDevice(t.Context(), school, "phone", 3000))
	wantCode(t, s.RevokeDevice(t.Context(), school, "unknown", 2000), wire.CodeNotFound)
	wantCode(t, s.RevokeDevice(t.Context(), "school-b", "tablet", 2000), wire.CodeNotFound)
	begin(t, s, "s3", device("phone"))
	for id, want := range map[string][2]int64{"s1": {2000, 2000}, "s2": {0, 0}, "s3": {2000, 0}} {
		got, err := s.SignedIn(t.Context(), id)
		must(t, err)
		if got.Device.RevokedAt != want[0] || got.Session.RevokedAt != want[1] {
			t.Errorf("%s: device revoked at %d, session at %d, want %v", id, got.Device.RevokedAt, got.Session.RevokedAt, want)
		}
	}
}

func spendOnce(t *testing.T, s AuthStore) {
	must(t, put(t, s, storage.Account{User: "u1", Username: "one"}))
	begin(t, s, "s1", device("phone"))
	const uses = 64
	firsts := make([]storage.Spend, uses)
	var wg sync.WaitGroup
	for i := range uses {
		wg.Go(func() {
			var err error
			use := storage.Spend{Session: "s1", Generation: 0, Nonce: fmt.Sprint("nonce-", i), At: int64(2000 + i)}
			if firsts[i], _, err = s.Spend(t.Context(), use); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	won := 0
	for i, first := range firsts {
		if first != firsts[0] {
			t.Fatalf("two uses were the first: %+v and %+v", first, firsts[0])
		}
		if first.Nonce == fmt.Sprint("nonce-", i) {
			won++
		}
	}
	stored, err := s.SpendOf(t.Context(), "s1", 0)
	if err != nil || won != 1 || stored != firsts[0] {
		t.Errorf("%d won; stored %+v, %v; told %+v", won, stored, err, firsts[0])
	}
	if in, err := s.SignedIn(t.Context(), "s1"); err != nil || in.Session.UsedAt != stored.At {
		t.Errorf("session used at %d, %v, want %d", in.Session.UsedAt, err, stored.At)
	}
}

func spendPassed(t *testing.T, s AuthStore) {
	must(t, put(t, s, storage.Account{User: "u1", Username: "one"}))
	begin(t, s, "s1", device("phone"))
	use := storage.Spend{Session: "s1", Generation: 0, Nonce: "a", At: 2000}
	for _, step := range []struct {
		name   string
		use    storage.Spend
		passed bool
	}{
		{"the first use", use, false},
		{"the same again, later", storage.Spend{Session: "s1", Generation: 0, Nonce: "a", At: 9000}, false},
		{"the successor", storage.Spend{Session: "s1", Generation: 1, Nonce: "b", At: 2500}, false},
		{"the same after its successor", use, true},
	} {
		_, passed, err := s.Spend(t.Context(), step.use)
		if err != nil || passed != step.passed {
			t.Errorf("%s: got passed %v, %v", step.name, passed, err)
		}
	}
	if got, err := s.SpendOf(t.Context(), "s1", 0); err != nil || got != use {
		t.Errorf("got %+v, %v, want the first use %+v", got, err, use)
	}
	_, err := s.SpendOf(t.Context(), "s1", 2)
	wantCode(t, err, wire.CodeNotFound)
}

func forget(t *testing.T, s AuthStore) {
	must(t, put(t, s, storage.Account{User: "u1", Username: "one"}))
	begin(t, s, "old", device("phone"))
	begin(t, s, "used", device("phone"))
	for _, id := range []string{"old", "used"} {
		_, _, err := s.Spend(t.Context(), storage.Spend{Session: id, Nonce: "a", At: 1500})
		must(t, err)
	}
	_, _, err := s.Spend(t.Context(), storage.Spend{Session: "used", Generation: 1, Nonce: "b", At: 3000})
	must(t, err)
	if n, err := s.ForgetSessions(t.Context(), 2000); err != nil || n != 1 {
		t.Errorf("forgot %d, %v, want 1", n, err)
	}
	_, err = s.SignedIn(t.Context(), "old")
	wantCode(t, err, wire.CodeNotFound)
	_, err = s.SpendOf(t.Context(), "old", 0)
	wantCode(t, err, wire.CodeNotFound)
	if _, err := s.SpendOf(t.Context(), "used", 0); err != nil {
		t.Error(err)
	}
}

func setupCodeOnce(t *testing.T, s AuthStore) {
	void, code := [32]byte{1}, [32]byte{2}
	must(t, s.PutSetupCode(t.Context(), void))
	must(t, s.PutSetupCode(t.Context(), code))
	spend := func(hash [32]byte) error {
		return s.UpdateSchool(t.Context(), school, func(_ engine.Tx, a storage.Accounts) error {
			if err := a.SpendSetupCode(hash); err != nil {
				return err
			}
			return a.PutSchool(storage.School{ID: school, Name: "n"})
		})
	}
	wantCode(t, spend(void), wire.CodeNotFound)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			switch err := spend(code); {
			case err == nil:
				won.Add(1)
			case wire.CodeOf(err) != wire.CodeNotFound:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("the code was used %d times", won.Load())
	}
	wantCode(t, s.PutSetupCode(t.Context(), void), wire.CodeConflict)
}

package demo_test

import (
	"context"
	"crypto/rand"
	"net/netip"
	"strings"
	"testing"
	"time"

	"zoufang/server/auth"
	"zoufang/server/demo"
	"zoufang/server/school"
	"zoufang/storage/disk"
	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// interrupted ends a seeding at its first photo.
type interrupted struct {
	demo.Objects
	cancel func()
}

func (i interrupted) Put(ctx context.Context, hash wire.Hash, jpeg []byte) error {
	i.cancel()
	return i.Objects.Put(ctx, hash, jpeg)
}

func TestSeedLeavesARealSchoolAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keys, err := auth.OpenKeys(dir+"/keys", time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := auth.New(auth.Options{Store: db, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	office := school.New(db, sessions, time.Now)
	code, err := sessions.NewSetupCode(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := office.Setup(t.Context(), wire.Setup{Code: code, SchoolName: "真实大学", Username: "admin", Name: "管理员", Password: "correct horse battery"}, netip.IPv6Loopback()); err != nil {
		t.Fatal(err)
	}
	logins, err := demo.Seed(t.Context(), db, sessions, office, nil, nil, []byte("folder"), time.Now())
	if err == nil || !strings.Contains(err.Error(), "真实大学") || len(logins) > 0 {
		t.Errorf("got %d logins, %v", len(logins), err)
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	// A Wednesday a year and a half later: still week 12 of its term.
	clock := time.Date(2028, 5, 3, 9, 30, 0, 0, engine.China)
	now := func() time.Time { return clock }
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	objects, err := disk.Open(dir + "/photos")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.OpenKeys(dir+"/keys", clock, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := auth.New(auth.Options{Store: db, Keys: keys, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	eng := engine.New(db, []byte("cursor key"), func() int64 { return clock.UnixMilli() })
	office := school.New(db, sessions, now)
	seed := func() []wire.Login {
		t.Helper()
		logins, err := demo.Seed(t.Context(), db, sessions, office, eng, objects, []byte("folder"), clock)
		if err != nil {
			t.Fatal(err)
		}
		return logins
	}
	// Somebody stops the first start halfway.
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := demo.Seed(ctx, db, sessions, office, eng, interrupted{objects, cancel}, []byte("folder"), clock); err == nil {
		t.Fatal("the interruption was not noticed")
	}
	logins := seed()
	if len(logins) != 13 || logins[0].Username != "L01" {
		t.Fatalf("logins: %d, first %q", len(logins), logins[0].Username)
	}
	grant, err := sessions.SignIn(t.Context(), wire.SignIn{Username: "L01", Password: logins[0].Password, DeviceName: "test"}, netip.IPv6Loopback())
	if err != nil {
		t.Fatal(err)
	}
	if grant.Info.PasswordDue {
		t.Error("the demo begins with choosing a password")
	}
	resp, err := eng.Sync(t.Context(), &grant.Principal, &wire.SyncRequest{Device: grant.Principal.Device, Schema: 1, Pull: &wire.Pull{}})
	if err != nil {
		t.Fatal(err)
	}
	visits, complete, terms := 0, 0, 0
	for _, body := range resp.Documents {
		var doc wire.Document
		if err := wire.Decode(body, &doc); err != nil {
			t.Fatal(err)
		}
		switch doc.Kind {
		case wire.KindTerm:
			var term wire.TermFields
			if err := wire.Glance(wire.Encode(doc.Fields), &term); err != nil {
				t.Fatal(err)
			}
			start, err := time.ParseInLocation(time.DateOnly, term.Start, engine.China)
			if err != nil {
				t.Fatal(err)
			}
			if week := int(clock.Sub(start).Hours()/24/7) + 1; week == 12 {
				terms++
			}
		case wire.KindVisit:
			var f wire.VisitFields
			if err := wire.Glance(wire.Encode(doc.Fields), &f); err != nil {
				t.Fatal(err)
			}
			visits++
			if f.Evidence.State == wire.EvidenceComplete && f.Evidence.Have == 3 {
				complete++
			}
		}
	}
	if visits != 2 || complete != 1 || terms != 1 {
		t.Errorf("L01 sees %d visits, %d with three photos; week 12 is in %d terms", visits, complete, terms)
	}
	if again := seed(); again[0] != logins[0] {
		t.Error("a second start changed the logins")
	}
}

package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

const school wire.SchoolID = "s"

// world is one server over a real store, with a clock of its own.
type world struct {
	t     *testing.T
	db    *sqlite.DB
	eng   *engine.Engine
	clock int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, db: db, clock: 1_795_432_800_000} // 2026-11-23 16:00 in Shanghai
	w.eng = engine.New(db, []byte("cursor key"), func() int64 { w.clock++; return w.clock })
	return w
}

// phone is a person's phone that keeps what it is sent, as far as the engine's tests need one.
type phone struct {
	w      *world
	p      engine.Principal
	seq    int64
	acked  int64
	cursor wire.Cursor
	docs   map[wire.DocID]wire.Document
	marks  map[wire.DocID]string
	seen   wire.SyncResponse
}

func person(n int) wire.UserID {
	return wire.UserID(fmt.Sprintf("01980000-0000-7000-8000-%012x", n))
}

func docID(n int) wire.DocID {
	return wire.DocID(fmt.Sprintf("01980000-0000-7000-9000-%012x", n))
}

func (w *world) phone(device wire.DeviceID, user wire.UserID) *phone {
	return &phone{w: w, docs: map[wire.DocID]wire.Document{}, marks: map[wire.DocID]string{},
		p: engine.Principal{School: school, User: user, Device: device, Scopes: engine.ScopesOf(user, nil, false)}}
}

func (w *world) admin(device wire.DeviceID, user wire.UserID) *phone {
	ph := w.phone(device, user)
	ph.p.Admin, ph.p.Scopes = true, engine.ScopesOf(user, nil, true)
	return ph
}

// mutation writes the next mutation of a phone.
func (ph *phone) mutation(m wire.Mutation) jsontext.Value {
	ph.seq++
	m.Device, m.Seq, m.At, m.Schema, m.App = ph.p.Device, ph.seq, ph.w.clock, wire.Schema, "test"
	return wire.Encode(m)
}

func changes(fields map[string]any) map[string]wire.Change {
	set := map[string]wire.Change{}
	for name, v := range fields {
		set[name] = wire.Change{Was: wire.Null, Now: wire.Encode(v)}
	}
	return set
}

func (ph *phone) visit(id wire.DocID, over map[string]any) wire.Mutation {
	fields := map[string]any{
		"author": ph.p.User, "enteredBy": ph.p.User, "recordedAt": wire.FormatTime(ph.w.clock),
		"when":  wire.When{Start: wire.FormatTime(ph.w.clock - 3600_000), Minutes: 40},
		"where": wire.Where{Name: "梧桐苑5栋", Venue: wire.VenueDorm},
		"mode":  wire.ModeFaceToFace, "form": wire.FormVisit, "group": wire.Group{Kind: wire.GroupDorm, Name: "2024级软件2班"},
		"talked": 9, "raised": true, "summary": "聊到热水时间短",
	}
	maps.Copy(fields, over)
	return wire.Mutation{Kind: wire.KindVisit, Doc: id, Set: changes(fields), Command: &wire.Command{Verb: wire.VerbSubmit}}
}

// sync pushes and pulls until there is no more, and keeps what came as a phone does.
func (ph *phone) sync(push ...jsontext.Value) []wire.Result {
	ph.w.t.Helper()
	var results []wire.Result
	for more := true; more; push = nil {
		resp := ph.trip(&wire.SyncRequest{Device: ph.p.Device, Schema: wire.Schema, Acked: ph.acked, Push: push,
			Pull: &wire.Pull{Cursor: ph.cursor, Limit: 3}, Verify: true})
		results = append(results, resp.Results...)
		ph.keep(resp)
		more = resp.More
	}
	ph.acked = ph.seq
	ph.verify()
	return results
}

func (ph *phone) trip(req *wire.SyncRequest) *wire.SyncResponse {
	ph.w.t.Helper()
	resp, err := ph.w.eng.Sync(context.Background(), &ph.p, req)
	if err != nil {
		ph.w.t.Fatalf("sync: %v", err)
	}
	// Over the wire and back, as a phone gets it.
	var got wire.SyncResponse
	if err := wire.Decode(wire.AppendResponse(nil, resp), &got); err != nil {
		ph.w.t.Fatalf("the answer is not what its type says: %v", err)
	}
	ph.seen = got
	return &got
}

func (ph *phone) keep(resp *wire.SyncResponse) {
	ph.w.t.Helper()
	take := func(body jsontext.Value) {
		var doc wire.Document
		if err := wire.Decode(body, &doc); err != nil {
			ph.w.t.Fatal(err)
		}
		if doc.Rev >= ph.docs[doc.ID].Rev {
			ph.docs[doc.ID] = doc
		}
		ph.marks[doc.ID] = resp.Reset
	}
	for _, r := range resp.Results {
		if r.Document != nil {
			take(r.Document)
		}
	}
	for _, d := range resp.Documents {
		take(d)
	}
	for _, rm := range resp.Removed {
		if ph.docs[rm.ID].Rev <= rm.Rev {
			delete(ph.docs, rm.ID)
		}
	}
	if resp.Reset != "" && !resp.More {
		for id := range ph.docs {
			if ph.marks[id] != resp.Reset {
				delete(ph.docs, id)
			}
		}
	}
	for id, d := range ph.docs { // what leaves by time the phone cuts itself
		if d.Kind == wire.KindVisit && len(d.Fields) > 0 && engine.Seal(&d).Day < resp.Horizon {
			delete(ph.docs, id)
		}
	}
	ph.cursor = resp.Cursor
}

// verify compares what the phone holds with the digest of its scope (I4).
func (ph *phone) verify() {
	ph.w.t.Helper()
	var sum uint64
	count := 0
	for _, d := range ph.docs {
		if !d.Deleted {
			sum += engine.DigestOf(d.Kind, d.ID, d.Rev)
			count++
		}
	}
	if d := ph.seen.Digest; d == nil || d.Count != count || d.Sum != fmt.Sprintf("%016x", sum) {
		ph.w.t.Fatalf("digest %+v, the phone holds %d with %016x", d, count, sum)
	}
}

func outcomes(results []wire.Result) []string {
	var all []string
	for _, r := range results {
		s := string(r.Outcome)
		if r.Again {
			s += " again"
		}
		if r.Code != "" {
			s += " " + string(r.Code)
		}
		all = append(all, s)
	}
	return all
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func TestSyncScripts(t *testing.T) {
	t.Parallel()

	t.Run("I1 I2: an answer is lost, the same bytes come again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice := w.phone("alice-1", person(1))
		m := alice.mutation(alice.visit(docID(1), nil))
		for i, expect := range []string{"[applied]", "[applied again]", "[applied again]"} {
			want(t, fmt.Sprint("send ", i), outcomes(alice.sync(m)), expect)
		}
		want(t, "documents", len(alice.docs), 1)
		want(t, "revision", alice.docs[docID(1)].Rev, 1)
		want(t, "journal", alice.seen.Device, wire.Sequences{UpTo: 1, Missing: [][]int64{}})
	})

	t.Run("a refused mutation is refused again, with the same code", func(t *testing.T) {
		t.Parallel()
		alice := newWorld(t).phone("alice-1", person(1))
		m := alice.mutation(alice.visit(docID(1), map[string]any{"talked": -1}))
		want(t, "first", outcomes(alice.sync(m)), "[refused invalid]")
		want(t, "again", outcomes(alice.sync(m)), "[refused again invalid]")
	})

	t.Run("a number taken by other bytes is a fork and takes nothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice, clone := w.phone("alice-1", person(1)), w.phone("alice-1", person(1))
		alice.sync(alice.mutation(alice.visit(docID(1), nil)))
		a, b := clone.mutation(clone.visit(docID(2), nil)), clone.mutation(clone.visit(docID(3), nil))
		want(t, "clone", outcomes(clone.sync(a, b)), "[fork]")
		want(t, "documents", slices.Sorted(maps.Keys(clone.docs)), []wire.DocID{docID(1)})
	})

	t.Run("I10: another cadre sees nothing and cannot ask", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice, bob := w.phone("alice-1", person(1)), w.phone("bob-1", person(2))
		alice.sync(alice.mutation(alice.visit(docID(1), nil)))
		bob.sync()
		want(t, "bob holds", len(bob.docs), 0)
		edit := wire.Mutation{Kind: wire.KindVisit, Doc: docID(1), Base: 1, Set: changes(map[string]any{"talked": 1})}
		none := wire.Mutation{Kind: wire.KindVisit, Doc: docID(99), Base: 1, Set: changes(map[string]any{"talked": 1})}
		r := bob.sync(bob.mutation(edit), bob.mutation(none))
		want(t, "reached for and not there", outcomes(r), "[refused no_document refused no_document]")
		want(t, "documents told", len(r[0].Document)+len(r[1].Document), 0)
		if _, err := w.eng.Document(t.Context(), &bob.p, docID(1)); wire.CodeOf(err) != wire.CodeNotFound {
			t.Errorf("bob reads alice's visit: %v", err)
		}
	})

	t.Run("a participant gains and loses a visit", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice, bob := w.phone("alice-1", person(1)), w.phone("bob-1", person(2))
		m := alice.visit(docID(1), nil)
		m.Append = map[string][]jsontext.Value{"participants": {wire.Encode(wire.Participant{ID: person(2)})}}
		alice.sync(alice.mutation(m))
		bob.sync()
		want(t, "bob holds", len(bob.docs), 1)
		want(t, "bob confirms", outcomes(bob.sync(bob.mutation(wire.Mutation{Kind: wire.KindVisit, Doc: docID(1), Base: 1,
			Command: &wire.Command{Verb: wire.VerbConfirm}}))), "[applied]")
		alice.sync(alice.mutation(wire.Mutation{Kind: wire.KindVisit, Doc: docID(1), Base: 1,
			Append: map[string][]jsontext.Value{"participants": {wire.Encode(wire.Participant{ID: person(2), Removed: true})}}}))
		bob.sync()
		want(t, "bob holds after", len(bob.docs), 0)
		want(t, "removal told", len(bob.seen.Removed), 1)
	})

	t.Run("P16: an administrator is sent no words of students and no photos", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice, office := w.phone("alice-1", person(1)), w.admin("office-1", person(3))
		m := alice.visit(docID(1), nil)
		m.Append = map[string][]jsontext.Value{"photos": {wire.Encode(photoOf(1))}}
		alice.sync(alice.mutation(m))
		office.sync()
		doc := office.docs[docID(1)]
		for _, name := range []string{"summary", "photos"} {
			if _, there := doc.Fields[name]; there {
				t.Errorf("the office was sent %s", name)
			}
		}
		want(t, "group", string(doc.Fields["group"]), `{"kind":"dorm","name":""}`)
		want(t, "count", string(doc.Fields["talked"]), "9")
	})

	t.Run("evidence follows the photos; naming a hash is no key", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice, bob := w.phone("alice-1", person(1)), w.phone("bob-1", person(2))
		for _, ph := range []*phone{alice, bob} {
			m := ph.visit(docID(int(ph.p.Device[0])), nil)
			m.Append = map[string][]jsontext.Value{"photos": {wire.Encode(photoOf(1))}}
			ph.sync(ph.mutation(m))
		}
		photo := photoOf(1)
		if err := w.eng.PhotoStored(t.Context(), &alice.p, photo.SHA256, 1000); err != nil {
			t.Fatal(err)
		}
		alice.sync()
		bob.sync()
		want(t, "alice", string(alice.docs[docID('a')].Fields["evidence"]), `{"state":"complete","have":1,"want":1}`)
		want(t, "bob", string(bob.docs[docID('b')].Fields["evidence"]), `{"state":"pending","have":0,"want":1}`)
		if _, err := w.eng.Photo(t.Context(), &alice.p, docID('a'), photo.ID); err != nil {
			t.Errorf("alice reads her photo: %v", err)
		}
		for _, doc := range []wire.DocID{docID('a'), docID('b')} {
			if _, err := w.eng.Photo(t.Context(), &bob.p, doc, photo.ID); wire.CodeOf(err) != wire.CodeNotFound {
				t.Errorf("bob reads the photo through %s: %v", doc, err)
			}
		}
		for who, ph := range map[string]*phone{"alice": alice, "bob": bob} {
			may, err := w.eng.MayReuse(t.Context(), &ph.p, photo.SHA256)
			if err != nil || may != (who == "alice") {
				t.Errorf("%s may reuse: %v, %v", who, may, err)
			}
		}
		rev := alice.docs[docID('a')].Rev
		if err := w.eng.PhotoStored(t.Context(), &alice.p, photo.SHA256, 1000); err != nil {
			t.Fatal(err)
		}
		alice.sync()
		want(t, "revision after a second receipt", alice.docs[docID('a')].Rev, rev)
	})

	t.Run("pages, deletions and a reset", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice := w.phone("alice-1", person(1))
		for i := range 10 {
			alice.sync(alice.mutation(alice.visit(docID(i), nil)))
		}
		alice.sync(alice.mutation(wire.Mutation{Kind: wire.KindVisit, Doc: docID(4), Base: 1, Command: &wire.Command{Verb: wire.VerbDelete}}))
		second := w.phone("alice-2", person(1))
		second.docs[docID(77)] = wire.Document{ID: docID(77), Rev: 1} // left over from another life
		second.sync()
		want(t, "live documents on a new phone", len(second.docs), 9)
		second.cursor = "forged"
		second.sync()
		want(t, "after a forged cursor", len(second.docs), 9)
		moved := w.phone("alice-3", person(1))
		resp := moved.trip(&wire.SyncRequest{Device: "alice-3", Schema: 1, Pull: &wire.Pull{Cursor: alice.cursor}})
		want(t, "a cursor is the person's, not the device's", len(resp.Documents), 0)
		bob := w.phone("bob-1", person(2))
		bob.cursor = alice.cursor
		bob.sync()
		want(t, "another's cursor is none", bob.seen.Reset != "", true)
	})

	t.Run("the horizon is the term before this one", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice, office := w.phone("alice-1", person(1)), w.admin("office-1", person(3))
		old := wire.When{Start: "2026-01-10T02:00:00.000Z"}
		alice.sync(alice.mutation(alice.visit(docID(1), map[string]any{"when": old})), alice.mutation(alice.visit(docID(2), nil)))
		want(t, "without a calendar", len(alice.docs), 2)
		for i, start := range []string{"2025-09-01", "2026-03-02", "2026-09-07", "2027-03-01"} {
			office.sync(office.mutation(wire.Mutation{Kind: wire.KindTerm, Doc: docID(50 + i), Set: changes(map[string]any{
				"name": start, "start": start, "weeks": 20, "holidays": []wire.Holiday{}, "makeupDays": []string{}})}))
		}
		second := w.phone("alice-2", person(1))
		second.sync()
		want(t, "horizon", second.seen.Horizon, "2026-03-02")
		want(t, "visits and terms", len(second.docs), 1+4)
	})

	t.Run("a visit moved beyond the horizon is told once more", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice, office := w.phone("alice-1", person(1)), w.admin("office-1", person(3))
		for i, start := range []string{"2026-03-02", "2026-09-07"} {
			office.sync(office.mutation(wire.Mutation{Kind: wire.KindTerm, Doc: docID(50 + i), Set: changes(map[string]any{
				"name": start, "start": start, "weeks": 20, "holidays": []wire.Holiday{}, "makeupDays": []string{}})}))
		}
		alice.sync(alice.mutation(alice.visit(docID(1), nil)))
		second := w.phone("alice-2", person(1))
		second.sync()
		want(t, "visit and terms", len(second.docs), 3)
		was, now := alice.docs[docID(1)].Fields["when"], wire.Encode(wire.When{Start: "2026-01-10T02:00:00.000Z"})
		alice.sync(alice.mutation(wire.Mutation{Kind: wire.KindVisit, Doc: docID(1), Base: 1, Set: map[string]wire.Change{"when": {Was: was, Now: now}}}))
		second.sync() // and the digests agree
		want(t, "terms", len(second.docs), 2)
		want(t, "told", len(second.seen.Documents), 1)
		alice.sync(alice.mutation(wire.Mutation{Kind: wire.KindVisit, Doc: docID(1), Base: 2, Set: map[string]wire.Change{"when": {Was: now, Now: was}}}))
		second.sync()
		want(t, "back again", len(second.docs), 3)
	})

	t.Run("a push under another epoch is not looked at", func(t *testing.T) {
		t.Parallel()
		alice := newWorld(t).phone("alice-1", person(1))
		resp := alice.trip(&wire.SyncRequest{Device: alice.p.Device, Schema: 1, Epoch: "another", Push: []jsontext.Value{alice.mutation(alice.visit(docID(1), nil))}})
		want(t, "results", len(resp.Results), 0)
		want(t, "journal", resp.Device.UpTo, 0)
		if resp.Epoch == "" || resp.Epoch == "another" {
			t.Errorf("epoch %q", resp.Epoch)
		}
	})

	t.Run("only the envelope's faults are faults of the request", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		alice := w.phone("alice-1", person(1))
		good := alice.mutation(alice.visit(docID(1), nil))
		for name, push := range map[string][]jsontext.Value{
			"no seq":         {jsontext.Value(`{"device":"alice-1"}`)},
			"another device": {jsontext.Value(`{"device":"bob-1","seq":1}`)},
			"out of order":   {good, good},
		} {
			if _, err := w.eng.Sync(t.Context(), &alice.p, &wire.SyncRequest{Device: "alice-1", Push: push}); wire.CodeOf(err) != wire.CodeMalformed {
				t.Errorf("%s: %v", name, err)
			}
		}
		twice := jsontext.Value(`{"device":"alice-1","seq":2,"seq":2,"base":0,"at":0,"schema":1,"app":""}`)
		cased := jsontext.Value(`{"device":"alice-1","seq":3,"Kind":"visit","base":0,"at":0,"schema":1,"app":""}`)
		want(t, "faults of user data", outcomes(alice.sync(good, twice, cased)), "[applied refused invalid refused invalid]")
	})
}

func photoOf(n int) wire.Photo {
	return wire.Photo{ID: docID(0x300 + n), SHA256: wire.Hash(fmt.Sprintf("%064x", n)), Bytes: 1000, Width: 1600, Height: 1200, Source: wire.SourceCamera}
}

package engine_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// within fails when work that one request can ask for takes longer than any honest request does. The bound is wide: what
// it is to find took minutes.
func within(t *testing.T, limit time.Duration, work func()) {
	t.Helper()
	began := time.Now()
	work()
	if took := time.Since(began); took > limit {
		t.Errorf("took %v, more than %v", took, limit)
	}
}

func TestOnePushOfManyElementsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.phone("a", person(1))
	a.sync(a.mutation(a.visit(docID(1), nil)))
	var tombstones []jsontext.Value
	for i := range 3500 {
		tombstones = append(tombstones, wire.Encode(map[string]any{"id": docID(i), "removed": true}))
	}
	var push []jsontext.Value
	for range 4 {
		push = append(push, a.mutation(wire.Mutation{Kind: wire.KindVisit, Doc: docID(1), Base: 1, Append: map[string][]jsontext.Value{"photos": tombstones}}))
	}
	within(t, 2*time.Second, func() {
		for _, r := range a.sync(push...) {
			if r.Outcome != wire.OutcomeRefused || r.Code != wire.CodePhotos {
				t.Errorf("got %s %s", r.Outcome, r.Code)
			}
		}
	})
}

func TestAPhoneThatNeverAcknowledgesHoldsUpNobody(t *testing.T) {
	t.Parallel()
	p := &engine.Principal{School: school, User: person(1), Device: "a", Scopes: engine.ScopesOf(person(1), nil, false)}
	w := newWorld(t)
	a := w.phone("a", person(1))
	a.sync(a.mutation(a.visit(docID(1), nil)))
	doc := a.docs[docID(1)]
	and := make([]int64, 60_000)
	for i := range and {
		and[i] = int64(2*i + 1)
	}
	doc.Applied = map[wire.DeviceID]wire.Applied{"a": {And: and}}
	stored := engine.Seal(&doc)
	var batch []engine.Incoming
	for i := range 20 {
		m := wire.Mutation{Device: "a", Seq: int64(200_000 + i), Kind: wire.KindVisit, Doc: docID(1), Base: 1, Schema: 1, App: "test",
			Set: map[string]wire.Change{"talked": {Was: wire.Encode(9 + i), Now: wire.Encode(10 + i)}}}
		in, err := engine.Read("a", wire.Encode(m))
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, in)
	}
	within(t, 2*time.Second, func() {
		d := engine.Apply(p, engine.World{Documents: map[wire.DocID]*engine.Stored{docID(1): &stored}, Journal: map[int64]*engine.Entry{},
			HeldCreations: map[wire.DocID]bool{}, Holds: func(wire.UserID, wire.Hash) bool { return false }}, batch, 0, w.clock)
		if len(d.Documents) != 1 || d.Results[19].Outcome != wire.OutcomeApplied {
			t.Errorf("got %+v", d.Results[19])
		}
	})
}

func TestManyKeysHoldUpNobody(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, `"%x":1,`, i+1<<20)
	}
	mutation := []byte(`{` + b.String() + `"device":"a","seq":1}`)
	within(t, 2*time.Second, func() {
		in, err := engine.Read("a", mutation)
		if err != nil || in.Fault == nil {
			t.Errorf("a mutation of 100,000 keys: %v, %v", err, in.Fault)
		}
	})
	within(t, 2*time.Second, func() {
		if _, err := wire.ParseSync(mutation); wire.CodeOf(err) != wire.CodeMalformed {
			t.Errorf("an envelope of 100,000 keys: %v", err)
		}
	})
}

func TestWhatFollowsAnUnreadableCreationWaitsWithIt(t *testing.T) {
	t.Parallel()
	for name, creation := range map[string]func(wire.Mutation) string{
		"opaque": func(m wire.Mutation) string {
			return fmt.Sprintf(`{"device":"a","seq":1,"opaque":%s}`, wire.Encode(string(wire.Encode(m))))
		},
		"a newer schema": func(m wire.Mutation) string {
			return strings.Replace(string(wire.Encode(m)), `"schema":1`, `"schema":2,"mood":"sunny"`, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.phone("a", person(1))
			m := a.visit(docID(1), nil)
			m.Device, m.Seq, m.Schema, m.App = "a", 1, wire.Schema, "test"
			a.seq = 1
			photo := wire.Mutation{Kind: wire.KindVisit, Doc: docID(1), Set: map[string]wire.Change{"summary": {Was: wire.Null, Now: wire.Encode("更正")}}}
			got := a.sync(jsontext.Value(creation(m)), a.mutation(photo))
			if got[0].Outcome != wire.OutcomeHeld {
				t.Fatalf("the creation: %+v", got[0])
			}
			if got[1].Outcome != wire.OutcomeHeld || got[1].Code != wire.CodeWaits {
				t.Errorf("in the same push: %s %s %s", got[1].Outcome, got[1].Code, got[1].Detail)
			}
			if got = a.sync(a.mutation(photo)); got[0].Outcome != wire.OutcomeHeld || got[0].Code != wire.CodeWaits {
				t.Errorf("in a later push: %s %s %s", got[0].Outcome, got[0].Code, got[0].Detail)
			}
		})
	}
}

func TestAnEmptyOpaqueMutationIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.phone("a", person(1))
	a.seq = 1
	if got := a.sync(jsontext.Value(`{"device":"a","seq":1,"opaque":""}`)); got[0].Outcome != wire.OutcomeHeld {
		t.Errorf("got %+v", got[0])
	}
}

func TestAskingAgainForAStoredPhotoHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.phone("a", person(1))
	for batch := range 15 {
		var push []jsontext.Value
		for i := range wire.MaxPushMutations {
			m := a.visit(docID(batch*wire.MaxPushMutations+i), nil)
			m.Append = map[string][]jsontext.Value{"photos": {wire.Encode(photoOf(1))}}
			push = append(push, a.mutation(m))
		}
		resp := a.trip(&wire.SyncRequest{Device: "a", Schema: wire.Schema, Push: push})
		if r := resp.Results[0]; r.Outcome != wire.OutcomeApplied {
			t.Fatalf("%+v", r)
		}
	}
	if err := w.eng.PhotoStored(t.Context(), &a.p, photoOf(1).SHA256, 1000); err != nil {
		t.Fatal(err)
	}
	within(t, time.Second, func() { // what a request to begin an upload costs the writer when the bytes are there
		for range 100 {
			if err := w.eng.PhotoStored(t.Context(), &a.p, photoOf(1).SHA256, 1000); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAFolderThatWasPutBackLosesNothingThatPhonesHold(t *testing.T) {
	t.Parallel()
	dir, saved := t.TempDir(), t.TempDir()
	w := &world{t: t, clock: 1_795_432_800_000}
	open := func() {
		db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w.db, w.eng = db, engine.New(db, []byte("cursor key"), func() int64 { w.clock++; return w.clock })
	}
	shut := func() {
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open()
	a := w.phone("a", person(1))
	a.sync(a.mutation(a.visit(docID(1), nil)))
	shut()
	if err := os.CopyFS(saved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	open()
	lost := []jsontext.Value{a.mutation(a.visit(docID(2), nil)), a.mutation(a.visit(docID(3), nil)), a.mutation(a.visit(docID(4), nil))}
	a.sync(lost...)
	before := a.seen.Epoch
	shut()
	dir = saved
	open()
	defer shut()
	b := w.phone("b", person(1))
	b.sync(b.mutation(b.visit(docID(5), nil)))
	edit := a.mutation(wire.Mutation{Kind: wire.KindVisit, Doc: docID(3), Base: 1, Set: map[string]wire.Change{"talked": {Was: wire.Encode(9), Now: wire.Encode(10)}}})
	want(t, "an edit of what is not there", outcomes(a.sync(edit)), "[]")
	if len(a.docs) != 2 || a.seen.Reset == "" || a.seen.Epoch == before {
		t.Errorf("the phone holds %d documents, reset %q, epoch %s", len(a.docs), a.seen.Reset, a.seen.Epoch)
	}
	renewed := a.seen.Epoch
	want(t, "what had receipts", outcomes(a.sync(append(lost, edit)...)), "[applied applied applied applied]")
	if len(a.docs) != 5 || a.seen.Epoch != renewed {
		t.Errorf("in the end the phone holds %d documents, epoch %s after %s", len(a.docs), a.seen.Epoch, renewed)
	}
	b.sync()
	want(t, "another phone's epoch", b.seen.Epoch, renewed)
}

func TestWhiteSpaceIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.phone("a", person(1))
	m := a.visit(docID(1), nil)
	raw := string(a.mutation(m))
	padded := strings.Replace(raw, `"minutes":`, `"minutes":`+strings.Repeat(" ", 200_000), 1)
	if r := a.sync(jsontext.Value(padded)); r[0].Outcome != wire.OutcomeApplied {
		t.Fatalf("%+v", r[0])
	}
	if n := len(wire.Encode(a.docs[docID(1)])); n > 3000 {
		t.Fatalf("encoded anew it has %d bytes", n)
	}
	var stored []engine.Stored
	if err := w.db.View(t.Context(), school, func(v engine.View) (err error) {
		stored, err = v.Documents([]wire.DocID{docID(1)})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n := len(stored[0].Body); n > 3000 {
		t.Errorf("every reader is sent %d bytes", n)
	}
}

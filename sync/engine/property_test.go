package engine_test

import (
	"fmt"
	"testing"

	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// fieldValues are what the generated edits choose from; small, so that edits meet.
var fieldValues = map[string][]any{
	"talked":  {1, 2, 3},
	"raised":  {true, false},
	"summary": {"甲", "乙", nil},
	"mode":    {wire.ModeFaceToFace, wire.ModeOnline},
}

// seeded returns the state after a creation by device alice-1.
func seeded() *engine.Stored {
	ph := &phone{w: &world{clock: 1_795_432_000_000}, p: engine.Principal{User: person(1), Device: "alice-1", Scopes: engine.ScopesOf(person(1), nil, false)}}
	in, err := engine.Read("alice-1", ph.mutation(ph.visit(docID(1), nil)))
	if err != nil {
		panic(err)
	}
	d := engine.Apply(&ph.p, empty(nil), []engine.Incoming{in}, 0, ph.w.clock)
	return &d.Documents[0]
}

func empty(s *engine.Stored) engine.World {
	w := engine.World{Documents: map[wire.DocID]*engine.Stored{}, Journal: map[int64]*engine.Entry{}, HeldCreations: map[wire.DocID]bool{},
		Holds: func(wire.UserID, wire.Hash) bool { return false }}
	if s != nil {
		w.Documents[s.ID] = s
	}
	return w
}

// edit draws an edit of some fields, as seen at the creation.
func edit(t *rapid.T, device wire.DeviceID, seq int64, fields []string) engine.Incoming {
	saw := opened(t, seeded())
	m := wire.Mutation{Device: device, Seq: seq, Kind: wire.KindVisit, Doc: docID(1), Base: 1, Set: map[string]wire.Change{},
		At: rapid.Int64Range(1_795_431_000_000, 1_795_433_000_000).Draw(t, "at"), Schema: 1, App: "p"}
	for _, f := range fields {
		was := saw.Fields[f]
		if was == nil {
			was = wire.Null
		}
		m.Set[f] = wire.Change{Was: was, Now: wire.Encode(rapid.SampledFrom(fieldValues[f]).Draw(t, f))}
	}
	in, err := engine.Read(device, wire.Encode(m))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func opened(t *rapid.T, s *engine.Stored) wire.Document {
	var doc wire.Document
	if err := wire.Decode(s.Body, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// apply carries one mutation out and returns the state after it.
func apply(s *engine.Stored, in engine.Incoming) (*engine.Stored, wire.Result) {
	p := engine.Principal{User: person(1), Device: in.Device, Scopes: engine.ScopesOf(person(1), nil, false)}
	d := engine.Apply(&p, empty(s), []engine.Incoming{in}, 0, 1_795_432_800_000)
	if len(d.Documents) == 1 {
		s = &d.Documents[0]
	}
	return s, d.Results[0]
}

func values(t *rapid.T, s *engine.Stored) string {
	doc := opened(t, s)
	return string(wire.Encode(doc.Fields))
}

// I7: edits of different fields commute.
func TestIndependentEditsCommute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"talked", "raised", "summary", "mode"}
		cut := rapid.IntRange(1, 3).Draw(t, "cut")
		a, b := edit(t, "alice-2", 1, names[:cut]), edit(t, "alice-3", 1, names[cut:])
		ab, _ := apply(seeded(), a)
		ab, _ = apply(ab, b)
		ba, _ := apply(seeded(), b)
		ba, _ = apply(ba, a)
		if x, y := values(t, ab), values(t, ba); x != y {
			t.Fatalf("a then b: %s\nb then a: %s", x, y)
		}
	})
}

// I6, I7: edits of the same short field end in the same value whichever comes first, and the other value is kept.
func TestMeetingEditsConvergeAndKeepTheLoser(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]string{"talked", "raised", "mode"}).Draw(t, "field")
		a, b := edit(t, "alice-2", 1, []string{f}), edit(t, "alice-3", 1, []string{f})
		start := opened(t, seeded())
		ab, _ := apply(seeded(), a)
		ab, _ = apply(ab, b)
		ba, _ := apply(seeded(), b)
		ba, _ = apply(ba, a)
		x, y := opened(t, ab), opened(t, ba)
		if !wire.Equal(x.Fields[f], y.Fields[f]) {
			t.Fatalf("%s: %s or %s, by order of arrival", f, x.Fields[f], y.Fields[f])
		}
		for _, in := range []engine.Incoming{a, b} {
			now := in.Mutation.Set[f].Now
			for _, doc := range []wire.Document{x, y} {
				kept := wire.Equal(doc.Fields[f], now) || wire.Equal(start.Fields[f], now)
				for _, c := range doc.Conflicts {
					kept = kept || c.Field == f && wire.Equal(c.Value, now)
				}
				if !kept {
					t.Fatalf("%s of %s is nowhere: fields %s, conflicts %v", now, in.Device, doc.Fields[f], doc.Conflicts)
				}
			}
		}
	})
}

// I5: whatever comes as a mutation is answered; nothing panics, nothing but an accepted one changes a document.
func TestApplyIsTotal(t *testing.T) {
	t.Parallel()
	junk := rapid.OneOf(
		rapid.Just(`null`), rapid.Just(`1e999`), rapid.Just(`"\ud800"`), rapid.Just(`[[[[]]]]`), rapid.Just(`{"id":1}`),
		rapid.Just(`{"a":1,"a":2}`), rapid.Just(`{"start":"x"}`), rapid.Just(`-0`), rapid.Just(`{"__proto__":{}}`),
		rapid.Map(rapid.String(), func(s string) string { return string(wire.Encode(s)) }),
		rapid.Map(rapid.Int(), func(n int) string { return fmt.Sprint(n) }),
	)
	key := rapid.SampledFrom([]string{"author", "when", "where", "talked", "state", "photos", "participants", "x", ""})
	rapid.Check(t, func(t *rapid.T) {
		body := fmt.Sprintf(`{"device":"alice-2","seq":1,"kind":%s,"doc":%s,"base":%s,"set":{%q:{"was":%s,"now":%s}},"append":{%q:[%s]},"command":{"verb":%s},"at":1,"schema":%s,"app":""}`,
			rapid.OneOf(rapid.Just(`"visit"`), rapid.Just(`"place"`), junk).Draw(t, "kind"), rapid.OneOf(rapid.Just(`"`+string(docID(1))+`"`), junk).Draw(t, "doc"),
			rapid.OneOf(rapid.Just(`1`), junk).Draw(t, "base"), key.Draw(t, "field"), junk.Draw(t, "was"), junk.Draw(t, "now"),
			key.Draw(t, "list"), junk.Draw(t, "element"), rapid.OneOf(rapid.Just(`"withdraw"`), junk).Draw(t, "verb"), rapid.OneOf(rapid.Just(`1`), junk).Draw(t, "schema"))
		in, err := engine.Read("alice-2", jsontext.Value(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		start := seeded()
		after, r := apply(start, in)
		if r.Code == wire.CodeDefect {
			t.Fatalf("%s: a defect of ours: %s", body, r.Detail)
		}
		if accepted := r.Outcome == wire.OutcomeApplied || r.Outcome == wire.OutcomeMerged; !accepted && after != start {
			t.Fatalf("%s: %s changed the document", body, r.Outcome)
		}
	})
}

package engine

import (
	"cmp"
	"crypto/sha256"
	"fmt"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// Incoming is one mutation of a push as it came.
type Incoming struct {
	Device wire.DeviceID
	Seq    int64
	// Raw are the bytes that are kept: what came, or of an opaque mutation what it carries. Hash is their SHA-256.
	Raw  []byte
	Hash [32]byte
	// Opaque: the phone gave up sending this in the ordinary way.
	Opaque bool
	// Mutation is what was read, nil with Fault when it could not be read.
	Mutation *wire.Mutation
	Fault    *wire.Error
}

// Read prepares a mutation of a push for Apply. It fails with CodeMalformed when the mutation has no identity, or claims
// another device than the request: then the envelope is at fault.
func Read(device wire.DeviceID, raw jsontext.Value) (Incoming, error) {
	d, seq, inner, err := wire.PeekMutation(raw)
	if err != nil {
		return Incoming{}, err
	}
	if d != device {
		return Incoming{}, wire.Fault(wire.CodeMalformed, "a mutation of another device")
	}
	in := Incoming{Device: d, Seq: seq, Raw: raw}
	if inner != nil {
		in.Raw, in.Opaque = inner, true
	} else {
		in.Mutation, in.Fault = wire.ParseMutation(raw)
	}
	in.Hash = sha256.Sum256(in.Raw)
	return in, nil
}

// World is the state a push meets: what Apply may look at besides its arguments.
type World struct {
	// Documents by id; absent ones do not exist.
	Documents map[wire.DocID]*Stored
	// Journal holds the device's entries by seq.
	Journal map[int64]*Entry
	// HeldCreations are ids whose creation is held.
	HeldCreations map[wire.DocID]bool
	// Holds tells whether user sent all bytes of hash.
	Holds func(user wire.UserID, hash wire.Hash) bool
}

// Decision is what a push does.
type Decision struct {
	// Entries are new lines of the journal, Documents the new states, Results the answers in order of the push.
	Entries   []Entry
	Documents []Stored
	Results   []wire.Result
	// Told are the revisions of the documents that Results carry.
	Told map[wire.DocID]int64
}

// Apply decides a push: each mutation on its own, in the order given (I2, I5, I7). It is pure. A mutation whose number
// is taken by the same bytes gets its first verdict again; by other bytes it is a fork, and the rest is left out.
func Apply(p *Principal, w World, batch []Incoming, acked, now int64) Decision {
	a := &application{p: p, w: w, acked: acked, now: now, docs: map[wire.DocID]*wire.Document{}, changed: map[wire.DocID]*wire.Document{}}
	d := Decision{Entries: make([]Entry, 0, len(batch)), Results: make([]wire.Result, 0, len(batch))}
	for i := range batch {
		in := &batch[i]
		if known := w.Journal[in.Seq]; known != nil {
			if known.Hash != in.Hash {
				d.Results = append(d.Results, wire.Result{Seq: in.Seq, Outcome: wire.OutcomeFork})
				break
			}
			d.Results = append(d.Results, answer(known, true))
			continue
		}
		e := a.decide(in)
		if e.Verdict == VerdictHeld && e.Base == 0 && a.docs[e.Doc] == nil {
			a.w.HeldCreations[e.Doc] = true // what follows it waits with it
		}
		d.Entries = append(d.Entries, e)
		a.w.Journal[in.Seq] = &e
		d.Results = append(d.Results, answer(&e, false))
	}
	for _, id := range a.order {
		d.Documents = append(d.Documents, seal(a.changed[id], w.Documents[id]))
	}
	a.show(batch, &d)
	return d
}

type application struct {
	p          *Principal
	w          World
	acked, now int64
	// docs are opened documents by id as they stand inside this push; changed those of them that differ, in order.
	docs, changed map[wire.DocID]*wire.Document
	order         []wire.DocID
}

func (a *application) decide(in *Incoming) (e Entry) {
	e = Entry{Device: in.Device, Seq: in.Seq, Raw: in.Raw, Hash: in.Hash, Received: a.now, By: *a.p, Verdict: VerdictAccepted}
	set := func(s *stop) { e.Verdict, e.Code, e.Detail = s.verdict, s.code, s.detail }
	defer func() { // our defect must not cost a person's words: keep them for us to look at
		if r := recover(); r != nil {
			set(hold(wire.CodeDefect, fmt.Sprint(r)))
		}
	}()
	e.Kind, e.Doc, e.Base = about(in)
	switch {
	case in.Opaque:
		set(hold(wire.CodeOpaque, ""))
	case a.p.Revoked:
		set(hold(wire.CodeRevoked, ""))
	case in.Fault != nil && newer(in.Raw):
		set(hold(wire.CodeUnknownSchema, ""))
	case in.Fault != nil:
		set(refused(in.Fault))
	case in.Mutation.Discarded:
	default:
		merged, s := a.carryOut(in.Mutation)
		switch {
		case s != nil:
			set(s)
		case merged:
			e.Verdict = VerdictMerged
		}
	}
	return e
}

// about tells which document a mutation is about and which revision it met, as far as that can be read: what follows a
// creation that is held unread must find out that it waits.
func about(in *Incoming) (wire.Kind, wire.DocID, int64) {
	if m := in.Mutation; m != nil {
		return m.Kind, m.Doc, m.Base
	}
	var m struct {
		Kind wire.Kind  `json:"kind"`
		Doc  wire.DocID `json:"doc"`
		Base int64      `json:"base"`
	}
	if wire.Glance(in.Raw, &m) != nil || !wire.ValidUUID(string(m.Doc)) {
		return "", "", 0
	}
	return m.Kind, m.Doc, m.Base
}

// newer tells whether a mutation that could not be read says it is written in a schema we do not know yet.
func newer(raw []byte) bool {
	var m struct {
		Schema int `json:"schema"`
	}
	return wire.Glance(raw, &m) == nil && m.Schema > wire.Schema
}

func (a *application) carryOut(m *wire.Mutation) (merged bool, s *stop) {
	if m.Schema > wire.Schema {
		return false, hold(wire.CodeUnknownSchema, "")
	}
	r, known := kinds[m.Kind]
	if !known {
		return false, hold(wire.CodeUnknownKind, "")
	}
	doc := a.document(m.Doc)
	switch {
	case doc == nil && a.w.HeldCreations[m.Doc]:
		return false, hold(wire.CodeWaits, "")
	case doc == nil && m.Base > 0:
		return false, refuse(wire.CodeNoDocument, "")
	case doc != nil:
		// What is out of reach is answered like what does not exist (I10).
		if any, _ := reads(a.p, doc.Kind, kinds[doc.Kind].audience(doc)); !any || doc.Kind != m.Kind {
			return false, refuse(wire.CodeNoDocument, "")
		}
		doc = clone(doc)
	default:
		doc = &wire.Document{Kind: m.Kind, ID: m.Doc, Schema: wire.Schema, Fields: map[string]jsontext.Value{},
			Marks: map[string]wire.Mark{}, Applied: map[wire.DeviceID]wire.Applied{}, Conflicts: []wire.Conflict{},
			CreatedAt: wire.FormatTime(a.now)}
	}
	c := &call{by: a.p, m: m, received: a.now, edited: edited(m, doc, a.now), holds: a.w.Holds}
	if s := r.change(doc, c); s != nil {
		return false, s
	}
	note(doc, m.Device, m.Seq, a.acked)
	doc.Rev++
	doc.UpdatedAt = wire.FormatTime(a.now)
	if a.changed[m.Doc] == nil {
		a.order = append(a.order, m.Doc)
	}
	a.docs[m.Doc], a.changed[m.Doc] = doc, doc
	return c.merged, nil
}

func (a *application) document(id wire.DocID) *wire.Document {
	if doc := a.docs[id]; doc != nil {
		return doc
	}
	if s := a.w.Documents[id]; s != nil {
		a.docs[id] = open(s)
	}
	return a.docs[id]
}

// show adds to the results the documents as they are now, where the principal may read them: each once, with the last
// result that concerns it.
func (a *application) show(batch []Incoming, d *Decision) {
	now := map[wire.DocID]*Stored{}
	for i := range d.Documents {
		now[d.Documents[i].ID] = &d.Documents[i]
	}
	d.Told = map[wire.DocID]int64{}
	for i := len(d.Results) - 1; i >= 0; i-- {
		if batch[i].Mutation == nil || d.Results[i].Outcome == wire.OutcomeFork || d.Told[batch[i].Mutation.Doc] != 0 {
			continue
		}
		s := cmp.Or(now[batch[i].Mutation.Doc], a.w.Documents[batch[i].Mutation.Doc])
		if s == nil {
			continue
		}
		if d.Results[i].Document = shown(a.p, s); d.Results[i].Document != nil {
			d.Told[s.ID] = s.Rev
		}
	}
}

// answer is the result of a journal entry; the same verdict each time (I2).
func answer(e *Entry, again bool) wire.Result {
	r := wire.Result{Seq: e.Seq, Again: again, Code: e.Code, Detail: e.Detail}
	if e.Code == wire.CodeDefect {
		r.Detail = "" // what broke inside us is for our eyes: it may quote a document
	}
	switch e.Verdict {
	case VerdictAccepted:
		r.Outcome = wire.OutcomeApplied
	case VerdictMerged:
		r.Outcome = wire.OutcomeMerged
	case VerdictHeld:
		r.Outcome = wire.OutcomeHeld
	case VerdictRefused:
		r.Outcome = wire.OutcomeRefused
	}
	return r
}

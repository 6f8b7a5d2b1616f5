package engine

import (
	"cmp"
	"slices"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// Edit is a state the office wants a document to have.
type Edit struct {
	Kind wire.Kind
	Doc  wire.DocID
	// Set holds the fields that shall have these values; others stay as they are. A nil value takes a field away.
	Set map[string]any
	// Delete leaves a tombstone.
	Delete bool
}

// Record writes edits as ordinary journaled mutations of device, inside a transaction of the caller's: an edit that
// changes nothing is no mutation, and done tells for each edit whether it created (Prev 0), changed or left alone what was
// there. The first mutation that is not accepted fails the whole with its code.
func Record(tx Tx, by *Principal, device wire.DeviceID, now int64, edits []Edit) (done []Recorded, err error) {
	sequences, err := tx.Sequences(device)
	if err != nil {
		return nil, err
	}
	ids := make([]wire.DocID, len(edits))
	for i := range edits {
		ids[i] = edits[i].Doc
	}
	stored, err := tx.Documents(ids)
	if err != nil {
		return nil, err
	}
	p := *by
	p.Device = device
	w := World{Documents: map[wire.DocID]*Stored{}, Journal: map[int64]*Entry{}, HeldCreations: map[wire.DocID]bool{},
		Holds: func(wire.UserID, wire.Hash) bool { return false }}
	for i := range stored {
		w.Documents[stored[i].ID] = &stored[i]
	}
	var batch []Incoming
	seq := sequences.UpTo
	for i := range edits {
		m := mutationOf(&edits[i], w.Documents[edits[i].Doc], device, seq+1, now)
		if m == nil {
			done = append(done, RecordedUnchanged)
			continue
		}
		if m.Base == 0 {
			done = append(done, RecordedCreated)
		} else {
			done = append(done, RecordedChanged)
		}
		in, err := Read(device, wire.Encode(m))
		if err != nil {
			return nil, err
		}
		seq++
		batch = append(batch, in)
	}
	d := Apply(&p, w, batch, 0, now)
	for i := range d.Entries {
		if e := &d.Entries[i]; e.Verdict != VerdictAccepted {
			return nil, wire.Fault(cmp.Or(e.Code, wire.CodeConflict), "%s %s: %s", e.Kind, e.Doc, e.Detail)
		}
	}
	if len(d.Entries) == 0 {
		return done, nil
	}
	if err := tx.Insert(d.Entries); err != nil {
		return nil, err
	}
	return done, tx.Put(d.Documents)
}

// Recorded says what an edit did.
type Recorded int

// What an edit did.
const (
	RecordedUnchanged Recorded = iota
	RecordedCreated
	RecordedChanged
)

// mutationOf writes the difference between what is stored and what is wanted, nil if there is none.
func mutationOf(e *Edit, s *Stored, device wire.DeviceID, seq, now int64) *wire.Mutation {
	m := &wire.Mutation{Device: device, Seq: seq, Kind: e.Kind, Doc: e.Doc, Set: map[string]wire.Change{}, At: now, Schema: wire.Schema, App: "office"}
	var fields map[string]jsontext.Value
	if s != nil {
		m.Base, fields = s.Rev, open(s).Fields
	}
	for name, value := range e.Set {
		now := wire.Null
		if value != nil {
			now = wire.Encode(value)
		}
		if was := fields[name]; !wire.Equal(was, now) {
			if wire.IsNull(was) {
				was = wire.Null
			}
			m.Set[name] = wire.Change{Was: was, Now: now}
		}
	}
	if e.Delete && s != nil && !s.Deleted {
		m.Command = &wire.Command{Verb: wire.VerbDelete}
	}
	if len(m.Set) == 0 && m.Command == nil {
		return nil
	}
	return m
}

// Kinds returns the kinds that can be written, sorted.
func Kinds() []wire.Kind {
	var ks []wire.Kind
	for k := range kinds {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

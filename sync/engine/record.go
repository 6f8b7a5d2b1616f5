package engine

import (
	"cmp"
	"fmt"

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
// there. The first edit that is not accepted fails the whole with a *RecordError, and so does one of a tombstone: what
// was deleted does not come back under its id.
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
	var of []int // the edit of each mutation
	seq := sequences.UpTo
	for i := range edits {
		if s := w.Documents[edits[i].Doc]; s != nil && s.Deleted && !edits[i].Delete {
			return nil, &RecordError{Edit: i, Err: wire.Fault(wire.CodeGone, "")}
		}
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
		batch, of = append(batch, in), append(of, i)
	}
	d := Apply(&p, w, batch, sequences.UpTo, now) // the office has seen what became of all before these
	for i := range d.Entries {
		if e := &d.Entries[i]; e.Verdict != VerdictAccepted {
			return nil, &RecordError{Edit: of[i], Err: wire.Fault(cmp.Or(e.Code, wire.CodeConflict), "%s", e.Detail)}
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

// RecordError says which edit cannot be.
type RecordError struct {
	// Edit is its index.
	Edit int
	Err  *wire.Error
}

func (e *RecordError) Error() string { return fmt.Sprintf("edit %d: %v", e.Edit, e.Err) }

func (e *RecordError) Unwrap() error { return e.Err }

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

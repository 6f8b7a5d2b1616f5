package storagetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

var journalChecks = []documentCheck{
	{"a journal entry comes back as it was inserted", entryRoundTrip},
	{"a journal number is given once", insertOnce},
	{"the journal tells the gaps of a device", sequences},
	{"a document whose creation is held is known", heldCreations},
}

// newEntry returns an accepted entry of a device about document 1.
func newEntry(device wire.DeviceID, seq int64, change ...func(*engine.Entry)) engine.Entry {
	raw := fmt.Appendf(nil, `{"device":%q,"seq":%d}`, device, seq)
	e := engine.Entry{
		Device: device, Seq: seq, Raw: raw, Hash: sha256.Sum256(raw), Received: 1_790_000_000_000,
		By:   engine.Principal{School: northern, User: "u", Device: device, Scopes: []wire.Scope{"school", "user:u"}},
		Kind: wire.KindVisit, Doc: docID(1), Base: 1, Verdict: engine.VerdictAccepted,
	}
	for _, c := range change {
		c(&e)
	}
	return e
}

func insert(ctx context.Context, s engine.Store, entries ...engine.Entry) error {
	return s.Update(ctx, northern, func(tx engine.Tx) error { return tx.Insert(entries) })
}

func expectEntries(ctx context.Context, s engine.Store, device wire.DeviceID, seqs []int64, want ...engine.Entry) error {
	return s.View(ctx, northern, func(v engine.View) error {
		got, err := v.Entries(device, seqs)
		return errors.Join(err, same("entries", got, want))
	})
}

func entryRoundTrip(ctx context.Context, s engine.Store) error {
	full := newEntry("d-1", 2, func(e *engine.Entry) {
		e.Base, e.Verdict, e.Code, e.Detail, e.Open = 7, engine.VerdictHeld, wire.CodeState, "state 走", true
		e.By.Admin, e.By.Revoked, e.By.ProxyFor = true, true, []wire.UserID{"x", "y"}
	})
	opaque := newEntry("d-1", 9, func(e *engine.Entry) { e.Kind, e.Doc, e.Raw = "", "", []byte{0, 0xff, '"'} })
	if err := insert(ctx, s, newEntry("d-1", 1), full, opaque, newEntry("d-2", 1)); err != nil {
		return err
	}
	return errors.Join(
		expectEntries(ctx, s, "d-1", []int64{9, 2, 5, 1}, newEntry("d-1", 1), full, opaque),
		expectEntries(ctx, s, "d-2", []int64{1, 2}, newEntry("d-2", 1)),
		expectEntries(ctx, s, "d-3", []int64{1}),
		expectEntries(ctx, s, "d-1", nil))
}

func insertOnce(ctx context.Context, s engine.Store) error {
	mine := newEntry("d", 2)
	other := newEntry("d", 2, func(e *engine.Entry) { e.Verdict = engine.VerdictRefused })
	return inOrder(
		func() error { return insert(ctx, s, mine) },
		func() error { return expectCode("inserting a taken number", insert(ctx, s, other), wire.CodeConflict) },
		func() error {
			// The update goes on after the conflict, and what it inserts then is kept.
			return s.Update(ctx, northern, func(tx engine.Tx) error {
				err := tx.Insert([]engine.Entry{newEntry("d", 1), other, newEntry("d", 3)})
				if err := expectCode("inserting with one number taken", err, wire.CodeConflict); err != nil {
					return err
				}
				return tx.Insert([]engine.Entry{newEntry("d", 4)})
			})
		},
		func() error {
			twice := []engine.Entry{newEntry("d", 5), newEntry("d", 5)}
			return expectCode("inserting a number twice at once", insert(ctx, s, twice...), wire.CodeConflict)
		},
		func() error { return expectEntries(ctx, s, "d", []int64{1, 2, 3, 4, 5}, mine, newEntry("d", 4)) },
		func() error {
			// Numbers are the device's, and the school's.
			return s.Update(ctx, "southern", func(tx engine.Tx) error { return tx.Insert([]engine.Entry{mine}) })
		},
		func() error { return insert(ctx, s, newEntry("e", 2)) },
	)
}

func sequences(ctx context.Context, s engine.Store) error {
	expect := func(upTo int64, missing ...[]int64) func() error {
		return func() error {
			return s.View(ctx, northern, func(v engine.View) error {
				got, err := v.Sequences("d")
				if err == nil && got.UpTo != upTo {
					err = fmt.Errorf("up to %d, want %d", got.UpTo, upTo)
				}
				if err == nil && !slices.EqualFunc(got.Missing, missing, slices.Equal[[]int64]) {
					err = fmt.Errorf("missing %v, want %v", got.Missing, missing)
				}
				return err
			})
		}
	}
	add := func(seqs ...int64) func() error {
		return func() error {
			var entries []engine.Entry
			for _, seq := range seqs {
				entries = append(entries, newEntry("d", seq), newEntry("e", seq+1))
			}
			return insert(ctx, s, entries...)
		}
	}
	return inOrder(
		expect(0),
		add(1, 2), expect(2),
		add(5), expect(5, []int64{3, 4}),
		add(9, 10), expect(10, []int64{3, 4}, []int64{6, 8}),
		add(3, 6, 7), expect(10, []int64{4, 4}, []int64{8, 8}),
		add(8, 4), expect(10),
	)
}

func heldCreations(ctx context.Context, s engine.Store) error {
	about := func(n int, base int64, verdict engine.Verdict) func(*engine.Entry) {
		return func(e *engine.Entry) { e.Doc, e.Base, e.Verdict = docID(n), base, verdict }
	}
	err := insert(ctx, s,
		newEntry("d", 1, about(1, 0, engine.VerdictHeld)), newEntry("d", 2, about(1, 0, engine.VerdictHeld)),
		newEntry("d", 3, about(2, 0, engine.VerdictAccepted)), newEntry("d", 4, about(3, 1, engine.VerdictHeld)),
		newEntry("d", 5, about(4, 0, engine.VerdictRefused)), newEntry("e", 1, about(5, 0, engine.VerdictHeld)))
	if err != nil {
		return err
	}
	return s.View(ctx, northern, func(v engine.View) error {
		got, err := v.HeldCreations([]wire.DocID{docID(1), docID(2), docID(3), docID(4), docID(5), docID(6)})
		slices.Sort(got)
		return errors.Join(err, same("documents with held creations", got, []wire.DocID{docID(1), docID(5)}))
	})
}

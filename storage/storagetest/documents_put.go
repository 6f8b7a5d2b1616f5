package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

func roundTrip(ctx context.Context, s engine.Store) error {
	full := newDoc(1, seenBy("user:a", "unit:b"), formerly("user:c"), func(d *engine.Stored) {
		d.Names = []wire.Hash{hashOf(1), hashOf(2)}
		d.Body = []byte(`{"name":"走访 \u0000 'quoted'"}`)
	})
	plain := newDoc(2, seenBy(), onDay(""), ofKind(wire.KindPlace))
	if err := putDocs(ctx, s, full, plain); err != nil {
		return err
	}
	return expectDocs(ctx, s, []engine.Stored{full, plain})
}

func outOfReach(ctx context.Context, s engine.Store) error {
	if err := putDocs(ctx, s, newDoc(1)); err != nil {
		return err
	}
	if err := expectDocs(ctx, s, []engine.Stored{newDoc(1)}, docID(2)); err != nil {
		return err
	}
	for _, other := range []wire.SchoolID{"southern", ""} {
		err := s.View(ctx, other, func(v engine.View) error {
			docs, err := v.Documents([]wire.DocID{docID(1)})
			if err != nil {
				return err
			}
			ofKind, err := v.Kind(wire.KindVisit)
			if err != nil {
				return err
			}
			if n := len(docs) + len(ofKind); n > 0 {
				return fmt.Errorf("school %q reads %d documents of another", other, n)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	// The same id in another school is another document.
	theirs := newDoc(1, seenBy("user:x"))
	if err := s.Update(ctx, "southern", func(tx engine.Tx) error { return tx.Put([]engine.Stored{theirs}) }); err != nil {
		return err
	}
	return expectDocs(ctx, s, []engine.Stored{newDoc(1)})
}

func byKind(ctx context.Context, s engine.Store) error {
	a, b, gone := newDoc(1, ofKind(wire.KindPlace)), newDoc(3, ofKind(wire.KindPlace)), newDoc(2, ofKind(wire.KindPlace), deleted)
	visit := newDoc(4)
	if err := putDocs(ctx, s, visit, b, gone, a); err != nil {
		return err
	}
	return s.View(ctx, northern, func(v engine.View) error {
		for kind, want := range map[wire.Kind][]engine.Stored{wire.KindPlace: {a, gone, b}, wire.KindVisit: {visit}, wire.KindUnit: nil} {
			got, err := v.Kind(kind)
			if err != nil {
				return err
			}
			if err := same(string(kind), got, want); err != nil {
				return err
			}
		}
		return nil
	})
}

func compareAndSet(ctx context.Context, s engine.Store) error {
	first := newDoc(1)
	second := revise(first)
	stale := revise(first, seenBy("user:loser"))
	early := revise(revise(second))
	return inOrder(
		func() error {
			return expectCode("replacing what does not exist", putDocs(ctx, s, second), wire.CodeConflict)
		},
		func() error { return putDocs(ctx, s, first) },
		func() error { return expectCode("creating what exists", putDocs(ctx, s, first), wire.CodeConflict) },
		func() error { return putDocs(ctx, s, second) },
		func() error {
			return expectCode("replacing an older revision", putDocs(ctx, s, stale), wire.CodeConflict)
		},
		func() error {
			return expectCode("replacing a revision to come", putDocs(ctx, s, early), wire.CodeConflict)
		},
		func() error { return expectDocs(ctx, s, []engine.Stored{second}) },
	)
}

func putIsAtomic(ctx context.Context, s engine.Store) error {
	if err := putDocs(ctx, s, newDoc(2)); err != nil {
		return err
	}
	before, err := position(ctx, s)
	if err != nil {
		return err
	}
	// The update goes on after the lost put, and what it writes then is kept.
	err = s.Update(ctx, northern, func(tx engine.Tx) error {
		err := tx.Put([]engine.Stored{newDoc(1), newDoc(2, seenBy("user:loser")), newDoc(3)})
		if err := expectCode("a put with one lost document", err, wire.CodeConflict); err != nil {
			return err
		}
		return tx.Put([]engine.Stored{newDoc(4)})
	})
	if err != nil {
		return err
	}
	if err := expectDocs(ctx, s, []engine.Stored{newDoc(2), newDoc(4)}, docID(1), docID(3)); err != nil {
		return err
	}
	changes, _, err := changesAfter(ctx, s, []wire.Scope{"school", "user:loser"}, engine.Position{Changed: before.Changed, ID: "\xff"}, 10)
	if err != nil {
		return err
	}
	return same("changes", idsOf(changes), []wire.DocID{docID(4)})
}

func updateIsAtomic(ctx context.Context, s engine.Store) error {
	oops := errors.New("the caller's own error")
	err := s.Update(ctx, northern, func(tx engine.Tx) error {
		if err := errors.Join(tx.Insert([]engine.Entry{newEntry("d", 1)}), tx.Put([]engine.Stored{newDoc(1)}), tx.AddHolding("u", hashOf(1), 10)); err != nil {
			return err
		}
		return oops
	})
	if err != oops {
		return fmt.Errorf("update returned %v, want the function's own error", err)
	}
	err = s.View(ctx, northern, func(v engine.View) error {
		docs, err1 := v.Documents([]wire.DocID{docID(1)})
		entries, err2 := v.Entries("d", []int64{1})
		hashes, err3 := v.Holdings("u", []wire.Hash{hashOf(1)})
		sequences, err4 := v.Sequences("d")
		if n := len(docs) + len(entries) + len(hashes); n > 0 || sequences.UpTo > 0 {
			return fmt.Errorf("a failed update left %d rows, sequences %v", n, sequences)
		}
		return errors.Join(err1, err2, err3, err4)
	})
	if err != nil {
		return err
	}
	return putDocs(ctx, s, newDoc(1))
}

func cancelled(ctx context.Context, s engine.Store) error {
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := putDocs(gone, s, newDoc(1)); err == nil {
		return expectDocs(ctx, s, []engine.Stored{newDoc(1)}) // it may have been quicker, then it must be true
	} else if err := expectCode("an update whose caller is gone", err, wire.CodeUnavailable); err != nil {
		return err
	}
	return expectDocs(ctx, s, nil, docID(1))
}

func ownWrites(ctx context.Context, s engine.Store) error {
	if err := putDocs(ctx, s, newDoc(1)); err != nil {
		return err
	}
	return s.Update(ctx, northern, func(tx engine.Tx) error {
		second := revise(newDoc(1), func(d *engine.Stored) { d.Names = []wire.Hash{hashOf(1)} })
		if err := errors.Join(tx.Put([]engine.Stored{second}), tx.Insert([]engine.Entry{newEntry("d", 1)}), tx.AddHolding("u", hashOf(1), 10)); err != nil {
			return err
		}
		docs, err1 := tx.Documents([]wire.DocID{docID(1)})
		entries, err2 := tx.Entries("d", []int64{1})
		hashes, err3 := tx.Holdings("u", []wire.Hash{hashOf(1)})
		named, err4 := tx.Naming(hashOf(1))
		sequences, err5 := tx.Sequences("d")
		if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
			return err
		}
		return errors.Join(
			same("documents", docs, []engine.Stored{second}),
			same("entries", entries, []engine.Entry{newEntry("d", 1)}),
			same("holdings", hashes, []wire.Hash{hashOf(1)}),
			same("documents naming the hash", named, []wire.DocID{docID(1)}),
			same("sequences", sequences.UpTo, int64(1)))
	})
}

func snapshot(ctx context.Context, s engine.Store) error {
	if err := putDocs(ctx, s, newDoc(1)); err != nil {
		return err
	}
	second := revise(newDoc(1))
	err := s.View(ctx, northern, func(v engine.View) error {
		before, err := v.Order()
		if err != nil {
			return err
		}
		if err := putDocs(ctx, s, second, newDoc(2)); err != nil {
			return err
		}
		docs, err := v.Documents([]wire.DocID{docID(1), docID(2)})
		if err != nil {
			return err
		}
		changes, _, err := v.Changes([]wire.Scope{"school"}, engine.Position{}, "", 10, 1<<20)
		if err != nil {
			return err
		}
		after, err := v.Order()
		return errors.Join(err,
			same("documents of an older view", docs, []engine.Stored{newDoc(1)}),
			same("changes of an older view", idsOf(changes), []wire.DocID{docID(1)}),
			same("order of an older view", after, before))
	})
	if err != nil {
		return err
	}
	return expectDocs(ctx, s, []engine.Stored{second, newDoc(2)})
}

func holdings(ctx context.Context, s engine.Store) error {
	add := func(user wire.UserID, n int) func() error {
		return func() error {
			return s.Update(ctx, northern, func(tx engine.Tx) error { return tx.AddHolding(user, hashOf(n), 100) })
		}
	}
	expect := func(user wire.UserID, want ...wire.Hash) func() error {
		return func() error {
			return s.View(ctx, northern, func(v engine.View) error {
				got, err := v.Holdings(user, []wire.Hash{hashOf(1), hashOf(2), hashOf(3)})
				slices.Sort(got)
				return errors.Join(err, same("holdings of "+string(user), got, want))
			})
		}
	}
	return inOrder(add("a", 1), add("a", 2), add("a", 1), add("b", 3), expect("a", hashOf(1), hashOf(2)), expect("b", hashOf(3)), expect("c"))
}

func naming(ctx context.Context, s engine.Store) error {
	names := func(ns ...int) func(*engine.Stored) {
		return func(d *engine.Stored) {
			d.Names = nil
			for _, n := range ns {
				d.Names = append(d.Names, hashOf(n))
			}
		}
	}
	first := newDoc(1, names(1, 2))
	if err := puts(ctx, s, first, newDoc(2, names(2)), revise(first, names(2, 3))); err != nil {
		return err
	}
	return s.View(ctx, northern, func(v engine.View) error {
		for n, want := range [][]wire.DocID{1: nil, 2: {docID(1), docID(2)}, 3: {docID(1)}} {
			got, err := v.Naming(hashOf(n))
			if err != nil {
				return err
			}
			slices.Sort(got)
			if err := same(fmt.Sprintf("documents naming hash %d", n), got, want); err != nil {
				return err
			}
		}
		return nil
	})
}

func survivesRestart(ctx context.Context, s engine.Store, reopen func() engine.Store) error {
	second := revise(newDoc(1))
	if err := puts(ctx, s, newDoc(1), newDoc(2), second); err != nil {
		return err
	}
	err := s.Update(ctx, northern, func(tx engine.Tx) error {
		return errors.Join(tx.Insert([]engine.Entry{newEntry("d", 1), newEntry("d", 3)}), tx.AddHolding("u", hashOf(1), 10))
	})
	if err != nil {
		return err
	}
	before, err := orderOf(ctx, s)
	if err != nil {
		return err
	}
	s = reopen()
	after, err := orderOf(ctx, s)
	if err != nil {
		return err
	}
	if err := errors.Join(same("order", after, before), expectDocs(ctx, s, []engine.Stored{second, newDoc(2)})); err != nil {
		return err
	}
	return s.View(ctx, northern, func(v engine.View) error {
		entries, err1 := v.Entries("d", []int64{1, 2, 3})
		sequences, err2 := v.Sequences("d")
		hashes, err3 := v.Holdings("u", []wire.Hash{hashOf(1)})
		return errors.Join(err1, err2, err3,
			same("entries", entries, []engine.Entry{newEntry("d", 1), newEntry("d", 3)}),
			same("sequences", sequences, wire.Sequences{UpTo: 3, Missing: [][]int64{{2, 2}}}),
			same("holdings", hashes, []wire.Hash{hashOf(1)}))
	})
}

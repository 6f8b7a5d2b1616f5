package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

var changesChecks = []documentCheck{
	{"pages walk all changes in order, each document once", pages},
	{"a page ends when its bodies are large", largeBodies},
	{"a changed document moves to the end", moves},
	{"a document in many of a reader's scopes comes once", once},
	{"a document that left a scope still comes to it", left},
	{"other scopes and other schools see nothing", strangers},
	{"a horizon leaves out older days", horizon},
	{"live documents are summed up once, without tombstones and former ones", live},
	{"order is above every finished write", order},
	{"an epoch is renewed once", renewed},
}

func changesAfter(ctx context.Context, s engine.Store, scopes []wire.Scope, after engine.Position, limit int) (changes []engine.Change, full bool, err error) {
	err = s.View(ctx, northern, func(v engine.View) error {
		changes, full, err = v.Changes(scopes, after, "", limit, 1<<20)
		return err
	})
	return changes, full, err
}

func idsOf(changes []engine.Change) (ids []wire.DocID) {
	for _, c := range changes {
		ids = append(ids, c.Stored.ID)
	}
	return ids
}

func orderOf(ctx context.Context, s engine.Store) (o engine.Order, err error) {
	err = s.View(ctx, northern, func(v engine.View) error {
		o, err = v.Order()
		return err
	})
	return o, err
}

// position returns the position of the newest change anyone in school sees.
func position(ctx context.Context, s engine.Store) (engine.Position, error) {
	changes, _, err := changesAfter(ctx, s, []wire.Scope{"school"}, engine.Position{}, 1000)
	if err != nil || len(changes) == 0 {
		return engine.Position{}, err
	}
	return changes[len(changes)-1].Position, nil
}

// walk reads all pages after a position and checks what every page promises.
func walk(ctx context.Context, s engine.Store, scopes []wire.Scope, after engine.Position, limit int) (all []engine.Change, err error) {
	for {
		changes, full, err := changesAfter(ctx, s, scopes, after, limit)
		if err != nil {
			return nil, err
		}
		if len(changes) > limit {
			return nil, fmt.Errorf("a page of at most %d has %d documents", limit, len(changes))
		}
		if full && len(changes) == 0 {
			return nil, errors.New("an empty page says that more follows")
		}
		for _, c := range changes {
			if p := c.Position; p.Changed < after.Changed || p.Changed == after.Changed && p.ID <= after.ID {
				return nil, fmt.Errorf("position %v comes after %v", p, after)
			}
			if c.Position.ID != c.Stored.ID {
				return nil, fmt.Errorf("document %s stands at position %v", c.Stored.ID, c.Position)
			}
			after = c.Position
		}
		all = append(all, changes...)
		if !full {
			return all, nil
		}
	}
}

func pages(ctx context.Context, s engine.Store) error {
	scopes := []wire.Scope{"school", "user:a", "unit:b"}
	seenAs := []func(*engine.Stored){seenBy("user:a"), seenBy("unit:b", "user:a"), seenBy("school"), seenBy("unit:b")}
	var want []engine.Stored
	for n := 0; n < 24; n += 3 { // three documents an update: they may share a number
		docs := []engine.Stored{newDoc(n, seenAs[n%4]), newDoc(n+1, seenAs[(n+1)%4]), newDoc(n+2, seenAs[(n+2)%4])}
		if err := putDocs(ctx, s, docs...); err != nil {
			return err
		}
		want = append(want, docs...)
	}
	for _, limit := range []int{1, 2, 3, 5, 24, 100} {
		all, err := walk(ctx, s, scopes, engine.Position{}, limit)
		if err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
		var got []engine.Stored
		for _, c := range all {
			got = append(got, c.Stored)
		}
		if err := same("changes", got, want); err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	_, full, err := changesAfter(ctx, s, scopes, engine.Position{}, 23)
	if err == nil && !full {
		err = errors.New("a page that leaves a document out does not say that more follows")
	}
	if err != nil {
		return err
	}
	end, err := position(ctx, s)
	if err != nil {
		return err
	}
	rest, _, err := changesAfter(ctx, s, scopes, engine.Position{Changed: end.Changed, ID: "\xff"}, 10)
	return errors.Join(err, same("changes behind the last", idsOf(rest), []wire.DocID(nil)))
}

func largeBodies(ctx context.Context, s engine.Store) error {
	large := func(d *engine.Stored) { d.Body = slices.Repeat([]byte("x"), 1000) }
	if err := puts(ctx, s, newDoc(1, large), newDoc(2, large), newDoc(3, large)); err != nil {
		return err
	}
	return s.View(ctx, northern, func(v engine.View) error {
		for _, c := range []struct {
			maxBytes, atLeast, atMost int
			full                      bool
		}{{1, 1, 1, true}, {1500, 1, 2, true}, {10_000, 3, 3, false}} {
			changes, full, err := v.Changes([]wire.Scope{"school"}, engine.Position{}, "", 10, c.maxBytes)
			if err != nil {
				return err
			}
			if n := len(changes); n < c.atLeast || n > c.atMost || full != c.full {
				return fmt.Errorf("page of %d bytes: %d documents, full %v", c.maxBytes, n, full)
			}
		}
		return nil
	})
}

func moves(ctx context.Context, s engine.Store) error {
	first := newDoc(1)
	if err := puts(ctx, s, first, newDoc(2)); err != nil {
		return err
	}
	before, err := position(ctx, s)
	if err != nil {
		return err
	}
	second := revise(first)
	if err := puts(ctx, s, newDoc(3), second); err != nil {
		return err
	}
	all, err := walk(ctx, s, []wire.Scope{"school"}, engine.Position{}, 10)
	if err != nil {
		return err
	}
	rest, err := walk(ctx, s, []wire.Scope{"school"}, before, 10)
	if err != nil {
		return err
	}
	err = errors.Join(
		same("all changes", idsOf(all), []wire.DocID{docID(2), docID(3), docID(1)}),
		same("later changes", idsOf(rest), []wire.DocID{docID(3), docID(1)}))
	if err != nil {
		return err
	}
	return same("the moved document", rest[1].Stored, second)
}

func once(ctx context.Context, s engine.Store) error {
	err := puts(ctx, s, newDoc(1, seenBy("school", "user:a", "unit:b")), newDoc(2, seenBy("user:a"), formerly("unit:b", "school")), newDoc(3))
	if err != nil {
		return err
	}
	for _, limit := range []int{1, 2, 10} {
		all, err := walk(ctx, s, []wire.Scope{"unit:b", "user:a", "school", "unit:none"}, engine.Position{}, limit)
		if err := errors.Join(err, same("changes", idsOf(all), []wire.DocID{docID(1), docID(2), docID(3)})); err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	return nil
}

func left(ctx context.Context, s engine.Store) error {
	first := newDoc(1, seenBy("user:a", "user:b"))
	second := revise(first, seenBy("user:a"), formerly("user:b"))
	third := revise(second, deleted)
	if err := puts(ctx, s, first, second, third); err != nil {
		return err
	}
	for _, scope := range []wire.Scope{"user:a", "user:b"} {
		changes, _, err := changesAfter(ctx, s, []wire.Scope{scope}, engine.Position{}, 10)
		if err != nil || len(changes) != 1 {
			return errors.Join(err, same("number of changes for "+string(scope), len(changes), 1))
		}
		if err := same("what "+string(scope)+" gets", changes[0].Stored, third); err != nil {
			return err
		}
	}
	// Seen again: no longer a former reader.
	fourth := revise(third, seenBy("user:b"), formerly("user:a"), func(d *engine.Stored) { d.Deleted = false })
	if err := putDocs(ctx, s, fourth); err != nil {
		return err
	}
	changes, err := walk(ctx, s, []wire.Scope{"user:b"}, engine.Position{}, 10)
	if err != nil || len(changes) != 1 {
		return errors.Join(err, same("number of changes for user:b", len(changes), 1))
	}
	return same("what user:b gets", changes[0].Stored, fourth)
}

func strangers(ctx context.Context, s engine.Store) error {
	if err := putDocs(ctx, s, newDoc(1, seenBy("user:a")), newDoc(2, formerly("user:a"), seenBy())); err != nil {
		return err
	}
	for _, c := range []struct {
		school wire.SchoolID
		scopes []wire.Scope
	}{{"southern", []wire.Scope{"user:a"}}, {northern, []wire.Scope{"user:b", "user", "user:", "user:a1", "-user:b"}}, {northern, nil}} {
		err := s.View(ctx, c.school, func(v engine.View) error {
			changes, _, err := v.Changes(c.scopes, engine.Position{}, "", 10, 1<<20)
			if err != nil {
				return err
			}
			n := len(changes)
			err = v.Live(c.scopes, "", func(wire.Kind, wire.DocID, int64) { n++ })
			if n > 0 {
				return fmt.Errorf("school %s, scopes %v see %d documents", c.school, c.scopes, n)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func horizon(ctx context.Context, s engine.Store) error {
	err := puts(ctx, s, newDoc(1, onDay("2026-02-28")), newDoc(2, onDay("2026-03-01")), newDoc(3, onDay("")), newDoc(4, onDay("2026-09-14")),
		newDoc(5, onDay("2025-12-31"), seenBy(), formerly("school")), newDoc(6, onDay("2025-12-31"), onceOn("2026-03-01")),
		newDoc(7, onDay("2025-12-31"), onceOn("2026-02-28")))
	if err != nil {
		return err
	}
	return s.View(ctx, northern, func(v engine.View) error {
		changes, _, err := v.Changes([]wire.Scope{"school"}, engine.Position{}, "2026-03-01", 10, 1<<20)
		if err != nil {
			return err
		}
		var counted []wire.DocID
		err = v.Live([]wire.Scope{"school"}, "2026-03-01", func(_ wire.Kind, id wire.DocID, _ int64) { counted = append(counted, id) })
		slices.Sort(counted)
		want := []wire.DocID{docID(2), docID(3), docID(4)}
		moved := append(slices.Clone(want), docID(6)) // told once more, but no longer counted
		return errors.Join(err, same("changes", idsOf(changes), moved), same("live documents", counted, want))
	})
}

func renewed(ctx context.Context, s engine.Store) error {
	before, err := orderOf(ctx, s)
	if err != nil {
		return err
	}
	var after [2]engine.Order
	for i := range after { // the second comes from somebody who found out at the same time
		if err := s.Renew(ctx, northern, before.Epoch); err != nil {
			return err
		}
		if after[i], err = orderOf(ctx, s); err != nil {
			return err
		}
	}
	if after[0].Epoch == before.Epoch || after[1] != after[0] || after[0].Store != before.Store {
		return fmt.Errorf("order %+v, renewed %+v, once more %+v", before, after[0], after[1])
	}
	return nil
}

func live(ctx context.Context, s engine.Store) error {
	revised := newDoc(2, ofKind(wire.KindPlace), seenBy("school", "user:a"))
	gone := newDoc(3)
	err := puts(ctx, s, newDoc(1, seenBy("user:a", "school")), revised, gone, revise(revised), revise(gone, deleted),
		newDoc(4, seenBy("user:b"), formerly("user:a", "school")), newDoc(5, seenBy("user:b")))
	if err != nil {
		return err
	}
	type sum struct {
		Kind wire.Kind
		ID   wire.DocID
		Rev  int64
	}
	return s.View(ctx, northern, func(v engine.View) error {
		var got []sum
		err := v.Live([]wire.Scope{"school", "user:a"}, "", func(kind wire.Kind, id wire.DocID, rev int64) { got = append(got, sum{kind, id, rev}) })
		slices.SortFunc(got, func(a, b sum) int { return int(a.Rev - b.Rev) })
		return errors.Join(err, same("live documents", got, []sum{{wire.KindVisit, docID(1), 1}, {wire.KindPlace, docID(2), 2}}))
	})
}

func order(ctx context.Context, s engine.Store) error {
	before, err := orderOf(ctx, s)
	if err != nil {
		return err
	}
	if before.Epoch == "" || before.Store == "" {
		return fmt.Errorf("order %+v lacks the store's name or epoch", before)
	}
	for n := range 5 {
		if err := putDocs(ctx, s, newDoc(n)); err != nil {
			return err
		}
		p, err := position(ctx, s)
		if err != nil {
			return err
		}
		now, err := orderOf(ctx, s)
		if err != nil {
			return err
		}
		if p.Changed > now.Now || p.Changed <= before.Now-min(before.Now, before.Overlap) || now.Epoch != before.Epoch || now.Store != before.Store {
			return fmt.Errorf("a write between %+v and %+v got position %d", before, now, p.Changed)
		}
		before = now
	}
	return nil
}

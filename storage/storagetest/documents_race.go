package storagetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

var raceChecks = []documentCheck{
	{"of many that replace one revision one wins", oneReplaces},
	{"of many that create one document one wins", oneCreates},
	{"of many that take one journal number one wins", oneInserts},
	{"no increment is lost when all retry", increments},
	{"failing updates harm none that share their commit", failuresAlone},
	{"a reader with a cursor misses nothing while many write", noReaderMisses},
}

const (
	rounds  = 100
	rivals  = 16
	writers = 32
)

// compete runs fn in rivals goroutines at the same time and fails unless exactly one succeeds and all others get conflict.
func compete(fn func(rival int) error) (winner int, _ error) {
	var wg sync.WaitGroup
	errs := make([]error, rivals)
	start := make(chan struct{})
	for i := range rivals {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	won := 0
	for i, err := range errs {
		switch {
		case err == nil:
			won++
			winner = i
		case wire.CodeOf(err) != wire.CodeConflict:
			return 0, err
		}
	}
	if won != 1 {
		return 0, fmt.Errorf("%d of %d rivals won, want 1", won, rivals)
	}
	return winner, nil
}

func byRival(rival int) func(*engine.Stored) {
	return func(d *engine.Stored) { d.Body = fmt.Appendf(nil, `{"rival":%d}`, rival) }
}

func oneReplaces(ctx context.Context, s engine.Store) error {
	last := newDoc(1)
	if err := putDocs(ctx, s, last); err != nil {
		return err
	}
	for range rounds {
		winner, err := compete(func(rival int) error { return putDocs(ctx, s, revise(last, byRival(rival))) })
		if err != nil {
			return err
		}
		last = revise(last, byRival(winner))
		if err := expectDocs(ctx, s, []engine.Stored{last}); err != nil {
			return err
		}
	}
	return nil
}

func oneCreates(ctx context.Context, s engine.Store) error {
	for n := range rounds {
		winner, err := compete(func(rival int) error { return putDocs(ctx, s, newDoc(n, byRival(rival))) })
		if err != nil {
			return err
		}
		if err := expectDocs(ctx, s, []engine.Stored{newDoc(n, byRival(winner))}); err != nil {
			return err
		}
	}
	return nil
}

func oneInserts(ctx context.Context, s engine.Store) error {
	entry := func(n, rival int) engine.Entry {
		return newEntry("d", int64(n+1), func(e *engine.Entry) { e.Detail = fmt.Sprint(rival) })
	}
	for n := range rounds {
		winner, err := compete(func(rival int) error { return insert(ctx, s, entry(n, rival)) })
		if err != nil {
			return err
		}
		if err := expectEntries(ctx, s, "d", []int64{int64(n + 1)}, entry(n, winner)); err != nil {
			return err
		}
	}
	return nil
}

func increments(ctx context.Context, s engine.Store) error {
	const each = 20
	if err := putDocs(ctx, s, newDoc(1)); err != nil {
		return err
	}
	increment := func() error {
		for {
			err := s.Update(ctx, northern, func(tx engine.Tx) error {
				docs, err := tx.Documents([]wire.DocID{docID(1)})
				if err != nil || len(docs) != 1 {
					return errors.Join(err, same("documents of that id", len(docs), 1))
				}
				return tx.Put([]engine.Stored{revise(docs[0])})
			})
			if wire.CodeOf(err) != wire.CodeConflict {
				return err
			}
		}
	}
	err := together(rivals, func(int) error {
		for range each {
			if err := increment(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	docs, err := stored(ctx, s, docID(1))
	if err != nil || len(docs) != 1 {
		return errors.Join(err, same("documents of that id", len(docs), 1))
	}
	return same("revision", docs[0].Rev, int64(1+rivals*each))
}

func failuresAlone(ctx context.Context, s engine.Store) error {
	oops := errors.New("on purpose")
	const each = 10
	err := together(writers, func(w int) error {
		for i := range each {
			n := w*each + i
			err := s.Update(ctx, northern, func(tx engine.Tx) error {
				if err := tx.Put([]engine.Stored{newDoc(n)}); err != nil {
					return err
				}
				if n%3 == 0 {
					return oops
				}
				return nil
			})
			if n%3 == 0 && err != oops || n%3 != 0 && err != nil {
				return fmt.Errorf("update %d: %w", n, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var want []engine.Stored
	var others []wire.DocID
	for n := range writers * each {
		if n%3 == 0 {
			others = append(others, docID(n))
		} else {
			want = append(want, newDoc(n))
		}
	}
	return expectDocs(ctx, s, want, others...)
}

// noReaderMisses is I3: readers pull in sweeps, as phones do, while documents are made and changed; when the writers
// are done and every reader has pulled once more from its cursor, all have the newest revision of every document.
func noReaderMisses(ctx context.Context, s engine.Store) error {
	const perWriter, readers = 12, 4
	if err := putDocs(ctx, s, newDoc(-1)); err != nil {
		return err
	}
	var writing atomic.Bool
	writing.Store(true)
	var pulls sync.WaitGroup
	phones := make([]phone, readers)
	errs := make([]error, readers)
	for i := range phones {
		phones[i].has = map[wire.DocID]int64{}
		pulls.Go(func() {
			for writing.Load() && errs[i] == nil {
				errs[i] = phones[i].sweep(ctx, s, 7+i)
			}
		})
	}
	err := together(writers, func(w int) error {
		for i := range perWriter {
			mine, other := newDoc(w*perWriter+i), newDoc(w*perWriter+i, seenBy("user:other"))
			next := revise(mine)
			if i%3 == 0 { // leaves one of the reader's scopes for another of them
				mine, next = other, revise(other, seenBy("school"), formerly("user:other"))
			}
			if err := puts(ctx, s, mine, next); err != nil {
				return err
			}
		}
		return nil
	})
	writing.Store(false)
	pulls.Wait()
	if err := errors.Join(append(errs, err)...); err != nil {
		return err
	}
	want := map[wire.DocID]int64{docID(-1): 1}
	for n := range writers * perWriter {
		want[docID(n)] = 2
	}
	for i := range phones {
		if err := phones[i].sweep(ctx, s, 50); err != nil {
			return err
		}
		if !maps.Equal(phones[i].has, want) {
			missed := 0
			for id, rev := range want {
				if phones[i].has[id] != rev {
					missed++
				}
			}
			return fmt.Errorf("reader %d missed %d of %d documents for good", i, missed, len(want))
		}
	}
	return nil
}

// phone is a reader that keeps a cursor.
type phone struct {
	floor uint64
	has   map[wire.DocID]int64
}

// sweep pulls pages from the floor until one is not full. The next floor is where order stood before the first page.
func (p *phone) sweep(ctx context.Context, s engine.Store, limit int) error {
	began, err := orderOf(ctx, s)
	if err != nil {
		return err
	}
	changes, err := walk(ctx, s, []wire.Scope{"school", "user:other"}, engine.Position{Changed: p.floor, ID: "\xff"}, limit)
	if err != nil {
		return err
	}
	for _, c := range changes {
		p.has[c.Stored.ID] = max(p.has[c.Stored.ID], c.Stored.Rev)
	}
	p.floor = began.Now - min(began.Now, began.Overlap)
	return nil
}

// together runs fn in n goroutines and returns their errors.
func together(n int, fn func(i int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errors.Join(slices.Compact(errs)...)
}

// Package storagetest holds the suites that every store must pass, whatever database is behind it. Each suite is shown
// to fail on stores that are broken on purpose.
package storagetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"zoufang/sync/engine"
	"zoufang/sync/wire"

	gocmp "github.com/google/go-cmp/cmp"
)

// Documents runs the suite on the stores that open makes; each call must make an empty one.
func Documents(t *testing.T, open func(t *testing.T) engine.Store) {
	for _, checks := range [][]documentCheck{documentChecks, journalChecks, changesChecks, raceChecks} {
		for _, c := range checks {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				if err := c.run(t.Context(), open(t)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// Durable runs the checks that need the same store opened again. open makes an empty store; the function it returns
// closes it and opens it again.
func Durable(t *testing.T, open func(t *testing.T) (s engine.Store, reopen func() engine.Store)) {
	t.Run("what was written is there after a restart", func(t *testing.T) {
		t.Parallel()
		s, reopen := open(t)
		if err := survivesRestart(t.Context(), s, reopen); err != nil {
			t.Error(err)
		}
	})
}

// documentCheck returns an error where the store does not do as its name says.
type documentCheck struct {
	name string
	run  func(ctx context.Context, s engine.Store) error
}

var documentChecks = []documentCheck{
	{"a document comes back as it was put", roundTrip},
	{"unknown documents and other schools' are left out", outOfReach},
	{"documents of a kind come by id, tombstones included", byKind},
	{"put replaces only the revision it names", compareAndSet},
	{"a put that loses one document writes none", putIsAtomic},
	{"a failing update leaves nothing and returns its error", updateIsAtomic},
	{"an update whose caller is gone writes nothing", cancelled},
	{"an update reads its own writes", ownWrites},
	{"a view is one moment", snapshot},
	{"holdings belong to a user", holdings},
	{"a hash leads to the documents that name it now", naming},
}

const northern = wire.SchoolID("northern")

func docID(n int) wire.DocID { return wire.DocID(fmt.Sprintf("0198c0de-0000-7000-8000-%012x", n)) }

func hashOf(n int) wire.Hash { return wire.Hash(fmt.Sprintf("%064x", n)) }

// newDoc returns the first revision of a visit everyone in school sees.
func newDoc(n int, change ...func(*engine.Stored)) engine.Stored {
	d := engine.Stored{
		ID: docID(n), Kind: wire.KindVisit, Rev: 1, Body: fmt.Appendf(nil, `{"visit":%d,"rev":1}`, n),
		Audience: []wire.Scope{"school"}, Day: "2026-09-14",
	}
	for _, c := range change {
		c(&d)
	}
	return d
}

// revise returns the revision after d.
func revise(d engine.Stored, change ...func(*engine.Stored)) engine.Stored {
	d.Prev = d.Rev
	d.Rev++
	d.Body = fmt.Appendf(nil, `{"visit":%q,"rev":%d}`, d.ID, d.Rev)
	for _, c := range change {
		c(&d)
	}
	return d
}

func seenBy(scopes ...wire.Scope) func(*engine.Stored) {
	return func(d *engine.Stored) { d.Audience = scopes }
}

func formerly(scopes ...wire.Scope) func(*engine.Stored) {
	return func(d *engine.Stored) { d.FormerAudience = scopes }
}

func onDay(day string) func(*engine.Stored) { return func(d *engine.Stored) { d.Day = day } }

func onceOn(latest string) func(*engine.Stored) {
	return func(d *engine.Stored) { d.Latest = latest }
}

func ofKind(kind wire.Kind) func(*engine.Stored) { return func(d *engine.Stored) { d.Kind = kind } }

func deleted(d *engine.Stored) { d.Deleted = true }

func putDocs(ctx context.Context, s engine.Store, docs ...engine.Stored) error {
	return s.Update(ctx, northern, func(tx engine.Tx) error { return tx.Put(docs) })
}

// puts puts each document in an update of its own.
func puts(ctx context.Context, s engine.Store, docs ...engine.Stored) error {
	for _, d := range docs {
		if err := putDocs(ctx, s, d); err != nil {
			return err
		}
	}
	return nil
}

func stored(ctx context.Context, s engine.Store, ids ...wire.DocID) (docs []engine.Stored, err error) {
	err = s.View(ctx, northern, func(v engine.View) error {
		docs, err = v.Documents(ids)
		return err
	})
	slices.SortFunc(docs, func(a, b engine.Stored) int { return cmp.Compare(a.ID, b.ID) })
	return docs, err
}

// expectDocs fails unless exactly want is stored under their ids and also's.
func expectDocs(ctx context.Context, s engine.Store, want []engine.Stored, also ...wire.DocID) error {
	ids := also
	for _, d := range want {
		ids = append(ids, d.ID)
	}
	got, err := stored(ctx, s, ids...)
	if err != nil {
		return err
	}
	return same("documents", got, want)
}

// same fails with the difference. What a document replaced is of no interest once it is stored, and an empty list is as
// good as none.
func same(what string, got, want any) error {
	diff := gocmp.Diff(want, got, gocmp.FilterPath(func(p gocmp.Path) bool { return p.Last().String() == ".Prev" }, gocmp.Ignore()),
		gocmp.FilterValues(func(a, b any) bool { return empty(a) && empty(b) }, gocmp.Comparer(func(a, b any) bool { return true })))
	if diff != "" {
		return fmt.Errorf("%s differ (-want +got):\n%s", what, diff)
	}
	return nil
}

func empty(v any) bool {
	switch v := v.(type) {
	case []wire.Scope:
		return len(v) == 0
	case []wire.Hash:
		return len(v) == 0
	case []wire.DocID:
		return len(v) == 0
	case []engine.Stored:
		return len(v) == 0
	}
	return false
}

// expectCode fails unless err has the code.
func expectCode(what string, err error, want wire.Code) error {
	if err == nil {
		return fmt.Errorf("%s succeeded, want code %s", what, want)
	}
	if got := wire.CodeOf(err); got != want {
		return fmt.Errorf("%s failed with code %s (%w), want %s", what, got, err, want)
	}
	return nil
}

// inOrder returns the first error of the steps and runs none after it.
func inOrder(steps ...func() error) error {
	for i, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

package storagetest

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"zoufang/storage/sqlite"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// Stores broken in one way each, and the checks that must notice.
func TestDocumentsSuiteCatchesBrokenStores(t *testing.T) {
	t.Parallel()
	inTx := func(wrap func(engine.Tx) engine.Tx) func(engine.Store) engine.Store {
		return func(s engine.Store) engine.Store { return txWrapped{s, wrap} }
	}
	inView := func(wrap func(engine.View) engine.View) func(engine.Store) engine.Store {
		return func(s engine.Store) engine.Store { return viewWrapped{s, wrap} }
	}
	for _, tt := range []struct {
		name  string
		wrap  func(engine.Store) engine.Store
		wants []string
	}{
		{"replaces whatever is there", inTx(func(tx engine.Tx) engine.Tx { return unguarded{tx} }),
			[]string{"put replaces only the revision it names", "of many that replace one revision one wins"}},
		{"overwrites on creation", inTx(func(tx engine.Tx) engine.Tx { return overwriting{tx} }),
			[]string{"put replaces only the revision it names", "of many that create one document one wins"}},
		{"swallows taken journal numbers", inTx(func(tx engine.Tx) engine.Tx { return swallowing{tx} }),
			[]string{"a journal number is given once", "of many that take one journal number one wins"}},
		{"puts one by one", inTx(func(tx engine.Tx) engine.Tx { return oneByOne{tx} }),
			[]string{"a put that loses one document writes none"}},
		{"inserts one by one", inTx(func(tx engine.Tx) engine.Tx { return oneByOne{tx} }),
			[]string{"a journal number is given once"}},
		{"keeps what a failed update wrote", func(s engine.Store) engine.Store { return keeping{s} },
			[]string{"a failing update leaves nothing and returns its error", "failing updates harm none that share their commit"}},
		{"wraps the caller's error", func(s engine.Store) engine.Store { return wrapping{s} },
			[]string{"a failing update leaves nothing and returns its error"}},
		{"acknowledges without writing", func(s engine.Store) engine.Store { return forgetting{s} },
			[]string{"a document comes back as it was put", "no increment is lost when all retry"}},
		{"decides on what it read before", func(s engine.Store) engine.Store { return outdated{s} },
			[]string{"no increment is lost when all retry"}},
		{"hands out positions before their turn", func(s engine.Store) engine.Store { return &ahead{Store: s} },
			[]string{"a reader with a cursor misses nothing while many write"}},
		{"reads each time anew", func(s engine.Store) engine.Store { return restless{s} },
			[]string{"a view is one moment"}},
		{"forgets former readers", inTx(func(tx engine.Tx) engine.Tx { return noFormer{tx} }),
			[]string{"a document that left a scope still comes to it"}},
		{"repeats a document for each scope", inView(func(v engine.View) engine.View { return repeating{v} }),
			[]string{"a document in many of a reader's scopes comes once"}},
		{"ends a page without a word", inView(func(v engine.View) engine.View { return silent{v} }),
			[]string{"pages walk all changes in order, each document once", "a page ends when its bodies are large"}},
		{"ignores the horizon", inView(func(v engine.View) engine.View { return boundless{v} }),
			[]string{"a horizon leaves out older days"}},
		{"sums up each scope by itself", inView(func(v engine.View) engine.View { return doubling{v} }),
			[]string{"live documents are summed up once, without tombstones and former ones"}},
		{"sees no gaps", inView(func(v engine.View) engine.View { return gapless{v} }),
			[]string{"the journal tells the gaps of a device"}},
		{"shares holdings between users", inTx(func(tx engine.Tx) engine.Tx { return sharing{tx} }),
			[]string{"holdings belong to a user"}},
		{"mixes schools", func(s engine.Store) engine.Store { return mixing{s} },
			[]string{"unknown documents and other schools' are left out", "other scopes and other schools see nothing"}},
	} {
		for _, want := range tt.wants {
			t.Run(tt.name+": "+want, func(t *testing.T) {
				t.Parallel()
				db, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				err = documentCheckNamed(t, want).run(t.Context(), tt.wrap(db))
				if err == nil {
					t.Error("the check did not notice")
				}
				t.Logf("noticed: %.200v", err)
			})
		}
	}
}

func documentCheckNamed(t *testing.T, name string) documentCheck {
	t.Helper()
	all := slices.Concat(documentChecks, journalChecks, changesChecks, raceChecks)
	i := slices.IndexFunc(all, func(c documentCheck) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("no check is named %q", name)
	}
	return all[i]
}

// txWrapped hands out wrapped transactions, viewWrapped wrapped views.
type txWrapped struct {
	engine.Store
	wrap func(engine.Tx) engine.Tx
}

func (s txWrapped) Update(ctx context.Context, school wire.SchoolID, fn func(engine.Tx) error) error {
	return s.Store.Update(ctx, school, func(tx engine.Tx) error { return fn(s.wrap(tx)) })
}

type viewWrapped struct {
	engine.Store
	wrap func(engine.View) engine.View
}

func (s viewWrapped) View(ctx context.Context, school wire.SchoolID, fn func(engine.View) error) error {
	return s.Store.View(ctx, school, func(v engine.View) error { return fn(s.wrap(v)) })
}

// revisionOf returns 0 for a document that is not there.
func revisionOf(v engine.View, id wire.DocID) (int64, error) {
	docs, err := v.Documents([]wire.DocID{id})
	if err != nil || len(docs) == 0 {
		return 0, err
	}
	return docs[0].Rev, nil
}

type unguarded struct{ engine.Tx }

func (b unguarded) Put(docs []engine.Stored) error {
	docs = slices.Clone(docs)
	for i := range docs {
		if docs[i].Prev == 0 {
			continue
		}
		rev, err := revisionOf(b.Tx, docs[i].ID)
		if err != nil {
			return err
		}
		docs[i].Prev = rev
	}
	return b.Tx.Put(docs)
}

type overwriting struct{ engine.Tx }

func (b overwriting) Put(docs []engine.Stored) error {
	docs = slices.Clone(docs)
	for i := range docs {
		if docs[i].Prev != 0 {
			continue
		}
		rev, err := revisionOf(b.Tx, docs[i].ID)
		if err != nil {
			return err
		}
		docs[i].Prev = rev
	}
	return b.Tx.Put(docs)
}

type swallowing struct{ engine.Tx }

func (b swallowing) Insert(entries []engine.Entry) error {
	if err := b.Tx.Insert(entries); wire.CodeOf(err) != wire.CodeConflict {
		return err
	}
	return nil
}

type oneByOne struct{ engine.Tx }

func (b oneByOne) Put(docs []engine.Stored) error {
	for _, d := range docs {
		if err := b.Tx.Put([]engine.Stored{d}); err != nil {
			return err
		}
	}
	return nil
}

func (b oneByOne) Insert(entries []engine.Entry) error {
	for _, e := range entries {
		if err := b.Tx.Insert([]engine.Entry{e}); err != nil {
			return err
		}
	}
	return nil
}

type keeping struct{ engine.Store }

func (b keeping) Update(ctx context.Context, school wire.SchoolID, fn func(engine.Tx) error) error {
	var failed error
	if err := b.Store.Update(ctx, school, func(tx engine.Tx) error {
		failed = fn(tx)
		return nil
	}); err != nil {
		return err
	}
	return failed
}

type wrapping struct{ engine.Store }

func (b wrapping) Update(ctx context.Context, school wire.SchoolID, fn func(engine.Tx) error) error {
	if err := b.Store.Update(ctx, school, fn); err != nil {
		return &wire.Error{Code: wire.CodeUnavailable, Err: err}
	}
	return nil
}

type forgetting struct{ engine.Store }

func (b forgetting) Update(ctx context.Context, school wire.SchoolID, fn func(engine.Tx) error) error {
	undo := &wire.Error{Code: "undo"}
	err := b.Store.Update(ctx, school, func(tx engine.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return undo
	})
	if err == error(undo) {
		return nil
	}
	return err
}

// outdated lets an update read an older moment and checks nothing when it writes.
type outdated struct{ engine.Store }

func (b outdated) Update(ctx context.Context, school wire.SchoolID, fn func(engine.Tx) error) error {
	return b.Store.View(ctx, school, func(v engine.View) error {
		return b.Store.Update(ctx, school, func(tx engine.Tx) error { return fn(outdatedTx{v, unguarded{tx}}) })
	})
}

type outdatedTx struct {
	engine.View
	tx engine.Tx
}

func (b outdatedTx) Insert(entries []engine.Entry) error { return b.tx.Insert(entries) }
func (b outdatedTx) Put(docs []engine.Stored) error      { return b.tx.Put(docs) }
func (b outdatedTx) AddHolding(user wire.UserID, hash wire.Hash, bytes int64) error {
	return b.tx.AddHolding(user, hash, bytes)
}

// ahead counts updates into the change order when they begin, not when they can be seen.
type ahead struct {
	engine.Store
	begun atomic.Int64
}

func (b *ahead) Update(ctx context.Context, school wire.SchoolID, fn func(engine.Tx) error) error {
	b.begun.Add(1)
	defer b.begun.Add(-1)
	return b.Store.Update(ctx, school, fn)
}

func (b *ahead) View(ctx context.Context, school wire.SchoolID, fn func(engine.View) error) error {
	return b.Store.View(ctx, school, func(v engine.View) error { return fn(aheadView{v, uint64(b.begun.Load())}) })
}

type aheadView struct {
	engine.View
	begun uint64
}

func (b aheadView) Order() (engine.Order, error) {
	o, err := b.View.Order()
	o.Now += b.begun
	return o, err
}

// restless opens a new snapshot for the reads that the check of one moment makes.
type restless struct{ engine.Store }

func (b restless) View(ctx context.Context, school wire.SchoolID, fn func(engine.View) error) error {
	return b.Store.View(ctx, school, func(v engine.View) error { return fn(restlessView{v, ctx, b.Store, school}) })
}

type restlessView struct {
	engine.View
	ctx    context.Context
	store  engine.Store
	school wire.SchoolID
}

func (b restlessView) Documents(ids []wire.DocID) (docs []engine.Stored, err error) {
	err = b.store.View(b.ctx, b.school, func(v engine.View) error {
		docs, err = v.Documents(ids)
		return err
	})
	return docs, err
}

type noFormer struct{ engine.Tx }

func (b noFormer) Put(docs []engine.Stored) error {
	docs = slices.Clone(docs)
	for i := range docs {
		docs[i].FormerAudience = nil
	}
	return b.Tx.Put(docs)
}

type repeating struct{ engine.View }

func (b repeating) Changes(scopes []wire.Scope, after engine.Position, horizon string, limit, maxBytes int) (all []engine.Change, full bool, err error) {
	for _, scope := range scopes {
		changes, more, err := b.View.Changes([]wire.Scope{scope}, after, horizon, limit, maxBytes)
		if err != nil {
			return nil, false, err
		}
		all, full = append(all, changes...), full || more
	}
	slices.SortStableFunc(all, func(a, b engine.Change) int { return int(a.Position.Changed) - int(b.Position.Changed) })
	return all[:min(limit, len(all))], full || len(all) > limit, nil
}

type silent struct{ engine.View }

func (b silent) Changes(scopes []wire.Scope, after engine.Position, horizon string, limit, maxBytes int) ([]engine.Change, bool, error) {
	changes, _, err := b.View.Changes(scopes, after, horizon, limit, maxBytes)
	return changes, false, err
}

type boundless struct{ engine.View }

func (b boundless) Changes(scopes []wire.Scope, after engine.Position, _ string, limit, maxBytes int) ([]engine.Change, bool, error) {
	return b.View.Changes(scopes, after, "", limit, maxBytes)
}

type doubling struct{ engine.View }

func (b doubling) Live(scopes []wire.Scope, horizon string, fn func(wire.Kind, wire.DocID, int64)) error {
	for _, scope := range scopes {
		if err := b.View.Live([]wire.Scope{scope}, horizon, fn); err != nil {
			return err
		}
	}
	return nil
}

type gapless struct{ engine.View }

func (b gapless) Sequences(device wire.DeviceID) (wire.Sequences, error) {
	s, err := b.View.Sequences(device)
	s.Missing = [][]int64{}
	return s, err
}

type sharing struct{ engine.Tx }

func (b sharing) AddHolding(_ wire.UserID, hash wire.Hash, bytes int64) error {
	for _, user := range []wire.UserID{"a", "b", "c"} {
		if err := b.Tx.AddHolding(user, hash, bytes); err != nil {
			return err
		}
	}
	return nil
}

type mixing struct{ engine.Store }

func (b mixing) Update(ctx context.Context, _ wire.SchoolID, fn func(engine.Tx) error) error {
	return b.Store.Update(ctx, "all", fn)
}

func (b mixing) View(ctx context.Context, _ wire.SchoolID, fn func(engine.View) error) error {
	return b.Store.View(ctx, "all", fn)
}

package engine

import (
	"context"
	"errors"
	"slices"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// Engine answers phones. It is safe for concurrent use.
type Engine struct {
	store     Store
	cursorKey []byte
	now       func() int64
}

// New returns an engine over store. cursorKey authenticates cursors; now tells server time in Unix milliseconds.
func New(store Store, cursorKey []byte, now func() int64) *Engine {
	return &Engine{store: store, cursorKey: slices.Clone(cursorKey), now: now}
}

// Sync answers one round trip: the push is decided and durable before the pull reads. It fails with CodeMalformed when a
// mutation has no identity or is of another device than the request, and with what the store fails with; never for
// user data.
func (e *Engine) Sync(ctx context.Context, p *Principal, req *wire.SyncRequest) (*wire.SyncResponse, error) {
	if req.Device != p.Device {
		return nil, wire.Fault(wire.CodeForbidden, "the device of another session")
	}
	batch := make([]Incoming, len(req.Push))
	for i, raw := range req.Push {
		var err error
		if batch[i], err = Read(req.Device, raw); err != nil {
			return nil, err
		}
		if i > 0 && batch[i].Seq <= batch[i-1].Seq {
			return nil, wire.Fault(wire.CodeMalformed, "push is not in order of seq")
		}
	}
	resp := &wire.SyncResponse{ServerTime: e.now(), Results: []wire.Result{}, Documents: []jsontext.Value{}, Removed: []wire.Removal{}}
	var told map[wire.DocID]int64
	if len(batch) > 0 {
		err := e.store.Update(ctx, p.School, func(tx Tx) error {
			order, err := tx.Order()
			if err != nil {
				return err
			}
			if req.Epoch != "" && req.Epoch != order.Epoch { // what it says of receipts is about another life of the store
				return nil
			}
			// What the phone is to send again comes first, or edits would meet documents that are not there yet.
			if old, err := e.putBack(tx, p, req, order); err != nil || old {
				return err
			}
			d, err := push(tx, p, batch, req.Acked, resp.ServerTime)
			resp.Results, told = d.Results, d.Told
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	err := e.answer(ctx, p, req, told, resp)
	if errors.Is(err, errPutBack) {
		// A new epoch makes every phone send again what it has receipts for and take the server's copy of everything.
		if err = e.store.Renew(ctx, p.School, resp.Epoch); err == nil {
			err = e.answer(ctx, p, req, told, resp)
		}
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// answer adds to resp what is read after the push.
func (e *Engine) answer(ctx context.Context, p *Principal, req *wire.SyncRequest, told map[wire.DocID]int64, resp *wire.SyncResponse) error {
	return e.store.View(ctx, p.School, func(v View) error {
		order, err := v.Order()
		if err != nil {
			return err
		}
		resp.Epoch = order.Epoch
		if resp.Device, err = v.Sequences(req.Device); err != nil {
			return err
		}
		if resp.Device.Missing == nil {
			resp.Device.Missing = [][]int64{}
		}
		if req.Pull != nil {
			return e.pull(v, p, req, told, resp)
		}
		return nil
	})
}

// push reads what the batch meets, decides and writes.
func push(tx Tx, p *Principal, batch []Incoming, acked, now int64) (Decision, error) {
	w, err := gather(tx, p, batch)
	if err != nil {
		return Decision{}, err
	}
	d := Apply(p, w, batch, acked, now)
	if len(d.Entries) > 0 {
		if err := tx.Insert(d.Entries); err != nil {
			return Decision{}, err
		}
	}
	if len(d.Documents) > 0 {
		if err := tx.Put(d.Documents); err != nil {
			return Decision{}, err
		}
	}
	return d, nil
}

// gather reads, in a constant number of queries, all that Apply may ask for.
func gather(tx Tx, p *Principal, batch []Incoming) (World, error) {
	w := World{Documents: map[wire.DocID]*Stored{}, Journal: map[int64]*Entry{}, HeldCreations: map[wire.DocID]bool{}}
	seqs := make([]int64, len(batch))
	var ids []wire.DocID
	photos := map[wire.UserID][]wire.Hash{}
	for i := range batch {
		seqs[i] = batch[i].Seq
		if m := batch[i].Mutation; m != nil && m.Doc != "" && !slices.Contains(ids, m.Doc) {
			ids = append(ids, m.Doc)
		}
		if m := batch[i].Mutation; m != nil && m.Kind == wire.KindVisit {
			for _, v := range m.Append[fPhotos] {
				if h := hashOf(v); h != "" {
					photos[p.User] = append(photos[p.User], h)
				}
			}
		}
	}
	entries, err := tx.Entries(p.Device, seqs)
	if err != nil {
		return w, err
	}
	for i := range entries {
		w.Journal[entries[i].Seq] = &entries[i]
	}
	docs, err := tx.Documents(ids)
	if err != nil {
		return w, err
	}
	for i := range docs {
		w.Documents[docs[i].ID] = &docs[i]
		if len(docs[i].Names) > 0 {
			collect(open(&docs[i]), photos)
		}
	}
	var absent []wire.DocID
	for _, id := range ids {
		if w.Documents[id] == nil {
			absent = append(absent, id)
		}
	}
	if len(absent) > 0 {
		held, err := tx.HeldCreations(absent)
		if err != nil {
			return w, err
		}
		for _, id := range held {
			w.HeldCreations[id] = true
		}
	}
	w.Holds, err = holdings(tx, photos)
	return w, err
}

// hashOf reads the hash of a photo element, empty when there is none.
func hashOf(v jsontext.Value) wire.Hash {
	var photo struct {
		SHA256 wire.Hash `json:"sha256"`
	}
	if wire.Glance(v, &photo) != nil || !wire.ValidHash(string(photo.SHA256)) {
		return ""
	}
	return photo.SHA256
}

// collect adds the photos a visit names, by who added them.
func collect(doc *wire.Document, photos map[wire.UserID][]wire.Hash) {
	for _, photo := range read[[]wire.Photo](doc, fPhotos) {
		if !photo.Removed {
			photos[photo.By] = append(photos[photo.By], photo.SHA256)
		}
	}
}

// holdings reads which of the photos have arrived, in one query for each person who added some.
func holdings(v View, photos map[wire.UserID][]wire.Hash) (func(wire.UserID, wire.Hash) bool, error) {
	type holding struct {
		user wire.UserID
		hash wire.Hash
	}
	known := map[holding]bool{}
	for user, hashes := range photos {
		held, err := v.Holdings(user, hashes)
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			known[holding{user, h}] = true
		}
	}
	return func(user wire.UserID, hash wire.Hash) bool { return known[holding{user, hash}] }, nil
}

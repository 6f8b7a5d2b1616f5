package engine

import (
	"context"

	"zoufang/sync/wire"
)

// Document returns a document as p sees it. It fails with CodeNotFound when it does not exist or is out of reach.
func (e *Engine) Document(ctx context.Context, p *Principal, id wire.DocID) (*wire.Document, error) {
	var doc *wire.Document
	err := e.store.View(ctx, p.School, func(v View) error {
		docs, err := v.Documents([]wire.DocID{id})
		if err != nil {
			return err
		}
		if len(docs) == 1 {
			if body := shown(p, &docs[0]); body != nil {
				doc = new(wire.Document)
				return wire.Decode(body, doc)
			}
		}
		return wire.Fault(wire.CodeNotFound, "")
	})
	return doc, err
}

// Photo returns the manifest of a photo whose bytes p may read: p reads the visit with its photos, the visit names it,
// and who added it has sent the bytes (naming a hash gives nobody a right to it). It fails with CodeNotFound.
func (e *Engine) Photo(ctx context.Context, p *Principal, doc, photo wire.DocID) (wire.Photo, error) {
	var found wire.Photo
	err := e.store.View(ctx, p.School, func(v View) error {
		docs, err := v.Documents([]wire.DocID{doc})
		if err != nil {
			return err
		}
		for i := range docs {
			for _, ph := range readable(p, &docs[i]) {
				if ph.ID != photo {
					continue
				}
				held, err := v.Holdings(ph.By, []wire.Hash{ph.SHA256})
				if err != nil {
					return err
				}
				if len(held) == 1 {
					found = ph
					return nil
				}
			}
		}
		return wire.Fault(wire.CodeNotFound, "")
	})
	return found, err
}

// readable returns the photos of a document that p reads in full.
func readable(p *Principal, s *Stored) []wire.Photo {
	if _, fully := reads(p, s.Kind, s.Audience); !fully || s.Kind != wire.KindVisit || s.Deleted {
		return nil
	}
	var living []wire.Photo
	for _, ph := range read[[]wire.Photo](open(s), fPhotos) {
		if !ph.Removed {
			living = append(living, ph)
		}
	}
	return living
}

// MayReuse reports whether bytes that are stored already need not be sent by p again: p sent them once, or may read
// them through a document. Anybody else sends all of them, so that knowing a hash is no key to a photo.
func (e *Engine) MayReuse(ctx context.Context, p *Principal, hash wire.Hash) (bool, error) {
	may := false
	err := e.store.View(ctx, p.School, func(v View) error {
		held, err := v.Holdings(p.User, []wire.Hash{hash})
		if err != nil || len(held) == 1 {
			may = len(held) == 1
			return err
		}
		ids, err := v.Naming(hash)
		if err != nil {
			return err
		}
		docs, err := v.Documents(ids)
		if err != nil {
			return err
		}
		for i := range docs {
			for _, ph := range readable(p, &docs[i]) {
				if ph.SHA256 != hash {
					continue
				}
				if held, err = v.Holdings(ph.By, []wire.Hash{hash}); err != nil {
					return err
				}
				may = may || len(held) == 1
			}
		}
		return nil
	})
	return may, err
}

// PhotoStored notes that p has sent all bytes of a photo that are now durable, and brings the evidence of the visits
// that name it up to date, in one transaction. Doing it again changes nothing and costs little, as a phone may ask often:
// visits that came after the bytes counted them themselves.
func (e *Engine) PhotoStored(ctx context.Context, p *Principal, hash wire.Hash, bytes int64) error {
	return e.store.Update(ctx, p.School, func(tx Tx) error {
		held, err := tx.Holdings(p.User, []wire.Hash{hash})
		if err != nil || len(held) == 1 {
			return err
		}
		if err := tx.AddHolding(p.User, hash, bytes); err != nil {
			return err
		}
		ids, err := tx.Naming(hash)
		if err != nil || len(ids) == 0 {
			return err
		}
		docs, err := tx.Documents(ids)
		if err != nil {
			return err
		}
		return e.settle(tx, docs)
	})
}

// settle recomputes the server's fields of documents and writes those that changed.
func (e *Engine) settle(tx Tx, docs []Stored) error {
	var changed []Stored
	for i := range docs {
		r := kinds[docs[i].Kind]
		if r == nil || r.settle == nil {
			continue
		}
		doc := open(&docs[i])
		photos := map[wire.UserID][]wire.Hash{}
		collect(doc, photos)
		holds, err := holdings(tx, photos)
		if err != nil {
			return err
		}
		before := string(doc.Fields[fEvidence])
		r.settle(doc, &call{holds: holds})
		if string(doc.Fields[fEvidence]) == before {
			continue
		}
		doc.Rev++
		doc.UpdatedAt = wire.FormatTime(e.now())
		changed = append(changed, seal(doc, &docs[i]))
	}
	if len(changed) == 0 {
		return nil
	}
	return tx.Put(changed)
}

package sqlite

import (
	"database/sql"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// Changes implements engine.View. It merges one scan of readers for each scope and its minus form; all are in change
// order and all are read only as far as the page goes.
func (t *tx) Changes(scopes []wire.Scope, after engine.Position, horizon string, limit, maxBytes int) (changes []engine.Change, full bool, err error) {
	scans := make([]*scan, 0, 2*len(scopes))
	defer func() {
		for _, s := range scans {
			s.rows.Close()
		}
	}()
	for _, scope := range scopes {
		for _, readers := range []string{string(scope), "-" + string(scope)} {
			s, err := t.scan(len(scans), readers, after, horizon)
			if err != nil {
				return nil, false, err
			}
			scans = append(scans, s)
		}
	}
	bytes := 0
	for {
		first := earliest(scans)
		if first == nil {
			return changes, false, nil
		}
		bytes += len(first.head.Stored.Body)
		if len(changes) > 0 && (len(changes) >= limit || bytes > maxBytes) {
			return changes, true, nil
		}
		changes = append(changes, first.head)
		if err := skip(scans, first.head.Position); err != nil {
			return nil, false, err
		}
	}
}

// scan is an open read of one scope; head is its next document unless it is done.
type scan struct {
	rows *sql.Rows
	head engine.Change
	done bool
}

func (t *tx) scan(number int, scope string, after engine.Position, horizon string) (*scan, error) {
	rows, err := t.queryNumber(number, `SELECT r.changed, `+columns+` FROM readers r CROSS JOIN documents d ON d.num = r.document
		WHERE r.school = ? AND r.scope = ? AND (r.changed, r.id) > (?, ?) AND (r.day = '' OR r.day >= ? OR r.latest >= ?) ORDER BY r.changed, r.id`,
		t.school, scope, int64(after.Changed), string(after.ID), horizon, horizon)
	if err != nil {
		return nil, err
	}
	s := &scan{rows: rows}
	if err := s.next(); err != nil {
		rows.Close()
		return nil, err
	}
	return s, nil
}

func (s *scan) next() error {
	if !s.rows.Next() {
		s.done = true
		return fault(s.rows.Err())
	}
	var changed int64
	doc, err := scanDocument(s.rows, &changed)
	s.head = engine.Change{Position: engine.Position{Changed: uint64(changed), ID: doc.ID}, Stored: doc}
	return fault(err)
}

func earliest(scans []*scan) (first *scan) {
	for _, s := range scans {
		if !s.done && (first == nil || before(s.head.Position, first.head.Position)) {
			first = s
		}
	}
	return first
}

// skip moves every scan that stands at p: a document may be in several scopes.
func skip(scans []*scan, p engine.Position) error {
	for _, s := range scans {
		if !s.done && s.head.Position == p {
			if err := s.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

func before(a, b engine.Position) bool {
	return a.Changed < b.Changed || a.Changed == b.Changed && a.ID < b.ID
}

// Live implements engine.View. It reads the index alone.
func (t *tx) Live(scopes []wire.Scope, horizon string, fn func(kind wire.Kind, id wire.DocID, rev int64)) error {
	seen := map[string]bool{}
	for _, scope := range scopes {
		rows, err := t.Query(`SELECT kind, id, rev FROM readers WHERE school = ? AND scope = ? AND NOT deleted AND (day = '' OR day >= ?)`,
			t.school, string(scope), horizon)
		err = each(rows, err, func() error {
			var kind, id string
			var rev int64
			if err := rows.Scan(&kind, &id, &rev); err != nil {
				return err
			}
			if !seen[id] {
				seen[id] = true
				fn(wire.Kind(kind), wire.DocID(id), rev)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

package sqlite

import (
	"database/sql"
	"errors"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// columns of documents, in the order scanDocument takes them.
const columns = `d.id, d.kind, d.rev, d.day, d.latest, d.deleted, d.audience, d.former, d.names, d.body`

func scanDocument(rows *sql.Rows, before ...any) (engine.Stored, error) {
	var doc engine.Stored
	var audience, former, names string
	err := rows.Scan(append(before, (*string)(&doc.ID), (*string)(&doc.Kind), &doc.Rev, &doc.Day, &doc.Latest, &doc.Deleted, &audience, &former, &names, &doc.Body)...)
	doc.Audience, doc.FormerAudience, doc.Names = split[wire.Scope](audience), split[wire.Scope](former), split[wire.Hash](names)
	return doc, err
}

func scanDocuments(rows *sql.Rows, err error) (docs []engine.Stored, _ error) {
	err = each(rows, err, func() error {
		doc, err := scanDocument(rows)
		docs = append(docs, doc)
		return err
	})
	return docs, err
}

// Documents implements engine.View.
func (t *tx) Documents(ids []wire.DocID) ([]engine.Stored, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	keys, err := list(ids)
	if err != nil {
		return nil, err
	}
	return scanDocuments(t.Query(`SELECT `+columns+` FROM documents d WHERE d.school = ? AND d.id IN (SELECT value FROM json_each(?))`, t.school, keys))
}

// Kind implements engine.View. Visits alone are read without an index: it would be the largest and nobody needs it.
func (t *tx) Kind(kind wire.Kind) ([]engine.Stored, error) {
	if kind == wire.KindVisit {
		return scanDocuments(t.Query(`SELECT `+columns+` FROM documents d WHERE d.school = ? AND d.kind = 'visit' ORDER BY d.id`, t.school))
	}
	return scanDocuments(t.Query(`SELECT `+columns+` FROM documents d WHERE d.school = ? AND d.kind = ? AND d.kind <> 'visit' ORDER BY d.id`, t.school, string(kind)))
}

// Naming implements engine.View.
func (t *tx) Naming(hash wire.Hash) (ids []wire.DocID, _ error) {
	rows, err := t.Query(`SELECT id FROM names WHERE school = ? AND hash = ?`, t.school, string(hash))
	err = each(rows, err, func() error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, wire.DocID(id))
		return err
	})
	return ids, err
}

// errLost answers a compare-and-set that lost.
var errLost = &wire.Error{Code: wire.CodeConflict, Detail: "document changed meanwhile"}

// Put implements engine.Tx.
func (t *tx) Put(docs []engine.Stored) error {
	if len(docs) == 0 {
		return nil
	}
	changed := t.changed + 1
	err := t.all(func() error {
		if _, err := t.Exec(`UPDATE schools SET changed = ? WHERE num = ?`, changed, t.school); err != nil {
			return err
		}
		var readers []any
		for i := range docs {
			num, err := t.put(&docs[i], changed)
			if err != nil {
				return err
			}
			readers = t.readersOf(readers, &docs[i], changed, num)
		}
		_, err := t.insertRows(`INSERT INTO readers (school, scope, changed, id, document, kind, rev, day, latest, deleted) VALUES `, "", readerColumns, readers)
		return err
	})
	if err != nil {
		return err
	}
	t.changed = changed
	return nil
}

// put writes everything of a document but its rows in readers.
func (t *tx) put(doc *engine.Stored, changed int64) (num int64, err error) {
	oldNames := ""
	newNames := join(doc.Names)
	if doc.Prev == 0 {
		num, err = t.create(doc, changed, newNames)
	} else {
		num, oldNames, err = t.replace(doc, changed, newNames)
	}
	if err == nil && newNames != oldNames {
		err = t.rename(doc, split[wire.Hash](oldNames))
	}
	return num, err
}

func (t *tx) create(doc *engine.Stored, changed int64, names string) (num int64, err error) {
	r, err := t.Exec(`INSERT INTO documents (school, id, kind, rev, changed, day, latest, deleted, audience, former, names, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		t.school, string(doc.ID), string(doc.Kind), doc.Rev, changed, doc.Day, doc.Latest, doc.Deleted, join(doc.Audience), join(doc.FormerAudience), names, doc.Body)
	if err != nil {
		return 0, err
	}
	if err := affected(r, errLost); err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// replace overwrites the document and takes its rows out of readers.
func (t *tx) replace(doc *engine.Stored, changed int64, names string) (num int64, oldNames string, err error) {
	var rev, oldChanged int64
	var audience, former string
	err = t.QueryRow(`SELECT num, rev, changed, audience, former, names FROM documents WHERE school = ? AND id = ?`, t.school, string(doc.ID)).
		Scan(&num, &rev, &oldChanged, &audience, &former, &oldNames)
	if errors.Is(err, sql.ErrNoRows) || err == nil && rev != doc.Prev {
		return 0, "", errLost
	}
	if err != nil {
		return 0, "", fault(err)
	}
	if _, err := t.Exec(`UPDATE documents SET kind = ?, rev = ?, changed = ?, day = ?, latest = ?, deleted = ?, audience = ?, former = ?, names = ?, body = ? WHERE num = ?`,
		string(doc.Kind), doc.Rev, changed, doc.Day, doc.Latest, doc.Deleted, join(doc.Audience), join(doc.FormerAudience), names, doc.Body, num); err != nil {
		return 0, "", err
	}
	for _, scope := range split[string](audience) {
		if err := t.dropReader(doc, scope, oldChanged); err != nil {
			return 0, "", err
		}
	}
	for _, scope := range split[string](former) {
		if err := t.dropReader(doc, "-"+scope, oldChanged); err != nil {
			return 0, "", err
		}
	}
	return num, oldNames, nil
}

// readerColumns are the values of one row of readers.
const readerColumns = 10

// readersOf appends the values of a document's rows in readers.
func (t *tx) readersOf(values []any, doc *engine.Stored, changed, num int64) []any {
	add := func(scope string) {
		values = append(values, t.school, scope, changed, string(doc.ID), num, string(doc.Kind), doc.Rev, doc.Day, doc.Latest, doc.Deleted)
	}
	for _, scope := range doc.Audience {
		add(string(scope))
	}
	for _, scope := range doc.FormerAudience {
		add("-" + string(scope))
	}
	return values
}

func (t *tx) dropReader(doc *engine.Stored, scope string, changed int64) error {
	_, err := t.Exec(`DELETE FROM readers WHERE school = ? AND scope = ? AND changed = ? AND id = ?`, t.school, scope, changed, string(doc.ID))
	return err
}

func (t *tx) rename(doc *engine.Stored, old []wire.Hash) error {
	for _, hash := range old {
		if _, err := t.Exec(`DELETE FROM names WHERE school = ? AND hash = ? AND id = ?`, t.school, string(hash), string(doc.ID)); err != nil {
			return err
		}
	}
	for _, hash := range doc.Names {
		if _, err := t.Exec(`INSERT OR IGNORE INTO names (school, hash, id) VALUES (?, ?, ?)`, t.school, string(hash), string(doc.ID)); err != nil {
			return err
		}
	}
	return nil
}

// affected returns none if the statement changed no row.
func affected(r sql.Result, none error) error {
	n, err := r.RowsAffected()
	if err != nil {
		return fault(err)
	}
	if n == 0 {
		return none
	}
	return nil
}

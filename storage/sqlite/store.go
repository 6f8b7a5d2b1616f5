package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

var _ engine.Store = (*DB)(nil)

// tx is an engine.Tx, and of a view an engine.View: a conn inside a transaction, and the school it is about.
type tx struct {
	*conn
	db *DB
	// school is schools.num, 0 for a school that was never written: no row has it.
	school int64
	// changed is the last position given out in the school's change order.
	changed int64
}

// Update implements engine.Store. fn runs once.
func (db *DB) Update(ctx context.Context, school wire.SchoolID, fn func(engine.Tx) error) error {
	return db.update(ctx, func(c *conn) error {
		t, err := db.begin(c, school)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// View implements engine.Store.
func (db *DB) View(ctx context.Context, school wire.SchoolID, fn func(engine.View) error) error {
	return db.view(ctx, func(c *conn) error {
		t, err := db.read(c, school)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// Renew implements engine.Store. The epoch is the whole file's: all schools are put back together.
func (db *DB) Renew(ctx context.Context, _ wire.SchoolID, from wire.Epoch) error {
	var epoch string
	err := db.update(ctx, func(c *conn) error {
		if _, err := c.Exec(`UPDATE store SET epoch = lower(hex(randomblob(8))) WHERE epoch = ?`, string(from)); err != nil {
			return err
		}
		return c.QueryRow(`SELECT epoch FROM store`).Scan(&epoch)
	})
	if err == nil {
		db.epoch.Store(&epoch)
	}
	return err
}

// begin makes an engine.Tx of the connection an update was given, and the school if this is the first one hears of it.
func (db *DB) begin(c *conn, school wire.SchoolID) (*tx, error) {
	t, err := db.read(c, school)
	if err != nil || t.school != 0 {
		return t, err
	}
	r, err := c.Exec(`INSERT INTO schools (id, changed) VALUES (?, 0)`, string(school))
	if err != nil {
		return nil, err
	}
	t.school, err = r.LastInsertId()
	return t, err
}

// read makes an engine.View of the connection a view was given.
func (db *DB) read(c *conn, school wire.SchoolID) (*tx, error) {
	t := &tx{conn: c, db: db}
	err := c.QueryRow(`SELECT num, changed FROM schools WHERE id = ?`, string(school)).Scan(&t.school, &t.changed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fault(err)
	}
	return t, nil
}

// Order implements engine.View. One writer stamps and commits in order, so nothing appears below Now later.
func (t *tx) Order() (engine.Order, error) {
	return engine.Order{Epoch: wire.Epoch(*t.db.epoch.Load()), Store: t.db.name, Now: uint64(t.changed)}, nil
}

// all runs fn so that either all of its writes are made or none, and the transaction can go on.
func (t *tx) all(fn func() error) error {
	if _, err := t.Exec(`SAVEPOINT step`); err != nil {
		return err
	}
	if err := fn(); err != nil {
		if _, undo := t.Exec(`ROLLBACK TO step`); undo != nil {
			return fault(errors.Join(err, undo))
		}
		if _, undo := t.Exec(`RELEASE step`); undo != nil {
			return fault(errors.Join(err, undo))
		}
		return err
	}
	_, err := t.Exec(`RELEASE step`)
	return err
}

// each calls fn for every row, until it fails, and closes rows.
func each(rows *sql.Rows, err error, fn func() error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(); err != nil {
			return fault(err)
		}
	}
	return fault(rows.Err())
}

// list is a JSON array for json_each, which looks up many keys with one statement.
func list[T ~string | ~int64](keys []T) (string, error) {
	text, err := json.Marshal(keys)
	return string(text), err
}

// join and split keep short lists in a column, one item a line; no scope or hash holds a line break.
func join[T ~string](items []T) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return string(items[0])
	}
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(item))
	}
	return b.String()
}

func split[T ~string](text string) []T {
	if text == "" {
		return nil
	}
	items := make([]T, 0, strings.Count(text, "\n")+1)
	for item := range strings.SplitSeq(text, "\n") {
		items = append(items, T(item))
	}
	return items
}

package sqlite

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// TestHotPathReadsByIndex looks at the plan of every query a push and a pull run: none may read a whole table or sort.
func TestHotPathReadsByIndex(t *testing.T) {
	t.Parallel()
	db := openTest(t, t.TempDir())
	doc, entry := visit(1, 0)
	doc.Names = []wire.Hash{"h"}
	plans := map[string][]string{}
	err := db.update(t.Context(), func(c *conn) error {
		tx, err := db.begin(c, benchSchool)
		if err != nil {
			return err
		}
		err = errors.Join(tx.Insert([]engine.Entry{entry}), tx.Put([]engine.Stored{doc}), tx.AddHolding("u", "h", 1))
		doc.Prev, doc.Rev, doc.Names = 1, 2, nil
		_, err1 := tx.Documents([]wire.DocID{doc.ID})
		_, err2 := tx.Kind(wire.KindPlace)
		_, err3 := tx.Entries("d-1", []int64{1})
		_, err4 := tx.Sequences("d-1")
		_, err5 := tx.HeldCreations([]wire.DocID{doc.ID})
		_, err6 := tx.Holdings("u", []wire.Hash{"h"})
		_, err7 := tx.Naming("h")
		_, _, err8 := tx.Changes(doc.Audience, engine.Position{}, "", 10, 1<<20)
		err9 := tx.Live(doc.Audience, "", func(wire.Kind, wire.DocID, int64) {})
		if err := errors.Join(err, tx.Put([]engine.Stored{doc}), err1, err2, err3, err4, err5, err6, err7, err8, err9); err != nil {
			return err
		}
		for _, key := range slices.Collect(maps.Keys(c.stmts)) { // plan adds to them
			if plans[key.query], err = plan(c, key.query); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(plans) < 20 {
		t.Errorf("only %d queries were looked at", len(plans))
	}
	for query, steps := range plans {
		for _, step := range steps {
			scans := strings.HasPrefix(step, "SCAN ") && step != "SCAN store" && !strings.Contains(step, "json_each") // one row; the keys looked up
			if scans || strings.Contains(step, "TEMP B-TREE FOR ORDER") {
				t.Errorf("%s\n\t%s", query, step)
			}
		}
	}
}

func plan(c *conn, query string) (steps []string, _ error) {
	args := make([]any, strings.Count(query, "?"))
	rows, err := c.Query(`EXPLAIN QUERY PLAN `+query, args...)
	err = each(rows, err, func() error {
		var id, parent, unused int
		var step string
		err := rows.Scan(&id, &parent, &unused, &step)
		steps = append(steps, step)
		return err
	})
	return steps, err
}

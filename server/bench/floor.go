package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"zoufang/storage/sqlite"
)

// floor is the limit of the machine: SQLite with the rows the server wrote, and files.
type floor struct {
	server *sql.DB // the server's database, read only
	raw    *sql.DB // an empty one of the same schema and settings
	dir    string
	// last are the newest rows of documents and journal that were copied.
	last struct{ documents, journal int64 }
}

// copied are the tables a push of new visits writes to, with their rows of documents num > ?1 and the id of the document
// that each row belongs to.
var copied = []struct{ table, rows string }{
	{"documents", `SELECT id, * FROM documents WHERE num > ?1 ORDER BY num`},
	{"readers", `SELECT id, * FROM readers WHERE document > ?1`},
	{"names", `SELECT id, * FROM names WHERE id IN (SELECT id FROM documents WHERE num > ?1)`},
	{"journal", `SELECT doc, * FROM journal WHERE num > ?2 ORDER BY num`},
}

func openFloor(data, dir string) (*floor, error) {
	db, err := sqlite.Open(context.Background(), dir, sqlite.Options{}) // makes the schema
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	f := &floor{dir: dir}
	if f.server, err = sql.Open("sqlite", "file:"+filepath.Join(data, sqlite.File)+"?mode=ro&_pragma=busy_timeout(10000)"); err != nil {
		return nil, err
	}
	if f.raw, err = sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.File)+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-16000)&_pragma=wal_autocheckpoint(4000)&_pragma=temp_store(MEMORY)"); err != nil {
		return nil, err
	}
	f.raw.SetMaxOpenConns(1)
	return f, f.skip()
}

// skip leaves out what the server has written so far.
func (f *floor) skip() error {
	return f.server.QueryRow(`SELECT (SELECT coalesce(max(num), 0) FROM documents), (SELECT coalesce(max(num), 0) FROM journal)`).
		Scan(&f.last.documents, &f.last.journal)
}

// row is one row of a table.
type row struct {
	table  int
	values []any
}

// insertAgain inserts the rows of the n newest documents into the empty database, batch documents a commit, and returns
// how long the inserts and commits took.
func (f *floor) insertAgain(n, batch int) (time.Duration, error) {
	rows, inserts, err := f.rows(n)
	if err != nil {
		return 0, err
	}
	stmts := make([]*sql.Stmt, len(inserts))
	for i, insert := range inserts {
		if insert == "" {
			continue
		}
		if stmts[i], err = f.raw.Prepare(insert); err != nil {
			return 0, err
		}
		defer stmts[i].Close()
	}
	begun := time.Now()
	for len(rows) > 0 {
		size := min(batch, len(rows))
		tx, err := f.raw.Begin()
		if err != nil {
			return 0, err
		}
		bound := make([]*sql.Stmt, len(stmts))
		for i, s := range stmts {
			if s != nil {
				bound[i] = tx.Stmt(s)
			}
		}
		for _, document := range rows[:size] {
			for _, r := range document {
				if _, err := bound[r.table].Exec(r.values...); err != nil {
					return 0, err
				}
			}
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
		rows = rows[size:]
	}
	return time.Since(begun), nil
}

// rows reads the rows that belong to each of the n documents written since the last call, in their order, and how to insert
// a row of each table.
func (f *floor) rows(n int) (documents [][]row, inserts []string, err error) {
	inserts = make([]string, len(copied))
	byID := map[string]int{}
	for i := range copied {
		if inserts[i], err = f.rowsOf(i, byID, &documents); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", copied[i].table, err)
		}
	}
	if len(documents) != n {
		return nil, nil, fmt.Errorf("%d documents were pushed, %d are there", n, len(documents))
	}
	return documents, inserts, f.skip()
}

// rowsOf adds the rows of one table to those of their documents.
func (f *floor) rowsOf(table int, byID map[string]int, documents *[][]row) (insert string, err error) {
	rows, err := f.server.Query(copied[table].rows, f.last.documents, f.last.journal)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return "", err
	}
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		id := fmt.Sprint(values[0])
		at, known := byID[id]
		if !known {
			at = len(*documents)
			byID[id] = at
			*documents = append(*documents, nil)
		}
		(*documents)[at] = append((*documents)[at], row{table, values[1:]})
		insert = `INSERT INTO ` + copied[table].table + ` VALUES (?` + strings.Repeat(", ?", len(names)-2) + `)`
	}
	return insert, rows.Err()
}

// writeFiles writes and syncs the pictures as files, lanes at a time.
func (f *floor) writeFiles(pictures []picture, lanes int) (time.Duration, error) {
	dir, err := os.MkdirTemp(f.dir, "files-")
	if err != nil {
		return 0, err
	}
	work := make(chan picture)
	faults := make(chan error, lanes)
	var wg sync.WaitGroup
	begun := time.Now()
	for range lanes {
		wg.Go(func() {
			for p := range work {
				if err := writeFile(filepath.Join(dir, string(p.hash)), p.bytes); err != nil {
					select {
					case faults <- err:
					default: // one is enough to know
					}
				}
			}
		})
	}
	for _, p := range pictures {
		work <- p
	}
	close(work)
	wg.Wait()
	took := time.Since(begun)
	select {
	case err := <-faults:
		return 0, err
	default:
		return took, nil
	}
}

func writeFile(name string, b []byte) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := file.Write(b); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Close()
}

func (f *floor) close() {
	_ = f.server.Close() // nothing of these is kept
	_ = f.raw.Close()
}

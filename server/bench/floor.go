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
	last   int64 // the newest document that was copied
}

// copied are the tables a push writes to, with what leads from a document to their rows.
var copied = []struct{ table, join string }{
	{"documents", "num = ?1"},
	{"readers", "document = ?1"},
	{"names", "(school, id) = (SELECT school, id FROM documents WHERE num = ?1)"},
	{"journal", "(school, doc) = (SELECT school, id FROM documents WHERE num = ?1)"},
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
	// The journal has no index on doc that serves every row: the copy of the server's file gets one of its own.
	return f, f.skip()
}

// skip leaves out what the server has written so far.
func (f *floor) skip() error {
	return f.server.QueryRow(`SELECT coalesce(max(num), 0) FROM documents`).Scan(&f.last)
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

// rows reads the rows that belong to each of the n oldest documents written since the last call, and how to insert a row
// of each table.
func (f *floor) rows(n int) (documents [][]row, inserts []string, err error) {
	inserts = make([]string, len(copied))
	for range n {
		var num int64
		if err := f.server.QueryRow(`SELECT min(num) FROM documents WHERE num > ?`, f.last).Scan(&num); err != nil {
			return nil, nil, fmt.Errorf("fewer documents than were pushed: %w", err)
		}
		var document []row
		for i, c := range copied {
			if document, inserts[i], err = f.rowsOf(document, i, num, inserts[i]); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", c.table, err)
			}
		}
		documents, f.last = append(documents, document), num
	}
	return documents, inserts, f.skip()
}

func (f *floor) rowsOf(document []row, table int, num int64, insert string) ([]row, string, error) {
	rows, err := f.server.Query(`SELECT * FROM `+copied[table].table+` WHERE `+copied[table].join, num)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, "", err
	}
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, "", err
		}
		document = append(document, row{table, values})
		insert = `INSERT INTO ` + copied[table].table + ` VALUES (?` + strings.Repeat(", ?", len(names)-1) + `)`
	}
	return document, insert, rows.Err()
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

package sqlite

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

const (
	benchSchool = wire.SchoolID("school")
	perUpdate   = 100
)

var benchPrincipal = engine.Principal{School: benchSchool, User: benchID[wire.UserID](7), Device: "d-1", Scopes: []wire.Scope{"school", "unit:" + benchID[wire.Scope](3), "user:" + benchID[wire.Scope](7)}}

func benchID[T ~string](n int) T {
	return T(fmt.Sprintf("0198c0de-0000-7000-8000-%012x", n))
}

// visit returns a visit of about 930 bytes with three readers, and its journal entry.
func visit(n int, prev int64) (engine.Stored, engine.Entry) {
	id := benchID[wire.DocID](n)
	body := fmt.Appendf(nil, `{"kind":"visit","id":%q,"rev":%d,"fields":{"summary":"`, id, prev+1)
	body = append(append(body, bytes.Repeat([]byte("走访宿舍 "), 64)...), `"}}`...)
	raw := body[:600]
	return engine.Stored{
			ID: id, Kind: wire.KindVisit, Rev: prev + 1, Prev: prev, Body: body, Day: "2026-09-14",
			Audience: []wire.Scope{"user:" + benchID[wire.Scope](7), "user:" + benchID[wire.Scope](8), "office:admin"},
		}, engine.Entry{
			Device: "d-1", Seq: int64(n), Raw: raw, Hash: sha256.Sum256(raw), Received: 1_790_000_000_000,
			By: benchPrincipal, Kind: wire.KindVisit, Doc: id, Verdict: engine.VerdictAccepted,
		}
}

func visits(from int, prev int64) (docs []engine.Stored, entries []engine.Entry) {
	for n := from; n < from+perUpdate; n++ {
		doc, entry := visit(n, prev)
		docs, entries = append(docs, doc), append(entries, entry)
	}
	return docs, entries
}

func openBench(b *testing.B) *DB {
	b.Helper()
	db, err := Open(b.Context(), b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}

// BenchmarkWrite compares an Update of 100 visits with the same rows inserted by prepared statements and nothing else.
// Both run in turns, so that the ratio it reports is of one machine in one state.
func BenchmarkWrite(b *testing.B) {
	db, raw := openBench(b), openRaw(b)
	var ours, bare time.Duration
	next := 1
	for b.Loop() {
		docs, entries := visits(next, 0)
		next += perUpdate
		start := b.Elapsed()
		if err := db.Update(b.Context(), benchSchool, func(tx engine.Tx) error {
			if err := tx.Insert(entries); err != nil {
				return err
			}
			return tx.Put(docs)
		}); err != nil {
			b.Fatal(err)
		}
		middle := b.Elapsed()
		raw.insert(b, docs, entries)
		ours += middle - start
		bare += b.Elapsed() - middle
	}
	n := float64(b.N * perUpdate)
	b.ReportMetric(n/ours.Seconds(), "visits/s")
	b.ReportMetric(n/bare.Seconds(), "raw/s")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "of-raw")
}

// rawStore inserts rows and checks nothing.
type rawStore struct {
	pool                      *sql.DB
	document, reader, journal *sql.Stmt
}

func openRaw(b *testing.B) *rawStore {
	b.Helper()
	dir := b.TempDir()
	db, err := Open(b.Context(), dir, Options{})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	r := &rawStore{}
	if r.pool, err = sql.Open("sqlite", dsn(filepath.Join(dir, File))); err != nil {
		b.Fatal(err)
	}
	r.pool.SetMaxOpenConns(1)
	b.Cleanup(func() { r.pool.Close() })
	prepare := func(query string) *sql.Stmt {
		s, err := r.pool.Prepare(query)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	r.document = prepare(`INSERT INTO documents (school, id, kind, rev, changed, day, deleted, audience, former, names, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	r.reader = prepare(`INSERT INTO readers (school, scope, changed, id, document, kind, rev, day, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	r.journal = prepare(`INSERT INTO journal (device, seq, school, raw, hash, received, principal, kind, doc, base, verdict, code, detail, open) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	return r
}

func (r *rawStore) insert(b *testing.B, docs []engine.Stored, entries []engine.Entry) {
	b.Helper()
	tx, err := r.pool.Begin()
	if err != nil {
		b.Fatal(err)
	}
	document, reader, journal := tx.Stmt(r.document), tx.Stmt(r.reader), tx.Stmt(r.journal)
	principal, err := json.Marshal(benchPrincipal)
	exec := func(s *sql.Stmt, args ...any) {
		if err == nil {
			_, err = s.Exec(args...)
		}
	}
	for i, d := range docs {
		e := entries[i]
		exec(document, 1, string(d.ID), string(d.Kind), d.Rev, e.Seq, d.Day, d.Deleted, join(d.Audience), "", "", d.Body)
		for _, scope := range d.Audience {
			exec(reader, 1, string(scope), e.Seq, string(d.ID), e.Seq, string(d.Kind), d.Rev, d.Day, d.Deleted)
		}
		exec(journal, 1, e.Seq, 1, e.Raw, e.Hash[:], e.Received, string(principal), string(e.Kind), string(e.Doc), e.Base, string(e.Verdict), string(e.Code), e.Detail, e.Open)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReplace measures an Update of 100 visits that were there already.
func BenchmarkReplace(b *testing.B) {
	db := openBench(b)
	rev := int64(0)
	for b.Loop() {
		docs, _ := visits(1, rev)
		rev++
		if err := db.Update(b.Context(), benchSchool, func(tx engine.Tx) error { return tx.Put(docs) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*perUpdate)/b.Elapsed().Seconds(), "visits/s")
}

// BenchmarkChanges measures a full page and an empty delta for a reader of four scopes among 10,000 visits.
func BenchmarkChanges(b *testing.B) {
	db := openBench(b)
	for from := 1; from <= 10_000; from += perUpdate {
		docs, _ := visits(from, 0)
		if err := db.Update(b.Context(), benchSchool, func(tx engine.Tx) error { return tx.Put(docs) }); err != nil {
			b.Fatal(err)
		}
	}
	scopes := []wire.Scope{"school", "unit:" + benchID[wire.Scope](3), "user:" + benchID[wire.Scope](7), "office:admin"}
	for _, c := range []struct {
		name  string
		after engine.Position
		want  int
	}{
		{"page of 500", engine.Position{Changed: 10}, 500},
		{"delta of nothing", engine.Position{Changed: 1000}, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				err := db.View(b.Context(), benchSchool, func(v engine.View) error {
					changes, _, err := v.Changes(scopes, c.after, "2026-03-01", 500, 1<<20)
					if len(changes) != c.want {
						b.Fatalf("got %d changes, want %d", len(changes), c.want)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("digest of 10,000", func(b *testing.B) {
		for b.Loop() {
			n := 0
			if err := db.View(b.Context(), benchSchool, func(v engine.View) error {
				return v.Live(scopes, "", func(wire.Kind, wire.DocID, int64) { n++ })
			}); err != nil || n != 10_000 {
				b.Fatalf("got %d documents, %v", n, err)
			}
		}
	})
}

// Package sqlite keeps everything but photo bytes in one SQLite file. It is the default store: no service to run, no
// setting to make, and every acknowledged write survives a kill or a power cut (WAL, synchronous=FULL).
//
// One goroutine writes. Concurrent updates share a commit, so that one fsync serves many (write.go). Reads run beside
// it on a small pool of connections, each on one consistent snapshot (read.go).
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
)

// File is the name of the database inside the data folder.
const File = "zoufang.db"

// Options tune a DB. The zero value is right for a server.
type Options struct {
	// Readers is the number of reads that run at the same time; 0 means 4.
	Readers int
	// ShareFolder leaves the folder unlocked. Only tests that run two servers on one folder may set it.
	ShareFolder bool
}

// DB is an open database. All methods are safe for concurrent use.
type DB struct {
	pool    *sql.DB
	lock    *os.File
	epoch   atomic.Pointer[string]
	name    string
	readers chan *conn
	all     []*conn

	// closing guards jobs against a send after close.
	closing sync.RWMutex
	closed  bool
	jobs    chan *job
	writer  sync.WaitGroup
}

// Open opens the database in dir, makes both where they are missing, and brings an older database up to date. It fails
// if another process uses the folder or a newer version of this program wrote the database; these errors are worded
// for the operator. ctx bounds the opening only.
func Open(ctx context.Context, dir string, opts Options) (*DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	db := &DB{}
	if !opts.ShareFolder {
		lock, err := lockFolder(dir)
		if err != nil {
			return nil, err
		}
		db.lock = lock
	}
	if err := db.open(ctx, filepath.Join(dir, File), opts); err != nil {
		return nil, errors.Join(err, db.release())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, file string, opts Options) error {
	// Half the wait per commit, same durability; where a platform lacks it (the error), SQLite uses fsync.
	_, _ = sqlite.Fdatasync(true)
	if err := makePrivate(file); err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	pool, err := sql.Open("sqlite", dsn(file))
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	db.pool = pool
	writer, err := db.connect(ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	if err := migrate(ctx, writer.sql, migrations); err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	var epoch string
	if err := writer.QueryRow(`SELECT epoch, name FROM store`).Scan(&epoch, &db.name); err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	db.epoch.Store(&epoch)
	readers := opts.Readers
	if readers <= 0 {
		readers = 4
	}
	db.readers = make(chan *conn, readers)
	for range readers {
		reader, err := db.connect(ctx)
		if err != nil {
			return fmt.Errorf("open %s: %w", file, err)
		}
		if _, err := reader.Exec(`PRAGMA query_only = 1`); err != nil {
			return fmt.Errorf("open %s: %w", file, err)
		}
		db.readers <- reader
	}
	db.jobs = make(chan *job, queueLength)
	db.writer.Go(func() { db.write(writer) })
	return nil
}

// makePrivate makes a missing database file that only this user may read, whatever the folder allows: SQLite itself
// would go by the umask, and gives its other files the mode of this one.
func makePrivate(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn names the file, by its absolute path, and what every connection to it is set to. The file is not mapped into
// memory: a failing disk would then end the process where now it answers unavailable.
func dsn(file string) string {
	return (&url.URL{Scheme: "file", Path: file, RawQuery: url.Values{"_pragma": {
		"busy_timeout(10000)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		"temp_store(MEMORY)",
		"cache_size(-16000)",
		"journal_size_limit(67108864)",
	}}.Encode()}).String()
}

func (db *DB) connect(ctx context.Context) (*conn, error) {
	c, err := db.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	wrapped := &conn{sql: c, stmts: map[stmtKey]*sql.Stmt{}}
	db.all = append(db.all, wrapped)
	return wrapped, nil
}

// Close finishes the updates that were accepted, waits for running reads and gives the folder free. Later calls of
// other methods fail with code unavailable; a second Close does nothing.
func (db *DB) Close() error {
	db.closing.Lock()
	if db.closed {
		db.closing.Unlock()
		return nil
	}
	db.closed = true
	close(db.jobs)
	db.closing.Unlock()
	db.writer.Wait()
	for range cap(db.readers) {
		<-db.readers
	}
	close(db.readers)
	return db.release()
}

// release closes what is open. The folder's lock goes last.
func (db *DB) release() error {
	var errs []error
	for _, c := range db.all {
		errs = append(errs, c.close())
	}
	if db.pool != nil {
		errs = append(errs, db.pool.Close())
	}
	if db.lock != nil {
		errs = append(errs, unlockFolder(db.lock))
	}
	return errors.Join(errs...)
}

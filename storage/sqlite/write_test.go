package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"zoufang/sync/wire"
)

func openTest(t *testing.T, dir string) *DB {
	t.Helper()
	db, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// addRow writes one row under a number.
func addRow(n int) func(*conn) error {
	return func(tx *conn) error {
		_, err := tx.Exec(`INSERT INTO holdings (school, user, hash, bytes) VALUES (1, ?, 'h', 1)`, fmt.Sprint(n))
		return err
	}
}

func countRows(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.view(t.Context(), func(tx *conn) error { return tx.QueryRow(`SELECT count(*) FROM holdings`).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// occupy keeps the writer busy inside an update until the returned function is called, so that others queue.
func occupy(t *testing.T, db *DB) (release func()) {
	t.Helper()
	running, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- db.update(context.Background(), func(*conn) error {
			close(running)
			<-free
			return nil
		})
	}()
	<-running
	return func() {
		close(free)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestQueuedUpdatesShareOneCommitAndFailAlone(t *testing.T) {
	t.Parallel()
	db := openTest(t, t.TempDir())
	release := occupy(t, db)
	oops := errors.New("on purpose")
	var wg sync.WaitGroup
	const updates = 200
	for i := range updates {
		wg.Go(func() {
			err := db.update(t.Context(), func(tx *conn) error {
				if err := addRow(i)(tx); err != nil {
					return err
				}
				if i%2 == 1 {
					return oops
				}
				return nil
			})
			if i%2 == 1 && err != oops || i%2 == 0 && err != nil {
				t.Errorf("update %d = %v", i, err)
			}
		})
	}
	release()
	wg.Wait()
	if got := countRows(t, db); got != updates/2 {
		t.Errorf("%d rows, want %d", got, updates/2)
	}
}

func TestWaitingUpdateGivesUpWithItsCaller(t *testing.T) {
	t.Parallel()
	db := openTest(t, t.TempDir())
	release := occupy(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- db.update(ctx, addRow(1)) }()
	cancel()
	if err := <-answer; wire.CodeOf(err) != wire.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("update = %v, want unavailable because of the caller", err)
	}
	release()
	if err := db.update(t.Context(), addRow(2)); err != nil {
		t.Fatal(err)
	}
	if got := countRows(t, db); got != 1 {
		t.Errorf("%d rows, want only that of the caller who waited", got)
	}
}

func TestPanicOfAnUpdateIsItsCallers(t *testing.T) {
	t.Parallel()
	db := openTest(t, t.TempDir())
	func() {
		defer func() {
			if got := recover(); got != "a defect" {
				t.Errorf("recovered %v", got)
			}
		}()
		err := db.update(t.Context(), func(tx *conn) error {
			if err := addRow(1)(tx); err != nil {
				return err
			}
			panic("a defect")
		})
		t.Errorf("update returned %v", err)
	}()
	if err := db.update(t.Context(), addRow(2)); err != nil {
		t.Errorf("the writer did not survive: %v", err)
	}
	if got := countRows(t, db); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

func TestCloseFinishesWhatWasAccepted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := openTest(t, dir)
	release := occupy(t, db)
	var wg sync.WaitGroup
	var accepted sync.Map
	for i := range 50 {
		wg.Go(func() {
			if err := db.update(t.Context(), addRow(i)); err == nil {
				accepted.Store(i, true)
			} else if wire.CodeOf(err) != wire.CodeUnavailable {
				t.Errorf("update = %v", err)
			}
		})
	}
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	release()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	for what, err := range map[string]error{
		"update": db.update(t.Context(), addRow(99)),
		"view":   db.view(t.Context(), func(*conn) error { return nil }),
	} {
		if wire.CodeOf(err) != wire.CodeUnavailable {
			t.Errorf("%s after Close = %v, want unavailable", what, err)
		}
	}
	want := 0
	accepted.Range(func(any, any) bool { want++; return true })
	if got := countRows(t, openTest(t, dir)); got != want {
		t.Errorf("%d rows, %d updates were acknowledged", got, want)
	}
}

func TestViewsCannotWrite(t *testing.T) {
	t.Parallel()
	db := openTest(t, t.TempDir())
	if err := db.view(t.Context(), addRow(1)); err == nil {
		t.Error("a view wrote")
	}
}

func TestFullDiskIsSaidAndSurvived(t *testing.T) {
	t.Parallel()
	db := openTest(t, t.TempDir())
	limit := func(pages int) {
		if err := db.update(t.Context(), func(tx *conn) error {
			var got int
			return tx.QueryRow(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)).Scan(&got)
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(80)
	large := strings.Repeat("x", 100_000)
	var err error
	stored := 0
	for ; err == nil; stored++ {
		err = db.update(t.Context(), func(tx *conn) error {
			_, err := tx.Exec(`INSERT INTO holdings (school, user, hash, bytes) VALUES (1, ?, ?, 1)`, fmt.Sprint(stored), large)
			return err
		})
	}
	stored-- // the last one failed
	if wire.CodeOf(err) != wire.CodeStorageFull {
		t.Errorf("update on a full disk = %v, want storage_full", err)
	}
	if stored == 0 {
		t.Fatal("nothing was stored before the disk was full")
	}
	if got := countRows(t, db); got != stored {
		t.Errorf("%d rows can be read, %d were acknowledged", got, stored)
	}
	limit(100_000)
	if err := db.update(t.Context(), addRow(-1)); err != nil {
		t.Errorf("update after there was room again = %v", err)
	}
}

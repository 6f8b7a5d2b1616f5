package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// How the other files of this package write and read:
//
//	err := db.update(ctx, func(tx *conn) error {      // all of its writes are durable when update returns nil, or none is made
//		_, err := tx.Exec(`INSERT INTO t (a, b) VALUES (?, ?)`, a, b)
//		return err
//	})
//	err := db.view(ctx, func(tx *conn) error {        // one snapshot, read only
//		return tx.QueryRow(`SELECT b FROM t WHERE a = ?`, a).Scan(&b)
//	})
//
// Queries are constants: each is prepared once per connection (conn.go). Driver errors come back as *wire.Error with
// code unavailable or storage_full; errors of the function, sql.ErrNoRows among them, come back as they are. A function
// must not call update or view itself, nor block on anything else: it holds up all writers.

const (
	// queueLength is how many updates wait before callers wait to enqueue.
	queueLength = 256
	// maxBatch and maxBatchTime bound what shares a commit: the first in it waits for the last.
	maxBatch     = 64
	maxBatchTime = 20 * time.Millisecond
)

// job is one update on its way through the writer.
type job struct {
	fn    func(*conn) error
	state atomic.Int32
	err   error
	// panicked is what fn panicked with; it goes on in the caller.
	panicked any
	done     chan struct{}
}

const (
	jobWaiting int32 = iota
	jobTaken
	jobAbandoned
)

// update runs fn in a write transaction and returns when its writes are durable. fn's writes are undone if it fails,
// alone: the others that share the commit are not affected. If ctx ends while fn waits for its turn, fn does not run;
// once it runs, update waits for it.
func (db *DB) update(ctx context.Context, fn func(*conn) error) error {
	j := &job{fn: fn, done: make(chan struct{})}
	if err := db.enqueue(ctx, j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobWaiting, jobAbandoned) {
			return fault(ctx.Err())
		}
		<-j.done
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return fault(j.err)
}

func (db *DB) enqueue(ctx context.Context, j *job) error {
	db.closing.RLock()
	defer db.closing.RUnlock()
	if db.closed {
		return errClosed
	}
	select {
	case db.jobs <- j:
		return nil
	case <-ctx.Done():
		return fault(ctx.Err())
	}
}

// write is the one writer. It ends when jobs is closed and empty.
func (db *DB) write(c *conn) {
	for first := range db.jobs {
		batch := db.runBatch(c, first)
		for _, j := range batch {
			close(j.done)
		}
	}
}

// runBatch runs first and what else is queued in one transaction and returns all that ran, with their errors set.
func (db *DB) runBatch(c *conn, first *job) (batch []*job) {
	if !first.state.CompareAndSwap(jobWaiting, jobTaken) {
		return nil
	}
	batch = append(batch, first)
	if _, err := c.Exec(`BEGIN IMMEDIATE`); err != nil {
		first.err = err
		return batch
	}
	deadline := time.Now().Add(maxBatchTime)
	for j := first; j != nil; j = db.next(&batch, deadline) {
		if err := c.runJob(j); err != nil {
			return c.abort(batch, err)
		}
	}
	if _, err := c.Exec(`COMMIT`); err != nil {
		return c.abort(batch, err)
	}
	return batch
}

// next takes another queued job into the batch, or returns nil when the batch is to be committed.
func (db *DB) next(batch *[]*job, deadline time.Time) *job {
	for len(*batch) < maxBatch && time.Now().Before(deadline) {
		select {
		case j, ok := <-db.jobs:
			if !ok {
				return nil
			}
			if j.state.CompareAndSwap(jobWaiting, jobTaken) {
				*batch = append(*batch, j)
				return j
			}
		default:
			return nil
		}
	}
	return nil
}

// runJob runs one function in its savepoint and notes its error in the job. An error of runJob itself means that the
// transaction is gone.
func (c *conn) runJob(j *job) error {
	if _, err := c.Exec(`SAVEPOINT job`); err != nil {
		return err
	}
	j.err = j.call(c)
	if j.err != nil || j.panicked != nil {
		// A full disk or an I/O error has rolled back everything, then there is no such savepoint.
		if _, err := c.Exec(`ROLLBACK TO job`); err != nil {
			return errors.Join(j.err, err)
		}
	}
	_, err := c.Exec(`RELEASE job`)
	return err
}

func (j *job) call(c *conn) error {
	defer func() { j.panicked = recover() }()
	return j.fn(c)
}

// abort rolls back and answers every job of the batch with the cause: none of them is durable.
func (c *conn) abort(batch []*job, cause error) []*job {
	// The transaction may be gone already, then there is nothing to roll back.
	_, _ = c.Exec(`ROLLBACK`)
	for _, j := range batch {
		if j.err == nil {
			j.err = fault(fmt.Errorf("commit: %w", cause))
		}
	}
	return batch
}

package sqlite

import "context"

// view runs fn over one snapshot that holds every update that returned before view was called. It waits for a free
// connection until ctx ends.
func (db *DB) view(ctx context.Context, fn func(*conn) error) error {
	var c *conn
	select {
	case c = <-db.readers:
	case <-ctx.Done():
		return fault(ctx.Err())
	}
	if c == nil {
		return errClosed
	}
	defer func() { db.readers <- c }()
	if _, err := c.Exec(`BEGIN`); err != nil {
		return err
	}
	// Nothing was written: ending the transaction cannot lose anything, and the next BEGIN would report a broken connection.
	defer func() { _, _ = c.Exec(`ROLLBACK`) }()
	return fault(fn(c))
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// conn is one connection and the statements prepared on it. Its methods are those of sql.Tx, except that each query is
// prepared once and kept for the life of the connection: pass constants, and values as arguments, never text built
// from values. One goroutine uses a conn at a time. Statements are short and take no context: watching one costs a
// goroutine per statement; waiting for a conn is what a context bounds.
type conn struct {
	sql   *sql.Conn
	stmts map[stmtKey]*sql.Stmt
}

// stmtKey tells statements apart. The same query has several numbers if it is open several times at once.
type stmtKey struct {
	query  string
	number int
}

func (c *conn) stmt(query string, number int) (*sql.Stmt, error) {
	key := stmtKey{query, number}
	if s, ok := c.stmts[key]; ok {
		return s, nil
	}
	s, err := c.sql.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fault(err)
	}
	c.stmts[key] = s
	return s, nil
}

// Exec runs a statement that returns no rows.
func (c *conn) Exec(query string, args ...any) (sql.Result, error) {
	s, err := c.stmt(query, 0)
	if err != nil {
		return nil, err
	}
	r, err := s.Exec(args...)
	return r, fault(err)
}

// insertChunk is how many rows one statement inserts where there are so many: the price of a statement is paid once.
const insertChunk = 16

// insertRows inserts rows, each of the same number of values, with "INSERT INTO … VALUES" in head and an optional tail, and
// returns how many went in.
func (c *conn) insertRows(head, tail string, width int, values []any) (inserted int64, err error) {
	one := "(?" + strings.Repeat(", ?", width-1) + ")"
	for len(values) > 0 {
		n := insertChunk
		if len(values) < n*width {
			n = 1
		}
		r, err := c.Exec(head+one+strings.Repeat(", "+one, n-1)+tail, values[:n*width]...)
		if err != nil {
			return inserted, err
		}
		went, err := r.RowsAffected()
		if err != nil {
			return inserted, fault(err)
		}
		inserted += went
		values = values[n*width:]
	}
	return inserted, nil
}

// Query runs a statement that returns rows. Close them before the function of the update or view returns.
func (c *conn) Query(query string, args ...any) (*sql.Rows, error) {
	return c.queryNumber(0, query, args...)
}

// queryNumber is Query for a query of which several are open at once, each under its own small number.
func (c *conn) queryNumber(number int, query string, args ...any) (*sql.Rows, error) {
	s, err := c.stmt(query, number)
	if err != nil {
		return nil, err
	}
	rows, err := s.Query(args...)
	return rows, fault(err)
}

// QueryRow runs a statement of which one row is wanted; Scan fails with sql.ErrNoRows if there is none.
func (c *conn) QueryRow(query string, args ...any) *sql.Row {
	s, err := c.stmt(query, 0)
	if err != nil {
		// Let database/sql meet the same fault and carry it to Scan: a sql.Row cannot be made with an error.
		return c.sql.QueryRowContext(context.Background(), query, args...)
	}
	return s.QueryRow(args...)
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.sql.Close())...)
}

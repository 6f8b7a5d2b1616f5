package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"zoufang/sync/wire"
)

// fault gives an error of the driver the code a client may see; the cause stays inside for the log. All other errors,
// sql.ErrNoRows among them, are returned as they are.
func fault(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*wire.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		if e.Code()&0xff == sqlite3.SQLITE_FULL {
			return &wire.Error{Code: wire.CodeStorageFull, Err: err}
		}
		return &wire.Error{Code: wire.CodeUnavailable, Err: err}
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &wire.Error{Code: wire.CodeUnavailable, Err: err}
	}
	return err
}

// errClosed answers calls after Close.
var errClosed = &wire.Error{Code: wire.CodeUnavailable, Err: errors.New("sqlite: database is closed")}

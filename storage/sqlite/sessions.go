package sqlite

import (
	"context"
	"database/sql"

	"zoufang/storage"
	"zoufang/sync/wire"
)

// SignedIn returns a session with its school, account and device, ended or not. It fails with code not_found.
func (db *DB) SignedIn(ctx context.Context, session string) (in storage.SignedIn, err error) {
	var a accountRow
	var d deviceRow
	s := &in.Session
	fields := append(append(a.fields(), d.fields()...),
		&s.ID, &s.Bearer, &s.Seed, &s.Version, &s.StartedAt, &s.UsedAt, &s.RevokedAt, (*string)(&in.School.ID), &in.School.Name)
	err = db.view(ctx, func(c *conn) error {
		return found(c.QueryRow(`SELECT `+accountColumns+`, `+deviceColumns+`,
				s.id, s.bearer, s.seed, s.version, s.started, s.used, s.revoked, t.id, t.name
			FROM sessions s
			JOIN accounts a ON a.school = s.school AND a.user = s.user
			JOIN installations d ON d.school = s.school AND d.id = s.device
			JOIN tenants t ON t.id = s.school
			WHERE s.id = ?`, session).Scan(fields...), "session")
	})
	if err != nil {
		return storage.SignedIn{}, err
	}
	in.Account, in.Device = a.account(), d.device()
	s.School, s.User, s.Device = in.School.ID, in.Account.User, in.Device.ID
	return in, nil
}

// Spend notes the use of a refresh token, once: it returns the first use of this generation, whether that is the one
// given or an earlier one, and whether the next generation was used already.
func (db *DB) Spend(ctx context.Context, use storage.Spend) (first storage.Spend, passed bool, err error) {
	err = db.update(ctx, func(c *conn) error {
		r, err := c.Exec(`INSERT INTO spends (session, generation, nonce, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			use.Session, use.Generation, use.Nonce, use.At)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return err
		}
		if n == 1 {
			first, passed = use, false
			_, err := c.Exec(`UPDATE sessions SET used = ? WHERE id = ?`, use.At, use.Session)
			return err
		}
		if first, err = spendOf(c, use.Session, use.Generation); err != nil {
			return err
		}
		_, err = spendOf(c, use.Session, use.Generation+1)
		passed = err == nil
		if wire.CodeOf(err) == wire.CodeNotFound {
			return nil
		}
		return err
	})
	return first, passed, err
}

// SpendOf returns the use of a generation's refresh token. It fails with code not_found.
func (db *DB) SpendOf(ctx context.Context, session string, generation int64) (use storage.Spend, err error) {
	err = db.view(ctx, func(c *conn) error {
		use, err = spendOf(c, session, generation)
		return err
	})
	return use, err
}

func spendOf(c *conn, session string, generation int64) (storage.Spend, error) {
	use := storage.Spend{Session: session, Generation: generation}
	row := c.QueryRow(`SELECT nonce, at FROM spends WHERE session = ? AND generation = ?`, session, generation)
	return use, found(row.Scan(&use.Nonce, &use.At), "spend")
}

// RevokeSession ends a session, at Unix milliseconds. An unknown or ended one is no fault.
func (db *DB) RevokeSession(ctx context.Context, session string, at int64) error {
	return db.update(ctx, func(c *conn) error {
		_, err := c.Exec(`UPDATE sessions SET revoked = ? WHERE id = ? AND revoked = 0`, at, session)
		return err
	})
}

// ForgetSessions drops sessions last used before a time in Unix milliseconds, with their spends, and returns how many.
func (db *DB) ForgetSessions(ctx context.Context, before int64) (n int64, err error) {
	err = db.update(ctx, func(c *conn) error {
		if _, err := c.Exec(`DELETE FROM spends WHERE session IN (SELECT id FROM sessions WHERE used < ?)`, before); err != nil {
			return err
		}
		r, err := c.Exec(`DELETE FROM sessions WHERE used < ?`, before)
		if err != nil {
			return err
		}
		n, err = r.RowsAffected()
		return err
	})
	return n, err
}

// PutSetupCode makes the code with this hash the one that is waited for. It fails with code conflict once there is a school.
func (db *DB) PutSetupCode(ctx context.Context, hash [32]byte) error {
	return db.update(ctx, func(c *conn) error {
		r, err := c.Exec(`INSERT INTO setup_code (one, hash, spent) SELECT 1, ?, 0 WHERE NOT EXISTS (SELECT 1 FROM tenants)
			ON CONFLICT (one) DO UPDATE SET hash = excluded.hash, spent = 0`, hash[:])
		return inserted(r, err, "school")
	})
}

// deviceColumns are read from "installations d" in the order of deviceRow.fields.
const deviceColumns = `d.school, d.id, d.user, d.name, d.key, d.created, d.revoked`

// deviceRow is a device on its way from a row.
type deviceRow struct{ d storage.Device }

func (r *deviceRow) fields() []any {
	d := &r.d
	return []any{(*string)(&d.School), (*string)(&d.ID), (*string)(&d.User), &d.Name, &d.Key, &d.CreatedAt, &d.RevokedAt}
}

func (r *deviceRow) device() storage.Device {
	if len(r.d.Key) == 0 {
		r.d.Key = nil
	}
	return r.d
}

// noRows returns err, or "no rows" if there is none.
func noRows(err error) error {
	if err == nil {
		return sql.ErrNoRows
	}
	return err
}

package sqlite

import (
	"context"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// UpdateSchool is Update for what touches accounts and documents at once: both become durable together, or none.
func (db *DB) UpdateSchool(ctx context.Context, school wire.SchoolID, fn func(engine.Tx, storage.Accounts) error) error {
	return db.update(ctx, func(c *conn) error {
		documents, err := db.begin(c, school)
		if err != nil {
			return err
		}
		return fn(documents, accounts{c, school})
	})
}

// Schools returns all schools, ordered by id.
func (db *DB) Schools(ctx context.Context) ([]storage.School, error) {
	all := []storage.School{}
	err := db.view(ctx, func(c *conn) error {
		rows, err := c.Query(`SELECT id, name FROM tenants ORDER BY id`)
		return each(rows, err, func() error {
			var s storage.School
			if err := rows.Scan((*string)(&s.ID), &s.Name); err != nil {
				return err
			}
			all = append(all, s)
			return nil
		})
	})
	return all, err
}

// Accounts returns the accounts of a school, ordered by folded user name.
func (db *DB) Accounts(ctx context.Context, school wire.SchoolID) (all []storage.Account, err error) {
	err = db.view(ctx, func(c *conn) error {
		all, err = accounts{c, school}.Accounts()
		return err
	})
	return all, err
}

// AccountByName returns the account with this user name, folded. It fails with code not_found.
func (db *DB) AccountByName(ctx context.Context, school wire.SchoolID, username string) (storage.Account, error) {
	var r accountRow
	err := db.view(ctx, func(c *conn) error {
		row := c.QueryRow(`SELECT `+accountColumns+` FROM accounts a WHERE a.school = ? AND a.login = ?`,
			string(school), storage.FoldUsername(username))
		return found(row.Scan(r.fields()...), "account")
	})
	if err != nil {
		return storage.Account{}, err
	}
	return r.account(), nil
}

// ChangeAccount applies change to an account and returns what is stored then, with the next Version if it differs. It
// fails with code not_found, or with change's error.
func (db *DB) ChangeAccount(ctx context.Context, school wire.SchoolID, user wire.UserID, change func(*storage.Account) error) (changed storage.Account, err error) {
	err = db.update(ctx, func(c *conn) error {
		a, err := accountOf(c, school, user)
		if err != nil {
			return err
		}
		if err := change(&a); err != nil {
			return err
		}
		if err := (accounts{c, school}).PutAccounts([]storage.Account{a}); err != nil {
			return err
		}
		changed, err = accountOf(c, school, user)
		return err
	})
	return changed, err
}

// Device returns a device. It fails with code not_found.
func (db *DB) Device(ctx context.Context, school wire.SchoolID, id wire.DeviceID) (storage.Device, error) {
	var r deviceRow
	err := db.view(ctx, func(c *conn) error {
		row := c.QueryRow(`SELECT `+deviceColumns+` FROM installations d WHERE d.school = ? AND d.id = ?`, string(school), string(id))
		return found(row.Scan(r.fields()...), "device")
	})
	if err != nil {
		return storage.Device{}, err
	}
	return r.device(), nil
}

// RevokeDevice marks a device and ends its sessions, at Unix milliseconds. It fails with code not_found; a device that
// is revoked stays revoked since the first time.
func (db *DB) RevokeDevice(ctx context.Context, school wire.SchoolID, id wire.DeviceID, at int64) error {
	return db.update(ctx, func(c *conn) error {
		r, err := c.Exec(`UPDATE installations SET revoked = iif(revoked = 0, ?, revoked) WHERE school = ? AND id = ?`, at, string(school), string(id))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return found(noRows(err), "device")
		}
		_, err = c.Exec(`UPDATE sessions SET revoked = ? WHERE school = ? AND device = ? AND revoked = 0`, at, string(school), string(id))
		return err
	})
}

// Begin writes a new session and, if it is new, its device, together. It fails with code conflict if the session is known.
func (db *DB) Begin(ctx context.Context, s storage.Session, d storage.Device) error {
	return db.update(ctx, func(c *conn) error {
		if _, err := c.Exec(`INSERT INTO installations (school, id, user, name, key, created, revoked) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			string(d.School), string(d.ID), string(d.User), d.Name, append([]byte{}, d.Key...), d.CreatedAt, d.RevokedAt); err != nil {
			return err
		}
		r, err := c.Exec(`INSERT INTO sessions (id, school, user, device, bearer, seed, version, started, used, revoked)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			s.ID, string(s.School), string(s.User), string(s.Device), s.Bearer, s.Seed, s.Version, s.StartedAt, s.UsedAt, s.RevokedAt)
		return inserted(r, err, "session")
	})
}

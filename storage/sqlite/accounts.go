package sqlite

import (
	"database/sql"
	"errors"
	"reflect"

	"zoufang/storage"
	"zoufang/sync/wire"
)

// accounts is the storage.Accounts of one school inside an update.
type accounts struct {
	c      *conn
	school wire.SchoolID
}

func (a accounts) Accounts() ([]storage.Account, error) {
	all := []storage.Account{}
	rows, err := a.c.Query(`SELECT `+accountColumns+` FROM accounts a WHERE a.school = ? ORDER BY a.login`, string(a.school))
	err = each(rows, err, func() error {
		var r accountRow
		if err := rows.Scan(r.fields()...); err != nil {
			return err
		}
		all = append(all, r.account())
		return nil
	})
	return all, err
}

func (a accounts) PutAccounts(all []storage.Account) error {
	var changed []storage.Account
	for _, account := range all {
		account.School = a.school
		old, err := accountOf(a.c, a.school, account.User)
		if err != nil && wire.CodeOf(err) != wire.CodeNotFound {
			return err
		}
		account.Version = old.Version
		if err == nil && sameAccount(old, account) {
			continue
		}
		account.Version++
		changed = append(changed, account)
	}
	// Two people may swap user names: everyone gives theirs up before anyone takes one.
	for _, account := range changed {
		if _, err := a.c.Exec(`DELETE FROM accounts WHERE school = ? AND user = ?`, string(a.school), string(account.User)); err != nil {
			return err
		}
	}
	for _, account := range changed {
		if err := insertAccount(a.c, account); err != nil {
			return err
		}
	}
	return nil
}

func (a accounts) PutSchool(school storage.School) error {
	_, err := a.c.Exec(`INSERT INTO tenants (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
		string(school.ID), school.Name)
	return err
}

func (a accounts) SpendSetupCode(hash [32]byte) error {
	r, err := a.c.Exec(`UPDATE setup_code SET spent = 1 WHERE hash = ? AND spent = 0`, hash[:])
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(wire.Fault(wire.CodeNotFound, "set-up code"), err)
	}
	return nil
}

// accountColumns are read from "accounts a" in the order of accountRow.fields.
const accountColumns = `a.school, a.user, a.username, a.password_hash, a.password_due, a.disabled, a.admin, a.proxy_for, a.units, a.version, a.valid_from, a.kept`

// accountRow is an account on its way from a row.
type accountRow struct {
	a               storage.Account
	proxyFor, units string
}

func (r *accountRow) fields() []any {
	a := &r.a
	return []any{
		(*string)(&a.School), (*string)(&a.User), &a.Username, &a.PasswordHash, &a.PasswordDue, &a.Disabled, &a.Admin,
		&r.proxyFor, &r.units, &a.Version, &a.ValidFrom, &a.Kept,
	}
}

func (r *accountRow) account() storage.Account {
	r.a.ProxyFor, r.a.Units = split[wire.UserID](r.proxyFor), split[wire.DocID](r.units)
	return r.a
}

// accountOf returns one account. It fails with code not_found.
func accountOf(c *conn, school wire.SchoolID, user wire.UserID) (storage.Account, error) {
	var r accountRow
	row := c.QueryRow(`SELECT `+accountColumns+` FROM accounts a WHERE a.school = ? AND a.user = ?`, string(school), string(user))
	if err := found(row.Scan(r.fields()...), "account"); err != nil {
		return storage.Account{}, err
	}
	return r.account(), nil
}

// insertAccount writes a new row. It fails with code conflict if the user or the user name is there.
func insertAccount(c *conn, a storage.Account) error {
	r, err := c.Exec(`INSERT INTO accounts (school, user, username, login, password_hash, password_due, disabled, admin,
			proxy_for, units, version, valid_from, kept)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(a.School), string(a.User), a.Username, storage.FoldUsername(a.Username), a.PasswordHash, a.PasswordDue, a.Disabled, a.Admin,
		join(a.ProxyFor), join(a.Units), a.Version, a.ValidFrom, a.Kept)
	return inserted(r, err, "username")
}

// sameAccount compares everything a row holds; absent and empty lists are alike.
func sameAccount(a, b storage.Account) bool {
	if join(a.ProxyFor) != join(b.ProxyFor) || join(a.Units) != join(b.Units) {
		return false
	}
	a.ProxyFor, a.Units, b.ProxyFor, b.Units = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

// found turns "no rows" into code not_found.
func found(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Fault(wire.CodeNotFound, "%s", what)
	}
	return fault(err)
}

// inserted turns "nothing inserted" into code conflict.
func inserted(r sql.Result, err error, what string) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return wire.Fault(wire.CodeConflict, "%s", what)
	}
	return nil
}

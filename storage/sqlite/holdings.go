package sqlite

import "zoufang/sync/wire"

// Holdings implements engine.View.
func (t *tx) Holdings(user wire.UserID, hashes []wire.Hash) (held []wire.Hash, _ error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	keys, err := list(hashes)
	if err != nil {
		return nil, err
	}
	rows, err := t.Query(`SELECT hash FROM holdings WHERE school = ? AND user = ? AND hash IN (SELECT value FROM json_each(?))`, t.school, string(user), keys)
	err = each(rows, err, func() error {
		var hash string
		err := rows.Scan(&hash)
		held = append(held, wire.Hash(hash))
		return err
	})
	return held, err
}

// AddHolding implements engine.Tx.
func (t *tx) AddHolding(user wire.UserID, hash wire.Hash, bytes int64) error {
	_, err := t.Exec(`INSERT INTO holdings (school, user, hash, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, t.school, string(user), string(hash), bytes)
	return err
}

package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// device is a line of the table devices.
type device struct {
	num, upTo, entries int64
}

// device returns the zero value for a device the journal holds nothing of.
func (t *tx) device(id wire.DeviceID) (d device, _ error) {
	err := t.QueryRow(`SELECT num, up_to, entries FROM devices WHERE school = ? AND id = ?`, t.school, string(id)).Scan(&d.num, &d.upTo, &d.entries)
	if errors.Is(err, sql.ErrNoRows) {
		return device{}, nil
	}
	return d, fault(err)
}

// Entries implements engine.View.
func (t *tx) Entries(id wire.DeviceID, seqs []int64) (entries []engine.Entry, _ error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	d, err := t.device(id)
	if err != nil || slices.Min(seqs) > d.upTo { // the usual push is all new
		return nil, err
	}
	keys, err := list(seqs)
	if err != nil {
		return nil, err
	}
	var principals principalReader
	rows, err := t.Query(`SELECT seq, raw, hash, received, principal, kind, doc, base, verdict, code, detail, open
		FROM journal WHERE device = ? AND seq IN (SELECT value FROM json_each(?)) ORDER BY seq`, d.num, keys)
	err = each(rows, err, func() error {
		e := engine.Entry{Device: id}
		var hash []byte
		var principal string
		if err := rows.Scan(&e.Seq, &e.Raw, &hash, &e.Received, &principal, (*string)(&e.Kind), (*string)(&e.Doc), &e.Base,
			(*string)(&e.Verdict), (*string)(&e.Code), &e.Detail, &e.Open); err != nil {
			return err
		}
		copy(e.Hash[:], hash)
		by, err := principals.read(principal)
		e.By = by
		entries = append(entries, e)
		return err
	})
	return entries, err
}

// Sequences implements engine.View.
func (t *tx) Sequences(id wire.DeviceID) (wire.Sequences, error) {
	s := wire.Sequences{Missing: [][]int64{}}
	d, err := t.device(id)
	if err != nil || d.entries == d.upTo {
		s.UpTo = d.upTo
		return s, err
	}
	s.UpTo = d.upTo
	rows, err := t.Query(`SELECT before + 1, seq - 1 FROM (SELECT seq, lag(seq, 1, 0) OVER (ORDER BY seq) AS before FROM journal WHERE device = ?)
		WHERE seq > before + 1 LIMIT 100`, d.num)
	err = each(rows, err, func() error {
		var from, to int64
		err := rows.Scan(&from, &to)
		s.Missing = append(s.Missing, []int64{from, to})
		return err
	})
	return s, err
}

// HeldCreations implements engine.View.
func (t *tx) HeldCreations(ids []wire.DocID) (held []wire.DocID, _ error) {
	if len(ids) == 0 {
		return nil, nil
	}
	keys, err := list(ids)
	if err != nil {
		return nil, err
	}
	rows, err := t.Query(`SELECT DISTINCT doc FROM journal WHERE school = ? AND doc IN (SELECT value FROM json_each(?)) AND verdict = 'held' AND base = 0`, t.school, keys)
	err = each(rows, err, func() error {
		var id string
		err := rows.Scan(&id)
		held = append(held, wire.DocID(id))
		return err
	})
	return held, err
}

// errTaken answers an insert of a number the journal has.
var errTaken = &wire.Error{Code: wire.CodeConflict, Detail: "journal number is taken"}

// Insert implements engine.Tx.
func (t *tx) Insert(entries []engine.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return t.all(func() error {
		devices := map[wire.DeviceID]device{}
		var principals principalWriter
		var values []any
		for i := range entries {
			e := &entries[i]
			d, ok := devices[e.Device]
			if !ok {
				var err error
				if d, err = t.ensureDevice(e.Device); err != nil {
					return err
				}
			}
			principal, err := principals.write(&e.By)
			if err != nil {
				return err
			}
			values = append(values, d.num, e.Seq, t.school, e.Raw, e.Hash[:], e.Received, principal, string(e.Kind), string(e.Doc), e.Base,
				string(e.Verdict), string(e.Code), e.Detail, e.Open)
			devices[e.Device] = device{num: d.num, upTo: max(d.upTo, e.Seq), entries: d.entries + 1}
		}
		inserted, err := t.insertRows(`INSERT INTO journal (device, seq, school, raw, hash, received, principal, kind, doc, base, verdict, code, detail, open)
			VALUES `, ` ON CONFLICT DO NOTHING`, 14, values)
		if err != nil {
			return err
		}
		if inserted < int64(len(entries)) {
			return errTaken
		}
		for _, d := range devices {
			if _, err := t.Exec(`UPDATE devices SET up_to = ?, entries = ? WHERE num = ?`, d.upTo, d.entries, d.num); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) ensureDevice(id wire.DeviceID) (device, error) {
	d, err := t.device(id)
	if err != nil || d.num != 0 {
		return d, err
	}
	r, err := t.Exec(`INSERT INTO devices (school, id, up_to, entries) VALUES (?, ?, 0, 0)`, t.school, string(id))
	if err != nil {
		return device{}, err
	}
	d.num, err = r.LastInsertId()
	return d, err
}

// principalWriter and principalReader translate a principal once for the many entries in a row that have the same.
type principalWriter struct {
	last *engine.Principal
	text string
}

func (w *principalWriter) write(p *engine.Principal) (string, error) {
	if w.last != nil && samePrincipal(w.last, p) {
		return w.text, nil
	}
	text, err := json.Marshal(p)
	w.last, w.text = p, string(text)
	return w.text, err
}

func samePrincipal(a, b *engine.Principal) bool {
	return a.School == b.School && a.User == b.User && a.Device == b.Device && a.Admin == b.Admin && a.Revoked == b.Revoked &&
		slices.Equal(a.Scopes, b.Scopes) && slices.Equal(a.ProxyFor, b.ProxyFor)
}

type principalReader struct {
	text string
	last engine.Principal
}

func (r *principalReader) read(text string) (engine.Principal, error) {
	if text == r.text {
		return r.last, nil
	}
	var p engine.Principal
	err := json.Unmarshal([]byte(text), &p)
	r.text, r.last = text, p
	return p, err
}

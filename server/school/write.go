package school

import (
	"errors"
	"maps"
	"slices"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// writing is one import inside its transaction.
type writing struct {
	tx        engine.Tx
	accounts  storage.Accounts
	by        *engine.Principal
	passwords Passwords
	report    *wire.ImportReport
	faults    Faults

	// edits are what the documents shall be, rows the line of the file behind each (nil: a term, of several).
	edits []engine.Edit
	rows  []*row
	// put are the accounts to write; touched tells by index of edits whether the account beside it differs.
	put     []storage.Account
	touched map[int]bool

	units    map[string]wire.DocID      // by name
	termIDs  map[string]wire.DocID      // by name
	placeIDs map[string]wire.DocID      // by code
	logins   map[string]storage.Account // by folded user name
}

// load reads what the files may refer to.
func (w *writing) load() error {
	w.touched = map[int]bool{}
	w.units, w.termIDs, w.placeIDs = map[string]wire.DocID{}, map[string]wire.DocID{}, map[string]wire.DocID{}
	w.logins = map[string]storage.Account{}
	for _, k := range []struct {
		kind wire.Kind
		by   map[string]wire.DocID
		key  func(name, code string) string
	}{
		{wire.KindUnit, w.units, func(name, _ string) string { return name }},
		{wire.KindTerm, w.termIDs, func(name, _ string) string { return name }},
		{wire.KindPlace, w.placeIDs, func(_, code string) string { return code }},
	} {
		docs, err := w.tx.Kind(k.kind)
		if err != nil {
			return err
		}
		for i := range docs {
			if docs[i].Deleted {
				continue // its name is free
			}
			var f struct {
				Name string `json:"name"`
				Code string `json:"code"`
			}
			if err := fieldsOf(&docs[i], &f); err != nil {
				return err
			}
			k.by[k.key(f.Name, f.Code)] = docs[i].ID
		}
	}
	accounts, err := w.accounts.Accounts()
	if err != nil {
		return err
	}
	for _, a := range accounts {
		w.logins[storage.FoldUsername(a.Username)] = a
	}
	return nil
}

func (w *writing) places(rows []placeRow) {
	for _, r := range rows {
		f := r.fields
		id, known := w.id(w.placeIDs, f.Code)
		set := map[string]any{"code": f.Code, "name": f.Name, "campus": f.Campus, "venue": f.Venue, "order": f.Order, "retired": orNil(f.Retired)}
		w.edit(r.row, wire.KindPlace, id, leave(set, r.row, known, "campus", "retired"))
	}
}

func (w *writing) terms(terms []wire.TermFields) {
	for _, t := range terms {
		id, _ := w.id(w.termIDs, t.Name)
		w.edit(nil, wire.KindTerm, id, map[string]any{
			"name": t.Name, "start": t.Start, "weeks": t.Weeks, "holidays": t.Holidays, "makeupDays": t.MakeupDays})
	}
}

// people writes units, persons and accounts. Who is not in the file stays as they are.
func (w *writing) people(rows []personRow) error {
	users := map[string]wire.UserID{} // by folded user name, of those in the file and those known
	for login, a := range w.logins {
		users[login] = a.User
	}
	for _, r := range rows {
		login := storage.FoldUsername(r.username)
		if _, known := users[login]; !known {
			users[login] = wire.UserID(newID())
		}
	}
	serves := w.liaisons(rows, users)
	for i, r := range rows {
		unit, known := w.id(w.units, r.unit)
		if !known {
			w.edit(r.row, wire.KindUnit, unit, map[string]any{
				"code": r.unit, "name": r.unit, "level": r.level, "parent": "", "order": i + 1})
		}
		login := storage.FoldUsername(r.username)
		user, f := users[login], r.fields
		old, known := w.logins[login]
		set := map[string]any{"name": f.Name, "post": f.Post, "role": f.Role, "unit": unit, "order": f.Order, "retired": orNil(r.disabled)}
		if known && !r.has("disabled") {
			delete(set, "retired")
		}
		w.edit(r.row, wire.KindPerson, wire.DocID(user), leave(set, r.row, known, "post"))
		a := old
		a.School, a.User, a.Username = w.by.School, user, r.username
		if !known || r.has("disabled") {
			a.Disabled = r.disabled
		}
		if !known || r.has("admin") {
			a.Admin = r.admin
		}
		a.Units, a.ProxyFor = []wire.DocID{unit}, serves[user]
		if !known {
			password, hash, err := w.passwords.OneTimePassword()
			if err != nil {
				return err
			}
			a.PasswordHash, a.PasswordDue = hash, true
			w.report.Logins = append(w.report.Logins, wire.Login{Username: r.username, Name: f.Name, Password: password})
		}
		w.touched[len(w.edits)-1] = known && (old.Username != a.Username || old.Disabled != a.Disabled || old.Admin != a.Admin ||
			!slices.Equal(old.Units, a.Units) || !slices.Equal(old.ProxyFor, a.ProxyFor))
		w.put, w.logins[login] = append(w.put, a), a
	}
	w.others(rows, serves)
	return nil
}

// others writes the accounts that are not in the file but serve somebody who is, and sees to it that an administrator
// is left.
func (w *writing) others(rows []personRow, serves map[wire.UserID][]wire.UserID) {
	admin := len(rows) == 0
	inFile := map[wire.UserID]bool{}
	for i := range w.put {
		inFile[w.put[i].User] = true
	}
	for _, login := range slices.Sorted(maps.Keys(w.logins)) {
		a := w.logins[login]
		admin = admin || a.Admin && !a.Disabled
		if !inFile[a.User] && len(rows) > 0 && !slices.Equal(a.ProxyFor, serves[a.User]) {
			a.ProxyFor = serves[a.User]
			w.put = append(w.put, a)
		}
	}
	if !admin {
		w.faults = append(w.faults, wire.ImportFault{File: peopleFile, Line: 1, Column: "admin", Fault: "last_admin"})
	}
}

// liaisons turns "who may enter for me", as the file tells it, round into "whom do I enter for", as an account holds it.
func (w *writing) liaisons(rows []personRow, users map[string]wire.UserID) map[wire.UserID][]wire.UserID {
	serves := map[wire.UserID][]wire.UserID{}
	told := map[wire.UserID]bool{}
	for _, r := range rows {
		told[users[storage.FoldUsername(r.username)]] = r.has("liaison")
	}
	for _, a := range w.logins { // of whom the file does not tell keeps their liaisons
		for _, cadre := range a.ProxyFor {
			if !told[cadre] {
				serves[a.User] = append(serves[a.User], cadre)
			}
		}
	}
	for _, r := range rows {
		for _, name := range r.liaisons {
			liaison, known := users[storage.FoldUsername(name)]
			if !known {
				w.faults = append(w.faults, wire.ImportFault{File: r.file, Line: r.line, Column: "liaison", Fault: "unknown_person", Value: name})
				continue
			}
			serves[liaison] = append(serves[liaison], users[storage.FoldUsername(r.username)])
		}
	}
	for user := range serves {
		slices.Sort(serves[user])
		serves[user] = slices.Compact(serves[user])
	}
	return serves
}

// write records the edits and accounts and counts what they did.
func (w *writing) write(now int64) error {
	done, err := engine.Record(w.tx, w.by, officeDevice, now, w.edits)
	if wrong, ok := errors.AsType[*engine.RecordError](err); ok {
		fault := wire.ImportFault{File: calendarFile, Fault: string(wrong.Err.Code), Value: wrong.Err.Detail}
		if r := w.rows[wrong.Edit]; r != nil {
			fault.File, fault.Line = r.file, r.line
		}
		return Faults{fault}
	}
	if err != nil {
		return err
	}
	for i, d := range done {
		switch {
		case d == engine.RecordedCreated:
			w.report.Created++
		case d == engine.RecordedChanged || w.touched[i]:
			w.report.Changed++
		default:
			w.report.Unchanged++
		}
	}
	if len(w.put) == 0 {
		return nil
	}
	return w.accounts.PutAccounts(w.put)
}

// edit notes what a document shall be.
func (w *writing) edit(r *row, kind wire.Kind, id wire.DocID, set map[string]any) {
	w.edits, w.rows = append(w.edits, engine.Edit{Kind: kind, Doc: id, Set: set}), append(w.rows, r)
}

// leave takes out of what a known document shall be the fields of columns that the file does not have.
func leave(set map[string]any, r *row, known bool, columns ...string) map[string]any {
	for _, c := range columns {
		if known && !r.has(c) {
			delete(set, c)
		}
	}
	return set
}

// id returns the document of a code and whether there is one; a new code gets a new id.
func (w *writing) id(known map[string]wire.DocID, code string) (wire.DocID, bool) {
	id, ok := known[code]
	if !ok {
		id = newID()
		known[code] = id
	}
	return id, ok
}

// orNil leaves a field away that says no.
func orNil(yes bool) any {
	if yes {
		return true
	}
	return nil
}

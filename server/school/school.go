// Package school keeps what the office enters about the school: people, units, places and the calendar, as CSV files that
// can be imported again and again. An import is one transaction: all of it or nothing, and every fault at once.
package school

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"

	"github.com/google/uuid"
)

// Store is what the office writes to. Documents and accounts change together.
type Store interface {
	engine.Store
	UpdateSchool(ctx context.Context, school wire.SchoolID, fn func(engine.Tx, storage.Accounts) error) error
	Accounts(ctx context.Context, school wire.SchoolID) ([]storage.Account, error)
}

// Passwords is what the office needs of signing in.
type Passwords interface {
	// OneTimePassword returns a new password and its hash for an account with PasswordDue.
	OneTimePassword() (password, hash string, err error)
	// ResetPassword replaces a user's password by a one-time one and ends their sessions. It fails with code not_found.
	ResetPassword(ctx context.Context, school wire.SchoolID, user wire.UserID) (storage.Account, string, error)
	// CreateFirstAdmin spends the set-up code; also runs in the same transaction.
	CreateFirstAdmin(ctx context.Context, in wire.Setup, from netip.Addr,
		also func(engine.Tx, storage.School, storage.Account) error) (storage.Account, error)
}

// Service does the office's work. It is safe for concurrent use.
type Service struct {
	store     Store
	passwords Passwords
	now       func() time.Time
}

// New returns a Service.
func New(store Store, passwords Passwords, now func() time.Time) *Service {
	return &Service{store: store, passwords: passwords, now: now}
}

// Faults is every fault of an import; nothing was changed.
type Faults []wire.ImportFault

func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d faults, nothing was changed", len(f))
	for _, one := range f {
		fmt.Fprintf(&b, "\n%s:%d: %s: %s %q", one.File, one.Line, one.Column, one.Fault, one.Value)
	}
	return b.String()
}

// errCheckOnly takes back a transaction that only wanted to know.
var errCheckOnly = errors.New("checked only")

// Import brings people, places and calendar in. The same files again change nothing. It fails with Faults, or with what
// the store fails with. Only administrators may call it: code forbidden.
func (s *Service) Import(ctx context.Context, by *engine.Principal, in *wire.Import) (*wire.ImportReport, error) {
	if !by.Admin {
		return nil, wire.Fault(wire.CodeForbidden, "")
	}
	var faults Faults
	people := readPeople(in.People, &faults)
	places := readPlaces(in.Places, &faults)
	terms := readCalendar(in.Calendar, &faults)
	if len(faults) > 0 {
		return nil, faults
	}
	var report *wire.ImportReport
	err := s.store.UpdateSchool(ctx, by.School, func(tx engine.Tx, accounts storage.Accounts) error {
		report = &wire.ImportReport{Logins: []wire.Login{}}
		w := &writing{tx: tx, accounts: accounts, by: by, passwords: s.passwords, report: report}
		if err := w.load(); err != nil {
			return err
		}
		w.places(places)
		w.terms(terms)
		if err := w.people(people); err != nil {
			return err
		}
		if len(w.faults) > 0 {
			return w.faults
		}
		if err := w.write(s.now().UnixMilli()); err != nil {
			return err
		}
		if in.Check {
			return errCheckOnly
		}
		return nil
	})
	if errors.Is(err, errCheckOnly) {
		for i := range report.Logins {
			report.Logins[i].Password = ""
		}
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return report, nil
}

// Setup makes the school and its first administrator, who is also a person of the school. See auth for the faults.
func (s *Service) Setup(ctx context.Context, in wire.Setup, from netip.Addr) (storage.Account, error) {
	return s.passwords.CreateFirstAdmin(ctx, in, from, func(tx engine.Tx, school storage.School, a storage.Account) error {
		by := &engine.Principal{School: school.ID, User: a.User, Admin: true, Scopes: engine.ScopesOf(a.User, nil, true)}
		_, err := engine.Record(tx, by, officeDevice, s.now().UnixMilli(), []engine.Edit{{
			Kind: wire.KindPerson, Doc: wire.DocID(a.User),
			Set: map[string]any{"name": strings.TrimSpace(in.Name), "post": "", "role": wire.RoleSAAdmin, "unit": "", "order": 0},
		}})
		return err
	})
}

// Accounts lists who may sign in, in official order. Only for administrators: code forbidden.
func (s *Service) Accounts(ctx context.Context, by *engine.Principal) ([]wire.AccountInfo, error) {
	if !by.Admin {
		return nil, wire.Fault(wire.CodeForbidden, "")
	}
	accounts, err := s.store.Accounts(ctx, by.School)
	if err != nil {
		return nil, err
	}
	people, err := s.people(ctx, by.School)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(accounts, func(a, b storage.Account) int { return people[a.User].Order - people[b.User].Order })
	infos := make([]wire.AccountInfo, len(accounts))
	for i, a := range accounts {
		p := people[a.User]
		infos[i] = wire.AccountInfo{User: a.User, Username: a.Username, Name: p.Name, Post: p.Post,
			Admin: a.Admin, Disabled: a.Disabled, PasswordDue: a.PasswordDue}
	}
	return infos, nil
}

// ResetPassword gives one person a one-time password, shown once. Only for administrators: code forbidden.
func (s *Service) ResetPassword(ctx context.Context, by *engine.Principal, user wire.UserID) (*wire.Login, error) {
	if !by.Admin {
		return nil, wire.Fault(wire.CodeForbidden, "")
	}
	account, password, err := s.passwords.ResetPassword(ctx, by.School, user)
	if err != nil {
		return nil, err
	}
	people, err := s.people(ctx, by.School)
	if err != nil {
		return nil, err
	}
	return &wire.Login{Username: account.Username, Name: people[user].Name, Password: password}, nil
}

// Person returns how a member of staff is called on screens; the zero value when there is no document.
func (s *Service) Person(ctx context.Context, school wire.SchoolID, user wire.UserID) (p wire.PersonFields, err error) {
	err = s.store.View(ctx, school, func(v engine.View) error {
		docs, err := v.Documents([]wire.DocID{wire.DocID(user)})
		if err != nil || len(docs) == 0 {
			return err
		}
		return fieldsOf(&docs[0], &p)
	})
	return p, err
}

func (s *Service) people(ctx context.Context, school wire.SchoolID) (map[wire.UserID]wire.PersonFields, error) {
	people := map[wire.UserID]wire.PersonFields{}
	err := s.store.View(ctx, school, func(v engine.View) error {
		docs, err := v.Kind(wire.KindPerson)
		if err != nil {
			return err
		}
		for i := range docs {
			var p wire.PersonFields
			if err := fieldsOf(&docs[i], &p); err != nil {
				return err
			}
			people[wire.UserID(docs[i].ID)] = p
		}
		return nil
	})
	return people, err
}

// fieldsOf reads the fields of a reference document.
func fieldsOf(s *engine.Stored, fields any) error {
	var doc wire.Document
	if err := wire.Decode(s.Body, &doc); err != nil {
		return err
	}
	return wire.Glance(wire.Encode(doc.Fields), fields)
}

// officeDevice is under which the office's entries stand in the journal.
const officeDevice wire.DeviceID = "office"

// newID is the id of a new document. It is random: one that follows from the code could be taken by anybody, for a
// document of their own, before the office comes to need it.
func newID() wire.DocID { return wire.DocID(uuid.Must(uuid.NewV7()).String()) }

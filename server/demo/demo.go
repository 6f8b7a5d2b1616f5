// Package demo fills an empty data folder with an invented school, so that everything can be tried at once. Nobody in it
// exists; people are shown by their role. Dates are shifted by whole weeks so that today is in week 12 of the term.
package demo

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed" // for the files of the invented school
	"encoding/base32"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"zoufang/server/school"
	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

//go:embed people.csv
var people string

//go:embed places.csv
var places string

//go:embed calendar.csv
var calendar string

//go:embed visits.json
var visits []byte

// week12 is the Monday of week 12 in the files.
var week12 = time.Date(2026, 11, 23, 0, 0, 0, 0, engine.China)

// Store is what the demo writes to.
type Store interface {
	school.Store
	ChangeAccount(ctx context.Context, school wire.SchoolID, user wire.UserID, change func(*storage.Account) error) (storage.Account, error)
}

// Sessions is what the demo needs of signing in.
type Sessions interface {
	NewSetupCode(ctx context.Context, chosen string) (string, error)
	HashPassword(ctx context.Context, password string) (string, error)
	School(ctx context.Context) (storage.School, error)
}

// Objects keeps the bytes of photos under their hash.
type Objects interface {
	Put(ctx context.Context, hash wire.Hash, jpeg []byte) error
}

// schoolName tells the demo from a real school.
const schoolName = "云岭示范大学"

// Seed makes the school if the store has none, goes on where an earlier start was stopped, and returns its logins. key
// makes the passwords: random per data folder, the same at every start. It fails when the store holds a real school.
func Seed(ctx context.Context, store Store, sessions Sessions, office *school.Service, eng *engine.Engine, objects Objects, key []byte, now time.Time) ([]wire.Login, error) {
	logins := loginsOf(key)
	admin, err := adminOf(ctx, store, sessions, office, key)
	if err != nil {
		return nil, err
	}
	s := &seeding{store: store, eng: eng, objects: objects, weeks: int(monday(now).Sub(week12).Hours() / (7 * 24)),
		by: &engine.Principal{School: admin.School, User: admin.User, Admin: true, Scopes: engine.ScopesOf(admin.User, nil, true)}}
	if whole, err := s.whole(ctx); err != nil || whole {
		return logins, err
	}
	if _, err := office.Import(ctx, s.by, &wire.Import{People: people, Places: places, Calendar: shiftDays(calendar, s.weeks)}); err != nil {
		return nil, err
	}
	if err := s.passwords(ctx, sessions, key); err != nil {
		return nil, err
	}
	return logins, s.visits(ctx)
}

// adminOf returns the administrator of the demo school, made with the school if there is none yet.
func adminOf(ctx context.Context, store Store, sessions Sessions, office *school.Service, key []byte) (storage.Account, error) {
	one, err := sessions.School(ctx)
	switch {
	case wire.CodeOf(err) == wire.CodeNotFound && err != nil:
		code, err := sessions.NewSetupCode(ctx, "")
		if err != nil {
			return storage.Account{}, err
		}
		return office.Setup(ctx, wire.Setup{Code: code, SchoolName: schoolName, Username: "admin", Name: "学工部管理员",
			Password: passwordOf(key, "admin")}, netip.IPv6Loopback())
	case err != nil:
		return storage.Account{}, err
	case one.Name != schoolName:
		return storage.Account{}, fmt.Errorf("the data folder holds the school %s: start without ZOUFANG_DEMO, or with another folder", one.Name)
	}
	accounts, err := store.Accounts(ctx, one.ID)
	for _, a := range accounts {
		if a.Username == "admin" {
			return a, err
		}
	}
	return storage.Account{}, errors.Join(errors.New("the demo school has no administrator"), err)
}

// passwords gives everybody theirs, so that trying the demo does not begin with choosing passwords.
func (s *seeding) passwords(ctx context.Context, sessions Sessions, key []byte) error {
	accounts, err := s.store.Accounts(ctx, s.by.School)
	if err != nil {
		return err
	}
	s.accounts = map[string]storage.Account{}
	for _, a := range accounts {
		if s.accounts[a.Username] = a; !a.PasswordDue {
			continue // theirs since an earlier start
		}
		hash, err := sessions.HashPassword(ctx, passwordOf(key, a.Username))
		if err != nil {
			return err
		}
		if s.accounts[a.Username], err = s.store.ChangeAccount(ctx, s.by.School, a.User, func(a *storage.Account) error {
			a.PasswordHash, a.PasswordDue = hash, false
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func loginsOf(key []byte) []wire.Login {
	var logins []wire.Login
	for _, line := range strings.Split(strings.TrimSpace(people), "\n")[1:] {
		cells := strings.Split(line, ",")
		logins = append(logins, wire.Login{Username: cells[0], Name: cells[1], Password: passwordOf(key, cells[0])})
	}
	return logins
}

// passwordOf is 12 letters and digits that are easy to tell apart.
func passwordOf(key []byte, username string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("demo\n" + username))
	s := base32.NewEncoding("abcdefghjkmnpqrstuvwxyz23456789i").WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
	return s[:4] + "-" + s[4:8] + "-" + s[8:12]
}

func monday(t time.Time) time.Time {
	t = t.In(engine.China)
	return time.Date(t.Year(), t.Month(), t.Day()-(int(t.Weekday())+6)%7, 0, 0, 0, 0, engine.China)
}

// shiftDays moves every day in a CSV text by whole weeks.
func shiftDays(text string, weeks int) string {
	cells := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' })
	days := []string{}
	for _, c := range cells {
		if d, err := time.Parse(time.DateOnly, c); err == nil {
			days = append(days, c, d.AddDate(0, 0, 7*weeks).Format(time.DateOnly))
		}
	}
	return strings.NewReplacer(days...).Replace(text)
}

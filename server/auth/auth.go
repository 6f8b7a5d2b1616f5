// Package auth decides who is asking. A person signs in with a password on a device; the device gets a short access
// token (a JWT) and a rotating refresh token that is worth nothing without the device's key. Whatever a request may do
// is read from the store at that request, never from a token.
//
// HTTP, cookies and the wording of answers are package api's. Everything here fails with a *wire.Error.
package auth

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"time"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// Store is what auth needs of a database. Writes are durable when a method returns; every method fails with code
// unavailable (or storage_full) when the database cannot answer.
type Store interface {
	// Schools returns all schools, ordered by id; empty before the set-up.
	Schools(ctx context.Context) ([]storage.School, error)
	// UpdateSchool runs fn and makes its writes durable together, or none. It may run fn again from the start.
	UpdateSchool(ctx context.Context, school wire.SchoolID, fn func(engine.Tx, storage.Accounts) error) error
	// Accounts returns the accounts of a school, ordered by folded user name.
	Accounts(ctx context.Context, school wire.SchoolID) ([]storage.Account, error)
	// AccountByName returns the account with this user name, folded. It fails with code not_found.
	AccountByName(ctx context.Context, school wire.SchoolID, username string) (storage.Account, error)
	// ChangeAccount applies change to an account and returns what is stored then, with the next Version if it differs.
	// It may call change again. It fails with code not_found, or with change's error.
	ChangeAccount(ctx context.Context, school wire.SchoolID, user wire.UserID, change func(*storage.Account) error) (storage.Account, error)
	// Device returns a device. It fails with code not_found.
	Device(ctx context.Context, school wire.SchoolID, id wire.DeviceID) (storage.Device, error)
	// RevokeDevice marks a device and ends its sessions, at Unix milliseconds. It fails with code not_found.
	RevokeDevice(ctx context.Context, school wire.SchoolID, id wire.DeviceID, at int64) error
	// Begin writes a session and, if it is new, its device, together. It fails with code conflict if the session is known.
	Begin(ctx context.Context, session storage.Session, device storage.Device) error
	// SignedIn returns a session with its school, account and device, ended or not. It fails with code not_found.
	SignedIn(ctx context.Context, session string) (storage.SignedIn, error)
	// Spend notes the use of a refresh token, once: it returns the first use of this generation, whether that is the one
	// given or an earlier one, and whether the next generation was used already. A first use sets Session.UsedAt.
	Spend(ctx context.Context, use storage.Spend) (first storage.Spend, passed bool, err error)
	// SpendOf returns the use of a generation's refresh token. It fails with code not_found.
	SpendOf(ctx context.Context, session string, generation int64) (storage.Spend, error)
	// RevokeSession ends a session, at Unix milliseconds. An unknown or ended one is no fault.
	RevokeSession(ctx context.Context, session string, at int64) error
	// ForgetSessions drops sessions last used before a time in Unix milliseconds, with their spends, and returns how many.
	ForgetSessions(ctx context.Context, before int64) (int64, error)
	// PutSetupCode makes the code with this hash the one that is waited for. It fails with code conflict once there is a school.
	PutSetupCode(ctx context.Context, hash [32]byte) error
}

// How long things live. A phone may be without network for weeks: hence the long idle time (trust.md §3.3 of the design).
const (
	// AccessTTL is the life of an access token.
	AccessTTL = 10 * time.Minute
	// IdleTTL ends a session that was not refreshed for so long, SessionTTL ends every session.
	IdleTTL    = 30 * 24 * time.Hour
	SessionTTL = 180 * 24 * time.Hour
)

// Options are what a Service works with. Store and Keys are required.
type Options struct {
	Store Store
	Keys  *Keys
	// Now is the clock, Random the source of ids and secrets, Log where notable events go; nil means the usual ones.
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
	// Cost is what hashing a password costs; the zero value means the one for production.
	Cost Cost
}

// Service signs people in and tells who is asking. All methods are safe for concurrent use.
type Service struct {
	store     Store
	keys      *Keys
	now       func() time.Time
	random    io.Reader
	log       *slog.Logger
	passwords *hasher
	tokens    *tokens
	limits    limits
}

// New returns a Service.
func New(o Options) (*Service, error) {
	s := &Service{store: o.Store, keys: o.Keys, now: o.Now, random: o.Random, log: o.Log}
	if s.now == nil {
		s.now = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	var err error
	if s.passwords, err = newHasher(o.Cost, s.random); err != nil {
		return nil, err
	}
	s.tokens = newTokens(s.keys, s.now)
	s.limits = newLimits(s.now)
	return s, nil
}

// SessionInfo is what is known of a session besides the principal.
type SessionInfo struct {
	ID         string
	SchoolName string
	Username   string
	// PasswordDue: only choosing a password and signing out are open.
	PasswordDue bool
	// Bearer: tokens go in bodies, not in cookies.
	Bearer bool
	// ExpiresAt is when the access token ends, Unix milliseconds.
	ExpiresAt int64
}

// Grant is a signed-in session with its tokens. It never prints them.
type Grant struct {
	Principal engine.Principal
	Info      SessionInfo
	// Access and Refresh are the tokens, with their ends. RefreshEnds is the earlier of the idle and the absolute end.
	Access, Refresh         string
	AccessEnds, RefreshEnds time.Time
}

// String names the session and keeps the tokens out of logs.
func (g Grant) String() string {
	return "session " + g.Info.ID + " of " + string(g.Principal.User)
}

// GoString keeps %#v from printing tokens.
func (g Grant) GoString() string { return g.String() }

// LogValue keeps slog from printing tokens.
func (g Grant) LogValue() slog.Value { return slog.StringValue(g.String()) }

// School returns the school people sign in to: the only one, or the first by id. It fails with code not_found before the set-up.
func (s *Service) School(ctx context.Context) (storage.School, error) {
	schools, err := s.store.Schools(ctx)
	if err != nil {
		return storage.School{}, err
	}
	if len(schools) == 0 {
		return storage.School{}, wire.Fault(wire.CodeNotFound, "school")
	}
	return schools[0], nil
}

// Sweep drops sessions that have ended by age. Run it now and then.
func (s *Service) Sweep(ctx context.Context) error {
	_, err := s.store.ForgetSessions(ctx, s.now().Add(-IdleTTL-24*time.Hour).UnixMilli())
	return err
}

package storage

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"zoufang/sync/wire"
)

// School is a tenant.
type School struct {
	ID   wire.SchoolID
	Name string
}

// Account is a person's right to sign in. Who the person is (name, post) stands in the person's document.
type Account struct {
	School wire.SchoolID
	// User is the id of the person's document.
	User wire.UserID
	// Username is what the person types; FoldUsername of it is unique in the school.
	Username string
	// PasswordHash is a PHC string.
	PasswordHash string
	// PasswordDue: a password of their own must be chosen before anything else.
	PasswordDue bool
	Disabled    bool
	// Admin: holds the administrators' office.
	Admin bool
	// ProxyFor are the people this one may enter visits for (代录).
	ProxyFor []wire.UserID
	// Units are the units this person serves.
	Units []wire.DocID
	// Version counts the changes of this account, from 1. The store counts; what a caller puts here is not looked at.
	Version int64
	// ValidFrom ends sessions: those begun under an earlier Version are over, but for the session Kept. A counter, not a
	// time, so that no clock can bring a session back.
	ValidFrom int64
	Kept      string
}

// Device is one installation of one user.
type Device struct {
	ID     wire.DeviceID
	School wire.SchoolID
	User   wire.UserID
	// Name is what the person will recognise ("Chrome · Android").
	Name string
	// Key is the enrolled public P-256 key, uncompressed (65 bytes); empty for an API client without one.
	Key []byte
	// CreatedAt and RevokedAt are Unix milliseconds; RevokedAt is 0 for a device in good standing.
	CreatedAt, RevokedAt int64
}

// Session is a family of refresh tokens: one sign-in on one device.
type Session struct {
	ID     string
	School wire.SchoolID
	User   wire.UserID
	Device wire.DeviceID
	// Bearer: an API client that is given its tokens in bodies, not in cookies.
	Bearer bool
	// Seed is what the first refresh token was derived with, as the nonce of a Spend is for the later ones.
	Seed string
	// Version is the account's at sign-in, see Account.ValidFrom.
	Version int64
	// StartedAt, UsedAt (the last first use of a refresh token) and RevokedAt (0: alive) are Unix milliseconds.
	StartedAt, UsedAt, RevokedAt int64
}

// Spend notes that the refresh token of a generation (0, 1, 2 …) was used, and with which nonce. There is one per
// generation, inserted once: it decides which of several uses was the first.
type Spend struct {
	Session    string
	Generation int64
	Nonce      string
	// At is Unix milliseconds.
	At int64
}

// SignedIn is a session with everything a request is judged by, read at one moment.
type SignedIn struct {
	School  School
	Account Account
	Device  Device
	Session Session
}

// Accounts reads and writes the accounts of one school inside a transaction that may write documents too.
type Accounts interface {
	// Accounts returns all accounts, ordered by folded user name.
	Accounts() ([]Account, error)
	// PutAccounts writes accounts whole, new or known by User. An account that differs from what is stored gets the next
	// Version. It fails with code conflict if a user name is taken; the transaction has to fail then.
	PutAccounts(accounts []Account) error
	// PutSchool makes the school or renames it.
	PutSchool(school School) error
	// SpendSetupCode uses up the one-time code with this hash. It fails with code not_found if that is not the code that
	// is waited for, or if it was used before.
	SpendSetupCode(hash [32]byte) error
}

// FoldUsername returns the form in which user names are compared: no outer space, compatibility forms (full width) and
// case folded.
func FoldUsername(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(strings.TrimSpace(name))))
}

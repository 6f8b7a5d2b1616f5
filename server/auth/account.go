package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"unicode/utf8"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// ChangePassword gives the signed-in user a password of their own. Their other sessions end, this one goes on. It fails
// with code credentials if old is wrong, unprocessable as CheckPassword does or with "password: same", too_many.
func (s *Service) ChangePassword(ctx context.Context, p engine.Principal, session SessionInfo, in wire.PasswordChange) error {
	// Of its own bucket: a stolen session must not guess, nor keep its owner from signing in.
	turn := "change\n" + string(p.User)
	if err := s.limits.device.take(turn); err != nil {
		return err
	}
	account, err := s.store.AccountByName(ctx, p.School, session.Username)
	if err != nil {
		return unknownIs401(err)
	}
	if ok, _, err := s.passwords.matches(ctx, in.Old, account.PasswordHash); err != nil {
		return err
	} else if !ok {
		return &wire.Error{Code: wire.CodeCredentials, Err: errors.New("the old password is wrong")}
	}
	s.limits.device.giveBack(turn)
	if in.New == in.Old {
		return wire.Fault(wire.CodeUnprocessable, "password: same")
	}
	if err := CheckPassword(in.New, account.Username); err != nil {
		return err
	}
	hash, err := s.passwords.hash(ctx, in.New)
	if err != nil {
		return err
	}
	_, err = s.store.ChangeAccount(ctx, p.School, account.User, func(a *storage.Account) error {
		if a.PasswordHash != account.PasswordHash {
			return wire.Fault(wire.CodeConflict, "the password was changed meanwhile")
		}
		setPassword(a, hash, false, session.ID)
		return nil
	})
	if err == nil {
		s.log.InfoContext(ctx, "password changed", slog.String("user", string(p.User)))
	}
	return err
}

// ResetPassword gives a user a one-time password, for the office to hand over, and ends all their sessions. The caller
// has checked that an administrator asks. It fails with code not_found.
func (s *Service) ResetPassword(ctx context.Context, school wire.SchoolID, user wire.UserID) (account storage.Account, password string, err error) {
	password, hash, err := s.OneTimePassword()
	if err != nil {
		return storage.Account{}, "", err
	}
	account, err = s.store.ChangeAccount(ctx, school, user, func(a *storage.Account) error {
		setPassword(a, hash, true, "")
		return nil
	})
	if err != nil {
		return storage.Account{}, "", err
	}
	s.log.InfoContext(ctx, "password reset by the office", slog.String("user", string(user)))
	return account, password, nil
}

// setPassword ends all sessions but kept: those that come later begin under the Version this change gets.
func setPassword(a *storage.Account, hash string, due bool, kept string) {
	a.PasswordHash, a.PasswordDue, a.ValidFrom, a.Kept = hash, due, a.Version+1, kept
}

// OneTimePassword returns a new password of 74 random bits, easy to read out, and its hash for an Account with
// PasswordDue. It is quick: an import makes thousands.
func (s *Service) OneTimePassword() (password, hash string, err error) {
	if password, err = readable(s.random, 3); err != nil {
		return "", "", err
	}
	salt, err := s.passwords.salt()
	if err != nil {
		return "", "", err
	}
	return password, phc(oneTimeCost, salt, derive(password, salt, oneTimeCost, hashLength)), nil
}

// HashPassword returns the hash of a password somebody else made, for an Account; only the demo knows passwords. It waits
// its turn and fails with code unavailable when too many wait.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.passwords.hash(ctx, password)
}

// NewSetupCode returns the one-time code with which the first administrator is made, to be printed once. Only its hash
// is stored; a code given out before and not used is void. A chosen one is taken instead if it is not empty. It fails
// with code conflict once there is a school.
func (s *Service) NewSetupCode(ctx context.Context, chosen string) (string, error) {
	code := chosen
	if code == "" {
		var err error
		if code, err = readable(s.random, 4); err != nil {
			return "", err
		}
	}
	return code, s.store.PutSetupCode(ctx, setupHash(code))
}

func setupHash(code string) [32]byte { return sha256.Sum256([]byte(plain(code))) }

// CreateFirstAdmin makes the school and its first administrator, once, with the set-up code. Also, if not nil, writes
// what else has to be there with them (the person's document), in the same transaction. It fails with code credentials
// for a wrong or used code, conflict if there is a school, unprocessable for a field ("password: …" as CheckPassword,
// "username", "name", "schoolName"), too_many.
func (s *Service) CreateFirstAdmin(ctx context.Context, in wire.Setup, from netip.Addr,
	also func(engine.Tx, storage.School, storage.Account) error) (storage.Account, error) {
	if err := s.limits.setup.take(addressKey(from)); err != nil {
		return storage.Account{}, err
	}
	if _, err := s.School(ctx); err == nil {
		return storage.Account{}, wire.Fault(wire.CodeConflict, "the school is set up")
	} else if wire.CodeOf(err) != wire.CodeNotFound {
		return storage.Account{}, err
	}
	school, account, err := s.firstAdmin(ctx, in)
	if err != nil {
		return storage.Account{}, err
	}
	err = s.store.UpdateSchool(ctx, school.ID, func(tx engine.Tx, accounts storage.Accounts) error {
		if err := accounts.SpendSetupCode(setupHash(in.Code)); err != nil {
			if wire.CodeOf(err) == wire.CodeNotFound {
				return &wire.Error{Code: wire.CodeCredentials, Err: errors.New("wrong set-up code")}
			}
			return err
		}
		if err := accounts.PutSchool(school); err != nil {
			return err
		}
		if err := accounts.PutAccounts([]storage.Account{account}); err != nil || also == nil {
			return err
		}
		return also(tx, school, account)
	})
	if err != nil {
		return storage.Account{}, err
	}
	s.log.InfoContext(ctx, "school set up", slog.String("school", string(school.ID)), slog.String("user", string(account.User)))
	return account, nil
}

func (s *Service) firstAdmin(ctx context.Context, in wire.Setup) (storage.School, storage.Account, error) {
	var none storage.Account
	for _, f := range []struct{ name, value string }{{"username", in.Username}, {"name", in.Name}, {"schoolName", in.SchoolName}} {
		if strings.TrimSpace(f.value) == "" || utf8.RuneCountInString(f.value) > maxUsername {
			return storage.School{}, none, wire.Fault(wire.CodeUnprocessable, "%s", f.name)
		}
	}
	if err := CheckPassword(in.Password, in.Username); err != nil {
		return storage.School{}, none, err
	}
	hash, err := s.passwords.hash(ctx, in.Password)
	if err != nil {
		return storage.School{}, none, err
	}
	schoolID, err := uuid(s.now(), s.random)
	if err != nil {
		return storage.School{}, none, err
	}
	user, err := uuid(s.now(), s.random)
	if err != nil {
		return storage.School{}, none, err
	}
	school := storage.School{ID: wire.SchoolID(schoolID), Name: strings.TrimSpace(in.SchoolName)}
	return school, storage.Account{
		School: school.ID, User: wire.UserID(user), Username: strings.TrimSpace(in.Username), PasswordHash: hash, Admin: true, Version: 1,
	}, nil
}

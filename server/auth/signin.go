package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"unicode/utf8"

	"zoufang/storage"
	"zoufang/sync/wire"
)

// SignIn checks user name and password and begins a session, from the address the request came from.
//
// A device is continued if the proof is by the key enrolled for it and it is this user's; a revoked one too, with
// Principal.Revoked, so that what it still holds is kept for a person to look at. Otherwise a new device id is given
// out. Device and user name without a password prove nothing: the proof only gives a known device its own turns, so that
// guessing by others does not keep its owner out.
//
// It fails with code credentials for any wrong pair, too_many (see RetryAfter), malformed for a field of the wrong form.
func (s *Service) SignIn(ctx context.Context, in wire.SignIn, from netip.Addr) (Grant, error) {
	key, err := checkSignIn(in)
	if err != nil {
		return Grant{}, err
	}
	if err := s.limits.address.take(addressKey(from)); err != nil {
		return Grant{}, err
	}
	account, school, err := s.lookUp(ctx, in.Username)
	if err != nil {
		return Grant{}, err
	}
	device, err := s.knownDevice(ctx, account, in)
	if err != nil {
		return Grant{}, err
	}
	giveBack, err := s.turn(account, device, in.Username)
	if err != nil {
		return Grant{}, err
	}
	account, err = s.checkPassword(ctx, account, in.Password)
	if err != nil {
		return Grant{}, err
	}
	giveBack()
	s.limits.address.giveBack(addressKey(from))

	if device.ID == "" {
		if device, err = s.newDevice(account, in.DeviceName, key); err != nil {
			return Grant{}, err
		}
	}
	return s.begin(ctx, storage.SignedIn{School: school, Account: account, Device: device}, in.Bearer)
}

func checkSignIn(in wire.SignIn) (key []byte, err error) {
	switch {
	case in.Username == "" || utf8.RuneCountInString(in.Username) > maxUsername:
		return nil, wire.Fault(wire.CodeMalformed, "username")
	case utf8.RuneCountInString(in.Password) > maxPassword:
		return nil, wire.Fault(wire.CodeMalformed, "password")
	case utf8.RuneCountInString(in.DeviceName) > 64:
		return nil, wire.Fault(wire.CodeMalformed, "deviceName")
	case in.Device != "" && !wire.ValidDevice(string(in.Device)):
		return nil, wire.Fault(wire.CodeMalformed, "device")
	case in.DeviceKey == nil:
		return nil, nil
	}
	return parseKey(in.DeviceKey)
}

// lookUp returns the account of a user name, or an empty one.
func (s *Service) lookUp(ctx context.Context, username string) (storage.Account, storage.School, error) {
	school, err := s.School(ctx)
	if err == nil {
		var account storage.Account
		if account, err = s.store.AccountByName(ctx, school.ID, username); err == nil {
			return account, school, nil
		}
	}
	if wire.CodeOf(err) == wire.CodeNotFound {
		return storage.Account{}, storage.School{}, nil
	}
	return storage.Account{}, storage.School{}, err
}

// knownDevice returns the device a sign-in continues, or an empty one.
func (s *Service) knownDevice(ctx context.Context, account storage.Account, in wire.SignIn) (storage.Device, error) {
	if account.User == "" || in.Device == "" || in.Proof == "" {
		return storage.Device{}, nil
	}
	device, err := s.store.Device(ctx, account.School, in.Device)
	if err != nil && wire.CodeOf(err) != wire.CodeNotFound {
		return storage.Device{}, err
	}
	if err != nil || device.User != account.User || !proves(device.Key, signInMessage(in.Device, in.Username), in.Proof) {
		return storage.Device{}, nil
	}
	return device, nil
}

// turn takes a turn to try a password, of the known device or else of the user name, which need not exist.
func (s *Service) turn(account storage.Account, device storage.Device, username string) (giveBack func(), err error) {
	limit, key := s.limits.account, storage.FoldUsername(username)
	if device.ID != "" {
		limit, key = s.limits.device, string(account.User)+"\n"+string(device.ID)
	}
	return func() { limit.giveBack(key) }, limit.take(key)
}

// checkPassword returns the account, with its hash renewed if that was stale. It fails with code credentials if the
// password is wrong, the account disabled or empty, all after the same time.
func (s *Service) checkPassword(ctx context.Context, account storage.Account, password string) (storage.Account, error) {
	ok, stale, err := s.passwords.matches(ctx, password, account.PasswordHash)
	if err != nil {
		return account, err
	}
	if !ok || account.Disabled {
		s.log.InfoContext(ctx, "password refused", slog.String("user", string(account.User)), slog.Bool("disabled", account.Disabled))
		return account, &wire.Error{Code: wire.CodeCredentials, Err: errors.New("wrong user name or password")}
	}
	if !stale || account.PasswordDue {
		return account, nil
	}
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return account, err
	}
	return s.store.ChangeAccount(ctx, account.School, account.User, func(a *storage.Account) error {
		if a.PasswordHash == account.PasswordHash { // else it was changed meanwhile, and the session will not hold
			a.PasswordHash = hash
		}
		return nil
	})
}

func (s *Service) newDevice(account storage.Account, name string, key []byte) (storage.Device, error) {
	now := s.now()
	id, err := uuid(now, s.random)
	if err != nil {
		return storage.Device{}, err
	}
	return storage.Device{
		ID: wire.DeviceID(id), School: account.School, User: account.User, Name: name, Key: key, CreatedAt: now.UnixMilli(),
	}, nil
}

// begin writes a new session and hands out its first tokens.
func (s *Service) begin(ctx context.Context, in storage.SignedIn, bearer bool) (Grant, error) {
	id, err := token(s.random, sessionBytes)
	if err != nil {
		return Grant{}, err
	}
	seed, err := token(s.random, sessionBytes)
	if err != nil {
		return Grant{}, err
	}
	now := s.now().UnixMilli()
	in.Session = storage.Session{
		ID: id, School: in.School.ID, User: in.Account.User, Device: in.Device.ID, Bearer: bearer, Seed: seed,
		Version: in.Account.Version, StartedAt: now, UsedAt: now,
	}
	if err := s.store.Begin(ctx, in.Session, in.Device); err != nil {
		return Grant{}, err
	}
	s.log.InfoContext(ctx, "signed in", sessionAttrs(in)...)
	return s.grant(in, 0, seed)
}

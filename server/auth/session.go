package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// Authenticate tells who sends an access token, with the rights of this moment. It fails with code unauthenticated.
func (s *Service) Authenticate(ctx context.Context, accessToken string) (engine.Principal, SessionInfo, error) {
	c, err := s.tokens.check(accessToken)
	if err != nil {
		return engine.Principal{}, SessionInfo{}, err
	}
	in, err := s.store.SignedIn(ctx, c.Session)
	if err != nil {
		return engine.Principal{}, SessionInfo{}, unknownIs401(err)
	}
	if err := alive(in, s.now()); err != nil {
		return engine.Principal{}, SessionInfo{}, err
	}
	// A version from the future is a token from before the database was put back.
	if c.Subject != string(in.Account.User) || c.Version > in.Account.Version || c.thumbprint() != keyThumbprint(in.Device.Key) {
		return engine.Principal{}, SessionInfo{}, unauthenticated(errors.New("token and session differ"))
	}
	return principal(in), info(in, c.ExpiresAt.Time), nil
}

// SignOut ends the session of an access token or, if that does not hold any more, of the refresh token. Unknown tokens
// are no fault: then there is no session to end.
func (s *Service) SignOut(ctx context.Context, accessToken, refreshToken string) error {
	session := ""
	if c, err := s.tokens.check(accessToken); err == nil {
		session = c.Session
	} else if _, in, err := s.owner(ctx, refreshToken); err == nil {
		session = in.Session.ID
	} else if wire.CodeOf(err) != wire.CodeUnauthenticated {
		return err
	}
	if session == "" {
		return nil
	}
	return s.store.RevokeSession(ctx, session, s.now().UnixMilli())
}

// RevokeDevice ends a device's sessions for good, and holds what it sends when its user signs in on it again. Only its
// user and the office may ask for it. It fails with code not_found.
func (s *Service) RevokeDevice(ctx context.Context, school wire.SchoolID, device wire.DeviceID) error {
	return s.store.RevokeDevice(ctx, school, device, s.now().UnixMilli())
}

// alive fails with code unauthenticated if a session has ended.
func alive(in storage.SignedIn, now time.Time) error {
	session, account := in.Session, in.Account
	started, used := time.UnixMilli(session.StartedAt), time.UnixMilli(session.UsedAt)
	switch {
	case session.RevokedAt != 0:
		return unauthenticated(errors.New("session was ended"))
	case account.Disabled:
		return unauthenticated(errors.New("account is disabled"))
	case session.Version < account.ValidFrom && session.ID != account.Kept:
		return unauthenticated(errors.New("the password was changed since"))
	case now.Sub(used) >= IdleTTL || now.Sub(started) >= SessionTTL:
		return unauthenticated(errors.New("session is too old"))
	}
	return nil
}

// grant hands out an access token and the refresh token of a generation, see encodeRefresh.
func (s *Service) grant(in storage.SignedIn, generation int64, nonce string) (Grant, error) {
	refresh, err := s.encodeRefresh(in.Session.ID, generation, nonce)
	if err != nil {
		return Grant{}, err
	}
	access, accessEnds, err := s.tokens.issue(in)
	if err != nil {
		return Grant{}, err
	}
	idle, absolute := time.UnixMilli(in.Session.UsedAt).Add(IdleTTL), time.UnixMilli(in.Session.StartedAt).Add(SessionTTL)
	if absolute.Before(idle) {
		idle = absolute
	}
	return Grant{
		Principal: principal(in), Info: info(in, accessEnds),
		Access: access, AccessEnds: accessEnds, Refresh: refresh, RefreshEnds: idle,
	}, nil
}

func principal(in storage.SignedIn) engine.Principal {
	a := in.Account
	scopes := []wire.Scope{"school", wire.Scope("user:" + a.User)}
	for _, unit := range a.Units {
		scopes = append(scopes, wire.Scope("unit:"+unit))
	}
	if a.Admin {
		scopes = append(scopes, "office:admin")
	}
	slices.Sort(scopes)
	return engine.Principal{
		School: a.School, User: a.User, Device: in.Device.ID, Scopes: slices.Compact(scopes),
		Admin: a.Admin, ProxyFor: a.ProxyFor, Revoked: in.Device.RevokedAt != 0,
	}
}

func info(in storage.SignedIn, accessEnds time.Time) SessionInfo {
	return SessionInfo{
		ID: in.Session.ID, SchoolName: in.School.Name, Username: in.Account.Username, PasswordDue: in.Account.PasswordDue,
		Bearer: in.Session.Bearer, ExpiresAt: accessEnds.UnixMilli(),
	}
}

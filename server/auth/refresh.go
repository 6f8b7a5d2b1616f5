package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"log/slog"
	"strconv"

	"zoufang/storage"
	"zoufang/sync/wire"
)

// How a refresh token rotates without a time window in which an old one still works.
//
// The token of generation n is HMAC(K, session, n, c), c being the nonce its predecessor was used with (for n = 0 the
// session's seed). Using it inserts {session, n} with the nonce sent, once; the successor follows from that nonce. So
// the same nonce again, the reply having been lost, gets the same successor, however late, as long as nobody has used
// it. Another nonce, or a successor that was used, means that two hold the token: the session ends. Tokens are not
// stored, not even hashed: the database alone is worth nothing to a thief, and neither is a token without the device key.

const (
	sessionBytes     = 16
	refreshTokenSize = sessionBytes + 4 + sha256.Size
)

// refreshToken is a refresh token taken apart.
type refreshToken struct {
	session    string // base64url of sessionBytes
	generation int64
	mac        []byte
}

// encodeRefresh returns the token of a session's generation, given the nonce its predecessor was used with.
func (s *Service) encodeRefresh(session string, generation int64, nonce string) (string, error) {
	id, ok := decode(session, sessionBytes)
	if !ok {
		return "", errors.New("auth: a stored session id is not one of ours")
	}
	b := binary.BigEndian.AppendUint32(id, uint32(generation))
	return base64.RawURLEncoding.EncodeToString(append(b, s.refreshMAC(session, generation, nonce)...)), nil
}

func decodeRefresh(token string) (refreshToken, bool) {
	b, ok := decode(token, refreshTokenSize)
	if !ok {
		return refreshToken{}, false
	}
	return refreshToken{
		session:    base64.RawURLEncoding.EncodeToString(b[:sessionBytes]),
		generation: int64(binary.BigEndian.Uint32(b[sessionBytes:])),
		mac:        b[sessionBytes+4:],
	}, true
}

func (s *Service) refreshMAC(session string, generation int64, nonce string) []byte {
	m := hmac.New(sha256.New, s.keys.Refresh)
	m.Write([]byte("zoufang/refresh-token/v1\n" + session + "\n" + strconv.FormatInt(generation, 10) + "\n" + nonce))
	return m.Sum(nil)
}

// owner returns the session a refresh token belongs to, if we made that token.
func (s *Service) owner(ctx context.Context, token string) (refreshToken, storage.SignedIn, error) {
	t, ok := decodeRefresh(token)
	if !ok {
		return t, storage.SignedIn{}, unauthenticated(errors.New("not a refresh token"))
	}
	in, err := s.store.SignedIn(ctx, t.session)
	if err != nil {
		return t, in, unknownIs401(err)
	}
	nonce := in.Session.Seed
	if t.generation > 0 {
		previous, err := s.store.SpendOf(ctx, t.session, t.generation-1)
		if err != nil {
			return t, in, unknownIs401(err)
		}
		nonce = previous.Nonce
	}
	if !hmac.Equal(t.mac, s.refreshMAC(t.session, t.generation, nonce)) {
		return t, in, unauthenticated(errors.New("forged refresh token"))
	}
	return t, in, nil
}

// Refresh exchanges a refresh token for new tokens. The token is in.Token of a bearer session, else the cookie's; one in
// the place of the other is refused. It fails with code malformed for a nonce of the wrong form and unauthenticated for a
// token or session that does not hold (any more); nothing on the phone may be deleted for that.
func (s *Service) Refresh(ctx context.Context, cookie string, in wire.Refresh) (Grant, error) {
	if !validNonce(in.Nonce) {
		return Grant{}, wire.Fault(wire.CodeMalformed, "nonce")
	}
	presented, bearer := cookie, false
	if in.Token != "" {
		presented, bearer = in.Token, true
	}
	token, signedIn, err := s.owner(ctx, presented)
	if err != nil {
		return Grant{}, err
	}
	now := s.now()
	if err := alive(signedIn, now); err != nil {
		return Grant{}, err
	}
	if signedIn.Session.Bearer != bearer {
		return Grant{}, unauthenticated(errors.New("refresh token in the wrong place"))
	}
	if key := signedIn.Device.Key; len(key) > 0 && !proves(key, refreshMessage(in.Nonce), in.Proof) {
		s.log.WarnContext(ctx, "refresh refused: not signed by the device", sessionAttrs(signedIn)...)
		return Grant{}, unauthenticated(errors.New("refresh is not signed by the device"))
	}
	use := storage.Spend{Session: token.session, Generation: token.generation, Nonce: in.Nonce, At: now.UnixMilli()}
	first, passed, err := s.store.Spend(ctx, use)
	if err != nil {
		return Grant{}, err
	}
	if first.Nonce != in.Nonce || passed {
		return Grant{}, s.reused(ctx, signedIn)
	}
	signedIn.Session.UsedAt = first.At
	return s.grant(signedIn, token.generation+1, in.Nonce)
}

// reused ends the session of a refresh token that two hold.
func (s *Service) reused(ctx context.Context, in storage.SignedIn) error {
	if err := s.store.RevokeSession(ctx, in.Session.ID, s.now().UnixMilli()); err != nil {
		return err
	}
	s.log.WarnContext(ctx, "a refresh token was used twice: session ended", sessionAttrs(in)...)
	return unauthenticated(errors.New("refresh token used twice"))
}

func sessionAttrs(in storage.SignedIn) []any {
	return []any{slog.String("session", in.Session.ID), slog.String("user", string(in.Account.User)), slog.String("device", string(in.Device.ID))}
}

// validNonce reports whether a nonce is 16 to 64 characters of base64url.
func validNonce(nonce string) bool {
	if len(nonce) < 16 || len(nonce) > 64 {
		return false
	}
	return onlyBase64URL(nonce)
}

// unknownIs401 answers "not there" as "sign in"; other faults stay what they are.
func unknownIs401(err error) error {
	if wire.CodeOf(err) == wire.CodeNotFound {
		return unauthenticated(err)
	}
	return err
}

package auth

import (
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"zoufang/storage"
	"zoufang/sync/wire"
)

const (
	tokenType = "at+jwt"
	issuer    = "zoufang"
	audience  = "zoufang/api"
	leeway    = 30 * time.Second
	// maxToken is looked at before anything is parsed, in bytes. Ours have about 500.
	maxToken = 4096
)

// claims are what an access token says: who, in which session, with which device key, under which version of the
// account. No name and no right: rights are read from the store.
type claims struct {
	jwt.RegisteredClaims
	Session string        `json:"sid"`
	Version int64         `json:"pv"`
	Confirm *confirmation `json:"cnf,omitempty"`
}

type confirmation struct {
	Thumbprint string `json:"jkt"`
}

func (c *claims) thumbprint() string {
	if c.Confirm == nil {
		return ""
	}
	return c.Confirm.Thumbprint
}

// tokens makes and checks access tokens.
type tokens struct {
	keys   *Keys
	now    func() time.Time
	parser *jwt.Parser

	// seen remembers checked tokens by their hash until they end: a signature costs 60 µs to check.
	mu   sync.Mutex
	seen map[[sha256.Size]byte]*claims
}

// maxSeen bounds the memory of seen, to a few megabytes.
const maxSeen = 10_000

func newTokens(keys *Keys, now func() time.Time) *tokens {
	return &tokens{keys: keys, now: now, seen: map[[sha256.Size]byte]*claims{}, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithNotBeforeRequired(), jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(now),
	)}
}

// issue returns an access token of a session and when it ends.
func (t *tokens) issue(in storage.SignedIn) (string, time.Time, error) {
	now := t.now()
	ends := now.Add(AccessTTL).Truncate(time.Second)
	c := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: string(in.Account.User),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(ends),
		},
		Session: in.Session.ID,
		Version: in.Account.Version,
	}
	if jkt := keyThumbprint(in.Device.Key); jkt != "" {
		c.Confirm = &confirmation{jkt}
	}
	key := t.keys.signer(now)
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	token.Header["typ"], token.Header["kid"] = tokenType, key.kid
	signed, err := token.SignedString(key.private)
	return signed, ends, err
}

// check returns what a token says if it is one of ours and holds at this time. It fails with code unauthenticated.
func (t *tokens) check(token string) (*claims, error) {
	if len(token) > maxToken {
		return nil, unauthenticated(errors.New("token too long"))
	}
	// The parser's base64 skips line ends: the same token must not have two spellings.
	if !onlyBase64URL(strings.ReplaceAll(token, ".", "")) {
		return nil, unauthenticated(errors.New("token holds a stray character"))
	}
	hash := sha256.Sum256([]byte(token))
	if c := t.recall(hash); c != nil {
		return c, nil
	}
	c := &claims{}
	if _, err := t.parser.ParseWithClaims(token, c, t.key); err != nil {
		return nil, unauthenticated(err)
	}
	if c.Subject == "" || c.Session == "" || c.Version < 1 || c.IssuedAt == nil || c.ExpiresAt.Sub(c.IssuedAt.Time) > AccessTTL {
		return nil, unauthenticated(errors.New("token lacks a claim"))
	}
	t.remember(hash, c)
	return c, nil
}

// key chooses the key by our own table. A header may say nothing but algorithm, type and key: no jwk, jku, x5u or crit.
func (t *tokens) key(token *jwt.Token) (any, error) {
	kid, ok := token.Header["kid"].(string)
	if token.Header["typ"] != tokenType || !ok || len(token.Header) != 3 {
		return nil, errors.New("token header is not ours")
	}
	key, ok := t.keys.public(kid, t.now())
	if !ok {
		return nil, errors.New("token key is unknown")
	}
	return key, nil
}

// recall returns a checked token's claims while it holds. What was checked to have begun has begun.
func (t *tokens) recall(hash [sha256.Size]byte) *claims {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.seen[hash]
	if c == nil || !t.now().Before(c.ExpiresAt.Add(leeway)) {
		return nil
	}
	return c
}

func (t *tokens) remember(hash [sha256.Size]byte, c *claims) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.seen) >= maxSeen {
		now := t.now()
		for h, old := range t.seen {
			if !now.Before(old.ExpiresAt.Add(leeway)) {
				delete(t.seen, h)
			}
		}
	}
	if len(t.seen) < maxSeen {
		t.seen[hash] = c
	}
}

func unauthenticated(cause error) error {
	return &wire.Error{Code: wire.CodeUnauthenticated, Err: cause}
}

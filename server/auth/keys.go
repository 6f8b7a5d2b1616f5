package auth

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Keys are the server's secrets, one per purpose, each in a file of its own outside the database it protects.
//
// A token key is next (published, not yet used), then active (signs), then retired (published until the last token it
// signed has ended), then gone. Its file's name tells from when it signs; all the rest follows from the time.
type Keys struct {
	// Refresh derives refresh tokens, Cursor authenticates the cursors of pulls: 32 bytes each.
	Refresh, Cursor []byte

	signing []signingKey // by activeFrom
}

type signingKey struct {
	kid        string
	activeFrom time.Time
	private    ed25519.PrivateKey
	path       string
}

const (
	// nextFor is how long a new token key is published before it signs: longer than anyone caches the key set.
	nextFor = 24 * time.Hour
	// activeFor is how long a token key signs before OpenKeys prepares the next.
	activeFor = 90 * 24 * time.Hour
	// retiredFor is how long a token key is published after its last signature.
	retiredFor = AccessTTL + 10*time.Minute
)

// OpenKeys reads the keys in dir and generates those that are missing, folder and all. Where the token key is old it
// adds the next one, and it removes keys whose time is over. It refuses a folder or file that others may read. A nil
// random is the system's.
func OpenKeys(dir string, now time.Time, random io.Reader) (*Keys, error) {
	if random == nil {
		random = rand.Reader
	}
	if err := prepareFolder(dir); err != nil {
		return nil, err
	}
	k := &Keys{}
	var err error
	if k.Refresh, err = openSecret(filepath.Join(dir, "refresh.key"), random); err != nil {
		return nil, err
	}
	if k.Cursor, err = openSecret(filepath.Join(dir, "cursor.key"), random); err != nil {
		return nil, err
	}
	if k.signing, err = readSigning(dir); err != nil {
		return nil, err
	}
	switch active := k.active(now); {
	case active < 0:
		err = addSigning(dir, now, random)
	case now.Sub(k.signing[active].activeFrom) >= activeFor && active == len(k.signing)-1:
		err = addSigning(dir, now.Add(nextFor), random)
	}
	if err != nil {
		return nil, err
	}
	if k.signing, err = readSigning(dir); err != nil {
		return nil, err
	}
	return k, k.removeGone(now)
}

// RotateKeys adds a token key that signs from a day after now. A running server takes it up at its next start. A nil
// random is the system's.
func RotateKeys(dir string, now time.Time, random io.Reader) error {
	if random == nil {
		random = rand.Reader
	}
	if err := prepareFolder(dir); err != nil {
		return err
	}
	return addSigning(dir, now.Add(nextFor), random)
}

// active returns the index of the key that signs at a time, or -1.
func (k *Keys) active(now time.Time) int {
	for i, key := range slices.Backward(k.signing) {
		if !key.activeFrom.After(now) {
			return i
		}
	}
	return -1
}

// signer returns the key that signs at a time. Before the first key's time (a clock set back) that key signs.
func (k *Keys) signer(now time.Time) signingKey {
	return k.signing[max(0, k.active(now))]
}

// public returns the key with this id if it is published at a time.
func (k *Keys) public(kid string, now time.Time) (ed25519.PublicKey, bool) {
	for _, key := range k.published(now) {
		if key.kid == kid {
			return key.private.Public().(ed25519.PublicKey), true
		}
	}
	return nil, false
}

// published returns the next, active and retired keys, but not those that are gone.
func (k *Keys) published(now time.Time) []signingKey {
	for i := range k.signing {
		if i+1 == len(k.signing) || now.Before(k.signing[i+1].activeFrom.Add(retiredFor)) {
			return k.signing[i:]
		}
	}
	return nil
}

func (k *Keys) removeGone(now time.Time) error {
	kept := k.published(now)
	for _, key := range k.signing[:len(k.signing)-len(kept)] {
		if err := os.Remove(key.path); err != nil {
			return fmt.Errorf("remove retired key: %w", err)
		}
	}
	k.signing = kept
	return nil
}

// JWKS returns the published token keys as a JWK set (RFC 7517), oldest first.
func (k *Keys) JWKS(now time.Time) []byte {
	type jwk struct {
		Kty string `json:"kty"`
		Crv string `json:"crv"`
		X   string `json:"x"`
		Kid string `json:"kid"`
		Alg string `json:"alg"`
		Use string `json:"use"`
	}
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, key := range k.published(now) {
		x := base64.RawURLEncoding.EncodeToString(key.private.Public().(ed25519.PublicKey))
		set.Keys = append(set.Keys, jwk{"OKP", "Ed25519", x, key.kid, "EdDSA", "sig"})
	}
	b, err := json.Marshal(set)
	if err != nil {
		panic(err) // strings always encode
	}
	return b
}

// thumbprint is the RFC 7638 thumbprint of a JWK written with only its required members in lexical order.
func thumbprint(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const tokenPrefix, tokenSuffix = "token-", ".pem"

func readSigning(dir string) ([]signingKey, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("key folder: %w", err)
	}
	var keys []signingKey
	for _, entry := range entries {
		ms, isKey := strings.CutPrefix(entry.Name(), tokenPrefix)
		ms, isPEM := strings.CutSuffix(ms, tokenSuffix)
		if !isKey || !isPEM {
			continue
		}
		key, err := readToken(filepath.Join(dir, entry.Name()), ms)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b signingKey) int { return a.activeFrom.Compare(b.activeFrom) })
	return keys, nil
}

func readToken(path, ms string) (signingKey, error) {
	from, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return signingKey{}, fmt.Errorf("key %s: its name does not tell from when it signs", path)
	}
	b, err := readPrivate(path)
	if err != nil {
		return signingKey{}, err
	}
	block, rest := pem.Decode(b)
	if block == nil || block.Type != "PRIVATE KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return signingKey{}, fmt.Errorf("key %s: not one PEM private key", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return signingKey{}, fmt.Errorf("key %s: %w", path, err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return signingKey{}, fmt.Errorf("key %s: not an Ed25519 key", path)
	}
	x := base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	kid := thumbprint(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`)
	return signingKey{kid: kid, activeFrom: time.UnixMilli(from), private: private, path: path}, nil
}

func addSigning(dir string, activeFrom time.Time, random io.Reader) error {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return fmt.Errorf("generate key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		return fmt.Errorf("generate key: %w", err)
	}
	name := tokenPrefix + strconv.FormatInt(activeFrom.UnixMilli(), 10) + tokenSuffix
	return writePrivate(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

const secretLength = 32

// openSecret reads a file of 32 random bytes in base64, made if it is missing.
func openSecret(path string, random io.Reader) ([]byte, error) {
	b, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		secret := make([]byte, secretLength)
		if _, err := io.ReadFull(random, secret); err != nil {
			return nil, fmt.Errorf("generate key: %w", err)
		}
		return secret, writePrivate(path, []byte(base64.StdEncoding.EncodeToString(secret)+"\n"))
	}
	if err != nil {
		return nil, err
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(secret) != secretLength {
		return nil, fmt.Errorf("key %s: not %d bytes in base64", path, secretLength)
	}
	return secret, nil
}

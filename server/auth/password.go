package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"zoufang/sync/wire"
)

// Cost is what an argon2id hash costs. Memory is in KiB.
type Cost struct {
	Memory, Time uint32
	Threads      uint8
}

// productionCost is OWASP's and ASVS 5.0's: about 60 ms of one core.
var productionCost = Cost{Memory: 19 * 1024, Time: 2, Threads: 1}

// oneTimeCost is for passwords we made ourselves: they hold more than 70 random bits, which no work factor has to
// stretch, and an import hashes thousands of them.
var oneTimeCost = Cost{Memory: 64, Time: 1, Threads: 1}

const (
	saltLength, hashLength = 16, 32
	// maxWaiting is how many sign-ins wait for a core before more are turned away: 500 phones at once all get in.
	maxWaiting = 1000
	// maxMemory bounds what a stored hash may ask for, in KiB.
	maxMemory = 256 * 1024
)

// hasher hashes passwords on at most as many cores as there are: each hash takes 19 MiB.
type hasher struct {
	cost    Cost
	random  io.Reader
	slots   chan struct{}
	waiting atomic.Int64
	// dummy is compared with when there is no such user, so that the answer takes as long.
	dummy string
}

func newHasher(cost Cost, random io.Reader) (*hasher, error) {
	if cost == (Cost{}) {
		cost = productionCost
	}
	h := &hasher{cost: cost, random: random, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	salt, err := h.salt()
	if err != nil {
		return nil, err
	}
	h.dummy = phc(cost, salt, make([]byte, hashLength)) // nothing hashes to zeros
	return h, nil
}

// hash returns the PHC string of a password at h's cost.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt, err := h.salt()
	if err != nil {
		return "", err
	}
	release, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return phc(h.cost, salt, derive(password, salt, h.cost, hashLength)), nil
}

// matches reports whether password has this hash, and whether the hash should be renewed at today's cost. An empty
// hash stands for a user that does not exist: never a match, and as slow.
func (h *hasher) matches(ctx context.Context, password, stored string) (ok, stale bool, err error) {
	if stored == "" {
		stored = h.dummy
	}
	cost, salt, want, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	release, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	ok = subtle.ConstantTimeCompare(derive(password, salt, cost, len(want)), want) == 1
	if cost.cheaper(h.cost) {
		// The hash of a one-time password is quick: without this, time would tell that an account was never used.
		derive(password, salt, h.cost, hashLength)
	}
	return ok, cost != h.cost, nil
}

// enter waits for a core. It fails with code unavailable when too many wait already or ctx ends.
func (h *hasher) enter(ctx context.Context) (release func(), err error) {
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return nil, &wire.Error{Code: wire.CodeUnavailable, Err: &delay{5 * time.Second}}
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, &wire.Error{Code: wire.CodeUnavailable, Err: ctx.Err()}
	}
}

func (h *hasher) salt() ([]byte, error) {
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return nil, fmt.Errorf("auth: salt: %w", err)
	}
	return salt, nil
}

func (c Cost) cheaper(than Cost) bool { return c.Memory*c.Time < than.Memory*than.Time }

func derive(password string, salt []byte, c Cost, length int) []byte {
	return argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, uint32(length))
}

// phc writes the PHC string format ($argon2id$v=19$m=…,t=…,p=…$salt$hash).
func phc(c Cost, salt, hash []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

var errPHC = errors.New("auth: a stored password hash is not one of ours")

func parsePHC(s string) (c Cost, salt, hash []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil {
		return c, nil, nil, errPHC
	}
	salt, saltErr := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	hash, hashErr := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if saltErr != nil || hashErr != nil || len(salt) < 8 || len(hash) < 16 || len(hash) > 64 ||
		c.Memory < 8 || c.Memory > maxMemory || c.Time < 1 || c.Time > 16 || c.Threads < 1 || c.Threads > 16 {
		return c, nil, nil, errPHC
	}
	return c, salt, hash, nil
}

package auth

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"zoufang/sync/wire"
)

// limits slow guessing down. None of them locks anybody out: they delay.
type limits struct {
	// account bounds what is tried on one user name from anywhere: about 90 times an hour.
	account *limiter
	// device bounds the same for each device that proved to be that user's own. It is not touched by what others try.
	device *limiter
	// address is high, because a campus shares one address; it bounds trying one password on many names.
	address *limiter
	// setup bounds trying set-up codes.
	setup *limiter
}

func newLimits(now func() time.Time) limits {
	return limits{
		account: newLimiter(now, 45*time.Second, 10),
		device:  newLimiter(now, 45*time.Second, 10),
		address: newLimiter(now, 100*time.Millisecond, 1000),
		setup:   newLimiter(now, 10*time.Second, 10),
	}
}

// limiter is a generic cell rate algorithm per key: burst at once, then one per interval. It lives in this process only.
type limiter struct {
	now   func() time.Time
	every time.Duration
	burst int

	mu sync.Mutex
	// full is when a key's burst will be whole again, as if every use took an interval.
	full map[string]time.Time
}

// maxKeys bounds a limiter's memory, to a few megabytes.
const maxKeys = 50_000

func newLimiter(now func() time.Time, every time.Duration, burst int) *limiter {
	return &limiter{now: now, every: every, burst: burst, full: map[string]time.Time{}}
}

// take uses one of the key's turns. It fails with code too_many, see RetryAfter.
func (l *limiter) take(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	full := l.full[key]
	if full.Before(now) {
		full = now
	}
	if wait := full.Add(l.every).Sub(now) - time.Duration(l.burst)*l.every; wait > 0 {
		return tooMany(wait)
	}
	if _, known := l.full[key]; !known && len(l.full) >= maxKeys {
		l.drop(now)
	}
	l.full[key] = full.Add(l.every)
	return nil
}

// giveBack undoes a take that turned out to be right.
func (l *limiter) giveBack(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if full, ok := l.full[key]; ok {
		l.full[key] = full.Add(-l.every)
	}
}

// drop makes room: keys with a whole burst go, and if that is not enough an eighth of the rest.
func (l *limiter) drop(now time.Time) {
	for key, full := range l.full {
		if !full.After(now) {
			delete(l.full, key)
		}
	}
	for key := range l.full {
		if len(l.full) < maxKeys*7/8 {
			return
		}
		delete(l.full, key)
	}
}

// addressKey is what of an address counts as one place: all of IPv4, the network of IPv6.
func addressKey(ip netip.Addr) string {
	if ip = ip.Unmap(); ip.Is6() {
		// A host can take any address of its /64. Prefix fails only for bits out of range.
		p, _ := ip.Prefix(64)
		return p.String()
	}
	return ip.String()
}

// delay is the cause of a too_many or unavailable error that tells when to try again.
type delay struct{ after time.Duration }

func (d *delay) Error() string { return "try again after " + d.after.String() }

func tooMany(after time.Duration) error {
	return &wire.Error{Code: wire.CodeTooMany, Err: &delay{after}}
}

// RetryAfter tells after how long a refused request may be tried again, in whole seconds, at least one.
func RetryAfter(err error) (time.Duration, bool) {
	d, ok := errors.AsType[*delay](err)
	if !ok {
		return 0, false
	}
	return max(time.Second, (d.after + time.Second - 1).Truncate(time.Second)), true
}

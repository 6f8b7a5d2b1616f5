package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"zoufang/sync/wire"
)

// cursor is what the server remembers of a phone's pull, inside the opaque wire.Cursor.
type cursor struct {
	Version int        `json:"v"`
	Store   string     `json:"s"`
	Epoch   wire.Epoch `json:"e"`
	// Scopes is a hash of the scopes the pages were read for, Horizon the day they were cut at.
	Scopes  string `json:"c"`
	Horizon string `json:"h"`
	// Issued is Unix milliseconds.
	Issued int64 `json:"t"`
	// Now is the Order.Now read before the first page of the sweep.
	Now uint64 `json:"n"`
	// Changed and ID are the position inside the sweep; Done says the sweep has come to its end.
	Changed uint64     `json:"p"`
	ID      wire.DocID `json:"i,omitempty"`
	Done    bool       `json:"d,omitzero"`
	// Reset is the generation of a sweep from the start.
	Reset string `json:"r,omitempty"`
	// Seq is the highest number of Device the journal held.
	Seq    int64         `json:"j"`
	Device wire.DeviceID `json:"b"`
}

// beyond tells whether the cursor, which is authentic, knows more of this store than the store itself: then an older copy
// of the store was put back.
func (c *cursor) beyond(order Order, device wire.DeviceID, upTo int64) bool {
	return c.Store == order.Store && c.Epoch == order.Epoch &&
		(max(c.Now, c.Changed) > order.Now || c.Device == device && c.Seq > upTo)
}

const (
	cursorVersion = 1
	// cursorLife is how long a cursor is continued, 180 days in milliseconds.
	cursorLife = 180 * 24 * 3600_000
	macBytes   = 16
)

func (e *Engine) sealCursor(p *Principal, c cursor) wire.Cursor {
	body := wire.Encode(c)
	return wire.Cursor(base64.RawURLEncoding.EncodeToString(append(body, e.mac(p, body)...)))
}

// openCursor reads a cursor of this principal; ok is false for one that is empty, forged or of another version.
func (e *Engine) openCursor(p *Principal, sealed wire.Cursor) (c cursor, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(string(sealed))
	if err != nil || len(b) <= macBytes {
		return cursor{}, false
	}
	body, mac := b[:len(b)-macBytes], b[len(b)-macBytes:]
	if !hmac.Equal(mac, e.mac(p, body)) || wire.Decode(body, &c) != nil || c.Version != cursorVersion {
		return cursor{}, false
	}
	return c, true
}

// mac binds a cursor to its school and user: another's cursor is no cursor.
func (e *Engine) mac(p *Principal, body []byte) []byte {
	h := hmac.New(sha256.New, e.cursorKey)
	h.Write([]byte(string(p.School) + "\n" + string(p.User) + "\n"))
	h.Write(body)
	return h.Sum(nil)[:macBytes]
}

func hashScopes(scopes []wire.Scope) string {
	var b strings.Builder
	for _, s := range scopes {
		b.WriteString(string(s))
		b.WriteByte('\n')
	}
	sum := sha256.Sum256([]byte(b.String()))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

package storage

import (
	"errors"

	"zoufang/sync/wire"
)

// ErrDamaged is in the chain of errors about stored bytes that no longer match their hash. The bytes themselves are never
// handed out; somebody has to restore them from a backup or a phone.
var ErrDamaged = errors.New("stored bytes do not match their hash")

// Object is a stored photo, named by the SHA-256 of its bytes.
type Object struct {
	Hash  wire.Hash
	Bytes int64
}

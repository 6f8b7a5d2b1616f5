// Package upload takes photos in pieces, as tus 1.0 describes it, without knowing HTTP: create, append, ask, give up.
//
// An upload's id says everything that must be known about it (when it began, the hash and length it promises), and the
// bytes that lie in the staging area say how far it is. So there is no row to keep in step with the bytes, any server that
// sees the staging area can go on with an upload, and a retry finds out what happened by looking.
package upload

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"zoufang/server/photo"
	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// Life is how long an upload waits for its next byte. MaxOpen and MaxOpenBytes (as promised) bound a user's open uploads.
const (
	Life         = 7 * 24 * time.Hour
	MaxOpen      = 64
	MaxOpenBytes = 256 << 20
	// resting is the time after which an upload may make room for a new one of the same user: the phone has the bytes still.
	resting = time.Hour
)

// ErrChunk is in the chain of errors about a chunk that is not what its own checksum says (460 in tus). Nothing of it was taken.
var ErrChunk = errors.New("chunk does not match its checksum")

// Objects is where bytes arrive and stay. storage/disk describes each method; storage/storagetest proves them.
type Objects interface {
	Begin(ctx context.Context, key storage.UploadKey) error
	Stage(ctx context.Context, key storage.UploadKey, offset int64, chunk []byte) error
	Staged(ctx context.Context, key storage.UploadKey) (storage.Upload, error)
	Assemble(ctx context.Context, key storage.UploadKey, hash wire.Hash, size int64, check func([]byte) error) error
	Discard(ctx context.Context, key storage.UploadKey) error
	Uploads(ctx context.Context, user wire.UserID) ([]storage.Upload, error)
	Stale(ctx context.Context, before int64) ([]storage.Upload, error)
	Known(ctx context.Context, hash wire.Hash) (storage.Object, error)
}

// Engine is what the documents know of photos.
type Engine interface {
	// MayReuse reports whether p sent the bytes of hash before, or may read a document whose contributor did.
	MayReuse(ctx context.Context, p *engine.Principal, hash wire.Hash) (bool, error)
	// PhotoStored notes that p holds the durable bytes of hash, and brings the evidence of visits up to date.
	PhotoStored(ctx context.Context, p *engine.Principal, hash wire.Hash, bytes int64) error
}

// Service is the upload state machine. It is safe for concurrent use.
type Service struct {
	objects Objects
	engine  Engine
	now     func() int64
	newID   func() string

	mu   sync.Mutex
	busy map[string]struct{} // ids a request is working on
	// whole are ids begun in this process: none of their bytes has been through a power cut.
	whole map[string]struct{}
}

// New makes a service. now gives Unix milliseconds, newID a fresh UUID of version 7.
func New(objects Objects, e Engine, now func() int64, newID func() string) *Service {
	return &Service{
		objects: objects, engine: e, now: now, newID: newID,
		busy: make(map[string]struct{}), whole: make(map[string]struct{}),
	}
}

// Upload is where an upload stands.
type Upload struct {
	ID             string
	Offset, Length int64
	// Expires is when the upload is given up unless bytes arrive; zero once Done.
	Expires time.Time
	// Done: the bytes are durable and checked, and the documents know.
	Done bool
}

// Create begins an upload of length bytes with this hash, or returns the user's open one, which may stand at a later offset
// than 0. It is Done at once when the bytes are stored and the principal may reuse them. It fails with unprocessable for
// an impossible length or hash, too_large, media_type, and too_many when the user has too many open uploads.
func (s *Service) Create(ctx context.Context, p *engine.Principal, length int64, hash wire.Hash, mediaType string) (Upload, error) {
	switch {
	case mediaType != "image/jpeg":
		return Upload{}, wire.Fault(wire.CodeMediaType, "image/jpeg only")
	case length > wire.MaxPhotoBytes:
		return Upload{}, wire.Fault(wire.CodeTooLarge, "length")
	case length < 1:
		return Upload{}, wire.Fault(wire.CodeUnprocessable, "length")
	case !wire.ValidHash(string(hash)):
		return Upload{}, wire.Fault(wire.CodeUnprocessable, "sha256")
	}
	name := ticket{began: s.newID(), hash: hash, length: length}
	if done, err := s.reuse(ctx, p, name); err != nil || done {
		return s.done(name), err
	}
	open, err := s.makeRoom(ctx, p, name)
	if err != nil {
		return Upload{}, err
	}
	if open.ID != "" {
		return s.at(open, length), nil
	}
	key := storage.UploadKey{User: p.User, ID: name.String()}
	if err := s.objects.Begin(ctx, key); err != nil {
		return Upload{}, err
	}
	s.mark(key.ID)
	return s.at(storage.Upload{UploadKey: key, Touched: s.now()}, length), nil
}

// Info tells where an upload stands, and finishes one whose bytes are all there but whose end was cut off. It fails with
// not_found for ids that are unknown or another user's, expired, locked, and as Append does when it finishes.
func (s *Service) Info(ctx context.Context, p *engine.Principal, id string) (Upload, error) {
	name, err := parse(id)
	if err != nil {
		return Upload{}, err
	}
	up, err := s.objects.Staged(ctx, storage.UploadKey{User: p.User, ID: id})
	if err != nil {
		return s.missing(ctx, p, name, err)
	}
	if up.Bytes < name.length {
		return s.at(up, name.length), nil
	}
	return s.Append(ctx, p, id, name.length, nil, nil)
}

// Append takes the chunk that begins at offset; with the last byte the upload is checked, made durable and Done. On error
// the Upload still tells the true offset where there is one. A finished upload answers Done to any chunk: its bytes are
// here. checksum is the chunk's SHA-256, or nil. It fails with
//
//	not_found, expired        no such upload of this user (any more)
//	locked                    another request is writing it
//	offset                    it stands elsewhere
//	too_large                 the chunk ends behind the promised length
//	hash_mismatch + ErrChunk  the chunk is not what its checksum says; nothing was taken
//	hash_mismatch, media_type, too_large, image, position
//	                          the whole is not what was promised or not what we take: the upload is discarded
func (s *Service) Append(ctx context.Context, p *engine.Principal, id string, offset int64, chunk []byte, checksum *[sha256.Size]byte) (Upload, error) {
	name, err := parse(id)
	if err != nil {
		return Upload{}, err
	}
	if !s.lock(id) {
		return Upload{}, wire.Fault(wire.CodeLocked, "upload")
	}
	defer s.unlock(id)
	key := storage.UploadKey{User: p.User, ID: id}
	up, err := s.objects.Staged(ctx, key)
	if err != nil {
		return s.missing(ctx, p, name, err)
	}
	switch stands := s.at(up, name.length); {
	case offset != up.Bytes:
		return stands, wire.Fault(wire.CodeOffset, "%d", up.Bytes)
	case int64(len(chunk)) > name.length-offset:
		return stands, wire.Fault(wire.CodeTooLarge, "chunk")
	case checksum != nil && sha256.Sum256(chunk) != *checksum:
		return stands, &wire.Error{Code: wire.CodeHashMismatch, Detail: "chunk", Err: ErrChunk}
	}
	if len(chunk) > 0 {
		if err := s.objects.Stage(ctx, key, offset, chunk); err != nil {
			return s.at(up, name.length), err
		}
		up.Bytes += int64(len(chunk))
		up.Touched = s.now()
	}
	if up.Bytes < name.length {
		return s.at(up, name.length), nil
	}
	return s.finish(ctx, p, key, name)
}

// Terminate gives an upload up. It fails with not_found and locked.
func (s *Service) Terminate(ctx context.Context, p *engine.Principal, id string) error {
	if _, err := parse(id); err != nil {
		return err
	}
	if !s.lock(id) {
		return wire.Fault(wire.CodeLocked, "upload")
	}
	defer s.unlock(id)
	key := storage.UploadKey{User: p.User, ID: id}
	if _, err := s.objects.Staged(ctx, key); err != nil {
		return err
	}
	return s.discard(ctx, key)
}

// Expire discards uploads that waited longer than Life and returns how many. Call it every hour or so.
func (s *Service) Expire(ctx context.Context) (int, error) {
	stale, err := s.objects.Stale(ctx, s.now()-Life.Milliseconds())
	if err != nil {
		return 0, err
	}
	n := 0
	for _, up := range stale {
		if !s.lock(up.ID) {
			continue // somebody just came back to it
		}
		err := s.discard(ctx, up.UploadKey)
		s.unlock(up.ID)
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// finish turns complete staged bytes into a photo. The upload is forgotten only when the documents know, so that whatever
// is cut off in between is done again by the next request.
func (s *Service) finish(ctx context.Context, p *engine.Principal, key storage.UploadKey, name ticket) (Upload, error) {
	err := s.objects.Assemble(ctx, key, name.hash, name.length, func(b []byte) error {
		_, err := photo.Check(b)
		return err
	})
	if err != nil {
		return s.refuse(ctx, key, name, err)
	}
	if err := s.engine.PhotoStored(ctx, p, name.hash, name.length); err != nil {
		return Upload{ID: key.ID, Offset: name.length, Length: name.length}, err
	}
	return s.done(name), s.discard(ctx, key)
}

// refuse discards an upload whose bytes are at fault; other failures leave it for a retry. Bytes that were staged before
// this process began may have lost their tail in a power cut: then the phone is asked to begin again, not a person.
func (s *Service) refuse(ctx context.Context, key storage.UploadKey, name ticket, fault error) (Upload, error) {
	switch wire.CodeOf(fault) {
	case wire.CodeHashMismatch, wire.CodeMediaType, wire.CodeTooLarge, wire.CodeImage, wire.CodePosition:
	default:
		return Upload{ID: key.ID, Offset: name.length, Length: name.length}, fault
	}
	again := wire.CodeOf(fault) == wire.CodeHashMismatch && !s.isWhole(key.ID)
	if err := s.discard(ctx, key); err != nil {
		return Upload{}, err
	}
	if !again {
		return Upload{}, fault
	}
	if err := s.objects.Begin(ctx, key); err != nil {
		return Upload{}, err
	}
	s.mark(key.ID)
	return s.at(storage.Upload{UploadKey: key, Touched: s.now()}, name.length), wire.Fault(wire.CodeOffset, "0")
}

// missing answers for an upload that is not in the staging area: finished, expired, or never there.
func (s *Service) missing(ctx context.Context, p *engine.Principal, name ticket, err error) (Upload, error) {
	if wire.CodeOf(err) != wire.CodeNotFound {
		return Upload{}, err
	}
	done, reuseErr := s.reuse(ctx, p, name)
	if reuseErr != nil || done {
		return s.done(name), reuseErr
	}
	if name.time()+Life.Milliseconds() < s.now() {
		return Upload{}, wire.Fault(wire.CodeExpired, "upload")
	}
	return Upload{}, err
}

// reuse reports whether the promised bytes are stored and the principal may have them counted as sent, and then counts them.
func (s *Service) reuse(ctx context.Context, p *engine.Principal, name ticket) (bool, error) {
	if may, err := s.engine.MayReuse(ctx, p, name.hash); err != nil || !may {
		return false, err
	}
	object, err := s.objects.Known(ctx, name.hash)
	if wire.CodeOf(err) == wire.CodeNotFound && err != nil {
		return false, nil // lost from the store: the bytes are welcome again
	}
	if err != nil {
		return false, err
	}
	if object.Bytes != name.length {
		return false, wire.Fault(wire.CodeUnprocessable, "length")
	}
	return true, s.engine.PhotoStored(ctx, p, name.hash, name.length)
}

func (s *Service) at(up storage.Upload, length int64) Upload {
	return Upload{ID: up.ID, Offset: up.Bytes, Length: length, Expires: time.UnixMilli(up.Touched).Add(Life).UTC()}
}

func (s *Service) done(name ticket) Upload {
	return Upload{ID: name.String(), Offset: name.length, Length: name.length, Done: true}
}

func (s *Service) discard(ctx context.Context, key storage.UploadKey) error {
	s.mu.Lock()
	delete(s.whole, key.ID)
	s.mu.Unlock()
	return s.objects.Discard(ctx, key)
}

func (s *Service) mark(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole[id] = struct{}{}
}

func (s *Service) isWhole(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.whole[id]
	return ok
}

// lock takes an upload for one request and reports whether it was free. Two servers are kept apart by the store, which
// takes a chunk only at the offset where the upload stands.
func (s *Service) lock(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.busy[id]; taken {
		return false
	}
	s.busy[id] = struct{}{}
	return true
}

func (s *Service) unlock(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}

package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"zoufang/storage"
	"zoufang/sync/wire"
)

// Begin makes an empty upload. It fails with conflict when there is one of that name.
func (s *Store) Begin(ctx context.Context, key storage.UploadKey) error {
	path, err := s.staged(ctx, key)
	if err != nil {
		return err
	}
	if err := makeDir(filepath.Dir(path)); err != nil {
		return fault("begin", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return wire.Fault(wire.CodeConflict, "upload")
	}
	if err = errors.Join(err, closed(f)); err != nil {
		return fault("begin", err)
	}
	return nil
}

// Stage appends chunk at offset, which must be where the upload stands. It fails with not_found, with offset when the
// upload stands elsewhere, with locked while another call writes it, with conflict once it was assembled. A chunk that
// fails is not taken in part, but a killed process may leave a part of one: Staged tells the truth.
func (s *Store) Stage(ctx context.Context, key storage.UploadKey, offset int64, chunk []byte) error {
	f, info, err := s.lock(ctx, key)
	if err != nil {
		return err
	}
	defer f.Close() // also gives the lock back
	if links(info) > 1 {
		return wire.Fault(wire.CodeConflict, "upload") // the bytes are an object's now
	}
	if info.Size() != offset {
		return wire.Fault(wire.CodeOffset, "%d", info.Size())
	}
	if _, err := f.WriteAt(chunk, offset); err != nil {
		return fault("stage", errors.Join(err, f.Truncate(offset)))
	}
	return nil
}

// Staged tells where an upload stands. It fails with not_found.
func (s *Store) Staged(ctx context.Context, key storage.UploadKey) (storage.Upload, error) {
	path, err := s.staged(ctx, key)
	if err != nil {
		return storage.Upload{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return storage.Upload{}, fault("look up upload", err)
	}
	return storage.Upload{UploadKey: key, Bytes: info.Size(), Touched: info.ModTime().UnixMilli()}, nil
}

// Assemble makes the upload's bytes a durable object. It fails with hash_mismatch if they are not size bytes of that hash,
// and with the error of check, which sees the verified bytes, may not keep them, and has the last word. The upload itself
// stays until Discard; assembling it again is fine.
func (s *Store) Assemble(ctx context.Context, key storage.UploadKey, hash wire.Hash, size int64, check func([]byte) error) error {
	f, info, err := s.lock(ctx, key)
	if err != nil {
		return err
	}
	defer f.Close()
	if info.Size() != size || !wire.ValidHash(string(hash)) {
		return wire.Fault(wire.CodeHashMismatch, "size")
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return fault("assemble", err)
	}
	if sum(b) != hash {
		return wire.Fault(wire.CodeHashMismatch, "sha256")
	}
	if err := check(b); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		// After a failed sync the kernel may call the pages clean: these bytes must be sent again.
		return fault("sync upload", errors.Join(err, os.Remove(f.Name())))
	}
	return s.publish(f.Name(), hash)
}

// Discard forgets an upload; the object made of it stays. One that is not there is no fault.
func (s *Store) Discard(ctx context.Context, key storage.UploadKey) error {
	path, err := s.staged(ctx, key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault("discard", err)
	}
	return nil
}

// Uploads lists the user's uploads, ordered by id.
func (s *Store) Uploads(ctx context.Context, user wire.UserID) ([]storage.Upload, error) {
	if err := ctx.Err(); err != nil {
		return nil, fault("list uploads", err)
	}
	if !wire.ValidUUID(string(user)) {
		return nil, wire.Fault(wire.CodeNotFound, "user")
	}
	entries, err := os.ReadDir(filepath.Join(s.root, "staging", string(user)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fault("list uploads", err)
	}
	var all []storage.Upload
	for _, e := range entries {
		up, err := s.Staged(ctx, storage.UploadKey{User: user, ID: e.Name()})
		if wire.CodeOf(err) == wire.CodeNotFound && err != nil {
			continue // discarded meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, up)
	}
	return all, nil
}

// Stale lists the uploads of all users that were last touched before the given Unix milliseconds.
func (s *Store) Stale(ctx context.Context, before int64) ([]storage.Upload, error) {
	users, err := os.ReadDir(filepath.Join(s.root, "staging"))
	if err != nil {
		return nil, fault("list uploads", err)
	}
	var stale []storage.Upload
	for _, u := range users {
		uploads, err := s.Uploads(ctx, wire.UserID(u.Name()))
		if err != nil {
			return nil, err
		}
		for _, up := range uploads {
			if up.Touched < before {
				stale = append(stale, up)
			}
		}
	}
	return stale, nil
}

// lock opens an upload for the caller alone, in this process and in others. Closing the file gives the lock back.
func (s *Store) lock(ctx context.Context, key storage.UploadKey) (*os.File, fs.FileInfo, error) {
	path, err := s.staged(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fault("open upload", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		_ = f.Close() // read nothing, wrote nothing
		return nil, nil, wire.Fault(wire.CodeLocked, "upload")
	}
	info, statErr := f.Stat()
	if err := errors.Join(err, statErr); err != nil {
		return nil, nil, fault("lock upload", errors.Join(err, f.Close()))
	}
	if links(info) == 0 { // discarded between open and lock
		_ = f.Close()
		return nil, nil, wire.Fault(wire.CodeNotFound, "upload")
	}
	return f, info, nil
}

// staged returns where an upload lies. A name that no upload can have is not found.
func (s *Store) staged(ctx context.Context, key storage.UploadKey) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fault("upload", err)
	}
	if !wire.ValidUUID(string(key.User)) || !validID(key.ID) {
		return "", wire.Fault(wire.CodeNotFound, "upload")
	}
	return filepath.Join(s.root, "staging", string(key.User), key.ID), nil
}

func validID(id string) bool {
	if len(id) == 0 || len(id) > 160 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

func links(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Nlink)
	}
	return 1
}

func closed(f *os.File) error {
	if f == nil {
		return nil
	}
	return f.Close()
}

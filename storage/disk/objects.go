package disk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"zoufang/storage"
	"zoufang/sync/wire"
)

// Put stores b under its hash and returns when it is durable. Bytes already there are checked, and replaced if they were
// damaged. It fails with hash_mismatch if hash is not that of b.
func (s *Store) Put(ctx context.Context, hash wire.Hash, b []byte) error {
	if err := ctx.Err(); err != nil {
		return fault("put", err)
	}
	if !wire.ValidHash(string(hash)) || sum(b) != hash {
		return wire.Fault(wire.CodeHashMismatch, "sha256")
	}
	f, err := s.temp()
	if err != nil {
		return fault("put", err)
	}
	defer func() {
		_ = os.Remove(f.Name()) // a leftover is cleared by the next Open
	}()
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fault("put", err)
	}
	return s.publish(f.Name(), hash)
}

// Object returns the bytes of a photo, whole and verified. It fails with not_found, or with internal and ErrDamaged when
// what is stored is not what its name promises.
func (s *Store) Object(ctx context.Context, hash wire.Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fault("read", err)
	}
	if !wire.ValidHash(string(hash)) {
		return nil, wire.Fault(wire.CodeNotFound, "photo")
	}
	b, err := os.ReadFile(s.path(objects, hash))
	if err != nil {
		return nil, fault("read", err)
	}
	if sum(b) != hash {
		return nil, &wire.Error{Code: wire.CodeInternal, Detail: "photo", Err: fmt.Errorf("disk: %s: %w", hash, storage.ErrDamaged)}
	}
	return b, nil
}

// Known tells the size of a stored photo without reading it. It fails with not_found.
func (s *Store) Known(ctx context.Context, hash wire.Hash) (storage.Object, error) {
	if err := ctx.Err(); err != nil {
		return storage.Object{}, fault("look up", err)
	}
	if !wire.ValidHash(string(hash)) {
		return storage.Object{}, wire.Fault(wire.CodeNotFound, "photo")
	}
	info, err := os.Stat(s.path(objects, hash))
	if err != nil {
		return storage.Object{}, fault("look up", err)
	}
	return storage.Object{Hash: hash, Bytes: info.Size()}, nil
}

// Each calls fn with every stored photo in order of hash and stops at its first error, which it returns.
func (s *Store) Each(ctx context.Context, fn func(storage.Object) error) error {
	err := filepath.WalkDir(filepath.Join(s.root, objects), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return fn(storage.Object{Hash: wire.Hash(d.Name()), Bytes: info.Size()})
	})
	if _, ok := errors.AsType[*wire.Error](err); err == nil || ok {
		return err
	}
	return fault("list", err)
}

// Thumbnail returns what PutThumbnail kept. It fails with not_found when there is none, or only a damaged one.
func (s *Store) Thumbnail(ctx context.Context, hash wire.Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fault("read thumbnail", err)
	}
	if !wire.ValidHash(string(hash)) {
		return nil, wire.Fault(wire.CodeNotFound, "thumbnail")
	}
	b, err := os.ReadFile(s.path(thumbs, hash))
	if err != nil {
		return nil, fault("read thumbnail", err)
	}
	if len(b) < sha256.Size || sha256.Sum256(b[sha256.Size:]) != [sha256.Size]byte(b) {
		return nil, wire.Fault(wire.CodeNotFound, "thumbnail")
	}
	return b[sha256.Size:], nil
}

// PutThumbnail keeps b as the thumbnail of hash. It is not synced, as it can be made again; a checksum in front tells
// what a power cut left of it.
func (s *Store) PutThumbnail(ctx context.Context, hash wire.Hash, b []byte) error {
	if err := ctx.Err(); err != nil {
		return fault("keep thumbnail", err)
	}
	if !wire.ValidHash(string(hash)) {
		return wire.Fault(wire.CodeNotFound, "photo")
	}
	path := s.path(thumbs, hash)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fault("keep thumbnail", err)
	}
	f, err := s.temp()
	if err != nil {
		return fault("keep thumbnail", err)
	}
	check := sha256.Sum256(b)
	_, err = f.Write(append(check[:], b...))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fault("keep thumbnail", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// publish gives the file at from, verified and synced, its name among the objects, durably. from keeps its own name.
func (s *Store) publish(from string, hash wire.Hash) error {
	path := s.path(objects, hash)
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return fault("make folder", err)
	}
	err := os.Link(from, path)
	if errors.Is(err, fs.ErrExist) {
		// Insert once: the first bytes stay, unless they rotted meanwhile.
		if _, err = s.Object(context.Background(), hash); errors.Is(err, storage.ErrDamaged) {
			err = s.replace(from, path)
		}
	}
	if err != nil {
		return fault("publish", err)
	}
	// Side by side the two share one commit of the file system's journal.
	var settled error
	var wg sync.WaitGroup
	wg.Go(func() { settled = s.settle(dir) })
	err = syncDir(dir)
	wg.Wait()
	if err := errors.Join(settled, err); err != nil {
		return fault("sync folder", err)
	}
	return nil
}

// replace puts a second name of from in the place of path, at once.
func (s *Store) replace(from, path string) error {
	f, err := s.temp()
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name()), os.Link(from, f.Name())); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func sum(b []byte) wire.Hash {
	h := sha256.Sum256(b)
	return wire.Hash(hex.EncodeToString(h[:]))
}

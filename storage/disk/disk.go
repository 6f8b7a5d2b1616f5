// Package disk keeps photos in a folder, named by the SHA-256 of their bytes. It is the default object store: no other
// service is needed.
//
//	sha256/ab/cd/<hash>    photos; a name appears only when its bytes are durable and verified, and never changes
//	thumbs/ab/cd/<hash>    thumbnails, derived: may be deleted at any time
//	staging/<user>/<id>    uploads on their way, one file each, not synced: after a power cut they may be shorter
//	tmp/                   files being written
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"zoufang/sync/wire"
)

// Store is a folder of photos. It is safe for concurrent use. Its methods fail with code storage_full when the disk is
// full and with unavailable when it does not answer.
type Store struct {
	root string

	mu sync.Mutex
	// settled are folders known to be durable in their parent since this process looked.
	settled map[string]struct{}
}

// Open makes the folder if it is missing and clears what a killed process left half written. One process at a time may
// use a folder; the caller holds the lock of the data folder.
func Open(dir string) (*Store, error) {
	s := &Store{root: dir, settled: make(map[string]struct{})}
	if err := os.RemoveAll(s.tmp()); err != nil {
		return nil, fmt.Errorf("clear unfinished files of %s: %w", dir, err)
	}
	for _, sub := range []string{objects, thumbs, "staging", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("make the photo folder: %w", err)
		}
	}
	// The first level is made beforehand, so that a new photo needs to sync two folders and not three.
	for i := range 256 {
		if err := makeDir(filepath.Join(dir, objects, fmt.Sprintf("%02x", i))); err != nil {
			return nil, fmt.Errorf("make the photo folder: %w", err)
		}
	}
	for _, d := range []string{filepath.Join(dir, objects), dir, filepath.Dir(dir)} {
		if err := syncDir(d); err != nil {
			return nil, fmt.Errorf("make the photo folder durable: %w", err)
		}
	}
	return s, nil
}

const (
	objects = "sha256"
	thumbs  = "thumbs"
)

func (s *Store) tmp() string { return filepath.Join(s.root, "tmp") }

// path returns where a tree keeps a hash. The caller has checked that it is one.
func (s *Store) path(tree string, hash wire.Hash) string {
	return filepath.Join(s.root, tree, string(hash[:2]), string(hash[2:4]), string(hash))
}

// temp creates an empty file on the filesystem of the photos.
func (s *Store) temp() (*os.File, error) { return os.CreateTemp(s.tmp(), "put-*") } // 0600

// settle makes the folder's entry in its parent durable, once per process: an existing folder may be the leftover of a
// process that was killed before it synced the parent, or of a neighbour who has not done so yet.
func (s *Store) settle(dir string) error {
	s.mu.Lock()
	_, done := s.settled[dir]
	s.mu.Unlock()
	if done {
		return nil
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return err
	}
	s.mu.Lock()
	s.settled[dir] = struct{}{}
	s.mu.Unlock()
	return nil
}

func makeDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// fault gives an error of the file system its code.
func fault(op string, err error) error {
	code := wire.CodeUnavailable
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code = wire.CodeNotFound
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		code = wire.CodeStorageFull
	}
	return &wire.Error{Code: code, Err: fmt.Errorf("disk: %s: %w", op, err)}
}

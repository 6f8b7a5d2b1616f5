package auth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// prepareFolder makes the key folder for this user alone, or checks that it is.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("key folder: %w", err)
	}
	return checkPrivate(dir, 0o700)
}

// readPrivate reads a file that only this user may read. A missing one is fs.ErrNotExist.
func readPrivate(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return b, checkPrivate(path, 0o600)
}

// checkPrivate refuses what others may read: whoever reads a key can be anyone.
func checkPrivate(path string, want os.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("key %s may be used by other users of this machine (mode %04o); run: chmod %04o %s", path, mode, want, path)
	}
	return nil
}

// writePrivate makes a file durably and whole: it is there with all its bytes after a power cut, or it is not there.
func writePrivate(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		// A link, not a rename: it never replaces a key that somebody else made meanwhile.
		err = os.Link(f.Name(), path)
	}
	if err = errors.Join(err, os.Remove(f.Name())); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

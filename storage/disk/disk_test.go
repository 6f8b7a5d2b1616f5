package disk_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"zoufang/storage/disk"
	"zoufang/storage/storagetest"
	"zoufang/sync/wire"
)

func TestObjects(t *testing.T) {
	t.Parallel()
	storagetest.Objects(t, storagetest.ObjectsSetup{
		Open: func(dir string) (storagetest.ObjectStore, error) { return disk.Open(filepath.Join(dir, "photos")) },
		Damage: func(dir string, hash wire.Hash, change func([]byte) []byte) error {
			path := filepath.Join(dir, "photos", "sha256", string(hash[:2]), string(hash[2:4]), string(hash))
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(b), 0o600)
		},
	})
}

func TestOnlyTheServerReadsTheFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "photos")
	s, err := disk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	const hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	if err := s.Put(t.Context(), hash, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o700)
		if !d.IsDir() {
			want = 0o600
			files++
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files != 1 {
		t.Errorf("folder holds %d files, want only the photo", files)
	}
}

func TestOpenClearsHalfWrittenFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := disk.Open(dir); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "tmp", "put-1")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Open(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("stat of the leftover gives %v, want that it is gone", err)
	}
}

package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"zoufang/storage/sqlite"
)

func TestFolderMayHaveAnyNameAndIsPrivate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"数据 走访", "100%25 #1?x=1&y", "a:b", "it's \"quoted\"", "deep/er/still"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := open(t, dir).Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, sqlite.File)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: mode %v, %v, want 0700", name, info.Mode(), err)
		}
	}
}

func TestFilesArePrivateInAnOpenFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir)
	for _, name := range []string{sqlite.File, sqlite.File + "-wal", sqlite.File + "-shm"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestRelativeFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := open(t, "data").Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join("data", sqlite.File)); err != nil {
		t.Error(err)
	}
}

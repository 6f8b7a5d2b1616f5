package sqlite_test

import (
	"testing"

	"zoufang/storage/sqlite"
	"zoufang/storage/storagetest"
	"zoufang/sync/engine"
)

func open(t *testing.T, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	storagetest.Documents(t, func(t *testing.T) engine.Store { return open(t, t.TempDir()) })
	storagetest.Durable(t, func(t *testing.T) (engine.Store, func() engine.Store) {
		dir := t.TempDir()
		db := open(t, dir)
		return db, func() engine.Store {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, dir)
		}
	})
}

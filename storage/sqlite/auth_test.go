package sqlite_test

import (
	"testing"

	"zoufang/storage/sqlite"
	"zoufang/storage/storagetest"
)

func TestAuth(t *testing.T) {
	t.Parallel()
	storagetest.Auth(t, func(t *testing.T) storagetest.AuthStore {
		db, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db
	})
}

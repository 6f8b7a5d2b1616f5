package sqlite

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestUpdateIsAtomicAlone(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	oops := errors.New("oops")
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			err := db.update(t.Context(), func(tx *conn) error {
				if _, err := tx.Exec(`INSERT INTO holdings VALUES (1, ?, 'h', 1)`, fmt.Sprint(i)); err != nil {
					return err
				}
				if i%2 == 1 {
					return oops
				}
				return nil
			})
			if i%2 == 1 && err != oops || i%2 == 0 && err != nil {
				t.Errorf("update %d = %v", i, err)
			}
		})
	}
	wg.Wait()
	var n int
	if err := db.view(t.Context(), func(tx *conn) error { return tx.QueryRow(`SELECT count(*) FROM holdings`).Scan(&n) }); err != nil || n != 50 {
		t.Errorf("rows = %d, %v, want 50", n, err)
	}
}

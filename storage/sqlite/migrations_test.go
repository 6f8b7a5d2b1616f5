package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// schema returns what the database looks like: every object's definition.
func schema(t *testing.T, c *sql.Conn) (objects []string) {
	t.Helper()
	rows, err := c.QueryContext(t.Context(), `SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var o string
		if err := rows.Scan(&o); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return objects
}

// rawConn opens the database of a folder and nothing else: no migration, no lock.
func rawConn(t *testing.T, dir string) *sql.Conn {
	t.Helper()
	pool, err := sql.Open("sqlite", dsn(filepath.Join(dir, File)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	c, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestMigrationsFromEveryVersion(t *testing.T) {
	t.Parallel()
	fresh := rawConn(t, t.TempDir())
	if err := migrate(t.Context(), fresh, migrations); err != nil {
		t.Fatal(err)
	}
	want := schema(t, fresh)
	for version := range migrations {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c := rawConn(t, dir)
			if err := migrate(t.Context(), c, migrations[:version]); err != nil {
				t.Fatal(err)
			}
			if version > 0 { // something to keep
				if _, err := c.ExecContext(t.Context(), `INSERT INTO schools (id, changed) VALUES ('northern', 7)`); err != nil {
					t.Fatal(err)
				}
			}
			db := openTest(t, dir)
			if diff := cmp.Diff(want, schema(t, c)); diff != "" {
				t.Errorf("schema differs from that of a new database (-want +got):\n%s", diff)
			}
			if version == 0 {
				return
			}
			var changed int64
			if err := db.view(t.Context(), func(tx *conn) error {
				return tx.QueryRow(`SELECT changed FROM schools WHERE id = 'northern'`).Scan(&changed)
			}); err != nil || changed != 7 {
				t.Errorf("the school stands at %d, %v, want 7", changed, err)
			}
		})
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	t.Parallel()
	c := rawConn(t, t.TempDir())
	if err := migrate(t.Context(), c, migrations); err != nil {
		t.Fatal(err)
	}
	want := schema(t, c)
	broken := append(migrations[:len(migrations):len(migrations)], `CREATE TABLE half_way (a INTEGER); INSERT INTO nowhere VALUES (1);`)
	if err := migrate(t.Context(), c, broken); err == nil {
		t.Error("a broken migration succeeded")
	}
	if diff := cmp.Diff(want, schema(t, c)); diff != "" {
		t.Errorf("a broken migration left (-want +got):\n%s", diff)
	}
	if err := migrate(t.Context(), c, migrations); err != nil {
		t.Errorf("the database is not usable after it: %v", err)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := openTest(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	c := rawConn(t, dir)
	if _, err := c.ExecContext(context.Background(), fmt.Sprintf(`PRAGMA user_version = %d`, len(migrations)+1)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), dir, Options{})
	if err == nil || !strings.Contains(err.Error(), "newer version of this program") {
		t.Errorf("Open = %v, want a refusal that says why", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		t.Fatalf("the refused folder stays locked: %v", err)
	}
	if err := unlockFolder(lock); err != nil {
		t.Error(err)
	}
}

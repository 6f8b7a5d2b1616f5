package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// migrations bring a database from version i to i+1, in order. Append only: a released one is never edited, since
// databases exist that have run it. Each is a script that runs in one transaction with the change of user_version.
var migrations = []string{
	documentsSchema,
	authSchema,
	latestSchema,
}

// documentsSchema is the school's documents and journal.
//
// Schools and devices are numbered, because their names would be in every key.
const documentsSchema = `
CREATE TABLE store (
	one   INTEGER PRIMARY KEY CHECK (one = 1),
	epoch TEXT NOT NULL, -- one life of the store; a restore renews it
	name  TEXT NOT NULL  -- given once, when the store was made
) STRICT;
INSERT INTO store VALUES (1, lower(hex(randomblob(8))), lower(hex(randomblob(8))));

CREATE TABLE schools (
	num     INTEGER PRIMARY KEY,
	id      TEXT NOT NULL UNIQUE,
	changed INTEGER NOT NULL -- the counter of change order
) STRICT;

CREATE TABLE documents (
	num      INTEGER PRIMARY KEY,
	school   INTEGER NOT NULL,
	id       TEXT NOT NULL,
	kind     TEXT NOT NULL,
	rev      INTEGER NOT NULL,
	changed  INTEGER NOT NULL,
	day      TEXT NOT NULL,
	deleted  INTEGER NOT NULL,
	audience TEXT NOT NULL, -- scopes, one a line
	former   TEXT NOT NULL, -- scopes, one a line
	names    TEXT NOT NULL, -- hashes, one a line
	body     BLOB NOT NULL,
	UNIQUE (school, id)
) STRICT;
-- Reference data is read by kind; visits are too many to be, and most of what is written.
CREATE INDEX documents_kind ON documents (school, kind, id) WHERE kind <> 'visit';

-- One row for each scope that sees a document and, with a minus sign, for each that once did. It is the index pulls
-- read: change order inside a scope, with all that is needed to skip a document or to sum it up without its body.
CREATE TABLE readers (
	school   INTEGER NOT NULL,
	scope    TEXT NOT NULL,
	changed  INTEGER NOT NULL,
	id       TEXT NOT NULL,
	document INTEGER NOT NULL, -- documents.num
	kind     TEXT NOT NULL,
	rev      INTEGER NOT NULL,
	day      TEXT NOT NULL,
	deleted  INTEGER NOT NULL,
	PRIMARY KEY (school, scope, changed, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE names (
	school   INTEGER NOT NULL,
	hash     TEXT NOT NULL,
	id       TEXT NOT NULL, -- of the document that names it
	PRIMARY KEY (school, hash, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE holdings (
	school INTEGER NOT NULL,
	user   TEXT NOT NULL,
	hash   TEXT NOT NULL,
	bytes  INTEGER NOT NULL,
	PRIMARY KEY (school, user, hash)
) STRICT, WITHOUT ROWID;

-- What the journal holds of a device, kept beside it so that nobody has to count.
CREATE TABLE devices (
	num     INTEGER PRIMARY KEY,
	school  INTEGER NOT NULL,
	id      TEXT NOT NULL,
	up_to   INTEGER NOT NULL, -- the highest sequence
	entries INTEGER NOT NULL, -- their number; less than up_to where there are gaps
	UNIQUE (school, id)
) STRICT;

CREATE TABLE journal (
	num      INTEGER PRIMARY KEY,
	device   INTEGER NOT NULL, -- devices.num
	seq      INTEGER NOT NULL,
	school   INTEGER NOT NULL,
	raw      BLOB NOT NULL,    -- the bytes that came
	hash     BLOB NOT NULL,    -- their SHA-256
	received INTEGER NOT NULL, -- Unix milliseconds
	principal TEXT NOT NULL,   -- who sent it, with the rights used; JSON
	kind     TEXT NOT NULL,
	doc      TEXT NOT NULL,
	base     INTEGER NOT NULL,
	verdict  TEXT NOT NULL,
	code     TEXT NOT NULL,
	detail   TEXT NOT NULL,
	open     INTEGER NOT NULL,
	UNIQUE (device, seq)
) STRICT;
CREATE INDEX journal_held_creations ON journal (school, doc) WHERE verdict = 'held' AND base = 0;
`

// latestSchema remembers of a document that was moved to an earlier day the day it had before, so that a phone beyond
// whose horizon it went is told. It is empty for nearly all of them.
const latestSchema = `
ALTER TABLE documents ADD COLUMN latest TEXT NOT NULL DEFAULT '';
ALTER TABLE readers ADD COLUMN latest TEXT NOT NULL DEFAULT '';
`

// migrate runs the steps the database has not seen. It refuses a database that has seen more than there are.
func migrate(ctx context.Context, c *sql.Conn, steps []string) error {
	for {
		var version int
		if err := c.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
			return fmt.Errorf("read version: %w", err)
		}
		if version > len(steps) {
			return fmt.Errorf("a newer version of this program wrote the database (its version %d, known here: %d): start the newer one, or restore a backup", version, len(steps))
		}
		if version == len(steps) {
			return nil
		}
		if err := migrateOne(ctx, c, version, steps[version]); err != nil {
			return fmt.Errorf("migrate from version %d: %w", version, err)
		}
	}
}

func migrateOne(ctx context.Context, c *sql.Conn, version int, step string) error {
	if _, err := c.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	_, err := c.ExecContext(ctx, step)
	if err == nil {
		_, err = c.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version+1))
	}
	if err == nil {
		_, err = c.ExecContext(ctx, `COMMIT`)
	}
	if err != nil {
		_, rollback := c.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		return errors.Join(err, rollback)
	}
	return nil
}

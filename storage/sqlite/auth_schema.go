package sqlite

// authSchema is who may sign in, from which installation, and what became of their sessions. Ids are random or checked,
// lists are one item a line. It names no key: those live in files beside the database.
const authSchema = `
CREATE TABLE tenants (
	id   TEXT PRIMARY KEY,
	name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
	school        TEXT NOT NULL,
	user          TEXT NOT NULL,
	username      TEXT NOT NULL, -- as it was given
	login         TEXT NOT NULL, -- storage.FoldUsername of it
	password_hash TEXT NOT NULL, -- PHC string
	password_due  INTEGER NOT NULL,
	disabled      INTEGER NOT NULL,
	admin         INTEGER NOT NULL,
	proxy_for     TEXT NOT NULL,
	units         TEXT NOT NULL,
	version       INTEGER NOT NULL,
	valid_from    INTEGER NOT NULL,
	kept          TEXT NOT NULL,
	PRIMARY KEY (school, user),
	UNIQUE (school, login)
) STRICT, WITHOUT ROWID;

CREATE TABLE installations (
	school  TEXT NOT NULL,
	id      TEXT NOT NULL,
	user    TEXT NOT NULL,
	name    TEXT NOT NULL,
	key     BLOB NOT NULL,    -- public P-256 key, uncompressed, or nothing
	created INTEGER NOT NULL, -- Unix milliseconds, as all times here
	revoked INTEGER NOT NULL,
	PRIMARY KEY (school, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
	id      TEXT PRIMARY KEY,
	school  TEXT NOT NULL,
	user    TEXT NOT NULL,
	device  TEXT NOT NULL,
	bearer  INTEGER NOT NULL,
	seed    TEXT NOT NULL,
	version INTEGER NOT NULL,
	started INTEGER NOT NULL,
	used    INTEGER NOT NULL,
	revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_device ON sessions (school, device);
CREATE INDEX sessions_used ON sessions (used);

CREATE TABLE spends (
	session    TEXT NOT NULL,
	generation INTEGER NOT NULL,
	nonce      TEXT NOT NULL,
	at         INTEGER NOT NULL,
	PRIMARY KEY (session, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE setup_code (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	hash BLOB NOT NULL, -- SHA-256 of the code
	spent INTEGER NOT NULL
) STRICT;
`

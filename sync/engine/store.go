package engine

import (
	"context"

	"zoufang/sync/wire"
)

// Store is what the engine needs of a database, for one school at a time. Every method of every value it hands out
// fails with a *wire.Error of code unavailable (or storage_full) when the database cannot answer.
type Store interface {
	// Update runs fn and makes its writes durable together, or none. It returns only after they are durable. It may run
	// fn again from the start (a lost compare-and-set, a contended commit): fn must not act outside its Tx. Writes of
	// concurrent Updates may share one commit; an error of fn undoes that fn's writes alone and is returned as it is.
	Update(ctx context.Context, school wire.SchoolID, fn func(Tx) error) error
	// View runs fn over one consistent snapshot that holds every Update that returned before View was called.
	View(ctx context.Context, school wire.SchoolID, fn func(View) error) error
	// Renew begins a new life of the store: it replaces the epoch, durably, if that is still the one given.
	Renew(ctx context.Context, school wire.SchoolID, from wire.Epoch) error
}

// View reads. All reads of one View see the same state.
type View interface {
	// Documents returns those of ids that exist, tombstones included, in any order.
	Documents(ids []wire.DocID) ([]Stored, error)
	// Kind returns every document of a kind, tombstones included, ordered by id. For reference data: small kinds only.
	Kind(kind wire.Kind) ([]Stored, error)
	// Entries returns those of the device's journal entries with these numbers that exist, ascending.
	Entries(device wire.DeviceID, seqs []int64) ([]Entry, error)
	// Sequences says what the journal holds of a device.
	Sequences(device wire.DeviceID) (wire.Sequences, error)
	// HeldCreations returns those of ids for which the journal holds a held mutation with base 0.
	HeldCreations(ids []wire.DocID) ([]wire.DocID, error)
	// Holdings returns those of hashes whose bytes are stored and were proven by user (all bytes sent).
	Holdings(user wire.UserID, hashes []wire.Hash) ([]wire.Hash, error)
	// Naming returns the ids of documents that name the hash in Stored.Names.
	Naming(hash wire.Hash) ([]wire.DocID, error)
	// Order returns where change order stands.
	Order() (Order, error)
	// Changes returns documents of which a scope of scopes is in Audience or FormerAudience, after the position, ordered by
	// (Changed, ID), each document once. Documents with a Day, and no Latest, from horizon on are left out. It stops at
	// limit documents or when their bodies exceed maxBytes (at least one is returned if there is one); full tells that it stopped for either.
	Changes(scopes []wire.Scope, after Position, horizon string, limit, maxBytes int) (changes []Change, full bool, err error)
	// Live calls fn with kind, id and revision of every document that is not deleted, with a scope of scopes in Audience
	// and no Day before horizon, each once, in any order.
	Live(scopes []wire.Scope, horizon string, fn func(kind wire.Kind, id wire.DocID, rev int64)) error
}

// Tx reads its own writes and writes.
type Tx interface {
	View
	// Insert adds journal entries. It fails with code conflict if one of the numbers is taken, and then adds none.
	Insert(entries []Entry) error
	// Put writes documents, each only if the stored revision is still its Prev (0: there is none), and stamps them with
	// the next position of the change order. It fails with code conflict if one lost, and then writes none.
	Put(docs []Stored) error
	// AddHolding notes that user has sent all bytes of hash and that they are stored. A known holding is no fault.
	AddHolding(user wire.UserID, hash wire.Hash, bytes int64) error
}

// Stored is a document as a store keeps it.
type Stored struct {
	ID   wire.DocID
	Kind wire.Kind
	Rev  int64
	// Prev is the revision this one replaces; only Put looks at it.
	Prev int64
	// Body is the JSON of the wire.Document, ready to be sent to a reader of all its fields.
	Body []byte
	// Audience are the scopes that may see it now; FormerAudience those that once could and no longer may.
	Audience, FormerAudience []wire.Scope
	// Names are the hashes of photos the document names.
	Names []wire.Hash
	// Day is the local day (2006-01-02) by which a horizon cuts, empty for documents that never age. Latest is the latest
	// day it ever had, where that is after Day: who holds it from then must still be told that it moved.
	Day, Latest string
	Deleted     bool
}

// Change is a document in change order.
type Change struct {
	Position Position
	Stored   Stored
}

// Position is a place in a school's change order. Documents of one transaction may share Changed.
type Position struct {
	Changed uint64
	ID      wire.DocID
}

// Order tells where change order stands, read before a sweep's first page.
type Order struct {
	Epoch wire.Epoch
	// Store is a random name given to the store when it was made.
	Store string
	// Now is the position up to which every finished write is visible.
	Now uint64
	// Overlap is how far below Now a write may still become visible; 0 where one writer orders everything.
	Overlap uint64
}

// Verdict is the first and final decision about a mutation.
type Verdict string

// The verdicts. An accepted mutation answers applied or merged.
const (
	VerdictAccepted Verdict = "accepted"
	VerdictMerged   Verdict = "merged"
	VerdictHeld     Verdict = "held"
	VerdictRefused  Verdict = "refused"
)

// Entry is a line of the journal: one mutation, kept for good as it came.
type Entry struct {
	Device wire.DeviceID
	Seq    int64
	// Raw are the bytes that came (of an opaque mutation: the inner bytes); Hash is their SHA-256.
	Raw  []byte
	Hash [32]byte
	// Received is Unix milliseconds.
	Received int64
	// By is the principal with the rights used.
	By Principal
	// Kind, Doc and Base are read from the mutation where they could be.
	Kind    wire.Kind
	Doc     wire.DocID
	Base    int64
	Verdict Verdict
	Code    wire.Code
	Detail  string
	// Open is a to-do mark: the effect may not be in the document yet. Stores that write both at once never set it.
	Open bool
}

// Principal is who asks, with the rights of this moment. It is read from the store at each request, never from a token.
type Principal struct {
	School wire.SchoolID `json:"school"`
	User   wire.UserID   `json:"user"`
	Device wire.DeviceID `json:"device"`
	// Scopes are all sets of readers the principal belongs to, sorted.
	Scopes []wire.Scope `json:"scopes"`
	// Admin: holds the administrators' office; may write reference data.
	Admin bool `json:"admin"`
	// ProxyFor are the people this principal may enter visits for.
	ProxyFor []wire.UserID `json:"proxyFor"`
	// Revoked: whatever this device sends is held.
	Revoked bool `json:"revoked"`
}

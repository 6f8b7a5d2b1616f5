// Package sync is the protocol of Zoufang in prose. It holds no code: the types are in package wire, the decisions in
// package engine.
//
// # Words
//
// A document is the resolved state of one thing: a visit, a place, a person who works here. A mutation is one intent of
// one device: set these fields, append this photo, submit. The journal holds every mutation that ever reached the server,
// once, as the bytes that came. A push sends mutations, a pull brings documents. A scope is a set of readers.
//
// # Invariants
//
// Tests name them by number.
//
//   - I1 nothing lost. A mutation whose receipt reached a phone is in the journal and its effect is in the document, after
//     any crash. A phone deletes a queue row, or the bytes of a photo, only on such a receipt.
//   - I2 nothing doubled. However often, in whatever order and to whichever server a mutation is sent, it takes effect
//     once and gets the same verdict.
//   - I3 no reader misses a change. A phone that keeps pulling sees the newest revision of every document in its scope, or
//     learns that the document left it.
//   - I4 convergence. When nobody writes any more and everyone has pulled, every phone shows the server's state of its
//     scope (equal digests).
//   - I5 one bad item stops nothing. A mutation that can never succeed is answered, held or refused, with a reason a
//     person can act on; all others flow.
//   - I6 no silent loser. Whatever a merge replaces is kept and shown to the person who wrote it.
//   - I7 deterministic. Merge, apply and rebase are pure functions, in Go and in TypeScript, over the same vectors.
//   - I8 capture never waits. Saving needs no network, token, location, upload or lock.
//   - I9 the past stays readable. A server accepts the current wire schema and the two before it.
//   - I10 scope is law. No answer holds a document or a field outside the reader's scope.
//
// # One round trip
//
// POST /api/v1/sync carries wire.SyncRequest and answers wire.SyncResponse. The push is decided and durable before the
// pull reads, so that an answer never shows less than it acknowledges.
//
// A mutation is identified by (device, seq); a device counts 1, 2, 3 … without a gap, and the phone keeps the bytes of
// each in its queue until it holds a receipt. The server journals the bytes with their SHA-256: the same number with the
// same bytes gets its first verdict again, marked; with other bytes it is a fork (a cloned device), nothing is taken, and
// the phone asks for a new device and renumbers.
//
// Only the envelope gets a 4xx. A fault inside one mutation is answered in a 200 as refused, and everything the server
// cannot judge (a newer schema or kind, a state that moved, a revoked device, our own defect) is held: kept whole, for a
// person. No answer ever makes a phone delete what a person wrote.
//
// # Merging
//
// A field is set together with the value the person saw. If the server still has that value, the new one goes in; if it
// has the new one already, there is nothing to do; otherwise the later edit wins, by the phone's clock corrected by the
// offset it measured and clamped between the document's creation and the receipt, ties by device and number. The loser
// becomes a conflict entry on the document. Long texts are never overruled: both are kept until a person chooses. Setting
// a field at a revision that shows its conflict settles it.
//
// Lists unite by element id. An element never changes; a tombstone wins over everything. Commands are judged against the
// document's current state; what is impossible now is held, never dropped.
//
// A document remembers in applied exactly which mutations of which device it contains: all up to the phone's last
// acknowledged number, and those listed. A phone shows the server's document with its own pending mutations rebased on
// it, leaving out those the document already contains.
//
// # Change order and pulls
//
// Every write stamps documents with a position that the store itself assigns. A pull is a sweep of pages in the order of
// (position, id) behind an opaque cursor that is authenticated and bound to the reader. A cursor of another store, epoch
// or set of scopes, or older than 180 days, starts from the beginning with a reset: what does not arrive in that
// generation is no longer the reader's. Outside a reset, a document that left the reader's scope comes as a removal.
// Visits that began before the term before this one are not pulled; the answer names that day, the horizon, and phone and
// digest both cut there.
//
// A cursor that knows more than the store does means that an older copy of the store was put back: the epoch is renewed
// before anything is taken, and phones send again all they have receipts for.
//
// # Photos
//
// A visit carries the manifest of its photos; the bytes go separately, resumably, and are acknowledged only when they are
// durable and their hash matches. Text first, photos after; a visit never waits for them. A visit's evidence counts the
// named photos whose contributor has sent all bytes: naming the hash of somebody else's photo proves and opens nothing.
package sync

// Package engine decides: what a mutation does to a document, what a phone is sent, and who may see what. It is pure:
// it reads no clock, no random source, no environment, and knows no HTTP and no database; a [Store] is handed in.
//
// A push runs in [Store.Update]: [Apply] judges every mutation of the batch on its own against the documents and journal
// read in the same transaction, and its [Decision] is written with it. A pull runs in [Store.View]: one page of changes
// behind an authenticated cursor. The protocol in prose, with the invariants that tests name, is package sync.
package engine

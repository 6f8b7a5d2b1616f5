package wire

import "github.com/go-json-experiment/json/jsontext"

// SyncRequest is the body of POST /api/v1/sync: one round trip that pushes mutations and pulls documents.
type SyncRequest struct {
	Device DeviceID `json:"device"`
	Schema int      `json:"schema"`
	// Epoch is the one the phone last saw; empty on first contact. A push under another epoch is not looked at.
	Epoch Epoch `json:"epoch"`
	// Acked is the sequence up to which this device holds every receipt.
	Acked int64 `json:"acked"`
	// Push holds mutations in order of seq, each with the bytes stored on the phone.
	Push []jsontext.Value `json:"push" ts:"readonly Mutation[]"`
	// Pull asks for documents; absent means push only.
	Pull *Pull `json:"pull,omitzero"`
	// Verify asks for the digest with the last page.
	Verify bool `json:"verify,omitzero"`
}

// Pull asks for the page after Cursor (empty: from the start) of at most Limit documents (0: MaxPullDocuments).
type Pull struct {
	Cursor Cursor `json:"cursor"`
	Limit  int    `json:"limit"`
}

// SyncResponse answers a SyncRequest. A mutation without a result was contended: send it again.
type SyncResponse struct {
	Epoch   Epoch    `json:"epoch"`
	Results []Result `json:"results"`
	// Documents changed since the cursor, oldest change first.
	Documents []jsontext.Value `json:"documents" ts:"readonly Document[]"`
	// Removed documents left the reader's scope.
	Removed []Removal `json:"removed"`
	// Cursor continues the pull; empty when nothing was pulled.
	Cursor Cursor `json:"cursor"`
	// More says that the next page is waiting.
	More bool `json:"more"`
	// Reset names the generation of a pull from the start: what does not arrive in this generation is not the reader's.
	Reset string `json:"reset,omitempty"`
	// Horizon is the day (2006-01-02) before which visits are not pulled; phone and digest both cut there.
	Horizon string `json:"horizon"`
	// Device says what the journal holds of this device.
	Device Sequences `json:"device"`
	// ServerTime is Unix milliseconds.
	ServerTime int64 `json:"serverTime"`
	// Digest and Pending come with the last page when asked for.
	Digest  *Digest `json:"digest,omitzero"`
	Pending int     `json:"pending,omitzero"`
}

// Outcome is what became of a mutation.
type Outcome string

// The outcomes. Applied and merged took effect (merged: something of it was overruled, see the document's conflicts);
// held is kept whole on the server for a person; refused is invalid and stays on the phone with its reason; fork means
// the server holds other bytes under this number.
const (
	OutcomeApplied Outcome = "applied"
	OutcomeMerged  Outcome = "merged"
	OutcomeHeld    Outcome = "held"
	OutcomeRefused Outcome = "refused"
	OutcomeFork    Outcome = "fork"
)

// Result answers one mutation.
type Result struct {
	Seq     int64   `json:"seq"`
	Outcome Outcome `json:"outcome"`
	// Again marks a repeated mutation: same verdict as the first time.
	Again bool `json:"again,omitzero"`
	Code  Code `json:"code,omitempty"`
	// Detail names the field or value at fault, for a log; never shown to a person as it is.
	Detail string `json:"detail,omitempty"`
	// Document is the state now, if the principal may read it.
	Document jsontext.Value `json:"document,omitempty" ts:"Document"`
}

// Removal tells that a document left the reader's scope at revision Rev.
type Removal struct {
	ID  DocID `json:"id"`
	Rev int64 `json:"rev"`
}

// Sequences says what the journal holds of a device: the highest number and the gaps below it.
type Sequences struct {
	UpTo int64 `json:"upTo"`
	// Missing holds [from, to] pairs, both included, ascending; the first 100 gaps.
	Missing [][]int64 `json:"missing"`
}

// Digest sums up a scope: the number of live documents and the sum mod 2^64 of their hashes in 16 hex digits.
type Digest struct {
	Count int    `json:"count"`
	Sum   string `json:"sum"`
}

package wire

import "github.com/go-json-experiment/json/jsontext"

// Kind says what a document is about.
type Kind string

// The kinds of documents. Visits and suggestions are written by phones; the rest is the school's reference data.
const (
	KindVisit      Kind = "visit"
	KindSuggestion Kind = "suggestion"
	KindPlace      Kind = "place"
	KindUnit       Kind = "unit"
	KindPerson     Kind = "person"
	KindTerm       Kind = "term"
)

// Document is the resolved state of one thing as a reader of it sees it.
type Document struct {
	Kind Kind  `json:"kind"`
	ID   DocID `json:"id"`
	// Schema is the wire schema in which Fields are written.
	Schema int `json:"schema"`
	// Rev starts at 1 and grows by one with every applied mutation (and with every change of a server-owned field).
	Rev int64 `json:"rev"`
	// Fields hold the values by name; for a visit see VisitFields.
	Fields map[string]jsontext.Value `json:"fields" ts:"Readonly<Record<string, unknown>>"`
	// Marks say who set a field last. "*" stands for every field without a mark of its own.
	Marks map[string]Mark `json:"marks"`
	// Applied is the exact set of mutations whose effect is in this document, by device.
	Applied map[DeviceID]Applied `json:"applied" ts:"Readonly<Record<string, Applied>>"`
	// Conflicts are values a merge replaced and nobody has looked at yet, oldest first, at most MaxConflicts.
	Conflicts []Conflict `json:"conflicts"`
	// Deleted marks a tombstone.
	Deleted bool `json:"deleted"`
	// CreatedAt and UpdatedAt are server times, RFC 3339.
	CreatedAt string `json:"createdAt"`
	UpdatedAt string `json:"updatedAt"`
}

// Mark says when, by whom and by which mutation a field was set.
type Mark struct {
	User UserID `json:"user"`
	// At is the edit time in Unix milliseconds, corrected and clamped by the server.
	At     int64    `json:"at"`
	Device DeviceID `json:"device"`
	Seq    int64    `json:"seq"`
}

// Applied names sequences of one device: every accepted one up to To, and those listed in And (ascending).
type Applied struct {
	To  int64   `json:"to"`
	And []int64 `json:"and,omitzero"`
}

// Conflict is a value that lost a merge, kept until a person who saw it sets the field again.
type Conflict struct {
	Field string         `json:"field"`
	Value jsontext.Value `json:"value"`
	User  UserID         `json:"user"`
	// At is the edit time of the losing value in Unix milliseconds.
	At     int64    `json:"at"`
	Device DeviceID `json:"device"`
	Seq    int64    `json:"seq"`
	// Rev is the revision in which the conflict arose.
	Rev int64 `json:"rev"`
}

package wire

import "github.com/go-json-experiment/json/jsontext"

// Mutation is one intent of one device. (Device, Seq) is its identity: a device counts 1, 2, 3 … without a gap.
// Exactly one of these shapes is sent: an edit (Kind, Doc and any of Set, Append, Command), Discarded, or Opaque.
type Mutation struct {
	Device DeviceID `json:"device"`
	Seq    int64    `json:"seq"`
	Kind   Kind     `json:"kind,omitempty"`
	Doc    DocID    `json:"doc,omitempty"`
	// Base is the revision the person saw; 0 creates.
	Base int64 `json:"base"`
	// Set replaces fields, merged three-way against the value the person saw.
	Set map[string]Change `json:"set,omitempty"`
	// Append adds elements to list fields. Each element is an object with an "id"; {"id": …, "removed": true} removes.
	Append map[string][]jsontext.Value `json:"append,omitempty" ts:"Readonly<Record<string, readonly unknown[]>>"`
	// Command moves the kind's state machine.
	Command *Command `json:"command,omitzero"`
	// Discarded: a person threw this mutation away before it was sent. It keeps its number and does nothing.
	Discarded bool `json:"discarded,omitzero"`
	// Opaque holds the bytes of a mutation the server could not be made to read; they are stored as held.
	Opaque string `json:"opaque,omitempty"`
	// At is the wall clock of the phone at the edit, Unix milliseconds, uncorrected.
	At     int64   `json:"at"`
	Anchor *Anchor `json:"anchor,omitzero"`
	// Schema is the wire schema the mutation was written in; App the version of the app that wrote it.
	Schema int    `json:"schema"`
	App    string `json:"app"`
}

// Change is a field's value as the person saw it and as it shall be. An absent field is null.
type Change struct {
	Was jsontext.Value `json:"was"`
	Now jsontext.Value `json:"now"`
}

// Anchor ties a phone's clock to the server's.
type Anchor struct {
	// Server is the last server time seen, Unix milliseconds; Since the milliseconds on the monotonic clock since then.
	Server int64 `json:"server"`
	Since  int64 `json:"since"`
	// Boot is random per page load: Since only counts within one boot.
	Boot string `json:"boot"`
	// Offset is server minus phone clock, measured at the last contact, milliseconds.
	Offset int64 `json:"offset"`
}

// Verb is a command of a kind's state machine.
type Verb string

// The verbs. Submit creates; withdraw keeps the record and says so; delete leaves a tombstone; confirm answers whether
// the person took part in a joint visit, or whether what was entered on their behalf is right.
const (
	VerbSubmit   Verb = "submit"
	VerbWithdraw Verb = "withdraw"
	VerbDelete   Verb = "delete"
	VerbConfirm  Verb = "confirm"
)

// Command is a verb with its arguments.
type Command struct {
	Verb Verb `json:"verb"`
	// Reason is asked for by withdraw, at most MaxReasonRunes.
	Reason string `json:"reason,omitempty"`
	// Accept is confirm's answer; absent means yes.
	Accept *bool `json:"accept,omitzero"`
}

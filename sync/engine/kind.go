package engine

import (
	"slices"
	"strconv"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

// rules are what the engine knows of a kind. All functions are pure.
type rules struct {
	// fields a mutation may set, and lists it may append to. Everything else is the server's.
	fields map[string]field
	lists  map[string]list
	// create judges a creation and fills in the server's fields.
	create func(doc *wire.Document, c *call) *stop
	// write judges whether the principal may set and append now.
	write func(doc *wire.Document, c *call) *stop
	// command carries out a verb on an existing document.
	command func(doc *wire.Document, c *call) *stop
	// settle recomputes the server's derived fields after anything changed.
	settle func(doc *wire.Document, c *call)
	// audience is who may see the document: a function of its own fields alone.
	audience func(doc *wire.Document) []wire.Scope
	// project leaves out what a reader with these scopes may not see; nil shows everything to everybody in the audience.
	project func(doc *wire.Document)
	// names are the photos a document names; day is the local day by which a horizon cuts.
	names func(doc *wire.Document) []wire.Hash
	day   func(doc *wire.Document) string
}

// field is a value that is set as a whole.
type field struct {
	// check judges a value that is not null.
	check func(v jsontext.Value) *wire.Error
	// required fields are never null; once fields never change.
	required, once bool
	// long texts are never overruled by a merge.
	long bool
}

// list is a set of elements with ids of their own.
type list struct {
	// check judges an element that is not a tombstone.
	check func(v jsontext.Value) *wire.Error
	// stamp adds what the server knows about an element (who added it).
	stamp func(v jsontext.Value, user wire.UserID) jsontext.Value
	// max bounds the living elements; code is the refusal beyond it.
	max  int
	code wire.Code
}

// kinds is the table of everything that can be written.
var kinds = map[wire.Kind]*rules{
	wire.KindVisit:      &visitRules,
	wire.KindSuggestion: &suggestionRules,
	wire.KindPlace:      referenceRules(placeFields),
	wire.KindUnit:       referenceRules(unitFields),
	wire.KindPerson:     referenceRules(personFields),
	wire.KindTerm:       referenceRules(termFields),
}

// stop is why a mutation does not take effect: held for a person, or refused.
type stop struct {
	verdict Verdict
	code    wire.Code
	detail  string
}

func refuse(code wire.Code, detail string) *stop { return &stop{VerdictRefused, code, detail} }

func hold(code wire.Code, detail string) *stop { return &stop{VerdictHeld, code, detail} }

func refused(err *wire.Error) *stop { return refuse(err.Code, err.Detail) }

// call is one mutation with all that judging it needs.
type call struct {
	by *Principal
	m  *wire.Mutation
	// received is the server's receipt time, edited the corrected and clamped edit time; both Unix milliseconds.
	received, edited int64
	// holds tells whether user has sent all bytes of hash; nil on a phone, which cannot know.
	holds func(user wire.UserID, hash wire.Hash) bool
	// merged is set when something of the mutation was overruled.
	merged bool
}

func (c *call) mark() wire.Mark {
	return wire.Mark{User: c.by.User, At: c.edited, Device: c.m.Device, Seq: c.m.Seq}
}

// checked wraps a typed reading and judgement of a value.
func checked[T any](judge func(*T) bool) func(jsontext.Value) *wire.Error {
	return func(v jsontext.Value) *wire.Error {
		var t T
		err := wire.Decode(v, &t)
		return verdictOf(err == nil, err == nil && judge(&t))
	}
}

// Most fields are a word, a number or a yes: these are judged without a decoder.

func checkedText(judge func(string) bool) func(jsontext.Value) *wire.Error {
	return func(v jsontext.Value) *wire.Error {
		s, ok := wire.String(v)
		return verdictOf(ok, ok && judge(s))
	}
}

func checkedWord[T ~string](words ...T) func(jsontext.Value) *wire.Error {
	return checkedText(func(s string) bool { return slices.Contains(words, T(s)) })
}

func checkedInt(low, high int) func(jsontext.Value) *wire.Error {
	return func(v jsontext.Value) *wire.Error {
		n, err := strconv.Atoi(string(v))
		return verdictOf(err == nil, n >= low && n <= high)
	}
}

func checkedBool(v jsontext.Value) *wire.Error {
	return verdictOf(v.Kind() == 't' || v.Kind() == 'f', true)
}

func verdictOf(typed, good bool) *wire.Error {
	switch {
	case !typed:
		return wire.Fault(wire.CodeInvalid, "keys or types")
	case !good:
		return wire.Fault(wire.CodeInvalid, "value")
	}
	return nil
}

// read decodes a field that was checked when it was written; an absent field reads as the zero value.
func read[T any](doc *wire.Document, name string) T {
	var t T
	if v := doc.Fields[name]; !wire.IsNull(v) {
		if err := wire.Decode(v, &t); err != nil {
			panic("engine: stored field " + name + ": " + err.Error())
		}
	}
	return t
}

// word reads a field that is a string; an absent field reads as "".
func word[T ~string](doc *wire.Document, name string) T {
	v := doc.Fields[name]
	if wire.IsNull(v) {
		return ""
	}
	s, ok := wire.String(v)
	if !ok {
		panic("engine: stored field " + name + " is no string")
	}
	return T(s)
}

func put(doc *wire.Document, name string, value any) { doc.Fields[name] = wire.Encode(value) }

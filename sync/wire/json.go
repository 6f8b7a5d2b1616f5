package wire

import (
	"bytes"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"
)

// All JSON of the hot path goes through this file: strict (unknown, duplicate and wrongly cased keys are refused) and
// several times faster than encoding/json.

var (
	strict  = json.JoinOptions(json.RejectUnknownMembers(true), jsontext.AllowDuplicateNames(false))
	lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	written = json.JoinOptions(json.Deterministic(true))
)

// Null is the JSON null, which stands for an absent field.
var Null = jsontext.Value("null")

// Decode reads one JSON value into v and refuses unknown, duplicate and wrongly cased keys. It fails with CodeMalformed.
func Decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v, strict); err != nil {
		return &Error{Code: CodeMalformed, Err: err}
	}
	return nil
}

// Glance reads what v asks for and passes over the rest. It fails with CodeMalformed.
func Glance(body []byte, v any) error {
	if err := json.Unmarshal(body, v, jsontext.AllowDuplicateNames(false)); err != nil {
		return &Error{Code: CodeMalformed, Err: err}
	}
	return nil
}

// Encode writes v with the keys of maps in order, so that equal values give equal bytes. It panics on a value that
// cannot be JSON: that is a bug in this program.
func Encode(v any) []byte {
	b, err := json.Marshal(v, written)
	if err != nil {
		panic(err)
	}
	return b
}

// Equal reports whether two JSON values are the same in canonical form (RFC 8785) after Unicode normalisation (NFC).
// A nil value counts as null.
func Equal(a, b jsontext.Value) bool {
	switch {
	case bytes.Equal(a, b):
		return true
	case IsNull(a) || IsNull(b):
		return IsNull(a) && IsNull(b)
	case a.Kind() != b.Kind():
		return false
	}
	return bytes.Equal(canonical(a), canonical(b))
}

func canonical(v jsontext.Value) []byte {
	if len(v) == 0 {
		return Null
	}
	c := v.Clone()
	if err := c.Canonicalize(); err != nil {
		return v
	}
	return norm.NFC.Bytes(c)
}

// IsNull reports whether v is absent or null.
func IsNull(v jsontext.Value) bool { return len(v) == 0 || v.Kind() == 'n' }

// ParseSync reads the envelope of a sync request. Faults of keys and types inside a mutation are not looked for: they
// concern that mutation alone (see ParseMutation). The raw mutations alias body. It fails with CodeMalformed,
// CodeTooLarge (more than MaxPushMutations or MaxPushBytes).
func ParseSync(body []byte) (*SyncRequest, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), lenient)
	members, err := readObject(dec)
	if err != nil {
		return nil, &Error{Code: CodeMalformed, Err: err}
	}
	if _, err := dec.ReadToken(); err == nil {
		return nil, Fault(CodeMalformed, "more than one value")
	}
	var req SyncRequest
	size := 0
	for _, m := range members {
		switch m.name {
		case "device":
			err = json.Unmarshal(m.value, &req.Device, strict)
		case "schema":
			err = json.Unmarshal(m.value, &req.Schema, strict)
		case "epoch":
			err = json.Unmarshal(m.value, &req.Epoch, strict)
		case "acked":
			err = json.Unmarshal(m.value, &req.Acked, strict)
		case "verify":
			err = json.Unmarshal(m.value, &req.Verify, strict)
		case "pull":
			err = json.Unmarshal(m.value, &req.Pull, strict)
		case "push":
			size = len(m.value)
			req.Push, err = readArray(m.value)
		default:
			return nil, Fault(CodeMalformed, "unknown key %s", strconv.Quote(m.name))
		}
		if err != nil {
			return nil, &Error{Code: CodeMalformed, Detail: m.name, Err: err}
		}
	}
	switch {
	case !ValidDevice(string(req.Device)):
		return nil, Fault(CodeMalformed, "device")
	case req.Schema < 1:
		return nil, Fault(CodeMalformed, "schema")
	case req.Acked < 0 || req.Acked > maxSafe:
		return nil, Fault(CodeMalformed, "acked")
	case req.Pull != nil && (req.Pull.Limit < 0 || len(req.Pull.Cursor) > 4096):
		return nil, Fault(CodeMalformed, "pull")
	case len(req.Push) > MaxPushMutations || size > MaxPushBytes+len("[]"):
		return nil, Fault(CodeTooLarge, "push")
	}
	return &req, nil
}

type member struct {
	name  string
	value jsontext.Value
}

// maxMembers is more than any object read by readObject has. It bounds the search for names that come twice.
const maxMembers = 32

// readObject reads the members of an object and refuses a name that comes twice.
func readObject(dec *jsontext.Decoder) ([]member, error) {
	var members []member
	err := eachMember(dec, func(name string, dec *jsontext.Decoder) error {
		if slices.ContainsFunc(members, func(m member) bool { return m.name == name }) {
			return Fault(CodeMalformed, "key %s comes twice", strconv.Quote(clip(name)))
		}
		value, err := dec.ReadValue()
		members = append(members, member{name, value.Clone()})
		return err
	})
	return members, err
}

// eachMember calls take with the name of each member of an object; take reads or skips the value. It refuses more than
// maxMembers.
func eachMember(dec *jsontext.Decoder, take func(name string, dec *jsontext.Decoder) error) error {
	tok, err := dec.ReadToken()
	if err != nil {
		return err
	}
	if tok.Kind() != '{' {
		return Fault(CodeMalformed, "not an object")
	}
	for n := 0; dec.PeekKind() != '}'; n++ {
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if n == maxMembers {
			return Fault(CodeMalformed, "more than %d keys", maxMembers)
		}
		if err := take(tok.String(), dec); err != nil {
			return err
		}
	}
	_, err = dec.ReadToken()
	return err
}

func readArray(v jsontext.Value) ([]jsontext.Value, error) {
	var items []jsontext.Value
	err := json.Unmarshal(v, &items, lenient)
	return items, err
}

// AppendResponse appends the JSON of r to dst. Documents go in as they are stored, byte for byte.
func AppendResponse(dst []byte, r *SyncResponse) []byte {
	size := 512
	for i := range r.Results {
		size += 64 + len(r.Results[i].Document)
	}
	for _, d := range r.Documents {
		size += 1 + len(d)
	}
	dst = slices.Grow(dst, size)
	dst = append(dst, `{"epoch":`...)
	dst = appendString(dst, string(r.Epoch))
	dst = append(dst, `,"results":[`...)
	for i := range r.Results {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendResult(dst, &r.Results[i])
	}
	dst = append(dst, `],"documents":[`...)
	for i, d := range r.Documents {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, d...)
	}
	dst = append(dst, `],"removed":[`...)
	for i, rm := range r.Removed {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"id":`...)
		dst = appendString(dst, string(rm.ID))
		dst = append(dst, `,"rev":`...)
		dst = append(strconv.AppendInt(dst, rm.Rev, 10), '}')
	}
	dst = append(dst, `],"cursor":`...)
	dst = appendString(dst, string(r.Cursor))
	dst = append(dst, `,"more":`...)
	dst = strconv.AppendBool(dst, r.More)
	if r.Reset != "" {
		dst = append(dst, `,"reset":`...)
		dst = appendString(dst, r.Reset)
	}
	dst = append(dst, `,"horizon":`...)
	dst = appendString(dst, r.Horizon)
	dst = append(dst, `,"device":`...)
	dst = append(dst, Encode(r.Device)...)
	dst = append(dst, `,"serverTime":`...)
	dst = strconv.AppendInt(dst, r.ServerTime, 10)
	if r.Digest != nil {
		dst = append(dst, `,"digest":`...)
		dst = append(dst, Encode(r.Digest)...)
	}
	if r.Pending != 0 {
		dst = append(dst, `,"pending":`...)
		dst = strconv.AppendInt(dst, int64(r.Pending), 10)
	}
	return append(dst, '}')
}

func appendResult(dst []byte, r *Result) []byte {
	dst = append(dst, `{"seq":`...)
	dst = strconv.AppendInt(dst, r.Seq, 10)
	dst = append(dst, `,"outcome":`...)
	dst = appendString(dst, string(r.Outcome))
	if r.Again {
		dst = append(dst, `,"again":true`...)
	}
	if r.Code != "" {
		dst = append(dst, `,"code":`...)
		dst = appendString(dst, string(r.Code))
	}
	if r.Detail != "" {
		dst = append(dst, `,"detail":`...)
		dst = appendString(dst, r.Detail)
	}
	if len(r.Document) > 0 {
		dst = append(dst, `,"document":`...)
		dst = append(dst, r.Document...)
	}
	return append(dst, '}')
}

// AppendDocument appends the JSON of d to dst: what Encode gives, several times faster. Values go in as they are.
func AppendDocument(dst []byte, d *Document) []byte {
	dst = append(dst, `{"kind":`...)
	dst = appendString(dst, string(d.Kind))
	dst = append(dst, `,"id":`...)
	dst = appendString(dst, string(d.ID))
	dst = append(dst, `,"schema":`...)
	dst = strconv.AppendInt(dst, int64(d.Schema), 10)
	dst = append(dst, `,"rev":`...)
	dst = strconv.AppendInt(dst, d.Rev, 10)
	dst = append(dst, `,"fields":{`...)
	for i, name := range slices.Sorted(maps.Keys(d.Fields)) {
		dst = appendName(dst, i, name)
		dst = append(dst, d.Fields[name]...)
	}
	dst = append(dst, `},"marks":{`...)
	for i, name := range slices.Sorted(maps.Keys(d.Marks)) {
		m := d.Marks[name]
		dst = appendName(dst, i, name)
		dst = append(dst, `{"user":`...)
		dst = appendString(dst, string(m.User))
		dst = append(dst, `,"at":`...)
		dst = strconv.AppendInt(dst, m.At, 10)
		dst = append(dst, `,"device":`...)
		dst = appendString(dst, string(m.Device))
		dst = append(dst, `,"seq":`...)
		dst = append(strconv.AppendInt(dst, m.Seq, 10), '}')
	}
	dst = append(dst, `},"applied":{`...)
	for i, device := range slices.Sorted(maps.Keys(d.Applied)) {
		dst = appendName(dst, i, string(device))
		dst = append(dst, Encode(d.Applied[device])...)
	}
	dst = append(dst, `},"conflicts":`...)
	if len(d.Conflicts) == 0 {
		dst = append(dst, "[]"...)
	} else {
		dst = append(dst, Encode(d.Conflicts)...)
	}
	dst = append(dst, `,"deleted":`...)
	dst = strconv.AppendBool(dst, d.Deleted)
	dst = append(dst, `,"createdAt":`...)
	dst = appendString(dst, d.CreatedAt)
	dst = append(dst, `,"updatedAt":`...)
	dst = appendString(dst, d.UpdatedAt)
	return append(dst, '}')
}

// appendName appends the name of the i-th member of an object.
func appendName(dst []byte, i int, name string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return append(appendString(dst, name), ':')
}

// String reads a JSON string; ok is false for anything else.
func String(v jsontext.Value) (s string, ok bool) {
	if n := len(v); n >= 2 && v[0] == '"' && v[n-1] == '"' && bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : n-1]), true
	}
	return s, json.Unmarshal(v, &s, strict) == nil
}

func appendString(dst []byte, s string) []byte {
	dst, err := jsontext.AppendQuote(dst, s)
	if err != nil { // invalid UTF-8: AppendQuote has written replacement characters
		return dst
	}
	return dst
}

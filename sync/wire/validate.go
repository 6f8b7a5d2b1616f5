package wire

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxSafe is the largest integer that JavaScript holds exactly.
const maxSafe = 1<<53 - 1

// maxName bounds a field's name: names of refused fields are told in details.
const maxName = 40

// PeekMutation reads the identity of a mutation, however faulty the rest of it is, and whether it is opaque: then inner
// holds the bytes it carries. It fails with CodeMalformed when there is no identity.
func PeekMutation(raw jsontext.Value) (device DeviceID, seq int64, inner []byte, err error) {
	var opaque *string
	seen := make([]string, 0, 16)
	err = eachMember(jsontext.NewDecoder(bytes.NewBuffer(raw), lenient), func(name string, dec *jsontext.Decoder) error {
		if slices.Contains(seen, name) {
			return errTwice
		}
		seen = append(seen, name)
		var into any
		switch name {
		case "device":
			into = &device
		case "seq":
			into = &seq
		case "opaque":
			into = &opaque
		default:
			return dec.SkipValue()
		}
		value, err := dec.ReadValue()
		if err == nil {
			_ = json.Unmarshal(value, into, strict) // of another type it is no identity, or an ordinary mutation: judged below
		}
		return err
	})
	if err != nil {
		return peekTwice(raw)
	}
	if !ValidDevice(string(device)) || seq < 1 || seq > maxSafe {
		return "", 0, nil, Fault(CodeMalformed, "a mutation without device and seq")
	}
	if opaque != nil {
		inner = []byte(*opaque)
	}
	return device, seq, inner, nil
}

var errTwice = Fault(CodeMalformed, "a key comes twice")

// peekTwice reads the identity of a mutation that is refused anyway: a key comes twice, or there are too many.
func peekTwice(raw jsontext.Value) (DeviceID, int64, []byte, error) {
	var m struct {
		Device DeviceID `json:"device"`
		Seq    int64    `json:"seq"`
	}
	if err := json.Unmarshal(raw, &m, lenient); err != nil || !ValidDevice(string(m.Device)) || m.Seq < 1 || m.Seq > maxSafe {
		return "", 0, nil, Fault(CodeMalformed, "a mutation without device and seq")
	}
	return m.Device, m.Seq, nil, nil
}

// ParseMutation reads one mutation strictly and checks all that can be said without knowing its kind. It fails with
// CodeInvalid, the detail naming the fault.
func ParseMutation(raw jsontext.Value) (*Mutation, *Error) {
	if len(raw) > MaxMutationBytes {
		return nil, Fault(CodeInvalid, "larger than %d bytes", MaxMutationBytes)
	}
	m := new(Mutation)
	if err := json.Unmarshal(raw, m, strict); err != nil {
		return nil, &Error{Code: CodeInvalid, Detail: "keys or types", Err: err}
	}
	if m.Discarded || m.Opaque != "" {
		return m, nil
	}
	switch {
	case m.Schema < 1:
		return nil, Fault(CodeInvalid, "schema")
	case m.Kind == "":
		return nil, Fault(CodeInvalid, "kind")
	case !ValidUUID(string(m.Doc)):
		return nil, Fault(CodeInvalid, "doc")
	case m.Base < 0 || m.Base > maxSafe:
		return nil, Fault(CodeInvalid, "base")
	case m.At < -maxSafe || m.At > maxSafe:
		return nil, Fault(CodeInvalid, "at")
	case len(m.Set) == 0 && len(m.Append) == 0 && m.Command == nil:
		return nil, Fault(CodeInvalid, "nothing to do")
	case len(m.App) > 40:
		return nil, Fault(CodeInvalid, "app")
	}
	for name, c := range m.Set {
		if len(name) > maxName {
			return nil, Fault(CodeInvalid, "set.%s", clip(name))
		}
		if len(c.Was) == 0 || len(c.Now) == 0 {
			return nil, Fault(CodeInvalid, "set.%s needs was and now", clip(name))
		}
	}
	for name, elements := range m.Append {
		if len(name) > maxName {
			return nil, Fault(CodeInvalid, "append.%s", clip(name))
		}
		if len(elements) == 0 {
			return nil, Fault(CodeInvalid, "append.%s is empty", clip(name))
		}
	}
	if c := m.Command; c != nil && utf8.RuneCountInString(c.Reason) > MaxReasonRunes {
		return nil, Fault(CodeInvalid, "command.reason")
	}
	if a := m.Anchor; a != nil && (a.Server < 0 || a.Server > maxSafe || a.Since < 0 || a.Since > maxSafe ||
		a.Offset < -maxSafe || a.Offset > maxSafe || len(a.Boot) > 40) {
		return nil, Fault(CodeInvalid, "anchor")
	}
	return m, nil
}

// TimeLayout is how times that people read are written: RFC 3339 in UTC with milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes Unix milliseconds in TimeLayout.
func FormatTime(ms int64) string { return time.UnixMilli(ms).UTC().Format(TimeLayout) }

// ParseTime reads a time in TimeLayout as Unix milliseconds.
func ParseTime(s string) (int64, bool) {
	t, err := time.Parse(TimeLayout, s)
	if err != nil || t.Format(TimeLayout) != s {
		return 0, false
	}
	return t.UnixMilli(), true
}

// ValidDay reports whether s is a day of the form 2006-01-02.
func ValidDay(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Format(time.DateOnly) == s
}

// clip keeps a detail short: it may be a name that a hostile client chose.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if utf8.RuneCountInString(s) > 40 {
		return string([]rune(s)[:40]) + "…"
	}
	return s
}

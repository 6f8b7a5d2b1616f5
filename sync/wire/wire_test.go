package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
)

func TestParseSyncRefusesFaultyEnvelopes(t *testing.T) {
	t.Parallel()
	many := "[" + strings.TrimSuffix(strings.Repeat("{},", wire.MaxPushMutations+1), ",") + "]"
	for name, c := range map[string]struct {
		body string
		want wire.Code
	}{
		"empty":             {``, wire.CodeMalformed},
		"cut off":           {`{"device":"d","schema":1`, wire.CodeMalformed},
		"not an object":     {`[]`, wire.CodeMalformed},
		"two values":        {`{"device":"d","schema":1}{}`, wire.CodeMalformed},
		"unknown key":       {`{"device":"d","schema":1,"admin":true}`, wire.CodeMalformed},
		"wrong case":        {`{"Device":"d","schema":1}`, wire.CodeMalformed},
		"a key twice":       {`{"device":"d","schema":1,"schema":1}`, wire.CodeMalformed},
		"no device":         {`{"schema":1}`, wire.CodeMalformed},
		"device of a type":  {`{"device":7,"schema":1}`, wire.CodeMalformed},
		"a strange device":  {`{"device":"a/../b","schema":1}`, wire.CodeMalformed},
		"no schema":         {`{"device":"d"}`, wire.CodeMalformed},
		"acked below zero":  {`{"device":"d","schema":1,"acked":-1}`, wire.CodeMalformed},
		"acked of a size":   {`{"device":"d","schema":1,"acked":9007199254740992}`, wire.CodeMalformed},
		"a fraction":        {`{"device":"d","schema":1.5}`, wire.CodeMalformed},
		"unknown pull key":  {`{"device":"d","schema":1,"pull":{"cursor":"","limit":1,"all":true}}`, wire.CodeMalformed},
		"too many":          {`{"device":"d","schema":1,"push":` + many + `}`, wire.CodeTooLarge},
		"push is an object": {`{"device":"d","schema":1,"push":{}}`, wire.CodeMalformed},
	} {
		if _, err := wire.ParseSync([]byte(c.body)); wire.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// I5: whatever is wrong inside a mutation, the envelope stands and the mutation keeps its identity.
func TestParseSyncLeavesMutationsAlone(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]string{
		"a key twice":    `{"device":"d","seq":7,"kind":"visit","kind":"visit"}`,
		"an unknown key": `{"device":"d","seq":7,"Kind":"visit"}`,
		"half a letter":  `{"device":"d","seq":7,"kind":"\ud800"}`,
		"another type":   `{"device":"d","seq":7,"set":[]}`,
	} {
		req, err := wire.ParseSync([]byte(`{"device":"d","schema":1,"push":[` + m + `]}`))
		if err != nil {
			t.Errorf("%s: envelope: %v", name, err)
			continue
		}
		if got := string(req.Push[0]); got != m {
			t.Errorf("%s: the bytes became %s", name, got)
		}
		if device, seq, _, err := wire.PeekMutation(req.Push[0]); err != nil || device != "d" || seq != 7 {
			t.Errorf("%s: identity %s %d, %v", name, device, seq, err)
		}
		if _, fault := wire.ParseMutation(req.Push[0]); fault == nil || fault.Code != wire.CodeInvalid {
			t.Errorf("%s: the mutation: %v", name, fault)
		}
	}
}

func TestPeekMutationNeedsAnIdentity(t *testing.T) {
	t.Parallel()
	for _, m := range []string{`null`, `[]`, `{}`, `{"device":"d"}`, `{"seq":1}`, `{"device":"d","seq":0}`, `{"device":"d","seq":"1"}`,
		`{"device":"d","seq":9007199254740992}`, `{"device":"D!","seq":1}`, `{"device":"d","seq":1.5}`} {
		if _, _, _, err := wire.PeekMutation(jsontext.Value(m)); wire.CodeOf(err) != wire.CodeMalformed {
			t.Errorf("%s: %v", m, err)
		}
	}
	if _, _, inner, err := wire.PeekMutation(jsontext.Value(`{"device":"d","seq":1,"opaque":"{\"a\":"}`)); err != nil || string(inner) != `{"a":` {
		t.Errorf("opaque: %q, %v", inner, err)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`1`, `1.0`, true}, {`1`, `2`, false}, {``, `null`, true}, {`null`, `0`, false}, {`""`, `null`, false},
		{`{"a":1,"b":2}`, `{ "b":2, "a":1 }`, true}, {`[1,2]`, `[2,1]`, false},
		{`"é"`, `"e\u0301"`, true}, {`"a"`, `"\u0061"`, true}, {`"１"`, `"1"`, false}, {`true`, `"true"`, false},
	} {
		if got := wire.Equal(jsontext.Value(c.a), jsontext.Value(c.b)); got != c.want {
			t.Errorf("%s and %s: got %v", c.a, c.b, got)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	if ms, ok := wire.ParseTime("2026-11-17T11:20:00.000Z"); !ok || wire.FormatTime(ms) != "2026-11-17T11:20:00.000Z" {
		t.Errorf("there and back: %d, %v", ms, ok)
	}
	for _, s := range []string{"", "2026-11-17", "2026-11-17T11:20:00Z", "2026-11-17T11:20:00.000+08:00", "2026-02-30T00:00:00.000Z", "2026-11-17T24:00:00.000Z"} {
		if _, ok := wire.ParseTime(s); ok {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	uuid, hash := "01980000-0000-7000-8000-00000000000a", strings.Repeat("0f", 32)
	if !wire.ValidUUID(uuid) || !wire.ValidHash(hash) || !wire.ValidDevice("alice-1") {
		t.Error("a good identifier is refused")
	}
	for _, s := range []string{"", strings.ToUpper(uuid), uuid + "0", strings.ReplaceAll(uuid, "-", "x"), hash[:63], strings.ToUpper(hash), "../" + hash[3:]} {
		if wire.ValidUUID(s) || wire.ValidHash(s) {
			t.Errorf("%q is taken", s)
		}
	}
}

// What the server writes by hand is what its types say.
func TestAppendResponse(t *testing.T) {
	t.Parallel()
	full := &wire.SyncResponse{
		Epoch: "e\"1", Results: []wire.Result{{Seq: 1, Outcome: wire.OutcomeApplied, Document: jsontext.Value(`{"kind":"visit"}`)},
			{Seq: 2, Outcome: wire.OutcomeRefused, Again: true, Code: wire.CodeInvalid, Detail: "set.<x>"}},
		Documents: []jsontext.Value{jsontext.Value(`{"kind":"place"}`), jsontext.Value(`{"kind":"unit"}`)},
		Removed:   []wire.Removal{{ID: "a", Rev: 3}, {ID: "b", Rev: 4}}, Cursor: "c", More: true, Reset: "r", Horizon: "2026-03-02",
		Device: wire.Sequences{UpTo: 9, Missing: [][]int64{{3, 4}}}, ServerTime: 5, Digest: &wire.Digest{Count: 1, Sum: "00"}, Pending: 2,
	}
	bare := &wire.SyncResponse{Results: []wire.Result{}, Documents: []jsontext.Value{}, Removed: []wire.Removal{}, Device: wire.Sequences{Missing: [][]int64{}}}
	for _, r := range []*wire.SyncResponse{full, bare} {
		if got, want := string(wire.AppendResponse(nil, r)), string(wire.Encode(r)); !wire.Equal(jsontext.Value(got), jsontext.Value(want)) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if strings.Contains(string(wire.AppendResponse(nil, r)), "null") {
			t.Error("a list is null")
		}
	}
}

func TestAppendDocument(t *testing.T) {
	t.Parallel()
	full := &wire.Document{
		Kind: wire.KindVisit, ID: "i", Schema: 1, Rev: 2, Fields: map[string]jsontext.Value{"b": jsontext.Value(`{"x":[1]}`), "a": jsontext.Value(`"<é>"`)},
		Marks:     map[string]wire.Mark{"*": {User: "u", At: -1, Device: "d", Seq: 3}, "a": {User: "v", At: 5, Device: "e", Seq: 4}},
		Applied:   map[wire.DeviceID]wire.Applied{"d": {To: 1, And: []int64{3}}, "c": {To: 7}},
		Conflicts: []wire.Conflict{{Field: "a", Value: wire.Null, User: "u", At: 1, Device: "d", Seq: 2, Rev: 2}}, Deleted: true, CreatedAt: "x", UpdatedAt: "y",
	}
	bare := &wire.Document{Fields: map[string]jsontext.Value{}, Marks: map[string]wire.Mark{}, Applied: map[wire.DeviceID]wire.Applied{}, Conflicts: []wire.Conflict{}}
	for _, d := range []*wire.Document{full, bare} {
		if got, want := string(wire.AppendDocument(nil, d)), string(wire.Encode(d)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestErrorKeepsItsCause(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("around: %w", &wire.Error{Code: wire.CodeTooLarge, Detail: "push", Err: fmt.Errorf("inside")})
	if wire.CodeOf(err) != wire.CodeTooLarge || !strings.Contains(err.Error(), "inside") {
		t.Errorf("got %v", err)
	}
	if wire.CodeOf(fmt.Errorf("plain")) != wire.CodeInternal {
		t.Error("a plain error has a code")
	}
}

func FuzzParseSync(f *testing.F) {
	f.Add([]byte(`{"device":"d","schema":1,"epoch":"","acked":0,"push":[{"device":"d","seq":1}],"pull":{"cursor":"","limit":0}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := wire.ParseSync(body)
		if err != nil {
			return
		}
		for _, m := range req.Push {
			if _, _, _, err := wire.PeekMutation(m); err == nil {
				wire.ParseMutation(m)
			}
		}
	})
}

package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"zoufang/server/api/apitest"
	"zoufang/sync/wire"
)

func TestBadEnvelopesAreRefusedWhole(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	owner := s.As(apitest.Owner)
	device := string(owner.Session.Device)
	envelope := func(members string) string {
		return `{"device":"` + device + `","schema":1,"epoch":"","acked":0` + members + `}`
	}
	many := strings.TrimSuffix(strings.Repeat("1,", wire.MaxPushMutations+1), ",")
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	_, visit := owner.Visit(nil)
	foreign := strings.Replace(visit, device, string(s.As(apitest.Other).Session.Device), 1)

	s.Run(t, []apitest.Scenario{
		{Name: "nothing", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: " ", Status: 400, Want: "malformed"},
		{Name: "no JSON", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: "{", Status: 400, Want: "malformed"},
		{Name: "not an object", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: "[]", Status: 400, Want: "malformed"},
		{Name: "two values", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[]`) + "{}", Status: 400, Want: "malformed"},
		{Name: "an unknown key", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[],"admin":true`), Status: 400, Want: "malformed"},
		{Name: "a key twice", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[],"acked":1`), Status: 400, Want: "malformed"},
		{Name: "a key in the wrong case", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"Push":[]`), Status: 400, Want: "malformed"},
		{Name: "a wrong type", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":{}`), Status: 400, Want: "malformed"},
		{Name: "very deep JSON", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":` + deep), Status: 400, Want: "malformed"},
		{Name: "a mutation without identity", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[{}]`), Status: 400, Want: "malformed"},
		{Name: "a mutation of another device", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[` + foreign + `]`), Status: 400, Want: "malformed"},
		{Name: "too many mutations", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[` + many + `]`), Status: 413, Want: "too_large"},
		{Name: "too large", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":["` + strings.Repeat("x", wire.MaxPushBytes+1) + `"]`), Status: 413, Want: "too_large"},
		{Name: "another user's device", As: apitest.Other, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[]`), Status: 403, Want: "forbidden"},
		{Name: "a forged cursor", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[],"pull":{"cursor":"eyJhIjoxfQ.AAAA","limit":0}`), Status: 200, Want: `"reset":`},
		{Name: "a form", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: "device=1", Header: []string{"Content-Type", "application/x-www-form-urlencoded"}, Status: 415, Want: "media_type"},
		{Name: "text that looks like JSON", As: apitest.Owner, Method: "POST", Path: "/api/v1/sync", Body: envelope(`,"push":[]`), Header: []string{"Content-Type", "text/plain"}, Status: 415, Want: "media_type"},

		{Name: "sign-in with an unknown key", Method: "POST", Path: "/api/v1/sessions", Body: `{"username":"zhang","password":"x","deviceName":"","role":"admin"}`, Status: 400, Want: "malformed"},
		{Name: "sign-in with a key in the wrong case", Method: "POST", Path: "/api/v1/sessions", Body: `{"Username":"zhang","password":"x","deviceName":""}`, Status: 400, Want: "malformed"},
		{Name: "sign-in with a key twice", Method: "POST", Path: "/api/v1/sessions", Body: `{"username":"zhang","username":"wang","password":"x","deviceName":""}`, Status: 400, Want: "malformed"},
		{Name: "sign-in with too much", Method: "POST", Path: "/api/v1/sessions", Body: `{"username":"` + strings.Repeat("x", 70_000) + `"}`, Status: 413, Want: "too_large"},
		{Name: "sign-in with a key that is none", Method: "POST", Path: "/api/v1/sessions", Body: `{"username":"zhang","password":"x","deviceName":"","deviceKey":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`, Status: 400, Want: "deviceKey"},
		{Name: "an import with an unknown key", As: apitest.Admin, Method: "POST", Path: "/api/v1/import", Body: `{"people":"","places":"","calendar":"","students":""}`, Status: 400, Want: "malformed"},
		{Name: "an import with faults", As: apitest.Admin, Method: "POST", Path: "/api/v1/import", Body: `{"people":"a,b\nc,d","places":"","calendar":""}`, Status: 422, Want: `"faults":[`},
		{Name: "a password nobody has", As: apitest.Admin, Method: "POST", Path: "/api/v1/accounts/../password", Status: 404, Want: "not_found"},
	})
}

func TestFaultsInsideAMutationConcernItAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	owner, other := s.As(apitest.Owner), s.As(apitest.Other)
	far := func(year int) func(*wire.Mutation) {
		at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
		return func(m *wire.Mutation) {
			m.At = at
			apitest.SetField(m, "when", wire.When{Start: wire.FormatTime(at), Minutes: 10})
		}
	}
	raw := func(change func(string) string) string {
		_, m := other.Visit(nil)
		return change(m)
	}
	tooMany := make([]wire.Photo, wire.MaxPhotos+1)
	for i := range tooMany {
		tooMany[i] = apitest.Manifest([]byte{byte(i)})
	}
	for _, tt := range []struct {
		name    string
		push    func() string
		outcome wire.Outcome
		code    wire.Code
	}{
		{"an unknown kind", func() string { _, m := other.Visit(func(m *wire.Mutation) { m.Kind = "inspection" }); return m }, wire.OutcomeHeld, wire.CodeUnknownKind},
		{"a schema of tomorrow", func() string { _, m := other.Visit(func(m *wire.Mutation) { m.Schema = 99 }); return m }, wire.OutcomeHeld, wire.CodeUnknownSchema},
		{"an unknown field", func() string {
			_, m := other.Visit(func(m *wire.Mutation) { apitest.SetField(m, "studentName", "x") })
			return m
		}, wire.OutcomeRefused, wire.CodeInvalid},
		{"a key twice", func() string {
			return raw(func(m string) string { return strings.Replace(m, `"base":0`, `"base":0,"base":0`, 1) })
		}, wire.OutcomeRefused, wire.CodeInvalid},
		{"a key in the wrong case", func() string { return raw(func(m string) string { return strings.Replace(m, `"base"`, `"Base"`, 1) }) }, wire.OutcomeRefused, wire.CodeInvalid},
		{"a wrong type", func() string {
			return raw(func(m string) string { return strings.Replace(m, `"base":0`, `"base":"0"`, 1) })
		}, wire.OutcomeRefused, wire.CodeInvalid},
		{"no UUID", func() string { _, m := other.Visit(func(m *wire.Mutation) { m.Doc = "../../etc" }); return m }, wire.OutcomeRefused, wire.CodeInvalid},
		{"1970", func() string { _, m := other.Visit(far(1970)); return m }, wire.OutcomeRefused, wire.CodeTime},
		{"2099", func() string { _, m := other.Visit(far(2099)); return m }, wire.OutcomeRefused, wire.CodeTime},
		{"too many photos", func() string { _, m := other.Visit(nil, tooMany...); return m }, wire.OutcomeRefused, wire.CodePhotos},
		{"a mutation of 300 KB", func() string {
			_, m := other.Visit(func(m *wire.Mutation) { m.Opaque = ""; apitest.SetField(m, "summary", strings.Repeat("x", 300<<10)) })
			return m
		}, wire.OutcomeRefused, wire.CodeInvalid},
		{"another user's document", func() string {
			_, m := other.Visit(func(m *wire.Mutation) { m.Doc = s.visit; m.Base = 1; m.Command = &wire.Command{Verb: wire.VerbDelete} })
			return m
		}, wire.OutcomeRefused, wire.CodeNoDocument},
		{"in another user's name", func() string {
			_, m := other.Visit(func(m *wire.Mutation) { apitest.SetField(m, "author", owner.Session.User) })
			return m
		}, wire.OutcomeRefused, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := tt.push()
			_, good := other.Visit(nil)
			results := other.Results(t, bad, good)
			if len(results) != 2 || results[0].Outcome != tt.outcome || tt.code != "" && results[0].Code != tt.code {
				t.Fatalf("got %+v, want %s %s", results[0], tt.outcome, tt.code)
			}
			if results[1].Outcome != wire.OutcomeApplied {
				t.Errorf("the next mutation: %+v", results[1])
			}
		})
	}
	for _, d := range owner.Pull(t) {
		if d.ID == s.visit && d.Deleted {
			t.Error("the owner's visit was deleted by another")
		}
	}
}

func TestANumberUsedTwiceIsAFork(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	owner := s.As(apitest.Owner)
	_, first := owner.Visit(nil)
	owner.Seq--
	_, second := owner.Visit(nil)
	if r := owner.Results(t, first); r[0].Outcome != wire.OutcomeApplied {
		t.Fatalf("first: %+v", r)
	}
	if r := owner.Results(t, second); r[0].Outcome != wire.OutcomeFork {
		t.Errorf("other bytes: %+v", r)
	}
	if r := owner.Results(t, first); r[0].Outcome != wire.OutcomeApplied || !r[0].Again {
		t.Errorf("the same bytes again: %+v", r)
	}
}

func TestPackedBodiesAreNotUnpacked(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, encoding := range []string{"gzip", "deflate", "br", "zstd", "identity", "gzip, gzip"} {
		r := s.As(apitest.Owner).Do("POST", "/api/v1/sync", bomb.Bytes(), "Content-Encoding", encoding)
		if r.Status != http.StatusUnsupportedMediaType || r.Code() != wire.CodeMediaType {
			t.Errorf("%s answers %d %s", encoding, r.Status, r.Body)
		}
	}
}

func TestUploadsOfWhatWeDoNotTake(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	owner := s.As(apitest.Owner)
	good := apitest.JPEG(t, 40)
	other := apitest.JPEG(t, 41)
	with := func(marker byte, body string) []byte { // behind the first marker of a good photo
		n := len(body) + 2
		return append([]byte{0xFF, 0xD8, 0xFF, marker, byte(n >> 8), byte(n)}, append([]byte(body), good[2:]...)...)
	}
	// A TIFF header, one entry: the tag of the GPS block.
	gps := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x25\x88\x04\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	png := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x4e\x20\x00\x00\x4e\x20\x08\x02\x00\x00\x00\xae\xae\xae\xae")
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
	html := []byte("<html><script>alert(1)</script></html>")
	for _, tt := range []struct {
		name   string
		send   []byte
		hash   wire.Hash
		length int
		media  string
		status int
		code   wire.Code
	}{
		{"another type", good, "", 0, "image/png", 415, wire.CodeMediaType},
		{"no type", good, "", 0, "", 415, wire.CodeMediaType},
		{"no length", nil, apitest.HashOf(good), 0, "image/jpeg", 422, wire.CodeUnprocessable},
		{"too long", good, "", wire.MaxPhotoBytes + 1, "image/jpeg", 413, wire.CodeTooLarge},
		{"no hash", good, "nothing", 0, "image/jpeg", 422, wire.CodeUnprocessable},
		{"a path for a hash", good, "../../../../etc/passwd", 0, "image/jpeg", 422, wire.CodeUnprocessable},
		{"another photo's hash", good, apitest.HashOf(other), 0, "image/jpeg", 422, wire.CodeHashMismatch},
		{"more than was promised", good, "", len(good) - 1, "image/jpeg", 413, wire.CodeTooLarge},
		{"a PNG of 20,000 by 20,000", png, "", 0, "image/jpeg", 415, wire.CodeMediaType},
		{"an SVG", svg, "", 0, "image/jpeg", 415, wire.CodeMediaType},
		{"a page", html, "", 0, "image/jpeg", 415, wire.CodeMediaType},
		{"a page in a comment of a photo", with(0xFE, string(html)), "", 0, "image/jpeg", 422, wire.CodeImage},
		{"a page behind a photo", append(bytes.Clone(good), html...), "", 0, "image/jpeg", 422, wire.CodeImage},
		{"a photo with a position", with(0xE1, gps), "", 0, "image/jpeg", 422, wire.CodePosition},
		{"half a photo", good[:len(good)/2], "", 0, "image/jpeg", 422, wire.CodeImage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.hash == "" {
				tt.hash = apitest.HashOf(tt.send)
			}
			if tt.length == 0 {
				tt.length = len(tt.send)
			}
			r := owner.Begin(tt.length, tt.hash, tt.media)
			if r.Status == http.StatusCreated {
				path := r.Header.Get("Location")
				r = owner.Patch(path, 0, tt.send)
				if after := owner.Do("HEAD", path, nil, "Tus-Resumable", "1.0.0"); r.Status == 422 && after.Status != http.StatusNotFound {
					t.Errorf("afterwards HEAD answers %d", after.Status)
				}
			}
			if r.Status != tt.status || r.Code() != tt.code {
				t.Errorf("answers %d %s, want %d %s", r.Status, r.Body, tt.status, tt.code)
			}
		})
	}
}

func TestBadTokensAreNeverOurFault(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	good := s.As(apitest.Owner).Session.Access
	forge := forger(t, s.Dir, good)
	now := s.Now().Unix()
	for name, token := range map[string]string{
		"empty":          "",
		"no token":       "x",
		"two parts":      good[:strings.LastIndex(good, ".")],
		"cut short":      good[:len(good)-4],
		"expired":        forge(nil, map[string]any{"iat": now - 4000, "nbf": now - 4000, "exp": now - 3600}),
		"lives too long": forge(nil, map[string]any{"exp": now + 86400}),
		"no end":         forge(nil, map[string]any{"exp": nil}),
		"not yet":        forge(nil, map[string]any{"nbf": now + 3600}),
		"wrong audience": forge(nil, map[string]any{"aud": []string{"other"}}),
		"wrong issuer":   forge(nil, map[string]any{"iss": "other"}),
		"another user":   forge(nil, map[string]any{"sub": string(s.As(apitest.Admin).Session.User)}),
		"no algorithm":   forge(map[string]any{"alg": "none"}, nil),
		"wrong alg":      forge(map[string]any{"alg": "HS256"}, nil),
		"wrong type":     forge(map[string]any{"typ": "JWT"}, nil),
		"key of theirs":  forge(map[string]any{"jwk": map[string]any{"kty": "OKP"}}, nil),
		"unknown key":    forge(map[string]any{"kid": "../../etc/passwd"}, nil),
		"long":           strings.Repeat("a.", 4000) + "b",
	} {
		for _, header := range []string{"Authorization", "Cookie"} {
			value := "Bearer " + token
			if header == "Cookie" {
				value = "__Host-zf_a=" + token
			}
			r := s.As(apitest.Nobody).Do("GET", "/api/v1/me", nil, header, value)
			if r.Status != http.StatusUnauthorized || r.Code() != wire.CodeUnauthenticated {
				t.Errorf("%s, %s: answers %d %s", name, header, r.Status, r.Body)
			}
		}
	}
	if r := s.As(apitest.Nobody).Do("GET", "/api/v1/me", nil, "Authorization", "Bearer "+strings.Repeat("a", 20_000)); r.Status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("huge: answers %d", r.Status)
	}
	if r := s.As(apitest.Nobody).Do("GET", "/api/v1/me", nil, "Authorization", "Bearer "+forge(nil, nil)); r.Status != http.StatusOK {
		t.Errorf("the forger cannot even write a good one: %d %s", r.Status, r.Body)
	}
}

func TestVersionsOfTheFuture(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	owner := s.As(apitest.Owner)
	raw := jsontext.Value(fmt.Sprintf(`{"device":%q,"seq":1,"opaque":"{\"anything\":1}","base":0,"at":0,"schema":9,"app":""}`, owner.Session.Device))
	if r := owner.Results(t, string(raw)); r[0].Outcome != wire.OutcomeHeld || r[0].Code != wire.CodeOpaque {
		t.Errorf("sent unparsed: %+v", r[0])
	}
}

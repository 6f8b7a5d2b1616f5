package apitest

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"zoufang/sync/wire"
)

// transport keeps connections between requests and unpacks nothing by itself.
var transport = &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true}

// Client sends requests, as somebody who is signed in or as nobody.
type Client struct {
	s       *Server
	Session wire.Session
	// Seq is the number of the last mutation sent.
	Seq int64
}

// Reply is an answer, read whole.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Code returns the code of a problem, or "".
func (r *Reply) Code() wire.Code {
	var p wire.ProblemDetails
	if json.Unmarshal(r.Body, &p) != nil { // anything else has none
		return ""
	}
	return p.Code
}

// Expect ends the test unless the status is the one wanted.
func (r *Reply) Expect(t testing.TB, status int) {
	t.Helper()
	if r.Status != status {
		t.Fatalf("got %d %s, want %d", r.Status, r.Body, status)
	}
}

// Into reads the JSON body.
func (r *Reply) Into(t testing.TB, v any) {
	t.Helper()
	if err := wire.Decode(r.Body, v); err != nil {
		t.Fatalf("%v in %s", err, r.Body)
	}
}

// Do sends a request and reads the answer. body is JSON in a string or []byte, or a value to be encoded; header are pairs
// of names and values that replace what is sent otherwise (an empty value: not sent at all).
func (c *Client) Do(method, path string, body any, header ...string) *Reply {
	c.s.t.Helper()
	var b []byte
	switch body := body.(type) {
	case nil:
	case string:
		b = []byte(body)
	case []byte:
		b = body
	default:
		b = wire.Encode(body)
	}
	req := Must(http.NewRequest(method, c.s.URL+path, bytes.NewReader(b)))(c.s.t)
	req.Header.Set("Zoufang", "1")
	if b != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Session.Access != "" {
		req.Header.Set("Authorization", "Bearer "+c.Session.Access)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			req.Header.Del(header[i])
		}
	}
	resp := Must(transport.RoundTrip(req))(c.s.t)
	defer resp.Body.Close()
	return &Reply{Status: resp.StatusCode, Header: resp.Header, Body: Must(io.ReadAll(resp.Body))(c.s.t)}
}

// Sync sends mutations as they are and pulls nothing.
func (c *Client) Sync(push ...string) *Reply {
	c.s.t.Helper()
	return c.Do("POST", "/api/v1/sync", c.Envelope(push...))
}

// Envelope is the body of Sync.
func (c *Client) Envelope(push ...string) string {
	return `{"device":"` + string(c.Session.Device) + `","schema":1,"epoch":"","acked":0,"push":[` + strings.Join(push, ",") + `]}`
}

// Results sends mutations and returns their results.
func (c *Client) Results(t testing.TB, push ...string) []wire.Result {
	t.Helper()
	r := c.Sync(push...)
	r.Expect(t, http.StatusOK)
	var resp wire.SyncResponse
	r.Into(t, &resp)
	return resp.Results
}

// Pull returns all documents the client may see.
func (c *Client) Pull(t testing.TB) []wire.Document {
	t.Helper()
	var all []wire.Document
	cursor := wire.Cursor("")
	for {
		r := c.Do("POST", "/api/v1/sync", &wire.SyncRequest{Device: c.Session.Device, Schema: wire.Schema, Push: []jsontext.Value{}, Pull: &wire.Pull{Cursor: cursor}})
		r.Expect(t, http.StatusOK)
		var resp wire.SyncResponse
		r.Into(t, &resp)
		for _, raw := range resp.Documents {
			var d wire.Document
			if err := wire.Decode(raw, &d); err != nil {
				t.Fatal(err)
			}
			all = append(all, d)
		}
		if cursor = resp.Cursor; !resp.More {
			return all
		}
	}
}

// Visit writes a mutation that saves a visit of the client's, with the photos it names. change may alter it.
func (c *Client) Visit(change func(*wire.Mutation), photos ...wire.Photo) (wire.DocID, string) {
	c.Seq++
	now := time.Now().UnixMilli()
	m := &wire.Mutation{Device: c.Session.Device, Seq: c.Seq, Kind: wire.KindVisit, Doc: NewID(), Set: map[string]wire.Change{},
		Command: &wire.Command{Verb: wire.VerbSubmit}, At: now, Schema: wire.Schema, App: "test"}
	for name, v := range map[string]any{
		"author": c.Session.User, "enteredBy": c.Session.User, "recordedAt": wire.FormatTime(now),
		"when":  wire.When{Start: wire.FormatTime(now), Minutes: 30},
		"where": wire.Where{Place: NewID(), Name: "梧桐苑5栋", Venue: wire.VenueDorm},
		"mode":  wire.ModeFaceToFace, "form": wire.FormVisit, "group": wire.Group{Kind: wire.GroupDorm},
		"talked": 8, "raised": true, "summary": "热水供应时间偏短。",
	} {
		SetField(m, name, v)
	}
	for _, p := range photos {
		if m.Append == nil {
			m.Append = map[string][]jsontext.Value{}
		}
		m.Append["photos"] = append(m.Append["photos"], wire.Encode(p))
	}
	if change != nil {
		change(m)
	}
	return m.Doc, string(wire.Encode(m))
}

// SetField writes a field that was empty before.
func SetField(m *wire.Mutation, name string, value any) {
	m.Set[name] = wire.Change{Was: wire.Null, Now: wire.Encode(value)}
}

// Begin creates an upload and returns its path.
func (c *Client) Begin(length int, hash wire.Hash, mediaType string) *Reply {
	encode := base64.StdEncoding.EncodeToString
	return c.Do("POST", "/api/v1/uploads", nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(length),
		"Upload-Metadata", "sha256 "+encode([]byte(hash))+",type "+encode([]byte(mediaType)))
}

// Patch sends a piece of an upload.
func (c *Client) Patch(path string, offset int, piece []byte, header ...string) *Reply {
	return c.Do("PATCH", path, piece, append([]string{"Tus-Resumable", "1.0.0", "Upload-Offset", strconv.Itoa(offset),
		"Content-Type", "application/offset+octet-stream"}, header...)...)
}

// Upload sends all of a photo in one piece and returns the last answer.
func (c *Client) Upload(b []byte) *Reply {
	c.s.t.Helper()
	r := c.Begin(len(b), HashOf(b), "image/jpeg")
	if r.Status != http.StatusCreated {
		return r
	}
	return c.Patch(r.Header.Get("Location"), 0, b)
}

// NewID returns the id of a new document.
func NewID() wire.DocID { return wire.DocID(uuid.Must(uuid.NewV7()).String()) }

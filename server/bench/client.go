package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"time"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"
)

// client is one signed-in device with a connection of its own.
type client struct {
	s       *server
	http    *http.Client
	session wire.Session
	seq     int64
	epoch   wire.Epoch
	cursor  wire.Cursor
	zstd    *zstd.Decoder
}

func (s *server) client() *client {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err) // no option of ours can fail
	}
	return &client{s: s, zstd: d, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: photoLanes, DisableCompression: true}, Timeout: time.Minute}}
}

// signIn returns a new device of a user, with bearer tokens.
func (s *server) signIn(username, password string) (*client, error) {
	c := s.client()
	err := c.post("/api/v1/sessions", wire.SignIn{Username: username, Password: password, DeviceName: "bench", Bearer: true}, &c.session)
	return c, err
}

// post sends a JSON body and reads a JSON answer into out, if not nil.
func (c *client) post(path string, in, out any) error {
	_, plain, err := c.send(path, wire.Encode(in))
	if err != nil || out == nil {
		return err
	}
	return wire.Decode(plain, out)
}

// send returns the bytes of the answer's body on the wire and unpacked.
func (c *client) send(path string, body []byte) (size int, plain []byte, err error) {
	req, err := http.NewRequest(http.MethodPost, c.s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Encoding", "zstd, gzip")
	packed, resp, err := c.do(req)
	if err != nil {
		return 0, nil, err
	}
	switch resp.Header.Get("Content-Encoding") {
	case "zstd":
		plain, err = c.zstd.DecodeAll(packed, nil)
	case "gzip":
		var r *gzip.Reader
		if r, err = gzip.NewReader(bytes.NewReader(packed)); err == nil {
			plain, err = io.ReadAll(r)
		}
	default:
		plain = packed
	}
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %d %s", path, resp.StatusCode, plain)
	}
	return len(packed), plain, err
}

func (c *client) do(req *http.Request) ([]byte, *http.Response, error) {
	req.Header.Set("Zoufang", "1")
	if c.session.Access != "" {
		req.Header.Set("Authorization", "Bearer "+c.session.Access)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return body, resp, err
}

// batch is a push that is ready to be sent: what a phone has stored already.
type batch struct {
	body []byte
	n    int
}

// batch writes n new visits.
func (c *client) batch(n int) batch {
	push := make([]jsontext.Value, n)
	acked := c.seq
	for i := range push {
		c.seq++
		push[i] = visit(c.session.User, c.session.Device, c.seq)
	}
	return batch{wire.Encode(&wire.SyncRequest{Device: c.session.Device, Schema: wire.Schema, Epoch: c.epoch, Acked: acked, Push: push}), n}
}

// push sends a batch, checks its receipts and returns how long the answer took.
func (c *client) push(b batch) (time.Duration, error) {
	start := time.Now()
	_, plain, err := c.send("/api/v1/sync", b.body)
	took := time.Since(start)
	if err != nil {
		return 0, err
	}
	var resp struct {
		Epoch   wire.Epoch `json:"epoch"`
		Results []struct {
			Seq     int64        `json:"seq"`
			Outcome wire.Outcome `json:"outcome"`
		} `json:"results"`
	}
	if err := wire.Glance(plain, &resp); err != nil {
		return 0, err
	}
	c.epoch = resp.Epoch
	if len(resp.Results) != b.n {
		return 0, fmt.Errorf("%d of %d answered", len(resp.Results), b.n)
	}
	for _, r := range resp.Results {
		if r.Outcome != wire.OutcomeApplied {
			return 0, fmt.Errorf("seq %d: %s", r.Seq, r.Outcome)
		}
	}
	return took, nil
}

// pulled is what a pull to the end brought. Took is the time spent waiting for answers and unpacking them.
type pulled struct {
	documents, wire, plain int
	took                   time.Duration
}

// pull pulls to the end and keeps the cursor.
func (c *client) pull() (p pulled, err error) {
	for more := true; more; {
		body := wire.Encode(&wire.SyncRequest{Device: c.session.Device, Schema: wire.Schema, Epoch: c.epoch, Acked: c.seq, Push: []jsontext.Value{}, Pull: &wire.Pull{Cursor: c.cursor}})
		start := time.Now()
		size, plain, err := c.send("/api/v1/sync", body)
		p.took += time.Since(start)
		if err != nil {
			return p, err
		}
		var resp struct {
			Cursor    wire.Cursor      `json:"cursor"`
			Epoch     wire.Epoch       `json:"epoch"`
			More      bool             `json:"more"`
			Documents []jsontext.Value `json:"documents"`
		}
		if err := wire.Glance(plain, &resp); err != nil {
			return p, err
		}
		p.documents += len(resp.Documents)
		p.wire += size
		p.plain += len(plain)
		c.cursor, c.epoch, more = resp.Cursor, resp.Epoch, resp.More
	}
	return p, nil
}

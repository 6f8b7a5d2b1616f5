package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"zoufang/sync/wire"
)

// output is a stream that can be read while it is written, and waited for.
type output struct {
	mu   sync.Mutex
	cond *sync.Cond
	text bytes.Buffer
	done bool
}

func newOutput() *output {
	o := &output{}
	o.cond = sync.NewCond(&o.mu)
	return o
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.cond.Broadcast()
	return o.text.Write(b)
}

// find waits until a pattern is there and returns its first group, or "" when the writer is done without it.
func (o *output) find(pattern string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(o.text.String()); m != nil {
			return m[1]
		}
		if o.done {
			return ""
		}
		o.cond.Wait()
	}
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done = true
	o.cond.Broadcast()
}

// process is the program running in this one.
type process struct {
	t      *testing.T
	out    *output
	url    string
	stop   context.CancelFunc
	ended  chan error
	result error
}

// start runs the program with these settings and waits until it says where it listens.
func start(t *testing.T, settings map[string]string) *process {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &process{t: t, out: newOutput(), stop: stop, ended: make(chan error, 1)}
	go func() {
		p.result = run(ctx, nil, func(name string) string { return settings[name] }, p.out, io.Discard)
		p.out.close()
		p.ended <- p.result
	}()
	t.Cleanup(p.stop)
	if p.url = p.out.find(`(https?://\S+)`); p.url == "" {
		t.Fatalf("did not start: %v", p.result)
	}
	return p
}

// quit asks the program to stop and returns how long that took.
func (p *process) quit() time.Duration {
	p.t.Helper()
	began := time.Now()
	p.stop()
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("stopped with %v", err)
		}
	case <-time.After(30 * time.Second):
		p.t.Fatal("does not stop")
	}
	return time.Since(began)
}

func settings(t *testing.T) map[string]string {
	return map[string]string{"ZOUFANG_ADDR": "127.0.0.1:0", "ZOUFANG_DATA": t.TempDir()}
}

// phone is a signed-in API client.
type phone struct {
	t       *testing.T
	url     string
	http    *http.Client
	session wire.Session
}

func (c *phone) post(path string, in, out any) error {
	req, err := http.NewRequest(http.MethodPost, c.url+path, bytes.NewReader(wire.Encode(in)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Zoufang", "1")
	if c.session.Access != "" {
		req.Header.Set("Authorization", "Bearer "+c.session.Access)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %d %s", path, resp.StatusCode, body)
	}
	if out == nil {
		return nil
	}
	return wire.Decode(body, out)
}

const password = "梧桐苑的第五栋楼"

// signIn returns a new device of the administrator.
func (p *process) signIn() *phone {
	p.t.Helper()
	c := &phone{t: p.t, url: p.url, http: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}}
	p.t.Cleanup(c.http.CloseIdleConnections)
	if err := c.post("/api/v1/sessions", wire.SignIn{Username: "admin", Password: password, DeviceName: "test", Bearer: true}, &c.session); err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *process) setUp() {
	p.t.Helper()
	c := &phone{t: p.t, url: p.url, http: http.DefaultClient}
	in := wire.Setup{Code: p.out.find(`set-up code.*: (\S+)`), SchoolName: "云岭大学", Username: "admin", Name: "管理员", Password: password}
	if err := c.post("/api/v1/setup", in, nil); err != nil {
		p.t.Fatal(err)
	}
}

const visitID = "01980000-0000-7000-8000-000000000001"

// visit is a sync request that saves a visit.
func (c *phone) visit() *wire.SyncRequest {
	now := time.Now().UnixMilli()
	m := wire.Mutation{Device: c.session.Device, Seq: 1, Kind: wire.KindVisit, Doc: visitID, Set: map[string]wire.Change{},
		Command: &wire.Command{Verb: wire.VerbSubmit}, At: now, Schema: wire.Schema, App: "test"}
	for name, v := range map[string]any{
		"author": c.session.User, "enteredBy": c.session.User, "recordedAt": wire.FormatTime(now), "when": wire.When{Start: wire.FormatTime(now)},
		"where": wire.Where{Name: "梧桐苑5栋", Venue: wire.VenueDorm}, "mode": wire.ModeFaceToFace, "form": wire.FormVisit,
		"group": wire.Group{Kind: wire.GroupDorm}, "talked": 3, "raised": false,
	} {
		m.Set[name] = wire.Change{Was: wire.Null, Now: wire.Encode(v)}
	}
	return &wire.SyncRequest{Device: c.session.Device, Schema: wire.Schema, Push: []jsontext.Value{wire.Encode(m)}}
}

// holds reports whether the phone pulls the visit.
func (c *phone) holds() bool {
	c.t.Helper()
	var resp wire.SyncResponse
	err := c.post("/api/v1/sync", &wire.SyncRequest{Device: c.session.Device, Schema: wire.Schema, Push: []jsontext.Value{}, Pull: &wire.Pull{}}, &resp)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, d := range resp.Documents {
		if strings.Contains(string(d), visitID) {
			return true
		}
	}
	return false
}

func TestTwoPhonesAndARestart(t *testing.T) {
	t.Parallel()
	env := settings(t)
	p := start(t, env)
	p.setUp()
	first, second := p.signIn(), p.signIn()
	var resp wire.SyncResponse
	if err := first.post("/api/v1/sync", first.visit(), &resp); err != nil || len(resp.Results) != 1 || resp.Results[0].Outcome != wire.OutcomeApplied {
		t.Fatalf("push: %v, %+v", err, resp.Results)
	}
	if !second.holds() {
		t.Error("the second phone does not get the visit")
	}
	if err := run(t.Context(), nil, func(name string) string { return env[name] }, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "in use by process") {
		t.Errorf("a second server on the same folder: %v", err)
	}
	if took := p.quit(); took > 2*time.Second {
		t.Errorf("idle, and took %v to stop", took)
	}
	again := start(t, env)
	if c := again.signIn(); !c.holds() {
		t.Error("after the restart the visit is gone")
	}
	again.quit()
}

func TestAStopAnswersWhatWasBegun(t *testing.T) {
	t.Parallel()
	p := start(t, settings(t))
	p.setUp()
	c := p.signIn() // and its connection stays open, idle
	address := strings.TrimPrefix(p.url, "http://")
	// Browsers open connections in advance.
	unused, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()

	// Two requests whose bodies are still on their way: each tells when its half has been read by the server.
	body := wire.Encode(c.visit())
	halves := make([]*io.PipeWriter, 2)
	answers := make(chan error, len(halves))
	for i := range halves {
		r, w := io.Pipe()
		halves[i] = w
		req, err := http.NewRequest(http.MethodPost, p.url+"/api/v1/sync", r)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = int64(len(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Expect", "100-continue") // its answer is the proof that the server has begun
		req.Header.Set("Authorization", "Bearer "+c.session.Access)
		go func() {
			resp, err := (&http.Client{Transport: &http.Transport{ExpectContinueTimeout: 20 * time.Second}}).Do(req)
			if err == nil {
				if resp.StatusCode != http.StatusOK {
					err = errors.New(resp.Status)
				}
				err = errors.Join(err, resp.Body.Close())
			}
			answers <- err
		}()
		if _, err := w.Write(body[:len(body)/2]); err != nil {
			t.Fatal(err)
		}
	}
	p.stop()
	if _, err := unused.Read(make([]byte, 1)); !errors.Is(err, io.EOF) { // the stop has begun
		t.Fatalf("the unused connection: %v", err)
	}
	for _, w := range halves {
		if _, err := w.Write(body[len(body)/2:]); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range halves {
		if err := <-answers; err != nil {
			t.Errorf("a request that was begun: %v", err)
		}
	}
	if took := p.quit(); took > 2*time.Second {
		t.Errorf("took %v after the last answer", took)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("still listening")
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	env := settings(t)
	get := func(name string) string { return env[name] }
	try := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), args, get, &out, io.Discard)
		return out.String(), err
	}
	if out, err := try("version"); err != nil || strings.TrimSpace(out) == "" {
		t.Errorf("version: %q, %v", out, err)
	}
	if _, err := try("servve"); err == nil || !strings.Contains(err.Error(), "servve") {
		t.Errorf("an unknown command: %v", err)
	}
	dir := t.TempDir()
	files := []string{"people.csv", "places.csv", "calendar.csv"}
	for _, name := range files {
		b, err := os.ReadFile(filepath.Join("demo", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range files {
		files[i] = filepath.Join(dir, files[i])
	}
	if _, err := try(append([]string{"import"}, files...)...); err == nil || !strings.Contains(err.Error(), "no school yet") {
		t.Errorf("import before the set-up: %v", err)
	}
	if _, err := try("import", files[0]); err == nil || !strings.Contains(err.Error(), "usage") {
		t.Errorf("import of one file: %v", err)
	}
	p := start(t, env)
	p.setUp()
	env["ZOUFANG_ADDR"] = strings.TrimPrefix(strings.Replace(p.url, "localhost", "127.0.0.1", 1), "http://")
	if _, err := try("health"); err != nil {
		t.Errorf("health of a server: %v", err)
	}
	p.quit()
	if _, err := try("health"); err == nil {
		t.Error("health of no server")
	}
	out, err := try(append([]string{"import", "-check"}, files...)...)
	if err != nil || !strings.HasPrefix(out, "created ") || strings.HasPrefix(out, "created 0") {
		t.Errorf("check: %q, %v", out, err)
	}
	out, err = try(append(append([]string{"import"}, files...), "-check=false")...)
	if err != nil || !strings.Contains(out, "L01") {
		t.Errorf("import: %q, %v", out, err)
	}
	if out, err = try(append([]string{"import"}, files...)...); err != nil || !strings.HasPrefix(out, "created 0, changed 0") {
		t.Errorf("again: %q, %v", out, err)
	}
	env["ZOUFANG_ADDR"], env["ZOUFANG_DEMO"] = "nowhere", "perhaps"
	if _, err := try(); err == nil || !strings.Contains(err.Error(), "ZOUFANG_ADDR") || !strings.Contains(err.Error(), "ZOUFANG_DEMO") {
		t.Errorf("faulty settings: %v", err)
	}
}

func TestTheDemoPrintsItsLogins(t *testing.T) {
	t.Parallel()
	env := settings(t)
	env["ZOUFANG_DEMO"] = "1"
	p := start(t, env)
	c := &phone{t: t, url: p.url, http: http.DefaultClient}
	in := wire.SignIn{Username: "L01", Password: p.out.find(`L01\s+(\S+)`), DeviceName: "test", Bearer: true}
	if err := c.post("/api/v1/sessions", in, &c.session); err != nil || c.session.PasswordDue {
		t.Errorf("sign in: %v, %+v", err, c.session)
	}
	p.quit()
}

func TestRotateKeysIsOneCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	getenv := func(name string) string {
		if name == "ZOUFANG_DATA" {
			return dir
		}
		return ""
	}
	if err := run(t.Context(), []string{"rotate-keys"}, getenv, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if keys, err := os.ReadDir(filepath.Join(dir, "keys")); err != nil || len(keys) == 0 {
		t.Errorf("no key was made: %v, %v", keys, err)
	}
}

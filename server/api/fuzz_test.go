package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"zoufang/server/api/apitest"
	"zoufang/sync/wire"
)

// fuzzed is how many requests the fuzzer sends over all routes.
const fuzzed = 10_000

// fuzzer makes requests that are near to right ones, and some that are not HTTP at all.
type fuzzer struct {
	*rand.Rand
	routes  []string
	tokens  []string
	ids     []string
	bodies  []string
	headers []string
}

func newFuzzer(t *testing.T, s *scene, seed uint64) *fuzzer {
	owner := s.As(apitest.Owner)
	_, visit := owner.Visit(nil)
	f := &fuzzer{Rand: rand.New(rand.NewPCG(seed, seed)), routes: registered(s.Server)}
	f.routes = append(f.routes, "GET /", "GET /assets/app-1a2b3c.js", "GET /api/none", "POST /")
	for _, who := range columns {
		f.tokens = append(f.tokens, s.As(who).Session.Access)
	}
	f.tokens = append(f.tokens, strings.Repeat("x", 5000), "a.b.c")
	begun := owner.Begin(1000, apitest.HashOf([]byte("fuzz")), "image/jpeg").Header.Get("Location")
	f.ids = []string{string(s.visit), string(s.photo.ID), strings.TrimPrefix(begun, "/api/v1/uploads/"), string(s.As(apitest.Due).Session.User), "..", "%2e%2e", "%00",
		strings.Repeat("9", 300), "-1", "走访", "'--", "{$gt:1}"}
	f.bodies = []string{
		owner.Envelope(visit), owner.Envelope(), strings.Replace(owner.Envelope(), `"push":[]`, `"push":[],"pull":{"cursor":"","limit":0},"verify":true`, 1),
		string(wire.Encode(wire.SignIn{Username: "zhao", Password: "wrong", DeviceName: "x", Bearer: true})),
		string(wire.Encode(wire.Refresh{Nonce: "nonce-0123456789abcdef", Proof: strings.Repeat("A", 86), Token: owner.Session.Refresh[:20]})),
		string(wire.Encode(wire.PasswordChange{Old: "a", New: "b"})), string(wire.Encode(wire.Import{People: "用户名,姓名\nx,y", Check: true})),
		string(wire.Encode(wire.Setup{Code: "x", Username: "x", Name: "x", SchoolName: "x", Password: apitest.Password})),
		string(s.jpeg), "", "null", "[]", `""`, strings.Repeat("[", 1000),
	}
	f.headers = []string{"Tus-Resumable: 1.0.0", "Upload-Offset: 0", "Upload-Offset: -1", "Upload-Length: 99999999999999999999", "Upload-Length: 1000",
		"Upload-Metadata: sha256 " + strings.Repeat("A", 86) + ",type aW1hZ2UvanBlZw==", "Upload-Checksum: sha256 AAAA", "Content-Type: application/offset+octet-stream",
		"Content-Type: multipart/form-data; boundary=x", "Content-Encoding: gzip", "Accept-Encoding: zstd", "Accept-Encoding: gzip;q=NaN", "Cookie: __Host-zf_a=x; __Host-zf_r=y",
		"Cookie: fiber_flash=%00", "Origin: null", "Sec-Fetch-Site: cross-site", "X-Forwarded-For: 1, 2, 3", "Range: bytes=0-1,3-", "If-None-Match: *", "Expect: 100-continue",
		"X-HTTP-Method-Override: DELETE", "Authorization: Basic eDp5", "Transfer-Encoding: gzip"}
	return f
}

func pick[T any](f *fuzzer, from []T) T { return from[f.IntN(len(from))] }

// request writes one request as it goes over the wire.
func (f *fuzzer) request() []byte {
	method, path, _ := strings.Cut(pick(f, f.routes), " ")
	path = regexp.MustCompile(`:\w+`).ReplaceAllStringFunc(path, func(string) string { return pick(f, f.ids) })
	if f.IntN(20) == 0 {
		method = pick(f, []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY", "FOO", "get", ""})
	}
	if f.IntN(20) == 0 {
		path += pick(f, []string{"?x=1", "/", "//", "%", "?a[]=1&a[b]=2", "/../..", "#x", "\x01", "?" + strings.Repeat("y", 300)})
	}
	body := f.damaged(pick(f, f.bodies))
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, pick(f, []string{"localhost", "localhost", "localhost", "x", ""}))
	if f.IntN(10) > 0 {
		b.WriteString("Zoufang: 1\r\n")
	}
	if f.IntN(10) > 0 {
		b.WriteString("Content-Type: application/json\r\n")
	}
	// Signing out would leave the rest of the run outside the door.
	if token := pick(f, f.tokens); token != "" && !strings.HasSuffix(path, "/sessions/current") {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", f.maybeDamaged(token))
	}
	for range f.IntN(4) {
		b.WriteString(f.maybeDamaged(pick(f, f.headers)) + "\r\n")
	}
	length := strconv.Itoa(len(body))
	if f.IntN(100) == 0 {
		length = pick(f, []string{"-1", "x", "99999999", "1.5", ""})
	}
	fmt.Fprintf(&b, "Content-Length: %s\r\nConnection: close\r\n\r\n%s", length, body)
	if f.IntN(200) == 0 {
		return b.Bytes()[:f.IntN(b.Len())]
	}
	return b.Bytes()
}

func (f *fuzzer) maybeDamaged(s string) string {
	if f.IntN(30) > 0 {
		return s
	}
	return strings.NewReplacer("\r", "", "\n", "").Replace(f.damaged(s))
}

// damaged changes a few bytes, or cuts, repeats or swaps a part.
func (f *fuzzer) damaged(s string) string {
	b := []byte(s)
	for range f.IntN(3) {
		if len(b) < 2 {
			break
		}
		at := f.IntN(len(b))
		switch f.IntN(5) {
		case 0:
			b[at] = byte(f.IntN(256))
		case 1:
			b = b[:at]
		case 2:
			b = append(b[:at:at], append([]byte(pick(f, []string{"null", "-1", "1e999", "\"\"", "{}", "[]", "\\u0000", "\xff"})), b[at:]...)...)
		case 3:
			end := at + f.IntN(len(b)-at)
			b = append(b[:end:end], b[at:]...)
		case 4:
			b = bytes.Replace(b, []byte(`":`), []byte(pick(f, []string{`":-`, `" :`, `":[`, `":"`})), 1)
		}
	}
	return string(b)
}

// exchange sends bytes on a connection of its own and returns the status, 0 for none.
func exchange(t *testing.T, address string, request []byte) (int, []byte) {
	t.Helper()
	c := apitest.Must(net.Dial("tcp", address))(t)
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(request); err != nil {
		return 0, nil // refused while it was sent: too large
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return 0, nil
	}
	answers := bufio.NewReader(c)
	resp, err := http.ReadResponse(answers, nil)
	if err == nil && resp.StatusCode == http.StatusContinue {
		resp, err = http.ReadResponse(answers, nil)
	}
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil && resp.StatusCode >= 500 {
		t.Error(err)
	}
	return resp.StatusCode, body
}

// conversation sends bytes and returns all that comes back until the server closes.
func conversation(t *testing.T, address, requests string) string {
	t.Helper()
	c := apitest.Must(net.Dial("tcp", address))(t)
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	apitest.Must(io.WriteString(c, requests))(t)
	return string(apitest.Must(io.ReadAll(c))(t))
}

func TestTenThousandFuzzedRequests(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("ZOUFANG_FUZZ_SEED"); v != "" {
		seed = apitest.Must(strconv.ParseUint(v, 10, 64))(t)
	}
	t.Logf("ZOUFANG_FUZZ_SEED=%d", seed)
	s := newScene(t)
	f := newFuzzer(t, s, seed)
	address := strings.TrimPrefix(s.URL, "http://")
	statuses := map[int]int{}
	send := func(n int) {
		for range n {
			request := f.request()
			status, body := exchange(t, address, request)
			statuses[status]++
			if status >= 500 {
				t.Fatalf("answers %d %s to\n%.2000q", status, body, request)
			}
		}
	}
	send(fuzzed / 5) // pools and caches fill
	heap, routines := footprint()
	send(fuzzed - fuzzed/5)
	// Connections end a little after their last answer.
	var heapAfter uint64
	var routinesAfter int
	for deadline := time.Now().Add(15 * time.Second); ; {
		heapAfter, routinesAfter = footprint()
		if routinesAfter <= routines+8 && heapAfter <= heap+8<<20 || time.Now().After(deadline) {
			break
		}
		runtime.Gosched()
	}
	if routinesAfter > routines+8 || heapAfter > heap+8<<20 {
		t.Errorf("grew from %d to %d goroutines, from %d to %d KiB", routines, routinesAfter, heap>>10, heapAfter>>10)
	}
	if log := s.Log.String(); strings.Contains(log, "panic") {
		t.Errorf("a panic: %s", log[strings.Index(log, "panic"):])
	}
	if statuses[200] == 0 || statuses[400] == 0 || statuses[401] == 0 || statuses[404] == 0 || statuses[0] > fuzzed/20 {
		t.Errorf("the fuzzer misses: %v", statuses)
	}
	t.Logf("statuses %v; %d to %d KiB, %d to %d goroutines", statuses, heap>>10, heapAfter>>10, routines, routinesAfter)
	s.As(apitest.Owner).Do("GET", "/readyz", nil).Expect(t, http.StatusOK)
}

// footprint is what is alive after a collection.
func footprint() (heap uint64, routines int) {
	runtime.GC()
	runtime.GC() // what pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, runtime.NumGoroutine()
}

package api_test

import (
	"strings"
	"testing"

	"zoufang/server/api/apitest"
)

// TestRequestsThatAreReadInTwoWays is the corpus of request smuggling: what a proxy and we could take for different
// requests gets a 4xx.
func TestRequestsThatAreReadInTwoWays(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	address := strings.TrimPrefix(s.URL, "http://")
	const chunked = "5\r\nhello\r\n0\r\n\r\n"
	for name, request := range map[string]string{
		"a length and chunks":       "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
		"chunks and a length":       "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunked,
		"two lengths":               "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"a length with a sign":      "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
		"a length of letters":       "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello",
		"a space before the colon":  "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
		"a folded header":           "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n",
		"a header folded by a tab":  "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\t2\r\n\r\n",
		"no host":                   "GET /healthz HTTP/1.1\r\n\r\n",
		"two hosts":                 "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"a chunk size that is none": "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
		"an unknown coding":         "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n" + chunked,
	} {
		if status, body := exchange(t, address, []byte(request)); status < 400 || status >= 500 {
			t.Errorf("%s: answers %d %s", name, status, body)
		}
	}
	// The next request on the same connection is not answered after one of these.
	pipelined := "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked +
		"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	if answers := conversation(t, address, pipelined); strings.Count(answers, "HTTP/1.1") != 1 || strings.Contains(answers, "200 OK") {
		t.Errorf("a smuggled request was answered: %s", answers)
	}
}

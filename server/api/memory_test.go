package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"zoufang/server/api/apitest"
)

// The server sets memory aside for a body when it has read its length, before anybody is known: what a stranger can ask
// for is bounded by the largest piece a phone sends, four times over.
func TestAStrangerCannotReserveMuchMemory(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	for path, length := range map[string]int{"/api/v1/uploads/x": 1<<20 + 1, "/api/v1/sync": 2 << 20, "/api/v1/me/password": 1 << 20} {
		c := apitest.Must(net.Dial("tcp", strings.TrimPrefix(s.URL, "http://")))(t)
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(c, "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", path, length); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s takes %d bytes: %d", path, length, r.StatusCode)
		}
	}
}

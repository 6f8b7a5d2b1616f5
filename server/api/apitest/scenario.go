package apitest

import (
	"strings"
	"testing"
)

// Scenario is a request and what comes back.
type Scenario struct {
	Name string
	// As is a user name, or Nobody.
	As           string
	Method, Path string
	// Body is JSON text; Header are pairs of names and values, see Client.Do.
	Body   string
	Header []string
	Status int
	// Want is a part of the answer's body, or empty.
	Want string
}

// Run runs the scenarios one after the other.
func (s *Server) Run(t *testing.T, scenarios []Scenario) {
	t.Helper()
	for _, sc := range scenarios {
		t.Run(sc.Name, func(t *testing.T) {
			var body any
			if sc.Body != "" {
				body = sc.Body
			}
			r := s.As(sc.As).Do(sc.Method, sc.Path, body, sc.Header...)
			if r.Status != sc.Status || !strings.Contains(string(r.Body), sc.Want) {
				t.Errorf("%s %s answers %d %s, want %d with %q", sc.Method, sc.Path, r.Status, r.Body, sc.Status, sc.Want)
			}
		})
	}
}

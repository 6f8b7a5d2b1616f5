package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v3"

	"zoufang/server/api/apitest"
	"zoufang/sync/wire"
)

// scene is a school in which the owner has a visit with a stored photo.
type scene struct {
	*apitest.Server
	visit wire.DocID
	photo wire.Photo
	jpeg  []byte
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{Server: apitest.Start(t), jpeg: apitest.JPEG(t, 10)}
	s.photo = apitest.Manifest(s.jpeg)
	owner := s.As(apitest.Owner)
	id, m := owner.Visit(nil, s.photo)
	s.visit = id
	if r := owner.Results(t, m); r[0].Outcome != wire.OutcomeApplied {
		t.Fatalf("visit: %+v", r[0])
	}
	owner.Upload(s.jpeg).Expect(t, http.StatusNoContent)
	return s
}

// registered lists every route Fiber knows, as "METHOD path", but for the HEAD that comes with each GET.
func registered(s *apitest.Server) []string {
	var all []string
	routes := s.App.GetRoutes(true)
	for _, r := range routes {
		byGet := r.Method == http.MethodHead && slices.ContainsFunc(routes, func(o fiber.Route) bool {
			return o.Method == http.MethodGet && o.Path == r.Path
		})
		if byGet {
			continue
		}
		all = append(all, r.Method+" "+r.Path)
	}
	return all
}

// matrix says what each route answers nobody, somebody whose password is due, another cadre, the owner, and the office.
// A route without a row fails the test.
var matrix = map[string][5]int{
	"GET /api/v1/server":                                {200, 200, 200, 200, 200},
	"POST /api/v1/setup":                                {409, 409, 409, 409, 409},
	"POST /api/v1/sessions":                             {401, 401, 401, 401, 401},
	"POST /api/v1/sessions/refresh":                     {401, 401, 401, 401, 401},
	"GET /api/v1/me":                                    {401, 200, 200, 200, 200},
	"POST /api/v1/me/password":                          {401, 401, 401, 401, 401},
	"POST /api/v1/sync":                                 {401, 403, 200, 200, 200},
	"OPTIONS /api/v1/uploads":                           {204, 204, 204, 204, 204},
	"POST /api/v1/uploads":                              {401, 403, 201, 201, 201},
	"HEAD /api/v1/uploads/:id":                          {401, 403, 404, 200, 404},
	"PATCH /api/v1/uploads/:id":                         {401, 403, 404, 409, 404},
	"DELETE /api/v1/uploads/:id":                        {401, 403, 404, 204, 404},
	"GET /api/v1/visits/:visit/photos/:photo":           {401, 403, 404, 200, 404},
	"GET /api/v1/visits/:visit/photos/:photo/thumbnail": {401, 403, 404, 200, 404},
	"POST /api/v1/import":                               {401, 403, 403, 403, 200},
	"GET /api/v1/accounts":                              {401, 403, 403, 403, 200},
	"POST /api/v1/accounts/:user/password":              {401, 403, 403, 403, 404},
	"GET /api/v1/openapi.json":                          {200, 200, 200, 200, 200},
	"GET /api/v1/docs":                                  {200, 200, 200, 200, 200},
	"GET /api/v1/docs.css":                              {200, 200, 200, 200, 200},
	"GET /.well-known/jwks.json":                        {200, 200, 200, 200, 200},
	"GET /healthz":                                      {200, 200, 200, 200, 200},
	"GET /readyz":                                       {200, 200, 200, 200, 200},
	"DELETE /api/v1/sessions/current":                   {204, 204, 204, 204, 204},
}

var columns = []string{apitest.Nobody, apitest.Due, apitest.Other, apitest.Owner, apitest.Admin}

// call sends a well-formed request of a route. Its ids are those of the scene; upload is one the owner has begun.
func (s *scene) call(c *apitest.Client, route, upload string) *apitest.Reply {
	method, path, _ := strings.Cut(route, " ")
	path = strings.NewReplacer(":visit", string(s.visit), ":photo", string(s.photo.ID), ":user", string(apitest.NewID()), ":id", upload).Replace(path)
	tus := []string{"Tus-Resumable", "1.0.0"}
	switch route {
	case "POST /api/v1/setup":
		return c.Do(method, path, wire.Setup{Code: "x", SchoolName: "x", Username: "x", Name: "x", Password: apitest.Password})
	case "POST /api/v1/sessions":
		return c.Do(method, path, wire.SignIn{Username: "zhao", Password: "wrong", DeviceName: "test"})
	case "POST /api/v1/sessions/refresh":
		return c.Do(method, path, wire.Refresh{Nonce: "nonce-0123456789abcdef"})
	case "POST /api/v1/me/password":
		return c.Do(method, path, wire.PasswordChange{Old: "wrong", New: "also wrong"})
	case "POST /api/v1/sync":
		return c.Sync()
	case "POST /api/v1/uploads":
		return c.Begin(100, apitest.HashOf([]byte(c.Session.Username)), "image/jpeg")
	case "PATCH /api/v1/uploads/:id":
		return c.Patch(path, 50, []byte("x"))
	case "POST /api/v1/import":
		return c.Do(method, path, wire.Import{Check: true})
	case "HEAD /api/v1/uploads/:id", "DELETE /api/v1/uploads/:id":
		return c.Do(method, path, nil, tus...)
	}
	return c.Do(method, path, nil)
}

func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	upload := strings.TrimPrefix(s.As(apitest.Owner).Begin(100, apitest.HashOf([]byte("matrix")), "image/jpeg").Header.Get("Location"), "/api/v1/uploads/")
	routes := registered(s.Server)
	for route := range matrix {
		if !slices.Contains(routes, route) {
			t.Errorf("a row for %s, which is no route", route)
		}
	}
	// What ends an upload or a session comes last.
	rank := map[string]int{"DELETE /api/v1/uploads/:id": 1, "DELETE /api/v1/sessions/current": 2}
	slices.SortStableFunc(routes, func(a, b string) int { return rank[a] - rank[b] })
	for _, route := range routes {
		want, ok := matrix[route]
		if !ok {
			t.Errorf("%s has no row in the matrix: who may call it?", route)
			continue
		}
		for i, who := range columns {
			if r := s.call(s.As(who), route, upload); r.Status != want[i] {
				t.Errorf("%s answers %q %d %s, want %d", route, who, r.Status, r.Body, want[i])
			}
		}
	}
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	type request struct{ method, path string }
	requests := []request{{"GET", "/"}, {"GET", "/visits/1"}, {"GET", "/sw.js"}, {"GET", "/assets/none.js"}, {"GET", "/api/none"},
		{"FOO", "/"}, {"TRACE", "/"}, {"POST", "/"}, {"GET", "/api/v1/sync"}}
	for _, route := range registered(s.Server) {
		method, path, _ := strings.Cut(route, " ")
		requests = append(requests, request{method, regexp.MustCompile(`:\w+`).ReplaceAllString(path, string(apitest.NewID()))})
	}
	for _, who := range []string{apitest.Nobody, apitest.Admin} {
		for _, q := range requests {
			if q.path == "/api/v1/sessions/current" {
				continue
			}
			r := s.As(who).Do(q.method, q.path, nil)
			for name, want := range map[string]string{
				"Zoufang": "1", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
				"Permissions-Policy": "camera=(self), geolocation=(self), microphone=()", "Strict-Transport-Security": "", "Server": "",
			} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s %s: %s is %q, want %q", q.method, q.path, name, got, want)
				}
			}
			if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s %s: Content-Security-Policy is %q", q.method, q.path, csp)
			}
			if cache := r.Header.Get("Cache-Control"); strings.HasPrefix(q.path, "/api/") && cache != "no-store" {
				t.Errorf("%s %s: Cache-Control is %q", q.method, q.path, cache)
			}
			if r.Status == http.StatusUnauthorized && r.Header.Get("Www-Authenticate") == "" {
				t.Errorf("%s %s: 401 without WWW-Authenticate", q.method, q.path)
			}
			if r.Status >= 500 {
				t.Errorf("%s %s answers %d", q.method, q.path, r.Status)
			}
		}
	}
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	r := s.As(apitest.Nobody).Do("GET", "/api/v1/openapi.json", nil)
	r.Expect(t, http.StatusOK)
	var doc struct {
		OpenAPI    string                               `json:"openapi"`
		Paths      map[string]map[string]map[string]any `json:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(r.Body, &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("%v, version %q", err, doc.OpenAPI)
	}
	described := map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			described[strings.ToUpper(method)+" "+regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(path, ":$1")] = true
			if op["summary"] == "" || op["responses"] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
	for _, route := range registered(s) {
		if !described[route] {
			t.Errorf("%s is not in the document", route)
		}
		delete(described, route)
	}
	for route := range maps.Keys(described) {
		t.Errorf("%s is described and does not exist", route)
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllStringSubmatch(string(r.Body), -1) {
		if doc.Components.Schemas[ref[1]] == nil {
			t.Errorf("schema %s is referred to and not there", ref[1])
		}
	}
	page := s.As(apitest.Nobody).Do("GET", "/api/v1/docs", nil)
	page.Expect(t, http.StatusOK)
	for path := range doc.Paths {
		if !strings.Contains(string(page.Body), path) {
			t.Errorf("%s is not on the human page", path)
		}
	}
	if strings.Contains(string(page.Body), "<script") || strings.Contains(string(page.Body), "style=") {
		t.Error("the page needs what our policy forbids")
	}
}

func TestMethodsOfARouteAreNamed(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/api/v1/sync", 405, "POST"},
		{"PUT", "/api/v1/me", 405, "GET"},
		{"POST", "/healthz", 405, "GET"},
		{"FOO", "/api/v1/sync", 405, ""},
		{"TRACE", "/api/v1/me", 405, ""},
		{"CONNECT", "/api/v1/me", 405, ""},
		{"GET", "/api/v2/me", 404, ""},
		{"GET", "/API/V1/ME", 200, ""}, // not ours: the app's own router knows what to say
		{"GET", "/api/v1/me/", 404, ""},
		{"GET", "/.well-known/none", 404, ""},
		{"POST", "/nothing", 404, ""},
	} {
		r := s.As(apitest.Admin).Do(tt.method, tt.path, nil)
		if allow := r.Header.Get("Allow"); r.Status != tt.status || !strings.Contains(allow, tt.allow) {
			t.Errorf("%s %s answers %d, Allow %q, want %d, %q", tt.method, tt.path, r.Status, allow, tt.status, tt.allow)
		}
		if r.Status >= 400 && r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s answers %s", tt.method, tt.path, r.Header.Get("Content-Type"))
		}
	}
}

func TestProblemsNameTheRequestAndKeepTheCauseInside(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	r := s.As(apitest.Nobody).Do("GET", "/api/v1/me", nil, "Authorization", "Bearer "+strings.Repeat("a", 30))
	var p wire.ProblemDetails
	r.Into(t, &p)
	if p.Request == "" || p.Request != r.Header.Get("X-Request-Id") || !strings.Contains(s.Log.String(), fmt.Sprintf("%q", p.Request)) {
		t.Errorf("request %q, header %q", p.Request, r.Header.Get("X-Request-Id"))
	}
	if p.Status != 401 || p.Code != wire.CodeUnauthenticated || strings.Contains(string(r.Body), "token") {
		t.Errorf("answer %s", r.Body)
	}
}

package api_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"zoufang/server/api"
	"zoufang/server/api/apitest"
	"zoufang/sync/wire"
)

func TestFaultsOfOursStayInside(t *testing.T) {
	t.Parallel()
	const secret = "connection string with a password"
	for _, tt := range []struct {
		name   string
		ready  func(context.Context) error
		status int
		code   wire.Code
	}{
		{"a panic", func(context.Context) error { panic(secret) }, 500, wire.CodeInternal},
		{"an error without a code", func(context.Context) error { return errors.New(secret) }, 500, wire.CodeInternal},
		{"a code nobody knows", func(context.Context) error { return wire.Fault("made_up", secret) }, 500, wire.CodeInternal},
		{"a store that is away", func(context.Context) error { return wire.Fault(wire.CodeUnavailable, secret) }, 503, wire.CodeUnavailable},
		{"a full disk", func(context.Context) error { return &wire.Error{Code: wire.CodeStorageFull, Err: errors.New(secret)} }, 507, wire.CodeStorageFull},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := apitest.StartEmpty(t, func(d *api.Deps) { d.Ready = tt.ready })
			r := s.As(apitest.Nobody).Do("GET", "/readyz", nil)
			if r.Status != tt.status || r.Code() != tt.code || strings.Contains(string(r.Body), secret) || r.Header.Get("Zoufang") != "1" {
				t.Errorf("answers %d %s", r.Status, r.Body)
			}
			if (r.Status == 503) != (r.Header.Get("Retry-After") != "") {
				t.Errorf("Retry-After %q", r.Header.Get("Retry-After"))
			}
			log := s.Log.String()
			if !strings.Contains(log, secret) || strings.Count(log, `"level":"ERROR"`) != 1 {
				t.Errorf("log %s", log)
			}
		})
	}
}

func TestHandlersHaveADeadline(t *testing.T) {
	t.Parallel()
	s := apitest.StartEmpty(t, func(d *api.Deps) {
		d.Ready = func(ctx context.Context) error {
			if _, ends := ctx.Deadline(); !ends {
				return errors.New("no deadline")
			}
			return nil
		}
	})
	s.As(apitest.Nobody).Do("GET", "/readyz", nil).Expect(t, 200)
}

func TestTheLogNamesNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	owner := s.As(apitest.Owner)
	path := "/api/v1/visits/" + string(s.visit) + "/photos/" + string(s.photo.ID)
	owner.Do("GET", path+"?q=secret%0d%0aforged", nil, "User-Agent", "Somebody's phone").Expect(t, 200)
	log := s.Log.String()
	for _, word := range []string{string(s.visit), string(s.photo.ID), "127.0.0.1", "secret", "forged", "Somebody", "热水", "党委书记", owner.Session.Access, apitest.Password} {
		if strings.Contains(log, word) {
			t.Errorf("the log holds %q", word)
		}
	}
	if !strings.Contains(log, `"route":"/api/v1/visits/:visit/photos/:photo"`) {
		t.Errorf("the log does not tell the route: %s", log)
	}
}

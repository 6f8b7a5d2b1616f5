package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"zoufang/server/api"
	"zoufang/server/api/apitest"
	"zoufang/server/auth"
	"zoufang/sync/wire"
)

// browser is an installation of the phone app: cookies, an origin and a key.
type browser struct {
	s       *apitest.Server
	key     *ecdsa.PrivateKey
	cookies map[string]*http.Cookie
}

func newBrowser(t *testing.T, s *apitest.Server) *browser {
	return &browser{s: s, key: apitest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t), cookies: map[string]*http.Cookie{}}
}

func (b *browser) do(method, path string, body any, header ...string) *apitest.Reply {
	var cookies []string
	for _, c := range b.cookies {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	header = append([]string{"Origin", b.s.URL, "Sec-Fetch-Site", "same-origin", "Cookie", strings.Join(cookies, "; ")}, header...)
	r := b.s.As(apitest.Nobody).Do(method, path, body, header...)
	for _, c := range (&http.Response{Header: r.Header}).Cookies() {
		if b.cookies[c.Name] = c; c.Value == "" {
			delete(b.cookies, c.Name)
		}
	}
	return r
}

func (b *browser) public(t *testing.T) *wire.PublicKey {
	raw := apitest.Must(b.key.PublicKey.Bytes())(t)
	encode := base64.RawURLEncoding.EncodeToString
	return &wire.PublicKey{Kty: "EC", Crv: "P-256", X: encode(raw[1:33]), Y: encode(raw[33:])}
}

func (b *browser) sign(t *testing.T, message string) string {
	digest := sha256.Sum256([]byte(message))
	r, s, err := ecdsa.Sign(rand.Reader, b.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	var raw [64]byte
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func (b *browser) signIn(t *testing.T, username string) wire.Session {
	t.Helper()
	r := b.do("POST", "/api/v1/sessions", wire.SignIn{Username: username, Password: apitest.Password, DeviceName: "Chrome", DeviceKey: b.public(t)})
	r.Expect(t, http.StatusCreated)
	var session wire.Session
	r.Into(t, &session)
	return session
}

func (b *browser) refresh(t *testing.T, nonce string) *apitest.Reply {
	return b.do("POST", "/api/v1/sessions/refresh", wire.Refresh{Nonce: nonce, Proof: b.sign(t, "zoufang/refresh/v1\n"+nonce)})
}

func TestABrowsersSession(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	b := newBrowser(t, s)
	session := b.signIn(t, apitest.Owner)
	if session.Access != "" || session.Refresh != "" || session.Name != "党委书记" || session.Role != wire.RoleLeader || session.SchoolName != "云岭大学" {
		t.Errorf("session %+v", session)
	}
	for _, name := range []string{"__Host-zf_a", "__Host-zf_r"} {
		c := b.cookies[name]
		if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.MaxAge <= 0 {
			t.Errorf("cookie %s: %+v", name, c)
		}
	}
	b.do("GET", "/api/v1/me", nil).Expect(t, http.StatusOK)

	s.Pass(auth.AccessTTL + time.Minute)
	b.do("GET", "/api/v1/me", nil).Expect(t, http.StatusUnauthorized)
	if len(b.cookies) != 2 {
		t.Error("a 401 took the cookies away")
	}
	before := b.cookies["__Host-zf_r"].Value
	b.refresh(t, "nonce-0000000000000001").Expect(t, http.StatusOK)
	after := b.cookies["__Host-zf_r"].Value
	b.do("GET", "/api/v1/me", nil).Expect(t, http.StatusOK)

	b.cookies["__Host-zf_r"].Value = before // the answer was lost
	b.refresh(t, "nonce-0000000000000001").Expect(t, http.StatusOK)
	if b.cookies["__Host-zf_r"].Value != after || before == after {
		t.Error("the same nonce again got another token")
	}

	b.do("DELETE", "/api/v1/sessions/current", nil).Expect(t, http.StatusNoContent)
	if len(b.cookies) != 0 {
		t.Errorf("signed out, and still there: %v", b.cookies)
	}
}

func TestWritesComeFromOurOwnPage(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	b := newBrowser(t, s)
	session := b.signIn(t, apitest.Owner)
	body := `{"device":"` + string(session.Device) + `","schema":1,"epoch":"","acked":0,"push":[]}`
	for _, tt := range []struct {
		name   string
		header []string
		status int
	}{
		{"as it should be", nil, 200},
		{"without our header", []string{"Zoufang", ""}, 403},
		{"of another value", []string{"Zoufang", "2"}, 403},
		{"from elsewhere", []string{"Origin", "https://evil.example"}, 403},
		{"from a name that begins like ours", []string{"Origin", s.URL + ".evil.example"}, 403},
		{"from no origin", []string{"Origin", "null"}, 403},
		{"from a sister site", []string{"Origin", "", "Sec-Fetch-Site", "same-site"}, 403},
		{"across sites, by what the browser says", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"by an address typed in", []string{"Origin", "", "Sec-Fetch-Site", "none"}, 403},
		{"from an old browser that says nothing", []string{"Origin", "", "Sec-Fetch-Site", ""}, 403},
		{"with the origin alone", []string{"Sec-Fetch-Site", ""}, 200},
	} {
		if r := b.do("POST", "/api/v1/sync", body, tt.header...); r.Status != tt.status || r.Status == 403 && r.Code() != wire.CodeOrigin {
			t.Errorf("%s: answers %d %s, want %d", tt.name, r.Status, r.Body, tt.status)
		}
	}
	token := b.cookies["__Host-zf_a"].Value
	if r := s.As(apitest.Nobody).Do("GET", "/api/v1/me", nil, "Authorization", "Bearer "+token); r.Status != 401 {
		t.Errorf("a cookie's token as a bearer token: %d", r.Status)
	}
	if r := s.As(apitest.Nobody).Do("GET", "/api/v1/me", nil, "Cookie", "__Host-zf_a="+s.As(apitest.Owner).Session.Access); r.Status != 401 {
		t.Errorf("a bearer token as a cookie: %d", r.Status)
	}
	if r := s.As(apitest.Owner).Do("POST", "/api/v1/sync", s.As(apitest.Owner).Envelope(), "Zoufang", "", "Origin", "https://evil.example"); r.Status != 200 {
		t.Errorf("an API client: %d %s", r.Status, r.Body)
	}
}

func TestOriginsThatPeopleType(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t, func(d *api.Deps) { d.Origins = []string{"https://zoufang.example.edu.cn"}; d.Secure = true })
	in := wire.SignIn{Username: apitest.Owner, Password: apitest.Password, DeviceName: "Chrome"}
	for origin, status := range map[string]int{"https://zoufang.example.edu.cn": 201, "HTTPS://Zoufang.Example.edu.cn": 201, "http://zoufang.example.edu.cn": 403, s.URL: 403} {
		r := s.As(apitest.Nobody).Do("POST", "/api/v1/sessions", in, "Origin", origin)
		if r.Status != status {
			t.Errorf("%s: %d %s", origin, r.Status, r.Body)
		}
		if r.Header.Get("Strict-Transport-Security") == "" {
			t.Error("TLS without HSTS")
		}
	}
}

func TestThePasswordOfTheOfficeMustBeChanged(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	due := s.As(apitest.Due)
	if !due.Session.PasswordDue {
		t.Error("the session does not say so")
	}
	if r := due.Sync(); r.Code() != wire.CodePasswordDue {
		t.Errorf("sync answers %d %s", r.Status, r.Body)
	}
	// The office gives out another one, and the first session ends.
	r := s.As(apitest.Admin).Do("POST", "/api/v1/accounts/"+string(due.Session.User)+"/password", nil)
	r.Expect(t, http.StatusOK)
	var login wire.Login
	r.Into(t, &login)
	due.Do("GET", "/api/v1/me", nil).Expect(t, http.StatusUnauthorized)
	s.SignInWith(apitest.Due, login.Password, nil)
	due = s.As(apitest.Due)
	r = due.Do("POST", "/api/v1/me/password", wire.PasswordChange{Old: login.Password, New: "short"})
	if r.Status != 422 || r.Code() != wire.CodeUnprocessable {
		t.Errorf("a short password: %d %s", r.Status, r.Body)
	}
	due.Do("POST", "/api/v1/me/password", wire.PasswordChange{Old: login.Password, New: apitest.Password}).Expect(t, http.StatusNoContent)
	due.Sync().Expect(t, http.StatusOK)
	if strings.Contains(s.Log.String(), login.Password) || strings.Contains(s.Log.String(), apitest.Password) {
		t.Error("a password stands in the log")
	}
}

func TestSetUpIsOnce(t *testing.T) {
	t.Parallel()
	s := apitest.StartEmpty(t)
	code := apitest.Must(s.Auth.NewSetupCode(t.Context(), ""))(t)
	nobody := s.As(apitest.Nobody)
	var info wire.ServerInfo
	nobody.Do("GET", "/api/v1/server", nil).Into(t, &info)
	if !info.Setup || info.SchoolName != "" {
		t.Errorf("before: %+v", info)
	}
	in := wire.Setup{Code: "wrong", SchoolName: "云岭大学", Username: "admin", Name: "管理员", Password: apitest.Password}
	if r := nobody.Do("POST", "/api/v1/setup", in); r.Code() != wire.CodeCredentials {
		t.Errorf("a wrong code: %d %s", r.Status, r.Body)
	}
	in.Code = code
	r := newBrowser(t, s).do("POST", "/api/v1/setup", in)
	r.Expect(t, http.StatusCreated)
	var session wire.Session
	if r.Into(t, &session); !session.Admin || session.PasswordDue || r.Header.Get("Set-Cookie") == "" {
		t.Errorf("session %+v", session)
	}
	if r := nobody.Do("POST", "/api/v1/setup", in); r.Code() != wire.CodeConflict {
		t.Errorf("again: %d %s", r.Status, r.Body)
	}
	var after wire.ServerInfo
	nobody.Do("GET", "/api/v1/server", nil).Into(t, &after)
	if after.Setup || after.SchoolName != "云岭大学" {
		t.Errorf("after: %+v", after)
	}
}

// guess tries wrong passwords of ever other names until it is slowed down, and returns after how many.
func guess(s *apitest.Server, name string, header ...string) int {
	for n := range 40 {
		r := s.As(apitest.Nobody).Do("POST", "/api/v1/sessions", wire.SignIn{Username: name, Password: "wrong", DeviceName: ""}, header...)
		if r.Status == http.StatusTooManyRequests && r.Header.Get("Retry-After") != "" {
			return n
		}
	}
	return -1
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t)
	if n := guess(s, apitest.Owner); n < 5 || n > 20 {
		t.Errorf("slowed down after %d tries", n)
	}
}

func TestOnlyAProxyOfOursTellsTheAddress(t *testing.T) {
	t.Parallel()
	// A limit per address shows which address counts: the tries of set-up codes.
	tries := func(s *apitest.Server, forwarded func(i int) string) int {
		for n := range 40 {
			r := s.As(apitest.Nobody).Do("POST", "/api/v1/setup", wire.Setup{Code: "x"}, "X-Forwarded-For", forwarded(n), "X-Real-Ip", forwarded(n), "Forwarded", "for="+forwarded(n))
			if r.Status == http.StatusTooManyRequests {
				return n
			}
		}
		return -1
	}
	spoofed := func(i int) string { return netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String() }
	if n := tries(apitest.StartEmpty(t), spoofed); n < 0 {
		t.Error("without a proxy, a made-up address got around the limit")
	}
	trusting := func(d *api.Deps) { d.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
	if n := tries(apitest.StartEmpty(t, trusting), spoofed); n >= 0 {
		t.Errorf("behind the proxy, one person's tries slowed another down after %d", n)
	}
	// What the client wrote before the proxy added the real address does not count.
	appended := func(i int) string { return spoofed(i) + ", 203.0.113.9" }
	if n := tries(apitest.StartEmpty(t, trusting), appended); n < 0 {
		t.Error("behind the proxy, a made-up address got around the limit")
	}
}

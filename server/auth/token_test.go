package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"zoufang/server/auth"
	"zoufang/sync/wire"
)

// signingKey returns the server's only token key, as a thief of the folder would have it, and its id.
func signingKey(t testing.TB, w *world) (ed25519.PrivateKey, string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.keys, "token-*.pem"))
	if err != nil || len(files) != 1 {
		t.Fatalf("token keys: %v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(ed25519.PrivateKey), publishedKey(t, w)["kid"]
}

func publishedKey(t testing.TB, w *world) map[string]string {
	t.Helper()
	keys, err := auth.OpenKeys(w.keys, w.clock.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(keys.JWKS(w.clock.Now()), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("key set %v, %v", set, err)
	}
	return set.Keys[0]
}

func decodePart(t testing.TB, token string, i int) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	part := map[string]any{}
	if err := json.Unmarshal(b, &part); err != nil {
		t.Fatal(err)
	}
	return part
}

func TestAccessTokenSaysWhatItMustAndNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := newDevice(t)
	g := w.signIn("alice", d)
	_, kid := signingKey(t, w)
	if header := decodePart(t, g.Access, 0); len(header) != 3 || header["typ"] != "at+jwt" || header["alg"] != "EdDSA" || header["kid"] != kid {
		t.Errorf("header %v", header)
	}
	claims := decodePart(t, g.Access, 1)
	if claims["sub"] != string(alice) || claims["sid"] != g.Info.ID || claims["exp"].(float64)-claims["iat"].(float64) != 600 {
		t.Errorf("claims %v", claims)
	}
	if jkt := claims["cnf"].(map[string]any)["jkt"].(string); len(jkt) != 43 {
		t.Errorf("device key thumbprint %q", jkt)
	}
	for name := range claims {
		if !strings.Contains(" iss aud sub sid cnf pv iat nbf exp ", " "+name+" ") {
			t.Errorf("the token says %s", name)
		}
	}
	if text := g.Access; len(text) > 700 || strings.Contains(text, "Alice") {
		t.Errorf("a token of %d bytes", len(text))
	}
}

func TestBadTokensAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.signIn("alice", newDevice(t))
	key, kid := signingKey(t, w)
	other := w.signIn("bob", newDevice(t))
	goodHeader, goodClaims := decodePart(t, g.Access, 0), decodePart(t, g.Access, 1)
	now := float64(w.clock.Now().Unix())

	// sign makes a token with some things changed; nil takes a member out.
	sign := func(method jwt.SigningMethod, key any, header, claims map[string]any) string {
		t.Helper()
		merge := func(good, change map[string]any) map[string]any {
			m := maps.Clone(good)
			maps.Copy(m, change)
			maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
			return m
		}
		token := &jwt.Token{Method: method, Header: merge(goodHeader, header), Claims: jwt.MapClaims(merge(goodClaims, claims))}
		if _, changed := header["alg"]; !changed {
			token.Header["alg"] = method.Alg()
		}
		s, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	header := func(change map[string]any) string { return sign(jwt.SigningMethodEdDSA, key, change, nil) }
	claim := func(change map[string]any) string { return sign(jwt.SigningMethodEdDSA, key, nil, change) }
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public := key.Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	parts := strings.Split(g.Access, ".")
	jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(stranger.Public().(ed25519.PublicKey))}

	for _, tc := range []struct{ name, token string }{
		{"nothing", ""},
		{"two dots", ".."},
		{"not base64", "a.b.c"},
		{"a refresh token", g.Refresh},
		{"huge", "eyJ" + strings.Repeat("A", 1<<20)},
		{"just over the limit", sign(jwt.SigningMethodEdDSA, key, nil, map[string]any{"x": strings.Repeat("x", 4096)})},
		{"none", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil)},
		{"none with a signature", sign(jwt.SigningMethodEdDSA, key, map[string]any{"alg": "none"}, nil)},
		{"NoNe", sign(jwt.SigningMethodEdDSA, key, map[string]any{"alg": "NoNe"}, nil)},
		{"HS256 with the public key", sign(jwt.SigningMethodHS256, []byte(public), nil, nil)},
		{"HS256 with the public key as PEM", sign(jwt.SigningMethodHS256, publicPEM, nil, nil)},
		{"HS256 with the key set's x", sign(jwt.SigningMethodHS256, []byte(publishedKey(t, w)["x"]), nil, nil)},
		{"ES256", sign(jwt.SigningMethodES256, ec, nil, nil)},
		{"another key under our id", sign(jwt.SigningMethodEdDSA, stranger, nil, nil)},
		{"unknown key id", header(map[string]any{"kid": "unknown"})},
		{"key id of a path", header(map[string]any{"kid": "../../keys/" + kid})},
		{"key id of a number", header(map[string]any{"kid": 1})},
		{"no key id", header(map[string]any{"kid": nil})},
		{"its own key", sign(jwt.SigningMethodEdDSA, stranger, map[string]any{"jwk": jwk}, nil)},
		{"a key from elsewhere", header(map[string]any{"jku": "https://evil.example/jwks"})},
		{"critical extension", header(map[string]any{"crit": []string{"exp"}})},
		{"type JWT", header(map[string]any{"typ": "JWT"})},
		{"no type", header(map[string]any{"typ": nil})},
		{"expired", claim(map[string]any{"iat": now - 1200, "nbf": now - 1200, "exp": now - 600})},
		{"no expiry", claim(map[string]any{"exp": nil})},
		{"expiry of a word", claim(map[string]any{"exp": "never"})},
		{"life of a year", claim(map[string]any{"exp": now + 365*86400})},
		{"issued in the future", claim(map[string]any{"iat": now + 300})},
		{"no time of issue", claim(map[string]any{"iat": nil})},
		{"not yet valid", claim(map[string]any{"nbf": now + 300})},
		{"no begin", claim(map[string]any{"nbf": nil})},
		{"wrong issuer", claim(map[string]any{"iss": "evil"})},
		{"no issuer", claim(map[string]any{"iss": nil})},
		{"wrong audience", claim(map[string]any{"aud": "other/api"})},
		{"no audience", claim(map[string]any{"aud": nil})},
		{"another user", claim(map[string]any{"sub": string(bob)})},
		{"no user", claim(map[string]any{"sub": nil})},
		{"another session", claim(map[string]any{"sid": other.Info.ID})},
		{"unknown session", claim(map[string]any{"sid": "unknown"})},
		{"session of a query", claim(map[string]any{"sid": map[string]any{"$ne": nil}})},
		{"no session", claim(map[string]any{"sid": nil})},
		{"no version", claim(map[string]any{"pv": nil})},
		{"version of the future", claim(map[string]any{"pv": 9})},
		{"no device key", claim(map[string]any{"cnf": nil})},
		{"another device key", claim(map[string]any{"cnf": map[string]any{"jkt": "x"}})},
		{"claims changed, signature kept", parts[0] + "." + strings.Split(claim(map[string]any{"sub": string(bob)}), ".")[1] + "." + parts[2]},
		{"no signature", parts[0] + "." + parts[1] + "."},
		{"a fourth part", g.Access + ".AAAA"},
		{"trailing garbage", g.Access + "!"},
		{"trailing line end", g.Access + "\n"},
		{"leading space", " " + g.Access},
		{"with a scheme", "Bearer " + g.Access},
		{"padded", g.Access + "="},
		{"loose last bits", looseLastBits(g.Access)},
	} {
		_, _, err := w.Authenticate(t.Context(), tc.token)
		if wire.CodeOf(err) != wire.CodeUnauthenticated || err == nil {
			t.Errorf("%s: got %v, want unauthenticated", tc.name, err)
		}
	}
	for name, token := range map[string]string{"the issued token": g.Access, "the same signed here": claim(nil)} {
		if !w.authenticated(token) {
			t.Errorf("%s is refused: the table proves nothing", name)
		}
	}
}

// looseLastBits changes bits of the last character that no byte of the signature uses.
func looseLastBits(token string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(digits, token[len(token)-1])
	return token[:len(token)-1] + string(digits[last^1])
}

func TestCheckedTokenStillExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.signIn("alice", newDevice(t))
	for range 2 { // checked, then remembered
		if !w.authenticated(g.Access) {
			t.Fatal("a good token is refused")
		}
	}
	w.clock.advance(auth.AccessTTL + 29*time.Second)
	if !w.authenticated(g.Access) {
		t.Error("refused within the leeway")
	}
	w.clock.advance(2 * time.Second)
	if w.authenticated(g.Access) {
		t.Error("a token that was checked before outlives its end")
	}
}

// Signing in, then asking: the price of every request.
func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	g := w.signIn("alice", newDevice(b))
	for b.Loop() {
		if _, _, err := w.Authenticate(b.Context(), g.Access); err != nil {
			b.Fatal(err)
		}
	}
}

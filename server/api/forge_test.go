package api_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// forger returns a function that signs tokens with the server's own key, like the good one but for some members of header
// and claims; nil takes one out.
func forger(t *testing.T, dir, good string) func(header, claims map[string]any) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "keys", "token-*.pem"))
	if err != nil || len(files) != 1 {
		t.Fatalf("token keys: %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key := parsed.(ed25519.PrivateKey)
	parts := strings.Split(good, ".")
	part := func(i int, change map[string]any) string {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(b, &members); err != nil {
			t.Fatal(err)
		}
		maps.Copy(members, change)
		maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
		if b, err = json.Marshal(members); err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return func(header, claims map[string]any) string {
		signed := part(0, header) + "." + part(1, claims)
		return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(signed)))
	}
}

package config_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoufang/server/config"
)

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestParseDefaults(t *testing.T) {
	t.Parallel()
	got, err := config.Parse(env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Config{Addr: ":8080", Data: ".data"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "code")
	if err := os.WriteFile(secret, []byte("correct-horse-battery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse(env(map[string]string{
		"ZOUFANG_ADDR": "0.0.0.0:443", "ZOUFANG_DATA": "/var/lib/zoufang", "ZOUFANG_LOG_LEVEL": "debug", "ZOUFANG_PWA_DIR": dir,
		"ZOUFANG_ORIGIN": "https://Zoufang.example.edu.cn/, http://localhost:5173", "ZOUFANG_PROXIES": "10.1.2.3/8 192.168.0.1",
		"ZOUFANG_SETUP_CODE_FILE": secret,
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Addr: "0.0.0.0:443", Data: "/var/lib/zoufang", LogLevel: slog.LevelDebug, PWADir: dir, SetupCode: "correct-horse-battery",
		Origins: []string{"https://zoufang.example.edu.cn", "http://localhost:5173"},
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.0.1/32")},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestParseReportsEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Parse(env(map[string]string{
		"ZOUFANG_ADDR": "8080", "ZOUFANG_DEMO": "maybe", "ZOUFANG_ORIGIN": "zoufang.example,http://school.example,https://x/path",
		"ZOUFANG_TLS_CERT": "/nowhere/cert.pem", "ZOUFANG_PROXIES": "campus", "ZOUFANG_PWA_DIR": "/nowhere", "ZOUFANG_LOG_LEVEL": "loud",
		"ZOUFANG_SETUP_CODE": "hunter2",
	}))
	if err == nil {
		t.Fatal("no fault reported")
	}
	for _, want := range []string{
		"ZOUFANG_ADDR", "ZOUFANG_DEMO", `"zoufang.example"`, "needs https", `"https://x/path"`, "ZOUFANG_TLS_CERT: ", "go together",
		"ZOUFANG_PROXIES", "ZOUFANG_PWA_DIR", "ZOUFANG_LOG_LEVEL", "ZOUFANG_SETUP_CODE",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the faults do not name %s:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a fault holds the secret:\n%v", err)
	}
}

func TestDemoListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, addr, want string }{
		{"no address", "", "127.0.0.1:8080"},
		{"a port only", ":9000", "127.0.0.1:9000"},
		{"localhost", "localhost:0", "127.0.0.1:0"},
		{"the other loopback", "[::1]:8080", "[::1]:8080"},
		{"every interface", "0.0.0.0:8080", ""},
		{"a public host", "zoufang.example:8080", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Parse(env(map[string]string{"ZOUFANG_DEMO": "1", "ZOUFANG_ADDR": tc.addr}))
			if got.Addr != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("got %q, %v, want %q", got.Addr, err, tc.want)
			}
		})
	}
}

func TestConfigNeverPrintsASecret(t *testing.T) {
	t.Parallel()
	c, err := config.Parse(env(map[string]string{"ZOUFANG_SETUP_CODE": "correct-horse-battery"}))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "config", c, "code", c.SetupCode)
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "config", c, "pointer", &c)
	fmt.Fprintf(&out, "%v %+v %#v %s %q %#v", c, c, c, c.SetupCode, c.SetupCode, struct{ C config.Config }{c})
	if strings.Contains(out.String(), "correct-horse") {
		t.Errorf("printed:\n%s", out.String())
	}
	if !strings.Contains(c.String(), "setupCode=set") {
		t.Errorf("got %q", c.String())
	}
}

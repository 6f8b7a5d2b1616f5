// Package config reads the server's settings from the environment. It imports nothing of ours, and it has no default
// secret: what must be secret is generated into the data folder, or set by the operator.
package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Config is what an operator may choose. Its zero value is not valid: use Parse.
type Config struct {
	// Addr is host:port to listen on. The demo listens on 127.0.0.1 only.
	Addr string
	// Data is the folder of database, photos and keys.
	Data string
	// Demo seeds an invented school into an empty data folder.
	Demo bool
	// Origins are the addresses people type ("https://zoufang.example.edu.cn"), without a trailing slash. Empty means: the
	// request's own host, which is right where no proxy rewrites it.
	Origins []string
	// TLSCert and TLSKey are PEM files; both or none.
	TLSCert, TLSKey string
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// PWADir serves the phone app from this folder instead of the embedded build.
	PWADir string
	// LogLevel is the lowest level that is logged.
	LogLevel slog.Level
	// SetupCode is the operator's own one-time set-up code. Empty means: one is generated and printed.
	SetupCode Secret
}

// Secret is a string that never prints itself.
type Secret string

// String returns a word that tells only whether there is a secret.
func (s Secret) String() string {
	if s == "" {
		return "unset"
	}
	return "set"
}

// GoString keeps %#v from printing the secret.
func (s Secret) GoString() string { return s.String() }

// LogValue keeps slog from printing the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps encoders from printing the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// The limits of a set-up code chosen by the operator.
const minSetupCode = 16

// Parse reads the ZOUFANG_ variables through getenv. Every fault is reported at once: the error joins one error per
// variable, each beginning with its name and none holding a secret's value.
func Parse(getenv func(string) string) (Config, error) {
	r := reader{getenv: getenv}
	c := Config{
		Data:      r.text("ZOUFANG_DATA", ".data"),
		Demo:      r.flag("ZOUFANG_DEMO"),
		Origins:   r.origins("ZOUFANG_ORIGIN"),
		TLSCert:   r.file("ZOUFANG_TLS_CERT"),
		TLSKey:    r.file("ZOUFANG_TLS_KEY"),
		Proxies:   r.prefixes("ZOUFANG_PROXIES"),
		PWADir:    r.folder("ZOUFANG_PWA_DIR"),
		LogLevel:  r.level("ZOUFANG_LOG_LEVEL"),
		SetupCode: r.secret("ZOUFANG_SETUP_CODE", minSetupCode),
	}
	c.Addr = r.addr("ZOUFANG_ADDR", c.Demo)
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		r.fault("ZOUFANG_TLS_CERT and ZOUFANG_TLS_KEY", "go together; one of them is missing")
	case c.TLSCert != "" && len(r.faults) == 0:
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			r.fault("ZOUFANG_TLS_CERT and ZOUFANG_TLS_KEY", "%v", err)
		}
	}
	if err := errors.Join(r.faults...); err != nil {
		return Config{}, err
	}
	return c, nil
}

// String returns all settings on one line, secrets redacted.
func (c Config) String() string {
	var b strings.Builder
	for i, a := range c.attrs() {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%v", a.Key, a.Value)
	}
	return b.String()
}

// GoString keeps %#v redacted.
func (c Config) GoString() string { return c.String() }

// LogValue returns all settings as a group, secrets redacted.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.attrs()...) }

func (c Config) attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("addr", c.Addr), slog.String("data", c.Data), slog.Bool("demo", c.Demo),
		slog.Any("origins", c.Origins), slog.String("tlsCert", c.TLSCert), slog.String("tlsKey", c.TLSKey),
		slog.Any("proxies", c.Proxies), slog.String("pwaDir", c.PWADir), slog.String("logLevel", c.LogLevel.String()),
		slog.String("setupCode", c.SetupCode.String()),
	}
}

// reader collects faults while it reads.
type reader struct {
	getenv func(string) string
	faults []error
}

func (r *reader) fault(name, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(name+": "+format, args...))
}

func (r *reader) text(name, fallback string) string {
	if v := strings.TrimSpace(r.getenv(name)); v != "" {
		return v
	}
	return fallback
}

func (r *reader) flag(name string) bool {
	v := r.text(name, "false")
	b, err := strconv.ParseBool(v)
	if err != nil {
		r.fault(name, "%q is neither 1 nor 0", v)
	}
	return b
}

// addr reads host:port. A demo without a host gets 127.0.0.1; a demo for the network is a fault, for its logins are printed.
func (r *reader) addr(name string, demo bool) string {
	v := r.text(name, ":8080")
	host, port, err := net.SplitHostPort(v)
	if err != nil {
		r.fault(name, "%q is not host:port", v)
		return v
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		r.fault(name, "%q is not a port from 0 to 65535", port)
	}
	if !demo {
		return v
	}
	if host == "" || host == "localhost" {
		return net.JoinHostPort("127.0.0.1", port)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		r.fault(name, "the demo listens on 127.0.0.1 only, not on %q", host)
	}
	return v
}

func (r *reader) origins(name string) []string {
	var origins []string
	for _, v := range r.list(name) {
		u, err := url.Parse(v)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/") ||
			(u.Scheme != "https" && u.Scheme != "http") {
			r.fault(name, "%q is not an origin such as https://zoufang.example.edu.cn", v)
			continue
		}
		if u.Scheme == "http" && !local(u.Hostname()) {
			r.fault(name, "%q needs https: without it a phone has no service worker and no secure cookie", v)
			continue
		}
		origins = append(origins, strings.ToLower(u.Scheme+"://"+u.Host))
	}
	return origins
}

// local reports whether browsers treat http://host as a secure origin.
func local(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func (r *reader) prefixes(name string) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, v := range r.list(name) {
		p, err := netip.ParsePrefix(v)
		if err != nil {
			ip, ipErr := netip.ParseAddr(v)
			if ipErr != nil {
				r.fault(name, "%q is not a network such as 10.0.0.0/8", v)
				continue
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		prefixes = append(prefixes, p.Masked())
	}
	return prefixes
}

func (r *reader) list(name string) []string {
	return strings.FieldsFunc(r.getenv(name), func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == '\n' })
}

func (r *reader) level(name string) slog.Level {
	var level slog.Level
	if v := r.text(name, "info"); level.UnmarshalText([]byte(v)) != nil {
		r.fault(name, "%q is none of debug, info, warn, error", v)
	}
	return level
}

func (r *reader) file(name string) string {
	path := r.text(name, "")
	if path == "" {
		return ""
	}
	if info, err := os.Stat(path); err != nil {
		r.fault(name, "%v", err)
	} else if info.IsDir() {
		r.fault(name, "%s is a folder, not a file", path)
	}
	return path
}

func (r *reader) folder(name string) string {
	path := r.text(name, "")
	if path == "" {
		return ""
	}
	if info, err := os.Stat(path); err != nil {
		r.fault(name, "%v", err)
	} else if !info.IsDir() {
		r.fault(name, "%s is not a folder", path)
	}
	return path
}

// secret reads name, or the file that name_FILE names (containers mount secrets as files). One trailing line end is dropped.
func (r *reader) secret(name string, minLength int) Secret {
	v, path := r.getenv(name), r.text(name+"_FILE", "")
	switch {
	case v != "" && path != "":
		r.fault(name, "is set and so is %s_FILE; set one of them", name)
		return ""
	case path != "":
		b, err := os.ReadFile(path)
		if err != nil {
			r.fault(name+"_FILE", "%v", err)
			return ""
		}
		if v = strings.TrimRight(string(b), "\r\n"); v == "" {
			r.fault(name+"_FILE", "%s is empty", path)
			return ""
		}
	}
	if v != "" && len(v) < minLength {
		r.fault(name, "is shorter than %d characters", minLength)
	}
	return Secret(v)
}

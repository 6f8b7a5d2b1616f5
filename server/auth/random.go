package auth

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
)

// alphabet are the letters and digits nobody mistakes for another when reading aloud or from paper: 31 of them.
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// readable returns groups of five random letters of alphabet, joined by '-': 24.8 bits a group.
func readable(random io.Reader, groups int) (string, error) {
	var b strings.Builder
	buffer := make([]byte, 1)
	for n := 0; n < groups*5; {
		if _, err := io.ReadFull(random, buffer); err != nil {
			return "", fmt.Errorf("auth: random: %w", err)
		}
		// 248 = 8 × 31: what lies above would make the first letters likelier.
		if buffer[0] >= 248 {
			continue
		}
		if n > 0 && n%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[int(buffer[0])%len(alphabet)])
		n++
	}
	return b.String(), nil
}

// plain is how a readable secret is compared: as it was meant, however it was typed.
func plain(typed string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.ToLower(typed))
}

// token returns n random bytes in base64url.
func token(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("auth: random: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// decode reads exactly n bytes of base64url. Unlike package base64 it takes no line ends and no loose last bits.
func decode(s string, n int) ([]byte, bool) {
	if len(s) != base64.RawURLEncoding.EncodedLen(n) {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return b, err == nil && len(b) == n
}

// onlyBase64URL reports whether s holds nothing but digits of base64url.
func onlyBase64URL(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// uuid returns a UUID of version 7 (RFC 9562) in lower-case canonical form.
func uuid(now time.Time, random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", fmt.Errorf("auth: random: %w", err)
	}
	ms := now.UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:], nil
}

package auth

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"zoufang/storage"
	"zoufang/sync/wire"
)

const (
	minPassword, maxPassword = 8, 128 // runes
	maxUsername              = 64     // runes
)

// passwords.txt lists what everybody tries first, one a line, folded: whole passwords, and the words people put digits behind.
//
//go:embed passwords.txt
var commonText string

var common = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonText) {
		set[strings.TrimSpace(line)] = true
	}
	return set
})

// CheckPassword fails with code unprocessable if a password may not be chosen. Its detail is one of "password: short",
// "password: long", "password: common", "password: username". There are no rules about which characters to use.
func CheckPassword(password, username string) error {
	folded, name := storage.FoldUsername(password), storage.FoldUsername(username)
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || n < minPassword:
		return wire.Fault(wire.CodeUnprocessable, "password: short")
	case n > maxPassword:
		return wire.Fault(wire.CodeUnprocessable, "password: long")
	case folded == name || stem(folded) != "" && stem(folded) == stem(name):
		return wire.Fault(wire.CodeUnprocessable, "password: username")
	case common()[folded] || common()[stem(folded)] || monotonous(folded):
		return wire.Fault(wire.CodeUnprocessable, "password: common")
	}
	return nil
}

// stem is a password without the digits and signs people put around a word ("Zoufang2026!" is "zoufang").
func stem(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}

// monotonous reports whether each character follows the one before by the same step: aaaaaaaa, 12345678, hgfedcba.
func monotonous(s string) bool {
	r := []rune(s)
	for i := 2; i < len(r); i++ {
		if r[i]-r[i-1] != r[1]-r[0] {
			return false
		}
	}
	return len(r) < 2 || r[1]-r[0] >= -1 && r[1]-r[0] <= 1
}

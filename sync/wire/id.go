package wire

// SchoolID names a tenant. Every stored thing belongs to exactly one.
type SchoolID string

// UserID names a person who works at the school (never a student). It equals the DocID of the person's document.
type UserID string

// DeviceID names one installation of one user. The server gives it out at sign-in.
type DeviceID string

// DocID names a document: a UUID (version 7) made by whoever created it, in lower-case canonical form.
type DocID string

// Scope is a set of readers: "user:<UserID>", "unit:<DocID>", "office:admin" or "school".
type Scope string

// Cursor is a position in a phone's pull, opaque and authenticated; only the server reads it.
type Cursor string

// Hash is a SHA-256 in 64 lower-case hex digits.
type Hash string

// Epoch names one life of a store. It changes when a store is restored, never otherwise.
type Epoch string

// ValidUUID reports whether s is a UUID in lower-case canonical form (8-4-4-4-12 hex digits).
func ValidUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !hexDigit(c) {
				return false
			}
		}
	}
	return true
}

// ValidHash reports whether s is a SHA-256 in 64 lower-case hex digits.
func ValidHash(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if !hexDigit(s[i]) {
			return false
		}
	}
	return true
}

// ValidDevice reports whether s has the form of a DeviceID: 1 to 64 of a-z, 0-9, '-'.
func ValidDevice(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

func hexDigit(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

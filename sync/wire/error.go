package wire

import (
	"errors"
	"fmt"
)

// Code is a stable word for what went wrong, for machines; the words for people live in the phone's dictionaries.
type Code string

// Codes of results inside an answered push.
const (
	CodeInvalid       Code = "invalid"         // a fault of keys, types or limits
	CodeNoDocument    Code = "no_document"     // no such document within reach
	CodeWriteOnce     Code = "write_once"      // a second value for a field that is written once
	CodeUnknownKind   Code = "unknown_kind"    // held: a newer phone's kind
	CodeUnknownSchema Code = "unknown_schema"  // held: a newer phone's schema
	CodeState         Code = "state"           // held: the document's state moved meanwhile
	CodeGone          Code = "gone"            // held: the document was deleted
	CodeConfirmed     Code = "confirmed"       // held: the cadre has confirmed it, only they may change it
	CodeWaits         Code = "waits"           // held: its document's creation is held
	CodeRevoked       Code = "revoked_device"  // held: the device was revoked
	CodeDefect        Code = "defect"          // held: our defect, kept whole
	CodeOpaque        Code = "opaque"          // held: sent unparsed
	CodeTime          Code = "time"            // a visit's time lies before 2000 or after tomorrow
	CodePhotos        Code = "too_many_photos" // more than MaxPhotos
)

// Codes of whole answers (application/problem+json).
const (
	CodeMalformed       Code = "malformed"       // 400: not the JSON this route takes
	CodeUnauthenticated Code = "unauthenticated" // 401: sign in
	CodeCredentials     Code = "credentials"     // 401: wrong user name or password
	CodeForbidden       Code = "forbidden"       // 403
	CodeOrigin          Code = "origin"          // 403: not from our own page
	CodePasswordDue     Code = "password_due"    // 403: choose a password of your own first
	CodeNotFound        Code = "not_found"       // 404
	CodeMethod          Code = "method"          // 405
	CodeConflict        Code = "conflict"        // 409
	CodeOffset          Code = "offset"          // 409: an upload continues at another offset
	CodeExpired         Code = "expired"         // 410: an upload was given up
	CodeTooLarge        Code = "too_large"       // 413
	CodeMediaType       Code = "media_type"      // 415
	CodeUnprocessable   Code = "unprocessable"   // 422: understood and wrong, see faults
	CodeHashMismatch    Code = "hash_mismatch"   // 460 of tus, sent as 422
	CodeImage           Code = "image"           // 422: not an image we take
	CodePosition        Code = "position"        // 422: the image names a position
	CodeLocked          Code = "locked"          // 423: another request writes this upload
	CodeUpdate          Code = "update"          // 426: this app is too old
	CodeTooMany         Code = "too_many"        // 429
	CodeInternal        Code = "internal"        // 500
	CodeUnavailable     Code = "unavailable"     // 503
	CodeStorageFull     Code = "storage_full"    // 507
)

// Error carries a code for the caller and a cause for the log. The cause never leaves the server.
type Error struct {
	Code Code
	// Detail names what is at fault (a field, a limit); it may leave the server and holds no user data.
	Detail string
	Err    error
}

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Fault returns an Error with a formatted detail.
func Fault(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first Error in err's chain, or CodeInternal.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Package wire holds every type that crosses the network between a phone and a server, the limits both sides keep, and
// the strict reading of untrusted JSON. It decides nothing: what a mutation does to a document is package engine's.
//
// Go is the source of these types; pwa/src/wire/generated.ts is written from them by the generator in gen
// (`make types`), and a stale file fails `make check`.
//
// Times that people read (a visit's start, a document's createdAt) are RFC 3339 strings in UTC with milliseconds. Times
// that only machines compare (mutation at, marks, anchors) are integer milliseconds since 1970-01-01T00:00:00Z.
package wire

//go:generate go run ./gen . ../../pwa/src/wire/generated.ts

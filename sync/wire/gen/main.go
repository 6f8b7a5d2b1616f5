// Command gen writes the TypeScript twin of a Go package of wire types.
//
//	go run ./gen <package folder> <file to write>
//
// What becomes of what:
//
//   - a struct becomes an interface with readonly fields named by their json tags; omitempty and omitzero make a field
//     optional; an embedded struct becomes `extends`; a `ts:"…"` tag replaces the type of a field; a struct without
//     any json tag never crosses the network and is left out;
//   - a named string with constants becomes the union of their values, one without becomes a brand, so that a DocID
//     never passes for a Cursor;
//   - a const block whose comment holds //ts:const is exported value by value;
//   - comments come along.
//
// A Go type it cannot translate is an error, never an `any`.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes only when the content changed, so that nothing rebuilds for an equal file.
func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: gen <package folder> <file to write>")
	}
	out, err := generate(args[0])
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(args[1]); err == nil && bytes.Equal(old, out) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(args[1]), 0o755); err != nil {
		return err
	}
	return os.WriteFile(args[1], out, 0o644)
}

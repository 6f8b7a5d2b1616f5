package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The golden file is rewritten by: go run ./sync/wire/gen sync/wire/gen/testdata/shop sync/wire/gen/testdata/shop.ts
func TestGenerateTranslatesOneOfEverything(t *testing.T) {
	t.Parallel()
	got, err := generate("testdata/shop")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/shop.ts")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("generated TypeScript differs from testdata/shop.ts (-want +got):\n%s", diff)
	}
}

func TestGenerateRefusesWhatItCannotTranslate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, source, want string }{
		{"an interface", "type A struct { B any `json:\"b\"` }", "cannot translate any"},
		{"a channel", "type A struct { B chan int `json:\"b\"` }", "cannot translate *ast.ChanType"},
		{"a number beyond 2^53", "type A struct { B uint64 `json:\"b\"` }", "cannot translate uint64"},
		{"a type of another package", "type A struct { B url.URL `json:\"b\"` }", "cannot translate url.URL"},
		{"a generic type", "type A[T any] struct { B T `json:\"b\"` }", "generic"},
		{"a field that forgot its tag", "type A struct { B int `json:\"b\"`; C int }", "json tag"},
		{"a tag without a key", "type A struct { B int `json:\",omitempty\"` }", "no key"},
		{"an enum of numbers", "type A int\nconst B A = 1", "string literal"},
		{"a counted constant", "type A string\n//ts:const\nconst (\n B = iota\n C\n)", "literal"},
		{"a constant without a value of its own", "type A string\n//ts:const\nconst (\n B = 1\n C\n)", "its own value"},
		{"a quote in a value", "type A string\nconst B A = \"it's\"", "cannot translate"},
		{"an empty package", "var a = 1", "no exported type"},
		{"a broken file", "type", "expected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a\n"+tt.source+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := generate(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("generate = %q, %v; want an error with %q", out, err, tt.want)
			}
		})
	}
}

func TestRunLeavesAnEqualFileUntouched(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "deep", "shop.ts")
	if err := run([]string{"testdata/shop", out}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(out, 0o400); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"testdata/shop", out}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	if !after.ModTime().Equal(before.ModTime()) {
		t.Error("an equal file was written again")
	}
}

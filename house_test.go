// Package zoufang_test holds the rules of the house as tests: what may stand where, what may import what, and how long
// a file may get. A rule is a function from what it looks at to a list of faults; each is also shown to fail.
package zoufang_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is the import path of the repository's root.
const module = "zoufang"

// topFolders are all there are (DECISIONS.md, D2), besides dot-folders and what .gitignore names.
var topFolders = []string{"deploy", "pwa", "server", "storage", "sync"}

// rootFiles must exist.
var rootFiles = []string{
	"CHANGELOG.md", "CONTRIBUTING.md", "DECISIONS.md", "LICENSE", "Makefile", "README.md", "README.zh-CN.md", ".ci/run",
}

// mayImport says what of ours a package, and those below it, may import: a path, or with "…" all that begin with it.
// Dependencies point one way: wire ← engine ← storage ← server. A package without a row was not planned: plan it here.
var mayImport = map[string][]string{
	"pwa":                 {},
	"sync":                {},
	"sync/wire":           {},
	"sync/wire/gen":       {},
	"sync/engine":         {"sync/wire"},
	"storage":             {"sync/wire"},
	"storage/sqlite":      {"storage", "sync/engine", "sync/wire"},
	"storage/disk":        {"storage", "sync/engine", "sync/wire"},
	"storage/mongo":       {"storage", "sync/engine", "sync/wire"},
	"storage/minio":       {"storage", "sync/engine", "sync/wire"},
	"storage/storagetest": {"storage", "sync/engine", "sync/wire"},
	"server/config":       {},
	"server/auth":         {"storage", "sync/engine", "sync/wire"},
	"server/photo":        {"storage", "sync/wire"},
	"server/rules":        {"sync/wire"},
	"server/report":       {"storage", "sync/wire"},
	"server/school":       {"storage", "sync/engine", "sync/wire"},
	"server/sweep":        {"storage", "sync/engine", "sync/wire"},
	"server/upload":       {"server/photo", "storage", "sync/engine", "sync/wire"},
	"server/demo":         {"server/school", "storage", "sync/engine", "sync/wire"},
	"server/api":          {"server/…", "storage", "sync/engine", "sync/wire", "pwa"},
	"server/api/apitest":  {"…"},
	"server/bench":        {"…"},
	"server":              {"…"},
}

// onlyIn names the packages that may import a library, by the prefix of its path. A library that is not listed may be
// imported anywhere outside sync/.
var onlyIn = map[string][]string{
	"database/sql":                {"storage/sqlite", "server/bench"},
	"modernc.org/sqlite":          {"storage/sqlite", "server/bench"},
	"go.mongodb.org/mongo-driver": {"storage/mongo"},
	"github.com/minio/minio-go":   {"storage/minio"},
	"github.com/golang-jwt/jwt":   {"server/auth"},
	"github.com/gofiber/fiber":    {"server/api", "server/api/apitest", "server/bench", "server"},
	"github.com/valyala/fasthttp": {"server/api", "server/api/apitest", "server/bench", "server"},
}

// pureLibraries are all that packages below sync/ import besides the standard library.
var pureLibraries = []string{"github.com/go-json-experiment/json", "golang.org/x/text"}

// impure parts of the standard library stay out of sync/: the clock, chance and the outside are arguments there.
var impure = []string{
	"crypto/rand", "database/sql", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec", "syscall",
}

// impureAtAnyDepth are those that not even a library of ours may bring along.
var impureAtAnyDepth = []string{"database/sql", "net/http", "os/exec"}

// clock are the functions of package time that look at it.
var clock = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

// floors are the lowest versions that are safe to use (DECISIONS.md, D10), for modules that are required at all.
var floors = map[string]string{
	"github.com/gofiber/fiber/v3":    "v3.5.0",
	"github.com/valyala/fasthttp":    "v1.73.0",
	"github.com/golang-jwt/jwt/v5":   "v5.3.0",
	"github.com/xuri/excelize/v2":    "v2.11.0",
	"go.mongodb.org/mongo-driver/v2": "v2.10.0",
	"github.com/minio/minio-go/v7":   "v7.4.0",
}

// maxLines bounds a file that is neither a test nor generated.
const maxLines = 600

func TestTopLevelHoldsNothingElse(t *testing.T) {
	t.Parallel()
	var folders []string
	for _, entry := range must(os.ReadDir("."))(t) {
		if entry.IsDir() {
			folders = append(folders, entry.Name())
		}
	}
	report(t, checkFolders(folders, string(must(os.ReadFile(".gitignore"))(t))))
	for _, name := range rootFiles {
		if info, err := os.Stat(name); err != nil || info.Size() == 0 {
			t.Errorf("%s is missing or empty", name)
		}
	}
}

func TestDependenciesPointOneWay(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t, "./...") {
		report(t, checkImports(p))
	}
}

func TestFiberStaysInTheAPIAndRun(t *testing.T) {
	t.Parallel()
	for _, path := range sources(t, "server", ".go") {
		if filepath.Dir(path) == "server" && !strings.HasSuffix(path, "_test.go") {
			report(t, checkMain(path, must(os.ReadFile(path))(t)))
		}
	}
}

func TestSyncIsPure(t *testing.T) {
	t.Parallel()
	for _, path := range sources(t, "sync", ".go") {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, filepath.Join("sync", "wire", "gen")) {
			continue
		}
		report(t, checkPure(path, must(os.ReadFile(path))(t)))
	}
	for _, p := range packages(t, "-deps", "./sync", "./sync/wire", "./sync/engine") {
		report(t, checkDepth(p))
	}
}

func TestEveryPackageExplainsItself(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t, "./...") {
		report(t, checkDoc(p))
	}
}

func TestFilesStayShort(t *testing.T) {
	t.Parallel()
	for _, root := range topFolders {
		for _, path := range sources(t, root, ".go", ".ts", ".vue", ".mjs") {
			report(t, checkLength(path, must(os.ReadFile(path))(t)))
		}
	}
}

func TestNothingIsSilenced(t *testing.T) {
	t.Parallel()
	for _, root := range topFolders {
		for _, path := range sources(t, root, ".go", ".ts", ".vue", ".mjs") {
			report(t, checkSilenced(path, must(os.ReadFile(path))(t)))
		}
	}
}

func TestNothingOfAStudentCrossesTheWire(t *testing.T) {
	t.Parallel()
	const generated = "pwa/src/wire/generated.ts"
	report(t, checkPrivacy(generated, string(must(os.ReadFile(generated))(t))))
}

func TestModulesAreNewEnough(t *testing.T) {
	t.Parallel()
	report(t, checkFloors(string(must(os.ReadFile("go.mod"))(t))))
}

// TestRulesFail shows each rule a house that breaks it, and one that does not.
func TestRulesFail(t *testing.T) {
	t.Parallel()
	in := func(path string, imports ...string) listed {
		return listed{ImportPath: module + "/" + path, Name: filepath.Base(path), Imports: imports}
	}
	pure := func(body string) []string { return checkPure("a.go", []byte("package a\n"+body)) }
	for _, tt := range []struct {
		name   string
		faults []string
		want   string // part of the only fault; empty: no fault
	}{
		{"a sixth folder", checkFolders(append(slices.Clone(topFolders), "utils"), ""), "utils"},
		{"a missing folder", checkFolders(topFolders[1:], ""), "deploy"},
		{"dot-folders and ignored ones", checkFolders(append(slices.Clone(topFolders), ".ci", "bin"), "/bin/\n"), ""},

		{"wire imports the engine", checkImports(in("sync/wire", "zoufang/sync/engine")), "sync/engine"},
		{"the engine imports a store", checkImports(in("sync/engine", "zoufang/storage/sqlite")), "storage/sqlite"},
		{"the engine imports wire", checkImports(in("sync/engine", "zoufang/sync/wire", "errors")), ""},
		{"a store imports the server", checkImports(in("storage/sqlite", "zoufang/server/auth")), "server/auth"},
		{"the config imports storage", checkImports(in("server/config", "zoufang/storage")), "storage"},
		{"the API imports a driver", checkImports(in("server/api", "modernc.org/sqlite")), "modernc.org/sqlite"},
		{"the API imports a store", checkImports(in("server/api", "zoufang/storage/sqlite")), "storage/sqlite"},
		{"the API imports its neighbours", checkImports(in("server/api", "zoufang/server/auth", "zoufang/pwa")), ""},
		{"the API imports main", checkImports(in("server/api", "zoufang/server")), "may not import server"},
		{"a helper of the API's tests", checkImports(in("server/api/apitest", "zoufang/server/api")), ""},
		{"sign-in speaks Fiber", checkImports(in("server/auth", "github.com/gofiber/fiber/v3")), "gofiber"},
		{"a package nobody planned", checkImports(in("server/misc")), "no row"},
		{"main imports everything", checkImports(in("server", "zoufang/storage/sqlite", "github.com/gofiber/fiber/v3")), ""},
		{"wire takes a library", checkImports(in("sync/wire", "github.com/google/uuid")), "google/uuid"},
		{"wire reads JSON", checkImports(in("sync/wire", "github.com/go-json-experiment/json/jsontext")), ""},

		{"main.go speaks Fiber", checkMain("server/main.go", []byte("package main\nimport _ \"github.com/gofiber/fiber/v3\"")), "fiber"},
		{"run.go speaks Fiber", checkMain("server/run.go", []byte("package main\nimport _ \"github.com/gofiber/fiber/v3\"")), ""},

		{"the engine asks the clock", pure("import \"time\"\nvar n = time.Now()"), "time.Now"},
		{"the engine asks it by another name", pure("import t \"time\"\nvar n = t.Since"), "time.Since"},
		{"the engine throws dice", pure("import \"math/rand/v2\"\nvar n = rand.Int()"), "math/rand/v2"},
		{"the engine opens files", pure("import \"os\"\nvar n = os.Args"), "os"},
		{"the engine parses times", pure("import \"time\"\nvar n = time.RFC3339"), ""},
		{"a driver deep below", checkDepth(listed{ImportPath: "database/sql", Standard: true}), "database/sql"},
		{"a library deep below", checkDepth(listed{ImportPath: "github.com/valyala/fasthttp"}), "fasthttp"},
		{"the JSON library below", checkDepth(listed{ImportPath: "github.com/go-json-experiment/json/internal"}), ""},

		{"a silent package", checkDoc(listed{ImportPath: "zoufang/storage", Name: "storage", GoFiles: []string{"a.go"}}), "comment"},
		{"a comment about another", checkDoc(listed{Name: "storage", Doc: "Package store …", GoFiles: []string{"a.go"}}), "comment"},
		{"a package that speaks", checkDoc(listed{Name: "storage", Doc: "Package storage …", GoFiles: []string{"a.go"}}), ""},
		{"a command that speaks", checkDoc(listed{Name: "main", Doc: "Command gen …", GoFiles: []string{"a.go"}}), ""},

		{"a long file", checkLength("a.vue", []byte(strings.Repeat("x\n", maxLines+1))), "601 lines"},
		{"a long test", checkLength("a.test.ts", []byte(strings.Repeat("x\n", maxLines+1))), ""},
		{"a long generated file", checkLength("a.ts", []byte("// Code generated by gen. DO NOT EDIT.\n"+strings.Repeat("x\n", maxLines))), ""},
		{"a file of the last length", checkLength("a.go", []byte(strings.Repeat("x\n", maxLines))), ""},

		{"a linter told to be quiet", checkSilenced("a.ts", []byte("// eslint-disable-next-line no-console")), "eslint-disable"},
		{"a compiler told to be quiet", checkSilenced("a.ts", []byte("// @ts-ignore")), "@ts-ignore"},
		{"one test that hides the others", checkSilenced("a.test.ts", []byte("it.only('works', () => {})")), "it.only"},
		{"a skip without a reason", checkSilenced("a_test.go", []byte("\tt.Skip()")), "t.Skip()"},
		{"a skip with one", checkSilenced("a_test.go", []byte("\tt.Skip(\"no C compiler\")")), ""},

		{"a position", checkPrivacy("a.ts", "  readonly latitude: number"), "latitude"},
		{"a student", checkPrivacy("a.ts", "  readonly studentName?: string"), "studentName"},
		{"a ranking", checkPrivacy("a.ts", "  readonly rank: number"), "rank"},
		{"a number of people", checkPrivacy("a.ts", "  readonly talked: number"), ""},

		{"an old Fiber", checkFloors("require github.com/gofiber/fiber/v3 v3.1.0"), "fiber"},
		{"an old fasthttp", checkFloors("require (\n\tgithub.com/valyala/fasthttp v1.9.0 // indirect\n)"), "fasthttp"},
		{"a preview of the floor", checkFloors("require github.com/gofiber/fiber/v3 v3.5.0-rc.1"), "fiber"},
		{"a newer Fiber", checkFloors("require github.com/gofiber/fiber/v3 v3.12.0"), ""},
		{"a replaced module", checkFloors("replace github.com/gofiber/fiber/v3 => ../fiber"), "replace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			switch {
			case tt.want == "" && len(tt.faults) > 0:
				t.Errorf("got faults %q, want none", tt.faults)
			case tt.want != "" && (len(tt.faults) != 1 || !strings.Contains(tt.faults[0], tt.want)):
				t.Errorf("got faults %q, want one with %q", tt.faults, tt.want)
			}
		})
	}
}

// TestTablesAgree catches a slip of the pen in a table, which would silently forbid or allow nothing.
func TestTablesAgree(t *testing.T) {
	t.Parallel()
	for path, targets := range mayImport {
		for _, target := range targets {
			name := strings.TrimRight(target, "/…")
			if _, ok := mayImport[name]; !ok && name != "" {
				t.Errorf("row %s names %s, which has no row", path, target)
			}
		}
	}
	for library, paths := range onlyIn {
		for _, path := range paths {
			if _, ok := mayImport[path]; !ok {
				t.Errorf("library %s is given to %s, which has no row", library, path)
			}
		}
	}
}

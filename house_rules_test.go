package zoufang_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// listed is what a rule needs of a package, as `go list -json` tells it.
type listed struct {
	ImportPath, Name, Doc string
	GoFiles, Imports      []string
	Standard              bool
}

func checkFolders(folders []string, gitignore string) (faults []string) {
	ignored := strings.Fields(gitignore)
	for _, name := range folders {
		known := slices.Contains(topFolders, name) || strings.HasPrefix(name, ".")
		if !known && !slices.Contains(ignored, "/"+name+"/") {
			faults = append(faults, fmt.Sprintf("folder %s: only %s and dot-folders stand at the top", name, topFolders))
		}
	}
	for _, name := range topFolders {
		if !slices.Contains(folders, name) {
			faults = append(faults, fmt.Sprintf("folder %s is missing", name))
		}
	}
	return faults
}

func checkImports(p listed) (faults []string) {
	name := relative(p.ImportPath)
	row, ok := rowOf(name)
	if !ok {
		return []string{fmt.Sprintf("package %s has no row in mayImport", name)}
	}
	for _, imported := range p.Imports {
		switch target := relative(imported); {
		case imported == module || strings.HasPrefix(imported, module+"/"):
			if !within(target, row) && !slices.ContainsFunc(mayImport[row], func(pattern string) bool { return matches(pattern, target) }) {
				faults = append(faults, fmt.Sprintf("package %s may not import %s", name, target))
			}
		case within(name, "sync") && strings.Contains(imported, "."):
			if !slices.ContainsFunc(pureLibraries, func(library string) bool { return within(imported, library) }) {
				faults = append(faults, fmt.Sprintf("package %s takes the library %s: sync/ knows only %s", name, imported, pureLibraries))
			}
		}
		for library, packages := range onlyIn {
			if within(imported, library) && !slices.Contains(packages, row) {
				faults = append(faults, fmt.Sprintf("package %s may not import %s: only %s may", name, imported, packages))
			}
		}
	}
	return faults
}

// checkMain keeps package main's use of Fiber in one file.
func checkMain(file string, source []byte) (faults []string) {
	if path.Base(filepath.ToSlash(file)) == "run.go" {
		return nil
	}
	for _, imported := range importsOf(file, source) {
		if within(imported, "github.com/gofiber/fiber") || within(imported, "github.com/valyala/fasthttp") {
			faults = append(faults, fmt.Sprintf("%s imports %s: in package main only run.go may", file, imported))
		}
	}
	return faults
}

// checkPure looks for the clock, chance and the outside in a file below sync/.
func checkPure(file string, source []byte) (faults []string) {
	for _, imported := range importsOf(file, source) {
		if slices.Contains(impure, imported) {
			faults = append(faults, fmt.Sprintf("%s imports %s: sync/ is pure", file, imported))
		}
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, 0)
	if err != nil {
		return []string{err.Error()}
	}
	clockName := ""
	for _, spec := range parsed.Imports {
		if spec.Path.Value == `"time"` {
			clockName = "time"
			if spec.Name != nil {
				clockName = spec.Name.Name
			}
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); ok && of.Name == clockName && slices.Contains(clock, selector.Sel.Name) {
			faults = append(faults, fmt.Sprintf("%s uses time.%s: the time is an argument in sync/", file, selector.Sel.Name))
		}
		return true
	})
	return faults
}

// checkDepth looks at one package that something below sync/ depends on, at any depth.
func checkDepth(p listed) []string {
	if p.Standard {
		if slices.Contains(impureAtAnyDepth, p.ImportPath) {
			return []string{fmt.Sprintf("sync/ depends on %s", p.ImportPath)}
		}
		return nil
	}
	if within(p.ImportPath, module) || slices.ContainsFunc(pureLibraries, func(library string) bool { return within(p.ImportPath, library) }) {
		return nil
	}
	return []string{fmt.Sprintf("sync/ depends on the library %s", p.ImportPath)}
}

func checkDoc(p listed) []string {
	if len(p.GoFiles) == 0 || p.Name == "main" && p.Doc != "" || strings.HasPrefix(p.Doc, "Package "+p.Name+" ") {
		return nil
	}
	return []string{fmt.Sprintf("package %s has no comment that begins with \"Package %s\"", p.ImportPath, p.Name)}
}

func checkLength(file string, source []byte) []string {
	lines := bytes.Count(source, []byte("\n"))
	if lines <= maxLines || isTest(file) || generated.Match(source) {
		return nil
	}
	return []string{fmt.Sprintf("%s has %d lines, at most %d are read with pleasure: split it", file, lines, maxLines)}
}

func checkSilenced(file string, source []byte) (faults []string) {
	for _, found := range silenced.FindAll(source, -1) {
		faults = append(faults, fmt.Sprintf("%s: %s", file, found))
	}
	return faults
}

// checkPrivacy looks at the names of the fields that cross the network: there is no student and no position in them.
func checkPrivacy(file, source string) (faults []string) {
	for _, field := range field.FindAllStringSubmatch(source, -1) {
		if private.MatchString(field[1]) {
			faults = append(faults, fmt.Sprintf("%s: the field %s may not exist (domain rules P1–P3)", file, field[1]))
		}
	}
	return faults
}

func checkFloors(mod string) (faults []string) {
	for _, line := range strings.Split(mod, "\n") {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) < 2 {
			continue
		}
		if words[0] == "replace" {
			faults = append(faults, "go.mod: a replace hides which version we build with")
		} else if floor, ok := floors[words[0]]; ok && older(words[1], floor) {
			faults = append(faults, fmt.Sprintf("go.mod: %s %s is older than %s", words[0], words[1], floor))
		}
	}
	return faults
}

var (
	generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	silenced  = regexp.MustCompile(`eslint-disable\S*|@ts-(ignore|nocheck|expect-error)|\b(it|test|describe)\.only|\bt\.Skip(Now)?\(\)`)
	field     = regexp.MustCompile(`(?m)^ +readonly (\w+)\??:`)
	private   = regexp.MustCompile(`(?i)^(lat|lng|lon|latitude|longitude|gps|geo.*|coord.*|altitude|student(id|ids|name|names|no|number|s)?|roomNumber|idNumber|idCard|phoneNumber|score|rank|ranking|face.*)$`)
)

// rowOf returns the row of mayImport that covers a package: its own, or that of a package above it. The top folders
// speak for themselves only, so that a new package needs a row.
func rowOf(name string) (string, bool) {
	for row := name; ; row = path.Dir(row) {
		if _, ok := mayImport[row]; ok && (row == name || strings.Contains(row, "/")) {
			return row, true
		}
		if !strings.Contains(row, "/") {
			return "", false
		}
	}
}

func matches(pattern, name string) bool {
	if prefix, open := strings.CutSuffix(pattern, "…"); open {
		return strings.HasPrefix(name, prefix)
	}
	return name == pattern
}

// within reports whether a path is root or lies below it.
func within(name, root string) bool { return name == root || strings.HasPrefix(name, root+"/") }

func relative(importPath string) string { return strings.TrimPrefix(importPath, module+"/") }

func isTest(file string) bool {
	return strings.HasSuffix(file, "_test.go") || strings.Contains(filepath.Base(file), ".test.") || strings.Contains(file, "e2e/")
}

// older compares two versions of the form v1.2.3; a pre-release is older than its release.
func older(version, floor string) bool {
	version, pre, _ := strings.Cut(version, "-")
	have, want := strings.Split(strings.TrimPrefix(version, "v"), "."), strings.Split(strings.TrimPrefix(floor, "v"), ".")
	for i := range want {
		h, _ := strconv.Atoi(have[i]) // go.mod is checked by the go command: three numbers it is.
		w, _ := strconv.Atoi(want[i])
		if h != w {
			return h < w
		}
	}
	return pre != ""
}

func importsOf(file string, source []byte) (paths []string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
	if err != nil {
		return nil // The compiler says so better.
	}
	for _, spec := range parsed.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

// packages asks the go command; -e lets it answer while a package is broken.
func packages(t *testing.T, args ...string) []listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-json=ImportPath,Name,Doc,GoFiles,Imports,Standard"}, args...)...)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v", command, err)
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

// sources returns the files below root that people write, by ending.
func sources(t *testing.T, root string, endings ...string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{"node_modules", "dist", "testdata"}, d.Name()) || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.IsDir() && slices.Contains(endings, filepath.Ext(p)):
			paths = append(paths, p)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return paths
}

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, fault := range faults {
		t.Error(fault)
	}
}

// must fails the test on an error: must(os.ReadFile(path))(t).
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

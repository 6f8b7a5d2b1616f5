package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// source is what the generator looks at of a package, in file and line order.
type source struct {
	fset   *token.FileSet
	types  []*ast.TypeSpec
	blocks []block
	// values are the constants' literals of each named type.
	values map[string][]string
	known  map[string]bool
}

// block is a const declaration to be exported value by value.
type block struct {
	doc    *ast.CommentGroup
	consts []*ast.ValueSpec
}

// parse reads every non-test file of dir.
func parse(dir string) (*source, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	s := &source{fset: token.NewFileSet(), values: map[string][]string{}, known: map[string]bool{}}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			if err := s.declare(d); err != nil {
				return nil, fmt.Errorf("%s: %w", s.fset.Position(d.Pos()), err)
			}
		}
	}
	if len(s.types) == 0 {
		return nil, fmt.Errorf("no exported type in %s", dir)
	}
	return s, nil
}

func (s *source) declare(d *ast.GenDecl) error {
	switch d.Tok {
	case token.TYPE:
		for _, spec := range d.Specs {
			t := spec.(*ast.TypeSpec)
			if !t.Name.IsExported() || internal(t) {
				continue
			}
			if t.Doc == nil {
				t.Doc = d.Doc
			}
			s.known[t.Name.Name] = true
			s.types = append(s.types, t)
		}
	case token.CONST:
		if marked(d.Doc) {
			b := block{doc: d.Doc}
			for _, spec := range d.Specs {
				b.consts = append(b.consts, spec.(*ast.ValueSpec))
			}
			s.blocks = append(s.blocks, b)
			return nil
		}
		for _, spec := range d.Specs {
			if err := s.member(spec.(*ast.ValueSpec)); err != nil {
				return err
			}
		}
	}
	return nil
}

// member notes a constant of a named type as part of that type's union.
func (s *source) member(v *ast.ValueSpec) error {
	id, ok := v.Type.(*ast.Ident)
	if !ok || builtin[id.Name] != "" {
		return nil
	}
	for _, value := range v.Values {
		lit, ok := value.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return errors.New("a constant of a named type must be a string literal")
		}
		text, err := quote(lit.Value)
		if err != nil {
			return err
		}
		s.values[id.Name] = append(s.values[id.Name], text)
	}
	return nil
}

// internal reports whether t is a struct without any json tag: it never crosses the network.
func internal(t *ast.TypeSpec) bool {
	st, ok := t.Type.(*ast.StructType)
	return ok && !slices.ContainsFunc(st.Fields.List, func(f *ast.Field) bool {
		return len(f.Names) == 0 || f.Tag != nil && strings.Contains(f.Tag.Value, `json:"`)
	})
}

// marked reports whether a const block asks to be exported.
func marked(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return c.Text == "//ts:const" })
}

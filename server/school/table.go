package school

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"zoufang/sync/wire"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxRows bounds a file: the largest school has a few thousand people.
const maxRows = 20_000

// Text reads the bytes of a CSV file as an office's Excel writes it: UTF-8 with or without a mark, or GB 18030.
func Text(file []byte) string {
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	if utf8.Valid(file) {
		return string(file)
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(file)
	if err != nil {
		return strings.ToValidUTF8(string(file), "\uFFFD")
	}
	return string(decoded)
}

// column is a column of a file by its English and Chinese heading.
type column struct {
	name, heading string
	required      bool
}

// row is one line of a file. Its readers note faults and return zero values.
type row struct {
	file  string
	line  int
	cells map[string]string
	// columns are those the file has.
	columns map[string]bool
	faults  *Faults
}

// has reports whether the file has a column. What it does not speak of stays as it is.
func (r *row) has(column string) bool { return r.columns[column] }

func (r *row) fault(column, fault string) {
	*r.faults = append(*r.faults, wire.ImportFault{File: r.file, Line: r.line, Column: column, Fault: fault, Value: r.cells[column]})
}

// readTable splits a CSV text (comma, semicolon or tab, as its first line shows) into rows by the headings of columns,
// in either language and any order. Empty lines are passed over.
func readTable(file, text string, columns []column, faults *Faults) []*row {
	text = strings.TrimPrefix(text, "\uFEFF")
	if strings.TrimSpace(text) == "" {
		return nil
	}
	first, _, _ := strings.Cut(text, "\n")
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	for _, separator := range []rune{',', '\t', ';'} {
		if strings.ContainsRune(first, separator) {
			reader.Comma = separator
			break
		}
	}
	head := &row{file: file, line: 1, cells: map[string]string{}, faults: faults}
	headings, err := reader.Read()
	if err != nil {
		head.fault("", "syntax")
		return nil
	}
	names, has := headingNames(headings, columns, head)
	var rows []*row
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		line, _ := reader.FieldPos(0)
		r := &row{file: file, line: line, cells: map[string]string{}, columns: has, faults: faults}
		if err != nil {
			if parse, ok := errors.AsType[*csv.ParseError](err); ok {
				r.line = parse.StartLine
			}
			r.fault("", "syntax")
			return rows
		}
		if len(rows) == maxRows {
			r.fault("", "too_many_rows")
			return rows
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue
		}
		for i, cell := range record {
			if i < len(names) && names[i] != "" {
				r.cells[names[i]] = strings.TrimSpace(cell)
			}
		}
		for _, c := range columns {
			if c.required && r.cells[c.name] == "" {
				r.fault(c.name, "empty")
			}
		}
		rows = append(rows, r)
	}
}

// headingNames gives the column of each heading and which columns there are; those we do not know are left to the office.
func headingNames(headings []string, columns []column, head *row) (names []string, found map[string]bool) {
	names, found = make([]string, len(headings)), map[string]bool{}
	for i, h := range headings {
		h = strings.ToLower(strings.TrimSpace(h))
		for _, c := range columns {
			if h == c.name || h == c.heading {
				if found[c.name] {
					head.cells[c.name] = h
					head.fault(c.name, "column_twice")
				}
				names[i], found[c.name] = c.name, true
			}
		}
	}
	for _, c := range columns {
		if c.required && !found[c.name] {
			head.fault(c.name, "column_missing")
		}
	}
	return names, found
}

// text reads a cell of at most wire.MaxNameRunes.
func (r *row) text(column string) string {
	s := r.cells[column]
	if utf8.RuneCountInString(s) > wire.MaxNameRunes {
		r.fault(column, "too_long")
	}
	return s
}

// number reads a whole number from low to high; an empty cell is otherwise.
func (r *row) number(column string, low, high, otherwise int) int {
	s := r.cells[column]
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		r.fault(column, "number")
	}
	return n
}

// yes reads 是/否, yes/no, 1/0; an empty cell is no.
func (r *row) yes(column string) bool {
	switch strings.ToLower(r.cells[column]) {
	case "是", "yes", "y", "1", "true", "√":
		return true
	case "", "否", "no", "n", "0", "false":
	default:
		r.fault(column, "yes_no")
	}
	return false
}

// day reads 2026-09-07, 2026/9/7 or 2026.9.7 as 2006-01-02; an empty cell is "".
func (r *row) day(column string) string {
	s := strings.NewReplacer("/", "-", ".", "-").Replace(r.cells[column])
	if s == "" {
		return ""
	}
	parts := strings.Split(s, "-")
	for i, p := range parts {
		if len(p) == 1 {
			parts[i] = "0" + p
		}
	}
	if s = strings.Join(parts, "-"); !wire.ValidDay(s) {
		r.fault(column, "day")
	}
	return s
}

// word reads one of a set of words, each in Chinese or as its code; an empty cell is otherwise.
func word[T ~string](r *row, column string, words map[string]T, otherwise T) T {
	s := r.cells[column]
	if s == "" {
		return otherwise
	}
	if w, ok := words[s]; ok {
		return w
	}
	for _, w := range words {
		if string(w) == strings.ToLower(s) {
			return w
		}
	}
	r.fault(column, "unknown_word")
	return otherwise
}

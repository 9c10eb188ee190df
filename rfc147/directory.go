package rfc147

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Source is the document that an entry of a directory was taken from.
type Source struct {
	RFC  int
	Date time.Time // the day that the RFC bears
}

// definition is the RFC that this package is about.
var definition = Source{RFC: 147, Date: time.Date(1971, time.May, 7, 0, 0, 0, 0, time.UTC)}

// String cites it: RFC 433.
func (s Source) String() string { return fmt.Sprintf("RFC %d", s.RFC) }

// mentions says whether one of the texts has the query's words, all of them side by
// side. Upper and lower case are the same, and so is whatever stands between words.
func mentions(query string, texts ...string) bool {
	wanted := words(query)
	return strings.TrimSpace(wanted) != "" && slices.ContainsFunc(texts, func(text string) bool {
		return strings.Contains(words(text), wanted)
	})
}

// words gives a text's words in lower case, a blank before and after each: "BBN
// (TENEX-A)" gives " bbn tenex a ".
func words(text string) string {
	between := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return " " + strings.Join(strings.FieldsFunc(strings.ToLower(text), between), " ") + " "
}

// row is one line of a table. It keeps the first error, so that an entry is read in
// one go and asked once.
type row struct {
	columns map[string]int
	cells   []string
	err     error
}

func (r *row) text(column string) string {
	i, ok := r.columns[column]
	if !ok {
		r.fail("no column %s", column)
		return ""
	}
	return r.cells[i]
}

// number reads a decimal number of at most so many bits.
func (r *row) number(column string, bits int) uint64 {
	text := r.text(column)
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		r.fail("%s %s, want a number of %d bits", column, shown(text), bits)
	}
	return n
}

func (r *row) source() Source {
	text := r.text("source_date")
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		r.fail("source_date %s, want one like 1971-05-07", shown(text))
	}
	return Source{RFC: int(r.number("source_rfc", 16)), Date: date}
}

func (r *row) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// readTable reads a table with a header line, one entry a line.
func readTable[Entry any](table string, entry func(*row) Entry) ([]Entry, error) {
	var entries []Entry
	err := eachRow(strings.NewReader(table), nil, func(r *row) { entries = append(entries, entry(r)) })
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// eachRow reads a table line by line after its header line, which must be the one
// wanted if one is.
func eachRow(table io.Reader, wanted []string, read func(*row)) error {
	lines := csv.NewReader(table)
	header, err := lines.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("rfc147: %w", err)
	}
	if wanted != nil && !slices.Equal(header, wanted) {
		return fmt.Errorf("rfc147: header %s, want %s", shown(strings.Join(header, ",")), strings.Join(wanted, ","))
	}
	columns := map[string]int{}
	for i, name := range header {
		columns[name] = i
	}
	lines.ReuseRecord = true
	for entry := 1; ; entry++ {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("rfc147: %w", err)
		}
		r := row{columns: columns, cells: cells}
		read(&r)
		if r.err != nil {
			return fmt.Errorf("rfc147: entry %d: %w", entry, r.err)
		}
	}
}

// must is for the tables inside the program: a test reads every line of them.
func must[Entry any](entries []Entry, err error) []Entry {
	if err != nil {
		panic(err)
	}
	return entries
}

package rfc147

import (
	"encoding/csv"
	"fmt"
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
	records, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("rfc147: %w", err)
	}
	columns := map[string]int{}
	var entries []Entry
	for i, cells := range records {
		if i == 0 {
			for j, name := range cells {
				columns[name] = j
			}
			continue
		}
		r := row{columns: columns, cells: cells}
		entries = append(entries, entry(&r))
		if r.err != nil {
			return nil, fmt.Errorf("rfc147: entry %d: %w", i, r.err)
		}
	}
	return entries, nil
}

// must is for the tables inside the program: a test reads every line of them.
func must[Entry any](entries []Entry, err error) []Entry {
	if err != nil {
		panic(err)
	}
	return entries
}

package tui

import (
	"strconv"
	"strings"

	"sockscope/rfc147"
	"sockscope/viz"
)

// structures are the rows of pane 6, and the column where their texts begin: the bits
// of pane 1 under each structure that was proposed, every field below its own bits.
func (e *explorerScreen) structures(w int) (rows []entry, textAt int) {
	at := bitColumns(w)
	textAt = at[1]
	for i, t := range rfc147.Structures() {
		if i > 0 && w >= broadWidth {
			rows = append(rows, entry{})
		}
		name, part, _ := strings.Cut(e.words().Text("structure."+t.ID+".name"), ", ")
		for i, line := range e.fieldLines(t, at, w) {
			rows = append(rows, entry{"", line, ""})
			if i == 0 {
				rows[len(rows)-1].label = name
			}
		}
		about := func(what string) entry {
			return entry{"  " + e.words().Text("structure."+what), e.words().Text("structure." + t.ID + "." + what), ""}
		}
		whole := ""
		if t.HostInside() {
			whole = viz.WholeNumber(t, e.model.end.host, e.model.end.socket, e.words())
		}
		fate := about("fate")
		fate.source = strings.Join(t.Sources, ", ")
		rows = append(rows, lay([]entry{
			{"", joined(", ", part, t.Date, strings.Join(t.Authors, ", ")), whole}, about("user"), fate,
		}, textAt, w)...)
	}
	return rows, textAt
}

// fieldLines writes the fields of a structure below the bits of pane 1, as many lines
// as the longest needs. The host, where it was inside, has no bits there: a mark shows
// where its own stood.
func (e *explorerScreen) fieldLines(t rfc147.Structure, at [lastBit + 1]int, w int) []string {
	values := t.Read(e.model.end.host, e.model.end.socket)
	var columns []column
	host, first := "", 1
	for i, f := range t.Fields {
		x := at[first] - at[1]
		if f.Name == rfc147.HostField {
			here := e.words().Say("structure.host.here", viz.Fill("host", strconv.Itoa(int(e.model.end.host)))) + " ^"
			host = strings.Repeat(" ", x-1-width(here)) + here
			continue
		}
		end := w
		if first+f.Len <= lastBit {
			end = at[first+f.Len] - 2
		}
		columns = append(columns, column{x, wrap(e.fieldOf(t, i, values[i]), end-at[first])})
		first += f.Len
	}
	lines := abreast(columns, e.glyphs.Vertical)
	if host != "" {
		lines = append(lines, host)
	}
	return lines
}

// column is a text of some lines, which begin at x.
type column struct {
	x     int
	lines []string
}

// abreast writes columns beside each other, a line between any two.
func abreast(columns []column, between string) []string {
	tallest := 0
	for _, c := range columns {
		tallest = max(tallest, len(c.lines))
	}
	lines := make([]string, tallest)
	for y := range lines {
		for i, c := range columns {
			if i > 0 {
				lines[y] = pad(lines[y], c.x-2) + between
			}
			if y < len(c.lines) {
				lines[y] = pad(lines[y], c.x) + c.lines[y]
			}
		}
	}
	return lines
}

// fieldOf is a field with its value; the last says what its bit means.
func (e *explorerScreen) fieldOf(t rfc147.Structure, i int, value uint32) string {
	f, sends := t.Fields[i], e.say(e.model.end.socket.Polarity().String())
	if f.Len == 1 {
		return sends
	}
	text := viz.FieldName(f, e.words()) + " " + strconv.FormatUint(uint64(value), 10)
	if i == len(t.Fields)-1 {
		text += ", " + sends
	}
	return text
}

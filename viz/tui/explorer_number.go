package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/rfc147"
)

// numberRow is a row of pane 1. Where there is little room, rows of the highest rank
// go first, all together; those of rank 0 stay.
type numberRow struct {
	rank int
	draw func(c canvas, y int)
}

// fewer leaves rows out until no more than so many are left.
func fewer(rows []numberRow, most int) []numberRow {
	for rank := 4; rank > 0 && len(rows) > most; rank-- {
		rows = slices.DeleteFunc(rows, func(r numberRow) bool { return r.rank == rank })
	}
	return rows
}

// bitColumns says where each bit of a socket stands: bit n in element n. Fields are
// kept apart by a line.
func bitColumns(w int) [lastBit + 1]int {
	x, step := 13, 2
	if w < roomyWidth {
		x, step = 11, 1
	}
	var at [lastBit + 1]int
	for _, f := range rfc147.Layout() {
		for bit := f.First; bit < f.First+f.Len; bit++ {
			at[bit] = x
			x += step
		}
		x += 4 - step
	}
	return at
}

// numberRows are the rows of pane 1, as many as it has room for in its width.
func (e *explorerScreen) numberRows(w int) []numberRow {
	at := bitColumns(w)
	gap := at[2] - at[1]
	layout := rfc147.Layout()
	columns := func(field int) (x, columns int) {
		x = at[layout[field].First]
		if field == len(layout)-1 {
			return x, w - x
		}
		return x, at[layout[field+1].First] - x - gap
	}
	labelled := func(rank int, label string, text func(field int) (string, tcell.Style)) numberRow {
		return numberRow{rank, func(c canvas, y int) {
			c.text(2, y, at[1]-3, label, tcell.StyleDefault)
			for field := range layout {
				x, columns := columns(field)
				t, style := text(field)
				c.text(x, y, columns, t, style)
			}
		}}
	}
	plain := func(key func(name string) string) func(int) (string, tcell.Style) {
		return func(field int) (string, tcell.Style) { return key(layout[field].Name), tcell.StyleDefault }
	}
	rows := []numberRow{
		{1, func(c canvas, y int) { drawBitNumbers(c, y, at) }},
		{0, func(c canvas, y int) { e.drawBits(c, y, at) }},
		{0, func(c canvas, y int) { e.drawCursor(c, y, at) }},
		labelled(0, e.say("field"), plain(func(name string) string { return e.say(name) })),
		labelled(0, e.say("value"), e.fieldValue),
		labelled(2, e.say("range"), func(field int) (string, tcell.Style) { return e.fieldRange(layout[field]), tcell.StyleDefault }),
	}
	var means [4][]string
	tallest := 0
	for field, f := range layout {
		_, columns := columns(field)
		means[field] = wrap(e.say("means."+f.Name), columns)
		tallest = max(tallest, len(means[field]))
	}
	for line := range tallest {
		label := ""
		if line == 0 {
			label = e.say("means")
		}
		rows = append(rows, labelled(4, label, func(field int) (string, tcell.Style) {
			if line < len(means[field]) {
				return means[field][line], tcell.StyleDefault
			}
			return "", tcell.StyleDefault
		}))
	}
	for _, line := range wrap(e.say("outside", "host", strconv.Itoa(int(e.model.end.host))), w-4) {
		rows = append(rows, numberRow{3, func(c canvas, y int) { c.text(2, y, c.w, line, tcell.StyleDefault) }})
	}
	return rows
}

func (e *explorerScreen) drawNumber(c canvas, rows []numberRow) {
	for y, row := range rows {
		row.draw(c, y)
	}
}

// drawBitNumbers numbers the first and the last bit of each field.
func drawBitNumbers(c canvas, y int, at [lastBit + 1]int) {
	for _, f := range rfc147.Layout() {
		c.text(at[f.First], y, 2, strconv.Itoa(f.First), tcell.StyleDefault)
		if last := f.First + f.Len - 1; f.Len > 1 {
			c.right(at[last]-1, y, 2, strconv.Itoa(last), tcell.StyleDefault)
		}
	}
}

func (e *explorerScreen) drawBits(c canvas, y int, at [lastBit + 1]int) {
	c.text(2, y, at[1]-3, e.say("bits"), tcell.StyleDefault)
	for i, f := range rfc147.Layout() {
		if i > 0 {
			c.vertical(at[f.First]-2, y, 1, e.palette.Line)
		}
		for bit := f.First; bit < f.First+f.Len; bit++ {
			style := tcell.StyleDefault
			if bit == e.model.bit {
				style = e.palette.Now
			}
			c.text(at[bit], y, 1, strconv.Itoa(int(e.model.end.socket>>(lastBit-bit)&1)), style)
		}
	}
}

// drawCursor points at the bit that Space flips, or at the field that digits fill.
func (e *explorerScreen) drawCursor(c canvas, y int, at [lastBit + 1]int) {
	if e.model.field == noField {
		c.text(at[e.model.bit], y, 1, "^", e.palette.Now)
		return
	}
	f := rfc147.Layout()[e.model.field]
	first, last := at[f.First], at[f.First+f.Len-1]
	c.text(first, y, last-first+1, strings.Repeat("^", last-first+1), e.palette.Now)
}

// fieldValue is a field's value; behind the one that digits fill stands a cursor.
func (e *explorerScreen) fieldValue(field int) (string, tcell.Style) {
	f := rfc147.Layout()[field]
	text := strconv.FormatUint(uint64(f.Of(e.model.end.socket)), 10)
	style := tcell.StyleDefault
	if field == e.model.field {
		text, style = text+"_", e.palette.Highlight
	}
	if f.Len == 1 {
		text += ", " + e.say(e.model.end.socket.Polarity().String())
	}
	return text, style
}

func (e *explorerScreen) fieldRange(f rfc147.Field) string {
	if f.Len == 1 {
		return e.say("polarities")
	}
	return e.say("to", "most", strconv.FormatUint(uint64(f.Max()), 10))
}

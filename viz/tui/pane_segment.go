package tui

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

const (
	wordBits     = 32             // a line of RFC 9293 figure 1
	mostWords    = 15             // of a header: what Data Offset can count
	figureWidth  = 2*wordBits + 1 // two columns a bit, and the borders
	besideFigure = 42             // columns that explanations need beside it
)

// paneSegment shows the segment or message of the step, or else the last one: its bits as
// RFC 9293 figure 1 lays them out, or its octets, and what each part says.
func paneSegment(c canvas, v *view) {
	in := c.part(max(min(1, c.w-figureWidth), 0), 0, c.w, c.h)
	s, ok := findSegment(v)
	if !ok {
		in.paragraph(0, 0, wrap(v.say.Text("pane.segment.none"), in.w), tcell.StyleDefault)
		return
	}
	if s.hidden {
		in.text(0, 0, in.w, unknown, v.colours.Hidden)
		return
	}
	var r reading
	if v.trace.Protocol == handshake.NCP {
		s, r = s.message(v)
	} else {
		r = reading{s.heading(v), s.parts(v), headerWords(s.fields)}
	}
	switch {
	case v.bytes:
		in.octets(v, s, r)
	case in.w < figureWidth || in.h < wordLines(r.words):
		y := in.paragraph(0, 0, wrap(r.title(), in.w), tcell.StyleDefault)
		in.explain(y, r)
	default:
		in.figure(v, r)
	}
}

// reading is what the pane has to say of a segment or a message.
type reading struct {
	heading []string    // which one it is, in short pieces
	parts   [][2]string // labels and explanations, what matters most first
	words   [][]bitField
}

func (r reading) title() string { return strings.Join(r.heading, ", ") }

// shown is a segment as the pane shows it.
type shown struct {
	depart *handshake.Step // its departure
	fields []handshake.Field
	wire   []byte
	peer   int  // its sender; -1 if neither end sent it
	hidden bool // it left in the step that is to be predicted
	broken bool // it arrived as other octets, wire
}

// findSegment finds the segment of the step, or of the last step that had one.
func findSegment(v *view) (shown, bool) {
	packet := 0
	for n := v.n; n > 0; n-- {
		step := &v.trace.Steps[n-1]
		if packet == 0 {
			packet = step.Packet
		}
		if packet == 0 || step.Packet != packet || step.Kind != handshake.KindDepart {
			continue
		}
		s := shown{
			depart: step, fields: step.Fields, wire: step.Wire,
			peer: viz.PeerIndex(v.trace, step.Peer), hidden: v.hidden && n == v.n,
		}
		if now := v.step(); now.Kind == handshake.KindArrive && len(now.Wire) > 0 {
			s.wire, s.broken = now.Wire, true
		}
		return s, true
	}
	return shown{}, false
}

// field is a field's value; empty if the segment has none of that name.
func (s shown) field(name string) string {
	for _, f := range s.fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// number is a number of the segment as the trace counts, which for a kernel's is not the
// one in its octets.
func (s shown) number(variable, field string) (uint32, bool) {
	if n, ok := sequence(value(s.depart.Vars, variable)); ok {
		return n, true
	}
	return sequence(s.field(field), true)
}

// has reports whether a control bit is on.
func (s shown) has(bit string) bool { return s.field(bit) == "1" }

// data counts the octets behind the header.
func (s shown) data() int {
	for _, f := range s.fields {
		if f.Group == "data" {
			return f.Len / 8
		}
	}
	return 0
}

// heading says which segment it is and how long, in short pieces.
func (s shown) heading(v *view) []string {
	pieces := []string{v.words("pane.segment.number", "n", fmt.Sprint(s.depart.Packet))}
	now := v.step()
	switch {
	case now.Packet != s.depart.Packet:
		pieces = append(pieces, v.words("pane.segment.last", "n", fmt.Sprint(s.depart.N)))
	case now.N != s.depart.N:
		pieces = append(pieces, v.words("pane.segment.sent", "n", fmt.Sprint(s.depart.N)))
	}
	if s.broken {
		pieces = append(pieces, v.say.Text("pane.segment.broken"))
	}
	if n := s.data(); n > 0 && len(s.wire) > 99 { // beside the figure, 120 columns have no room for both numbers
		return append(pieces, v.words("pane.segment.long", "n", fmt.Sprint(n)))
	}
	pieces = append(pieces, v.words("pane.segment.octets", "n", fmt.Sprint(len(s.wire))))
	if n := s.data(); n > 0 {
		return append(pieces, v.words("pane.segment.data", "n", fmt.Sprint(n)))
	}
	return append(pieces, v.say.Text("pane.segment.no-data"))
}

// bitField is a field, or the part of one, in a line of the figure.
type bitField struct {
	field handshake.Field
	bits  int
	first bool   // the part that bears the name
	other string // what the other part says
}

// text is what a wide bitField says.
func (l bitField) text() string {
	if !l.first {
		return l.other
	}
	return l.field.Name + " " + l.field.Value
}

// columns is how wide a bitField is between its borders.
func (l bitField) columns() int { return 2*l.bits - 1 }

// narrow reports whether the name needs a line of its own.
func (l bitField) narrow() bool { return l.bits < 8 || width(l.text()) > l.columns() }

// short is the name in a narrow bitField: its first letter, or its last word.
func (l bitField) short() string {
	if l.bits == 1 {
		initial, _ := cut(l.field.Name, 1)
		return initial
	}
	return l.field.Name[strings.LastIndexByte(l.field.Name, ' ')+1:]
}

// headerWords cuts header and options into lines of 32 bits.
func headerWords(fields []handshake.Field) [][]bitField {
	var words [][]bitField
	free := 0
	for _, f := range fields {
		if f.Group == "data" {
			break
		}
		for left := f.Len; left > 0; {
			if free == 0 && len(words) == mostWords {
				return words
			}
			if free == 0 {
				words, free = append(words, nil), wordBits
			}
			last := len(words) - 1
			bits := min(left, free)
			words[last] = append(words[last], bitField{f, bits, left == f.Len, ""})
			left, free = left-bits, free-bits
		}
	}
	return words
}

// narrow reports whether a word needs two lines: names above, values below.
func narrow(word []bitField) bool { return slices.ContainsFunc(word, bitField.narrow) }

// wordLines is how many lines the words take without borders.
func wordLines(words [][]bitField) int {
	n := len(words)
	for _, word := range words {
		if narrow(word) {
			n++
		}
	}
	return n
}

// figure draws the bits, and beside or below them what they say. The scale of bits
// gives way first, then the borders.
func (c canvas) figure(v *view, r reading) {
	y, lines := -v.scroll, wordLines(r.words)
	scale, border := c.h >= lines+4, c.h >= lines+2
	if scale {
		c.text(1, y, figureWidth, "0                   1                   2                   3", tcell.StyleDefault)
		c.text(1, y+1, figureWidth, strings.Repeat("0 1 2 3 4 5 6 7 8 9 ", 3)+"0 1", tcell.StyleDefault)
		y += 2
	}
	if border {
		c.border(y)
		y++
	}
	for _, word := range r.words {
		y = c.word(y, word)
	}
	if border {
		c.border(y)
		y++
	}
	side := c.part(figureWidth+4, 0, c.w, c.h)
	if side.w >= besideFigure {
		end := side.paragraph(0, min(1, y-lines), wrap(r.title(), side.w), tcell.StyleDefault)
		side.explain(max(min(3, y-lines+1), end), r)
		return
	}
	if narrow := c.part(figureWidth+1, 0, c.w, c.h); narrow.w >= len("no data") {
		var lines []string
		for _, text := range r.heading {
			lines = append(lines, wrap(text, narrow.w)...)
		}
		narrow.paragraph(0, 0, lines, tcell.StyleDefault)
		c.explain(y+1, r)
		return
	}
	y = c.paragraph(1, y+1, wrap(r.title(), c.w-1), tcell.StyleDefault)
	c.part(1, 0, c.w, c.h).explain(y, r)
}

func (c canvas) border(y int) {
	c.horizontal(1, y, figureWidth-2, c.palette.Line)
	c.text(0, y, 1, "+", c.palette.Line)
	c.text(figureWidth-1, y, 1, "+", c.palette.Line)
}

// word draws 32 bits, in one line or two, and gives the next row.
func (c canvas) word(y int, word []bitField) int {
	two := narrow(word)
	height := 1
	if two {
		height = 2
	}
	x := 0
	for _, l := range word {
		c.vertical(x, y, height, c.palette.Line)
		if l.narrow() && l.first {
			c.centre(x+1, y, l.columns(), l.short(), tcell.StyleDefault)
			c.centre(x+1, y+1, l.columns(), l.field.Value, tcell.StyleDefault)
		} else {
			c.centre(x+1, y+height-1, l.columns(), l.text(), tcell.StyleDefault)
		}
		x += 2 * l.bits
	}
	c.vertical(x, y, height, c.palette.Line)
	return y + height
}

// glimpse is the beginning of a text, so many columns of it.
func glimpse(text string, most int) string {
	if begin, used := cut(text, most); used < width(text) {
		return begin + "..."
	}
	return text
}

// explain says what each part means, from row y on.
func (c canvas) explain(y int, r reading) {
	for _, part := range r.parts {
		labels := max(12, width(part[0])+1) // a long number pushes its own line alone to the right
		c.text(0, y, labels-1, part[0], tcell.StyleDefault)
		y = c.paragraph(labels, y, wrap(part[1], c.w-labels), tcell.StyleDefault)
	}
}

// parts are labels and explanations, what matters most first.
func (s shown) parts(v *view) [][2]string {
	var parts [][2]string
	add := func(label, key string, pairs ...string) {
		parts = append(parts, [2]string{label, v.words(key, pairs...)})
	}
	seq, ok := s.number("SEG.SEQ", "Sequence Number")
	if !ok {
		return nil // not even a header
	}
	who := ""
	if s.peer >= 0 {
		who = v.trace.Peers[s.peer].Name
	}
	first := seq
	add("SEQ "+s.own(v, seq), s.seqKey(), "end", who)
	if s.has("ACK") {
		ack, _ := s.number("SEG.ACK", "Acknowledgment Number")
		add("ACK "+s.peers(v, ack), s.ackKey(), "end", who)
	}
	if s.has("SYN") {
		add("SYN", "pane.segment.syn", "n", s.own(v, seq), "next", s.own(v, seq+1))
		first++
	}
	if n := s.data(); n > 0 {
		add(v.say.Text("pane.segment.text"), "pane.segment.takes", "text", glimpse(s.field("data"), 12),
			"first", s.own(v, first), "last", s.own(v, first+uint32(n)-1))
	}
	if s.has("FIN") {
		add("FIN", "pane.segment.fin", "n", s.own(v, first+uint32(s.data())))
	}
	for _, bit := range [...]string{"RST", "ACK", "PSH", "URG"} {
		if s.has(bit) {
			add(v.words("pane.segment.bit", "bit", bit), "pane.segment.bit."+bit)
		}
	}
	switch shift, field := s.scale(v), s.field("Window"); {
	case s.has("RST"):
	case shift == 0:
		add("Window", s.windowKey(), "n", s.windowFrom(v))
	default:
		n, _ := sequence(field, true)
		add("Window", "pane.segment.window.scaled", "n", s.windowFrom(v), "size", decimal(n<<shift), "field", field, "factor", decimal(1<<shift))
	}
	add("Checksum", "pane.segment.checksum")
	if sent := s.field("Sequence Number"); sent != decimal(seq) {
		add("SEQ", "pane.segment.shifted", "n", sent)
	}
	return append(parts, s.options()...)
}

// own and peers write a number of the sender's numbering and of the receiver's.
func (s shown) own(v *view, n uint32) string { return v.number(s.peer, decimal(n)) }

func (s shown) peers(v *view, n uint32) string {
	if s.peer < 0 {
		return decimal(n)
	}
	return v.number(1-s.peer, decimal(n))
}

// seqKey says what the sequence number of such a segment is.
func (s shown) seqKey() string {
	switch {
	case s.peer < 0:
		return "pane.segment.seq.stray"
	case s.has("RST") && s.has("ACK"):
		return "pane.segment.seq.rst-ack"
	case s.has("RST"):
		return "pane.segment.seq.rst"
	case s.has("SYN"):
		return "pane.segment.seq.syn"
	case s.data() > 0:
		return "pane.segment.seq.data"
	case s.has("FIN"):
		return "pane.segment.seq.fin"
	}
	return "pane.segment.seq.none"
}

// ackKey says what its acknowledgment number is. A RST has one only where it answers a
// segment that had none (RFC 9293 3.10.7.1).
func (s shown) ackKey() string {
	switch {
	case s.peer < 0:
		return "pane.segment.ack.stray"
	case s.has("RST"):
		return "pane.segment.ack.rst"
	}
	return "pane.segment.ack"
}

func (s shown) windowKey() string {
	if s.has("ACK") {
		return "pane.segment.window"
	}
	return "pane.segment.window.alone"
}

// scale is the shift of the sender's window: that of its SYN, if the other end's SYN has
// one, too. A SYN's own window is not scaled (RFC 7323 2.2).
func (s shown) scale(v *view) uint32 {
	if s.peer < 0 || s.has("SYN") {
		return 0
	}
	var shifts [2]string
	for i := range v.trace.Steps[:v.n] {
		step := &v.trace.Steps[i]
		if peer := viz.PeerIndex(v.trace, step.Peer); peer >= 0 && step.Kind == handshake.KindDepart && (shown{fields: step.Fields}).has("SYN") {
			shifts[peer] = (shown{fields: step.Fields}).field("shift.cnt")
		}
	}
	if shifts[0] == "" || shifts[1] == "" {
		return 0
	}
	n, _ := sequence(shifts[s.peer], true)
	return min(n, 14) // "If a shift.cnt larger than 14 is received ... use 14" (RFC 7323 2.3)
}

// windowFrom is the number from which the window counts.
func (s shown) windowFrom(v *view) string {
	ack, _ := s.number("SEG.ACK", "Acknowledgment Number")
	return s.peers(v, ack)
}

// options lists what the options say beside kind and length.
func (s shown) options() [][2]string {
	var parts [][2]string
	for _, f := range s.fields {
		name, ok := strings.CutPrefix(f.Group, "option ")
		switch {
		case !ok || f.Name == "Length" || f.Name == "Kind" && f.Value == "1":
		case f.Name == "Kind" || len(parts) == 0:
			parts = append(parts, [2]string{"option " + f.Value, name})
		case strings.HasPrefix(f.Name, "Left Edge"): // as tcpdump writes blocks: 120 columns have no room for the names of two
			parts[len(parts)-1][1] += " " + f.Value
		case strings.HasPrefix(f.Name, "Right Edge"):
			parts[len(parts)-1][1] += ":" + f.Value
		default:
			parts[len(parts)-1][1] += ", " + f.Name + " " + f.Value
		}
	}
	return parts
}

// octets draws the bytes view: the octets in hexadecimal with the names of what they
// hold, in two columns where one is not long enough.
func (c canvas) octets(v *view, s shown, r reading) {
	lines := octetLines(v, s)
	most, y := max(c.w/38, 1), 0
	last := max(len(lines)-c.h*most, 0)
	lines = lines[min(v.scroll, last):]
	defer func() {
		if c.reach != nil {
			*c.reach = c.y + c.h + last - v.scroll
		}
	}()
	if c.h*most > len(lines)+most { // else the heading gives way
		y = c.paragraph(0, 0, []string{r.title()}, tcell.StyleDefault)
	}
	rows := max(c.h-y, 1)
	columns := max(min((len(lines)+rows-1)/rows, most), 1)
	w := c.w / columns
	for i, line := range lines[:min(len(lines), rows*columns)] {
		c.text(i/rows*w, y+i%rows, w-1, line, tcell.StyleDefault)
	}
}

// octetLines gives a line for each field that begins and ends with an octet, and for
// each run of fields that share octets. Octets that came otherwise than they were sent
// have those behind them.
func octetLines(v *view, s shown) []string {
	var lines []string
	var names []string
	at, bits := 0, 0
	for _, f := range s.fields {
		bits += f.Len
		switch {
		case f.Len == 1 && f.Value == "1":
			names = append(names, f.Name)
		case f.Len > 1 && f.Group != "data":
			names = append(names, f.Value+" "+f.Name)
		case f.Group == "data":
			names = append(names, f.Value)
		}
		if bits%8 != 0 {
			continue
		}
		for end := bits / 8; at < end; names = nil {
			n := min(end-at, 4)
			if at+n > len(s.wire) {
				return lines
			}
			text := strings.Join(names, ", ")
			if at+n <= len(s.depart.Wire) {
				if came, sent := spaced(s.wire[at:at+n]), spaced(s.depart.Wire[at:at+n]); came != sent {
					text = v.words("pane.changed.value", "what", text, "was", sent)
				}
			}
			lines = append(lines, fmt.Sprintf("%04x  %-11s  %s", at, spaced(s.wire[at:at+n]), text))
			at += n
		}
	}
	return lines
}

// spaced writes octets in hexadecimal with blanks between them.
func spaced(b []byte) string {
	text := make([]byte, 0, 3*len(b))
	for i, octet := range b {
		if i > 0 {
			text = append(text, ' ')
		}
		text = hex.AppendEncode(text, []byte{octet})
	}
	return string(text)
}

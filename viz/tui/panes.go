package tui

import (
	"strconv"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

// panel is a pane as the layout knows it. Its digit is its place in [panes], from 1.
type panel struct {
	title, question string // keys of words: "segment", "what is on the wire?"
	draw            pane
	w               int // a wider canvas may be given a margin
	scrolls         bool
	sources         func(*view) string // for the title line's right end; nil: it says them itself
}

// panes answer a question each. Every one of them clips itself to the canvas that it
// is given, with what matters most first, down to 52 columns and one row.
var panes = [...]panel{
	{"pane.why", "pane.why.asks", paneWhy, 120, true, whySources},
	{"pane.segment", "pane.segment.asks", paneSegment, 120, true, nil},
	{"pane.numbers", "pane.numbers.asks", speaking(paneNumbers, paneAllocations), 150, true, nil},
	{"pane.map", "pane.map.asks", paneMap, mapWidth, false, nil},
	{"pane.agreement", "pane.agreement.asks", speaking(paneAgreement, paneRequests), 80, true, nil},
	{"pane.1971", "pane.1971.asks", speaking(pane1971, paneAccounts), 100, true, nil},
	{"pane.graph", "pane.graph.asks", speaking(paneGraph, paneNoGraph), 120, false, graphSources},
}

// known is how far the panes may look: in predict mode not at the last step.
func (v *view) known() (int, []viz.End) {
	if v.hidden && v.n > 0 {
		return v.n - 1, v.before
	}
	return v.n, v.ends
}

// name is what a peer is called at the head of a line.
func (v *view) name(peer int) string { return viz.Name(v.trace.Peers[peer].Name, v.lang) }

// words fills a sentence, from pairs of name and value.
func (v *view) words(key string, pairs ...string) string {
	return v.say.Say(key, viz.Fill(pairs...))
}

// side is the colour of a peer.
func (v *view) side(peer int) tcell.Style {
	if peer == 0 {
		return v.colours.Client
	}
	return v.colours.Server
}

// letter stands for a peer where there is no room: C, S, A, B.
func (v *view) letter(peer int) string {
	name := v.trace.Peers[peer].Name
	first, _, _ := new(ruler).first(name)
	if first >= "a" && first <= "z" {
		first = string(first[0] - 'a' + 'A')
	}
	return first
}

// value finds a variable in a step; false if it is not there or was cleared.
func value(vars []handshake.Var, name string) (string, bool) {
	for _, v := range vars {
		if v.Name == name {
			return v.Value, v.Value != ""
		}
	}
	return "", false
}

// sequence reads a sequence number of a trace.
func sequence(text string, ok bool) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), ok && err == nil
}

// decimal writes a number of a trace.
func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// paragraph writes lines below one another, as many as fit, and gives the next row.
func (c canvas) paragraph(x, y int, lines []string, style tcell.Style) int {
	for _, line := range lines {
		c.text(x, y, c.w-x, line, style)
		y++
	}
	return y
}

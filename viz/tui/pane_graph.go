package tui

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

// graphPane is the number of the pane whose key, pressed again, turns to its next graph.
const graphPane = 7

// leastGraph is the height of a graph: its title, three rows of plot, the axis, the legend.
const leastGraph = 6

// paneGraph shows what has happened so far over time, the left end's graphs beside the
// right end's: all three where there is room, else one; and below five rows the newest
// values alone.
func paneGraph(c canvas, v *view) {
	n, _ := v.known()
	g := viz.OverTime(v.trace, n)
	if g.BySteps {
		g.To = max(g.To, float64(n))
	}
	c = c.part(1, 0, c.w-2, c.h)
	if c.h < leastGraph-1 {
		c.newest(v, g)
		return
	}
	if c.h > leastGraph+2 {
		c.h -= c.graphNote(v, g)
	}
	kinds := []int{v.graph % viz.GraphKinds}
	all := c.h >= leastGraph*viz.GraphKinds
	if all {
		kinds = []int{viz.SequenceGraph, viz.CongestionGraph, viz.TimingGraph}
	}
	drawn := slices.DeleteFunc(slices.Clone(kinds), func(kind int) bool { return g.Empty(kind) })
	y := 0
	for _, kind := range kinds {
		if g.Empty(kind) {
			y = c.paragraph(0, y, wrap(v.words("graph.none."+g.Of[0][kind].Name, "name", v.name(0)+", "+v.name(1)), c.w), tcell.StyleDefault)
		}
	}
	for i, kind := range drawn {
		h := (c.h - y) / (len(drawn) - i)
		c.part(0, y, c.w, h).graphs(v, g, kind, n, !all)
		y += h
	}
}

// graphNote says in the last row what the horizontal axis counts, and the sources where
// the title has no room for them. It gives the rows that it takes.
func (c canvas) graphNote(v *view, g *viz.Graphs) int {
	used := 0
	if g.BySteps && !g.Blank() {
		used = c.text(0, c.h-1, c.w, v.say.Text("graph.by-steps"), tcell.StyleDefault)
	}
	if sources := graphSources(v); c.w < roomy-2 && used+1+width(sources) <= c.w {
		used += c.right(0, c.h-1, c.w, sources, v.colours.Source)
	}
	return min(used, 1)
}

func graphSources(v *view) string {
	if v.trace.Protocol == handshake.NCP {
		return "NIC 8246 p.14, RFC 381"
	}
	return "RFC 9293 3.3.1, RFC 5681 2, RFC 6298 2"
}

// newest writes the newest values of each end, for a pane that has no room for a graph.
func (c canvas) newest(v *view, g *viz.Graphs) {
	for peer := range g.Of {
		x := c.text(0, peer, c.w, v.name(peer), v.side(peer)) + 2
		for kind := range g.Of[peer] {
			graph := &g.Of[peer][kind]
			for i := range graph.Lines {
				text := graph.Lines[i].Newest(v.say) + " " + v.say.Text("graph.unit."+graph.Unit)
				if _, known := graph.Lines[i].Last(); known && x+width(text) <= c.w {
					x += c.text(x, peer, c.w-x, text, tcell.StyleDefault) + 2
				}
			}
		}
	}
}

// graphs draws one kind of graph for both ends, and below them what the marks mean.
func (c canvas) graphs(v *view, g *viz.Graphs, kind, n int, alone bool) {
	const gap = 2
	half := (c.w - gap) / 2
	for peer := range g.Of {
		side := c.part(peer*(half+gap), 0, half, c.h)
		graph := &g.Of[peer][kind]
		if graph.Empty() {
			side.paragraph(0, 0, wrap(v.words("graph.none."+graph.Name, "name", v.name(peer)), half), tcell.StyleDefault)
			continue
		}
		across := "s"
		if g.BySteps {
			across = "steps"
		}
		used := side.text(0, 0, half, v.words("pane.graph."+graph.Name, "name", v.name(peer),
			"unit", v.say.Text("graph.unit."+graph.Unit), "across", v.say.Text("graph.unit."+across)), v.side(peer))
		if alone && peer == 1 {
			side.turnHint(v, used)
		}
		side.part(0, 1, half, c.h-2).chart(v, g, peer, kind, n)
		if kind != viz.SequenceGraph {
			side.legend(v, c.h-1, n, graph)
		}
	}
	if kind == viz.SequenceGraph {
		c.legend(v, c.h-1, n, &g.Of[0][kind], &g.Of[1][kind])
	}
}

// turnHint says how to see the other graphs, as far as there is room.
func (c canvas) turnHint(v *view, used int) {
	if v.keys == nil {
		return
	}
	next, enlarge := v.keys.nth(actPane, graphPane-1), v.keys.hint(actEnlarge)
	for _, text := range []string{v.words("pane.graph.turn", "key", next, "enlarge", enlarge), v.words("pane.graph.next", "key", next)} {
		if next != "" && used+1+width(text) <= c.w {
			c.right(0, 0, c.w, text, c.palette.Now)
			return
		}
	}
}

// legend says in a row what the marks of graphs mean; of a single graph also the newest
// values of its lines.
func (c canvas) legend(v *view, y, n int, graphs ...*viz.Graph) {
	x := 0
	item := func(mark, text string, style tcell.Style) {
		if end := x + 2 + width(text); end <= c.w {
			c.text(x, y, 1, mark, style)
			c.text(x+2, y, c.w, text, tcell.StyleDefault)
			x = end + 2
		}
	}
	if slices.ContainsFunc(graphs, func(g *viz.Graph) bool { return len(g.Bars) > 0 }) {
		item(c.glyphs.Vertical, v.say.Text("graph.new"), tcell.StyleDefault)
		item(markAgain, v.say.Text("pane.graph.again"), c.palette.Changed)
		item(markLost, v.say.Text("graph.lost"), c.palette.Lost)
	}
	most := slices.MaxFunc(graphs, func(a, b *viz.Graph) int { return cmp.Compare(len(a.Lines), len(b.Lines)) })
	for i := range most.Lines {
		l := &most.Lines[i]
		text := l.Name
		if len(graphs) == 1 {
			text = l.Newest(v.say)
		}
		if slices.ContainsFunc(graphs, func(g *viz.Graph) bool { return i < len(g.Lines) && g.Above(&g.Lines[i]) }) {
			text += " " + v.say.Text("pane.graph.above")
		}
		item(c.lineMark(i), text, c.palette.Line)
	}
	if now := markNow + " " + v.words("dash.step", "n", strconv.Itoa(n)); x+width(now) <= c.w {
		c.right(0, y, c.w, now, c.palette.Now)
	}
}

// What a graph is drawn with, beside the lines of the glyph set.
const (
	markAgain, markLost, markNow = "R", "x", "^"
	markSecond                   = "="
)

func (c canvas) lineMark(i int) string {
	if i > 0 {
		return markSecond
	}
	return c.glyphs.Horizontal
}

// chart draws a graph with its two axes.
func (c canvas) chart(v *view, g *viz.Graphs, peer, kind, n int) {
	graph := &g.Of[peer][kind]
	rows := c.h - 1
	ticks, labels := graph.Ticks(max(rows/2, 1)), 0
	for _, tick := range ticks {
		labels = max(labels, width(tick.Text))
	}
	p := newPlot(c.part(labels+2, 0, c.w-labels-2, rows), g, graph) // a blank column: a bar is no axis
	if p.w == 0 {
		return
	}
	c.vertical(labels, 0, rows, c.palette.Line)
	for _, tick := range ticks {
		c.right(0, p.row(tick.At), labels, tick.Text, tcell.StyleDefault)
		c.text(labels, p.row(tick.At), 1, "+", c.palette.Line)
	}
	c.across(v, p, n)
	p.lines()
	p.bars()
	p.draw(v.side(peer))
}

// across draws the horizontal axis: each tick with its value right behind it, and the
// current step.
func (c canvas) across(v *view, p plot, n int) {
	y, left := c.h-1, c.w-p.w
	c.glyph(left-2, y, c.glyphs.BottomLeft, c.palette.Line)
	c.horizontal(left-1, y, c.w-left+1, c.palette.Line)
	now := float64(n)
	if s := v.trace.Steps; !p.all.BySteps && n > 0 {
		now = s[n-1].At.Seconds()
	}
	at, end := p.column(now), 0
	const apart = 8 // columns
	for _, tick := range p.all.Ticks(p.w / apart) {
		if x := p.column(tick.At); x >= end && x+1+width(tick.Text) <= at {
			end = x + 1 + c.text(left+x, y, c.w, "+"+tick.Text, tcell.StyleDefault)
		}
	}
	c.text(left+at, y, 1, markNow, c.palette.Now)
}

// plot is the part of a graph between its axes. Where several marks meet in a cell, the
// greatest is drawn.
type plot struct {
	canvas
	all   *viz.Graphs
	graph *viz.Graph
	cells []mark
}

type mark byte

const (
	noMark mark = iota
	firstLine
	secondLine
	freshBar
	againBar
	lostBar
)

func newPlot(c canvas, all *viz.Graphs, graph *viz.Graph) plot {
	return plot{c, all, graph, make([]mark, c.w*c.h)}
}

// column is where something stands; what is later than the axis stands at its end.
func (p plot) column(x float64) int {
	if p.all.To <= p.all.From {
		return 0
	}
	along := (x - p.all.From) / (p.all.To - p.all.From)
	return int(min(max(along, 0), 1) * float64(p.w-1))
}

// row is where a value stands: each row is a part of the axis.
func (p plot) row(y float64) int {
	above := int(min(max(y/p.graph.Top, 0), 1) * float64(p.h))
	return p.h - 1 - min(above, p.h-1)
}

// mark marks a cell. Of two lines that run in the same cells both are seen.
func (p plot) mark(x, y int, m mark) {
	cell := &p.cells[y*p.w+x]
	if m == secondLine && *cell == firstLine && x%2 == 1 {
		return
	}
	*cell = max(*cell, m)
}

// lines marks each line at the row of its value.
func (p plot) lines() {
	for i, l := range p.graph.Lines {
		for k, at := range l.Points {
			if at.Gone || at.Y > p.graph.Top {
				continue
			}
			x, end := p.column(at.X), p.w-1
			if k < len(l.Points)-1 {
				end = max(p.column(l.Points[k+1].X)-1, x)
			}
			for y := p.row(at.Y); x <= end; x++ {
				p.mark(x, y, firstLine+mark(i))
			}
		}
	}
}

// bars marks the segments.
func (p plot) bars() {
	for _, b := range p.graph.Bars {
		m := freshBar
		switch {
		case b.Lost:
			m = lostBar
		case b.Again:
			m = againBar
		}
		bottom := p.row(b.Low)
		top := p.h - int(math.Ceil(b.High/p.graph.Top*float64(p.h))) // High is no longer its own
		for y := min(max(top, 0), bottom); y <= bottom; y++ {
			p.mark(p.column(b.X), y, m)
		}
	}
}

// draw draws what is marked; segments in the style of their sender.
func (p plot) draw(sender tcell.Style) {
	for i, m := range p.cells {
		x, y := i%p.w, i/p.w
		switch m {
		case noMark:
		case firstLine, secondLine:
			p.text(x, y, 1, p.lineMark(int(m-firstLine)), p.palette.Line)
		case freshBar:
			p.text(x, y, 1, p.glyphs.Vertical, sender)
		case againBar:
			p.text(x, y, 1, markAgain, p.palette.Changed)
		case lostBar:
			p.text(x, y, 1, markLost, p.palette.Lost)
		}
	}
}

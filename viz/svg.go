package viz

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/viz/words"
)

// ErrNoGraphs is in the chain of what [SVG] says of another protocol, which has no sequence
// numbers and no windows.
var ErrNoGraphs = errors.New("svg: the protocol has no graphs over time, want tcp")

// SVG draws a trace over time, as one file that needs nothing beside it: for each peer
// the sequence numbers of RFC 9293 3.3.1, the congestion window of RFC 5681 2, and the
// times of RFC 6298 2. What a colour says a shape or a dash says, too.
func SVG(w io.Writer, t *handshake.Trace, o Options) error {
	if t.Protocol != handshake.TCP {
		return fmt.Errorf("%w: %q", ErrNoGraphs, t.Protocol)
	}
	d := &drawing{graphs: OverTime(t, len(t.Steps)), lang: o.Lang, say: words.For(o.Lang)}
	d.left = svgMargin + svgColumn*d.labels()
	title := cmp.Or(t.Words[o.Lang]["title"], t.Scenario)
	d.head(t, title)
	for peer, p := range t.Peers {
		d.peer(peer, p)
	}
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" xml:lang="%s" role="img" aria-labelledby="title desc">
<title id="title">%s</title>
<desc id="desc">%s</desc>
<style>%s</style>
<rect class="paper" width="%[1]d" height="%[2]d"/>
%[7]s</svg>
`, svgWidth, d.y+svgMargin, escaped(o.Lang), escaped(title), escaped(d.describe(t)), svgStyle, d.body.String())
	return err
}

// Sizes in pixels. A column is as wide as most letters of the small type at the most, and
// a Hangul syllable two of them.
const (
	svgWidth  = 960
	svgMargin = 24
	svgColumn = 7
	svgPlot   = 150 // height of a plot
	svgInset  = 8   // between the edges of a plot and what is drawn
)

// svgStyle has colours for a light and for a dark page. What tells something has a contrast
// of 4.5 to 1 with the paper (WCAG 2.2, 1.4.3).
const svgStyle = `
svg{font:12px sans-serif;color-scheme:light dark}
text{fill:#1b1b1b}
.paper{fill:#fff}
.title{font-size:20px;font-weight:bold}
.peer{font-size:16px;font-weight:bold}
.graph{font-size:13px;font-weight:bold}
.end{text-anchor:end}
.middle{text-anchor:middle}
path{fill:none;stroke-width:2}
.grid{stroke:#ddd;stroke-width:1}
.axis{stroke:#555;stroke-width:1}
.new{stroke:#0b57b0;stroke-width:3}
.again{stroke:#a34700}
.lost{stroke:#b3001b}
.first{stroke:#1a6b2e}
.second{stroke:#6a3fa0;stroke-dasharray:7 4}
@media(prefers-color-scheme:dark){
text{fill:#eee}
.paper{fill:#161616}
.grid{stroke:#3a3a3a}
.axis{stroke:#aaa}
.new{stroke:#7db3ff}
.again{stroke:#ffb066}
.lost{stroke:#ff8a8a}
.first{stroke:#7fd694}
.second{stroke:#c6a6ff}
}
`

// drawing is an SVG being written from above to below.
type drawing struct {
	graphs *Graphs
	lang   string
	say    *words.Words
	body   strings.Builder
	left   int // of the plots
	y      int // what is above is drawn
}

// labels is the width of the longest number beside a vertical axis, in columns.
func (d *drawing) labels() int {
	longest := 0
	for peer := range d.graphs.Of {
		for kind := range d.graphs.Of[peer] {
			g := &d.graphs.Of[peer][kind]
			longest = max(longest, Width(d.unit(g.Unit)))
			for _, tick := range g.Ticks(svgTicks) {
				longest = max(longest, Width(tick.Text))
			}
		}
	}
	return longest
}

const svgTicks = 5

func (d *drawing) unit(key string) string { return d.say.Text("graph.unit." + key) }

func (d *drawing) text(x, y int, class, text string) {
	fmt.Fprintf(&d.body, `<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, y, class, escaped(text))
}

func (d *drawing) path(class, way string) {
	if way != "" {
		fmt.Fprintf(&d.body, `<path class="%s" d="%s"/>`+"\n", class, way)
	}
}

// escaped is text for an element; what XML cannot hold becomes U+FFFD.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

func (d *drawing) head(t *handshake.Trace, title string) {
	d.y = svgMargin + 18
	d.text(svgMargin, d.y, "title", title)
	d.y += 22
	about := d.say.Say("graph.engine", Fill("engine", t.Engine))
	if t.Host != "" {
		about += ", " + t.Host
	}
	d.text(svgMargin, d.y, "", strings.TrimSpace(about+". "+d.axis()))
}

// axis says what the horizontal axis counts, if there is one.
func (d *drawing) axis() string {
	switch {
	case d.graphs.Blank():
		return ""
	case d.graphs.BySteps:
		return d.say.Text("graph.by-steps")
	default:
		return d.say.Text("graph.by-time")
	}
}

// describe says in words what the picture shows.
func (d *drawing) describe(t *handshake.Trace) string {
	parts := []string{d.say.Text("graph.desc"), d.axis()}
	for peer, p := range t.Peers {
		var again, lost int
		bars := d.graphs.Of[peer][SequenceGraph].Bars
		for _, b := range bars {
			if b.Again {
				again++
			}
			if b.Lost {
				lost++
			}
		}
		parts = append(parts, d.say.Say("graph.desc.peer", Fill("name", Name(p.Name, d.lang),
			"segments", strconv.Itoa(len(bars)), "again", strconv.Itoa(again), "lost", strconv.Itoa(lost))))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// peer draws the pictures of a peer below one another.
func (d *drawing) peer(peer int, p handshake.Peer) {
	name := Name(p.Name, d.lang)
	d.y += 40
	d.text(svgMargin, d.y, "peer", name+" "+p.Address)
	if n := d.graphs.Conns[peer]; n > 1 {
		d.y += 20
		d.text(svgMargin, d.y, "", d.say.Say("graph.newest", Fill("n", strconv.Itoa(n))))
	}
	for kind := range d.graphs.Of[peer] {
		g := &d.graphs.Of[peer][kind]
		d.y += 28
		if g.Empty() {
			d.text(svgMargin, d.y, "", d.say.Say("graph.none."+g.Name, Fill("name", name)))
			continue
		}
		d.text(svgMargin, d.y, "graph", d.say.Text("graph."+g.Name))
		d.y += 20
		d.legend(g)
		d.y += 22
		d.plot(g)
	}
}

// legend explains the marks of a graph.
func (d *drawing) legend(g *Graph) {
	x := svgMargin
	item := func(class, sample, text string) {
		d.path(class, fmt.Sprintf(sample, x, d.y-4))
		d.text(x+30, d.y, "", text)
		x += 30 + svgColumn*Width(text) + 18
	}
	if len(g.Bars) > 0 {
		item("new", "M%d %dm12 6v-12", d.say.Text("graph.new"))
		item("again", "M%d %dm9 5h6v-10h-6z", d.say.Text("graph.again"))
		item("lost", "M%d %dm8-4l8 8m0-8l-8 8", d.say.Text("graph.lost"))
	}
	for i := range g.Lines {
		text := g.Lines[i].Newest(d.say)
		if g.Above(&g.Lines[i]) {
			text += " " + d.say.Text("graph.above")
		}
		item(svgLine(i), "M%d %dh24", text)
	}
}

// svgLine is the class of a graph's line.
func svgLine(i int) string { return [...]string{"first", "second"}[i] }

// plot draws the axes of a graph, and what is between them.
func (d *drawing) plot(g *Graph) {
	f := frame{left: d.left, top: d.y, graphs: d.graphs, graph: g}
	bottom, right := d.y+svgPlot, svgWidth-svgMargin
	for _, tick := range g.Ticks(svgTicks) {
		y := f.y(tick.At)
		d.path("grid", fmt.Sprintf("M%d %dH%d", d.left, y, right))
		d.text(d.left-6, y+4, "end", tick.Text)
	}
	d.path("axis", fmt.Sprintf("M%d %dV%dH%d", d.left, d.y, bottom, right))
	for _, tick := range d.graphs.Ticks(8) {
		d.path("axis", fmt.Sprintf("M%d %dv5", f.x(tick.At), bottom))
		d.text(f.x(tick.At), bottom+18, "middle", tick.Text)
	}
	d.text(svgMargin, d.y-4, "", d.unit(g.Unit))
	across := "s"
	if d.graphs.BySteps {
		across = "steps"
	}
	d.text(right, bottom+32, "end", d.unit(across))
	for i := range g.Lines {
		d.path(svgLine(i), f.line(&g.Lines[i]))
	}
	d.bars(f, g.Bars)
	d.y = bottom + 32
}

// bars draws the segments: a bar each, a box for what was sent again, and a cross upon
// what was lost.
func (d *drawing) bars(f frame, bars []Bar) {
	var fresh, again, lost strings.Builder
	for _, m := range f.merge(bars) {
		if m.again {
			fmt.Fprintf(&again, "M%d %dh6V%dh-6z", m.x-3, m.low, m.high)
		} else {
			fmt.Fprintf(&fresh, "M%d %dV%d", m.x, m.low, m.high)
		}
		if m.lost {
			fmt.Fprintf(&lost, "M%d %dl8 8m0-8l-8 8", m.x-4, (m.low+m.high)/2-4)
		}
	}
	d.path("new", fresh.String())
	d.path("again", again.String())
	d.path("lost", lost.String())
}

// frame is where a graph is drawn. It counts in whole pixels, so what a picture can show
// bounds how long it is, and not the trace.
type frame struct {
	left, top int
	graphs    *Graphs
	graph     *Graph
}

func (f frame) x(x float64) int {
	most := float64(svgWidth - svgMargin - f.left - 2*svgInset)
	along := 0.0
	if f.graphs.To > f.graphs.From {
		along = (x - f.graphs.From) / (f.graphs.To - f.graphs.From)
	}
	return f.left + svgInset + int(most*min(max(along, 0), 1))
}

func (f frame) y(y float64) int {
	return f.top + svgPlot - int((svgPlot-svgInset)*min(max(y/f.graph.Top, 0), 1))
}

// line is the way of a line: across at each value, then up or down to the next. What is
// above the picture is left out. Of many values in one column of pixels it shows the
// first, the largest, the smallest and the last.
func (f frame) line(l *Line) string {
	var b strings.Builder
	drawing := false
	for rest := l.Points; len(rest) > 0; {
		x, end := f.x(rest[0].X), f.x(f.graphs.To)+svgInset
		n := slices.IndexFunc(rest, func(p Point) bool { return f.x(p.X) != x })
		if n < 0 {
			n = len(rest)
		} else {
			end = f.x(rest[n].X)
		}
		var ys []int
		for _, p := range rest[:n] {
			if !p.Gone && p.Y <= f.graph.Top {
				ys = append(ys, f.y(p.Y))
			}
		}
		if len(ys) > 0 {
			if !drawing {
				fmt.Fprintf(&b, "M%d %d", x, ys[0])
			}
			for _, y := range slices.Compact([]int{ys[0], slices.Max(ys), slices.Min(ys), ys[len(ys)-1]}) {
				fmt.Fprintf(&b, "V%d", y)
			}
		}
		if p := rest[n-1]; p.Gone || p.Y > f.graph.Top {
			drawing = false
		} else {
			drawing = true
			fmt.Fprintf(&b, "H%d", end)
		}
		rest = rest[n:]
	}
	return b.String()
}

// merged is a bar in pixels; low is the larger number, for y counts down.
type merged struct {
	x, low, high int
	again, lost  bool
}

// kind orders bars so that those of a kind stand together.
func (m merged) kind() int {
	n := 0
	if m.again {
		n = 1
	}
	if m.lost {
		n += 2
	}
	return n
}

// merge turns bars into pixels. Those of a kind that cover one another become one; a bar
// leaves a pixel to the next one above, unless it is a speck.
func (f frame) merge(bars []Bar) []merged {
	const speck = 4
	all := make([]merged, 0, len(bars))
	for _, b := range bars {
		m := merged{f.x(b.X), f.y(b.Low), f.y(b.High), b.Again, b.Lost}
		if m.low-m.high < speck {
			m.high = m.low - 2
		} else {
			m.high++
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b merged) int {
		return cmp.Or(cmp.Compare(a.kind(), b.kind()), cmp.Compare(a.x, b.x), cmp.Compare(b.low, a.low))
	})
	out := all[:0]
	for _, m := range all {
		if n := len(out) - 1; n >= 0 && out[n].kind() == m.kind() && out[n].x == m.x && m.low > out[n].high {
			out[n].high = min(out[n].high, m.high)
			continue
		}
		out = append(out, m)
	}
	return out
}

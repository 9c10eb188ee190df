package viz

import (
	"math"
	"strconv"
	"time"

	"sockscope/handshake"
	"sockscope/viz/words"
)

// Graphs are what the steps of a trace so far tell over time, three pictures of each
// peer. They show the newest connection of a peer that has a first number (ISS); where
// none is known, as in a capture that begins later, the one that sends first.
type Graphs struct {
	BySteps  bool    // the clock hardly moves: the horizontal axis counts steps
	From, To float64 // the horizontal axis, in seconds or steps
	Conns    [2]int  // how many connections with a first number each peer has had
	Of       [2][GraphKinds]Graph
}

// The pictures of a peer.
const (
	SequenceGraph   = iota // what it sends, and the window for it (RFC 9293 3.3.1)
	CongestionGraph        // cwnd and ssthresh (RFC 5681 2)
	TimingGraph            // SRTT and RTO (RFC 6298 2)
	GraphKinds
)

// Graph is one picture. Its vertical axis goes from 0 to Top.
type Graph struct {
	Name  string // sequence, congestion or timing: a key of viz/words
	Unit  string // octets, segments, ms or s: likewise
	Zero  string // what 0 is called: ISS, or 0
	Top   float64
	Bars  []Bar
	Lines []Line
}

// Empty reports that the trace tells nothing of a kind of graph so far, of either peer.
func (g *Graphs) Empty(kind int) bool { return g.Of[0][kind].Empty() && g.Of[1][kind].Empty() }

// Blank reports that there is nothing to draw, and so no axis.
func (g *Graphs) Blank() bool {
	return g.Empty(SequenceGraph) && g.Empty(CongestionGraph) && g.Empty(TimingGraph)
}

// Empty reports that the trace tells nothing of it so far.
func (g *Graph) Empty() bool { return len(g.Bars) == 0 && len(g.Lines) == 0 }

// Bar is a segment that takes sequence numbers: text, SYN or FIN. Low is SEG.SEQ and
// High SEG.SEQ+SEG.LEN, in octets from the connection's first number.
type Bar struct {
	X, Low, High float64
	Again        bool // some of its numbers had been sent before
	Lost         bool // no copy of it has arrived, and none is in flight
}

// Line is a variable that keeps its value from point to point.
type Line struct {
	Name   string // the trace's own: cwnd of the model, snd_cwnd of a kernel
	Points []Point
	loose  bool // it does not stretch the axis to more than twice what it were without
}

// Point is the value of a line from X on; Gone says that from there on there is none.
type Point struct {
	X, Y float64
	Gone bool
}

// Last is the value at the end.
func (l *Line) Last() (float64, bool) {
	p := l.Points[len(l.Points)-1]
	return p.Y, !p.Gone
}

// Newest is the line's name and its value at the end, for a legend.
func (l *Line) Newest(say *words.Words) string {
	if y, known := l.Last(); known {
		return l.Name + " " + Rounded(y)
	}
	return l.Name + " " + say.Text("ui.none")
}

// set begins a new value, unless it is the old one.
func (l *Line) set(x, y float64, known bool) {
	next := Point{X: x, Y: y, Gone: !known}
	if n := len(l.Points); n == 0 && next.Gone || n > 0 && l.Points[n-1].Y == y && l.Points[n-1].Gone == next.Gone {
		return
	}
	l.Points = append(l.Points, next)
}

// most is the largest value.
func (l *Line) most() float64 {
	most := 0.0
	for _, p := range l.Points {
		if !p.Gone {
			most = max(most, p.Y)
		}
	}
	return most
}

// OverTime follows the first n steps of a trace.
func OverTime(t *handshake.Trace, n int) *Graphs {
	var ways [2]way
	for i, p := range t.Peers {
		ways[i].step(0, &handshake.Step{Kind: handshake.KindNote, On: p.On, Vars: p.Vars})
	}
	for i := range t.Steps[:n] {
		s := &t.Steps[i]
		if peer := PeerIndex(t, s.Peer); peer >= 0 {
			ways[peer].step(i+1, s)
		}
		for peer := range ways {
			ways[peer].follow(s)
		}
	}
	g := &Graphs{}
	for i := range ways {
		g.Of[i], g.Conns[i] = ways[i].graphs(), ways[i].conns
	}
	g.settle(t)
	return g
}

// settle chooses the horizontal axis: time, unless what is drawn stands at fewer than
// three moments, or nearly all of it at one.
func (g *Graphs) settle(t *handshake.Trace) {
	at := func(step float64) time.Duration {
		if i := int(step) - 1; i >= 0 {
			return t.Steps[i].At
		}
		return 0
	}
	moments, all, crowd := map[time.Duration]int{}, 0, 0
	g.From = math.Inf(1)
	g.each(func(x *float64) {
		moments[at(*x)]++
		all, crowd = all+1, max(crowd, moments[at(*x)])
		g.From, g.To = min(g.From, *x), max(g.To, *x)
	})
	if all == 0 {
		g.From = 0
	}
	const few = 3
	g.BySteps = len(moments) < few || 4*crowd > 3*all
	if !g.BySteps {
		g.each(func(x *float64) { *x = at(*x).Seconds() })
		g.From, g.To = at(g.From).Seconds(), at(g.To).Seconds()
	}
}

// each visits the place of everything that is drawn.
func (g *Graphs) each(visit func(x *float64)) {
	for peer := range g.Of {
		for kind := range g.Of[peer] {
			graph := &g.Of[peer][kind]
			for i := range graph.Bars {
				visit(&graph.Bars[i].X)
			}
			for _, l := range graph.Lines {
				for i := range l.Points {
					visit(&l.Points[i].X)
				}
			}
		}
	}
}

// The lines of a way.
const (
	unaLine = iota
	edgeLine
	cwndLine
	ssthreshLine
	srttLine
	rtoLine
	wayLines
)

// lineOf says which variable is which line; a kernel has names of its own.
var lineOf = map[string]int{
	"cwnd": cwndLine, "snd_cwnd": cwndLine, "ssthresh": ssthreshLine, "snd_ssthresh": ssthreshLine,
	"SRTT": srttLine, "rtt": srttLine, "RTO": rtoLine, "rto": rtoLine,
}

// way is what a peer sends on one connection. Its numbers count from the first: they
// go on where the 32 bits of sequence numbers begin anew (RFC 9293 3.4).
type way struct {
	conns      int // up to this one
	on         string
	begun      bool
	first      uint32
	isISS      bool
	una, wnd   int64
	windowed   bool  // wnd is known
	sent       int64 // the number behind the last that was sent
	bars       []Bar
	copies     map[int]*copies // by packet
	lines      [wayLines]Line
	congestion string // unit of cwnd
}

// copies are those of a segment on the wire.
type copies struct {
	bar     int
	flying  int
	arrived bool
}

func (w *way) begin(on string, first uint32, isISS bool) {
	*w = way{conns: w.conns + 1, on: on, begun: true, first: first, isISS: isISS, copies: map[int]*copies{}, congestion: "octets"}
}

// step takes what a step of the peer tells.
func (w *way) step(n int, s *handshake.Step) {
	seq, sends := variable(s.Vars, "SEG.SEQ")
	length, _ := variable(s.Vars, "SEG.LEN")
	sends = sends && s.Kind == handshake.KindDepart && length > 0
	switch iss, ok := variable(s.Vars, "ISS"); {
	case ok && s.On != "" && (!w.isISS || s.On != w.on || uint32(iss) != w.first):
		w.begin(s.On, uint32(iss), true)
	case sends && !w.begun:
		w.begin(s.On, uint32(seq), false)
	}
	if !w.begun || s.On != w.on {
		return
	}
	x := float64(n)
	if sends {
		w.depart(x, s.Packet, w.unwrap(seq, w.sent), min(length, 1<<32))
	}
	w.take(x, s.Vars)
	if s.After == "CLOSED" && s.Before != s.After { // the TCB is deleted, and its variables with it
		for i := range w.lines {
			w.lines[i].set(x, 0, false)
		}
	}
}

// unwrap is a sequence number in octets from the first: of all those that it may stand
// for, the nearest to another one.
func (w *way) unwrap(seq, near int64) int64 {
	return near + int64(int32(uint32(seq)-w.first-uint32(near)))
}

func (w *way) depart(x float64, packet int, low, length int64) {
	w.copies[packet] = &copies{bar: len(w.bars), flying: 1}
	w.bars = append(w.bars, Bar{X: x, Low: float64(low), High: float64(low + length), Again: low < w.sent})
	w.sent = max(w.sent, low+length)
}

// take notes the variables that have changed.
func (w *way) take(x float64, vars []handshake.Var) {
	moved := false
	for _, v := range vars {
		value, known := count(v.Value)
		switch {
		case !known && v.Value != "": // not a number: somebody else wrote this file
		case v.Name == "SND.UNA" && known:
			w.una, moved = w.unwrap(value, w.una), true
			w.line(unaLine, v.Name).set(x, float64(w.una), true)
		case v.Name == "SND.WND":
			w.wnd, w.windowed, moved = value, known, true
		default:
			i, drawn := lineOf[v.Name]
			if !drawn {
				continue
			}
			if i == cwndLine && v.Unit == "segments" {
				w.congestion = v.Unit
			}
			y := float64(value)
			if v.Unit == "ns" {
				y /= float64(time.Millisecond)
			}
			w.line(i, v.Name).set(x, y, known)
		}
	}
	if moved && (w.windowed || len(w.lines[edgeLine].Points) > 0) {
		w.line(edgeLine, "SND.UNA+SND.WND").set(x, float64(w.una+w.wnd), w.windowed)
	}
}

func (w *way) line(i int, name string) *Line {
	w.lines[i].Name = name
	return &w.lines[i]
}

// follow notes what became of a segment on the wire.
func (w *way) follow(s *handshake.Step) {
	c := w.copies[s.Packet]
	if c == nil {
		return
	}
	switch s.Kind {
	case handshake.KindDuplicate:
		c.flying++
	case handshake.KindArrive:
		c.flying--
		c.arrived = true
	case handshake.KindDrop:
		c.flying--
	case handshake.KindCall, handshake.KindReturn, handshake.KindDepart, handshake.KindTimeout, handshake.KindSignal, handshake.KindNote:
	}
	w.bars[c.bar].Lost = !c.arrived && c.flying <= 0
}

// graphs are the pictures of a way.
func (w *way) graphs() [GraphKinds]Graph {
	zero := "0"
	if w.isISS {
		zero = "ISS"
	}
	w.lines[edgeLine].loose, w.lines[ssthreshLine].loose = true, true
	all := [GraphKinds]Graph{
		SequenceGraph:   {Name: "sequence", Unit: "octets", Zero: zero, Bars: w.bars, Lines: w.lines[unaLine:cwndLine]},
		CongestionGraph: {Name: "congestion", Unit: w.congestion, Zero: "0", Lines: w.lines[cwndLine:srttLine]},
		TimingGraph:     {Name: "timing", Unit: "ms", Zero: "0", Lines: w.lines[srttLine:]},
	}
	for i := range all {
		all[i].settle()
	}
	return all
}

// settle leaves out the lines that nothing is known of, and chooses the vertical axis.
func (g *Graph) settle() {
	var known []Line
	for _, l := range g.Lines {
		if len(l.Points) > 0 {
			known = append(known, l)
		}
	}
	g.Lines = known
	const long = 10_000 // from here on seconds are read more easily
	if g.Unit == "ms" && g.most(false) >= long {
		g.Unit = "s"
		for _, l := range g.Lines {
			for i := range l.Points {
				l.Points[i].Y /= 1000
			}
		}
	}
	firm, all := g.most(false), g.most(true)
	if firm == 0 || all <= 2*firm {
		firm = all
	}
	if g.Top = firm; firm == 0 {
		g.Top = 1
	}
}

// most is the largest value, of all lines or of those that stretch the axis.
func (g *Graph) most(loose bool) float64 {
	most := 0.0
	for _, b := range g.Bars {
		most = max(most, b.High)
	}
	for i := range g.Lines {
		if l := &g.Lines[i]; loose || !l.loose {
			most = max(most, l.most())
		}
	}
	return most
}

// Above reports that a line has values that the axis does not reach.
func (g *Graph) Above(l *Line) bool { return l.most() > g.Top }

// variable finds a number among variables.
func variable(vars []handshake.Var, name string) (int64, bool) {
	for _, v := range vars {
		if v.Name == name {
			return count(v.Value)
		}
	}
	return 0, false
}

// count reads a number of a trace, decimal digits only; none is larger than what float64
// holds exactly.
func count(text string) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 53)
	return int64(n), err == nil
}

// Tick is a mark of an axis.
type Tick struct {
	At   float64
	Text string
}

// Ticks are the round values between two others, 1, 2 or 5 times a power of ten apart:
// most of them, or a few more. What is counted has no halves.
func Ticks(low, high float64, most int, counted bool) []Tick {
	width := (high - low) / float64(max(most, 1))
	if !(width > 0) {
		width = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(width)))
	for _, factor := range []float64{2, 2.5, 2} { // 2, 5, 10
		if step >= width {
			break
		}
		step *= factor
	}
	if counted {
		step = max(step, 1)
	}
	decimals := max(-int(math.Floor(math.Log10(step)+1e-9)), 0)
	var ticks []Tick
	first := math.Ceil(low/step - 1e-9)
	for i := range most + 2 {
		at := (first + float64(i)) * step
		if at > high+step*1e-9 {
			break
		}
		ticks = append(ticks, Tick{at, strconv.FormatFloat(at, 'f', decimals, 64)})
	}
	return ticks
}

// Ticks are those of the vertical axis; 0 is called [Graph.Zero].
func (g *Graph) Ticks(most int) []Tick {
	ticks := Ticks(0, g.Top, most, g.Unit == "octets" || g.Unit == "segments")
	ticks[0].Text = g.Zero
	return ticks
}

// Ticks are those of the horizontal axis.
func (g *Graphs) Ticks(most int) []Tick { return Ticks(g.From, g.To, most, g.BySteps) }

// Rounded writes a value of a graph, to a thousandth at most.
func Rounded(y float64) string { return strconv.FormatFloat(math.Round(y*1000)/1000, 'f', -1, 64) }

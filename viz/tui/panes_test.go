package tui

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/handshaketest"
	engine "sockscope/handshake/model"
	"sockscope/handshake/wire"
	"sockscope/rfc147"
	"sockscope/viz"
	"sockscope/viz/words"
)

// own is the engine of a scenario, in memory; nil if it needs a kernel.
func own(s *handshake.Scenario) handshake.Engine {
	switch s.Engine() {
	case engine.Name:
		return engine.Engine{Wire: wire.InMemory}
	case arpanet.Name:
		return arpanet.Engine{Wire: wire.InMemory}
	}
	return nil
}

// everywhere are the scenarios that need no kernel.
func everywhere(tb testing.TB) []string {
	tb.Helper()
	return slices.DeleteFunc(handshake.Names(), func(name string) bool {
		s, err := handshake.Load(name)
		require.NoError(tb, err)
		return own(s) == nil
	})
}

// onModel are the scenarios of TCP that need no kernel.
func onModel(tb testing.TB) []string {
	tb.Helper()
	return slices.DeleteFunc(handshake.Names(), func(name string) bool {
		s, err := handshake.Load(name)
		require.NoError(tb, err)
		return s.Playable(engine.Name) != nil
	})
}

// played is a scenario's trace, to its end.
func played(tb testing.TB, name string) *handshake.Trace {
	tb.Helper()
	s, err := handshake.Load(name)
	require.NoError(tb, err)
	tl, err := handshake.NewTimeline(tb.Context(), own(s), s)
	require.NoError(tb, err)
	for err == nil {
		err = tl.Next(tb.Context())
	}
	require.True(tb, errors.Is(err, handshake.ErrOver), err)
	return tl.Trace()
}

// longPictures leaves out, with -short, a test that draws thousands of pictures in one goroutine:
// the race detector has nothing to find there, and takes minutes.
func longPictures(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("thousands of pictures; without -short they are looked at")
	}
}

// at is what a frame shows at step n of a trace.
func at(t *handshake.Trace, n int, lang string) *view {
	return &view{
		trace: t, n: n, lang: lang, say: words.For(lang).Speaking(t.Protocol), glyphs: LineGlyphs(),
		ends: viz.Ends(t, n), before: viz.Ends(t, max(n-1, 0)), rows: viz.Ladder(t, n),
	}
}

// The sizes that the three layouts give a pane.
var paneSizes = map[string][7][2]int{
	"80x24":  {{80, 7}, {80, 7}, {80, 7}, {80, 7}, {80, 7}, {80, 7}, {80, 7}},
	"120x40": {{120, 4}, {120, 10}, {120, 10}, {120, 10}, {120, 10}, {120, 10}, {120, 10}},
	"200x60": {{199, 3}, {66, 22}, {66, 22}, {78, 22}, {52, 10}, {52, 11}, {66, 22}},
}

// drawn is a pane as text, with | at its right edge.
func drawn(t *testing.T, pane, w, h int, v *view) string {
	t.Helper()
	c, show := sheet(t, w, h, v.glyphs)
	c.palette = v.colours
	panes[pane].draw(c, v)
	var b strings.Builder
	for line := range strings.Lines(show()) {
		line = strings.TrimRight(line, "\n")
		fmt.Fprintf(&b, "%s|\n", pad(line, w))
	}
	return b.String()
}

func TestPanesOfTheDefaultLesson(t *testing.T) {
	trace := played(t, "three-way")
	for pane := range panes {
		for _, lang := range words.Langs() {
			t.Run(fmt.Sprintf("%d-%s", pane+1, lang), func(t *testing.T) {
				var b strings.Builder
				for _, size := range []string{"80x24", "120x40", "200x60"} {
					for _, n := range []int{0, 6, 9, 10, 13, 18, len(trace.Steps)} {
						fmt.Fprintf(&b, "== %s, step %d\n", size, n)
						wh := paneSizes[size][pane]
						b.WriteString(drawn(t, pane, wh[0], wh[1], at(trace, n, lang)))
					}
				}
				handshaketest.Golden(t, fmt.Sprintf("panes/%d-%s.txt", pane+1, lang), b.String())
			})
		}
	}
}

// The scenarios in which segments cross, are old, get lost, and in which the trace
// begins with a connection that stands.
func TestMapAndAgreementOfOtherScenarios(t *testing.T) {
	for _, name := range []string{"figure-7", "figure-8", "figure-9", "figure-13", "ack-lost", "refused", "abort"} {
		t.Run(name, func(t *testing.T) {
			trace := played(t, name)
			var b strings.Builder
			for n := range len(trace.Steps) + 1 {
				if n > 0 {
					s := trace.Steps[n-1]
					fmt.Fprintf(&b, "== step %d: %s %s %s\n", n, s.Peer, s.Kind, s.Label)
				}
				b.WriteString(drawn(t, 4, 52, 9, at(trace, n, "en")))
				b.WriteString(drawn(t, 3, 80, 6, at(trace, n, "en")))
			}
			b.WriteString(drawn(t, 3, 78, 24, at(trace, len(trace.Steps), "ko")))
			handshaketest.Golden(t, "panes/"+name+".txt", b.String())
		})
	}
}

func TestPredictHidesTheAnswer(t *testing.T) {
	trace := played(t, "three-way")
	var b strings.Builder
	for _, n := range []int{8, 9, 13} {
		for pane := range panes {
			v := at(trace, n, "en")
			v.hidden = true
			fmt.Fprintf(&b, "== step %d, pane %d\n", n, pane+1)
			b.WriteString(drawn(t, pane, 80, 20, v))
		}
	}
	handshaketest.Golden(t, "panes/predict.txt", b.String())
}

func TestPanesCountFromTheFirstNumber(t *testing.T) {
	trace := played(t, "three-way")
	var b strings.Builder
	for pane := range panes {
		v := at(trace, 18, "en")
		v.relative = true
		b.WriteString(drawn(t, pane, 120, 10, v))
	}
	handshaketest.Golden(t, "panes/relative.txt", b.String())
}

func TestSegmentAsOctets(t *testing.T) {
	trace := played(t, "three-way")
	var b strings.Builder
	for _, size := range [][2]int{{80, 6}, {120, 10}, {66, 24}} {
		v := at(trace, 17, "en")
		v.bytes = true
		b.WriteString(drawn(t, 1, size[0], size[1], v))
	}
	handshaketest.Golden(t, "panes/octets.txt", b.String())
}

// Each step of each scenario, at sizes from the smallest to more than a screen.
func TestNoPaneDrawsOutsideItsCanvas(t *testing.T) {
	const edge = 3
	sim := tcell.NewSimulationScreen("UTF-8")
	require.NoError(t, sim.Init())
	t.Cleanup(sim.Fini)
	sim.SetSize(220+2*edge, 40+2*edge)
	traces := map[string]*handshake.Trace{}
	for _, name := range everywhere(t) {
		traces[name] = played(t, name)
	}
	rapid.Check(t, func(rt *rapid.T) {
		trace := traces[rapid.SampledFrom(everywhere(t)).Draw(rt, "scenario")]
		v := at(trace, rapid.IntRange(0, len(trace.Steps)).Draw(rt, "n"), rapid.SampledFrom(words.Langs()).Draw(rt, "lang"))
		v.hidden = rapid.Bool().Draw(rt, "hidden") && v.n > 0
		v.relative = rapid.Bool().Draw(rt, "relative")
		v.bytes = rapid.Bool().Draw(rt, "bytes")
		v.scroll = rapid.IntRange(0, 3).Draw(rt, "scroll")
		w, h := rapid.IntRange(1, 220).Draw(rt, "w"), rapid.IntRange(0, 40).Draw(rt, "h")
		for i, p := range panes {
			everywhere := canvas{screen: sim, w: w + 2*edge, h: h + 2*edge, glyphs: v.glyphs}
			for y := range everywhere.h {
				everywhere.text(0, y, everywhere.w, strings.Repeat("@", everywhere.w), tcell.StyleDefault)
			}
			p.draw(everywhere.part(edge, edge, w, h), v)
			for y := range everywhere.h {
				for x := range everywhere.w {
					got, _, _ := sim.Get(x, y)
					if inside := x >= edge && x < edge+w && y >= edge && y < edge+h; !inside && got != "@" {
						rt.Fatalf("pane %d at %dx%d drew %q at %d,%d", i+1, w, h, got, x-edge, y-edge)
					}
				}
			}
		}
	})
}

// Every cell of an arrow is a line, its ends touch the boxes of its two states, and
// no line of the diagram belongs to no arrow.
func TestEveryLineOfTheDiagramIsAnArrow(t *testing.T) {
	require.Len(t, tcpChart.edges, 20, "RFC 9293 figure 5")
	require.Len(t, ncpChart.edges, 15, "NIC 8246 p.10 to 14")
	for _, g := range []*chart{&tcpChart, &ncpChart} {
		drawn := map[point]string{}
		for _, e := range g.edges {
			at := e.path[0]
			for _, to := range append(e.path, e.path[len(e.path)-1]) {
				for {
					drawn[at] = e.from + " > " + e.to
					if at == to {
						break
					}
					at.x += sign(to.x - at.x)
					at.y += sign(to.y - at.y)
				}
			}
			require.True(t, g.touches(e.path[0], e.from), "%s > %s begins at %v", e.from, e.to, e.path[0])
			require.True(t, g.touches(at, e.to), "%s > %s ends at %v", e.from, e.to, at)
		}
		for y, line := range g.diagram {
			require.LessOrEqual(t, len(line), mapWidth)
			for _, word := range regexp.MustCompile(`[A-Za-z0-9()]+(?:[-, ]+[A-Za-z0-9()]+)*,?`).FindAllStringIndex(line, -1) {
				line = line[:word[0]] + strings.Repeat(" ", word[1]-word[0]) + line[word[1]:]
			}
			for x, r := range line {
				if strings.ContainsRune("-|.'", r) {
					require.Contains(t, drawn, point{x, y}, "%q in row %d, column %d", r, y, x)
				}
			}
		}
	}
}

// touches reports whether a cell lies beside a box of the state.
func (g *chart) touches(at point, state string) bool {
	places := []point{g.boxes[state]}
	if state == g.end {
		places = append(places, g.again)
	}
	for _, box := range places {
		if at.y == box.y && (at.x == box.x-1 || at.x == box.x+boxWidth) ||
			(at.y == box.y-1 || at.y == box.y+1) && at.x > box.x && at.x < box.x+boxWidth {
			return true
		}
	}
	return false
}

func BenchmarkPanes(b *testing.B) {
	trace := played(b, "three-way")
	v := at(trace, 18, "ko")
	sim := tcell.NewSimulationScreen("UTF-8")
	require.NoError(b, sim.Init())
	b.Cleanup(sim.Fini)
	sim.SetSize(200, 60)
	for i, p := range panes {
		size := paneSizes["200x60"][i]
		c := canvas{screen: sim, w: size[0], h: size[1], glyphs: LineGlyphs()}
		b.Run(strconv.Itoa(i+1), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.draw(c, v)
			}
		})
	}
}

// RFC 9293 figure 5 leaves RSTs out (its note, 3.3.2): the refused end goes from
// SYN-SENT to CLOSED, but not by the arrow of CLOSE.
func TestARSTIsNotTheArrowOfCLOSE(t *testing.T) {
	trace := played(t, "refused")
	_, newest := walk(trace, len(trace.Steps))
	require.Equal(t, [2]string{"SYN-SENT", "CLOSED"}, [2]string{newest.Before, newest.After})
	require.Nil(t, tcpChart.edgeOf(newest))
	require.Contains(t, drawn(t, 3, 78, 24, at(trace, len(trace.Steps), "en")), "Not drawn: step 6, client: SYN-SENT > CLOSED.")
}

// Every other change of state in the scenarios is an arrow, or has no arrow because
// of a RST, of an ABORT, or of a lost memory.
func TestStateChangesAreArrows(t *testing.T) {
	missing := map[string]string{}
	for _, name := range onModel(t) {
		trace := played(t, name)
		for i := range trace.Steps {
			s := &trace.Steps[i]
			if s.Before != s.After && s.On != "" && tcpChart.edgeOf(s) == nil {
				missing[name] += fmt.Sprintf("%s > %s by %s; ", s.Before, s.After, s.Label)
			}
		}
	}
	require.Equal(t, map[string]string{
		"abort":         "ESTABLISHED > CLOSED by abort(3) = 0; ESTABLISHED > CLOSED by <SEQ=101><CTL=RST>; ",
		"broken-pipe":   "FIN-WAIT-2 > CLOSED by <SEQ=101><ACK=302><DATA=3><CTL=PSH,ACK>; CLOSE-WAIT > CLOSED by <SEQ=302><CTL=RST>; ",
		"reset-unread":  "ESTABLISHED > CLOSED by close(4) = 0; ESTABLISHED > CLOSED by <SEQ=301><CTL=RST>; ",
		"challenge-ack": "ESTABLISHED > CLOSED by <SEQ=101><CTL=RST>; ",
		"half-open":     "ESTABLISHED > CLOSED by reboot(); ESTABLISHED > CLOSED by <SEQ=301><CTL=RST>; ",
		"figure-9":      "ESTABLISHED > CLOSED by reboot(); ESTABLISHED > CLOSED by <SEQ=100><CTL=RST>; ",
		"figure-10":     "ESTABLISHED > CLOSED by reboot(); ESTABLISHED > CLOSED by <SEQ=100><CTL=RST>; ",
		"keep-alive":    "ESTABLISHED > CLOSED by keep-alive; ",
		"refused":       "SYN-SENT > CLOSED by <SEQ=0><ACK=101><CTL=RST,ACK>; ",
		"syn-cookies":   "LISTEN > ESTABLISHED by <SEQ=101><ACK=80852146><CTL=ACK>; ",

		"time-wait-assassination": "TIME-WAIT > CLOSED by <SEQ=307><CTL=RST>; ",
		"time-wait-reuse":         "TIME-WAIT > SYN-RECEIVED by <SEQ=5000><CTL=SYN>; ",

		"syn-cookies-always": "LISTEN > ESTABLISHED by <SEQ=101><ACK=68480320><DATA=5><CTL=PSH,ACK>; ",
	}, missing)
}

// RFC 9293 3.4.1: "2 and 3 can be combined in a single message".
func TestTwoAndThreeTravelTogether(t *testing.T) {
	four := agreement(played(t, "three-way"), 14)
	require.Equal(t, []int{1, 2, 2, 3}, []int{four[0].packet, four[1].packet, four[2].packet, four[3].packet})
	require.Equal(t, []int{8, 10, 10, 13}, []int{four[0].step, four[1].step, four[2].step, four[3].step})
}

func TestOfTwoCopiesOneMayStillFly(t *testing.T) {
	step := func(n int, kind handshake.Kind) handshake.Step {
		return handshake.Step{N: n, Peer: "a", Kind: kind, Packet: 1}
	}
	all := func(*handshake.Step) bool { return true }
	steps := []handshake.Step{step(1, handshake.KindDepart), step(2, handshake.KindDuplicate), step(3, handshake.KindDrop)}
	require.Equal(t, flying, message{}.follow(steps, "a", all).fate)
	steps = append(steps, step(4, handshake.KindDrop))
	require.Equal(t, message{fate: missed, step: 4, packet: 1}, message{}.follow(steps, "a", all))
}

// The initial connection protocol of RFC 165: U, U+2 and U+3 at one end, S and S+1 at
// the other; a connection joins a socket that sends and one that receives.
func TestConnectionsOf1971(t *testing.T) {
	trace := played(t, "three-way")
	caller, ok := roleOf(trace.Peers[0].Cast)
	require.True(t, ok)
	called, ok := roleOf(trace.Peers[1].Cast)
	require.True(t, ok)
	require.NoError(t, rfc147.Joins(called.answers, caller.asks))
	require.NoError(t, rfc147.Joins(caller.sends, called.gets))
	require.NoError(t, rfc147.Joins(called.sends, caller.gets))
	require.Equal(t, caller.asks+2, caller.gets)
	require.Equal(t, caller.asks+3, caller.sends)
	require.Equal(t, called.gets+1, called.sends)
}

func TestWithoutACastThePaneHasNoNumbers(t *testing.T) {
	for _, lang := range words.Langs() {
		trace := played(t, "refused")
		require.Nil(t, trace.Peers[0].Cast)
		shown := drawn(t, 5, 52, 11, at(trace, len(trace.Steps), lang))
		require.NotContains(t, shown, "x'")
		require.NotContains(t, shown, "127.0.0.1")
		require.Contains(t, shown, words.For(lang).Text("pane.1971.always"))
	}
}

// Always: also where there is one row.
func TestTheCastIsAlwaysCalledOne(t *testing.T) {
	trace := played(t, "three-way")
	for _, lang := range words.Langs() {
		for _, size := range [][2]int{{52, 1}, {60, 3}, {80, 6}, {120, 10}, {200, 5}} {
			shown := drawn(t, 5, size[0], size[1], at(trace, 9, lang))
			joined := strings.Join(strings.Fields(strings.ReplaceAll(shown, "|", "")), " ")
			first, _, _ := strings.Cut(words.For(lang).Text("pane.1971.always"), ":")
			first, _, _ = strings.Cut(first, ".")
			require.Contains(t, joined, first, "%v", size)
		}
	}
}

func TestASCIIGlyphsDrawNothingElse(t *testing.T) {
	trace := played(t, "three-way")
	for pane := range panes {
		v := at(trace, 18, "en")
		v.glyphs = ASCIIGlyphs()
		for _, r := range drawn(t, pane, 120, 24, v) {
			require.Less(t, r, rune(0x7f))
		}
	}
}

// A segment with options, whose octets were changed on the way.
func TestSegmentWithOptions(t *testing.T) {
	trace := played(t, "three-way")
	depart := trace.Steps[6]
	depart.Wire = append(slices.Clone(depart.Wire), 2, 4, 5, 0xb4, 1, 3, 3, 7)
	depart.Fields = append(slices.Clone(depart.Fields),
		handshake.Field{Group: "option MSS", Name: "Kind", Len: 8, Value: "2"},
		handshake.Field{Group: "option MSS", Name: "Length", Bit: 8, Len: 8, Value: "4"},
		handshake.Field{Group: "option MSS", Name: "Maximum Segment Size", Bit: 16, Len: 16, Value: "1460"},
		handshake.Field{Group: "option No-Operation", Name: "Kind", Len: 8, Value: "1"},
		handshake.Field{Group: "option Window Scale", Name: "Kind", Len: 8, Value: "3"},
		handshake.Field{Group: "option Window Scale", Name: "Length", Bit: 8, Len: 8, Value: "3"},
		handshake.Field{Group: "option Window Scale", Name: "shift.cnt", Bit: 16, Len: 8, Value: "7"})
	arrive := trace.Steps[7]
	arrive.Wire = slices.Clone(depart.Wire)
	arrive.Wire[4] ^= 0xff
	changed := *trace
	changed.Steps = slices.Concat(trace.Steps[:6], []handshake.Step{depart, arrive})
	var b strings.Builder
	for _, octets := range []bool{false, true} {
		for _, lang := range words.Langs() {
			v := at(&changed, 8, lang)
			v.bytes = octets
			b.WriteString(drawn(t, 1, 66, 24, v))
		}
	}
	handshaketest.Golden(t, "panes/options.txt", b.String())
}

// Every segment of a kernel has timestamps: beside the figure they take two lines.
func TestAnOptionsNumberIsNotCut(t *testing.T) {
	trace := played(t, "three-way")
	depart := trace.Steps[6]
	for i, f := range []handshake.Field{{Name: "Kind", Len: 8, Value: "8"}, {Name: "Length", Len: 8, Value: "10"}, {Name: "TSval", Len: 32, Value: "2436265259"}, {Name: "TSecr", Len: 32, Value: "4179358722"}} {
		f.Group, f.Bit = "option Timestamps", 16*i
		depart.Fields = append(slices.Clone(depart.Fields), f)
	}
	changed := *trace
	changed.Steps = append(slices.Clone(trace.Steps[:6]), depart)
	beside := regexp.MustCompile(`Timestamps, TSval 2436265259, TSecr +\|?\n.* 4179358722`)
	require.Regexp(t, beside, drawn(t, 1, 120, 20, at(&changed, 7, "en")))
}

// The smallest screen has two lines of 70 columns for it. (Of the figures' peers the
// names are longer, and the numbers of wrap-around are the longest; there it has three.)
func TestTheSentenceOfEveryStepFitsTwoLines(t *testing.T) {
	for _, name := range everywhere(t) {
		trace, lines := played(t, name), 2
		if trace.Peers[0].Name == "a" || name == "wrap-around" {
			lines = 3
		}
		for n := range trace.Steps {
			for _, lang := range words.Langs() {
				v := at(trace, n+1, lang)
				main, _, _ := v.why(v.step(), false)
				require.LessOrEqual(t, len(main[0].lines(sentenceWidth)), lines, main[0].text)
			}
		}
	}
}

// A trace may come from a file that anybody wrote.
func FuzzPanes(f *testing.F) {
	trace := played(f, "three-way")
	trace.Words, trace.Steps = nil, trace.Steps[5:8] // short: fuzzing shrinks what it finds
	for i := range trace.Steps {
		trace.Steps[i].N = i + 1
	}
	var b bytes.Buffer
	require.NoError(f, trace.WriteJSON(&b))
	f.Add(b.Bytes(), 3)
	sim := tcell.NewSimulationScreen("UTF-8")
	require.NoError(f, sim.Init())
	f.Cleanup(sim.Fini)
	f.Fuzz(func(_ *testing.T, data []byte, n int) { // n chooses the step and how it is shown
		trace, err := handshake.ReadJSON(bytes.NewReader(data))
		if err != nil {
			return
		}
		v := at(trace, min(max(n, 0), len(trace.Steps)), words.Langs()[n&1])
		v.bytes, v.relative = n&2 != 0, n&4 != 0
		for _, p := range panes {
			p.draw(canvas{screen: sim, w: 80, h: 24}, v)
			p.draw(canvas{screen: sim, w: 160, h: 6}, v)
		}
	})
}

// RFC 9293 3.10.7.1: "If the ACK bit is off, sequence number zero is used"; and the end
// that refuses has no TCB, so it expects nothing. A RST that is no answer to such a
// segment has a number that counts (3.5.3).
func TestARSTThatRefusesHasAFillerForASequenceNumber(t *testing.T) {
	trace := played(t, "refused")
	for lang, want := range map[string][2]string{
		"en": {"SEQ 0       a filler: no ACK came to take it from", "ACK 101     the number behind the refused segment"},
		"ko": {"SEQ 0       ACK 없는 세그먼트에 답하며 채운 값", "ACK 101     거부한 세그먼트 바로 뒤의 번호"},
	} {
		shown := drawn(t, 1, 120, 10, at(trace, len(trace.Steps), lang))
		require.Contains(t, shown, want[0])
		require.Contains(t, shown, want[1])
	}
	trace = played(t, "abort")
	require.Contains(t, drawn(t, 1, 120, 10, at(trace, len(trace.Steps), "en")), "counts, but a RST takes no number")
}

// What neither end sent has no end's first number (RFC 9293 figure 8, line 3).
func TestAStraySegmentIsNobodys(t *testing.T) {
	shown := drawn(t, 1, 120, 10, at(played(t, "figure-8"), 4, "en"))
	require.Contains(t, shown, "SEQ 90      from an old copy, or forged")
	require.NotContains(t, shown, "ISS")
}

// Every arrow of a way is a step's own: where one connection ends and another begins,
// the way begins anew.
func TestAWayOfTheMapIsOneConnections(t *testing.T) {
	for _, name := range everywhere(t) {
		trace := played(t, name)
		for n := range trace.Steps {
			all, _ := walk(trace, n+1)
			for _, at := range all {
				for i, s := range at.moves[min(1, len(at.moves)):] {
					require.Equal(t, at.moves[i].After, s.Before, "%s, step %d", name, n+1)
				}
			}
		}
	}
}

// 120x40 is what a classroom sees: beside the figure nothing may be cut, but what is long
// takes a second line.
func TestNothingBesideTheFigureIsCutAt120Columns(t *testing.T) {
	longPictures(t)
	for _, name := range everywhere(t) {
		trace, h := played(t, name), 12
		if trace.Protocol == handshake.NCP {
			h = 20 // of a message there is more to say; the pane scrolls
		}
		for n := range trace.Steps {
			if trace.Steps[n].Kind != handshake.KindDepart && n+1 < len(trace.Steps) {
				continue // the figure is of the newest segment
			}
			for _, lang := range words.Langs() {
				v := at(trace, n+1, lang)
				wide := strings.Split(drawn(t, 1, 140, h, v), "\n") // below 142 columns the layout is the same
				narrow := strings.Split(drawn(t, 1, 120, h, v), "\n")
				require.Equal(t, beside(wide), beside(narrow), "%s, step %d, %s", name, n+1, lang)
			}
		}
	}
}

// beside are the words to the right of the figure, wherever their lines break.
func beside(pane []string) []string {
	var all []string
	for _, line := range pane {
		if columns := []rune(line); len(columns) > 68 {
			all = append(all, strings.Fields(strings.TrimRight(string(columns[68:]), " |"))...)
		}
	}
	return all
}

package tui

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/viz"
	"sockscope/viz/words"
)

// lossOnLinux is what Linux did of the lesson data-lost: a segment is lost, the window
// falls to one segment, and the segment goes again after 200 ms.
func lossOnLinux(tb testing.TB) *handshake.Trace {
	tb.Helper()
	file, err := os.Open("../testdata/over-time-kernel.jsonl")
	require.NoError(tb, err)
	defer file.Close()
	trace, err := handshake.ReadJSON(file)
	require.NoError(tb, err)
	return trace
}

func lossOnTheModel(t *testing.T) *handshake.Timeline {
	t.Helper()
	return play(t, "data-lost")
}

// graphOf is the pane of graphs as text.
func graphOf(t *testing.T, v *view, w, h int) string {
	t.Helper()
	return drawn(t, graphPane-1, w, h, v)
}

func TestGraphsOfALoss(t *testing.T) {
	trace := lossOnLinux(t)
	for _, lang := range words.Langs() {
		for set, glyphs := range map[string]Glyphs{"line": LineGlyphs(), "ascii": ASCIIGlyphs()} {
			var b strings.Builder
			v := at(trace, len(trace.Steps), lang)
			v.glyphs = glyphs
			for _, size := range [][2]int{{80, 7}, {80, 20}, {120, 10}, {66, 22}, {120, 36}} {
				for v.graph = range viz.GraphKinds {
					fmt.Fprintf(&b, "== %dx%d, graph %d\n", size[0], size[1], v.graph+1)
					b.WriteString(graphOf(t, v, size[0], size[1]))
					if size[1] >= 20 {
						break // all of them are there
					}
				}
			}
			handshaketest.Golden(t, fmt.Sprintf("panes/graph-%s-%s.txt", lang, set), b.String())
		}
	}
}

// A colour only says again what a character says.
func TestAGraphIsTheSameWithoutColour(t *testing.T) {
	trace := lossOnLinux(t)
	for n := range len(trace.Steps) + 1 {
		v := at(trace, n, "en")
		plain := graphOf(t, v, 120, 36)
		v.colours = Colours()
		require.Equal(t, plain, graphOf(t, v, 120, 36))
	}
	v := at(trace, len(trace.Steps), "en")
	require.Contains(t, graphOf(t, v, 80, 7), "│ segment  R again  x lost")
}

func TestAGraphFollowsTheCursorAndKnowsNoFuture(t *testing.T) {
	trace := lossOnLinux(t)
	for n := range len(trace.Steps) + 1 {
		past := *trace
		past.Steps = trace.Steps[:n]
		shown := graphOf(t, at(trace, n, "en"), 80, 20)
		require.Equal(t, graphOf(t, at(&past, n, "en"), 80, 20), shown)
		v := at(trace, n, "en")
		if v.hidden = n > 0; v.hidden {
			require.Equal(t, graphOf(t, at(trace, n-1, "en"), 80, 20), graphOf(t, v, 80, 20), "predict shows no answer")
		}
	}
	require.Contains(t, graphOf(t, at(trace, 9, "en"), 80, 7), "^ step 9")
}

// No braille, and nothing that some terminals draw two columns wide.
func TestAGraphUsesOnlyTheGlyphsOfTheDashboard(t *testing.T) {
	trace := lossOnLinux(t)
	for _, lang := range words.Langs() {
		for _, r := range graphOf(t, at(trace, len(trace.Steps), lang), 120, 36) {
			if r > '~' && (r < '가' || r > '힣') {
				require.Contains(t, "─│┌┐└┘", string(r))
			}
		}
	}
}

// A name that is too long is cut at its half of the pane, and not within a letter.
func TestALongNameLeavesTheOtherHalfAlone(t *testing.T) {
	trace := lossOnLinux(t)
	names := map[string]string{"client": strings.Repeat("긴이름", 9), "server": "서버"}
	long := *trace
	long.Peers, long.Steps = nil, nil
	for _, p := range trace.Peers {
		p.Name = names[p.Name]
		long.Peers = append(long.Peers, p)
	}
	for _, s := range trace.Steps {
		if name, ok := names[s.Peer]; ok {
			s.Peer = name
		}
		long.Steps = append(long.Steps, s)
	}
	for _, w := range []int{52, 79, 80, 81} {
		for line := range strings.Lines(graphOf(t, at(&long, len(long.Steps), "ko"), w, 20)) {
			require.Equal(t, w, width(strings.TrimSuffix(line, "|\n")))
		}
		require.Contains(t, graphOf(t, at(&long, len(long.Steps), "ko"), w, 20), "서버 송신")
	}
}

func TestWithoutRoomForAGraphItsNewestValuesAreTold(t *testing.T) {
	trace := lossOnLinux(t)
	shown := graphOf(t, at(trace, len(trace.Steps), "en"), 120, 3)
	require.Contains(t, shown, "client  SND.UNA 11 octets  SND.UNA+SND.WND 65547 octets  snd_cwnd 3 segments  snd_ssthresh 5 segments")
	require.Contains(t, shown, "server  SND.UNA 1 octets")
}

func TestTheKeyOfTheGraphsTurnsToTheNextAndEnlargingShowsAll(t *testing.T) {
	for size, hint := range map[[2]int]string{{80, 24}: "7 next", {120, 40}: "7 next graph, z all"} {
		atDeskWith(t, size[0], size[1], options(t, "en", true), lossOnTheModel, func(s *desk) {
			s.sees(times(29, "Space")+"7", "[7 over time]", "client sends: octets vs steps", "server sends: octets vs steps", hint, "R again", "^ step 29")
			s.sees("7", "client cwnd: octets vs steps", "= ssthresh")
			s.sees("7", "client RTT: ms vs steps", "= RTO 2000", hint)
			s.sees("l", "클라이언트 RTT: ms, 가로 단계", "[7 추이]")
			s.sees("<-", "^ 28단계")
			s.sees("l 7", "client sends: octets vs steps")
			s.sees("z", "client sends: octets vs steps", "client cwnd: octets vs steps", "client RTT: ms vs steps", "The clock hardly moves, so the horizontal axis counts steps.")
			s.misses(hint)
		})
	}
}

// The hint names the key that is bound, if there is one.
func TestTheHintOfTheGraphsNamesTheirKey(t *testing.T) {
	for keys, want := range map[string]string{
		`pane = ["F7", "F8", "F9", "F10", "F11", "F12", "v"]`: "v next",
		`pane = ["1"]`: "",
	} {
		config, err := ReadConfig("config.toml", strings.NewReader("[keys]\n"+keys))
		require.NoError(t, err)
		trace := lossOnLinux(t)
		v := at(trace, len(trace.Steps), "en")
		v.keys = config.Keys
		shown := graphOf(t, v, 80, 7)
		require.Contains(t, shown, want)
		require.Equal(t, want != "", strings.Contains(shown, " next"))
	}
}

// Ten thousand steps that all tell something: what a frame of them costs.
func BenchmarkGraphsOfALongTrace(b *testing.B) {
	trace := &handshake.Trace{Protocol: "tcp", Peers: []handshake.Peer{{Name: "client"}, {Name: "server"}}}
	for i := range handshake.MaxSteps {
		seq := strconv.Itoa(100 + 500*i)
		trace.Steps = append(trace.Steps, handshake.Step{
			N: i + 1, At: time.Duration(i) * time.Millisecond, Peer: "client", On: "3", Kind: handshake.KindDepart, Packet: i + 1, Vars: []handshake.Var{
				{Name: "ISS", Value: "99", Unit: "seq"},
				{Name: "SEG.SEQ", Value: seq, Unit: "seq"},
				{Name: "SEG.LEN", Value: "500", Unit: "seq"},
				{Name: "SND.UNA", Value: seq, Unit: "seq"},
				{Name: "cwnd", Value: strconv.Itoa(i % 64), Unit: "B"},
				{Name: "RTO", Value: seq, Unit: "ns"},
			},
		})
	}
	v := &view{trace: trace, n: len(trace.Steps), lang: "ko", say: words.For("ko"), glyphs: LineGlyphs()}
	sim := tcell.NewSimulationScreen("UTF-8")
	require.NoError(b, sim.Init())
	b.Cleanup(sim.Fini)
	sim.SetSize(200, 60)
	b.ReportAllocs()
	for b.Loop() {
		paneGraph(canvas{screen: sim, w: 200, h: 57, glyphs: LineGlyphs()}, v)
	}
}

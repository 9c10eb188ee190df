package viz_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/viz"
	"sockscope/viz/words"
)

// wrapping is a connection whose sequence numbers begin anew after 296 octets, on a wire
// that takes 50 ms. The second segment of data is lost.
const wrapping = `-- setup --
peer client 127.0.0.1:49152 iss=4294967000
peer server 127.0.0.1:7147  iss=300
delay 50ms
-- script --
server socket
server bind :7147
server listen 8
server accept
client socket
client setsockopt TCP_MAXSEG 536
client connect server
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>
return client
return server
client send 2144
server recv
arrive server <SEQ=4294967001>
drop server <SEQ=241>
arrive client <CTL=ACK>
timeout client retransmission
arrive server <SEQ=241>
-- en --
title: Numbers wrap & a segment is <lost>
-- ko --
title: 번호가 한 바퀴 돈다
`

func wrapped(tb testing.TB) *handshake.Trace {
	tb.Helper()
	s, err := handshake.Parse("wrapping", "wrapping.txtar", []byte(wrapping))
	require.NoError(tb, err)
	tl := timeline(tb, s)
	finish(tb, tl)
	return tl.Trace()
}

// fromKernel is what Linux did of the lesson data-lost, without its octets.
func fromKernel(tb testing.TB) *handshake.Trace {
	tb.Helper()
	file, err := os.Open("testdata/over-time-kernel.jsonl")
	require.NoError(tb, err)
	defer file.Close()
	trace, err := handshake.ReadJSON(file)
	require.NoError(tb, err)
	return trace
}

// tells is a trace of one client whose steps tell these variables, a step each.
func tells(steps ...[]handshake.Var) *handshake.Trace {
	t := &handshake.Trace{Protocol: "tcp", Peers: []handshake.Peer{{Name: "client"}, {Name: "server"}}}
	for i, vars := range steps {
		t.Steps = append(t.Steps, handshake.Step{
			N: i + 1, At: time.Duration(i) * time.Second, Peer: "client", On: "3", Kind: handshake.KindTimeout, Vars: vars,
		})
	}
	return t
}

func variable(name, value, unit string) handshake.Var {
	return handshake.Var{Name: name, Value: value, Unit: unit}
}

func segment(seq, length string) []handshake.Var {
	return []handshake.Var{variable("SEG.SEQ", seq, "seq"), variable("SEG.LEN", length, "seq")}
}

// RFC 9293 3.4: "the arithmetic dealing with sequence numbers must be performed modulo 2^32".
func TestAGraphGoesOnWhereSequenceNumbersWrap(t *testing.T) {
	trace := wrapped(t)
	g := viz.OverTime(trace, len(trace.Steps))
	require.False(t, g.BySteps)
	sent := g.Of[0][viz.SequenceGraph]
	require.Equal(t, "ISS", sent.Zero)
	require.Equal(t, []viz.Bar{
		{X: 0, Low: 0, High: 1},
		{X: 0.15, Low: 1, High: 537},
		{X: 0.2, Low: 537, High: 1073, Lost: true},
		{X: 0.2, Low: 1073, High: 1609},
		{X: 0.2, Low: 1609, High: 2145},
		{X: 1.25, Low: 537, High: 1073, Again: true},
	}, sent.Bars)
	require.Equal(t, "SND.UNA", sent.Lines[0].Name)
	require.Equal(t, []viz.Point{{X: 0, Y: 0}, {X: 0.1, Y: 1}, {X: 0.25, Y: 537}}, sent.Lines[0].Points)
	require.Equal(t, "SND.UNA+SND.WND", sent.Lines[1].Name)
	require.Equal(t, []viz.Point{{X: 0.1, Y: 65536}}, sent.Lines[1].Points, "536 octets do not move the edge of a receiver of 1460")
	require.InDelta(t, 2145, sent.Top, 0, "a large window does not press the segments flat")
	require.True(t, sent.Above(&sent.Lines[1]))
	require.False(t, sent.Above(&sent.Lines[0]))
}

func TestTheEdgeOfASmallWindowIsInThePicture(t *testing.T) {
	trace := tells([]handshake.Var{variable("ISS", "7", "seq"), variable("SND.UNA", "7", "seq"), variable("SND.WND", "12", "B")},
		segment("7", "10"))
	trace.Steps[1].Kind = handshake.KindDepart
	sent := viz.OverTime(trace, 2).Of[0][viz.SequenceGraph]
	require.InDelta(t, 12, sent.Top, 0)
	require.False(t, sent.Above(&sent.Lines[1]))
}

// A copy that is lost is no loss as long as another may arrive.
func TestOfTwoCopiesOneArrives(t *testing.T) {
	trace := tells([]handshake.Var{variable("ISS", "7", "seq")}, segment("7", "1"), nil, nil, nil)
	kinds := []handshake.Kind{handshake.KindDepart, handshake.KindDuplicate, handshake.KindDrop, handshake.KindArrive}
	lost := func(kinds ...handshake.Kind) bool {
		for i, kind := range kinds {
			s := &trace.Steps[i+1]
			s.Kind, s.Packet = kind, 1
			if s.Peer = handshake.WirePeer; kind == handshake.KindDepart {
				s.Peer = "client"
			}
		}
		return viz.OverTime(trace, len(kinds)+1).Of[0][viz.SequenceGraph].Bars[0].Lost
	}
	require.False(t, lost(kinds[:3]...))
	require.False(t, lost(kinds...))
	require.True(t, lost(kinds[0], kinds[2]))
	require.True(t, lost(kinds[0], kinds[1], kinds[2], kinds[2]))
}

// RFC 5681 2: in the model cwnd and ssthresh count octets, in Linux segments.
func TestCongestionIsInTheUnitOfTheTrace(t *testing.T) {
	trace := tells([]handshake.Var{variable("ISS", "7", "seq"), variable("cwnd", "1072", "B"), variable("ssthresh", "", "B")},
		[]handshake.Var{variable("cwnd", "536", "B"), variable("ssthresh", "1072", "B")}, []handshake.Var{variable("ssthresh", "", "B")})
	g := viz.OverTime(trace, 3).Of[0][viz.CongestionGraph]
	require.Equal(t, "octets", g.Unit)
	require.Equal(t, []viz.Line{
		{Name: "cwnd", Points: []viz.Point{{X: 0, Y: 1072}, {X: 1, Y: 536}}},
	}, []viz.Line{g.Lines[0]})
	require.Equal(t, []viz.Point{{X: 1, Y: 1072}, {X: 2, Gone: true}}, g.Lines[1].Points)
	_, known := g.Lines[1].Last()
	require.False(t, known, "none any more")

	trace = fromKernel(t)
	g = viz.OverTime(trace, len(trace.Steps)).Of[0][viz.CongestionGraph]
	require.Equal(t, "segments", g.Unit)
	require.Equal(t, []string{"snd_cwnd", "snd_ssthresh"}, []string{g.Lines[0].Name, g.Lines[1].Name})
	var cwnd []float64
	for _, p := range g.Lines[0].Points {
		cwnd = append(cwnd, p.Y)
	}
	require.Equal(t, []float64{10, 1, 3}, cwnd, "RFC 5681 3.1: a loss makes it one segment")
}

// RFC 6298 2: times are told in ms, and in s where they are long.
func TestTimesAreInMillisecondsOrSeconds(t *testing.T) {
	trace := tells([]handshake.Var{variable("ISS", "7", "seq"), variable("RTO", "1000000000", "ns")},
		[]handshake.Var{variable("SRTT", "1500000", "ns")}, []handshake.Var{variable("RTO", "60000000000", "ns")})
	short := viz.OverTime(trace, 2).Of[0][viz.TimingGraph]
	require.Equal(t, "ms", short.Unit)
	require.Equal(t, []viz.Point{{X: 2, Y: 1.5}}, short.Lines[0].Points, "two moments: steps")
	long := viz.OverTime(trace, 3).Of[0][viz.TimingGraph]
	require.Equal(t, "s", long.Unit)
	require.InDelta(t, 60, long.Top, 0)
}

// RFC 9293 3.10.4: CLOSED means that the TCB is gone, and with it what it knew.
func TestLinesEndWithTheTCB(t *testing.T) {
	trace := tells([]handshake.Var{variable("ISS", "7", "seq"), variable("RTO", "1", "ns")}, nil)
	trace.Steps[1].Before, trace.Steps[1].After = "TIME-WAIT", "CLOSED"
	_, known := viz.OverTime(trace, 2).Of[0][viz.TimingGraph].Lines[0].Last()
	require.False(t, known)
}

func TestTheNewestConnectionIsDrawn(t *testing.T) {
	trace := tells([]handshake.Var{variable("ISS", "7", "seq"), variable("SND.UNA", "7", "seq")},
		[]handshake.Var{variable("ISS", "90", "seq"), variable("SND.UNA", "90", "seq")},
		[]handshake.Var{variable("SND.UNA", "17", "seq")})
	trace.Steps[1].On = "4"
	g := viz.OverTime(trace, 3)
	require.Equal(t, [2]int{2, 0}, g.Conns)
	require.Equal(t, []viz.Point{{X: 2}}, g.Of[0][viz.SequenceGraph].Lines[0].Points, "17 is of connection 3")

	trace.Steps[1].On = "3" // the same descriptor, made again
	require.Equal(t, []viz.Point{{X: 2}, {X: 3, Y: -73}}, viz.OverTime(trace, 3).Of[0][viz.SequenceGraph].Lines[0].Points)
}

// A capture that begins later knows no ISS.
func TestWithoutAnISSTheFirstSegmentCounts(t *testing.T) {
	trace := tells(segment("5000", "10"), segment("5010", "5"))
	for i := range trace.Steps {
		trace.Steps[i].Kind = handshake.KindDepart
	}
	sent := viz.OverTime(trace, 2).Of[0][viz.SequenceGraph]
	require.Equal(t, "0", sent.Zero)
	require.Equal(t, []viz.Bar{{X: 1, High: 10}, {X: 2, Low: 10, High: 15}}, sent.Bars)
}

// The model's clock stands still where nothing waits.
func TestTheAxisCountsStepsWhereTheClockHardlyMoves(t *testing.T) {
	for name, steps := range map[string]bool{"data-lost": true, "three-way": true, "refused": true} {
		trace := played(t, name)
		g := viz.OverTime(trace, len(trace.Steps))
		require.Equal(t, steps, g.BySteps, name)
		require.LessOrEqual(t, g.To, float64(len(trace.Steps)))
	}
	trace := fromKernel(t)
	require.False(t, viz.OverTime(trace, len(trace.Steps)).BySteps)
}

// What comes later is not in the picture.
func TestAGraphKnowsNoFuture(t *testing.T) {
	trace := wrapped(t)
	for n := range len(trace.Steps) + 1 {
		past := *trace
		past.Steps = trace.Steps[:n]
		require.Equal(t, viz.OverTime(&past, n), viz.OverTime(trace, n))
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		most      int
		counted   bool
		want      string
	}{
		{0, 1, 5, true, "0 1"},
		{0, 1, 5, false, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{0, 11, 5, true, "0 5 10"},
		{0, 65535, 5, true, "0 20000 40000 60000"},
		{6, 29, 8, true, "10 15 20 25"},
		{0.012, 0.244, 5, false, "0.05 0.10 0.15 0.20"},
		{3, 3, 5, false, "3"},
		{0, 0, 0, true, "0"},
		{9e15, 9e15 + 1, 5, false, "9000000000000000 9000000000000000"},
	} {
		var texts []string
		for _, tick := range viz.Ticks(c.low, c.high, c.most, c.counted) {
			texts = append(texts, tick.Text)
		}
		if c.high < 1e15 {
			require.Equal(t, c.want, strings.Join(texts, " "), "%v to %v", c.low, c.high)
		}
		require.LessOrEqual(t, len(texts), c.most+2)
	}
}

func drawnSVG(t require.TestingT, trace *handshake.Trace, lang string) string {
	var b bytes.Buffer
	require.NoError(t, viz.SVG(&b, trace, viz.Options{Lang: lang}))
	return b.String()
}

func TestSVG(t *testing.T) {
	empty := &handshake.Trace{Scenario: "nothing", Engine: "model", Protocol: "tcp", Peers: []handshake.Peer{{Name: "client"}, {Name: "server"}}}
	one := *empty
	one.Steps = played(t, "three-way").Steps[:1]
	for name, trace := range map[string]*handshake.Trace{
		"steps": played(t, "data-lost"), "time": wrapped(t), "kernel": fromKernel(t), "empty": empty, "one-step": &one,
	} {
		for _, lang := range words.Langs() {
			handshaketest.Golden(t, "over-time-"+name+"-"+lang+".svg", drawnSVG(t, trace, lang))
		}
	}
}

// requireXML reads an SVG as a browser does, and gives the text of its elements.
func requireXML(t require.TestingT, svg string) map[string]string {
	texts, within := map[string]string{}, []string{""}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		require.NoError(t, err)
		switch x := token.(type) {
		case xml.StartElement:
			require.Contains(t, []string{"svg", "title", "desc", "style", "rect", "text", "path"}, x.Name.Local)
			within = append(within, x.Name.Local)
		case xml.EndElement:
			within = within[:len(within)-1]
		case xml.CharData:
			texts[within[len(within)-1]] += string(x)
		}
	}
}

func TestAnSVGNeedsNothingBesideItAndReadsItselfAloud(t *testing.T) {
	for _, name := range onModel(t) {
		trace := played(t, name)
		for _, lang := range words.Langs() {
			svg := drawnSVG(t, trace, lang)
			texts := requireXML(t, svg)
			require.Equal(t, trace.Words[lang]["title"], texts["title"])
			require.NotEmpty(t, texts["desc"])
			require.Contains(t, svg, `role="img" aria-labelledby="title desc"`)
			require.Contains(t, svg, `xml:lang="`+lang+`"`)
			require.NotRegexp(t, `href|url\(|@import|@font|<script|/home|/tmp`, svg)
			require.NotRegexp(t, `(graph|ui)\.[a-z]`, svg, "a key instead of its words")
			require.NotRegexp(t, `NaN|Inf|%!`, svg)
			require.Equal(t, svg, drawnSVG(t, trace, lang))
		}
	}
}

func TestAnSVGSaysWhatItHasNoDataFor(t *testing.T) {
	trace := played(t, "three-way")
	for i := range trace.Steps {
		trace.Steps[i].Vars = slices.DeleteFunc(trace.Steps[i].Vars, func(v handshake.Var) bool { return v.Name == "cwnd" })
	}
	require.Contains(t, drawnSVG(t, trace, "en"), "client: the trace tells of no congestion window (cwnd).")
	require.Contains(t, drawnSVG(t, trace, "ko"), "클라이언트: 기록에 혼잡 윈도우(cwnd)가 없다.")
	require.Contains(t, drawnSVG(t, trace, "en"), "The clock hardly moves, so the horizontal axis counts steps.")
}

// WCAG 2.2, 1.4.3: text has a contrast of 4.5 to 1, on a light page and on a dark one.
func TestAnSVGCanBeReadInLightAndInDark(t *testing.T) {
	light, dark, found := strings.Cut(requireXML(t, drawnSVG(t, played(t, "three-way"), "en"))["style"], "@media(prefers-color-scheme:dark){")
	require.True(t, found)
	for _, sheet := range []string{light, dark} {
		colour := func(class string) float64 {
			m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(class) + `\{(?:fill|stroke):#([0-9a-f]+)`).FindStringSubmatch(sheet)
			require.NotNil(t, m, class)
			return luminance(t, m[1])
		}
		paper := colour(".paper")
		for _, class := range []string{"text", ".new", ".again", ".lost", ".first", ".second"} {
			a, b := colour(class), paper
			require.GreaterOrEqual(t, (max(a, b)+0.05)/(min(a, b)+0.05), 4.5, class)
		}
	}
}

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = strings.Repeat(hex[:1], 2) + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:], 2)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// long is a trace of n steps, all of which tell something: a sawtooth of cwnd, and 500
// octets a segment, of which each tenth is lost and each twentieth sent again.
func long(n int) *handshake.Trace {
	t := tells([]handshake.Var{variable("ISS", "7", "seq")})
	seq := 8
	for i := range n - 1 {
		s := handshake.Step{N: i + 2, At: time.Duration(i) * time.Millisecond, Peer: "client", On: "3", Kind: handshake.KindDepart, Packet: i + 1}
		if i%10 == 9 {
			s.Peer, s.Kind, s.Packet = handshake.WirePeer, handshake.KindDrop, i
		} else {
			if i%20 != 10 {
				seq += 500
			}
			s.Vars = append(segment(strconv.Itoa(seq-500), "500"), variable("SND.UNA", strconv.Itoa(seq-500), "seq"), variable("SND.WND", "65535", "B"),
				variable("cwnd", strconv.Itoa(500*(i%64)), "B"), variable("ssthresh", strconv.Itoa(500*(i%7)), "B"),
				variable("SRTT", strconv.Itoa(1000000*(i%13)), "ns"), variable("RTO", strconv.Itoa(1000000000+i), "ns"))
		}
		t.Steps = append(t.Steps, s)
	}
	return t
}

// A picture has so many pixels, however long the trace is.
func TestALongTraceIsThinnedOut(t *testing.T) {
	const most = 250_000
	short := drawnSVG(t, long(1_000), "en")
	for _, n := range []int{handshake.MaxSteps, 10 * handshake.MaxSteps} {
		svg := drawnSVG(t, long(n), "en")
		requireXML(t, svg)
		require.Less(t, len(svg), most)
		require.Greater(t, len(svg), len(short)/2)
	}
}

// All at one moment: bars and lines that would cover one another are one.
func TestWhatStandsInOneColumnIsDrawnOnce(t *testing.T) {
	trace := long(handshake.MaxSteps)
	for i := range trace.Steps {
		if trace.Steps[i].At = 0; i > 5000 {
			trace.Steps[i].At = time.Duration(i) * time.Hour
		}
	}
	svg := drawnSVG(t, trace, "en")
	requireXML(t, svg)
	require.Less(t, len(svg), 250_000)
}

// A trace may come from a file that anybody wrote.
func TestWhateverATraceSaysItsSVGIsWellFormed(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"<&>\"'", "]]>", "\ufffe\x00", "\xff", "9007199254740991", "18446744073709551615", "4294967295", "-1", ""}))
	trace := wrapped(t)
	rapid.Check(t, func(rt *rapid.T) {
		spoiled := *trace
		spoiled.Words = nil
		spoiled.Scenario, spoiled.Engine, spoiled.Host = text.Draw(rt, "scenario"), text.Draw(rt, "engine"), text.Draw(rt, "host")
		spoiled.Peers = []handshake.Peer{{Name: "client", Address: text.Draw(rt, "address")}, {Name: text.Draw(rt, "name")}}
		spoiled.Steps = nil
		for _, s := range trace.Steps {
			vars := append([]handshake.Var(nil), s.Vars...)
			for i := range vars {
				if rapid.IntRange(0, 9).Draw(rt, "spoil") == 0 {
					vars[i].Value = text.Draw(rt, "value")
				}
			}
			s.Vars = vars
			spoiled.Steps = append(spoiled.Steps, s)
		}
		svg := drawnSVG(rt, &spoiled, "ko")
		requireXML(rt, svg)
		require.NotRegexp(rt, `NaN|Inf`, regexp.MustCompile(`(?s)<(title|desc|text)[ >].*?</(title|desc|text)>`).ReplaceAllString(svg, ""))
	})
}

func BenchmarkOverTime(b *testing.B) {
	for _, n := range []int{100, 1_000, handshake.MaxSteps} {
		trace := long(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				viz.OverTime(trace, n)
			}
		})
	}
}

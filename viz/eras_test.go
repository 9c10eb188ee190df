package viz_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
	"sockscope/viz"
)

// wholeTrace plays a scenario to its end on the engine of its protocol.
func wholeTrace(t *testing.T, s *handshake.Scenario) *handshake.Trace {
	t.Helper()
	var e handshake.Engine = model.Engine{Wire: wire.InMemory}
	if s.Protocol == handshake.NCP {
		e = arpanet.Engine{Wire: wire.InMemory}
	}
	timeline, err := handshake.NewTimeline(t.Context(), e, s)
	require.NoError(t, err)
	for err == nil {
		err = timeline.Next(t.Context())
	}
	require.ErrorIs(t, err, handshake.ErrOver)
	require.NoError(t, timeline.Close())
	return timeline.Trace()
}

func lesson(t *testing.T, name string) *handshake.Trace {
	t.Helper()
	s, err := handshake.Load(name)
	require.NoError(t, err)
	return wholeTrace(t, s)
}

// ownTrace is a trace of a scenario of the test's own.
func ownTrace(t *testing.T, text string) *handshake.Trace {
	t.Helper()
	s, err := handshake.Parse("written", "written.txtar", []byte(text))
	require.NoError(t, err)
	return wholeTrace(t, s)
}

func align(t *testing.T, a, b *handshake.Trace) *viz.Eras {
	t.Helper()
	e, err := viz.AlignEras(a, b)
	require.NoError(t, err)
	return e
}

// plainICP is RFC 165 without anything beside it.
const plainICP = `-- setup --
protocol ncp
peer user   1
peer server 10
-- script --
server serve 10/0/0/s 10/0/1/r
user contact server 10/0/0/s 1/5/0/r
arrive server RTS
arrive user STR
arrive server ALL
arrive user DATA
arrive user RTS
arrive user STR
arrive server CLS
arrive server STR
arrive server RTS
arrive user CLS
server receive
arrive user ALL
user send "LOGIN WINETT\r\n"
arrive server DATA
server close
arrive user CLS
arrive user CLS
arrive server CLS
arrive server CLS
`

func TestErasInEachView(t *testing.T) {
	e := align(t, ownTrace(t, plainICP), lesson(t, "three-way"))
	for name, view := range viz.ErasViews() {
		for _, o := range []viz.Options{{Lang: "en"}, {Lang: "ko"}, {Lang: "en", Plain: true}, {Lang: "ko", Plain: true}} {
			file := "eras-" + name + "-" + o.Lang + ".txt"
			if o.Plain {
				file = "eras-" + name + "-plain-" + o.Lang + ".txt"
			}
			var b bytes.Buffer
			require.NoError(t, view(&b, e, o))
			if name == "json" {
				file = "eras.jsonl" // in every language
			}
			handshaketest.Golden(t, file, b.String())
		}
	}
}

// counts are the first numbers of a cost, for tables.
func counts(c viz.EraCost) [5]int {
	return [5]int{c.Control, c.Data, c.RFNMs, c.Connections, c.Before}
}

// RFC 165 p.4: an RTS and an STR for each of three connections, an ALL for each that carries
// text, and six CLS; the number S and the user's line are text. Each has its RFNM.
func TestTheICPCostsThreeConnections(t *testing.T) {
	e := align(t, ownTrace(t, plainICP), lesson(t, "three-way"))
	require.Equal(t, [5]int{14, 2, 16, 3, 11}, counts(e.Cost[0]))
	for aim, want := range map[viz.Aim]viz.EraAimCost{
		viz.Rendezvous: {New: 2}, viz.Identity: {New: 1, Again: 2}, viz.Direction: {New: 4},
		viz.Flow: {New: 2}, viz.Content: {New: 1}, viz.Closing: {New: 6},
	} {
		require.Equal(t, want, e.AimCost(aim)[0], aim)
	}
}

// RFC 9293 3.4.1: three segments open both ways, and they are the same three for each aim.
func TestThreeSegmentsServeFourAims(t *testing.T) {
	e := align(t, ownTrace(t, plainICP), lesson(t, "three-way"))
	require.Equal(t, [5]int{9, 2, 0, 1, 3}, counts(e.Cost[1]))
	require.Equal(t, viz.EraAimCost{New: 3}, e.AimCost(viz.Rendezvous)[1])
	for _, aim := range []viz.Aim{viz.Identity, viz.Direction, viz.Flow} {
		require.Equal(t, viz.EraAimCost{Again: 3}, e.AimCost(aim)[1], aim)
	}
	require.Equal(t, viz.EraAimCost{New: 4}, e.AimCost(viz.Content)[1], "two texts, two acknowledgments")
	require.Equal(t, viz.EraAimCost{New: 4}, e.AimCost(viz.Closing)[1], "two FINs, two acknowledgments")
}

// Counts come from the trace: another scenario has others.
func TestCountsOfErasComeFromTheTrace(t *testing.T) {
	cut := func(lines int) *handshake.Trace {
		head, script, _ := strings.Cut(plainICP, "-- script --\n")
		return ownTrace(t, head+"-- script --\n"+strings.Join(strings.SplitAfter(script, "\n")[:lines], ""))
	}
	refused := ownTrace(t, `-- setup --
protocol ncp
peer user   1
peer server 10
-- script --
user contact server 10/0/0/s 1/5/0/r
arrive server RTS
timeout user RFC
`)
	for name, c := range map[string]struct {
		then, now *handshake.Trace
		want      [2][5]int
		text      [2]bool
	}{
		"no user's text": {cut(12), lesson(t, "abort"), [2][5]int{{9, 1, 10, 3, 10}, {4, 0, 0, 1, 4}}, [2]bool{}},
		"nobody listens": {refused, lesson(t, "refused"), [2][5]int{{2, 0, 1, 0, 2}, {2, 0, 0, 0, 2}}, [2]bool{}},
		"SYN sent twice": {cut(12), lesson(t, "syn-lost"), [2][5]int{{9, 1, 10, 3, 10}, {4, 0, 0, 1, 4}}, [2]bool{}},
		"opened twice":   {cut(12), lesson(t, "half-open"), [2][5]int{{9, 1, 10, 3, 10}, {7, 1, 0, 2, 3}}, [2]bool{false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			e := align(t, c.now, c.then) // in either order
			require.Equal(t, c.want, [2][5]int{counts(e.Cost[0]), counts(e.Cost[1])})
			require.Equal(t, c.text, [2]bool{e.Cost[0].Text, e.Cost[1].Text})
		})
	}
}

// Whatever was sent stands under one aim first, in every lesson, and is counted once.
func TestEveryMessageHasAnAim(t *testing.T) {
	icp, three := lesson(t, "icp"), lesson(t, "three-way")
	for _, name := range handshake.Names() {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		if s.Playable(model.Name) != nil && s.Protocol == handshake.TCP {
			continue
		}
		of, other, side := wholeTrace(t, s), icp, 1
		if s.Protocol == handshake.NCP {
			other, side = three, 0
		}
		e := align(t, of, other)
		sent, placed := 0, 0
		for i := range of.Steps {
			if s := &of.Steps[i]; s.Kind == handshake.KindDepart && s.Peer != handshake.WirePeer {
				sent++
			}
		}
		for _, aim := range viz.Aims() {
			placed += e.AimCost(aim)[side].New
		}
		require.Equal(t, sent, placed, name)
		require.Equal(t, sent, e.Cost[side].Control+e.Cost[side].Data, name)
	}
}

func TestErasWantOneTraceOfEach(t *testing.T) {
	icp, three := lesson(t, "icp"), lesson(t, "three-way")
	for _, pair := range [][2]*handshake.Trace{{icp, icp}, {three, three}} {
		_, err := viz.AlignEras(pair[0], pair[1])
		require.ErrorIs(t, err, viz.ErrEras)
	}
}

// The sockets of RFC 165 have its names: U, L, S and their successors.
func TestErasNameTheSocketsOfTheICP(t *testing.T) {
	e := align(t, ownTrace(t, plainICP), lesson(t, "three-way"))
	var b bytes.Buffer
	require.NoError(t, viz.ErasJSON(&b, e, viz.Options{}))
	var details []string
	for text := range strings.Lines(b.String()) {
		var l struct {
			Aim  viz.Aim
			Left struct{ Detail string }
		}
		require.NoError(t, json.Unmarshal([]byte(text), &l))
		if l.Left.Detail != "" && (l.Aim == viz.Direction || l.Aim == viz.Identity) {
			details = append(details, l.Left.Detail)
		}
	}
	slices.Sort(details)
	require.Equal(t, []string{
		"L: home 10, user 0", "S < U+3", "S = 10/0/1/r", "S+1 > U+2", "U+2 < S+1", "U+3 > S", "U: home 1, user 5",
	}, details)
}

func TestNoRowOfErasIsWiderThanItsHalf(t *testing.T) {
	e := align(t, ownTrace(t, plainICP), lesson(t, "three-way"))
	for _, half := range []int{37, 57, 97} {
		for _, lang := range []string{"en", "ko"} {
			for i := range e.Lines {
				for _, row := range viz.ErasRows(e, i, half, lang) {
					require.LessOrEqual(t, max(viz.Width(row.Left), viz.Width(row.Right)), half, "%q", row)
				}
			}
		}
	}
}

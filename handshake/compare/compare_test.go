package compare

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

func play(tb testing.TB, s *handshake.Scenario) *handshake.Trace {
	tb.Helper()
	timeline, err := handshake.NewTimeline(tb.Context(), model.Engine{Wire: wire.InMemory}, s)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, timeline.Close()) }()
	return handshaketest.ToTheEnd(tb, timeline)
}

func playNamed(tb testing.TB, name string) *handshake.Trace {
	tb.Helper()
	s, err := handshake.Load(name)
	require.NoError(tb, err)
	return play(tb, s)
}

// lessons are the built-in scenarios that the model can play.
func lessons(tb testing.TB) []string {
	tb.Helper()
	return slices.DeleteFunc(handshake.Names(), func(name string) bool {
		s, err := handshake.Load(name)
		require.NoError(tb, err)
		return s.Playable(model.Name) != nil
	})
}

// edited is a copy of a trace with other steps, numbered anew.
func edited(t *handshake.Trace, edit func([]handshake.Step) []handshake.Step) *handshake.Trace {
	out := *t
	out.Steps = edit(slices.Clone(t.Steps))
	for i := range out.Steps {
		out.Steps[i].N = i + 1
	}
	return &out
}

// causes are the lines in which a difference begins.
func causes(c *Comparison) []Line {
	var list []Line
	for i, l := range c.Lines {
		if l.Differs != Equal && l.Cause == i {
			list = append(list, l)
		}
	}
	return list
}

func TestATraceIsEqualToItself(t *testing.T) {
	for _, name := range lessons(t) {
		trace := playNamed(t, name)
		c := Align(trace, trace)
		equal, known, unexplained := c.Counts()
		told := slices.DeleteFunc(slices.Clone(trace.Steps), func(s handshake.Step) bool { return s.Kind == handshake.KindNote })
		require.Equal(t, []int{len(told), 0, 0}, []int{equal, known, unexplained}, name)
	}
}

const drawn = `-- setup --
peer client 127.0.0.1
peer server 127.0.0.1:7147
-- script --
server socket
server bind :7147
server listen 1
client socket
client connect server
until server ESTABLISHED
client send "hello"
arrive server <DATA=5>
client reboot
client socket
client connect server
arrive server <CTL=SYN>
`

// RFC 9293 3.4.1: an initial sequence number is drawn; what is compared is counted from it.
func TestInitialSequenceNumbersDoNotMatter(t *testing.T) {
	traces := map[uint64]*handshake.Trace{}
	for _, seed := range []uint64{1, 2} {
		s, err := handshake.Parse("drawn", "drawn", []byte(drawn))
		require.NoError(t, err)
		s.Seed = seed
		traces[seed] = play(t, s)
	}
	require.NotEqual(t, traces[1].Steps, traces[2].Steps)
	c := Align(traces[1], traces[2])
	require.Empty(t, causes(c))
	require.Equal(t, "<SEQ=0><CTL=SYN>", c.Lines[slices.IndexFunc(c.Lines, func(l Line) bool { return l.Left.Kind == handshake.KindDepart })].Left.Label)
	for _, l := range c.Lines {
		require.Equal(t, values(l.Left), values(l.Right), "step %d", l.Left.N)
	}
}

// RFC 9293 3.10.5 and 3.10.7.1: two RSTs with one number are told apart by their order,
// whether the first acknowledges or not.
func TestARSTIsKnownByItsNumber(t *testing.T) {
	trace := func(first string) *handshake.Trace {
		peers := []handshake.Peer{{Name: "client"}, {Name: "server"}}
		return &handshake.Trace{Peers: peers, Steps: []handshake.Step{
			{N: 1, Peer: "client", On: "3", Kind: handshake.KindDepart, Packet: 1, Label: first},
			{N: 2, Peer: "client", Kind: handshake.KindDepart, Packet: 2, Label: "<SEQ=101><CTL=RST>"},
			{N: 3, Peer: "server", Kind: handshake.KindArrive, Packet: 1, Label: first},
		}}
	}
	c := Align(trace("<SEQ=101><CTL=RST>"), trace("<SEQ=101><ACK=301><CTL=RST,ACK>"))
	require.Len(t, c.Lines, 3)
	require.Len(t, causes(c), 1)
	require.Equal(t, Label, causes(c)[0].Differs)
}

// RFC 9293 3.4.1: what a forged SYN says is counted alike, whether its receiver's partner
// ever comes to draw a number or, behind a difference, does not.
func TestANumberOfAnEndThatBeginsInOneTraceIsCountedAlike(t *testing.T) {
	trace := func(rest ...handshake.Step) *handshake.Trace {
		forged := handshake.Step{Peer: handshake.WirePeer, Kind: handshake.KindDepart, Packet: 1, Label: "<SEQ=3000000000><CTL=SYN>", Choice: "inject client <SEQ=3000000000><CTL=SYN>"}
		return &handshake.Trace{Peers: []handshake.Peer{{Name: "client"}, {Name: "server"}}, Steps: append([]handshake.Step{forged}, rest...)}
	}
	begins := handshake.Step{Peer: "server", On: "3.1", Kind: handshake.KindDepart, Packet: 2, Label: "<SEQ=300><ACK=101><CTL=SYN,ACK>"}
	found := causes(Align(trace(), trace(begins)))
	require.Len(t, found, 1)
	require.Equal(t, OnlyRight, found[0].Differs)
}

// RFC 9293 3.10.7.4 fifth: of two equal ACKs the third segment of the handshake is in both
// traces, and the answer to what acknowledges too much in one, whichever of them is lost.
func TestWhatLedToADifferenceIsEqual(t *testing.T) {
	ack, bad := "<SEQ=101><ACK=301><CTL=ACK>", "<SEQ=301><ACK=102><DATA=3><CTL=ACK>"
	at := func(peer string, kind handshake.Kind, packet int, label string) handshake.Step {
		return handshake.Step{Peer: peer, Kind: kind, Packet: packet, Label: label, Choice: "inject client " + bad}
	}
	trace := func(rest ...handshake.Step) *handshake.Trace {
		begin := []handshake.Step{at("client", handshake.KindDepart, 1, ack), at(handshake.WirePeer, handshake.KindDepart, 2, bad), at("client", handshake.KindArrive, 2, bad)}
		return edited(&handshake.Trace{Peers: []handshake.Peer{{Name: "client"}, {Name: "server"}}}, func([]handshake.Step) []handshake.Step { return append(begin, rest...) })
	}
	answered := trace(at("client", handshake.KindDepart, 3, ack), at(handshake.WirePeer, handshake.KindDrop, 1, ack), at("server", handshake.KindArrive, 3, ack))
	c := Align(answered, trace(at("server", handshake.KindArrive, 1, ack)))
	found := causes(c)
	require.NotEmpty(t, found)
	require.Equal(t, 4, found[0].Left.N, "the answer is what one alone has sent")
	require.Equal(t, Equal, c.Lines[0].Differs)
}

// values are a step's sequence numbers.
func values(s *handshake.Step) (list []string) {
	for _, v := range s.Vars {
		if v.Unit == "seq" && v.Name != "SEG.LEN" {
			list = append(list, v.Name+" "+v.Value)
		}
	}
	return list
}

// RFC 9293 figure 8: a number older than the first one is below 0, and of an end that
// begins anew each number counts from the newest first one below it.
func TestOldAndNewIncarnationsKeepTheirNumbers(t *testing.T) {
	var labels []string
	for _, s := range Align(playNamed(t, "figure-8"), playNamed(t, "figure-8")).Left.Steps {
		if s.Kind == handshake.KindDepart {
			labels = append(labels, s.Label)
		}
	}
	require.Equal(t, []string{
		"<SEQ=0><CTL=SYN>", "<SEQ=-10><CTL=SYN>", "<SEQ=0><ACK=-9><CTL=SYN,ACK>", "<SEQ=-9><CTL=RST>",
		"<SEQ=0><ACK=1><CTL=SYN,ACK>", "<SEQ=1><ACK=1><CTL=ACK>",
	}, labels)
}

func TestOneEditIsOneDifference(t *testing.T) {
	all := map[string]*handshake.Trace{}
	names := lessons(t)
	for _, name := range names {
		all[name] = playNamed(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		trace := all[rapid.SampledFrom(names).Draw(t, "scenario")]
		at := rapid.IntRange(0, len(trace.Steps)-1).Draw(t, "step")
		s := trace.Steps[at]
		cookie := s.Before == "LISTEN" && strings.Contains(s.Label, "<CTL=SYN,ACK>") // nothing else tells its number
		if s.Kind == handshake.KindNote || cookie {
			return
		}
		want := OnlyLeft
		other := edited(trace, func(steps []handshake.Step) []handshake.Step {
			switch rapid.SampledFrom([]string{"drop", "insert", "state"}).Draw(t, "edit") {
			case "drop": // a departure with all that became of it
				return slices.DeleteFunc(steps, func(o handshake.Step) bool {
					return o.N == s.N || s.Kind == handshake.KindDepart && o.Packet == s.Packet
				})
			case "insert":
				want = OnlyRight
				if s.Kind == handshake.KindDepart {
					s.Packet = 1000
				}
				return slices.Insert(steps, at, s)
			default:
				want = State
				steps[at].After = "ELSEWHERE"
				return steps
			}
		})
		found := causes(Align(trace, other))
		if len(found) != 1 || found[0].Differs != want || found[0].Half().Peer != s.Peer || found[0].Half().Kind != s.Kind {
			t.Fatalf("step %d, %s: found %+v, want one difference, %s", s.N, s.Label, found, want)
		}
	})
}

func TestOneEditIsOneDifferenceOfALabel(t *testing.T) {
	trace := playNamed(t, "three-way")
	for at, s := range trace.Steps {
		want := Label
		other := edited(trace, func(steps []handshake.Step) []handshake.Step {
			switch {
			case s.Kind == handshake.KindDepart:
				for i := range steps { // its arrival, too
					if steps[i].Packet == s.Packet {
						steps[i].Label = strings.Replace(s.Label, "<CTL=", "<CTL=URG,", 1)
					}
				}
			case strings.Contains(s.Label, ") = "):
				steps[at].Label, want = s.Label+"0", Result
			default:
				want = Equal
			}
			return steps
		})
		found := causes(Align(trace, other))
		if want == Equal {
			require.Empty(t, found)
			continue
		}
		require.Len(t, found, 1, s.Label)
		require.Equal(t, want, found[0].Differs, s.Label)
	}
}

// A kernel repeats itself when it is kept waiting, and says how full its queues are.
func TestNotesAreNoDifference(t *testing.T) {
	trace := playNamed(t, "three-way")
	other := edited(trace, func(steps []handshake.Step) []handshake.Step {
		return slices.Insert(steps, 8, handshake.Step{Peer: "client", Kind: handshake.KindNote, Packet: 1, Label: "again"})
	})
	c := Align(trace, other)
	require.Empty(t, causes(c))
	require.Len(t, c.Lines, len(trace.Steps))
}

// A return may come before or after the departure that it has nothing to do with.
func TestOrderDoesNotMatterWhereItCannot(t *testing.T) {
	trace := playNamed(t, "three-way")
	other := edited(trace, func(steps []handshake.Step) []handshake.Step {
		require.Equal(t, []handshake.Kind{handshake.KindDepart, handshake.KindReturn}, []handshake.Kind{steps[10].Kind, steps[11].Kind})
		steps[10], steps[11] = steps[11], steps[10]
		return steps
	})
	require.Empty(t, causes(Align(trace, other)))
}

// A call that waits in one engine and returns at once in the other is one difference.
func TestACallThatWaitsInOneEngineOnlyIsOneDifference(t *testing.T) {
	trace := playNamed(t, "three-way")
	other := edited(trace, func(steps []handshake.Step) []handshake.Step {
		steps[5].Label = "connect(3, 127.0.0.1:7147) = 0"
		return slices.Delete(steps, 11, 12) // its return
	})
	c := Align(trace, other)
	found := causes(c)
	require.Len(t, found, 1)
	require.Equal(t, Result, found[0].Differs)
	require.Equal(t, 5, c.Lines[11].Cause)
}

// Two ends that came apart are one difference until they meet again.
func TestAStateThatLastsIsOneDifference(t *testing.T) {
	trace := playNamed(t, "half-close")
	other := edited(trace, func(steps []handshake.Step) []handshake.Step {
		lost := slices.IndexFunc(steps, func(s handshake.Step) bool { return s.Peer == "client" && s.After == "FIN-WAIT-2" })
		for i := lost; i < len(steps); i++ {
			for _, state := range []*string{&steps[i].Before, &steps[i].After} {
				if steps[i].Peer == "client" && *state == "FIN-WAIT-2" {
					*state = "FIN-WAIT-1"
				}
			}
		}
		return slices.Delete(steps, lost, lost+1)
	})
	c := Align(trace, other)
	found := causes(c)
	require.Len(t, found, 1)
	require.Equal(t, OnlyLeft, found[0].Differs)
	follow := 0
	for _, l := range c.Lines {
		if l.Differs == State {
			follow++
		}
	}
	require.Positive(t, follow, "the later lines differ in their state, and say since when")
}

func TestWhatAppearsOnOneSideOnlyDoesNotShiftTheRest(t *testing.T) {
	trace := playNamed(t, "figure-7")
	other := edited(trace, func(steps []handshake.Step) []handshake.Step {
		at := slices.IndexFunc(steps, func(s handshake.Step) bool { return strings.Contains(s.Label, "<CTL=SYN,ACK>") })
		extra := steps[at]
		extra.Packet, extra.Label = 99, "<SEQ=101><ACK=301><CTL=ACK>"
		arrives := extra
		arrives.Kind, arrives.Peer = handshake.KindArrive, "b"
		return slices.Insert(steps, at+1, extra, arrives)
	})
	c := Align(trace, other)
	require.Len(t, causes(c), 1)
	require.Len(t, slices.DeleteFunc(slices.Clone(c.Lines), func(l Line) bool { return l.Differs == Equal }), 2, "its arrival is part of it")
}

// Each deviation in a pair of traces made for it: the model's, and what a kernel would
// have left.
func TestEachDeviationIsFound(t *testing.T) {
	at := func(steps []handshake.Step, kind handshake.Kind, label string) int {
		i := slices.IndexFunc(steps, func(s handshake.Step) bool { return s.Kind == kind && strings.Contains(s.Label, label) })
		require.GreaterOrEqual(t, i, 0, "%s %s", kind, label)
		return i
	}
	relabel := func(was, is string) func([]handshake.Step) []handshake.Step {
		return func(steps []handshake.Step) []handshake.Step {
			for i := range steps {
				steps[i].Label = strings.ReplaceAll(steps[i].Label, was, is)
			}
			return steps
		}
	}
	pairs := map[string]struct {
		scenario string
		kernel   func([]handshake.Step) []handshake.Step
	}{
		"delayed-ack": {"three-way", func(steps []handshake.Step) []handshake.Step {
			i := at(steps, handshake.KindDepart, "<SEQ=303><ACK=107><CTL=ACK>")
			timer := handshake.Step{Peer: "server", On: "3.1", Kind: handshake.KindTimeout, Label: "delayed-ACK", Before: "CLOSE-WAIT", After: "CLOSE-WAIT"}
			return slices.Insert(steps, i, timer)
		}},
		"time-wait-length": {"three-way", func(steps []handshake.Step) []handshake.Step {
			i := at(steps, handshake.KindTimeout, "time-wait")
			return slices.Delete(steps, i, i+1)
		}},
		"reset-acknowledges": {"abort", relabel("<SEQ=101><CTL=RST>", "<SEQ=101><ACK=301><CTL=RST,ACK>")},
		"keep-alive-reset":   {"keep-alive", relabel("<SEQ=101><CTL=RST>", "<SEQ=101><ACK=301><CTL=RST,ACK>")},
		"always-pushes":      {"figure-6", relabel("<DATA=10><CTL=ACK>", "<DATA=10><CTL=PSH,ACK>")},
		"segments-kept":      {"data-lost", relabel("<SEQ=101><ACK=301><DATA=10>", "<SEQ=101><ACK=301><DATA=5>")},
		"reading-acknowledges": {"nagle-delayed-ack", func(steps []handshake.Step) []handshake.Step {
			i := at(steps, handshake.KindDepart, "<SEQ=301><ACK=106><DATA=2><CTL=PSH,ACK>")
			bare := steps[i]
			bare.Packet, bare.Label = 100, "<SEQ=301><ACK=106><CTL=ACK>"
			return slices.Insert(steps, i, bare)
		}},
		"syn-answered-again": {"syn-ack-lost", func(steps []handshake.Step) []handshake.Step {
			return slices.DeleteFunc(steps, func(s handshake.Step) bool {
				return s.Peer == "server" && s.Kind == handshake.KindTimeout || s.Label == "<SEQ=301><ACK=101><CTL=ACK>"
			})
		}},
	}
	for _, d := range linuxDeviations() { // those of netstack alone: see handshake/differential
		pair, ok := pairs[d.Name]
		if !ok { // a schedule shows it on the kernel itself
			require.FileExists(t, "../../cmd/sockscope/testdata/deviations/"+d.Name+".txtar")
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			left := playNamed(t, pair.scenario)
			right := edited(left, pair.kernel)
			_, _, unexplained := Align(left, right).Counts()
			require.Equal(t, 1, min(unexplained, 1), "of an engine that is no kernel nothing is known")
			right.Host = "Linux"
			for _, c := range []*Comparison{Align(left, right), Align(right, left)} {
				_, known, unexplained := c.Counts()
				require.Equal(t, []int{1, 0}, []int{known, unexplained})
				for _, l := range causes(c) {
					require.Equal(t, d.Name, l.Known.Name)
				}
			}
		})
	}
}

// traces are those of two engines, the first of which is the model, that begin alike.
func traces(alike, model, kernel []handshake.Step) (left, right *handshake.Trace) {
	peers := []handshake.Peer{{Name: "client"}, {Name: "server"}}
	whole := func(steps []handshake.Step) *handshake.Trace {
		return edited(&handshake.Trace{Peers: peers}, func([]handshake.Step) []handshake.Step { return slices.Concat(alike, steps) })
	}
	left, right = whole(model), whole(kernel)
	right.Host = "Linux"
	return left, right
}

// step is a step at an end, in which a rule fired.
func step(peer string, kind handshake.Kind, packet int, label, before, after, rule string) handshake.Step {
	return handshake.Step{Peer: peer, On: "3", Kind: kind, Packet: packet, Label: label, Before: before, After: after, Why: []handshake.Why{{Rule: rule}}}
}

// RFC 5681 3.2: what was sent again too early may be seen only behind what did not leave
// because of it. Both follow from the ACK that came before.
func TestWhatDiffersBehindTheEventOfADeviationFollowsFromIt(t *testing.T) {
	left, right := traces([]handshake.Step{
		step("server", handshake.KindDepart, 1, "<SEQ=1><ACK=1><CTL=ACK>", "ESTABLISHED", "ESTABLISHED", "depart-ack"),
		step("client", handshake.KindArrive, 1, "<SEQ=1><ACK=1><CTL=ACK>", "ESTABLISHED", "ESTABLISHED", "ack-duplicate"),
		step("client", handshake.KindCall, 0, "close(3) = 0", "ESTABLISHED", "FIN-WAIT-1", "close-established"),
	}, []handshake.Step{
		step("client", handshake.KindDepart, 2, "<SEQ=9><ACK=1><CTL=FIN,ACK>", "FIN-WAIT-1", "FIN-WAIT-1", "depart-fin"),
	}, []handshake.Step{
		step("client", handshake.KindDepart, 2, "<SEQ=1><ACK=1><DATA=3><CTL=PSH,ACK>", "FIN-WAIT-1", "FIN-WAIT-1", "depart-data"),
	})
	c := Align(left, right)
	_, known, unexplained := c.Counts()
	require.Equal(t, []int{1, 0}, []int{known, unexplained})
	require.Equal(t, "fewer-duplicates", causes(c)[0].Known.Name)
}

// RFC 9293 3.10.7.4: a state that differs is the doing of the event itself, not of one before
// it that a row of the table speaks of.
func TestAnEarlierEventExplainsNoStateThatDiffers(t *testing.T) {
	const held, ack = "<SEQ=5><ACK=1><DATA=1><CTL=PSH,ACK>", "<SEQ=1><ACK=2><CTL=ACK>"
	left, right := traces([]handshake.Step{
		step("server", handshake.KindDepart, 1, held, "ESTABLISHED", "ESTABLISHED", "depart-data"),
		step("server", handshake.KindDepart, 2, ack, "ESTABLISHED", "ESTABLISHED", "depart-ack"),
		step("client", handshake.KindArrive, 1, held, "FIN-WAIT-1", "FIN-WAIT-1", "held"),
	}, []handshake.Step{
		step("client", handshake.KindArrive, 2, ack, "FIN-WAIT-1", "FIN-WAIT-2", "fin-acknowledged"),
	}, []handshake.Step{
		step("client", handshake.KindArrive, 2, ack, "FIN-WAIT-1", "FIN-WAIT-1", "kernel-otherwise"),
	})
	_, known, unexplained := Align(left, right).Counts()
	require.Equal(t, []int{0, 1}, []int{known, unexplained})
}

// stuck is an end to which one segment comes again and again, and what it says of RCV.NXT.
func stuck(engine string, next ...string) *handshake.Trace {
	t := &handshake.Trace{Engine: engine, Peers: []handshake.Peer{{Name: "client"}, {Name: "server"}}}
	return edited(t, func(steps []handshake.Step) []handshake.Step {
		for i, n := range next {
			s := handshake.Step{
				Peer: "client", On: "3", Packet: i + 1, Kind: handshake.KindArrive, Label: "<SEQ=301><ACK=102><DATA=3><CTL=ACK>",
				Before: "ESTABLISHED", After: "ESTABLISHED", Vars: []handshake.Var{{Name: "RCV.NXT", Value: n, Unit: "seq"}},
			}
			sent := s
			sent.Peer, sent.On, sent.Kind, sent.Vars = "server", "3", handshake.KindDepart, nil
			steps = append(steps, sent, s)
		}
		return steps
	})
}

// RFC 9293 3.3.1: what one end has taken and the other has not is a difference at once,
// and one, even if nothing on the wire ever shows it. A kernel is not asked: it tells its
// numbers when it likes.
func TestNumbersThatComeApartAreOneDifference(t *testing.T) {
	model, other := stuck("model", "301", "301", "301"), stuck(Netstack, "301", "304", "304")
	found := causes(Align(model, other))
	require.Len(t, found, 1)
	require.Equal(t, Numbers, found[0].Differs)
	require.Equal(t, 4, found[0].Left.N)
	require.Nil(t, found[0].Known)

	model.Steps[3].Why = []handshake.Why{{Rule: "ack-beyond"}}
	for _, c := range []*Comparison{Align(model, other), Align(other, model)} {
		require.Equal(t, "ack-beyond-taken", causes(c)[0].Known.Name)
	}

	other.Engine, other.Host = "kernel", "Linux"
	require.Empty(t, causes(Align(model, other)))
}

// RFC 9293 3.10.7.4 fifth: a deviation explains nothing that came before its event, and
// nothing at all where both ends did the same.
func TestADeviationThatDoesNotShowExplainsNothing(t *testing.T) {
	model, other := stuck("model", "301", "301", "301"), stuck(Netstack, "301", "301", "301")
	model.Steps[3].Why = []handshake.Why{{Rule: "ack-beyond"}}
	require.Empty(t, causes(Align(model, other)))

	shut := func(s []handshake.Step) []handshake.Step {
		return append(s, handshake.Step{Peer: "server", On: "3", Kind: handshake.KindTimeout, Label: "retransmission", Before: "ESTABLISHED", After: "CLOSED"})
	}
	found := causes(Align(model, edited(other, shut)))
	require.Len(t, found, 1)
	require.Nil(t, found[0].Known)

	early := stuck(Netstack, "304", "304", "304")
	found = causes(Align(model, early))
	require.Len(t, found, 1)
	require.Nil(t, found[0].Known)
}

// RFC 9293 3.10.7.4 first: an ACK that leaves behind a second event answers that one, although
// the other trace has an equal one that left before.
func TestAnAnswerIsNotPairedAcrossAnEvent(t *testing.T) {
	trace := func(engine string, answered int) *handshake.Trace {
		return edited(stuck(engine, "301", "301"), func(steps []handshake.Step) []handshake.Step {
			answer := handshake.Step{Peer: "client", On: "3", Kind: handshake.KindDepart, Packet: 9, Label: "<SEQ=101><ACK=301><CTL=ACK>", Before: "ESTABLISHED", After: "ESTABLISHED"}
			return slices.Insert(steps, answered, answer)
		})
	}
	found := causes(Align(trace("model", 2), trace(Netstack, 4)))
	require.Len(t, found, 2)
	require.Equal(t, []Difference{OnlyLeft, OnlyRight}, []Difference{found[0].Differs, found[1].Differs})
}

// RFC 9293 3.10.7.4: where two deviations could explain what differs, it follows from the
// one whose event came first; the other is shown only where nothing came before it.
func TestWhatDiffersFollowsFromTheFirstThatPartsTheConnections(t *testing.T) {
	model, other := stuck("model", "301", "301"), stuck(Netstack, "301", "304")
	event := func(s *handshake.Step, rule string) { s.Why = []handshake.Why{{Rule: rule}} }
	event(&model.Steps[1], "ack-beyond")
	for _, t := range []*handshake.Trace{model, other} {
		t.Steps[3].Before = "CLOSE-WAIT"
		t.Steps[3].After = "CLOSE-WAIT"
	}
	event(&model.Steps[3], "fin-again")
	found := causes(Align(model, other))
	require.Len(t, found, 1)
	require.Equal(t, "second-fin", found[0].Known.Name)

	other.Steps[1].Vars[0].Value = "304"
	model.Steps[3].After = "CLOSING"
	found = causes(Align(model, other))
	require.Len(t, found, 1)
	require.Equal(t, "ack-beyond-taken", found[0].Known.Name)
}

// RFC 9293 3.10.7.4 second: two RSTs that are known to be labelled otherwise are one
// difference, and what they make of their receiver is another.
func TestALabelDoesNotExplainAState(t *testing.T) {
	trace := func(label, after string) *handshake.Trace {
		return edited(&handshake.Trace{Peers: []handshake.Peer{{Name: "client"}, {Name: "server"}}}, func([]handshake.Step) []handshake.Step {
			return []handshake.Step{
				{Peer: "client", On: "3", Kind: handshake.KindDepart, Packet: 1, Label: label},
				{Peer: "server", On: "3", Kind: handshake.KindArrive, Packet: 1, Label: label, Before: "SYN-RECEIVED", After: after},
			}
		})
	}
	bare, acks := "<SEQ=102><CTL=RST>", "<SEQ=102><ACK=301><CTL=RST,ACK>"
	require.Len(t, causes(Align(trace(bare, "CLOSED"), trace(acks, "CLOSED"))), 1)
	found := causes(Align(trace(bare, "SYN-RECEIVED"), trace(acks, "CLOSED")))
	require.Len(t, found, 2)
	require.Equal(t, State, found[1].Differs)
}

// RFC 9293 3.4: what a row says of a segment's place is counted from what its receiver has
// said last that it expects.
func TestASegmentIsAheadOrBeyond(t *testing.T) {
	steps := stuck("model", "301", "304").Steps
	first, again := arriving(&steps[1], steps), arriving(&steps[3], steps)
	require.Equal(t, arrival{seq: 301, text: 3, next: 301}, again)
	require.False(t, ahead(again))
	require.True(t, beyond(again))
	require.True(t, ahead(first), "nothing is expected yet")
	require.False(t, beyond(arrival{seq: 298, text: 3, next: 301}))
}

func FuzzAlign(f *testing.F) {
	var one, two bytes.Buffer
	require.NoError(f, playNamed(f, "figure-8").WriteJSON(&one))
	require.NoError(f, playNamed(f, "refused").WriteJSON(&two))
	f.Add(one.Bytes(), two.Bytes())
	f.Add(one.Bytes(), one.Bytes())
	f.Fuzz(func(t *testing.T, a, b []byte) {
		left, err := handshake.ReadJSON(bytes.NewReader(a))
		if err != nil || len(left.Steps) > 100 {
			return
		}
		right, err := handshake.ReadJSON(bytes.NewReader(b))
		if err != nil || len(right.Steps) > 100 {
			return
		}
		right.Host = "Linux"
		c := Align(left, right)
		var n [2][]string
		for i, l := range c.Lines {
			require.True(t, l.Left != nil || l.Right != nil)
			require.True(t, l.Cause >= 0 && l.Cause < len(c.Lines), "line %d", i)
			require.Equal(t, c.Lines[l.Cause].Cause, l.Cause)
			if l.Left != nil {
				n[0] = append(n[0], strconv.Itoa(l.Left.N))
			}
			if l.Right != nil {
				n[1] = append(n[1], strconv.Itoa(l.Right.N))
			}
			c.Event(i, false)
			c.Event(i, true)
		}
		require.Len(t, n[0], len(c.Left.Steps))
		require.True(t, slices.IsSortedFunc(n[0], func(a, b string) int { return len(a) - len(b) }), "the left order stays")
		slices.Sort(n[1])
		require.Len(t, slices.Compact(n[1]), len(c.Right.Steps), "each step once")
	})
}

func BenchmarkAlign(b *testing.B) {
	trace := playNamed(b, "three-way")
	b.ReportAllocs()
	for b.Loop() {
		Align(trace, trace)
	}
}

// What departed before an event is settled, even where that event leads to two states: a
// FIN and its repetition behind it are not mixed up.
func TestWhatDepartedBeforeAnEventIsSettled(t *testing.T) {
	fin := handshake.Step{Peer: "client", Kind: handshake.KindDepart, Label: "<SEQ=1><ACK=1><CTL=FIN,ACK>", Packet: 1}
	arrives := handshake.Step{Peer: "client", Kind: handshake.KindArrive, Label: "<SEQ=1><ACK=1><CTL=ACK>", Packet: 2, Before: "FIN-WAIT-1"}
	left, right := arrives, arrives
	left.After, right.After = "FIN-WAIT-2", "FIN-WAIT-1"
	ours := &handshake.Trace{Steps: []handshake.Step{fin, left, fin}}
	theirs := &handshake.Trace{Steps: []handshake.Step{fin, right, fin}}
	require.Equal(t, 1, beginning(ours, theirs))
	theirs.Steps[1].Label = "<SEQ=1><ACK=2><CTL=ACK>"
	require.Zero(t, beginning(ours, theirs), "another event settles nothing")
}

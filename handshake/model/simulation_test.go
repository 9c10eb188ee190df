package model_test

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// life is a whole life of eight segments: the handshake, five octets, a close by each.
func life() *model.Plan {
	const ms = time.Millisecond
	return &model.Plan{
		ISS:       [2]uint32{100, 300},
		Addresses: [2]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:49152"), netip.MustParseAddrPort("127.0.0.1:7147")},
		Calls: []model.PlannedCall{
			{End: 1, Call: tcp.Open{}},
			{End: 0, Call: tcp.Open{Active: true, Remote: true, ISS: 100}},
			{End: 0, Call: tcp.Send{Now: 10 * ms, Text: "hello", Push: true}},
			{End: 1, Call: tcp.Receive{Now: 20 * ms, Octets: 5}},
			{End: 0, Call: tcp.Close{Now: 30 * ms}},
			{End: 1, Call: tcp.Close{Now: 40 * ms}},
		},
	}
}

const segmentsOfALife = 9

// A life that is simulated is the one that a person steps through: the same segments, and
// the same states by the same rules.
func TestASimulatedLifeIsThatOfTheWorld(t *testing.T) {
	s, err := handshake.Parse("life", "life.txtar", []byte(`The life of the plan.
-- setup --
peer A 127.0.0.1:49152 iss=100
peer B 127.0.0.1:7147  iss=300
-- script --
B socket
B bind :7147
B listen 8
A socket
A connect B
arrive B <CTL=SYN>
arrive A <CTL=SYN,ACK>
arrive B <CTL=ACK>
return A
B accept
A send "hello"
arrive B <CTL=PSH,ACK>
arrive A <CTL=ACK>
B recv
A close
arrive B <CTL=FIN,ACK>
arrive A <CTL=ACK>
B close
arrive A <CTL=FIN,ACK>
arrive B <CTL=ACK>
timeout A time-wait
-- en --
title: A life
shows: a whole life
-- ko --
title: 한살이
shows: 연결의 한살이
`))
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	finish(t, timeline)
	require.Equal(t, happenings(timeline.Trace().Steps), happenings(life().Steps()))
}

// happenings are what the machines did, without the calls of a host that they know nothing of.
func happenings(steps []handshake.Step) (list []string) {
	for _, s := range steps {
		var rules []string
		for _, w := range s.Why {
			if s.Kind != handshake.KindSignal && strings.HasPrefix(w.Cite, "RFC 9293 3.10") {
				rules = append(rules, w.Rule)
			}
		}
		switch {
		case s.Kind == handshake.KindDepart:
			list = append(list, s.Peer+" "+s.Label)
		case len(rules) > 0:
			list = append(list, strings.Join(append(rules, s.Peer, s.Before, s.After), " "))
		}
	}
	return list
}

// A record is small enough that a million lives fit into memory, and its Steps tell the
// rest.
func TestARecordIsWhatItsStepsTell(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(model.Record{}), uintptr(64))
	rapid.Check(t, func(t *rapid.T) {
		plan := anyPlan(t)
		var s model.Simulation
		s.Run(plan)
		records := s.Records
		for _, step := range plan.Steps() {
			if step.Kind == handshake.KindDepart || step.Kind == handshake.KindDrop {
				continue
			}
			r := records[0]
			records = records[1:]
			require.Equal(t, []string{r.Before.String(), r.After.String()}, []string{step.Before, step.After})
			require.Equal(t, int(r.Packet), step.Packet)
			require.Equal(t, r.At, step.At)
			require.Len(t, step.Why, int(r.Fired))
			for i, why := range step.Why[:min(len(step.Why), len(r.Rules))] {
				require.Equal(t, r.Rules[i].String(), why.Rule)
			}
		}
		require.Empty(t, records)
	})
}

// RFC 9293 2.1: "reliable, in-order": whatever a line loses and whatever overtakes on it,
// the text comes whole, and both ends end, unless one gives up.
func TestTextComesWholeOverAnyLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := anyPlan(t)
		sent := 0
		for _, c := range plan.Calls {
			if send, ok := c.Call.(tcp.Send); ok {
				sent += len(send.Text)
			}
		}
		var s model.Simulation
		s.Run(plan)
		last := map[uint8]tcp.State{}
		gaveUp := false
		for _, r := range s.Records {
			last[r.End] = r.After
			given := r.Verb == model.TimesOut && r.Before != tcp.TimeWait || r.Verb == model.Calls && r.Before == tcp.SynSent
			gaveUp = gaveUp || given && r.After == tcp.Closed
		}
		if !gaveUp { // who is left alone may wait for ever: FIN-WAIT-2 has no timer
			require.Equal(t, map[uint8]tcp.State{0: tcp.Closed, 1: tcp.Closed}, last)
			require.Equal(t, sent, s.Received[1])
		}
	})
}

// anyPlan draws a connection that sends some texts over a line that loses and delays.
func anyPlan(t *rapid.T) *model.Plan {
	const second = time.Second
	plan := life()
	plan.Octets = rapid.Bool().Draw(t, "octets")
	settings := tcp.Settings{
		SACK: rapid.Bool().Draw(t, "SACK"), Stamp: rapid.Bool().Draw(t, "timestamps"), Scale: rapid.Bool().Draw(t, "scale"),
		DelayACK: rapid.Bool().Draw(t, "delayed ACKs"),
	}
	plan.Calls = []model.PlannedCall{
		{End: 1, Call: tcp.Open{Settings: settings}},
		{End: 0, Call: tcp.Open{Active: true, Remote: true, ISS: 100, Settings: settings}},
	}
	at := second
	for _, n := range rapid.SliceOfN(rapid.IntRange(1, 5000), 0, 8).Draw(t, "texts") {
		plan.Calls = append(plan.Calls,
			model.PlannedCall{End: 0, Call: tcp.Send{Now: at, Text: strings.Repeat("x", n), Push: true}},
			model.PlannedCall{End: 1, Call: tcp.Receive{Now: at + second/2, Octets: 65535}},
		)
		at += second
	}
	plan.Calls = append(plan.Calls, model.PlannedCall{End: 0, Call: tcp.Close{Now: at}}, model.PlannedCall{End: 1, Call: tcp.Close{Now: at + 300*second}})
	seed, loss := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 30).Draw(t, "loss")
	plan.Line = func(packet uint32) (time.Duration, bool) {
		r := rand.New(rand.NewPCG(seed, uint64(packet)))
		return time.Duration(r.IntN(50)) * time.Millisecond, r.IntN(100) < loss
	}
	return plan
}

func BenchmarkSimulation(b *testing.B) {
	for _, octets := range []bool{false, true} {
		b.Run(map[bool]string{false: "segments", true: "octets"}[octets], func(b *testing.B) {
			var s model.Simulation
			plan := life()
			plan.Octets = octets
			b.ReportAllocs()
			for b.Loop() {
				s.Run(plan)
			}
			require.Equal(b, tcp.Closed, s.Records[len(s.Records)-1].After)
			segments := 0
			for _, r := range s.Records {
				segments += int(r.Sent)
			}
			reportLife(b, segments)
		})
	}
	b.Run("by hand", byHand)
}

func reportLife(b *testing.B, segments int) {
	b.Helper()
	require.Equal(b, segmentsOfALife, segments)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*segments), "ns/segment")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lives/s")
}

// byHand is what is written in an afternoon to simulate the same life: a list of events,
// two machines that have states and numbers and nothing else, and a record of each event.
// It is what a rule, an option, a timer and a check must be measured beside.
func byHand(b *testing.B) {
	b.ReportAllocs()
	segments := 0
	var w handWorld
	for b.Loop() {
		w = handWorld{events: w.events[:0], records: w.records[:0]}
		w.ends[1].state = tcp.Listen
		w.push(handEvent{what: opens, to: 0})
		w.push(handEvent{what: sends, to: 0, at: 10})
		w.push(handEvent{what: closes, to: 0, at: 30})
		w.push(handEvent{what: closes, to: 1, at: 40})
		segments = 0
		for len(w.events) > 0 {
			e := w.pop()
			before := w.ends[e.to].state
			sent := w.ends[e.to].happen(&e)
			w.records = append(w.records, handRecord{at: e.at, to: e.to, before: before, after: w.ends[e.to].state})
			if sent.CTL != 0 {
				segments++
				w.push(handEvent{what: arrives, to: 1 - e.to, at: e.at, segment: sent})
			}
		}
		if w.ends[0].state != tcp.TimeWait || w.ends[1].state != tcp.Closed {
			b.Fatal(w.ends[0].state, w.ends[1].state)
		}
	}
	reportLife(b, segments)
}

type handRecord struct {
	at, to        int
	before, after tcp.State
}

const (
	opens = iota
	sends
	closes
	arrives
)

type handEvent struct {
	at, order, to, what int
	segment             tcp.Segment
}

type handWorld struct {
	ends    [2]handEnd
	events  []handEvent
	records []handRecord
	order   int
}

func (w *handWorld) push(e handEvent) {
	w.order++
	e.order = w.order
	w.events = append(w.events, e)
}

func (w *handWorld) pop() handEvent {
	least := 0
	for i := range w.events {
		a, b := &w.events[i], &w.events[least]
		if a.at < b.at || a.at == b.at && a.order < b.order {
			least = i
		}
	}
	e, last := w.events[least], len(w.events)-1
	w.events[least] = w.events[last]
	w.events = w.events[:last]
	return e
}

type handEnd struct {
	state    tcp.State
	nxt, rcv uint32
}

// happen gives the segment that an event makes the end send; without control bits, none.
func (t *handEnd) happen(e *handEvent) tcp.Segment {
	if e.what == arrives {
		t.rcv = e.segment.SEQ + e.segment.LEN()
	}
	send := func(to tcp.State, ctl tcp.CTL, text string) tcp.Segment {
		s := tcp.Segment{SEQ: t.nxt, ACK: t.rcv, WND: 65535, CTL: ctl, Text: text}
		t.state, t.nxt = to, t.nxt+s.LEN()
		return s
	}
	switch {
	case e.what == opens:
		return send(tcp.SynSent, tcp.SYN, "")
	case e.what == sends:
		return send(t.state, tcp.PSH|tcp.ACK, "hello")
	case e.what == closes && t.state == tcp.CloseWait:
		return send(tcp.LastAck, tcp.FIN|tcp.ACK, "")
	case e.what == closes:
		return send(tcp.FinWait1, tcp.FIN|tcp.ACK, "")
	case t.state == tcp.Listen:
		return send(tcp.SynReceived, tcp.SYN|tcp.ACK, "")
	case t.state == tcp.SynSent:
		return send(tcp.Established, tcp.ACK, "")
	case t.state == tcp.SynReceived:
		t.state = tcp.Established
	case t.state == tcp.FinWait1:
		t.state = tcp.FinWait2
	case t.state == tcp.LastAck:
		t.state = tcp.Closed
	case e.segment.CTL.Has(tcp.FIN) && t.state == tcp.FinWait2:
		return send(tcp.TimeWait, tcp.ACK, "")
	case e.segment.CTL.Has(tcp.FIN):
		return send(tcp.CloseWait, tcp.ACK, "")
	case e.segment.Text != "":
		return send(t.state, tcp.ACK, "")
	}
	return tcp.Segment{}
}

package arpanet

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// world is a network with what its hosts hear, put together.
type world struct {
	t     *testing.T
	n     Network
	rules []Rule // of the last event
	hosts map[uint8]*host
}

type host struct {
	in    receiver
	out   sender
	heard []string // since it was last asked
}

// newWorld has hosts 2 and 3 at two IMPs and 66, the second of IMP 2; all have said that they
// are ready.
func newWorld(t *testing.T, framing Framing) *world {
	t.Helper()
	n, err := NewNetwork(Port{2, framing}, Port{3, framing}, Port{66, framing}, Port{9, framing})
	require.NoError(t, err)
	w := &world{t: t, n: n, hosts: map[uint8]*host{2: {}, 3: {}, 66: {}}}
	for _, h := range []uint8{2, 3, 66} {
		w.do(Start{h})
		w.say(h, last|ready, "")
		require.Equal(t, []string{nop, nop, nop, "\x0a\x00\x00\x00"}, w.heard(h))
	}
	return w
}

const nop = "\x04\x00\x00\x00"

func (w *world) do(e Event) {
	w.t.Helper()
	o := Step(w.n, e)
	w.n, w.rules = o.Network, o.Rules
	for _, s := range o.Sent {
		h := w.hosts[s.Host]
		a, fired := h.in.take(s.Datagram)
		for _, r := range []Rule{DatagramMalformed, SequenceOld, SequenceGap} {
			require.NotContains(w.t, fired, r)
		}
		if a.ended {
			require.Equal(w.t, sound, a.flaw)
			h.heard = append(h.heard, a.message)
		}
	}
}

// say sends one datagram of a host.
func (w *world) say(from uint8, flags hosthost.DatagramFlags, carried string) {
	w.t.Helper()
	w.do(FromHost{from, w.hosts[from].out.datagram(flags, []byte(carried))})
}

// message sends a whole one.
func (w *world) message(from uint8, message string) { w.t.Helper(); w.say(from, last|ready, message) }

// heard is what a host has heard since it was last asked.
func (w *world) heard(h uint8) []string {
	heard := w.hosts[h].heard
	w.hosts[h].heard = nil
	return heard
}

// settle lets everything arrive.
func (w *world) settle() {
	w.t.Helper()
	for e, ok := w.n.Next(); ok; e, ok = w.n.Next() {
		w.do(e)
	}
}

// RFC 208, 381: the source takes the destination's place in the leader, all else is the
// message's own; the RFNM names the message by host, link and message-id.
func TestAMessageIsDeliveredAndItsRFNMReturned(t *testing.T) {
	for _, framing := range []Framing{OneDatagram, Packets} {
		w := newWorld(t, framing)
		w.message(2, "\x80\x03\x2a\xf0"+"text")
		require.Equal(t, []Rule{MessageAccepted}, w.rules)
		require.Equal(t, []Message{{Number: 1, From: 2, To: 3, Octets: "\x80\x03\x2a\xf0text"}}, w.n.InTransit())
		w.do(Return{1})
		require.Equal(t, []Rule{NotInTransit}, w.rules, "no RFNM before the message has arrived")
		w.do(Deliver{1})
		require.Equal(t, []Rule{Delivered}, w.rules)
		require.Equal(t, []string{"\x80\x02\x2a\xf0" + "text"}, w.heard(3))
		require.Empty(t, w.heard(2))
		for _, again := range []Event{Deliver{1}, Tardy{1}} {
			w.do(again)
			require.Equal(t, []Rule{NotInTransit}, w.rules)
		}
		w.do(Return{1})
		require.Equal(t, []Rule{RFNMReturned}, w.rules)
		require.Equal(t, []string{"\x05\x03\x2a\xf0"}, w.heard(2))
		require.Empty(t, w.n.InTransit())
	}
}

func TestAHostMayWriteToItselfAndToItsNeighbour(t *testing.T) {
	w := newWorld(t, OneDatagram)
	w.message(66, "\x00\x42\x00\x00me")
	w.message(66, "\x00\x02\x00\x00it")
	w.settle()
	require.Equal(t, []string{"\x00\x42\x00\x00me", "\x05\x42\x00\x00", "\x05\x02\x00\x00"}, w.heard(66))
	require.Equal(t, []string{"\x00\x42\x00\x00it"}, w.heard(2))
}

// Reference table of section d, RFC 381 and 394: what an IMP says to what is not a message.
func TestWhatIsWrongIsAnswered(t *testing.T) {
	long := string(make([]byte, MaxMessage))
	type said struct {
		flags   hosthost.DatagramFlags
		carried string
	}
	all := func(message string) []said { return []said{{last | ready, message}} }
	for _, c := range []struct {
		name string
		says []said
		rule Rule
		want string
	}{
		{"NOP", all(nop), NOPDiscarded, ""},
		{"error in leader, from a host", all("\x01\x00\x00\x02"), HostReports, ""},
		{"host going down", all("\x02\x00\x00\x00"), HostReports, ""},
		{"error in data, from a host", all("\x08\x03\x00\x00"), HostReports, ""},
		{"half a leader", all("\x00\x03"), LeaderShort, "\x01\x00\x00\x01"},
		{"uncontrolled", all("\x03\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"RFNM", all("\x05\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"type 6", all("\x06\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"type 7", all("\x07\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"type 9", all("\x09\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"type 10", all("\x0a\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"type 11", all("\x0b\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"type 14", all("\x0e\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"long leader", all("\x0f\x03\x00\x00"), IllegalType, "\x01\x00\x00\x02"},
		{"IMP 4 is not there", all("\x00\x04\x07\x10text"), IMPUnreachable, "\x07\x04\x07\x10"},
		{"IMP 9 is switched off", all("\x00\x09\x00\x00"), IMPUnreachable, "\x07\x09\x00\x00"},
		{"for the IMP", all("\x40\x03\x07\x10"), HostDown, "\x07\x03\x07\x11"},
		{"no host 67 on IMP 3", all("\x00\x43\x07\x10text"), HostDown, "\x07\x43\x07\x11"},
		{"the longest", all("\x00\x43" + long[2:]), HostDown, "\x07\x43\x00\x01"},
		{"too long", all("\x00\x03\x07\x10" + long), MessageTooLong, "\x09\x03\x07\x11"},
		{"not ready", []said{{last, "\x00\x03\x07\x10"}}, ErrorOnLeader, "\x01\x00\x00\x00"},
		{"ready line drops", []said{{ready, "\x00\x03\x07\x10"}, {last, ""}}, ErrorInData, "\x08\x03\x07\x10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Packets)
			for _, s := range c.says {
				w.say(2, s.flags, s.carried)
			}
			fired := w.rules
			if len(w.n.InTransit()) > 0 {
				w.settle()
				fired = append(fired, w.rules...)
			}
			require.Equal(t, c.rule, fired[len(fired)-1], "%v", fired)
			require.Equal(t, c.want, strings.Join(w.heard(2), "|"))
			require.Empty(t, w.heard(3))
		})
	}
}

// RFC 381 type 9 subtype 2; what comes after the answer is no message.
func TestAMessageThatTakesTooLongIsGivenUp(t *testing.T) {
	w := newWorld(t, OneDatagram)
	w.do(TooSlow{2})
	require.Empty(t, w.rules, "none is under way")
	w.say(2, ready, "\x00\x03\x07\x00")
	w.do(TooSlow{2})
	require.Equal(t, []Rule{MessageTooSlow}, w.rules)
	require.Equal(t, []string{"\x09\x03\x07\x02"}, w.heard(2))
	w.do(TooSlow{2})
	require.Empty(t, w.rules)
	w.say(2, ready, strings.Repeat("x", MaxMessage))
	require.Empty(t, w.n.at(2).in.begun)
	w.say(2, last|ready, "rest")
	require.Equal(t, []Rule{RestDiscarded}, w.rules)
	w.say(2, ready, "\x00\x03")
	w.do(TooSlow{2})
	require.Equal(t, []Rule{LeaderShort}, w.rules)
	w.say(2, last|ready, "")
	require.Equal(t, []Rule{RestDiscarded}, w.rules)
	require.Equal(t, []string{"\x01\x00\x00\x01"}, w.heard(2))
	w.message(2, "\x00\x03\x00\x00")
	require.Equal(t, []Rule{MessageAccepted}, w.rules)
	w.do(TooSlow{9})
	require.Empty(t, w.rules)
}

// RFC 381 type 7 subtype 1: down is whoever's ready line is.
func TestAHostThatIsNotReadyIsDead(t *testing.T) {
	w := newWorld(t, OneDatagram)
	require.True(t, w.n.Ready(3))
	w.message(2, "\x00\x03\x07\x00")
	w.say(3, last, "")
	require.Equal(t, []Rule{ReadyDropped}, w.rules)
	require.False(t, w.n.Ready(3))
	w.settle()
	require.Equal(t, []Rule{HostDown}, w.rules)
	require.Equal(t, []string{"\x07\x03\x07\x01"}, w.heard(2))
	w.say(3, last|ready, "")
	w.message(2, "\x00\x03\x07\x00")
	w.settle()
	require.Equal(t, []string{"\x05\x03\x07\x00"}, w.heard(2))
}

// RFC 381 type 9 subtype 3: the source is told the same, whether the message was lost or only
// its RFNM.
func TestTheNetworkMayLoseAMessageOrItsRFNM(t *testing.T) {
	w := newWorld(t, OneDatagram)
	w.message(2, "\x00\x03\x07\x00first")
	w.message(2, "\x00\x03\x08\x00second")
	w.do(Lose{1})
	require.Equal(t, []Rule{MessageLost}, w.rules)
	w.do(Deliver{2})
	w.do(Lose{2})
	require.Equal(t, []string{"\x09\x03\x07\x03", "\x09\x03\x08\x03"}, w.heard(2))
	require.Equal(t, []string{"\x00\x02\x08\x00second"}, w.heard(3))
	for _, e := range []Event{Lose{2}, Deliver{2}, Return{2}, Tardy{2}, Deliver{-1}} {
		w.do(e)
		require.Equal(t, []Rule{NotInTransit}, w.rules)
	}
}

// RFC 270, 394: the message is discarded, the ready line drops, three NOPs and type 10 follow.
func TestATardyHostIsReset(t *testing.T) {
	w := newWorld(t, OneDatagram)
	w.say(3, ready, "\x00\x02\x05\x00be")
	w.message(2, "\x00\x03\x07\x00")
	w.do(Tardy{1})
	require.Equal(t, []Rule{HostTardy, InterfaceReset}, w.rules)
	require.Equal(t, []string{"\x09\x03\x07\x00"}, w.heard(2))
	require.Equal(t, []string{nop, nop, nop, "\x0a\x00\x00\x00"}, w.heard(3))
	w.say(3, last|ready, "gun")
	require.Equal(t, []Rule{ErrorInData}, w.rules, "what the host was saying is spoiled")
	require.Equal(t, []string{"\x08\x02\x05\x00"}, w.heard(3))
	w.message(2, "\x00\x43\x00\x00")
	w.do(Tardy{2})
	require.Equal(t, []Rule{HostTardy}, w.rules, "there is no host 67 to reset")
}

func TestMessagesBetweenTwoHostsKeepTheirOrder(t *testing.T) {
	w := newWorld(t, OneDatagram)
	for _, m := range []string{"\x00\x03\x00\x00one", "\x00\x03\x00\x00two", "\x00\x42\x00\x00three"} {
		w.message(2, m)
	}
	w.do(Deliver{2})
	require.Equal(t, []Rule{OutOfOrder}, w.rules)
	w.do(Deliver{3})
	w.do(Deliver{1})
	w.do(Deliver{2})
	w.do(Return{2})
	require.Equal(t, []Rule{RFNMReturned}, w.rules, "RFNMs may come in any order")
	w.settle()
	require.Equal(t, []string{"\x00\x02\x00\x00one\x00", "\x00\x02\x00\x00two\x00"}, w.heard(3))
}

// RFC 534: four from one host to another, and no more; what follows waits in its order, what
// has no room is answered.
func TestAFloodIsBounded(t *testing.T) {
	w := newWorld(t, OneDatagram)
	const flood = 1000
	for i := range flood {
		w.message(2, "\x00\x03"+string([]byte{byte(i)})+"\x00text")
		require.LessOrEqual(t, len(w.n.InTransit()), MaxOutstanding)
		require.LessOrEqual(t, len(w.n.at(2).waiting), MaxWaiting)
	}
	require.Equal(t, []Rule{ResourcesUnavailable}, w.rules)
	refused := w.heard(2)
	require.Len(t, refused, flood-MaxOutstanding-MaxWaiting)
	require.Equal(t, "\x09\x03\x14\x04", refused[0])
	w.message(2, "\x00\x04\x00\x00")
	require.Equal(t, []Rule{ResourcesUnavailable}, w.rules, "the interface is stopped for all destinations")
	w.heard(2)
	w.message(3, "\x00\x02\x00\x00")
	require.Equal(t, []Rule{MessageAccepted}, w.rules, "another's is not")
	w.do(Deliver{1})
	require.Equal(t, []Rule{Delivered}, w.rules)
	w.do(Return{1})
	require.Equal(t, []Rule{RFNMReturned, MessageAccepted}, w.rules)
	w.settle()
	heard := w.heard(3)
	require.Len(t, heard, MaxOutstanding+MaxWaiting+1)
	require.True(t, slices.IsSortedFunc(slices.DeleteFunc(heard, func(m string) bool { return m[0] != 0 }), func(a, b string) int {
		return int(a[2]) - int(b[2])
	}))
	require.Len(t, w.heard(2), MaxOutstanding+MaxWaiting+1)
}

func TestWhoeverBeginsAgainHasNothingWaiting(t *testing.T) {
	w := newWorld(t, OneDatagram)
	for range MaxOutstanding + 1 {
		w.message(2, "\x00\x03\x00\x00")
	}
	require.Equal(t, []Rule{FourOutstanding}, w.rules)
	w.hosts[2].out = sender{}
	w.say(2, last|ready, "")
	require.Equal(t, []Rule{SequenceRestarted, ReadyRaised}, w.rules)
	w.settle()
	require.Len(t, w.heard(3), MaxOutstanding)
	w.message(2, "\x00\x03\x00\x00")
	w.hosts[2].heard = nil
	w.do(Start{2})
	require.Equal(t, []Rule{InterfaceStarted, InterfaceReset}, w.rules)
	require.Len(t, w.heard(2), 4)
	require.Empty(t, w.n.InTransit(), "an IMP that starts anew has forgotten them")
	require.False(t, w.n.Ready(2))
	w.message(2, "\x00\x03\x00\x00")
	require.Equal(t, []Rule{SequenceGap, ReadyRaised, MessageAccepted}, w.rules)
}

func TestWhereNoInterfaceIsNothingHappens(t *testing.T) {
	w := newWorld(t, OneDatagram)
	for _, e := range []Event{Start{200}, FromHost{200, nil}, FromHost{9, hosthost.AppendDatagram(nil, 0, last|ready, []byte(nop))}} {
		o := Step(w.n, e)
		require.Equal(t, Outcome{Network: w.n, Rules: []Rule{InterfaceOff}}, o)
	}
	require.False(t, w.n.Ready(9))
	require.False(t, w.n.Ready(200))
	_, err := NewNetwork(Port{Host: 2}, Port{Host: 2})
	require.EqualError(t, err, "arpanet: two interfaces of host 2, want one")
}

// A network before an event is the network that it was, so a copy is a snapshot.
func TestStepLeavesTheNetworkAsItWas(t *testing.T) {
	w := newWorld(t, Packets)
	for range MaxOutstanding + 3 {
		w.message(2, "\x00\x03\x00\x00text")
	}
	before := w.n.clone()
	message := hosthost.AppendDatagram(nil, w.hosts[2].out.next, last|ready, []byte("\x00\x42\x00\x00"))
	for _, e := range []Event{Start{2}, FromHost{2, message}, TooSlow{2}, Deliver{1}, Lose{1}, Lose{3}, Tardy{1}} {
		first := Step(w.n, e)
		require.Equal(t, before, w.n)
		require.Equal(t, first, Step(w.n, e), "the same again")
	}
	futures := map[string]Outcome{}
	for _, m := range []string{"\x00\x03\x00\x00one!", "\x00\x03\x00\x00two!"} {
		futures[m] = Step(w.n, FromHost{2, hosthost.AppendDatagram(nil, w.hosts[2].out.next, last|ready, []byte(m))})
	}
	for m, o := range futures {
		require.Equal(t, m, o.Network.at(2).waiting[3], "two futures of one network")
	}
}

func TestEveryRuleHasANameOfItsOwnAndASource(t *testing.T) {
	names := map[string]bool{}
	for i, why := range Rules() {
		require.NotEmpty(t, why.Cite, why.Rule)
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, why.Rule)
		names[why.Rule] = true
		require.Equal(t, why, Rule(i).Why())
	}
	require.Len(t, names, int(NotInTransit)+1)
}

// One life in which every rule fires; what each one does is tested above.
func TestEveryRuleIsReached(t *testing.T) {
	w := newWorld(t, OneDatagram)
	reached := map[Rule]bool{}
	do := func(e Event) {
		w.do(e)
		for _, r := range w.rules {
			reached[r] = true
		}
	}
	says := func(flags hosthost.DatagramFlags, messages ...string) {
		for _, m := range messages {
			do(FromHost{2, w.hosts[2].out.datagram(flags, []byte(m))})
		}
	}
	do(FromHost{9, nil})
	do(FromHost{2, nil})
	says(last|ready, nop, "\x01\x00\x00\x00", "\x05\x00\x00\x00", "\x00", "\x00\x04\x00\x00", strings.Repeat("\x00", 2000))
	says(last, "\x00\x03\x00\x00")
	says(ready, "\x00\x03\x00\x00")
	says(last, "")
	says(ready, "\x00\x03\x00\x00")
	do(TooSlow{2})
	says(last|ready, "")
	w.hosts[2].out.next += 5
	says(last|ready, slices.Repeat([]string{"\x00\x03\x00\x00"}, MaxOutstanding+MaxWaiting+1)...)
	w.hosts[2].out.next--
	says(last|ready, nop)
	for _, e := range []Event{Deliver{2}, Deliver{1}, Return{1}, Return{1}, Lose{2}, Tardy{3}} {
		do(e)
	}
	do(FromHost{3, w.hosts[3].out.datagram(last, nil)})
	do(Deliver{4})
	w.hosts[2].out = sender{}
	says(last|ready, "")
	do(Start{2})
	for r := range Rules() {
		require.True(t, reached[Rule(r)], Rule(r))
	}
}

// Whatever a host says, nothing panics, nothing is kept beyond the limits, and what the IMP
// says can be read.
func FuzzFromHost(f *testing.F) {
	for _, r := range tap(f)[12:60] {
		if !r.fromIMP {
			f.Add(r.octets, []byte{0})
		}
	}
	f.Add(hosthost.AppendDatagram(nil, 2, ready, []byte("\x00\x03")), []byte{5, 2, 1})
	f.Add([]byte("H316"), []byte{})
	f.Fuzz(func(t *testing.T, b, then []byte) {
		w := newWorld(t, Packets)
		for i, c := range slices.Concat(then, then) {
			w.do(FromHost{2, b})
			w.say(2, hosthost.DatagramFlags(c), string(b[:min(len(b), 2000)])) // in sequence, mostly
			w.do([]Event{Deliver{i}, Return{i}, Lose{i}, Tardy{i}, TooSlow{2}, FromHost{3, b}}[c%6])
			i := w.n.at(2)
			require.LessOrEqual(t, len(w.n.InTransit()), 2*8*MaxOutstanding, "two hosts speak, two IMPs have four addresses each")
			require.LessOrEqual(t, len(i.waiting), MaxWaiting)
			require.LessOrEqual(t, len(i.in.begun), MaxMessage)
		}
		w.settle()
		require.Empty(t, w.n.at(2).waiting)
	})
}

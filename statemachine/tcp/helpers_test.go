package tcp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The first numbers of the tests lie just before 2^32, so that every test crosses
// it (RFC 9293 3.4: all arithmetic is modulo 2^32).
const (
	iss = 1<<32 - 3 // ours
	irs = 1<<32 - 2 // the other end's
	now = 10 * time.Second
)

// from is a segment of the other end, with its usual window.
func from(seq, ack uint32, ctl CTL, text string) Segment {
	return Segment{SEQ: seq, ACK: ack, WND: 65535, CTL: ctl, Text: text}
}

func arrive(s Segment) SegmentArrives { return SegmentArrives{Now: now, ISS: iss, Segment: s} }

// then takes a TCB through events and gives the last Outcome.
func then(t TCB, events ...Event) Outcome {
	o := Outcome{TCB: t}
	for _, e := range events {
		o = Step(o.TCB, e)
	}
	return o
}

// next is the segment that the other end would send next in an ordinary life: it
// begins at RCV.NXT and acknowledges all that was sent.
func next(t TCB, ctl CTL, text string) Segment {
	return from(t.RCV.NXT, t.SND.NXT, ctl, text)
}

// plain has Nagle's algorithm off, so that what a test sends leaves at once.
var plain = Settings{NoDelay: true}

// wide is a connection whose network is no limit: each part of the machine has tests that
// have nothing to do with congestion.
func wide(t TCB) TCB {
	t.Congestion.CWND = maxWindow
	return t
}

// narrow is a connection whose other end never took more than n octets at once.
func narrow(t TCB, n uint32) TCB {
	t.SND.WND, t.SND.MAX = n, n
	return t
}

// unmoved is a TCB but for what counts challenge ACKs: they are no step of the connection.
func unmoved(t TCB) TCB {
	t.Challenges, t.Challenged = 0, 0
	return t
}

// in brings a connection to a state as its two ends would, from an active OPEN;
// SYN-RECEIVED from a passive one.
func in(s State) TCB {
	fin := func(t TCB) TCB { return then(t, arrive(next(t, FIN|ACK, ""))).TCB }
	switch s {
	case Closed:
		return TCB{}
	case Listen:
		return then(TCB{}, Open{Now: now, Settings: plain}).TCB
	case SynSent:
		return then(TCB{}, Open{Now: now, ISS: iss, Active: true, Remote: true, Settings: plain}).TCB
	case SynReceived:
		return then(in(Listen), arrive(from(irs, 0, SYN, ""))).TCB
	case Established:
		return wide(then(in(SynSent), arrive(from(irs, iss+1, SYN|ACK, ""))).TCB)
	case FinWait1:
		return then(in(Established), Close{Now: now}).TCB
	case FinWait2:
		t := in(FinWait1)
		return then(t, arrive(next(t, ACK, ""))).TCB
	case CloseWait:
		return fin(in(Established))
	case Closing:
		t := in(FinWait1)
		return then(t, arrive(from(t.RCV.NXT, t.SND.UNA, FIN|ACK, ""))).TCB
	case LastAck:
		return then(in(CloseWait), Close{Now: now}).TCB
	case TimeWait:
		return fin(in(FinWait2))
	}
	panic("tcp: no such state: " + s.String())
}

// crossed is SYN-RECEIVED after two active OPENs.
func crossed() TCB { return then(in(SynSent), arrive(from(irs, 0, SYN, ""))).TCB }

// sending is a connection with text that is not acknowledged.
func sending(s State) TCB { return then(in(s), Send{Now: now, Text: "hello"}).TCB }

// labels prints segments as the RFC does.
func labels(segs []Segment) []string {
	var all []string
	for _, s := range segs {
		all = append(all, s.String())
	}
	return all
}

// shut is a TCB whose other end takes nothing now.
func shut(t TCB) TCB {
	t.SND.WND = 0
	return t
}

// unread is a TCB with n octets that the user has not taken, in a state in which
// he still can.
func unread(s State, n int) TCB {
	t := in(Established)
	t = then(t, arrive(next(t, ACK, string(make([]byte, n))))).TCB
	switch s {
	case FinWait1:
		return then(t, Close{Now: now}).TCB
	case FinWait2:
		t = unread(FinWait1, n)
		return then(t, arrive(next(t, ACK, ""))).TCB
	case CloseWait:
		return then(t, arrive(next(t, FIN|ACK, ""))).TCB
	case Closed, Listen, SynSent, SynReceived, Established, Closing, LastAck, TimeWait:
	}
	return t
}

func TestStatesAreReachable(t *testing.T) {
	for _, s := range States {
		require.Equal(t, s, in(s).State)
	}
}

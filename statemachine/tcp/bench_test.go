package tcp

import (
	"testing"
	"unsafe"
)

// A whole life: the handshake and a close from each side, seven segments.
const lifeSegments = 7

// BenchmarkStepInPlace lives a life between two machines that keep their memory.
func BenchmarkStepInPlace(b *testing.B) {
	var client, server Outcome
	b.ReportAllocs()
	for b.Loop() {
		client.TCB = TCB{} // the server is CLOSED
		server.Step(Open{})
		client.Step(Open{ISS: 100, Active: true, Remote: true})
		server.Step(SegmentArrives{ISS: 300, Segment: client.Segments[0]})
		client.Step(SegmentArrives{Segment: server.Segments[0]})
		server.Step(SegmentArrives{Segment: client.Segments[0]})
		client.Step(Close{})
		server.Step(SegmentArrives{Segment: client.Segments[0]})
		client.Step(SegmentArrives{Segment: server.Segments[0]})
		server.Step(Close{})
		client.Step(SegmentArrives{Segment: server.Segments[0]})
		server.Step(SegmentArrives{Segment: client.Segments[0]})
	}
	report(b, client.TCB, server.TCB)
}

// BenchmarkBareStep is the floor: the same seven segments between two machines written by
// hand for nothing else. They have states and numbers; no rules, timers, windows, options or
// checks.
func BenchmarkBareStep(b *testing.B) {
	var client, server bare
	b.ReportAllocs()
	for b.Loop() {
		client, server = bare{}, bare{state: Listen}
		client.iss, client.nxt, client.state, client.out = 100, 101, SynSent, Segment{SEQ: 100, CTL: SYN}
		server.arrives(&client.out)
		client.arrives(&server.out)
		server.arrives(&client.out)
		client.close()
		server.arrives(&client.out)
		client.arrives(&server.out)
		server.close()
		client.arrives(&server.out)
		server.arrives(&client.out)
	}
	report(b, TCB{State: client.state}, TCB{State: server.state})
}

// bare is a TCP of the two figures that every book has.
type bare struct {
	state              State
	iss, una, nxt, rcv uint32
	out                Segment
}

func (t *bare) arrives(s *Segment) {
	ctl := ACK
	switch t.state {
	case Listen:
		t.state, t.iss, t.nxt, ctl = SynReceived, 300, 301, SYN|ACK
	case SynSent:
		t.state = Established
	case SynReceived:
		t.state = Established
	case Established:
		t.state = CloseWait
	case FinWait1:
		t.state = FinWait2
	case FinWait2:
		t.state = TimeWait
	case LastAck:
		t.state = Closed
	case Closed, CloseWait, Closing, TimeWait:
	}
	t.una, t.rcv = s.ACK, s.SEQ+s.LEN()
	t.out = Segment{SEQ: t.nxt, ACK: t.rcv, WND: 65535, CTL: ctl}
	if ctl.Has(SYN) {
		t.out.SEQ = t.iss
	}
}

func (t *bare) close() {
	t.out = Segment{SEQ: t.nxt, ACK: t.rcv, WND: 65535, CTL: FIN | ACK}
	t.nxt++
	if t.state == CloseWait {
		t.state = LastAck
	} else {
		t.state = FinWait1
	}
}

// BenchmarkStepPure lives the same life, a new Outcome for each event.
func BenchmarkStepPure(b *testing.B) {
	var client, server Outcome
	b.ReportAllocs()
	for b.Loop() {
		server = Step(TCB{}, Open{})
		client = Step(TCB{}, Open{ISS: 100, Active: true, Remote: true})
		server = Step(server.TCB, SegmentArrives{ISS: 300, Segment: client.Segments[0]})
		client = Step(client.TCB, SegmentArrives{Segment: server.Segments[0]})
		server = Step(server.TCB, SegmentArrives{Segment: client.Segments[0]})
		client = Step(client.TCB, Close{})
		server = Step(server.TCB, SegmentArrives{Segment: client.Segments[0]})
		client = Step(client.TCB, SegmentArrives{Segment: server.Segments[0]})
		server = Step(server.TCB, Close{})
		client = Step(client.TCB, SegmentArrives{Segment: server.Segments[0]})
		server = Step(server.TCB, SegmentArrives{Segment: client.Segments[0]})
	}
	report(b, client.TCB, server.TCB)
}

func report(b *testing.B, client, server TCB) {
	b.Helper()
	if client.State != TimeWait || server.State != Closed {
		b.Fatalf("the life ended in %v and %v, want TIME-WAIT and CLOSED", client.State, server.State)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lifeSegments), "ns/segment")
	b.ReportMetric(float64(unsafe.Sizeof(TCB{})), "TCB-bytes")
}

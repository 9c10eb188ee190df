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
		client.TCB, server.TCB = TCB{}, TCB{}
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

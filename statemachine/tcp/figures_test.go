package tcp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// figure plays a figure of RFC 9293 between two ends; the log tells it as a story.
type figure struct {
	t    *testing.T
	a, b TCB
}

// happens takes one end through an event and requires its state and its answer.
func (f *figure) happens(end *TCB, e Event, state State, want ...string) {
	f.t.Helper()
	o := Step(*end, e)
	f.t.Logf("%v -> %v %v %v", end.State, o.TCB.State, o.Rules, o.Segments)
	require.Equal(f.t, state, o.TCB.State)
	require.Equal(f.t, want, labels(o.Segments))
	*end = o.TCB
}

// arrives is happens with a segment, as the figure prints it.
func (f *figure) arrives(end *TCB, label string, state State, want ...string) {
	f.t.Helper()
	s, err := ParseSegment(label)
	require.NoError(f.t, err)
	s.WND = 65535
	f.happens(end, SegmentArrives{Segment: s, ISS: 300}, state, want...)
}

func call100() Open { return Open{ISS: 100, Active: true, Remote: true} }

// RFC 9293 figure 6, and figure 12 after a message.
func TestFigures6And12(t *testing.T) {
	f := &figure{t: t}
	f.happens(&f.b, Open{}, Listen)
	f.happens(&f.a, call100(), SynSent, "<SEQ=100><CTL=SYN>")
	f.arrives(&f.b, "<SEQ=100><CTL=SYN>", SynReceived, "<SEQ=300><ACK=101><CTL=SYN,ACK>")
	f.arrives(&f.a, "<SEQ=300><ACK=101><CTL=SYN,ACK>", Established, "<SEQ=101><ACK=301><CTL=ACK>")
	f.arrives(&f.b, "<SEQ=101><ACK=301><CTL=ACK>", Established)
	f.happens(&f.a, Send{Text: "hello", Push: true}, Established, "<SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>")
	f.arrives(&f.b, "<SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>", Established, "<SEQ=301><ACK=106><CTL=ACK>")
	f.arrives(&f.a, "<SEQ=301><ACK=106><CTL=ACK>", Established)

	f.happens(&f.a, Close{}, FinWait1, "<SEQ=106><ACK=301><CTL=FIN,ACK>")
	f.arrives(&f.b, "<SEQ=106><ACK=301><CTL=FIN,ACK>", CloseWait, "<SEQ=301><ACK=107><CTL=ACK>")
	f.arrives(&f.a, "<SEQ=301><ACK=107><CTL=ACK>", FinWait2)
	f.happens(&f.b, Close{}, LastAck, "<SEQ=301><ACK=107><CTL=FIN,ACK>")
	f.arrives(&f.a, "<SEQ=301><ACK=107><CTL=FIN,ACK>", TimeWait, "<SEQ=107><ACK=302><CTL=ACK>")
	f.arrives(&f.b, "<SEQ=107><ACK=302><CTL=ACK>", Closed)
	f.happens(&f.a, TimeWaitTimeout{}, Closed)
	require.Equal(t, figure{t: t}, *f, "nothing is left")
}

// RFC 9293 figure 7, MUST-10. Table 6 would drop both SYN,ACKs; the figure accepts them, and
// two ACKs follow that it does not show.
func TestFigure7(t *testing.T) {
	f := &figure{t: t}
	f.happens(&f.a, call100(), SynSent, "<SEQ=100><CTL=SYN>")
	f.happens(&f.b, Open{ISS: 300, Active: true, Remote: true}, SynSent, "<SEQ=300><CTL=SYN>")
	f.arrives(&f.a, "<SEQ=300><CTL=SYN>", SynReceived, "<SEQ=100><ACK=301><CTL=SYN,ACK>")
	f.arrives(&f.b, "<SEQ=100><CTL=SYN>", SynReceived, "<SEQ=300><ACK=101><CTL=SYN,ACK>")
	f.arrives(&f.a, "<SEQ=300><ACK=101><CTL=SYN,ACK>", Established, "<SEQ=101><ACK=301><CTL=ACK>")
	f.arrives(&f.b, "<SEQ=100><ACK=301><CTL=SYN,ACK>", Established, "<SEQ=301><ACK=101><CTL=ACK>")
	f.arrives(&f.b, "<SEQ=101><ACK=301><CTL=ACK>", Established)
	f.arrives(&f.a, "<SEQ=301><ACK=101><CTL=ACK>", Established)
}

// RFC 1337 figure 1: an old duplicate makes TIME-WAIT acknowledge, and the RST that
// answers ends it before its time.
func TestTimeWaitAssassination(t *testing.T) {
	f := &figure{t: t, a: in(TimeWait)}
	f.a.SND.UNA, f.a.SND.NXT, f.a.RCV.NXT = 101, 101, 301
	f.arrives(&f.a, "<SEQ=255><ACK=33><CTL=ACK>", TimeWait, "<SEQ=101><ACK=301><CTL=ACK>")
	f.arrives(&f.b, "<SEQ=101><ACK=301><CTL=ACK>", Closed, "<SEQ=301><CTL=RST>")
	f.arrives(&f.a, "<SEQ=301><CTL=RST>", Closed)
}

package tcp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func step(t *testing.T, tcb TCB, e Event, want ...string) TCB {
	t.Helper()
	o := Step(tcb, e)
	t.Log(tcb.State, "->", o.TCB.State, o.Rules, o.Segments)
	var got []string
	for _, s := range o.Segments {
		got = append(got, s.String())
	}
	require.Equal(t, want, got)
	return o.TCB
}

func arrives(t *testing.T, label string) SegmentArrives {
	t.Helper()
	s, err := ParseSegment(label)
	require.NoError(t, err)
	s.WND = 65535
	return SegmentArrives{Segment: s, ISS: 300}
}

func TestFigure7(t *testing.T) {
	a := step(t, TCB{}, Open{ISS: 100, Active: true, Remote: true}, "<SEQ=100><CTL=SYN>")
	b := step(t, TCB{}, Open{ISS: 300, Active: true, Remote: true}, "<SEQ=300><CTL=SYN>")
	a = step(t, a, arrives(t, "<SEQ=300><CTL=SYN>"), "<SEQ=100><ACK=301><CTL=SYN,ACK>")
	b = step(t, b, arrives(t, "<SEQ=100><CTL=SYN>"), "<SEQ=300><ACK=101><CTL=SYN,ACK>")
	a = step(t, a, arrives(t, "<SEQ=300><ACK=101><CTL=SYN,ACK>"), "<SEQ=101><ACK=301><CTL=ACK>")
	b = step(t, b, arrives(t, "<SEQ=100><ACK=301><CTL=SYN,ACK>"), "<SEQ=301><ACK=101><CTL=ACK>")
	require.Equal(t, Established, a.State)
	require.Equal(t, Established, b.State)
}

func TestFigure6And12(t *testing.T) {
	a := step(t, TCB{}, Open{ISS: 100, Active: true, Remote: true}, "<SEQ=100><CTL=SYN>")
	b := step(t, TCB{}, Open{})
	b = step(t, b, arrives(t, "<SEQ=100><CTL=SYN>"), "<SEQ=300><ACK=101><CTL=SYN,ACK>")
	a = step(t, a, arrives(t, "<SEQ=300><ACK=101><CTL=SYN,ACK>"), "<SEQ=101><ACK=301><CTL=ACK>")
	b = step(t, b, arrives(t, "<SEQ=101><ACK=301><CTL=ACK>"))
	a = step(t, a, Send{Text: "hello", Push: true}, "<SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>")
	b = step(t, b, arrives(t, "<SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>"), "<SEQ=301><ACK=106><CTL=ACK>")
	a = step(t, a, arrives(t, "<SEQ=301><ACK=106><CTL=ACK>"))
	a = step(t, a, Close{}, "<SEQ=106><ACK=301><CTL=FIN,ACK>")
	b = step(t, b, arrives(t, "<SEQ=106><ACK=301><CTL=FIN,ACK>"), "<SEQ=301><ACK=107><CTL=ACK>")
	a = step(t, a, arrives(t, "<SEQ=301><ACK=107><CTL=ACK>"))
	b = step(t, b, Close{}, "<SEQ=301><ACK=107><CTL=FIN,ACK>")
	a = step(t, a, arrives(t, "<SEQ=301><ACK=107><CTL=FIN,ACK>"), "<SEQ=107><ACK=302><CTL=ACK>")
	b = step(t, b, arrives(t, "<SEQ=107><ACK=302><CTL=ACK>"))
	require.Equal(t, TCB{}, b)
	require.Equal(t, TimeWait, a.State)
	require.Equal(t, TCB{}, step(t, a, TimeWaitTimeout{}))
}

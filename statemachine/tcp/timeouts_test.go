package tcp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// RFC 9293 3.10.8: "send the segment at the front of the retransmission queue
// again, reinitialize the retransmission timer"; RFC 6298 2.1 begins with one
// second, 5.5 doubles it (R6298-5.5), 2.5 lets 60 seconds bound it (R6298-2.5).
func TestRetransmissionBacksOff(t *testing.T) {
	o := Outcome{TCB: in(SynSent)}
	for _, seconds := range []time.Duration{2, 4, 8, 16, 32, 60, 60, 60} {
		o = Step(o.TCB, RetransmissionTimeout{Now: now})
		require.Equal(t, []string{"<SEQ=4294967293><CTL=SYN>"}, labels(o.Segments))
		require.Equal(t, now+seconds*time.Second, o.TCB.Timers.Retransmission)
	}
	require.Equal(t, in(SynSent).Timers.User, o.TCB.Timers.User, "repeating is no progress")
	require.Equal(t, uint8(8), o.TCB.Retransmissions)
	for range 300 {
		o = Step(o.TCB, RetransmissionTimeout{Now: now})
	}
	require.Equal(t, uint8(255), o.TCB.Retransmissions)
	require.Equal(t, now+time.Minute, o.TCB.Timers.Retransmission)

	o = Step(o.TCB, arrive(from(irs, iss+1, SYN|ACK, "")))
	o = Step(o.TCB, Send{Now: now, Text: "x"})
	require.Equal(t, now+lostSYNRTO, o.TCB.Timers.Retransmission, "RFC 6298 5.7")
}

// RFC 9293 3.10.8: the front of the queue is one segment, whatever else waits: the earliest
// (RFC 6298 5.4, R6298-5.5).
func TestRetransmissionOfText(t *testing.T) {
	tcb := then(in(Established), Send{Now: now, Text: string(make([]byte, 600)), Push: true}, Close{Now: now}).TCB
	o := Step(tcb, RetransmissionTimeout{Now: now})
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><DATA=536><CTL=ACK>"}, labels(o.Segments))
	require.Equal(t, []Rule{retransmitText}, o.Rules)

	o = Step(o.TCB, arrive(from(tcb.RCV.NXT, tcb.SND.UNA+536, ACK, "")))
	o = Step(o.TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, []string{"<SEQ=534><ACK=4294967295><DATA=64><CTL=PSH,ACK>"}, labels(o.Segments))

	o = Step(o.TCB, arrive(from(tcb.RCV.NXT, tcb.SND.UNA+600, ACK, "")))
	o = Step(o.TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, []string{"<SEQ=598><ACK=4294967295><CTL=FIN,ACK>"}, labels(o.Segments))
	require.Equal(t, []Rule{retransmitFIN}, o.Rules)
}

// RFC 9293 3.10.8: what was sent goes again, not what still waits.
func TestRetransmissionStaysBehindSNDNXT(t *testing.T) {
	tcb := narrow(in(Established), 2)
	o := then(tcb, Send{Now: now, Text: "hello"}, RetransmissionTimeout{Now: now})
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><DATA=2><CTL=ACK>"}, labels(o.Segments))
}

// RFC 9293 3.10.8, USER TIMEOUT: "flush all queues, signal the user 'error:
// connection aborted due to user timeout' ... delete the TCB".
func TestUserTimeout(t *testing.T) {
	for _, s := range States {
		o := Step(in(s), UserTimeout{Now: now})
		require.Equal(t, TCB{}, o.TCB)
		require.Empty(t, o.Segments)
		if s == Closed {
			require.Zero(t, o.Signals)
			continue
		}
		require.Equal(t, UserTimeoutAbort, o.Signals)
	}
}

// RFC 9293 3.10.8, TIME-WAIT TIMEOUT: "delete the TCB, enter the CLOSED state". So ends
// the wait of 3.6.1 (MUST-13).
func TestTimeWaitTimeout(t *testing.T) {
	for _, s := range States {
		o := Step(in(s), TimeWaitTimeout{Now: now})
		if s == TimeWait {
			require.Equal(t, TCB{}, o.TCB)
			continue
		}
		require.Equal(t, in(s), o.TCB)
		require.Equal(t, []Rule{timeWaitNotRunning}, o.Rules)
	}
}

// RFC 9293 3.10.8: a retransmission timeout with nothing to send again says so.
func TestRetransmissionOfNothing(t *testing.T) {
	for _, s := range []State{Closed, Listen, Established, FinWait2, CloseWait, TimeWait} {
		o := Step(in(s), RetransmissionTimeout{Now: now})
		require.Equal(t, in(s), o.TCB)
		require.Equal(t, []Rule{retransmitNothing}, o.Rules)
	}
}

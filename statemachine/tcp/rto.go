package tcp

import "time"

// What RFC 6298 computes with.
const (
	// initialRTO is the retransmission timeout before any measurement (2.1).
	initialRTO = time.Second
	// lostSYNRTO is what data begins with if a SYN had to be repeated (5.7).
	lostSYNRTO = 3 * time.Second
	// granularity is G. The timers of the hosts that drive an end in real time are no
	// finer; a path whose delay never varies gets that much on top of SRTT, else its
	// timer would end with the very ACK that it waits for.
	granularity = time.Millisecond
)

// clock begins to time the segment with the number seq, unless one is timed: one
// sample in each window is enough (RFC 6298 3).
func (t *TCB) clock(seq uint32, now time.Duration) {
	if !t.Timed.On {
		t.Timed = Timed{SEQ: seq, On: true, Sent: now}
	}
}

// forget gives up the sample of what is timed, for something goes again (Karn's
// algorithm, RFC 6298 3). That holds if another segment is the timed one, too: its
// acknowledgment waits until the gap before it is filled.
func (t *TCB) forget() { t.Timed = Timed{} }

// measure takes the sample that ack brings, if it acknowledges the timed segment.
func (t *TCB) measure(ack uint32, now time.Duration) {
	if t.Timed.On && before(t.Timed.SEQ, ack) {
		t.sample(now - t.Timed.Sent)
		t.Timed = Timed{}
	}
}

// sample is RFC 6298 2.2 and 2.3, with alpha 1/8, beta 1/4 and K 4.
func (t *TCB) sample(r time.Duration) {
	if t.Measured {
		t.RTTVAR = (3*t.RTTVAR + (t.SRTT - r).Abs()) / 4
		t.SRTT = (7*t.SRTT + r) / 8
	} else {
		t.Measured, t.SRTT, t.RTTVAR = true, r, r/2
	}
	rto := t.SRTT + max(granularity, 4*t.RTTVAR)
	t.RTO = min(max(rto, t.profile().minRTO), t.profile().maxRTO) // 2.4, 2.5
}

// backOff is RFC 6298 5.5.
func (t *TCB) backOff() { t.RTO = min(2*t.RTO, t.profile().maxRTO) }

package tcp

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// peer is one end of a random walk.
type peer struct {
	tcb       TCB
	inbox     []Segment // on their way to it
	said, got string    // what its user sent, and what he was given
}

// walk is two ends, a wire that loses, repeats and reorders, and a clock.
type walk struct {
	t    *testing.T
	ends [2]peer
	now  time.Duration
}

func (w *walk) step(i int, e Event) Outcome {
	p, other := &w.ends[i], &w.ends[1-i]
	o := Step(p.tcb, e)
	if broken := violated(p.tcb, o); broken != "" {
		w.t.Fatalf("end %d, %v, %+v in %+v: %s; rules %v, answer %v", i, p.tcb.State, e, p.tcb, broken, o.Rules, o.Segments)
	}
	p.tcb = o.TCB
	p.got += o.Text
	switch p.tcb.State {
	case Closed, Listen, SynSent, SynReceived:
		p.got = "" // another connection, if one comes
	case Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait:
		if !strings.HasPrefix(other.said, p.got) {
			w.t.Fatalf("end %d was given %q, which is no beginning of %q", i, p.got, other.said)
		}
	}
	other.inbox = append(other.inbox, o.Segments...)
	return o
}

func (w *walk) deliver(i, n int) {
	p := &w.ends[i]
	s := p.inbox[n]
	p.inbox = append(p.inbox[:n:n], p.inbox[n+1:]...)
	w.step(i, SegmentArrives{Now: w.now, ISS: uint32(w.now), Segment: s})
}

// timeout lets the earliest timer go off and reports that there was one.
func (w *walk) timeout() bool {
	var first time.Duration
	var end int
	var event Event
	for i := range w.ends {
		t := w.ends[i].tcb.Timers
		for _, due := range []struct {
			at time.Duration
			e  Event
		}{
			{t.User, UserTimeout{Now: t.User}},
			{t.Retransmission, RetransmissionTimeout{Now: t.Retransmission}},
			{t.TimeWait, TimeWaitTimeout{Now: t.TimeWait}},
			{t.Persist, PersistTimeout{Now: t.Persist}},
			{t.DelayedACK, DelayedACKTimeout{Now: t.DelayedACK}},
		} {
			if due.at != 0 && (first == 0 || due.at < first) {
				first, end, event = due.at, i, due.e
			}
		}
	}
	if first == 0 {
		return false
	}
	w.now = max(w.now, first)
	w.step(end, event)
	return true
}

// do takes one choice: what, and how much of it.
func (w *walk) do(what, much byte) {
	i := int(what >> 7)
	p := &w.ends[i]
	n := 0
	if len(p.inbox) > 0 {
		n = int(much) % len(p.inbox)
	}
	switch what & 15 {
	case 0, 1, 2, 3:
		if len(p.inbox) > 0 {
			w.deliver(i, 0)
		}
	case 4:
		if len(p.inbox) > 0 {
			w.deliver(i, n)
		}
	case 5:
		if len(p.inbox) > 0 {
			p.inbox = append(p.inbox[:n:n], p.inbox[n+1:]...)
		}
	case 6:
		if len(p.inbox) > 0 && len(p.inbox) < 20 {
			p.inbox = append(p.inbox, p.inbox[n])
		}
	case 7, 8:
		text := strings.Repeat(string(rune('a'+len(p.said)%26)), 3*int(much)+1)
		o := w.step(i, Send{Now: w.now, ISS: uint32(w.now), Text: text, Push: much&1 == 0, Urgent: much&6 == 6})
		if o.Signals == 0 {
			p.said += text
		}
	case 9, 10:
		w.step(i, Receive{Now: w.now, Octets: 5 * uint32(much)})
	case 11:
		w.step(i, Close{Now: w.now})
	case 12:
		w.timeout()
	case 13:
		if much == 0 {
			w.step(i, Abort{Now: w.now})
		}
	case 14:
		w.step(i, Status{Now: w.now})
	}
}

// settle stops losing, takes what has come, and waits until nothing is on its way and no
// timer runs.
// Then all that was said was heard, unless an end gave up.
func (w *walk) settle() {
	for range 10_000 {
		switch {
		case len(w.ends[0].inbox) > 0:
			w.deliver(0, 0)
		case len(w.ends[1].inbox) > 0:
			w.deliver(1, 0)
		case w.take(0) || w.take(1):
		case !w.timeout():
			for i, p := range w.ends {
				if p.tcb.State.Synchronized() && p.tcb.Queue != "" {
					w.t.Fatalf("end %d is %v and still holds %d octets: %+v", i, p.tcb.State, len(p.tcb.Queue), p.tcb)
				}
			}
			return
		}
	}
	w.t.Fatalf("never quiet: %+v and %+v", w.ends[0], w.ends[1])
}

// take has the user of an end take all that has come.
func (w *walk) take(i int) bool {
	if t := w.ends[i].tcb; t.Unread == 0 || t.State == Closing || t.State == LastAck || t.State == TimeWait {
		return false
	}
	w.step(i, Receive{Now: w.now, Octets: 1 << 20})
	return true
}

// newWalk opens both ends; the bits of how say in which way, and with what.
func newWalk(t *testing.T, how byte, iss uint32) *walk {
	t.Helper()
	w := &walk{t: t}
	asks := Settings{Scale: how&2 != 0, SACK: how&4 != 0, Stamp: how&8 != 0, DelayACK: how&16 != 0, NoDelay: how&32 != 0}
	if how&64 != 0 {
		asks.MSS = 100
	}
	other := asks
	if how&128 != 0 {
		asks.Buffer, other = 200_000, Settings{SACK: asks.SACK, Stamp: asks.Stamp}
	}
	w.step(0, Open{ISS: iss, Active: true, Remote: true, Settings: asks})
	w.step(1, Open{ISS: iss + 1<<31, Active: how&1 != 0, Remote: true, Settings: other})
	return w
}

// FuzzStep lets two ends live at random. The first octets choose the OPENs, then
// each pair is a choice. However the wire behaves, the invariants hold (so no window
// shrinks, whatever the user takes: RFC 9293 3.8.6, SHLD-14), text arrives in order,
// and once the wire is good everything comes to rest.
func FuzzStep(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0, 0x00, 0, 0x80, 0, 7, 10, 0x80, 0, 0x89, 50, 11, 0, 0x80, 0, 0x8b, 0})
	f.Add([]byte{1, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 7, 200, 0x87, 200, 0x84, 2, 0x85, 0, 12, 0})
	f.Add([]byte{0, 0xff, 0x86, 0, 0x80, 0, 5, 0, 12, 0, 12, 0, 0x80, 0, 0, 0, 13, 0})
	for seed := range uint64(20) {
		f.Add(randomWalk(seed))
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) < 2 || len(choices) > 160 {
			t.Skip("between one and 80 choices: texts stay below one window")
		}
		w := newWalk(t, choices[0], -uint32(choices[1]))
		for ; len(choices) >= 2; choices = choices[2:] {
			w.do(choices[0], choices[1])
		}
		w.settle()
	})
}

func randomWalk(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 147))
	choices := make([]byte, 160)
	for i := range choices {
		choices[i] = byte(r.UintN(256))
	}
	return choices
}

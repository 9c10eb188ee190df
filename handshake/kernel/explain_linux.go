package kernel

import (
	"slices"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// question is what RFC 9293 would say of an event: the end as it was before, and the
// place in the outbox from which on is what the event has caused.
type question struct {
	host   *host
	on     string // the connection; empty: none
	tcb    tcp.TCB
	event  tcp.Event
	order  int
	orphan bool
}

// question must be asked before the event.
func (w *world) question(h *host, at int, e tcp.Event) question {
	q := question{host: h, event: e, order: w.order}
	if at >= 0 {
		q.on, q.tcb = h.ends[at].on, h.ends[at].tcb()
		q.orphan = h.ends[at].fd == 0
	}
	return q
}

// explain gives the step the rules of the RFC, if the kernel has done what they say; if
// not, the rule that the kernel follows instead.
func (w *world) explain(step *handshake.Step, q question) {
	o := tcp.Step(q.tcb, q.event)
	if e := q.host.end(q.on); e != nil && !listening(e) {
		e.ahead = o.TCB.Held // the kernel does not tell what it holds
	}
	var sent []tcp.Segment
	for _, it := range q.host.outbox {
		if it.order > q.order {
			sent = append(sent, it.segment)
		}
	}
	if e := q.host.end(step.On); e != nil && agree(&o, step.After) {
		e.held = o.TCB.Held
	}
	rules, own := o.Rules, q.departs(step, &o, sent)
	for _, r := range own {
		step.Why = append(step.Why, r.why())
	}
	if len(own) > 0 && own[0] != acksLate && own[0] != pushes {
		return
	}
	for _, r := range rules {
		step.Why = append(step.Why, handshake.Why{Rule: r.String(), Cite: r.Cite()})
	}
}

// departs names what the kernel has done otherwise than the RFC's machine would; none
// if it has done the same.
func (q *question) departs(step *handshake.Step, o *tcp.Outcome, sent []tcp.Segment) []rule {
	a, arrives := q.event.(tcp.SegmentArrives)
	segment := a.Segment
	syn := segment.CTL&(tcp.SYN|tcp.ACK|tcp.FIN) == tcp.SYN
	listens := q.tcb.State == tcp.Listen
	switch {
	case listens && syn && len(sent) == 0 && step.After == "LISTEN":
		return []rule{acceptQueueFull}
	case listens && syn && len(sent) == 1 && step.After == "LISTEN":
		return []rule{cookieSent}
	case listens && step.After == "ESTABLISHED":
		return []rule{cookieChild}
	case q.tcb.State == tcp.SynReceived && o.TCB.State == tcp.Established && step.After == "SYN-RECEIVED" && len(sent) == 0:
		return []rule{acceptQueueFullACK}
	case q.tcb.State == tcp.TimeWait && syn && step.After == "SYN-RECEIVED":
		return []rule{reusesTimeWait}
	case q.tcb.State == tcp.SynReceived && syn && len(sent) == 1 && sent[0].CTL == tcp.SYN|tcp.ACK:
		return []rule{repeatsSynACK}
	case agree(o, step.After) && (equal(o.Segments, sent) || resets(o.Segments, sent)):
		return nil
	case agree(o, step.After) && equal(unpushed(o.Segments), unpushed(sent)):
		return []rule{pushes}
	case agree(o, step.After) && texts(o.Segments) && texts(sent): // it cuts the text otherwise, by the other end's MSS
		return nil
	case agree(o, step.After) && texts(o.Segments) && len(sent) == 0:
		return []rule{holdsBack}
	case agree(o, step.After) && len(sent) == 0 && len(o.Segments) == 1 && bareACK(o.Segments[0]):
		if o.TCB.RCV.NXT == q.tcb.RCV.NXT {
			return []rule{limits}
		}
		return []rule{acksLate}
	case q.closes() && len(sent) > 0 && sent[0].CTL.Has(tcp.RST) && q.tcb.Unread > 0:
		return []rule{resetsUnread}
	case q.orphan && arrives && len(sent) > 0 && sent[0].CTL.Has(tcp.RST):
		return []rule{resetsOrphan}
	default:
		return []rule{otherwise}
	}
}

func (q *question) closes() bool {
	_, ok := q.event.(tcp.Close)
	return ok
}

// agree compares states. A child that falls back to LISTEN is forgotten.
func agree(o *tcp.Outcome, after string) bool {
	state := o.TCB.State.String()
	return state == after || o.TCB.State == tcp.Listen && after == "CLOSED"
}

func equal(a, b []tcp.Segment) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].String() != b[i].String() {
			return false
		}
	}
	return true
}

// unpushed are segments without their PSH bits.
func unpushed(segments []tcp.Segment) []tcp.Segment {
	list := slices.Clone(segments)
	for i := range list {
		list[i].CTL &^= tcp.PSH
	}
	return list
}

// resets reports whether both are one RST with the same number: Linux sets its ACK bit, too.
func resets(a, b []tcp.Segment) bool {
	return len(a) == 1 && len(b) == 1 && a[0].CTL&b[0].CTL&tcp.RST != 0 && a[0].SEQ == b[0].SEQ
}

// texts reports whether there are segments, and all are text.
func texts(list []tcp.Segment) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(s tcp.Segment) bool {
		return s.Text == "" || s.CTL&^tcp.PSH != tcp.ACK
	})
}

func bareACK(s tcp.Segment) bool { return s.CTL == tcp.ACK && s.LEN() == 0 }

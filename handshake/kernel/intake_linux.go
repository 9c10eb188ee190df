package kernel

import (
	"fmt"
	"slices"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// sent is what a flow has sent so far, in real numbers.
type sent struct {
	next  uint32 // behind the highest
	ack   uint32 // the last ACK
	acked bool
}

// alone is something that the kernel has done by itself: a timer's end, usually with
// segments that follow.
type alone struct {
	peer  int
	on    string
	timer string
	label string // if it is not the timer's name
	rule  rule
	items []item
}

// nobody is whose event it was where no event has caused anything.
const nobody = -1

// drain takes all that is queued: what our own raw socket sent is given back, what the
// host sent whose event it was goes to its outbox, and all else the kernel did alone.
func (w *world) drain(whose int) (*held, error) {
	if w.lo == nil {
		return nil, nil
	}
	var err error
	if w.taken, err = w.lo.take(w.taken[:0]); err != nil {
		return nil, err
	}
	if len(w.taken) == 0 {
		return nil, nil
	}
	if err := w.look(); err != nil {
		return nil, err
	}
	var own *held
	for _, p := range w.taken {
		if p.mark == ownMark {
			own = &p
			continue
		}
		if err := w.takeIn(p, whose); err != nil {
			return nil, err
		}
	}
	return own, nil
}

// takeIn finds a held segment's sender, and its place in what that one has sent.
func (w *world) takeIn(p held, whose int) error {
	f, s := parse(p.octets)
	i := w.sender(f)
	if i < 0 { // nobody of ours: let it pass
		return w.lo.accept(p.id)
	}
	h, caused := &w.hosts[i], i == whose
	if s.CTL.Has(tcp.SYN) && !w.numbers.known(f, s.SEQ) {
		w.numbers.begin(f, s.SEQ, h.takeISS())
		w.sent[f] = sent{next: s.SEQ}
	}
	was := w.sent[f]
	it := w.item(i, f, s, p)
	it.again = s.LEN() > 0 && int32(s.SEQ+s.LEN()-was.next) <= 0
	if !caused && w.fold(i, &it, it.again) {
		return w.lo.drop(p.id)
	}
	now := was
	if end := s.SEQ + s.LEN(); int32(end-was.next) > 0 {
		now.next = end
	}
	if s.CTL.Has(tcp.ACK) {
		now.ack, now.acked = s.ACK, true
	}
	w.sent[f] = now
	if caused {
		w.post(i, it)
		return nil
	}
	timer, r := w.cause(h, &it, was, s)
	if w.program != nil && (r == speaksByItself || s.CTL.Has(tcp.RST)) {
		w.acts(alone{on: it.on, rule: programActs, items: []item{it}})
		return nil
	}
	w.alone = append(w.alone, alone{peer: i, on: it.on, timer: timer, rule: r, items: []item{it}})
	return nil
}

func (w *world) item(i int, f flow, s tcp.Segment, p held) item {
	shown := w.numbers.show(f, s)
	return item{on: w.hosts[i].owner(f), flow: f, segment: shown, label: shown.String(), octets: p.octets, id: p.id}
}

// sender is the host whose address a flow comes from.
func (w *world) sender(f flow) int {
	if w.other >= 0 && f.to.Addr() == w.hosts[w.other].address.Addr() {
		return 1 - w.other
	}
	for i := range w.hosts {
		if w.hosts[i].has(f.from) {
			return i
		}
	}
	return -1
}

// repeat is a segment that the kernel has sent again while a person holds it, or holds
// what acknowledges it: the kernel's clock does not stop while a person thinks.
type repeat struct {
	peer  int
	it    item
	times int
}

// fold counts a segment that only the person's pause has made the kernel send. It goes
// no further: else a class that talks about a SYN would have to look at ten of them.
func (w *world) fold(peer int, it *item, again bool) bool {
	if !w.under(func(f flow, s tcp.Segment) bool { return it.repeats(f, s) || again && it.answeredBy(f, s) }) {
		return false
	}
	for i := range w.repeats {
		if r := &w.repeats[i]; r.it.flow == it.flow && r.it.label == it.label {
			r.times++
			return true
		}
	}
	w.repeats = append(w.repeats, repeat{peer: peer, it: *it, times: 1})
	return true
}

// repeats reports whether it is a segment again.
func (it *item) repeats(f flow, s tcp.Segment) bool { return f == it.flow && s.String() == it.label }

// answeredBy reports whether a segment acknowledges it.
func (it *item) answeredBy(f flow, s tcp.Segment) bool {
	return f == it.flow.back() && s.CTL.Has(tcp.ACK) && int32(s.ACK-it.segment.SEQ-it.segment.LEN()) >= 0
}

// under looks for a segment among all that are held.
func (w *world) under(is func(flow, tcp.Segment) bool) bool {
	for i := range w.flights {
		f := &w.flights[i]
		if s, _ := w.arriving(f); is(f.flow, s) {
			return true
		}
	}
	for i := range w.hosts {
		for _, it := range w.hosts[i].outbox {
			if is(it.flow, it.segment) {
				return true
			}
		}
	}
	return false
}

// again says how often a segment that is held no more was sent again meanwhile, or one
// that it acknowledges.
func (w *world) again(f *flight) []handshake.Step {
	s, _ := w.arriving(f)
	var steps []handshake.Step
	w.repeats = slices.DeleteFunc(w.repeats, func(r repeat) bool {
		if !r.it.repeats(f.flow, s) && !r.it.answeredBy(f.flow, s) {
			return false
		}
		h := &w.hosts[r.peer]
		step := handshake.Step{
			At: w.now(), Peer: h.name, On: r.it.on, Kind: handshake.KindNote, Label: fmt.Sprintf("%s sent again, %d in all", r.it.label, r.times),
			Before: h.stateOf(r.it.on), Why: []handshake.Why{heldAgain.why()},
		}
		step.After = step.Before
		if e := h.end(r.it.on); e != nil {
			w.update(e, &step) // its timer has begun again, and waits longer
		}
		steps = append(steps, step)
		return true
	})
	return steps
}

// cause says which timer made a segment leave that nothing else has caused.
func (w *world) cause(h *host, it *item, was sent, s tcp.Segment) (string, rule) {
	e := h.end(it.on)
	switch {
	case it.again:
		return retransmission, retransmits
	case s.CTL.Has(tcp.RST) && e != nil && e.shown[keepAlive+" timer"] != "":
		return keepAlive, givesUp
	case s.CTL.Has(tcp.RST):
		return retransmission, givesUp
	case s.LEN() == 0 && int32(s.SEQ-was.next) < 0 && e != nil && e.sendQueue > 0:
		return persist, probesWindow
	case s.LEN() == 0 && int32(s.SEQ-was.next) < 0:
		return keepAlive, probesPeer
	case s.LEN() == 0 && s.ACK != was.ack:
		return delayedACK, delaysACK
	default:
		return retransmission, speaksByItself
	}
}

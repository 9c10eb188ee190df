package model

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/statemachine/tcp"
)

// firstFD is the first descriptor that socket() gives: 0, 1 and 2 are the standard
// streams of every program.
const firstFD = 3

// host is one end: a program, its descriptors and its connections.
type host struct {
	name     string
	address  netip.AddrPort
	iss      []uint32 // the initial sequence numbers that are left; none: the setup gives none
	key      [16]byte // the secret of RFC 6528, if the setup gives none
	begun    uint32   // how many connections have begun with it
	program  []handshake.Choice
	next     int // the program's next call
	blocked  blocked
	settings tcp.Settings // of each new socket
	sockets  []socket
	outbox   []item
	nextFD   int
	last     string // the connection that moved last
}

// socket is what a descriptor names, or will name once accept() has returned.
type socket struct {
	on       string // its name in the trace, for life
	fd       int    // 0: nobody holds it (not accepted yet, or closed)
	local    netip.AddrPort
	remote   netip.AddrPort
	tcb      tcp.TCB
	settings tcp.Settings // what the program has asked for
	reuse    bool         // SO_REUSEADDR
	listener string       // of an end that a listener made: the listener's name
	children int          // of a listener: how many ends it has made
	queues   tcp.Listener // of a listener, without what stands in them: see host.queues
	told     int          // of a listener: how long the accept queue is, as the trace has it
	ready    int          // waits for accept(): the order in which it became ESTABLISHED; 0: does not
	text     string       // arrived and not yet received by the program
	errno    string       // what the next call will be told
	ended    bool         // the other end's FIN has come: no text will
	shut     bool         // the program has said that it sends no more
	left     bool         // the program has closed it: nobody will read what still comes
}

// blocked is the call that a program waits in.
type blocked struct {
	is       bool
	call     string
	on       string
	answered bool // its return waits in the outbox
}

// item is what an event has caused and what still has to happen: a departure or a return.
type item struct {
	order    int
	is       handshake.Verb
	what     string // the segment's label, or the call's name
	on       string
	segment  tcp.Segment
	again    bool // a retransmission
	src, dst netip.AddrPort
	result   string
	rule     calls.Rule
}

func (h *host) find(on string) int {
	return slices.IndexFunc(h.sockets, func(s socket) bool { return s.on == on })
}

func (h *host) stateOf(on string) string {
	if at := h.find(on); at >= 0 {
		return h.sockets[at].tcb.State.String()
	}
	return tcp.Closed.String()
}

// state is that of the connection that moved last.
func (h *host) state() string { return h.stateOf(h.last) }

// newest finds the descriptor that a call means: the last one that fits; -1 if none.
func (h *host) newest(fits func(socket) bool) int {
	newest := -1
	for i, s := range h.sockets {
		if s.fd != 0 && fits(s) && (newest < 0 || s.fd > h.sockets[newest].fd) {
			newest = i
		}
	}
	return newest
}

func anySocket(socket) bool { return true }

func listening(s socket) bool { return s.tcb.State == tcp.Listen }

// queues is a listener with what stands in its queues now.
func (h *host) queues(listener int) tcp.Listener {
	l := h.sockets[listener].queues
	for _, s := range h.sockets {
		switch {
		case s.listener != h.sockets[listener].on:
		case s.tcb.State == tcp.SynReceived:
			l.Requests++
		case s.ready != 0:
			l.Waiting++
		}
	}
	return l
}

// queued tells of the accept queues of a host that have changed. An end that goes to an
// accept() that waits has never stood in one.
func (w *World) queued(i int) []handshake.Step {
	h := &w.hosts[i]
	var steps []handshake.Step
	for at := range h.sockets {
		s := &h.sockets[at]
		n := h.queues(at).Waiting
		if !listening(*s) || n == s.told {
			continue
		}
		s.told = n
		steps = append(steps, handshake.Step{
			At: w.clock, Peer: h.name, On: s.on, Kind: handshake.KindNote,
			Label:  fmt.Sprintf("accept queue %d of %d", n, s.queues.Backlog),
			Before: s.tcb.State.String(), After: s.tcb.State.String(),
			Vars: []handshake.Var{count("accept queue", n)}, Why: []handshake.Why{calls.AcceptQueue.Why()},
		})
	}
	return steps
}

// stride parts the first numbers of a host's connections: far enough to be told apart
// at sight, and rising, as those of a clock do (RFC 9293 3.4.1). It follows the last
// number that the setup names. Where it names none, it stands for the time that passes
// between two connections of a host, for a World's clock may stand still meanwhile.
const stride = 64000

// peekISS is the initial sequence number of a host's next connection; takeISS uses it up.
func (w *World) peekISS(i int, local, remote netip.AddrPort) uint32 {
	h := &w.hosts[i]
	if len(h.iss) > 0 {
		return h.iss[0]
	}
	return tcp.ISN(w.clock, local, remote, h.key) + h.begun*stride
}

func (h *host) takeISS() {
	switch len(h.iss) {
	case 0:
		h.begun++
	case 1:
		h.iss = []uint32{h.iss[0] + stride}
	default:
		h.iss = h.iss[1:]
	}
}

// oneHost reports whether an address can be that of one host: neither multicast nor
// broadcast, nor 0.0.0.0 (RFC 1122 3.2.1.3). The model has no subnets to broadcast to.
func oneHost(a netip.Addr) bool {
	return !a.IsMulticast() && !a.IsUnspecified() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// inUse reports whether a local address is taken.
func (h *host) inUse(a netip.AddrPort) bool {
	return slices.ContainsFunc(h.sockets, func(s socket) bool {
		return s.local == a && (s.fd != 0 || s.tcb.State != tcp.Closed)
	})
}

// heard reports whether another socket listens on an address: two would not know whose a
// SYN is. Everything else goes beside a LISTEN (RFC 9293 3.9.1.1, MUST-42).
func (h *host) heard(a netip.AddrPort) bool {
	return slices.ContainsFunc(h.sockets, func(s socket) bool { return s.local == a && listening(s) })
}

// free is the setup's address, or the next port that nobody has.
func (h *host) free() netip.AddrPort {
	a := h.address
	for h.inUse(a) {
		a = netip.AddrPortFrom(a.Addr(), max(a.Port()+1, 1024))
	}
	return a
}

// send puts segments into the outbox. What lies before SND.NXT as it was has gone before.
func (w *World) send(i int, on string, segments []tcp.Segment, before *tcp.TCB, src, dst netip.AddrPort) {
	for _, s := range segments {
		again := before != nil && sends(before.State) && s.LEN() > 0 && int32(s.SEQ-before.SND.NXT) < 0
		w.order++
		w.hosts[i].outbox = append(w.hosts[i].outbox, item{
			order: w.order, is: handshake.Depart, what: s.String(), on: on, segment: s, again: again, src: src, dst: dst,
		})
	}
}

// answer lets the call that a program waits in come back, once its turn has come.
func (w *World) answer(i int, on, result string, r calls.Rule) {
	h := &w.hosts[i]
	h.blocked.answered = true
	w.order++
	h.outbox = append(h.outbox, item{order: w.order, is: handshake.Return, what: h.blocked.call, on: on, result: result, rule: r})
}

// event steps one connection's machine and records it.
func (w *World) event(i, at int, e tcp.Event, step handshake.Step) []handshake.Step {
	o := tcp.Step(w.hosts[i].sockets[at].tcb, e)
	return w.settle(i, at, o, e, step)
}

// settle takes over what a machine has answered: its state, what it sends, and what
// it tells the program.
func (w *World) settle(i, at int, o tcp.Outcome, e tcp.Event, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	before := s.tcb
	if _, arrived := e.(tcp.SegmentArrives); arrived && o.Signals&tcp.ConnectionClosing != 0 {
		s.ended = true
	}
	record(&step, s, &o)
	s.tcb, h.last = o.TCB, s.on
	w.send(i, s.on, o.Segments, &before, s.local, s.remote)
	steps := []handshake.Step{step}
	if told := w.tell(i, at, before.State, &o); told != nil {
		steps = append(steps, *told)
	}
	if s := &h.sockets[at]; s.listener != "" && s.tcb.State == tcp.Listen {
		s.tcb, s.local = tcp.TCB{}, netip.AddrPort{} // back to LISTEN: the listener is still there, this end is forgotten
	}
	return append(steps, w.queued(i)...)
}

// tell passes on what the machine tells its user: to the call that waits for it, or
// as a signal of its own.
func (w *World) tell(i, at int, before tcp.State, o *tcp.Outcome) *handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	waits := h.blocked.is && !h.blocked.answered && h.blocked.on == s.on
	switch {
	case !before.Synchronized() && s.listener != "" && o.TCB.State.Synchronized():
		w.order++
		s.ready = w.order
		w.offer(i)
	case waits && h.blocked.call == "connect" && w.connected(i, o):
		s.text += o.Text
		return nil
	case waits && h.blocked.call == "recv" && w.received(i, o):
		return nil
	}
	s.text += o.Text
	told := w.signal(i, at, o.Signals)
	if before == tcp.CloseWait && s.errno == "ECONNRESET" {
		s.errno = "EPIPE" // the other end had ended its text: what is broken is the way there (POSIX send())
	}
	return told
}

// connected answers a connect() that waits, if the machine has settled the matter.
func (w *World) connected(i int, o *tcp.Outcome) bool {
	on := w.hosts[i].blocked.on
	switch {
	case o.TCB.State.Synchronized():
		w.answer(i, on, "0", calls.ConnectReturns)
	case o.Signals&tcp.UserTimeoutAbort != 0:
		w.answer(i, on, "-1 ETIMEDOUT", calls.ConnectTimedOut)
	case o.Signals&(tcp.ConnectionReset|tcp.ConnectionRefused) != 0:
		w.answer(i, on, "-1 ECONNREFUSED", calls.ConnectRefused)
	default:
		return false
	}
	return true
}

// received answers a recv() that waits.
func (w *World) received(i int, o *tcp.Outcome) bool {
	on := w.hosts[i].blocked.on
	switch {
	case o.Text != "":
		w.answer(i, on, calls.Got(o.Text), calls.RecvReturns)
	case o.Signals&tcp.ConnectionReset != 0:
		w.answer(i, on, "-1 ECONNRESET", calls.RecvReset)
	case o.Signals&tcp.UserTimeoutAbort != 0:
		w.answer(i, on, "-1 ETIMEDOUT", calls.RecvReset)
	case o.Signals&tcp.ConnectionClosing != 0:
		w.answer(i, on, "0", calls.RecvEnds)
	default:
		return false
	}
	return true
}

// signal is a step of its own for what no waiting call brings to the program. Nobody
// is told of an end that no descriptor names.
func (w *World) signal(i, at int, signals tcp.Signals) *handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	step := handshake.Step{At: w.clock, Peer: h.name, On: s.on, Kind: handshake.KindSignal}
	var r calls.Rule
	switch {
	case signals&(tcp.ConnectionReset|tcp.ConnectionRefused) != 0:
		step.Label, r, s.errno = "connection reset", calls.SignalReset, "ECONNRESET"
	case signals&tcp.UserTimeoutAbort != 0:
		step.Label, r, s.errno = "connection aborted due to user timeout", calls.SignalTimeout, "ETIMEDOUT"
	case signals&tcp.ConnectionClosing != 0:
		step.Label, r = "connection closing", calls.SignalClosing
	case signals&tcp.UrgentData != 0:
		step.Label, r = "urgent data", calls.SignalUrgent
	default:
		return nil
	}
	if s.fd == 0 {
		return nil
	}
	step.Before = s.tcb.State.String()
	step.After = step.Before
	step.Why = []handshake.Why{r.Why()}
	return &step
}

// offer gives an end that is ESTABLISHED to an accept() that waits.
func (w *World) offer(i int) {
	h := &w.hosts[i]
	if !h.blocked.is || h.blocked.answered || h.blocked.call != "accept" {
		return
	}
	if at := h.readiest(h.blocked.on); at >= 0 {
		h.sockets[at].ready = 0
		w.answer(i, h.sockets[at].on, "", calls.AcceptReturns)
	}
}

// readiest is the end of a listener that has waited longest for accept(); -1 if none.
func (h *host) readiest(listener string) int {
	best := -1
	for i, s := range h.sockets {
		if s.listener == listener && s.ready != 0 && (best < 0 || s.ready < h.sockets[best].ready) {
			best = i
		}
	}
	return best
}

// comeBack lets the call return that a host's program waits in.
func (w *World) comeBack(i int) []handshake.Step {
	h := &w.hosts[i]
	at := slices.IndexFunc(h.outbox, func(it item) bool { return it.is == handshake.Return })
	it := h.outbox[at]
	h.outbox = slices.Delete(h.outbox, at, at+1)
	step := handshake.Step{At: w.clock, Peer: h.name, On: it.on, Kind: handshake.KindReturn, Why: []handshake.Why{it.rule.Why()}}
	fd := h.sockets[h.find(h.blocked.on)].fd
	if it.what == "accept" {
		it.result = h.describe(&step, h.find(it.on))
	}
	step.Label = fmt.Sprintf("%s(%d) = %s", it.what, fd, it.result)
	step.Before = h.stateOf(it.on)
	step.After = step.Before
	h.blocked, h.last = blocked{}, it.on
	return []handshake.Step{step}
}

// describe gives an accepted end its descriptor.
func (h *host) describe(step *handshake.Step, at int) string {
	s := &h.sockets[at]
	s.fd = h.nextFD
	h.nextFD++
	step.Vars = append(step.Vars, descriptor(s.fd))
	return strconv.Itoa(s.fd)
}

// segmentArrives finds the connection that a segment belongs to (RFC 9293 3.10.7):
// the pair of sockets, else a listener on the port, else none. From or to an address
// that no one host can have, nothing is taken (3.9.2.3).
func (w *World) segmentArrives(f flight, segment tcp.Segment, step handshake.Step) []handshake.Step {
	h := &w.hosts[f.to]
	if !oneHost(f.src.Addr()) || !oneHost(f.dst.Addr()) {
		step.Before = h.state()
		step.After = step.Before
		step.Why = []handshake.Why{calls.AddressRefused.Why()}
		return []handshake.Step{step}
	}
	e := tcp.SegmentArrives{Now: w.clock, Segment: segment}
	at := slices.IndexFunc(h.sockets, func(s socket) bool {
		return s.local == f.dst && s.remote == f.src && s.tcb.State != tcp.Closed
	})
	listener := slices.IndexFunc(h.sockets, func(s socket) bool { return s.local == f.dst && listening(s) })
	switch {
	case at >= 0 && listener >= 0 && h.sockets[at].over() && h.queues(listener).Room():
		return w.timeWaitGets(f.to, at, listener, e, step)
	case at >= 0:
		return w.connectionGets(f.to, at, e, step)
	case listener < 0:
		o := tcp.Step(tcp.TCB{}, e)
		record(&step, &socket{}, &o)
		w.send(f.to, "", o.Segments, nil, f.dst, f.src)
		return []handshake.Step{step}
	}
	return w.listenerGets(f, listener, e, step)
}

// over reports an end in TIME-WAIT that no descriptor names any more.
func (s *socket) over() bool { return s.tcb.State == tcp.TimeWait && s.fd == 0 }

// timeWaitGets gives a segment to an end in TIME-WAIT whose port is listened to: a SYN may
// begin it anew (RFC 9293 3.6.1). It is the listener's child then, whatever it was.
func (w *World) timeWaitGets(i, at, listener int, e tcp.SegmentArrives, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s, l := &h.sockets[at], &h.sockets[listener]
	e.Listening, e.ISS = true, w.peekISS(i, s.local, s.remote)
	o := tcp.Step(s.tcb, e)
	if o.TCB.State == tcp.SynReceived {
		h.takeISS()
		anew := socket{on: s.on, listener: l.on, local: s.local, remote: s.remote, tcb: s.tcb, settings: l.settings}
		*s = anew
	}
	return w.settle(i, at, o, e, step)
}

// listenerGets gives a segment to a listener, which RFC 9293 does not bound: its queues do.
// A cookie takes none of the setup's first numbers, for it has to be what it is.
func (w *World) listenerGets(f flight, at int, e tcp.SegmentArrives, step handshake.Step) []handshake.Step {
	h := &w.hosts[f.to]
	listener := &h.sockets[at]
	e.ISS = w.peekISS(f.to, f.dst, f.src)
	l, o := h.queues(at).Arrives(listener.tcb, e, tcp.Origin{Local: f.dst, Remote: f.src, Key: h.key})
	listener.queues.CookiesUntil = l.CookiesUntil
	switch o.TCB.State {
	case tcp.Listen: // no connection begins
		record(&step, listener, &o)
		w.send(f.to, listener.on, o.Segments, nil, f.dst, f.src)
		return []handshake.Step{step}
	case tcp.SynReceived:
		h.takeISS()
	case tcp.Closed, tcp.SynSent, tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.CloseWait, tcp.Closing, tcp.LastAck, tcp.TimeWait:
	}
	return w.settle(f.to, h.child(at, f), o, e, step)
}

// connectionGets gives a segment to its connection. Text for a program that has closed it
// is answered as RFC 9293 3.6.1 asks: "its TCP implementation SHOULD send a RST to show
// that data was lost" (SHLD-3).
func (w *World) connectionGets(i, at int, e tcp.SegmentArrives, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	var o tcp.Outcome
	if l := h.find(s.listener); l >= 0 {
		o = h.queues(l).Confirms(s.tcb, e)
	} else {
		o = tcp.Step(s.tcb, e)
	}
	if s.left && o.Text != "" {
		step.Why = append(step.Why, calls.LateText.Why())
		o = tcp.Step(s.tcb, tcp.Abort{Now: w.clock}) // as it was: what its ACK would let go never went, and the RST must fit
		o.Signals = 0
	}
	return w.settle(i, at, o, e, step)
}

// child makes the new end of a connection that a listener was asked for. The
// listener itself goes on listening.
func (h *host) child(at int, f flight) int {
	l := &h.sockets[at]
	l.children++
	h.sockets = append(h.sockets, socket{
		on: l.on + "." + strconv.Itoa(l.children), listener: l.on, local: f.dst, remote: f.src, tcb: l.tcb, settings: l.settings,
	})
	return len(h.sockets) - 1
}

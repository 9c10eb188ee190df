package differential

import (
	"net/netip"
	"slices"
	"strconv"

	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	machine "sockscope/statemachine/tcp"
)

// firstFD and stride are the model's: the first descriptor, and what parts the first
// numbers that the setup does not name.
const (
	firstFD = 3
	stride  = 64000
)

// host is one end: a program, its descriptors and its connections.
type host struct {
	name    string
	shown   netip.AddrPort // as the scenario has it
	address netip.AddrPort // as the stack has it: two stacks cannot both be 127.0.0.1
	iss     []uint32       // the first numbers that are left
	last    string         // the connection that moved last
	program []handshake.Choice
	next    int
	blocked *blocked
	ends    []*end
	outbox  []item
	nextFD  int
	stack   *netstack
}

// end is one connection of a host, or a listener, or a socket that is neither yet.
type end struct {
	on       string // its name in the trace, for life
	fd       int    // 0: none
	ep       *tcp.Endpoint
	local    netip.AddrPort
	remote   netip.AddrPort
	listener *end // that made it; nil: none did
	children int  // of a listener
	state    string
	shown    map[string]string // variables
	begun    bool              // its first number has been seen
	told     bool              // the program knows of the other end's FIN
}

// blocked is the call that a program waits in.
type blocked struct {
	call     string
	end      *end
	answered bool
}

// item is what an event has caused and what still has to happen: a departure or a return.
type item struct {
	order   int
	is      handshake.Verb
	what    string // the segment's label, or the call's name
	on      string
	segment machine.Segment
	flow    flow
	octets  []byte
	result  string
	end     *end // that accept() gives
	rule    calls.Rule
}

// closed is the state of what is no connection.
const closed = "CLOSED"

// states are the RFC's names.
var states = map[tcp.EndpointState]string{
	tcp.StateListen: "LISTEN", tcp.StateSynSent: "SYN-SENT", tcp.StateSynRecv: "SYN-RECEIVED",
	tcp.StateEstablished: "ESTABLISHED", tcp.StateFinWait1: "FIN-WAIT-1", tcp.StateFinWait2: "FIN-WAIT-2",
	tcp.StateCloseWait: "CLOSE-WAIT", tcp.StateClosing: "CLOSING", tcp.StateLastAck: "LAST-ACK", tcp.StateTimeWait: "TIME-WAIT",
}

// reading is the state that netstack has an end in.
func (e *end) reading() string {
	if name, ok := states[e.ep.EndpointState()]; ok {
		return name
	}
	return closed
}

func (e *end) listening() bool { return e.state == "LISTEN" && e.listener == nil }

func (h *host) stateOf(on string) string {
	for _, e := range h.ends {
		if e.on == on {
			return e.state
		}
	}
	return closed
}

// receiver is the end that a segment of a flow is for: that of the connection, else a
// listener, else nil.
func (h *host) receiver(f flow) *end {
	for _, e := range h.ends {
		if e.local == f.to && e.remote == f.from && e.state != closed {
			return e
		}
	}
	return h.listenerAt(f.to)
}

func (h *host) listenerAt(a netip.AddrPort) *end {
	for _, e := range h.ends {
		if e.local == a && e.listening() {
			return e
		}
	}
	return nil
}

// newest finds the descriptor that a call means: the last one that fits.
func (h *host) newest(fits func(*end) bool) *end {
	var newest *end
	for _, e := range h.ends {
		if e.fd != 0 && fits(e) && (newest == nil || e.fd > newest.fd) {
			newest = e
		}
	}
	return newest
}

// peekISS is the first number of the host's next connection; takeISS uses it up.
func (h *host) peekISS() uint32 {
	if len(h.iss) == 0 {
		return stride
	}
	return h.iss[0]
}

func (h *host) takeISS() {
	if len(h.iss) > 1 {
		h.iss = h.iss[1:]
	} else {
		h.iss = []uint32{h.peekISS() + stride}
	}
}

// adopt gives the end whose event the arrival of a segment was: the receiver, or the
// child that its listener has made, or, where a SYN met TIME-WAIT, the end that another
// connection has taken the place of.
func (h *host) adopt(receiver *end, f flow, step *handshake.Step) *end {
	ep := h.stack.find(f)
	if receiver == nil || ep == nil || ep == receiver.ep || slices.ContainsFunc(h.ends, func(e *end) bool { return e.ep == ep }) {
		return receiver
	}
	if !receiver.listening() {
		receiver.ep, receiver.begun, receiver.told = ep, false, false
		return receiver
	}
	step.Before = receiver.state
	receiver.children++
	h.ends = append(h.ends, &end{
		on: receiver.on + "." + strconv.Itoa(receiver.children), listener: receiver, ep: ep, local: f.to, remote: f.from, state: closed,
	})
	return h.ends[len(h.ends)-1]
}

// observe completes the step of a host's event with what has become of its connection,
// and adds what the program is told. What the stack has sent goes into the outbox.
func (w *Session) observe(i int, subject *end, step handshake.Step) []handshake.Step {
	h := w.hosts[i]
	w.rest()
	step.At = w.clock.now
	if subject == nil {
		step.Before, step.After = closed, closed
		w.collect(i, nil)
		return []handshake.Step{step}
	}
	h.last = subject.on
	if step.Before == "" {
		step.Before = subject.state
	}
	w.collect(i, subject)
	step.On = subject.on
	subject.state = subject.reading()
	if step.Kind == handshake.KindArrive && step.Before == "SYN-RECEIVED" && subject.falls() {
		subject.state = "LISTEN" // RFC 9293 3.10.7.4 second; netstack forgets the request
	}
	step.After = subject.state
	subject.update(&step)
	steps := append([]handshake.Step{step}, w.others(i)...)
	steps = append(steps, w.tell(i, subject, step)...)
	if subject.listener != nil && subject.state == "LISTEN" {
		subject.state = closed
	}
	return steps
}

// falls reports whether a request has gone back to its listener.
func (e *end) falls() bool {
	return e.state == closed && e.listener != nil && e.listener.state == "LISTEN" && e.fd == 0
}

// others records the ends of a listener that is gone.
func (w *Session) others(i int) []handshake.Step {
	h := w.hosts[i]
	var steps []handshake.Step
	for _, e := range h.ends {
		if e.reading() == e.state || e.state == "LISTEN" {
			continue
		}
		step := handshake.Step{
			At: w.clock.now, Peer: h.name, On: e.on, Kind: handshake.KindSignal, Before: e.state, Label: "nobody can accept it",
			Why: []handshake.Why{calls.CloseOrphan.Why()},
		}
		e.state = e.reading()
		step.After = e.state
		steps = append(steps, step)
	}
	return steps
}

// collect puts what a host's stack has sent into its outbox.
func (w *Session) collect(i int, subject *end) {
	h := w.hosts[i]
	for octets := h.stack.sent(); octets != nil; octets = h.stack.sent() {
		plain(octets)
		f, _, s := parse(octets)
		owner := subject
		if owner == nil || owner.local != f.from || owner.remote != f.to && !owner.listening() {
			owner = h.receiver(f.back())
		}
		if s.CTL.Has(machine.SYN) && owner != nil && !owner.begun {
			owner.begun = true
			h.takeISS()
		}
		w.order++
		it := item{order: w.order, is: handshake.Depart, what: s.String(), segment: s, flow: f, octets: octets}
		if owner != nil {
			it.on = owner.on
		}
		h.outbox = append(h.outbox, it)
	}
}

// update writes into the step which of an end's variables have changed.
func (e *end) update(step *handshake.Step) {
	var now map[string]string
	if e.state != closed && e.state != "LISTEN" {
		now = e.variables()
	}
	for _, name := range variables {
		v, ok := now[name]
		if was := e.shown[name]; ok && was != v {
			step.Vars = append(step.Vars, handshake.Var{Name: name, Value: v, Unit: units[name]})
		}
	}
	e.shown = now
}

// variables are those that netstack has, in the RFC's order.
var variables = []string{"ISS", "SND.UNA", "SND.NXT", "IRS", "RCV.NXT", "RCV.WND", "SND.WND"}

var units = map[string]string{"ISS": "seq", "SND.UNA": "seq", "SND.NXT": "seq", "IRS": "seq", "RCV.NXT": "seq", "RCV.WND": "B", "SND.WND": "B"}

// variables are an end's: those of the handshake while that lasts.
func (e *end) variables() map[string]string {
	list := map[string]string{}
	tell := func(name string, n uint32) { list[name] = decimal(n) }
	if h := inside(e.ep, "h"); !h.IsNil() {
		iss := number(e.ep, "h", "iss")
		tell("ISS", iss)
		tell("SND.UNA", iss)
		tell("SND.NXT", iss+1)
		if next := number(e.ep, "h", "ackNum"); e.state != "SYN-SENT" {
			tell("IRS", next-1)
			tell("RCV.NXT", next)
			tell("RCV.WND", number(e.ep, "h", "rcvWnd"))
		}
	}
	if inside(e.ep, "snd").IsNil() {
		return list
	}
	tell("SND.UNA", number(e.ep, "snd", "SndUna"))
	tell("SND.NXT", number(e.ep, "snd", "SndNxt"))
	tell("RCV.NXT", number(e.ep, "rcv", "RcvNxt"))
	tell("RCV.WND", number(e.ep, "rcv", "rcvWnd"))
	tell("SND.WND", number(e.ep, "snd", "SndWnd"))
	return list
}

// tell wakes a host's program, and gives it the news that no call waits for.
func (w *Session) tell(i int, subject *end, step handshake.Step) []handshake.Step {
	h := w.hosts[i]
	waits := h.blocked != nil && !h.blocked.answered
	w.wake(i)
	brought := waits && h.blocked.answered && h.blocked.end == subject && h.blocked.call != "accept"
	news := handshake.Step{At: w.clock.now, Peer: h.name, On: subject.on, Kind: handshake.KindSignal, Before: subject.state, After: subject.state}
	ended := subject.listener == nil || subject.state != "LISTEN"
	switch {
	case step.Kind == handshake.KindCall || !ended:
		return nil
	case subject.state == closed && !slices.Contains([]string{closed, "CLOSING", "LAST-ACK", "TIME-WAIT"}, step.Before):
		news.Label, news.Why = "connection reset", []handshake.Why{calls.SignalReset.Why()}
		if step.Kind == handshake.KindTimeout {
			news.Label, news.Why = "connection aborted due to user timeout", []handshake.Why{calls.SignalTimeout.Why()}
		}
	case subject.finCame() && !subject.told:
		subject.told = true
		news.Label, news.Why = "connection closing", []handshake.Why{calls.SignalClosing.Why()}
	default:
		return nil
	}
	if subject.fd == 0 || brought {
		return nil
	}
	return []handshake.Step{news}
}

// finCame reports whether the other end has ended its text.
func (e *end) finCame() bool {
	rcv := inside(e.ep, "rcv")
	return !rcv.IsNil() && inside(e.ep, "rcv", "closed").Bool()
}

// wake answers the call that a program waits in, once netstack is ready for it.
func (w *Session) wake(i int) {
	h := w.hosts[i]
	b := h.blocked
	if b == nil || b.answered {
		return
	}
	it := item{is: handshake.Return, what: b.call, on: b.end.on, end: b.end}
	state := b.end.ep.EndpointState()
	switch {
	case b.call == "connect" && state != tcp.StateSynSent && state != tcp.StateSynRecv:
		it.result, it.rule = h.connected(b.end)
	case b.call == "recv" && b.end.ep.Readiness(waiter.ReadableEvents) != 0:
		it.result, it.rule = h.received(b.end)
	case b.call == "accept" && b.end.ep.Readiness(waiter.ReadableEvents) != 0:
		it.end, it.rule = h.accepted(b.end), calls.AcceptReturns
		it.on = it.end.on
	default:
		return
	}
	b.answered = true
	w.order++
	it.order = w.order
	h.outbox = append(h.outbox, it)
}

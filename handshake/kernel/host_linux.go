package kernel

import (
	"net/netip"
	"slices"
	"strconv"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/statemachine/tcp"
)

// firstFD is the first descriptor of each program, as if it were a process of its own.
const firstFD = 3

// stride parts the shown first numbers that the setup does not name, as the model does.
const stride = 64000

// host is one end: a program, its descriptors and its connections.
type host struct {
	name    string
	address netip.AddrPort
	iss     []uint32 // the first numbers that are left to be shown
	spare   uint32   // the one after them
	program []handshake.Choice
	next    int
	blocked *blocked
	ends    []end
	outbox  []item
	nextFD  int
	last    string // the connection that moved last
}

// item is a segment that is held, and has not departed in the trace yet.
type item struct {
	order     int
	on, label string
	flow      flow
	segment   tcp.Segment
	octets    []byte
	id        uint32
	again     bool // a retransmission
}

// blocked is the call that a program waits in. The descriptor is non-blocking, so that
// one goroutine can see both programs wait; what a program sees is the same.
type blocked struct {
	call     string
	on       string
	answered bool
	order    int
	rest     string // of send(): what the kernel has not taken yet
	size     int
}

func newHost(o opening, p handshake.PeerSetup) host {
	h := host{name: p.Name, address: netip.MustParseAddrPort(p.Address), iss: p.ISS, nextFD: firstFD, spare: stride}
	if n := len(p.ISS); n > 0 {
		h.spare += p.ISS[n-1]
	}
	if p.Name == o.Other.Peer || len(o.Other.Program) > 0 {
		return h
	}
	for _, l := range o.Scenario.Program(o.Other.Engine, p.Name) {
		h.program = append(h.program, l.Choice)
	}
	return h
}

func (h *host) peekISS() uint32 {
	if len(h.iss) > 0 {
		return h.iss[0]
	}
	return h.spare
}

func (h *host) takeISS() uint32 {
	iss := h.peekISS()
	if len(h.iss) > 0 {
		h.iss = h.iss[1:]
	} else {
		h.spare += stride
	}
	return iss
}

// has reports whether an address is this host's.
func (h *host) has(a netip.AddrPort) bool {
	return a == h.address || slices.ContainsFunc(h.ends, func(e end) bool { return e.local == a })
}

// end finds a connection by its name; nil if it is forgotten.
func (h *host) end(on string) *end {
	for i := range h.ends {
		if h.ends[i].on == on {
			return &h.ends[i]
		}
	}
	return nil
}

func (h *host) stateOf(on string) string {
	if e := h.end(on); e != nil {
		return e.state
	}
	return "CLOSED"
}

// receiver is the end that a segment of a flow is for: that of the connection, else a
// listener, else -1.
func (h *host) receiver(f flow) int {
	at := slices.IndexFunc(h.ends, func(e end) bool { return e.local == f.to && e.remote == f.from && e.alive() })
	if at < 0 {
		at = slices.IndexFunc(h.ends, func(e end) bool { return e.local == f.to && listening(&e) && e.listener == "" })
	}
	return at
}

// owner names the end that sends a flow: a listener's, where a cookie stands for it. An
// end that its own RST has just ended is not told yet.
func (h *host) owner(f flow) string {
	for i := range h.ends {
		if e := &h.ends[i]; e.local == f.from && e.remote == f.to && e.state != "CLOSED" && !e.fell {
			return e.on
		}
	}
	if at := h.receiver(f.back()); at >= 0 {
		return h.ends[at].on
	}
	return ""
}

// newest finds the descriptor that a call means: the last one that fits; -1 if none.
func (h *host) newest(fits func(*end) bool) int {
	newest := -1
	for i := range h.ends {
		if e := &h.ends[i]; e.fd != 0 && fits(e) && (newest < 0 || e.fd > h.ends[newest].fd) {
			newest = i
		}
	}
	return newest
}

func anyEnd(*end) bool { return true }

func listening(e *end) bool { return e.state == "LISTEN" }

// port is the setup's address, or the next port that none of the host's ends has.
func (h *host) port() netip.AddrPort {
	a := h.address
	for slices.ContainsFunc(h.ends, func(e end) bool { return e.local == a && (e.fd != 0 || e.alive()) }) {
		a = netip.AddrPortFrom(a.Addr(), max(a.Port()+1, 1024))
	}
	return a
}

// post puts a segment into its sender's outbox.
func (w *world) post(i int, it item) {
	w.order++
	it.order = w.order
	w.hosts[i].outbox = append(w.hosts[i].outbox, it)
}

// look reads what the kernel says of every socket now, and finds new ones: a request
// at a listener, or a child that stands for one.
func (w *world) look() error {
	if w.lo == nil {
		return w.lookBare()
	}
	var err error
	if w.socks, err = w.diag.dump(w.socks[:0]); err != nil {
		return err
	}
	for i := range w.hosts {
		for j := range w.hosts[i].ends {
			w.hosts[i].ends[j].sock = nil
		}
	}
	var fresh []*sock
	for k := range w.socks {
		s := &w.socks[k]
		if e := w.byCookie(s.cookie); e != nil {
			e.sock = s
		} else {
			fresh = append(fresh, s)
		}
	}
	for _, s := range fresh {
		s.local = w.home(s.local)
		w.adopt(s)
	}
	for i := range w.hosts {
		w.hosts[i].fall()
	}
	return nil
}

// fall finds the requests that their listeners have dropped.
func (h *host) fall() {
	for i := range h.ends {
		e := &h.ends[i]
		if e.state == "SYN-RECEIVED" && e.sock == nil && e.listener != "" {
			l := h.end(e.listener)
			e.fell = l != nil && l.reading() == "LISTEN"
		}
	}
}

func (w *world) byCookie(cookie uint64) *end {
	for i := range w.hosts {
		for j := range w.hosts[i].ends {
			if e := &w.hosts[i].ends[j]; e.cookie == cookie && cookie != 0 {
				return e
			}
		}
	}
	return nil
}

// adopt gives a socket that is new to its host: to an end of the same connection that
// has lost its own (a request that has become a socket), else as a listener's child.
func (w *world) adopt(s *sock) {
	for i := range w.hosts {
		h := &w.hosts[i]
		if !h.has(s.local) {
			continue
		}
		for j := range h.ends {
			e := &h.ends[j]
			over := e.fell || e.listener != "" && e.state == "CLOSED" // what comes now is another connection
			if e.local == s.local && e.remote == s.remote && e.sock == nil && !over {
				e.cookie, e.sock = s.cookie, s
				if e.state == "TIME-WAIT" { // another connection in its place
					e.begun, e.met = false, false
				}
				return
			}
		}
		for j := range h.ends {
			if l := &h.ends[j]; listening(l) && l.listener == "" && l.local == s.local && s.remote.Port() != 0 {
				l.children++
				h.ends = append(h.ends, end{
					on: l.on + "." + strconv.Itoa(l.children), listener: l.on, handle: -1, passive: true, state: "LISTEN",
					local: s.local, remote: s.remote, cookie: s.cookie, sock: s,
				})
				return
			}
		}
	}
	if w.program != nil {
		w.made(s)
	}
}

// lookBare asks the sockets that a program holds; of others nothing is known.
func (w *world) lookBare() error {
	for i := range w.hosts {
		for j := range w.hosts[i].ends {
			e := &w.hosts[i].ends[j]
			if e.handle < 0 {
				e.sock = nil
				continue
			}
			e.sock = &sock{local: e.local, remote: e.remote, hasInfo: true}
			if err := tcpInfo(e.handle, &e.sock.info); err != nil {
				return err
			}
			e.sock.state = e.sock.info.State
			if e.sock.state == stateListen { // the kernel counts the queue here (tcp(7))
				e.sock.rqueue, e.sock.wqueue = e.sock.info.Unacked, e.sock.info.Sacked
			}
		}
	}
	return nil
}

// observe completes the step of a host's event with what has become of its connection,
// and adds what else has changed.
func (w *world) observe(i, at int, step handshake.Step) ([]handshake.Step, error) {
	if err := w.look(); err != nil {
		return nil, err
	}
	h := &w.hosts[i]
	var subject *end
	if at >= 0 {
		subject = &h.ends[at]
		h.last = subject.on
		w.update(subject, &step)
	} else if step.Before == "" {
		step.Before, step.After = "CLOSED", "CLOSED"
	} else {
		step.After = step.Before
	}
	steps := []handshake.Step{step}
	for k := range w.hosts {
		steps = append(steps, w.others(k, subject)...)
	}
	return steps, nil
}

// others records what an event has changed beside its own connection: a listener's
// queue, the ends of a listener that is gone.
func (w *world) others(k int, subject *end) []handshake.Step {
	h := &w.hosts[k]
	var steps []handshake.Step
	for j := range h.ends {
		e := &h.ends[j]
		if e == subject || w.pending(k, e.on) || e.reading() == e.state && !e.queueMoved() {
			continue
		}
		step := handshake.Step{At: w.now(), Peer: h.name, Kind: handshake.KindNote}
		moved := e.reading() == e.state
		w.update(e, &step)
		switch {
		case moved:
			step.Label = "accept queue " + e.shown["accept queue"] + " of " + e.shown["accept queue limit"]
			step.Why = []handshake.Why{calls.AcceptQueue.Why()}
		case e.listener != "" && e.state == "CLOSED":
			step.Kind, step.Label = handshake.KindSignal, "nobody can accept it"
			step.Why = []handshake.Why{calls.CloseOrphan.Why()}
		default:
			step.Label, step.Why = "the kernel moves on", []handshake.Why{otherwise.why()}
		}
		steps = append(steps, step)
	}
	h.ends = slices.DeleteFunc(h.ends, func(e end) bool {
		return e.fd == 0 && e.on != h.last && (e.state == "CLOSED" && !e.alive() || e.fell)
	})
	return steps
}

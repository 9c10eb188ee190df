package kernel

import (
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// end is one connection of a host, or a listener, or a socket that is neither yet.
type end struct {
	on            string // its name in the trace, for life
	fd            int    // the number that the program knows it by; 0: none
	handle        int    // the child's own descriptor; -1: none
	cookie        uint64 // the kernel's name for the socket
	local, remote netip.AddrPort
	listener      string // of an end that a listener made: the listener's name
	children      int    // of a listener
	passive       bool
	sock          *sock // what the kernel last said of it; nil: nothing

	// What the trace knows of it.
	state      string
	shown      map[string]string // variables
	known      bool              // the numbers below
	begun, met bool              // iss, irs
	iss, irs   uint32
	kernelISS  uint32 // as the kernel drew it
	sndUNA     uint32
	sndNXT     uint32
	sndWND     uint32
	scale      uint8 // of the other end's window (RFC 7323 2.3)
	rcvNXT     uint32
	rcvWND     uint32
	sendQueue  uint32
	recvQueue  uint32
	held       [tcp.MaxHeld]tcp.Held // what has come ahead of a gap
	ahead      [tcp.MaxHeld]tcp.Held // what has come before its turn
	toldClosed bool                  // the program was told of the other end's FIN
	toldError  bool                  // or of an error
	fell       bool                  // a request that the listener has dropped
}

// The kernel's numbers of states (include/net/tcp_states.h).
const (
	stateTimeWait = 6
	stateListen   = 10
)

var stateNames = map[uint8]string{
	1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", stateTimeWait: "TIME-WAIT",
	8: "CLOSE-WAIT", 9: "LAST-ACK", stateListen: "LISTEN", 11: "CLOSING", 12: "SYN-RECEIVED",
}

// reading is the state that the kernel last said.
func (e *end) reading() string {
	if e.fell { // RFC 9293 3.10.7.4 second has it go back to LISTEN; the kernel forgets the request
		return "LISTEN"
	}
	if e.sock != nil {
		if name, ok := stateNames[e.sock.state]; ok {
			return name
		}
	}
	return "CLOSED"
}

// alive reports whether there is a connection.
func (e *end) alive() bool { return e.reading() != "CLOSED" && !e.fell }

// wantsSYN reports whether a SYN begins a connection here.
func (e *end) wantsSYN() bool {
	return e.state == "LISTEN" || e.state == "SYN-SENT" || e.state == "TIME-WAIT" || e.state == "CLOSED"
}

// queueMoved reports whether a listener's accept queue has changed since it was told.
func (e *end) queueMoved() bool {
	return e.sock != nil && e.reading() == "LISTEN" && e.shown["accept queue"] != strconv.FormatUint(uint64(e.sock.rqueue), 10)
}

// timers names those that run. Whether an ACK waits for its delay the kernel does not
// say: it does when one is owed.
func (e *end) timers(owes bool) []string {
	if e.sock == nil || e.state == "LISTEN" {
		return nil
	}
	var list []string
	if owes && e.sock.hasInfo {
		list = append(list, delayedACK)
	}
	if name := e.timer(); name != "" {
		list = append(list, name)
	}
	return list
}

// timer is the one timer that a dump tells of.
func (e *end) timer() string {
	switch {
	case e.sock.timer == 1:
		return retransmission
	case e.sock.timer == 4:
		return persist
	case e.sock.timer == 2 && e.sock.hasInfo && (e.fd != 0 || e.reading() != "FIN-WAIT-2"): // else the same timer ends an orphan
		return keepAlive
	case e.sock.state == stateTimeWait:
		return timeWait
	case e.sock.timer == 2 || e.sock.timer == 3:
		return finWait2
	default:
		return ""
	}
}

// update takes over what the kernel says of an end, and writes into the step what has
// changed: state and variables.
func (w *world) update(e *end, step *handshake.Step) {
	step.On = e.on
	if step.Before == "" {
		step.Before = e.state
	}
	e.state = e.reading()
	step.After = e.state
	if e.shown == nil {
		e.shown = map[string]string{}
	}
	if e.sock == nil {
		e.known, e.shown = false, nil
		return
	}
	told := w.variables(e)
	for _, v := range append(told, e.untold(told)...) {
		if e.shown[v.Name] != v.Value {
			e.shown[v.Name] = v.Value
			step.Vars = append(step.Vars, v)
		}
	}
	e.tellTimer(w, step)
}

// untold empties what is shown and the kernel tells no more: a small socket has no
// congestion window. Timers are told apart.
func (e *end) untold(told []handshake.Var) []handshake.Var {
	var list []handshake.Var
	for _, name := range slices.Sorted(maps.Keys(e.shown)) {
		if !strings.HasSuffix(name, " timer") && !slices.ContainsFunc(told, func(v handshake.Var) bool { return v.Name == name }) {
			list = append(list, handshake.Var{Name: name})
		}
	}
	return list
}

// tellTimer tells of the timer's new deadline, if it is not the old one: jiffies are
// 4 ms, and so is what is left of it rounded.
func (e *end) tellTimer(w *world, step *handshake.Step) {
	running := ""
	if name := e.timer(); name != "" && e.state != "LISTEN" {
		running = name + " timer"
		deadline := time.Since(w.began) + e.sock.expires
		was, _ := strconv.ParseInt(e.shown[running], 10, 64)
		const rounding = 12 * time.Millisecond
		if d := deadline - time.Duration(was); d > rounding || d < -rounding {
			v := handshake.Var{Name: running, Value: strconv.FormatInt(int64(deadline), 10), Unit: "ns"}
			e.shown[running] = v.Value
			step.Vars = append(step.Vars, v)
		}
	}
	for _, name := range timerNames {
		if name += " timer"; name != running && e.shown[name] != "" {
			e.shown[name] = ""
			step.Vars = append(step.Vars, handshake.Var{Name: name})
		}
	}
}

func number(name string, v uint32, unit string) handshake.Var {
	return handshake.Var{Name: name, Value: strconv.FormatUint(uint64(v), 10), Unit: unit}
}

// variables are all that is known of an end: the RFC's, where they correspond, by the
// RFC's names, then the kernel's own (struct tcp_info).
func (w *world) variables(e *end) []handshake.Var {
	if e.state == "LISTEN" {
		return []handshake.Var{
			number("accept queue", e.sock.rqueue, "segments"), number("accept queue limit", e.sock.wqueue, "segments"),
		}
	}
	vars := w.sequence(e)
	if !e.sock.hasInfo {
		return vars
	}
	i := &e.sock.info
	micro := func(name string, v uint32) handshake.Var {
		return handshake.Var{Name: name, Value: strconv.FormatInt(int64(v)*1000, 10), Unit: "ns"}
	}
	return append(vars,
		number("retransmissions", uint32(i.Retransmits), "segments"),
		micro("rto", i.Rto), micro("rtt", i.Rtt), micro("rttvar", i.Rttvar),
		number("snd_cwnd", i.Snd_cwnd, "segments"), ssthresh(i.Snd_ssthresh),
		number("snd_mss", i.Snd_mss, "B"), number("rcv_mss", i.Rcv_mss, "B"),
		number("unacked", i.Unacked, "segments"), number("sacked", i.Sacked, "segments"), number("lost", i.Lost, "segments"),
		number("total_retrans", i.Total_retrans, "segments"),
		number("backoff", uint32(i.Backoff), ""), number("probes", uint32(i.Probes), ""),
		handshake.Var{Name: "ca_state", Value: caState(i.Ca_state)},
	)
}

// ssthresh has no value before the first loss (linux/tcp.h, TCP_INFINITE_SSTHRESH).
func ssthresh(n uint32) handshake.Var {
	if n == 0x7fffffff {
		return handshake.Var{Name: "snd_ssthresh", Unit: "segments"}
	}
	return number("snd_ssthresh", n, "segments")
}

// caState names the states of congestion avoidance (linux/tcp.h, enum tcp_ca_state).
func caState(n uint8) string {
	names := [...]string{"Open", "Disorder", "CWR", "Recovery", "Loss"}
	if int(n) < len(names) {
		return names[n]
	}
	return strconv.Itoa(int(n))
}

// sequence counts the sequence variables from the first numbers that crossed the wire
// and the kernel's own counters. The SYN of an active OPEN is among the acknowledged
// octets, that of a passive one is not; the FIN is among both.
func (w *world) sequence(e *end) []handshake.Var {
	f := flow{e.local, e.remote}
	ours := w.numbers[f]
	if len(ours) == 0 {
		return nil
	}
	if e.sock.state == stateTimeWait || e.sock.state == 5 && !e.sock.hasInfo {
		return w.settled(e, f)
	}
	i := &e.sock.info
	e.known = true
	if !e.begun { // a later connection of the same flow has numbers of its own
		e.begun, e.iss, e.kernelISS = true, ours[len(ours)-1].shown, ours[len(ours)-1].drawn
	}
	e.sndUNA = e.iss + uint32(i.Bytes_acked)
	if e.passive && e.sock.hasInfo {
		e.sndUNA++
	}
	waiting := e.sock.wqueue
	if !e.sock.hasInfo { // a request: its SYN,ACK is all that there is
		waiting = 1
	}
	e.sndNXT = e.sndUNA + waiting - i.Notsent_bytes
	e.sendQueue = waiting - min(waiting, e.control())
	e.sndWND, e.scale = i.Snd_wnd, i.sndWscale
	vars := e.sends()
	syn, heard := w.syns[f.back()]
	if !heard || e.state == "SYN-SENT" {
		return vars
	}
	if !e.met {
		e.met, e.irs = true, syn
	}
	e.rcvNXT = e.irs + 1 + uint32(i.Bytes_received)
	e.rcvWND = i.Rcv_wnd
	if s := w.sent[f]; s.acked { // the kernel's window begins at the last ACK that it sent, the RFC's at RCV.NXT
		e.rcvWND -= min(e.rcvWND, e.rcvNXT-w.numbers.shown(f.back(), s.ack))
	}
	e.recvQueue = e.unread()
	vars = append(vars, e.expects()...)
	if e.sock.hasInfo {
		vars = append(vars, number("SND.WND", e.sndWND, "B"), number("RCV.WND", e.rcvWND, "B"))
	}
	return vars
}

// settled are the numbers of a small socket, which tells none: all that it has sent is
// acknowledged, and it expects what its last ACK says.
func (w *world) settled(e *end, f flow) []handshake.Var {
	s := w.sent[f]
	if !e.known || !s.acked {
		return nil
	}
	e.sndNXT = w.numbers.shown(f, s.next)
	e.sndUNA, e.sendQueue = e.sndNXT, 0
	e.rcvNXT = w.numbers.shown(f.back(), s.ack)
	return append(append(e.sends(), e.expects()...), number("RCV.WND", e.rcvWND, "B"))
}

func (e *end) sends() []handshake.Var {
	return []handshake.Var{
		number("ISS", e.iss, "seq"), number("kernel's ISS", e.kernelISS, "seq"),
		number("SND.UNA", e.sndUNA, "seq"), number("SND.NXT", e.sndNXT, "seq"), number("send queue", e.sendQueue, "B"),
	}
}

func (e *end) expects() []handshake.Var {
	return []handshake.Var{number("IRS", e.irs, "seq"), number("RCV.NXT", e.rcvNXT, "seq"), number("receive queue", e.recvQueue, "B")}
}

// control is how many of the unacknowledged numbers are a SYN's or a FIN's.
func (e *end) control() uint32 {
	switch e.state {
	case "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK":
		return 1
	default:
		return 0
	}
}

// unread is how many octets the program has not taken; the kernel counts a FIN with them.
func (e *end) unread() uint32 {
	n := e.sock.rqueue
	switch e.state {
	case "CLOSE-WAIT", "CLOSING", "LAST-ACK":
		if n > 0 && e.handle >= 0 {
			return waitingOctets(e.handle)
		}
		return n - min(n, 1)
	default:
		return n
	}
}

// largestWindow is the largest that there can be (RFC 7323 2.3): a kernel does not tell what
// the largest of a connection was.
const largestWindow = 1 << 30

// tcb is the end as RFC 9293 3.3.1 has it, from what is known.
func (e *end) tcb() tcp.TCB {
	t := tcp.TCB{Passive: e.passive, Remote: e.remote.IsValid() && e.remote.Port() != 0, ISS: e.iss, IRS: e.irs, Unread: e.recvQueue, Held: e.ahead}
	for _, s := range tcp.States {
		if s.String() == e.state {
			t.State = s
		}
	}
	t.SND = tcp.SendSequence{UNA: e.sndUNA, NXT: e.sndNXT, WND: e.sndWND, MAX: largestWindow, UP: e.sndUNA, WL1: e.rcvNXT - 1, WL2: e.sndUNA}
	// What else keeps a kernel from sending has rules of the kernel's own.
	t.Settings.NoDelay, t.Congestion.CWND, t.Congestion.Recover = true, math.MaxInt32, e.iss
	t.Agreed.Scale, t.Agreed.SendShift = e.scale > 0, e.scale
	if e.sock != nil && e.sock.hasInfo {
		t.SMSS = uint16(min(e.sock.info.Snd_mss, math.MaxUint16))
		t.Congestion.DupACKs = uint8(min(e.sock.info.Sacked, math.MaxUint8)) // without SACK Linux counts duplicates there
	}
	t.RCV = tcp.ReceiveSequence{NXT: e.rcvNXT, WND: e.rcvWND, UP: e.rcvNXT}
	t.Queue = string(make([]byte, e.sendQueue))
	t.Push, t.Held = e.sndNXT, e.held
	switch t.State {
	case tcp.FinWait1, tcp.FinWait2, tcp.Closing, tcp.LastAck, tcp.TimeWait:
		t.FinSent = true
	case tcp.Listen:
		t.Passive = true
	case tcp.Closed, tcp.SynSent, tcp.SynReceived, tcp.Established, tcp.CloseWait:
	}
	return t
}

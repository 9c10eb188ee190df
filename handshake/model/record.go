package model

import (
	"math"
	"strconv"
	"time"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// record writes what a machine did into the step: state, variables that changed, rules.
func record(step *handshake.Step, s *socket, o *tcp.Outcome) {
	step.On = s.on
	step.Before, step.After = s.tcb.State.String(), o.TCB.State.String()
	step.Vars = changed(step.Vars, &s.tcb, &o.TCB)
	for _, r := range o.Rules {
		step.Why = append(step.Why, why(r))
	}
}

// variableNames are those that a sentence of a scenario can ask for.
var variableNames = [...]string{
	"ISS", "SND.UNA", "SND.NXT", "SND.WND", "SND.UP", "SND.WL1", "SND.WL2",
	"IRS", "RCV.NXT", "RCV.WND", "RCV.UP", "cwnd", "ssthresh", "receive queue", "send queue", "descriptor",
	"accept queue", "accept queue limit", "Snd.Wind.Shift", "Rcv.Wind.Shift", "TS.Recent",
}

// sends and receives say whether a state has its send and its receive variables:
// before, their zeros mean nothing.
func sends(s tcp.State) bool { return s == tcp.SynSent || receives(s) }

func receives(s tcp.State) bool { return s == tcp.SynReceived || s.Synchronized() }

// windowed says whether SND.WND has been set: behind a passive OPEN it first is by the
// ACK that leads to ESTABLISHED (3.10.7.4 fifth), else by the SYN (3.10.7.3 fourth).
func windowed(t *tcp.TCB) bool {
	return receives(t.State) && (t.State != tcp.SynReceived || !t.Passive)
}

// changed appends the variables that differ. A TCB that is deleted has none.
func changed(vars []handshake.Var, a, b *tcp.TCB) []handshake.Var {
	number := func(known, was bool, name string, x, y uint32, unit string) {
		if known && (x != y || !was) {
			vars = append(vars, handshake.Var{Name: name, Value: decimal(y), Unit: unit})
		}
	}
	now, was := sends(b.State), sends(a.State)
	number(now, was, "ISS", a.ISS, b.ISS, "seq")
	number(now, was, "SND.UNA", a.SND.UNA, b.SND.UNA, "seq")
	number(now, was, "SND.NXT", a.SND.NXT, b.SND.NXT, "seq")
	number(now, true, "SND.UP", a.SND.UP, b.SND.UP, "seq")
	number(now, true, "send queue", uint32(len(a.Queue)), uint32(len(b.Queue)), "B")
	number(now, true, "retransmissions", uint32(a.Retransmissions), uint32(b.Retransmissions), "segments")
	length := func(known, was bool, name string, x, y time.Duration) {
		if known && (x != y || !was) {
			vars = append(vars, handshake.Var{Name: name, Value: nanoseconds(y), Unit: "ns"})
		}
	}
	length(b.Measured, a.Measured, "SRTT", a.SRTT, b.SRTT)
	length(b.Measured, a.Measured, "RTTVAR", a.RTTVAR, b.RTTVAR)
	length(now, was, "RTO", a.RTO, b.RTO)
	now, was = receives(b.State), receives(a.State)
	number(now, was, "IRS", a.IRS, b.IRS, "seq")
	number(now, was, "RCV.NXT", a.RCV.NXT, b.RCV.NXT, "seq")
	number(now, was, "RCV.WND", a.RCV.WND, b.RCV.WND, "B")
	number(now, true, "RCV.UP", a.RCV.UP, b.RCV.UP, "seq")
	number(windowed(b), windowed(a), "SND.WND", a.SND.WND, b.SND.WND, "B")
	number(now, true, "SND.WL1", a.SND.WL1, b.SND.WL1, "seq")
	number(now, true, "SND.WL2", a.SND.WL2, b.SND.WL2, "seq")
	number(now, true, "receive queue", a.Unread, b.Unread, "B")
	number(now, true, "held", held(a), held(b), "segments")
	if b.State == tcp.Closed {
		return vars
	}
	now, was = b.Agreed.Scale, a.Agreed.Scale // what RFC 7323 2.3 and 4.3 call them
	number(now, was, "Snd.Wind.Shift", uint32(a.Agreed.SendShift), uint32(b.Agreed.SendShift), "")
	number(now, was, "Rcv.Wind.Shift", uint32(a.Agreed.ReceiveShift), uint32(b.Agreed.ReceiveShift), "")
	number(b.Agreed.Timestamps, a.Agreed.Timestamps, "TS.Recent", a.Agreed.TSRecent, b.Agreed.TSRecent, "")
	was = a.Congestion.CWND != 0
	number(b.Congestion.CWND != 0, was, "cwnd", a.Congestion.CWND, b.Congestion.CWND, "B")
	if b.Congestion.SSThresh < math.MaxUint32 { // before the first loss there is none
		number(b.Congestion.CWND != 0, was, "ssthresh", a.Congestion.SSThresh, b.Congestion.SSThresh, "B")
	}
	number(b.SMSS != 0 && b.SMSS != a.SMSS, true, "SMSS", uint32(a.SMSS), uint32(b.SMSS), "B")
	number(true, true, "duplicate ACKs", uint32(a.Congestion.DupACKs), uint32(b.Congestion.DupACKs), "segments")
	number(true, true, "probes", uint32(a.Probes), uint32(b.Probes), "segments")
	vars = timer(vars, "retransmission timer", a.Timers.Retransmission, b.Timers.Retransmission)
	vars = timer(vars, "user timer", a.Timers.User, b.Timers.User)
	vars = timer(vars, "persist timer", a.Timers.Persist, b.Timers.Persist)
	vars = timer(vars, "delayed-ACK timer", a.Timers.DelayedACK, b.Timers.DelayedACK)
	vars = timer(vars, "keep-alive timer", a.Timers.KeepAlive, b.Timers.KeepAlive)
	return timer(vars, "time-wait timer", a.Timers.TimeWait, b.Timers.TimeWait)
}

func held(t *tcp.TCB) (n uint32) {
	for _, h := range t.Held {
		if h != (tcp.Held{}) {
			n++
		}
	}
	return n
}

// timer appends a timer's deadline; an empty value says that it was stopped.
func timer(vars []handshake.Var, name string, a, b time.Duration) []handshake.Var {
	switch {
	case a == b:
		return vars
	case b == 0:
		return append(vars, handshake.Var{Name: name})
	default:
		return append(vars, handshake.Var{Name: name, Value: nanoseconds(b), Unit: "ns"})
	}
}

func nanoseconds(d time.Duration) string { return strconv.FormatInt(int64(d), 10) }

// count is how many connections a listener's queue has, or may have.
func count(name string, n int) handshake.Var {
	return handshake.Var{Name: name, Value: strconv.Itoa(n), Unit: "segments"}
}

func stateNames() []string {
	names := make([]string, len(tcp.States))
	for i, s := range tcp.States {
		names[i] = s.String()
	}
	return names
}

// descriptor says by which number the program names the connection from now on.
func descriptor(fd int) handshake.Var {
	if fd == 0 {
		return handshake.Var{Name: "descriptor"}
	}
	return handshake.Var{Name: "descriptor", Value: strconv.Itoa(fd)}
}

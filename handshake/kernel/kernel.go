// Package kernel is the engine that shows the truth: two programs make real socket
// calls, and every segment that the Linux kernel's own TCP sends on 127.0.0.1 is held
// until somebody lets it arrive, drops it, doubles it or puts another in its place.
//
// All of it happens in a child process of the same binary, inside a network namespace
// that the child alone is in: nothing outside is seen or touched, and when the child or
// its parent ends nothing is left. The parent keeps the terminal, and talks to the child
// over two pipes in the trace's own JSON. No privilege is needed where users may make
// namespaces; root needs no user namespace.
//
// The kernel's clock never stops: it repeats what is not acknowledged while a person
// thinks. Its retransmissions of data are told to wait for a minute (tcp_rto_min_us),
// those of SYN, SYN,ACK and everything else cannot be. Sequence numbers are shown as if
// the scenario's ISS had been drawn; the octets of a step are the real ones.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/statemachine/tcp"
)

// Name is the engine's name on the command line, in traces and in scenario files.
const Name = "kernel"

// ErrMachine is in the chain of what [Engine.Start] says when it is this machine that
// cannot run the engine, and not the scenario. `sockscope doctor` says more.
var ErrMachine = errors.New("this machine cannot run the kernel engine")

// Engine plays scenarios on the kernel.
type Engine struct {
	// Bare does without namespaces: the calls are real and their results are, but the
	// segments that they cause cannot be held or seen. See [OnlyCalls].
	Bare bool
}

// Start checks the scenario and starts the child.
func (e Engine) Start(ctx context.Context, s *handshake.Scenario) (handshake.Session, error) {
	both := Other{Engine: Name}
	if err := check(s, both); err != nil {
		return nil, err
	}
	return start(ctx, opening{Scenario: s, Bare: e.Bare, Other: both})
}

// OnlyCalls is the scenario without what only a kernel whose segments are held can do.
func OnlyCalls(s *handshake.Scenario) *handshake.Scenario {
	bare := *s
	bare.Ladder = ""
	bare.Script = slices.DeleteFunc(slices.Clone(s.Script), func(l handshake.Line) bool {
		return l.Choice.Verb != handshake.Call
	})
	return &bare
}

// callNames are the socket calls that the kernel is asked for.
var callNames = []string{
	"abort", "accept", "bind", "close", "connect", "listen", "reboot", "recv", "send", "setsockopt", "shutdown", "socket", "status",
}

// timerNames are the timers of the kernel, as scenario files write them.
var timerNames = []string{delayedACK, keepAlive, persist, retransmission, timeWait, finWait2}

const (
	retransmission = "retransmission"
	delayedACK     = "delayed-ACK"
	keepAlive      = "keep-alive"
	persist        = "persist"
	timeWait       = "time-wait"
	finWait2       = "FIN-WAIT-2"
)

// variableNames are those that a sentence of a scenario can ask for. The kernel counts cwnd
// and ssthresh in segments (snd_cwnd); a sentence has them in octets, as RFC 5681 does.
var variableNames = []string{
	"ISS", "SND.UNA", "SND.NXT", "SND.WND", "IRS", "RCV.NXT", "RCV.WND", "send queue", "receive queue",
	"descriptor", "accept queue", "accept queue limit",
	"cwnd", "ssthresh", "rto", "rtt", "snd_cwnd", "snd_mss", "backoff",
}

// check reports the first thing in a scenario that this engine cannot play.
func check(s *handshake.Scenario, o Other) error {
	if err := s.Playable(o.Engine); err != nil {
		return err
	}
	if len(s.Peers) != 2 {
		return s.Mistake(s.Peers[len(s.Peers)-1].Line, fmt.Sprintf("%d peers", len(s.Peers)), "two, with the "+o.Engine+" engine")
	}
	var before netip.AddrPort
	for _, p := range s.Peers {
		a, err := netip.ParseAddrPort(p.Address)
		switch {
		case err != nil || !a.Addr().Is4() || !a.Addr().IsLoopback() || a.Port() == 0:
			return s.Mistake(p.Line, "address "+p.Address, "127.0.0.1:PORT, or another of 127.0.0.0/8, with the "+o.Engine+" engine")
		case a == before:
			return s.Mistake(p.Line, "two peers at "+a.String(), "an address for each")
		}
		before = a
	}
	for _, y := range s.Sysctls {
		if !settable(y.Name) {
			return s.Mistake(y.Line, "sysctl "+y.Name, "net.ipv4.tcp_..., net.core.somaxconn: what each network namespace has of its own")
		}
	}
	for _, l := range s.Script {
		if l.On(o.Engine) {
			if err := checkLine(s, l, o); err != nil {
				return err
			}
		}
	}
	return s.CheckVariables(variableNames)
}

// settable reports whether a setting is the namespace's own.
func settable(sysctl string) bool {
	name, ours := strings.CutPrefix(sysctl, "net.ipv4.tcp_")
	return sysctl == "net.core.somaxconn" || ours && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

func checkLine(s *handshake.Scenario, l handshake.Line, o Other) error {
	c := l.Choice
	if (c.Verb == handshake.Call || c.Verb == handshake.Timeout) && c.Peer == o.Peer {
		return nil
	}
	switch c.Verb {
	case handshake.Call:
		return calls.Check(s, l, callNames)
	case handshake.Timeout:
		if !slices.Contains(timerNames, c.What) {
			return s.Mistake(l.Number, "timer "+c.What, strings.Join(timerNames, ", "))
		}
	case handshake.Inject, handshake.Replace:
		if _, err := tcp.ParseSegment(c.What); err != nil {
			return s.Mistake(l.Number, c.What, strings.TrimPrefix(err.Error(), "tcp: "))
		}
	case "until":
		if !slices.ContainsFunc(tcp.States[:], func(t tcp.State) bool { return t.String() == c.What }) {
			return s.Mistake(l.Number, "state "+c.What, "a state of RFC 9293 3.3.2, such as ESTABLISHED")
		}
	case handshake.Depart, handshake.Return, handshake.Arrive, handshake.Drop,
		handshake.Duplicate, handshake.Wait, handshake.Begin:
	}
	return nil
}

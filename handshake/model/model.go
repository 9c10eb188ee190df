// Package model is the engine that needs nothing: two hosts whose TCP is
// statemachine/tcp, and a wire. A [World] is the whole of it as a value; a
// [Session] is a World whose segments travel as real datagrams between two UDP
// sockets on 127.0.0.1, so that what arrives is decoded from octets that were read.
//
// The queues of a listener and its SYN cookies are those of Linux (see [tcp.Listener]).
// It does not model addresses beyond the two ends, or a path's MTU.
package model

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// Name is the engine's name on the command line, in traces and in scenario files.
const Name = "model"

// Engine plays scenarios between two simulated hosts.
type Engine struct {
	// Wire makes the wire of a session; nil means two UDP sockets on 127.0.0.1.
	// [wire.InMemory] is for searching, benchmarks and tests.
	Wire func() (wire.Line, error)
}

// Start checks the scenario and opens the wire.
func (e Engine) Start(_ context.Context, s *handshake.Scenario) (handshake.Session, error) {
	w, err := NewWorld(s)
	if err != nil {
		return nil, err
	}
	open := e.Wire
	if open == nil {
		open = wire.Sockets
	}
	carrier, err := open()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return &Session{world: w, scenario: s, wire: carrier}, nil
}

// Session is a World over a wire.
type Session struct {
	world    World
	scenario *handshake.Scenario
	wire     wire.Line
}

// Header begins the trace.
func (s *Session) Header() handshake.Trace {
	t := handshake.Trace{
		Scenario: s.scenario.Name, Engine: Name, Protocol: "tcp",
		Words: s.scenario.Words, Source: s.scenario.Source,
	}
	for i, p := range s.scenario.Peers {
		t.Peers = append(t.Peers, handshake.Peer{
			Name: p.Name, Address: s.world.hosts[i].address.String(), State: "CLOSED", Cast: p.Cast,
		})
	}
	return t
}

// Choices lists what can happen.
func (s *Session) Choices() []handshake.Choice { return s.world.Choices() }

// Do lets it happen.
func (s *Session) Do(_ context.Context, c handshake.Choice) ([]handshake.Step, error) {
	return s.world.Do(c, s.wire)
}

// Mark is the world as it is now, for [Session.Rewind].
func (s *Session) Mark() any { return s.world.clone() }

// Rewind goes back to a mark.
func (s *Session) Rewind(mark any) {
	w, ok := mark.(World)
	if !ok {
		panic(fmt.Sprintf("model: mark is a %T, want what Mark gave", mark))
	}
	s.world = w.clone()
}

// Via names the sockets that carry the segments; empty when none do.
func (s *Session) Via() string {
	l, ok := s.wire.(*wire.Loopback)
	if !ok {
		return ""
	}
	a, b := l.Addrs()
	return fmt.Sprintf("UDP %s <-> :%d", a, b.Port())
}

// Close closes the wire.
func (s *Session) Close() error { return s.wire.Close() }

// check reports the first thing in a scenario that this engine cannot play.
func check(s *handshake.Scenario, engine, other string) error {
	if err := s.Playable(engine); err != nil {
		return err
	}
	if len(s.Peers) != 2 {
		return s.Mistake(s.Peers[len(s.Peers)-1].Line, fmt.Sprintf("%d peers", len(s.Peers)), "two, with the "+engine+" engine")
	}
	if s.Delay > msl {
		return s.Mistake(1, "delay "+s.Delay.String(), "up to "+msl.String()+", the longest that a segment lives (RFC 9293 3.4.2)")
	}
	if err := checkSysctls(s); err != nil {
		return err
	}
	for _, l := range s.Script {
		if l.On(engine) && (l.Choice.Peer != other || other == "") {
			if err := checkLine(s, l); err != nil {
				return err
			}
		}
	}
	if other != "" {
		return nil // its engine has more variables
	}
	return s.CheckVariables(variableNames[:])
}

// The settings of a kernel that a host of the model has, too. The others are not asked for.
const (
	syncookies = "net.ipv4.tcp_syncookies"
	scaling    = "net.ipv4.tcp_window_scaling"
	sack       = "net.ipv4.tcp_sack"
	timestamps = "net.ipv4.tcp_timestamps"
)

func checkSysctls(s *handshake.Scenario) error {
	for _, y := range s.Sysctls {
		switch y.Name {
		case syncookies:
			if !slices.Contains([]string{"0", "1", "2"}, y.Value) {
				return s.Mistake(y.Line, "sysctl "+y.Name+" "+y.Value, "0, 1 or 2: cookies never, when the SYN queue is full, always")
			}
		case scaling, sack, timestamps:
			if y.Value != "0" && y.Value != "1" {
				return s.Mistake(y.Line, "sysctl "+y.Name+" "+y.Value, "0 or 1: the option is not offered, or is")
			}
		}
	}
	return nil
}

// asked is what a scenario asks for of both hosts. SYN cookies are sent when Linux
// would send them; options beyond RFC 9293's own are offered where they are the lesson.
func asked(s *handshake.Scenario) (tcp.Cookies, tcp.Settings) {
	cookies, settings := tcp.CookiesWhenFull, tcp.Settings{MSS: mss, Window: s.Window}
	for _, y := range s.Sysctls {
		switch y.Name {
		case syncookies:
			cookies = tcp.Cookies(y.Value[0] - '0')
		case scaling:
			settings.Scale = y.Value == "1"
		case sack:
			settings.SACK = y.Value == "1"
		case timestamps:
			settings.Stamp = y.Value == "1"
		}
	}
	return cookies, settings
}

// profile is the machine's name for a peer's profile.
func profile(p handshake.PeerSetup) tcp.Profile {
	if p.Profile == handshake.Linux {
		return tcp.Linux
	}
	return tcp.Strict
}

func checkLine(s *handshake.Scenario, l handshake.Line) error {
	c := l.Choice
	switch c.Verb {
	case handshake.Call:
		if name, _, ok := calls.Option(c.Args); c.What == "setsockopt" && ok && !slices.Contains(socketOptions, name) {
			return s.Mistake(l.Number, "setsockopt "+name, "with the model "+strings.Join(socketOptions, ", "))
		}
		return calls.Check(s, l, slices.Sorted(maps.Keys(socketCalls)))
	case handshake.Timeout:
		if !slices.Contains(timerNames[:], c.What) {
			return s.Mistake(l.Number, "timer "+c.What, strings.Join(timerNames[:], ", "))
		}
	case handshake.Inject, handshake.Replace:
		if _, err := parseInjected(c.What); err != nil {
			return s.Mistake(l.Number, c.What, strings.TrimPrefix(err.Error(), "tcp: "))
		}
	case "until":
		if !slices.Contains(stateNames(), c.What) {
			return s.Mistake(l.Number, "state "+c.What, strings.Join(stateNames(), ", "))
		}
	case handshake.Depart, handshake.Return, handshake.Arrive, handshake.Drop,
		handshake.Duplicate, handshake.Wait, handshake.Begin:
	}
	return nil
}

// address reads a peer's address; a port that is left out is drawn.
func address(s *handshake.Scenario, p handshake.PeerSetup, draw func() uint64) (netip.AddrPort, error) {
	if a, err := netip.ParseAddrPort(p.Address); err == nil && a.Addr().Is4() && a.Port() != 0 {
		return a, nil
	}
	if a, err := netip.ParseAddr(p.Address); err == nil && a.Is4() {
		const first, count = 49152, 65536 - 49152 // the dynamic ports, RFC 6335 section 6
		return netip.AddrPortFrom(a, uint16(first+draw()%count)), nil
	}
	return netip.AddrPort{}, s.Mistake(p.Line, "address "+p.Address, "an IPv4 address with or without :PORT, such as 127.0.0.1:7147")
}

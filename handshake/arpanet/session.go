package arpanet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/handshake/wire"
	"sockscope/statemachine/ncp"
)

// Name is the engine's name on the command line, in traces and in scenario files.
const Name = "arpanet"

// Engine plays scenarios between hosts of 1971, each at an IMP.
type Engine struct {
	// Wire makes the line between a host and its IMP; nil means two UDP sockets on 127.0.0.1.
	// [wire.InMemory] is for tests.
	Wire func() (wire.Line, error)
}

// Start checks the scenario, opens the lines, and lets the hosts come up: each is told of
// its interface and raises its ready line.
func (e Engine) Start(_ context.Context, s *handshake.Scenario) (handshake.Session, error) {
	w, err := NewWorld(s)
	if err != nil {
		return nil, err
	}
	open := e.Wire
	if open == nil {
		open = wire.Sockets
	}
	session := &Session{world: w, scenario: s}
	for range s.Peers {
		line, err := open()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("arpanet: %w", err), session.Close())
		}
		session.lines = append(session.lines, line)
	}
	for i := range s.Peers {
		if err := session.world.attach(i, session.lines); err != nil {
			return nil, errors.Join(err, session.Close())
		}
	}
	return session, nil
}

// Session is a World whose datagrams travel between UDP sockets.
type Session struct {
	world    World
	scenario *handshake.Scenario
	lines    lines
}

// Header begins the trace.
func (s *Session) Header() handshake.Trace {
	t := handshake.Trace{
		Scenario: s.scenario.Name, Engine: Name, Protocol: handshake.NCP,
		Words: s.scenario.Words, Source: s.scenario.Source,
	}
	for _, p := range s.scenario.Peers {
		t.Peers = append(t.Peers, handshake.Peer{Name: p.Name, Address: "host " + p.Address, State: ncp.None.String(), Cast: p.Cast})
	}
	return t
}

// Choices lists what can happen.
func (s *Session) Choices() []handshake.Choice { return s.world.Choices() }

// Do lets it happen.
func (s *Session) Do(_ context.Context, c handshake.Choice) ([]handshake.Step, error) {
	return s.world.Do(c, s.lines)
}

// Mark is the world as it is now, for [Session.Rewind].
func (s *Session) Mark() any { return s.world.clone() }

// Rewind goes back to a mark.
func (s *Session) Rewind(mark any) {
	w, ok := mark.(World)
	if !ok {
		panic(fmt.Sprintf("arpanet: mark is a %T, want what Mark gave", mark))
	}
	s.world = w.clone()
}

// Via names the sockets of the lines between hosts and IMPs; empty when there are none.
func (s *Session) Via() string {
	var all []string
	for _, line := range s.lines {
		if l, ok := line.(*wire.Loopback); ok {
			a, b := l.Addrs()
			all = append(all, fmt.Sprintf(":%d <-> :%d", a.Port(), b.Port()))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "UDP " + strings.Join(all, ", ")
}

// Close closes the lines.
func (s *Session) Close() error {
	var failed error
	for _, line := range s.lines {
		failed = errors.Join(failed, line.Close())
	}
	return failed
}

// mostHosts bounds a scenario: as many as there are lines to read.
const mostHosts = 8

// check reports the first thing in a scenario that this engine cannot play.
func check(s *handshake.Scenario) error {
	if err := s.Playable(Name); err != nil {
		return err
	}
	if len(s.Peers) > mostHosts {
		return s.Mistake(s.Peers[mostHosts].Line, fmt.Sprintf("%d peers", len(s.Peers)), fmt.Sprintf("2 to %d, with the %s engine", mostHosts, Name))
	}
	if err := checkSetup(s); err != nil {
		return err
	}
	for i, p := range s.Peers {
		if err := checkPeer(s, p); err != nil {
			return err
		}
		if slices.ContainsFunc(s.Peers[:i], func(other handshake.PeerSetup) bool { return other.Address == p.Address }) {
			return s.Mistake(p.Line, "two peers at host "+p.Address, "a host for each")
		}
	}
	for _, l := range s.Script {
		if l.On(Name) {
			if err := checkLine(s, l); err != nil {
				return err
			}
		}
	}
	return s.CheckVariables(variables)
}

// checkSetup reports a setting of TCP, or a delay that no IMP has patience for.
func checkSetup(s *handshake.Scenario) error {
	const allowed = "peer, protocol, delay, seed and figure, with the " + Name + " engine"
	switch {
	case len(s.Sysctls) > 0:
		return s.Mistake(s.Sysctls[0].Line, "sysctl "+s.Sysctls[0].Name, allowed)
	case s.Window != 0:
		return s.Mistake(1, "initcwnd", allowed)
	case s.Quick:
		return s.Mistake(1, "quickack", allowed)
	case s.Delay > patience:
		return s.Mistake(1, "delay "+s.Delay.String(), "up to "+patience.String()+", an IMP's patience (RFC 270)")
	}
	return nil
}

func checkPeer(s *handshake.Scenario, p handshake.PeerSetup) error {
	if n, err := strconv.ParseUint(p.Address, 10, 8); err != nil || strconv.FormatUint(n, 10) != p.Address {
		return s.Mistake(p.Line, "address "+p.Address, "a host's number from 0 to 255, with the "+Name+" engine")
	}
	if len(p.ISS) > 0 || p.Profile != "" {
		return s.Mistake(p.Line, "iss= or profile=", "the name and the host's number: an NCP has neither")
	}
	return nil
}

func checkLine(s *handshake.Scenario, l handshake.Line) error {
	c := l.Choice
	switch c.Verb {
	case handshake.Call:
		if _, allowed := parse(s, c); allowed != "" {
			return s.Mistake(l.Number, strings.TrimSpace(c.What+" "+c.Args), allowed)
		}
	case handshake.Timeout:
		var names []string
		for _, w := range ncp.Waitings() {
			names = append(names, w.String())
		}
		if !slices.Contains(names, c.What) {
			return s.Mistake(l.Number, "timer "+c.What, strings.Join(names, ", "))
		}
	case handshake.Inject:
		if _, err := parseInjected(c.What); err != nil {
			return s.Mistake(l.Number, c.What, err.Error())
		}
	case handshake.Duplicate, handshake.Replace:
		return s.Mistake(l.Number, c.String(), "what an IMP can do: arrive, answer, drop; it neither doubles nor changes a message")
	case "until":
		var names []string
		for _, state := range ncp.States {
			names = append(names, state.String())
		}
		if !slices.Contains(names, c.What) {
			return s.Mistake(l.Number, "state "+c.What, strings.Join(names, ", "))
		}
	case handshake.Depart, handshake.Return, handshake.Arrive, handshake.Answer, handshake.Drop, handshake.Wait, handshake.Begin:
	}
	return nil
}

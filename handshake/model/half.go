package model

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// Half is one of a world's two hosts alone. Its segments are taken from it and given to
// it; somebody else has the wire, the other host, and the clock, which runs.
type Half struct {
	world World
	i     int
}

// NewHalf makes one host as it is before anything has happened: the one that is not the
// other's. The engine says which lines of the script are played.
func NewHalf(s *handshake.Scenario, engine, other string) (*Half, error) {
	w, err := newWorld(s, engine, other)
	if err != nil {
		return nil, err
	}
	return &Half{world: w, i: 1 - w.peer(other)}, nil
}

// Choices lists what the host can do: departures and returns, its program's next call,
// and the timers that are due first, if they are due yet or not.
func (h *Half) Choices() []handshake.Choice { return h.world.Choices() }

// Due is when the first timer ends; false if none runs.
func (h *Half) Due() (time.Duration, bool) {
	due, timers := h.world.timers()
	return due, len(timers) > 0
}

// errNotOurs is what [Half.Do] says of what is the other's to do.
var errNotOurs = errors.New("want a call, a return, a timeout, or begin")

// Do lets a call, a return or a timeout happen. A timer whose time has not come ends
// all the same: who has the clock waits for it.
func (h *Half) Do(now time.Duration, c handshake.Choice) ([]handshake.Step, error) {
	switch c.Verb {
	case handshake.Call, handshake.Return, handshake.Timeout, handshake.Begin:
		h.tick(now)
		return h.world.Do(c, nil)
	case handshake.Depart, handshake.Arrive, handshake.Drop, handshake.Duplicate, handshake.Wait, handshake.Inject, handshake.Replace:
	}
	return nil, fmt.Errorf("model: %q, %w", c, errNotOurs)
}

// tick takes over the clock, which never runs back.
func (h *Half) tick(now time.Duration) { h.world.clock = max(h.world.clock, now) }

// Depart sends the oldest segment that has not left, and completes the step that
// sending it gives. If that fails, it has not left.
func (h *Half) Depart(c handshake.Choice, send func(s tcp.Segment, from, to netip.AddrPort) (handshake.Step, error)) ([]handshake.Step, error) {
	if !slices.Contains(h.Choices(), c) {
		return nil, fmt.Errorf("model: %q: %w", c, ErrNotNow)
	}
	return h.world.depart(h.i, func(it item) (handshake.Step, error) { return send(it.segment, it.src, it.dst) })
}

// Arrive gives the host a segment. The step says when, and is completed.
func (h *Half) Arrive(step handshake.Step, s tcp.Segment, from, to netip.AddrPort) []handshake.Step {
	h.tick(step.At)
	return h.world.segmentArrives(flight{to: h.i, src: from, dst: to}, s, step)
}

// Package replay opens what was saved: a recorded trace, or packets that another
// program captured, become a session, so that a [handshake.Timeline] steps it forward and
// back. It goes as it went and no other way. A capture has no states: they are inferred
// from what crossed the wire, and marked so.
package replay

import (
	"context"
	"fmt"
	"io"
	"slices"

	"sockscope/handshake"
)

// Recording is a saved trace as an engine: what it starts can only be repeated.
type Recording struct {
	trace *handshake.Trace
	turns []turn
}

// turn is a choice that was made, and the steps that it caused.
type turn struct {
	choice handshake.Choice
	steps  []handshake.Step
}

// Open reads a trace that was saved as JSON. A mistake names the line or the step,
// what was found and what is wanted.
func Open(r io.Reader) (*Recording, error) {
	t, err := handshake.ReadJSON(r)
	if err != nil {
		return nil, err
	}
	return record(t)
}

// record parts a trace into the choices that were made.
func record(t *handshake.Trace) (*Recording, error) {
	rec := &Recording{trace: t}
	for i, s := range t.Steps {
		if s.Choice == "" {
			if i == 0 {
				return nil, fmt.Errorf("trace: step 1: no choice, want the line that caused it")
			}
			last := &rec.turns[len(rec.turns)-1]
			last.steps = append(last.steps, s)
			continue
		}
		c, err := handshake.ParseChoice(s.Choice)
		if err != nil {
			return nil, fmt.Errorf("trace: step %d: choice: %w", s.N, err)
		}
		rec.turns = append(rec.turns, turn{c, []handshake.Step{s}})
	}
	return rec, nil
}

// Start begins the recording anew. It needs no scenario: the trace has its words.
func (r *Recording) Start(context.Context, *handshake.Scenario) (handshake.Session, error) {
	return &session{rec: r}, nil
}

type session struct {
	rec  *Recording
	next int // turn
}

func (s *session) Header() handshake.Trace {
	header := *s.rec.trace
	header.Steps = nil
	return header
}

// Choices is what was chosen next.
func (s *session) Choices() []handshake.Choice {
	if s.next == len(s.rec.turns) {
		return nil
	}
	return []handshake.Choice{s.rec.turns[s.next].choice}
}

func (s *session) Do(_ context.Context, c handshake.Choice) ([]handshake.Step, error) {
	choices := s.Choices()
	if !slices.Contains(choices, c) {
		return nil, fmt.Errorf("replay: %q, want %q: a recorded trace goes only as it went", c, choices)
	}
	s.next++
	return slices.Clone(s.rec.turns[s.next-1].steps), nil
}

// Mark and Rewind let a Timeline go back.
func (s *session) Mark() any { return s.next }

func (s *session) Rewind(mark any) {
	next, ok := mark.(int)
	if !ok {
		panic(fmt.Sprintf("replay: mark is a %T, want what Mark gave", mark))
	}
	s.next = next
}

func (s *session) Close() error { return nil }

package kernel

import (
	"context"
	"errors"
	"time"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// Now goes on from what the child has said last.
func (s *session) Now() time.Duration { return s.now + time.Since(s.heardAt) }

// Arrived gives what was handed over.
func (s *session) Arrived() (Segment, bool) {
	if s.arrived == nil {
		return Segment{}, false
	}
	f, segment := parse(s.arrived)
	return Segment{f.from, f.to, segment}, true
}

// Emit sends a segment.
func (s *session) Emit(ctx context.Context, out Segment) (handshake.Step, error) {
	a, err := s.ask(ctx, request{Emit: datagram(flow{out.From, out.To}, out.Segment)})
	switch {
	case err != nil:
		return handshake.Step{}, err
	case a.Error != "":
		return handshake.Step{}, errors.New(a.Error)
	}
	return a.Steps[0], nil
}

// comesIn puts a segment on the wire that the other end has sent. The numbers that it
// has drawn are the ones that are shown.
func (w *world) comesIn(octets []byte) ([]handshake.Step, error) {
	f, s := parse(octets)
	if s.CTL.Has(tcp.SYN) && !w.numbers.known(f, s.SEQ) {
		w.numbers.begin(f, s.SEQ, s.SEQ)
	}
	own, err := w.emit(datagram(f, w.numbers.draw(f, s)))
	if err != nil {
		return nil, err
	}
	return []handshake.Step{w.launch(item{segment: s, label: s.String(), flow: f, octets: own.octets, id: own.id}, 1-w.other)}, nil
}

// handOver lets a segment arrive at the other end: the kernel, whose address it has,
// must not see it.
func (w *world) handOver(f flight, id uint32, step handshake.Step) ([]handshake.Step, error) {
	segment, octets := w.arriving(&f)
	step.Vars = segmentVars(segment)
	if f.changed != nil {
		picture(&step, octets)
	}
	w.arrived = datagram(f.flow, segment)
	return []handshake.Step{step}, w.lo.drop(id)
}

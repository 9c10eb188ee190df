package kernel

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sockscope/handshake"
)

// session is the parent's side: what is asked of it goes to the child.
type session struct {
	child   *process
	to      *json.Encoder
	from    *json.Decoder
	header  handshake.Trace
	choices []handshake.Choice
	arrived []byte        // what the last answer hands to the other end
	now     time.Duration // the child's clock when it said something last
	heardAt time.Time     // and ours
}

// start starts a child that plays the scenario.
func start(ctx context.Context, o opening) (Half, error) {
	flags := spawn
	if o.Bare {
		flags = func(task string) (*process, error) { return spawnIn(0, task) }
	}
	child, err := flags(playTask)
	if err != nil {
		return nil, err
	}
	s := &session{child: child, to: json.NewEncoder(child.in), from: json.NewDecoder(bufio.NewReaderSize(child.out, 64<<10))}
	a, err := s.ask(ctx, o)
	if err == nil {
		err = a.refusal()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	header, err := handshake.ReadJSON(bytes.NewReader(a.Header))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kernel: the child's header: %w", err), s.Close())
	}
	s.header = *header
	return s, nil
}

// refusal is why the child does not play the scenario; nil if it does.
func (a *answer) refusal() error {
	switch {
	case a.Mistake != nil:
		return a.Mistake
	case a.Cause != "":
		return &Unable{a.Cause, errors.New(a.Error)}
	case a.Error != "":
		return errors.New(a.Error)
	default:
		return nil
	}
}

// ask says something to the child and waits for the answer. When the context ends, the
// child is told to stop waiting; it answers at once.
func (s *session) ask(ctx context.Context, question any) (a answer, err error) {
	if err := s.to.Encode(question); err != nil {
		return a, s.ended()
	}
	cancelled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = s.to.Encode(request{Cancel: true}) // a child that has ended is found below
		close(cancelled)
	})
	defer func() {
		if !stop() { // what comes too late must not end the next wait
			<-cancelled
		}
	}()
	if s.from.Decode(&a) != nil {
		return a, s.ended()
	}
	s.choices, s.arrived, s.now, s.heardAt = a.Choices, a.Arrived, a.Now, time.Now()
	return a, nil
}

// ended says that there is no child any more, and why.
func (s *session) ended() error {
	s.choices = nil
	if err := s.Close(); err != nil {
		return err
	}
	return fmt.Errorf("kernel: the child process has ended: %s", cmp.Or(s.child.lastWords(), s.child.cmd.ProcessState.String()))
}

// Header begins the trace.
func (s *session) Header() handshake.Trace { return s.header }

// Choices lists what could happen when the child last said something.
func (s *session) Choices() []handshake.Choice { return s.choices }

// Do lets it happen.
func (s *session) Do(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a, err := s.ask(ctx, request{Do: c})
	switch {
	case err != nil:
		return nil, err
	case a.Stopped:
		return nil, context.Cause(ctx)
	case a.Error != "":
		return nil, errors.New(a.Error)
	}
	return a.Steps, nil
}

// Close ends the child, and with it its namespaces and all that they hold.
func (s *session) Close() error {
	if s.child.cmd.ProcessState != nil {
		return nil
	}
	return s.child.close()
}

package arpanet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"sockscope/rfc147"
	"sockscope/statemachine/ncp"
)

// maxAnswer is the most that a [Host.Finger] takes, in octets.
const maxAnswer = 1 << 16

// quiet is how long a caller who has no more to say hears nothing before he hangs up.
const quiet = 5 * time.Second

// Ping sends an ECO to a host and waits for the ERP with the same octet (NIC 8246 p.16). One
// at a time can be under way to each host.
func (h *Host) Ping(ctx context.Context, to, data uint8) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return calling(to, net.ErrClosed)
	}
	var e *echo
	var answer ncp.Answer
	h.do(func(s *station) { e, answer = s.ping(to, data) })
	if answer != ncp.OK {
		return calling(to, errors.New(answer.String()))
	}
	if err := h.answered(ctx, func() bool { return e.over }); err != nil {
		return calling(to, err)
	}
	return calling(to, e.err)
}

// Finger asks a host's finger about somebody, by one line, and gives what it answers until it
// closes (RFC 742), at most 64 Kioctets.
func (h *Host) Finger(ctx context.Context, to uint8, text string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, err := h.call(ctx, to, FingerSocket, false)
	if err != nil {
		return "", calling(to, err)
	}
	h.do(func(s *station) { d.say(s, ascii(text+"\n")) })
	var answer bytes.Buffer
	err = h.hear(ctx, d, func(text []byte) error {
		if answer.Write(text); answer.Len() > maxAnswer {
			return io.EOF
		}
		return nil
	})
	return answer.String(), calling(to, err)
}

// Telnet is a terminal's way to a contact socket: what comes from in is said there in lines of
// 7-bit characters, and what comes from there goes to out, until in has ended and the other
// end has closed, or has been silent for 5 s. An in that can block is to be closed by whoever
// owns it: a read of it may outlast the call.
func (h *Host) Telnet(ctx context.Context, to uint8, contact rfc147.Socket, in io.Reader, out io.Writer) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, err := h.call(ctx, to, contact, false)
	if err != nil {
		return calling(to, err)
	}
	go h.type7(d, in)
	return calling(to, h.hear(ctx, d, func(text []byte) error {
		h.mu.Unlock()
		defer h.mu.Lock()
		_, err := out.Write(text)
		return err
	}))
}

// Time asks a host for the time, in seconds (RFC 738).
func (h *Host) Time(ctx context.Context, to uint8) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, err := h.call(ctx, to, TimeSocket, true)
	if err != nil {
		return time.Time{}, calling(to, err)
	}
	h.hangUp(d)
	return time.Unix(int64(d.time)-secondsTo1970, 0), nil
}

// calling says of an error which host was called.
func calling(to uint8, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("arpanet: host %d: %w", to, err)
}

// call waits until a dialog is open, or a moment has come; mu is held.
func (h *Host) call(ctx context.Context, to uint8, contact rfc147.Socket, moment bool) (*dialog, error) {
	if h.closed {
		return nil, net.ErrClosed
	}
	var d *dialog
	var answer ncp.Answer
	h.do(func(s *station) { d, answer = s.call(to, contact, moment) })
	if answer != ncp.OK {
		return nil, errors.New(answer.String())
	}
	err := h.answered(ctx, func() bool { return d.finished || d.icp.State == ncp.ICPDone })
	if err == nil {
		err = d.err
	}
	if err != nil {
		h.hangUp(d)
	}
	return d, err
}

// hear gives what comes, as text, until the dialog has ended, and hangs up; mu is held.
func (h *Host) hear(ctx context.Context, d *dialog, give func([]byte) error) error {
	terminal := nvt{}
	for {
		come, err := h.next(ctx, d)
		if err == nil {
			text, refusals := terminal.text(come)
			h.do(func(s *station) { d.say(s, refusals) })
			err = give(bytes.ReplaceAll(text, []byte("\r"), nil))
		}
		if err != nil {
			h.hangUp(d)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// next is the next text that comes, or [io.EOF]; mu is held.
func (h *Host) next(ctx context.Context, d *dialog) (text []byte, err error) {
	come := func() bool { return len(d.in) > 0 || d.finished }
	err = h.await(ctx, func() bool { return come() || d.mute })
	if err == nil && !come() {
		silence, cancel := context.WithTimeoutCause(ctx, quiet, io.EOF)
		defer cancel()
		err = h.await(silence, come)
	}
	if err != nil {
		return nil, err
	}
	h.do(func(s *station) { text = d.take(s) })
	switch {
	case len(text) > 0:
		return text, nil
	case d.err != nil:
		return nil, d.err
	}
	return nil, io.EOF
}

// hangUp ends a dialog and waits a little until its connections are closed; mu is held.
func (h *Host) hangUp(d *dialog) {
	h.do(func(s *station) {
		d.hangUp(s)
		s.settle()
	})
	ctx, cancel := context.WithTimeout(context.Background(), leave)
	defer cancel()
	_ = h.await(ctx, func() bool { return d.over(&h.station) }) // or the NCP ends them in its time
}

// type7 says what somebody types, in 7-bit characters, and no more when he has ended.
func (h *Host) type7(d *dialog, in io.Reader) {
	b := make([]byte, messageBits/octet/2) // each octet can become two
	for over := false; !over; {
		n, err := in.Read(b)
		h.mu.Lock()
		h.do(func(s *station) { d.say(s, ascii(string(b[:n]))) })
		said := func() bool { return len(d.out) == 0 || d.mute || d.finished }
		if h.await(context.Background(), said) == nil && err != nil { // a closed host says nothing
			h.do(d.ceases)
		}
		over = err != nil || d.mute || d.finished || h.closed
		h.mu.Unlock()
	}
}

// ascii is text as a network virtual terminal sends it: lines end with CR LF, and what is no
// 7-bit character is a question mark.
func ascii(text string) []byte {
	var b []byte
	for _, r := range text {
		switch {
		case r == '\n' && !bytes.HasSuffix(b, []byte("\r")):
			b = append(b, "\r\n"...)
		case r > 126:
			b = append(b, '?')
		default:
			b = append(b, byte(r))
		}
	}
	return b
}

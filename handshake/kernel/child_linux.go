package kernel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/handshake"
)

// playTask is what the engine's child does.
const playTask = "play"

// Main does what this process was started for if it is the child of another sockscope,
// and does not return then. It comes first in main and in each TestMain.
func Main() {
	switch task := childTask(); task {
	case "":
	case playTask:
		os.Exit(play())
	default:
		os.Exit(probe(task))
	}
}

// play is the whole life of the engine's child: the parent's pipe ends, and so does it.
func play() int {
	c := &child{to: os.NewFile(answersFD, "answers")}
	if err := c.play(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// smallTables takes this goroutine, and its thread, into a network namespace inside the
// one that the process was given, whose table of sockets is small: a dump walks all of it,
// and as large as the host's it takes twenty times as long. Its size can only be said by
// the namespace around it (ip-sysctl, tcp_child_ehash_entries; since Linux 6.1).
func smallTables() error {
	runtime.LockOSThread()
	if set("net.ipv4.tcp_child_ehash_entries", "256") != nil {
		return nil // an older kernel
	}
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("kernel: a network namespace inside: %w", err)
	}
	return nil
}

// child is the side that has the sockets. One goroutine does everything, so that what
// follows from a verdict is read before anything else can happen.
type child struct {
	said  []byte // by the parent, and not read yet
	ended bool   // the parent's pipe is closed
	to    *os.File
	world *world
}

func (c *child) play() error {
	if err := unix.SetNonblock(commandsFD, true); err != nil {
		return fmt.Errorf("kernel: pipe: %w", err)
	}
	for !bytes.ContainsRune(c.said, '\n') {
		if c.ended {
			return nil // the parent has gone before it said anything
		}
		if err := pollIn(commandsFD, -1); err != nil {
			return err
		}
		c.hear()
	}
	var o opening
	if _, err := c.line(&o); err != nil {
		return err
	}
	if err := c.open(o); err != nil || c.world == nil {
		return err
	}
	for {
		r, ok, err := c.next()
		if err != nil || !ok {
			return err
		}
		if r.Cancel { // it came too late: the answer is on its way
			continue
		}
		if err := c.answer(r); err != nil {
			return err
		}
	}
}

// open makes the world, or says why there is none.
func (c *child) open(o opening) error {
	if !o.Bare {
		if err := smallTables(); err != nil {
			return c.say(answer{Error: err.Error(), Cause: because("namespaces", err).Cause})
		}
	}
	w, err := newWorld(o)
	if err != nil {
		a := answer{Error: err.Error()}
		a.Mistake, _ = errors.AsType[*handshake.Mistake](err)
		if unable, ok := errors.AsType[*Unable](err); ok {
			a.Cause = unable.Cause
		}
		return c.say(a)
	}
	c.world = w
	if w.program != nil {
		if err := w.ready(c); err != nil && !errors.Is(err, errStopped) {
			return err
		}
	}
	header := w.header()
	var b bytes.Buffer
	if err := header.WriteJSON(&b); err != nil {
		return err
	}
	return c.say(answer{Header: b.Bytes(), Choices: w.choices()})
}

// hear reads what the parent has said, without waiting. A closed pipe is the end of the
// world.
func (c *child) hear() {
	var b [4096]byte
	for {
		n, err := unix.Read(commandsFD, b[:])
		switch {
		case n > 0:
			c.said = append(c.said, b[:n]...)
		case errors.Is(err, unix.EINTR):
		default:
			c.ended = c.ended || !errors.Is(err, unix.EAGAIN)
			return
		}
	}
}

// line takes one of the parent's lines, if there is a whole one.
func (c *child) line(into any) (bool, error) {
	end := bytes.IndexByte(c.said, '\n')
	if end < 0 {
		return false, nil
	}
	err := json.Unmarshal(c.said[:end], into)
	c.said = c.said[:copy(c.said, c.said[end+1:])]
	if err != nil {
		err = fmt.Errorf("kernel: the parent's line: %w", err)
	}
	return true, err
}

// next waits for the parent's next line, and takes in what the kernel sends meanwhile;
// false when there will be none.
func (c *child) next() (r request, ok bool, err error) {
	for {
		c.hear()
		if ok, err := c.line(&r); ok || err != nil || c.ended {
			return r, ok, err
		}
		if err := c.world.rest(); err != nil {
			return r, false, err
		}
	}
}

// stopped reports whether the parent wants no more waiting.
func (c *child) stopped() bool {
	c.hear()
	var r request
	ok, err := c.line(&r)
	return c.ended || ok && r.Cancel || err != nil
}

func (c *child) answer(r request) error {
	c.world.arrived = nil
	steps, err := c.world.react(r, c)
	a := answer{Steps: steps, Choices: c.world.choices(), Arrived: c.world.arrived, Now: c.world.now()}
	switch {
	case errors.Is(err, errStopped):
		a.Stopped = true
	case err != nil:
		a.Error = err.Error()
	}
	return c.say(a)
}

// react does what the parent asks for.
func (w *world) react(r request, c *child) ([]handshake.Step, error) {
	if r.Emit != nil {
		return w.comesIn(r.Emit)
	}
	return w.do(r.Do, c)
}

func (c *child) say(a answer) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		return err
	}
	_, err := c.to.Write(b.Bytes())
	return err
}

// pollIn waits until a descriptor can be read or has ended, or the time is over.
func pollIn(fd int, d time.Duration) error {
	milliseconds := -1
	if d >= 0 {
		milliseconds = int(d.Milliseconds()) + 1
	}
	_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, milliseconds)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("kernel: poll: %w", err)
	}
	return nil
}

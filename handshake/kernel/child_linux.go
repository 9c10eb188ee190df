package kernel

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
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
	c := &child{
		lines: bufio.NewReader(os.NewFile(commandsFD, "commands")),
		to:    bufio.NewWriter(os.NewFile(answersFD, "answers")),
	}
	if err := c.play(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// child is the side that has the sockets. One goroutine does everything, so that what
// follows from a verdict is read before anything else can happen; another one only
// reads the parent's lines, and wakes it up.
type child struct {
	lines    *bufio.Reader
	to       *bufio.Writer
	requests chan request
	wake     int // an eventfd that can be read when there is a request
	world    *world
}

func (c *child) play() error {
	var o opening
	line, err := c.lines.ReadBytes('\n')
	if err != nil {
		return nil //nolint:nilerr // the parent has gone before it said anything
	}
	if err := json.Unmarshal(line, &o); err != nil {
		return fmt.Errorf("kernel: the parent's opening: %w", err)
	}
	if c.world, err = newWorld(o); err != nil {
		a := answer{Error: err.Error()}
		if unable, ok := errors.AsType[*Unable](err); ok {
			a.Cause = unable.Cause
		}
		return c.say(a)
	}
	header := c.world.header()
	var b bytes.Buffer
	if err := header.WriteJSON(&b); err != nil {
		return err
	}
	if c.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("kernel: eventfd: %w", err)
	}
	c.requests = make(chan request, 1)
	go c.listen()
	if err := c.say(answer{Header: b.Bytes(), Choices: c.world.choices()}); err != nil {
		return err
	}
	for {
		r, open, err := c.next()
		if err != nil || !open {
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

// listen passes on what the parent says. A closed pipe is the end of the world.
func (c *child) listen() {
	defer c.ring()
	defer close(c.requests)
	lines := json.NewDecoder(c.lines)
	for {
		var r request
		if lines.Decode(&r) != nil {
			return
		}
		c.requests <- r
		c.ring()
	}
}

// ring makes the eventfd readable.
func (c *child) ring() {
	_, _ = unix.Write(c.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // it can only be full, and then it is readable
}

// next waits for the parent's next line, and takes in what the kernel sends meanwhile.
func (c *child) next() (request, bool, error) {
	var counter [8]byte
	for {
		select {
		case r, open := <-c.requests:
			return r, open, nil
		default:
		}
		if err := c.world.rest(c.wake); err != nil {
			return request{}, false, err
		}
		_, _ = unix.Read(c.wake, counter[:])
	}
}

// stopped reports whether the parent wants no more waiting.
func (c *child) stopped() bool {
	select {
	case r, open := <-c.requests:
		return !open || r.Cancel
	default:
		return false
	}
}

func (c *child) answer(r request) error {
	steps, err := c.world.do(r.Do, c)
	a := answer{Steps: steps, Choices: c.world.choices()}
	switch {
	case errors.Is(err, errStopped):
		a.Stopped = true
	case err != nil:
		a.Error = err.Error()
	}
	return c.say(a)
}

func (c *child) say(a answer) error {
	enc := json.NewEncoder(c.to)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		return err
	}
	return c.to.Flush()
}

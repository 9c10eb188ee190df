package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/handshake"
)

// program is one of the user's own that acts at the kernel's end. Its calls cannot be
// seen: only the sockets that they make, the segments that they cause, and what it prints.
type program struct {
	name   string
	peer   int
	stdin  *os.File // held open, and never written to: a program that ends with its input stays
	output int      // of stdout and stderr; -1: ended
	said   []byte   // the beginning of a line
	exit   chan string
}

// run starts the program. It ends with the child, as all in its PID namespace do.
func (w *world) run(command []string) error {
	stdin, held, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("kernel: pipe: %w", err)
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("kernel: pipe: %w", err)
	}
	if err := unix.SetNonblock(pipe[0], true); err != nil {
		return fmt.Errorf("kernel: pipe: %w", err)
	}
	output := os.NewFile(uintptr(pipe[1]), "output")
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, output, output
	err = errors.Join(cmd.Start(), stdin.Close(), output.Close())
	if err != nil {
		return fmt.Errorf("kernel: program: %w", err)
	}
	p := &program{name: filepath.Base(command[0]), peer: 1 - w.other, stdin: held, output: pipe[0], exit: make(chan string, 1)}
	go func() {
		_ = cmd.Wait()
		p.exit <- cmd.ProcessState.String()
	}()
	w.program = p
	return nil
}

// ready waits until the program has a socket to show, or has ended: a client that came
// before a server listens would be refused.
func (w *world) ready(c *child) error {
	const patience = 5 * time.Second
	return w.until(time.Now().Add(patience), c, func() bool {
		return slices.ContainsFunc(w.alone, func(a alone) bool { return a.on != "" || a.rule == programEnds })
	})
}

// hear takes in what the program has printed, a line each, and its end.
func (w *world) hear() {
	p := w.program
	if p == nil || p.output < 0 {
		return
	}
	var b [4096]byte
	n, err := unix.Read(p.output, b[:])
	p.said = append(p.said, b[:max(n, 0)]...)
	for {
		end := bytes.IndexByte(p.said, '\n')
		if end < 0 && len(p.said) > len(b) {
			end = len(p.said) - 1 // no line that a person wrote is so long
		}
		if end < 0 {
			break
		}
		w.says(p.said[:end])
		p.said = p.said[end+1:]
	}
	if n > 0 || errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return
	}
	if len(p.said) > 0 {
		w.says(p.said)
	}
	_ = unix.Close(p.output)
	p.output = -1
}

func (w *world) says(line []byte) {
	w.acts(alone{label: w.program.name + " says " + strconv.Quote(string(line)), rule: programSays})
}

// acts notes something that the program did.
func (w *world) acts(a alone) {
	a.peer, a.timer = w.program.peer, Acts
	if a.label == "" {
		a.label = w.program.name + " acts"
	}
	w.alone = append(w.alone, a)
}

// ended takes in the program's end, once all that it has printed has been told.
func (w *world) ended() {
	if w.program == nil || w.program.output >= 0 {
		return
	}
	select {
	case how := <-w.program.exit:
		w.acts(alone{label: w.program.name + " ends: " + how, rule: programEnds})
	default:
	}
}

// made gives a socket that the program has made its name in the trace: the next one.
func (w *world) made(s *sock) {
	h := &w.hosts[w.program.peer]
	if s.state != stateListen && s.remote.Addr() != w.hosts[w.other].address.Addr() {
		return // it goes elsewhere, or nowhere yet
	}
	h.ends = append(h.ends, end{on: strconv.Itoa(h.nextFD), handle: -1, state: "CLOSED", local: s.local, remote: s.remote, cookie: s.cookie, sock: s})
	h.nextFD++
}

// home is an address of a socket of the program: one that listens at all addresses
// listens at its host's.
func (w *world) home(a netip.AddrPort) netip.AddrPort {
	if w.program != nil && a.Addr().IsUnspecified() && a.Port() != 0 {
		return netip.AddrPortFrom(w.hosts[w.program.peer].address.Addr(), a.Port())
	}
	return a
}

// act is the choice that lets the program's next act be told. Nothing else is listed
// then: what follows would rest on what nobody has seen.
func (w *world) act() handshake.Choice {
	return handshake.Choice{Verb: handshake.Call, Peer: w.hosts[w.program.peer].name, What: Acts}
}

// nextAct is where it waits; -1 if there is none.
func (w *world) nextAct() int {
	return slices.IndexFunc(w.alone, func(a alone) bool { return a.timer == Acts })
}

//go:build linux

package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// patience is how long something may take to come true before a test fails.
const patience = 20 * time.Second

// console is the program at a terminal of its own, and a person before it.
type console struct {
	tb          testing.TB
	cmd         *exec.Cmd
	pty, slave  *os.File
	before      *term.State
	stderr      bytes.Buffer
	mu          sync.Mutex // what is shown
	cells       []rune
	at          int
	pending     []byte // the beginning of a sequence or of a rune
	screen      bool   // and not what was there before
	changed     chan struct{}
	ended       chan struct{}
	width, rows int
}

// onConsole starts the program at a terminal.
func onConsole(tb testing.TB, width, rows int, args ...string) *console {
	tb.Helper()
	c := &console{
		tb: tb, cmd: sockscope(tb, args...), changed: make(chan struct{}, 1), ended: make(chan struct{}),
		width: width, rows: rows, cells: []rune(strings.Repeat(" ", width*rows)),
	}
	c.cmd.Env = append(c.cmd.Env, "XDG_CONFIG_HOME="+tb.TempDir(), "LC_ALL=C.UTF-8")
	c.open()
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = c.slave, c.slave, &c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(tb, c.cmd.Start())
	go c.read()
	go func() {
		_ = c.cmd.Wait() // the exit code says it
		close(c.ended)
	}()
	tb.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.ended
		_ = c.pty.Close()
		_ = c.slave.Close()
	})
	return c
}

// open makes the terminal. Its descriptor never blocks, so that it can be closed while
// somebody reads.
func (c *console) open() {
	c.tb.Helper()
	blocking, slave, err := pty.Open()
	require.NoError(c.tb, err)
	require.NoError(c.tb, pty.Setsize(blocking, &pty.Winsize{Rows: uint16(c.rows), Cols: uint16(c.width)}))
	c.before, err = term.GetState(int(slave.Fd()))
	require.NoError(c.tb, err)
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	require.NoError(c.tb, err)
	require.NoError(c.tb, blocking.Close())
	require.NoError(c.tb, unix.SetNonblock(fd, true))
	c.pty, c.slave = os.NewFile(uintptr(fd), "terminal"), slave
}

// read shows what is written until the terminal is closed.
func (c *console) read() {
	part := make([]byte, 1<<16)
	for {
		n, err := c.pty.Read(part)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.pending = append(c.pending, part[:n]...)
		for n = c.next(c.pending); n > 0; n = c.next(c.pending) {
			c.pending = c.pending[n:]
		}
		c.mu.Unlock()
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

var sequence = regexp.MustCompile(`^\x1b(?:\[([^@-~]*)([@-~])|\][^\a\x1b]*(?:\a|\x1b\\)|[()].|[^\[\]()])`)

// next shows one character or obeys one sequence, and gives its length; 0 if it is not
// whole. All characters are one column wide.
func (c *console) next(b []byte) int {
	switch {
	case len(b) == 0 || !utf8.FullRune(b):
		return 0
	case b[0] == '\x1b':
		found := sequence.FindSubmatch(b)
		if found == nil {
			return 0
		}
		c.obey(string(found[1]), string(found[2]))
		return len(found[0])
	case b[0] == '\r':
		c.at -= c.at % c.width
		return 1
	case b[0] < ' ':
		return 1
	}
	r, n := utf8.DecodeRune(b)
	c.cells[min(c.at, len(c.cells)-1)] = r
	c.at++
	return n
}

func (c *console) obey(args, final string) {
	switch {
	case final == "H":
		row, column, _ := strings.Cut(args, ";")
		y, _ := strconv.Atoi(row) // none is the first
		x, _ := strconv.Atoi(column)
		c.at = max(y-1, 0)*c.width + max(x-1, 0)
	case final == "J":
		c.cells = []rune(strings.Repeat(" ", len(c.cells)))
	case args == "?1049":
		c.screen = final == "h"
	case args+final == "6n": // where is the cursor, behind one glyph?
		_, _ = c.pty.WriteString("\x1b[1;2R") // a terminal that is closed needs no answer
	}
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for y := range c.rows {
		b.WriteString(strings.TrimRight(string(c.cells[y*c.width:(y+1)*c.width]), " ") + "\n")
	}
	return b.String()
}

// keys types.
func (c *console) keys(s string) {
	c.tb.Helper()
	_, err := c.pty.WriteString(s)
	require.NoError(c.tb, err)
}

// see waits until all the texts are on the screen.
func (c *console) see(texts ...string) {
	c.tb.Helper()
	deadline := time.After(patience)
	for {
		shown := c.String()
		if all(shown, texts) {
			return
		}
		select {
		case <-c.changed:
		case <-c.ended:
			require.FailNow(c.tb, "it has ended", "without %q\n%s%s", texts, shown, &c.stderr)
		case <-deadline:
			require.FailNow(c.tb, "not seen", "%q\n%s", texts, shown)
		}
	}
}

func all(shown string, texts []string) bool {
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			return false
		}
	}
	return true
}

// exit waits for the program's end, and gives its exit code; -1 if a signal ended it.
func (c *console) exit() int {
	c.tb.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		require.FailNow(c.tb, "it does not end", "%s", c)
	}
	return c.cmd.ProcessState.ExitCode()
}

// restored requires that the terminal is as it was.
func (c *console) restored() {
	c.tb.Helper()
	after, err := term.GetState(int(c.slave.Fd()))
	require.NoError(c.tb, err)
	require.Equal(c.tb, c.before, after)
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		screen := c.screen
		c.mu.Unlock()
		if !screen {
			return
		}
		select {
		case <-c.changed:
		case <-deadline:
			require.FailNow(c.tb, "the screen that was there does not come back")
		}
	}
}

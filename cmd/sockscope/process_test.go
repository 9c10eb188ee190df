package main_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/model"
)

// sockscope is the program with a language, and nothing else of this machine's.
func sockscope(tb testing.TB, args ...string) *exec.Cmd {
	tb.Helper()
	c := exec.CommandContext(tb.Context(), "sockscope", args...)
	c.Env = append(os.Environ(), "LC_ALL=C", "TERM=xterm-256color", "GORACE=atexit_sleep_ms=0")
	return c
}

func onLinux(t *testing.T, what string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip(what + " is Linux's")
	}
}

// Whatever a verb prints, a full disk is one line and exit 1.
func TestAFullDisk(t *testing.T) {
	onLinux(t, "/dev/full")
	for _, args := range []string{
		"", "run three-way", "run three-way --view json", "run three-way --plain", "step refused", "list", "socket 1",
		"socket 1 2", "socket 1 --view json", "hosts", "sockets", "version", "doctor", "help", "help run", "run --help", "completion bash",
		"completion zsh",
	} {
		t.Run(args, func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			require.NoError(t, err)
			defer full.Close()
			c := sockscope(t, strings.Fields(args)...)
			var stderr strings.Builder
			c.Stdout, c.Stderr = full, &stderr
			require.EqualError(t, c.Run(), "exit status 1")
			require.Equal(t, "sockscope: write /dev/stdout: no space left on device\n", stderr.String())
		})
	}
}

// The reader of a pipe that has read enough is no failure to be told of.
func TestAClosedPipe(t *testing.T) {
	onLinux(t, "the signal of a broken pipe")
	for _, args := range []string{"run three-way", "run three-way --view json", "list", "sockets", "help"} {
		t.Run(args, func(t *testing.T) {
			reader, writer, err := os.Pipe()
			require.NoError(t, err)
			require.NoError(t, reader.Close())
			defer writer.Close()
			c := sockscope(t, strings.Fields(args)...)
			var stderr strings.Builder
			c.Stdout, c.Stderr = writer, &stderr
			require.EqualError(t, c.Run(), "signal: broken pipe", "as cat and grep end")
			require.Empty(t, stderr.String())
		})
	}
}

// A result does not depend on where it goes.
func TestTextIsTheSameAtATerminal(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	for _, args := range []string{
		"run three-way", "run three-way --why --lang ko", "step three-way --view text", "--view json", "list", "hosts 10", "sockets",
		"socket 1", "help",
	} {
		t.Run(args, func(t *testing.T) {
			piped, err := sockscope(t, strings.Fields(args)...).Output()
			require.NoError(t, err)
			require.NotEmpty(t, piped)
			require.Equal(t, string(piped), atTerminal(t, sockscope(t, strings.Fields(args)...)))
		})
	}
}

// At a terminal the same verbs open a screen, and q leaves it.
func TestTheVerbsThatOpenAScreen(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	trace := filepath.Join(t.TempDir(), "trace.json")
	require.NoError(t, sockscope(t, "run", "three-way", "--view", "json", "-o", trace).Run())
	for _, args := range [][]string{{}, {"step", "figure-8"}, {"open", trace}, {"socket"}, {"--mouse", "--lang", "ko"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			c := sockscope(t, args...)
			c.Env = append(c.Env, "XDG_CONFIG_HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
			terminal, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 80})
			require.NoError(t, err)
			defer terminal.Close()
			shown := showing(t, terminal)
			_, err = terminal.WriteString("q")
			require.NoError(t, err)
			_, _ = io.Copy(shown, terminal)
			require.NoError(t, c.Wait())
			require.Contains(t, shown.String(), "sockscope")
			require.True(t, strings.Contains(shown.String(), "\x1b[?1049l"), "the screen that was there comes back")
		})
	}
}

// A terminal that cannot move its cursor gets sentences and is asked, as with --plain;
// a pipe is no terminal.
func TestADumbTerminal(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	for _, args := range [][]string{{}, {"--plain"}} {
		c := sockscope(t, args...)
		if len(args) == 0 {
			c.Env = append(c.Env, "TERM=dumb")
		}
		terminal, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 80})
		require.NoError(t, err)
		defer terminal.Close()
		_, err = terminal.WriteString("\nquit\n")
		require.NoError(t, err)
		var shown bytes.Buffer
		_, _ = io.Copy(&shown, terminal)
		require.NoError(t, c.Wait())
		require.Contains(t, shown.String(), "Step 1. The server called socket(); it returned 3.")
		require.NotContains(t, shown.String(), "\x1b")
	}
	piped := sockscope(t)
	piped.Env = append(piped.Env, "TERM=dumb")
	ladder, err := piped.Output()
	require.NoError(t, err)
	require.Contains(t, string(ladder), "<SEQ=100><CTL=SYN>")
}

// showing reads until the screen's last row is there, which names the keys.
func showing(t *testing.T, terminal io.Reader) *bytes.Buffer {
	t.Helper()
	var shown bytes.Buffer
	part := make([]byte, 4096)
	for !bytes.Contains(shown.Bytes(), []byte("q ")) {
		n, err := terminal.Read(part)
		require.NoError(t, err, "%s", &shown)
		shown.Write(part[:n])
	}
	return &shown
}

// atTerminal runs the program at a terminal and gives what it showed.
func atTerminal(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	terminal, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 80})
	require.NoError(t, err)
	defer terminal.Close()
	var shown bytes.Buffer
	_, _ = io.Copy(&shown, terminal) // it ends with EIO when the program does
	require.NoError(t, c.Wait())
	return strings.ReplaceAll(shown.String(), "\r\n", "\n")
}

// Two UDP sockets on 127.0.0.1 carry what is stepped; none is left.
func TestASessionOwnsTwoSocketsAndLeavesNone(t *testing.T) {
	onLinux(t, "/proc")
	s, err := handshake.Load(handshake.Default)
	require.NoError(t, err)
	before := len(openSockets(t))
	timeline, err := handshake.NewTimeline(t.Context(), model.Engine{}, s)
	require.NoError(t, err)
	for err == nil {
		require.Len(t, openSockets(t), before+2)
		err = timeline.Next(t.Context())
	}
	require.ErrorIs(t, err, handshake.ErrOver)
	require.NoError(t, timeline.Close())
	require.Len(t, openSockets(t), before)
	var goroutines strings.Builder
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&goroutines, 1))
	require.NotContains(t, goroutines.String(), "sockscope/handshake")
}

// openSockets lists this process's sockets.
func openSockets(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	var sockets []string
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			sockets = append(sockets, to)
		}
	}
	return sockets
}

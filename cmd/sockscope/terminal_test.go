//go:build unix

package main_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

// A locale of another character set gets the screen in ASCII.
func TestALocaleThatIsNotUTF8(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	for _, locale := range []string{"en_US.ISO-8859-1", "xx_YY.weird"} {
		for _, args := range [][]string{{}, {"socket"}} {
			c := sockscope(t, args...)
			c.Env = append(c.Env, "XDG_CONFIG_HOME="+t.TempDir(), "LC_ALL="+locale)
			terminal, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 80})
			require.NoError(t, err)
			defer terminal.Close()
			shown := showing(t, terminal)
			_, err = terminal.WriteString("q")
			require.NoError(t, err)
			_, _ = io.Copy(shown, terminal)
			require.NoError(t, c.Wait())
			require.Regexp(t, `^[\x00-\x7f]+$`, shown.String())
		}
	}
}

// A terminal that cannot show the screen: one line with the remedies, exit 3, and
// nothing is sent to the terminal before.
func TestATerminalWithoutAScreen(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	for _, wrong := range []struct{ env, why string }{
		{"TERM=", `TERM is ""`}, {"TERM=nosuch", `TERM is "nosuch"`}, {"LC_ALL=ko_KR.eucKR", "Hangul"},
	} {
		for _, args := range [][]string{{}, {"socket"}} {
			c := sockscope(t, args...)
			c.Env = append(c.Env, "XDG_CONFIG_HOME="+t.TempDir(), "LC_ALL=C.UTF-8", wrong.env)
			requireNoScreen(t, c, wrong.why)
		}
	}
	for _, args := range [][]string{{}, {"socket"}} {
		c := sockscope(t, args...) // its terminal is another process's: /dev/tty is nobody's
		c.Env = append(c.Env, "XDG_CONFIG_HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		requireNoScreen(t, c, "/dev/tty")
	}
}

func requireNoScreen(t *testing.T, c *exec.Cmd, why string) {
	t.Helper()
	terminal, slave, err := pty.Open()
	require.NoError(t, err)
	defer terminal.Close()
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	require.NoError(t, c.Start())
	require.NoError(t, slave.Close())
	var shown bytes.Buffer
	_, _ = io.Copy(&shown, terminal)
	require.EqualError(t, c.Wait(), "exit status 3")
	require.Regexp(t, `^sockscope: [^\x1b\r\n]*--plain[^\x1b\r\n]*TERM=xterm-256color[^\x1b\r\n]*\r\n$`, shown.String())
	require.Contains(t, shown.String(), why)
}

// A signal ends the screen as q does: the terminal is left as it was found. Only the exit
// code tells.
func TestASignalLeavesTheTerminalAsItWas(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		for _, args := range [][]string{{}, {"socket"}} {
			c := sockscope(t, args...)
			c.Env = append(c.Env, "XDG_CONFIG_HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
			terminal, slave, err := pty.Open()
			require.NoError(t, err)
			defer terminal.Close()
			defer slave.Close()
			require.NoError(t, pty.Setsize(terminal, &pty.Winsize{Rows: 24, Cols: 80}))
			before, err := term.GetState(int(slave.Fd()))
			require.NoError(t, err)
			c.Stdin, c.Stdout = slave, slave
			var stderr bytes.Buffer
			c.Stderr = &stderr
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			require.NoError(t, c.Start())
			shown := showing(t, terminal)
			require.NoError(t, c.Process.Signal(signal))
			for !bytes.Contains(shown.Bytes(), []byte("\x1b[?1049l")) {
				part := make([]byte, 4096)
				n, err := terminal.Read(part)
				require.NoError(t, err)
				shown.Write(part[:n])
			}
			require.EqualError(t, c.Wait(), "exit status 1")
			require.Contains(t, stderr.String(), "signal")
			after, err := term.GetState(int(slave.Fd()))
			require.NoError(t, err)
			require.Equal(t, before, after)
		}
	}
}

// Over the dashboard y puts 1971 beside the lesson, which is played for it; q leads back.
func TestYShows1971BesideTheLesson(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	for _, scenario := range []string{"three-way", "icp"} {
		c := sockscope(t, "step", scenario)
		c.Env = append(c.Env, "XDG_CONFIG_HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
		terminal, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 80})
		require.NoError(t, err)
		defer terminal.Close()
		shown := showing(t, terminal)
		_, err = terminal.WriteString("y")
		require.NoError(t, err)
		for !regexp.MustCompile(`exchange|conversation|well-known`).Match(shown.Bytes()) { // letters that stood there are not sent
			part := make([]byte, 4096)
			n, err := terminal.Read(part)
			require.NoError(t, err)
			shown.Write(part[:n])
		}
		_, err = terminal.WriteString("qq")
		require.NoError(t, err)
		_, _ = io.Copy(shown, terminal)
		require.NoError(t, c.Wait())
	}
}

// A window that is closed ends the program.
func TestAWindowThatIsClosedLeavesNoProcess(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	for _, args := range [][]string{{}, {"socket"}} {
		c := sockscope(t, args...)
		c.Env = append(c.Env, "XDG_CONFIG_HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
		terminal, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 80})
		require.NoError(t, err)
		showing(t, terminal)
		require.NoError(t, terminal.Close())
		require.EqualError(t, c.Wait(), "exit status 1")
	}
}

// Octets that are no text would only confuse a terminal.
func TestACaptureIsNotWrittenToATerminal(t *testing.T) {
	onLinux(t, "this pseudo-terminal")
	for _, args := range [][]string{{}, {"-o", "-"}} {
		c := sockscope(t, append([]string{"run", "three-way", "--view", "pcapng"}, args...)...)
		terminal, err := pty.Start(c)
		require.NoError(t, err)
		var shown bytes.Buffer
		_, _ = io.Copy(&shown, terminal)
		require.NoError(t, terminal.Close())
		require.EqualError(t, c.Wait(), "exit status 2")
		require.Equal(t, "sockscope: --view pcapng is not for a terminal: use -o FILE or a pipe\r\n", shown.String())
	}
}

//go:build unix

package tui

import (
	"io"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"
)

// Box glyphs are of ambiguous width: only the terminal knows.
func TestProbeAsksTheTerminal(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		want  Glyphs
	}{
		{"one column", 1, LineGlyphs()},
		{"two columns", 2, ASCIIGlyphs()},
	} {
		t.Run(c.name, func(t *testing.T) {
			glyphs, typed := probeOn(t, c.width, time.Minute)
			require.Equal(t, c.want, glyphs)
			require.Equal(t, "\x1b[Cㅓ ", typed, "keys pressed before the answer reach the dashboard")
		})
	}
}

func TestProbeOfASilentTerminalKeepsTheKeys(t *testing.T) {
	glyphs, typed := probeOn(t, 0, time.Millisecond)
	require.Equal(t, ASCIIGlyphs(), glyphs)
	require.Equal(t, "\x1b[Cㅓ ", typed)
}

// probeOn probes a terminal, on which keys were pressed before it answers. It is
// silent if its width is 0.
func probeOn(t *testing.T, ambiguous int, limit time.Duration) (Glyphs, string) {
	t.Helper()
	master, slave, err := pty.Open()
	require.NoError(t, err)
	defer master.Close()
	defer slave.Close()
	late := time.AfterFunc(patience, func() { panic("the keys pressed during the probe do not come") })
	defer late.Stop()
	screen := newVT(80, 24)
	screen.ambiguous = ambiguous
	screen.reply = func(answer string) {
		if ambiguous > 0 {
			master.WriteString("\x1b[Cㅓ" + answer + " ")
		} else {
			master.WriteString("\x1b[Cㅓ ")
		}
	}
	go io.Copy(screen, master)

	device, err := tcell.NewDevTtyFromDev(slave.Name())
	require.NoError(t, err)
	tty, glyphs, err := probe(device, limit)
	require.NoError(t, err)
	require.NoError(t, tty.Start(), "the screen starts the Tty that the probe has started")
	var typed []byte
	for len(typed) < len("\x1b[Cㅓ ") {
		b := make([]byte, 4)
		n, err := tty.Read(b)
		require.NoError(t, err)
		typed = append(typed, b[:n]...)
	}
	require.NoError(t, tty.Drain())
	_, err = tty.Read(make([]byte, 4))
	require.Error(t, err, "draining ends the read")
	require.NoError(t, tty.Stop())
	return glyphs, string(typed)
}

func TestOpenTerminalDoesNotAskWhatIsKnown(t *testing.T) {
	for _, c := range []struct {
		name, setting string
		env           map[string]string
		want          Glyphs
	}{
		{"config says line", "line", nil, LineGlyphs()},
		{"config says ascii", "ascii", map[string]string{"LANG": "ko_KR.UTF-8"}, ASCIIGlyphs()},
		{"locale without characters", "auto", map[string]string{"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, ASCIIGlyphs()},
		{"locale of another character set", "auto", map[string]string{"LANG": "ko_KR.eucKR"}, ASCIIGlyphs()},
		{"dumb terminal", "auto", map[string]string{"TERM": "dumb", "LANG": "ko_KR.UTF-8"}, ASCIIGlyphs()},
		{"wide by environment", "auto", map[string]string{"LANG": "ko_KR.UTF-8", "RUNEWIDTH_EASTASIAN": "1"}, ASCIIGlyphs()},
	} {
		t.Run(c.name, func(t *testing.T) {
			tty, glyphs, err := openTerminal(func(name string) string { return c.env[name] }, c.setting)
			require.NoError(t, err)
			require.Nil(t, tty)
			require.Equal(t, c.want, glyphs)
		})
	}
}

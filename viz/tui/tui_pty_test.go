package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The dashboard as a person meets it: a program on a terminal, over real sockets.

func TestStepOnATerminal(t *testing.T) {
	c := run(t, "dashboard", 80, 24)
	start := c.until("the first frame", func(s string) bool { return contains(s, "step 0", "q quit") })
	require.Contains(t, start, "next > the server calls socket()")
	for range 9 {
		c.keys(" ")
	}
	c.until("step 9", func(s string) bool { return contains(s, "step 9 ", ">9-", "<SEQ=300><ACK=101><CTL=SYN,ACK>") })
	for range 9 {
		c.keys("\x1b[D")
	}
	c.see("step 0 ")
	c.keys("\x1b[6~\x1b[6~\x1b[5~") // PgDn, PgDn, PgUp
	c.see("step 1 of 9")
	c.keys("q")
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}

func TestChooseAndSearchOnATerminal(t *testing.T) {
	c := run(t, "dashboard", 120, 40)
	c.see("q quit")
	c.keys("         ")
	c.see("step 9 ")
	c.keys("\x1b[15~") // F5
	c.see("what may happen next?")
	c.keys("\x1b[6~.") // PgDn and the blank button
	c.see("9x10")
	c.keys("/syn-sent\r")
	c.see(`"syn-sent": step 6`)
	c.keys("n")
	c.see(`"syn-sent": step 7`)
	c.keys("N")
	c.see(`"syn-sent": step 6`)
	c.keys("q")
	require.Zero(t, c.exit(), "only one future was made: nothing is asked")
	require.True(t, c.clean())
}

func TestResizeOnATerminal(t *testing.T) {
	c := run(t, "dashboard", 200, 60, "LC_ALL=ko_KR.UTF-8")
	c.see("q quit")
	c.keys("l         ")
	c.see("9단계")
	for _, size := range [][2]int{{80, 24}, {40, 10}, {120, 40}, {200, 60}, {60, 15}} {
		c.resize(size[0], size[1])
		if size[0] < leastWidth {
			c.see("60열 15행이 필요하다")
			continue
		}
		c.until("the whole frame", func(s string) bool { return contains(s, "9단계", ">9-", "다음 >") })
	}
	c.keys("\x03")
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}

func TestHelpOnATerminal(t *testing.T) {
	c := run(t, "dashboard", 80, 24)
	c.see("q quit")
	c.keys("?")
	c.see("Space -> Down PgDn Enter j")
	c.keys("\x04\x04\x04") // Ctrl-D
	c.see("export FILE")
	c.keys("\x1b")
	c.until("help is closed", func(s string) bool { return !contains(s, "export FILE") && contains(s, "step 0") })
	c.keys("v")
	c.see("no key for v; ? shows all")
	c.keys("q")
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}

func TestLeavingAfterAFutureAsksOnATerminal(t *testing.T) {
	c := run(t, "dashboard", 80, 24)
	c.see("q quit")
	c.keys("        ")
	c.see("step 8 ")
	c.keys("kx")
	c.see("7x8")
	c.keys("q")
	c.see("Leave?")
	c.keys("q")
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}

func TestCtrlCInAPromptLeavesACleanTerminal(t *testing.T) {
	c := run(t, "dashboard", 80, 24)
	c.see("q quit")
	c.keys("/half")
	c.see("search: half")
	c.keys("\x03")
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}

func TestAPanicLeavesACleanTerminal(t *testing.T) {
	c := run(t, "dashboard", 80, 24)
	c.see("q quit")
	c.keys(":open panic\r")
	require.NotZero(t, c.exit())
	require.True(t, c.clean())
	require.Contains(t, c.screen(), "a bug")
}

func TestNoColourOnATerminal(t *testing.T) {
	c := run(t, "dashboard", 120, 40, "NO_COLOR=1")
	c.see("q quit")
	c.keys("         ")
	c.see("step 9 ")
	c.vt.mu.Lock()
	cells := slices.Clone(c.vt.cells)
	c.vt.mu.Unlock()
	for _, cell := range cells {
		require.NotRegexp(t, `(^| |;)(3[0-7]|38)`, cell.style)
	}
	c.keys("q")
	require.Zero(t, c.exit())
}

// contains reports whether all the texts are on a screen.
func contains(screen string, texts ...string) bool {
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			return false
		}
	}
	return true
}

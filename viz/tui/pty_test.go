package tui

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
	"github.com/stretchr/testify/require"
)

// childVariable names the program that the test binary shall be, see children.
const childVariable = "SOCKSCOPE_TEST_CHILD"

// children are the programs that tests run on a terminal; each gives its exit code.
func children() map[string]func() int {
	return map[string]func() int{"counter": counter, "dashboard": lesson, "explorer": exploreChild, "plain": plainChild}
}

func TestMain(m *testing.M) {
	if child, ok := children()[os.Getenv(childVariable)]; ok {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// console is a program that runs on a terminal of its own, and a person before it.
type console struct {
	tb      testing.TB
	cmd     *exec.Cmd
	pty     *os.File
	vt      *vt
	changed chan struct{} // something was written since it was last looked at
	ended   chan struct{} // the program is gone
}

// patience is how long a condition may take to come true before the test fails.
const patience = 10 * time.Second

// run starts one of the children on a terminal of a size.
func run(tb testing.TB, child string, w, h int, env ...string) *console {
	tb.Helper()
	exe, err := os.Executable()
	require.NoError(tb, err)
	c := &console{
		tb: tb, cmd: exec.Command(exe), vt: newVT(w, h),
		changed: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	c.cmd.Env = append([]string{
		"TERM=xterm-256color", "LC_ALL=C.UTF-8", "HOME=" + tb.TempDir(), childVariable + "=" + child,
	}, env...)
	c.pty, err = pty.StartWithSize(c.cmd, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)})
	require.NoError(tb, err)
	c.vt.reply = func(answer string) { c.pty.WriteString(answer) }
	go c.read()
	tb.Cleanup(func() {
		c.cmd.Process.Kill()
		<-c.ended
		c.pty.Close()
	})
	return c
}

func (c *console) read() {
	buffer := make([]byte, 1<<16)
	for {
		n, err := c.pty.Read(buffer)
		c.vt.Write(buffer[:n])
		select {
		case c.changed <- struct{}{}:
		default:
		}
		if err != nil { // EIO: nobody has the terminal open any more
			c.cmd.Wait()
			close(c.ended)
			return
		}
	}
}

// keys types.
func (c *console) keys(s string) {
	c.tb.Helper()
	_, err := c.pty.WriteString(s)
	require.NoError(c.tb, err)
}

// resize changes the window as its owner would with the mouse.
func (c *console) resize(w, h int) {
	c.tb.Helper()
	c.vt.resize(w, h)
	require.NoError(c.tb, pty.Setsize(c.pty, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)}))
}

// screen is what the terminal shows now.
func (c *console) screen() string { return c.vt.String() }

// until waits until the screen is as wished, and gives it.
func (c *console) until(wish string, is func(screen string) bool) string {
	c.tb.Helper()
	deadline := time.After(patience)
	for {
		screen := c.screen()
		if is(screen) {
			return screen
		}
		select {
		case <-c.changed:
		case <-c.ended:
			if screen = c.screen(); !is(screen) {
				require.FailNow(c.tb, "the program ended before: "+wish, screen)
			}
			return screen
		case <-deadline:
			require.FailNow(c.tb, "still not: "+wish, screen)
		}
	}
}

// see waits until a text is on the screen, and gives the screen.
func (c *console) see(text string) string {
	c.tb.Helper()
	return c.until("see "+text, func(screen string) bool { return strings.Contains(screen, text) })
}

// exit waits until the program ends, and gives its code.
func (c *console) exit() int {
	c.tb.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		require.FailNow(c.tb, "the program still runs", c.screen())
	}
	return c.cmd.ProcessState.ExitCode()
}

// clean says whether the program, once it ends, leaves the terminal as it found it.
func (c *console) clean() bool {
	c.exit()
	return c.vt.cursor && !c.vt.alternate && c.vt.style == ""
}

// counter is the smallest program that has all this package's floor under it: it
// counts steps in a box.
func counter() int {
	config, err := ReadConfig("none", strings.NewReader(""))
	if err != nil {
		return 2
	}
	tty, glyphs, err := openTerminal(os.Getenv, config.Glyphs)
	if err != nil {
		return 3
	}
	screen, err := tcell.NewTerminfoScreenFromTty(tty)
	if err != nil {
		return 3
	}
	app := tview.NewApplication().SetScreen(newShadow(screen))
	root := &counterBox{Box: tview.NewBox(), app: app, keys: config.Keys, glyphs: glyphs}
	if app.SetRoot(root, true).Run() != nil {
		return 1
	}
	return 0
}

type counterBox struct {
	*tview.Box
	app    *tview.Application
	keys   *Keys
	glyphs Glyphs
	step   int
}

func (b *counterBox) Draw(screen tcell.Screen) {
	x, y, w, h := b.GetRect()
	c := canvas{screen: screen, x: x, y: y, w: w, h: h, glyphs: b.glyphs}
	inside := c.box(" 서버 ", "", tcell.StyleDefault, tcell.StyleDefault)
	inside.text(0, 0, w, fmt.Sprintf("step %d [SYN]", b.step), tcell.StyleDefault)
	inside.right(0, inside.h-1, inside.w, "끝", tcell.StyleDefault)
}

func (b *counterBox) InputHandler() func(*tcell.EventKey, func(tview.Primitive)) {
	return func(event *tcell.EventKey, _ func(tview.Primitive)) {
		does := map[Action]func(){
			actForward: func() { b.step++ },
			actBack:    func() { b.step-- },
			actLeave:   b.app.Stop,
		}
		for _, hit := range b.keys.find(event, stepping).hits {
			if do, ok := does[hit.action]; ok {
				do()
			}
		}
	}
}

func TestProgramOnATerminal(t *testing.T) {
	c := run(t, "counter", 30, 5)
	want := "┌ 서버 ──────────────────────┐\n│step 0 [SYN]                │\n│                            │\n│                          끝│\n└────────────────────────────┘\n"
	require.Equal(t, want, c.until("first frame", func(s string) bool { return strings.Contains(s, "끝") }))
	c.keys(" ㅓ ") // the last Space commits the jamo
	c.see("step 2 [SYN]")
	c.keys("\x1b[D\x1b[D")
	require.Equal(t, want, c.until("back at the start", func(s string) bool { return s == want }))

	c.resize(40, 4)
	c.see("┌ 서버 ────────────────────────────────┐\n│step 0 [SYN]                          │\n│                                    끝│\n└")
	c.keys("q")
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}

func TestCtrlCLeavesACleanTerminal(t *testing.T) {
	c := run(t, "counter", 30, 5)
	c.see("끝")
	c.keys("\x03")
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}

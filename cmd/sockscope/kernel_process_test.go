//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// never is a scenario that does not end by itself: its SYN is lost, and then it waits.
const never = `-- setup --
peer client 127.0.0.1:49152 iss=100
peer server 127.0.0.1:7147  iss=300
-- script --
client socket
client connect server
drop server <CTL=SYN>
wait 1h
`

// scenario writes one to a file.
func scenario(tb testing.TB, text string) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "scenario.txtar")
	require.NoError(tb, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// poll looks until something is true, and fails the test if it never is.
func poll(tb testing.TB, wish string, is func() bool) {
	tb.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			require.FailNow(tb, "still not: "+wish)
		}
	}
}

// offspring is the engine's child, seen from outside.
type offspring struct {
	tb     testing.TB
	pid    int
	end    int              // a descriptor that can be read when it has ended
	spaces map[uint64]space // its network namespaces
}

// A space is a network namespace, by number: while its file is open, no other one gets
// the number. Its processes, and their sockets and queues, are not held by that.
type space struct{ file *os.File }

// childOf waits until a process has a child that holds segments.
func childOf(tb testing.TB, parent int) *offspring {
	tb.Helper()
	o := &offspring{tb: tb, spaces: map[uint64]space{}}
	poll(tb, "a child that holds segments", func() bool {
		o.pid = childPID(parent)
		return o.pid != 0 && len(tasksWith(o.pid, "net/raw", ":00FF ")) > 0 // the raw socket comes last
	})
	var err error
	o.end, err = unix.PidfdOpen(o.pid, 0)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = unix.Close(o.end) })
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/ns/net", o.pid))
	require.NoError(tb, err)
	for _, task := range tasks {
		file, err := os.Open(task)
		require.NoError(tb, err)
		tb.Cleanup(func() { _ = file.Close() })
		o.spaces[inode(file.Name())] = space{file}
	}
	require.NotContains(tb, o.spaces, inode("/proc/self/ns/net"))
	require.NotEmpty(tb, o.spaces)
	if os.Geteuid() == 0 {
		require.True(tb, o.inSpaces(holding), "a queue and a raw socket, while it lives")
	}
	return o
}

// childPID is a process's child, 0 if it has none.
func childPID(parent int) int {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(after); len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			return pid
		}
	}
	return 0
}

// tasksWith lists the threads of a process with a text in one of their files.
func tasksWith(pid int, file, text string) []string {
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/%s", pid, file))
	var with []string
	for _, name := range names {
		if content, err := os.ReadFile(name); err == nil && strings.Contains(string(content), text) {
			with = append(with, name)
		}
	}
	return with
}

func inode(name string) uint64 {
	var stat unix.Stat_t
	if unix.Stat(name, &stat) != nil {
		return 0
	}
	return stat.Ino
}

// inSpaces reports whether something is so in one of its network namespaces.
func (o *offspring) inSpaces(is func() bool) bool {
	o.tb.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	require.NoError(o.tb, err)
	defer home.Close()
	found := false
	for _, s := range o.spaces {
		require.NoError(o.tb, unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET))
		found = found || is()
		require.NoError(o.tb, unix.Setns(int(home.Fd()), unix.CLONE_NEWNET))
	}
	return found
}

// holding reports whether this thread's network namespace has a queue or a raw socket.
func holding() bool {
	queues, err := os.ReadFile("/proc/thread-self/net/netfilter/nfnetlink_queue")
	raw, err2 := os.ReadFile("/proc/thread-self/net/raw")
	return err != nil || err2 != nil || len(queues) > 0 || strings.Count(string(raw), "\n") > 1
}

// gone requires that nothing of it is left: no process, nobody who has its namespaces,
// no queue and no raw socket.
func (o *offspring) gone() {
	o.tb.Helper()
	poll(o.tb, "the child has ended", func() bool {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(o.end), Events: unix.POLLIN}}, 0)
		return err == nil && n == 1
	})
	poll(o.tb, "nobody is in its namespaces", func() bool { return !o.inhabited() })
	if os.Geteuid() == 0 {
		poll(o.tb, "neither queue nor raw socket", func() bool { return !o.inSpaces(holding) })
	}
}

// inhabited reports whether a process is in one of its network namespaces, or has one open.
func (o *offspring) inhabited() bool {
	names, _ := filepath.Glob("/proc/[0-9]*/task/*/ns/net")
	open, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	own := fmt.Sprintf("/proc/%d/", os.Getpid())
	for _, name := range names {
		if _, is := o.spaces[inode(name)]; is {
			return true
		}
	}
	for _, name := range open {
		to, err := os.Readlink(name)
		number, is := strings.CutPrefix(to, "net:[")
		if err != nil || !is || strings.HasPrefix(name, own) {
			continue
		}
		n, _ := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
		if _, is := o.spaces[n]; is {
			return true
		}
	}
	return false
}

// unread starts the program with an output that is a pipe of one page, which nobody reads
// yet: it cannot end before somebody does.
func unread(tb testing.TB, args ...string) (*exec.Cmd, *os.File, *bytes.Buffer) {
	tb.Helper()
	reader, writer, err := os.Pipe()
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = reader.Close() })
	_, err = unix.FcntlInt(writer.Fd(), unix.F_SETPIPE_SZ, os.Getpagesize())
	require.NoError(tb, err)
	c := sockscope(tb, args...)
	stderr := &bytes.Buffer{}
	c.Stdout, c.Stderr = writer, stderr
	require.NoError(tb, c.Start())
	require.NoError(tb, writer.Close())
	require.NoError(tb, reader.SetReadDeadline(time.Now().Add(patience)))
	return c, reader, stderr
}

func TestARunOnTheKernelLeavesNothing(t *testing.T) {
	needKernel(t)
	c, out, stderr := unread(t, "run", "three-way", "--engine", "kernel", "--view", "json")
	child := childOf(t, c.Process.Pid)
	told, err := io.ReadAll(out)
	require.NoError(t, err)
	require.NoError(t, c.Wait(), "%s", stderr)
	require.Contains(t, string(told), `"TIME-WAIT"`)
	child.gone()
}

// As in `sockscope run ... | head -1`.
func TestAReaderWhoHasReadEnoughOfTheKernel(t *testing.T) {
	needKernel(t)
	c, out, stderr := unread(t, "run", "three-way", "--engine", "kernel", "--view", "json")
	child := childOf(t, c.Process.Pid)
	_, err := bufio.NewReaderSize(out, 16).ReadByte()
	require.NoError(t, err)
	require.NoError(t, out.Close())
	require.EqualError(t, c.Wait(), "signal: broken pipe")
	require.Empty(t, stderr.String())
	child.gone()
}

// Without a screen a signal ends the program as it does any other: the child sees its
// pipe end, and ends.
func TestARunThatNeverEndsIsEndedByASignal(t *testing.T) {
	needKernel(t)
	file := scenario(t, never)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			c := sockscope(t, "run", file, "--engine", "kernel")
			require.NoError(t, c.Start())
			child := childOf(t, c.Process.Pid)
			child.connecting()
			require.NoError(t, c.Process.Signal(signal))
			require.EqualError(t, c.Wait(), "signal: "+signal.String())
			child.gone()
		})
	}
}

// connecting waits until a SYN is sent.
func (o *offspring) connecting() {
	o.tb.Helper()
	poll(o.tb, "SYN-SENT", func() bool { return len(tasksWith(o.pid, "net/tcp", ":1BEB 02 ")) > 0 })
}

func TestCtrlCEndsARunThatNeverEnds(t *testing.T) {
	needKernel(t)
	c := onConsole(t, 80, 24, "run", scenario(t, never), "--engine", "kernel")
	child := childOf(t, c.cmd.Process.Pid)
	child.connecting()
	c.keys("\x03")
	require.Equal(t, -1, c.exit())
	child.gone()
	c.restored()
}

// A person leaves the dashboard with a segment held; however that is done, nothing is
// left, and the terminal is as it was.
func TestLeavingTheDashboardOfAKernel(t *testing.T) {
	needKernel(t)
	by := func(signal syscall.Signal) func(*console) {
		return func(c *console) { require.NoError(c.tb, c.cmd.Process.Signal(signal)) }
	}
	typed := func(keys string) func(*console) {
		return func(c *console) { c.keys(keys) }
	}
	for name, way := range map[string]struct {
		leave func(*console)
		code  int
	}{
		"q": {typed("q"), 0}, "Ctrl-C": {typed("\x03"), 0},
		"SIGINT": {by(syscall.SIGINT), 1}, "SIGTERM": {by(syscall.SIGTERM), 1}, "SIGHUP": {by(syscall.SIGHUP), 1},
	} {
		t.Run(name, func(t *testing.T) {
			c, child := holdingASYN(t)
			way.leave(c)
			require.Equal(t, way.code, c.exit(), "%s", &c.stderr)
			child.gone()
			c.restored()
		})
	}
}

// holdingASYN opens the dashboard on the kernel and steps to where the SYN is held.
func holdingASYN(tb testing.TB) (*console, *offspring) {
	tb.Helper()
	c := onConsole(tb, 80, 24, "step", "three-way", "--engine", "kernel")
	c.see("q quit", "step 0 ")
	child := childOf(tb, c.cmd.Process.Pid)
	for n := range 7 {
		c.keys(" ")
		c.see(fmt.Sprintf("step %d ", n+1))
	}
	c.see("<SEQ=100><CTL=SYN>")
	child.connecting()
	return c, child
}

func TestAClosedWindowLeavesNothingOfAKernel(t *testing.T) {
	needKernel(t)
	c, child := holdingASYN(t)
	require.NoError(t, c.pty.Close())
	require.Contains(t, []int{1, -1}, c.exit(), "it says that its terminal has gone, or the hang-up is faster")
	child.gone()
}

func TestAKilledDashboardLeavesNothingOfAKernel(t *testing.T) {
	needKernel(t)
	c, child := holdingASYN(t)
	require.NoError(t, c.cmd.Process.Kill())
	require.Equal(t, -1, c.exit())
	child.gone()
}

// The child can be killed, too. A person is told in one line, sees what was, and leaves.
func TestAKilledChildInTheDashboard(t *testing.T) {
	needKernel(t)
	c, child := holdingASYN(t)
	require.NoError(t, unix.Kill(child.pid, unix.SIGKILL))
	c.keys(" ")
	c.see("the child process has ended", "step 7 ", "<SEQ=100><CTL=SYN>")
	child.gone()
	c.keys("k")
	c.see("step 6 ")
	c.keys("q")
	require.Zero(t, c.exit(), "%s", &c.stderr)
	require.Empty(t, c.stderr.String())
	c.restored()
}

func TestAKilledChildOfARun(t *testing.T) {
	needKernel(t)
	c := sockscope(t, "run", scenario(t, never), "--engine", "kernel")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	require.NoError(t, c.Start())
	child := childOf(t, c.Process.Pid)
	child.connecting()
	require.NoError(t, unix.Kill(child.pid, unix.SIGKILL))
	require.EqualError(t, c.Wait(), "exit status 1")
	require.Regexp(t, `^sockscope: .*the child process has ended.*\n$`, stderr.String())
	require.Empty(t, stdout.String())
	child.gone()
}

// The program that a person lets run at the kernel's end ends with the engine.
func TestTheKernelsProgramEndsWithTheEngine(t *testing.T) {
	needKernel(t)
	file := scenario(t, never)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			c := sockscope(t, "run", file, "--engine", "mixed", "--kernel-end", "server", "--kernel-program", "sleep 1000")
			require.NoError(t, c.Start())
			child := childOf(t, c.Process.Pid)
			poll(t, "the program runs", func() bool { return childPID(child.pid) != 0 })
			require.NoError(t, c.Process.Signal(signal))
			require.EqualError(t, c.Wait(), "signal: "+signal.String())
			child.gone()
		})
	}
}

// A person who waits for a kernel can have enough of it, again and again: here for an
// hour that the script asks for, and, at the newest step, for whatever comes.
func TestAWaitThatIsGivenUpAgainAndAgain(t *testing.T) {
	needKernel(t)
	held := strings.Replace(never, "drop server", "depart client", 1) // what is held and sent again is no step
	c := onConsole(t, 80, 24, "step", scenario(t, held), "--engine", "kernel")
	c.see("q quit", "step 0 ")
	child := childOf(t, c.cmd.Process.Pid)
	for n := range 3 {
		c.keys(" ")
		c.see(fmt.Sprintf("step %d ", n+1))
	}
	for range 50 {
		c.keys(" ")
		c.see("waits for: 1h", "step 3 ")
		c.keys("k")
		c.see("step 2 ", "next > ")
		c.keys(" ")
		c.see("step 3 ", "next > ")
	}
	require.Equal(t, child.pid, childPID(c.cmd.Process.Pid), "still the same one")
	c.keys("q")
	require.Zero(t, c.exit(), "%s", &c.stderr)
	child.gone()
	c.restored()
}

// Root gives its rights away for this: the engine needs none.
func TestAnOrdinaryUserStepsTheKernel(t *testing.T) {
	needKernel(t)
	setpriv, err := exec.LookPath("setpriv")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("only root can become somebody else, with setpriv of util-linux")
	}
	program := forEverybody(t)
	somebody := func(args ...string) (string, error) {
		c := sockscope(t, append([]string{"--reuid=1000", "--regid=1000", "--clear-groups", program}, args...)...)
		c.Path, c.Err = setpriv, nil
		said, err := c.CombinedOutput()
		return string(said), err
	}
	found, err := somebody("doctor")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip(found)
	}
	require.NoError(t, err, found)
	require.Regexp(t, `(?m)^user namespaces +yes$`, found)
	require.Regexp(t, `(?m)^kernel engine +yes +Linux `, found)
	told, err := somebody("run", "three-way", "--engine", "kernel")
	require.NoError(t, err, told)
	const state = `[A-Z][A-Z0-9-]+`
	require.Regexp(t, `(?m)^ \S+ +ESTABLISHED +--> <SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK> --> +ESTABLISHED$`, told)
	require.Regexp(t, `(?m)^ \S+ +TIME-WAIT +--> <SEQ=107><ACK=304><CTL=ACK> +--> +CLOSED$`, told)
	for line := range strings.Lines(told) {
		if strings.Contains(line, "<SEQ=") {
			require.Regexp(t, `^ \d+-\d+ +`+state+` +(-->|<--) <\S+> +(-->|<--) +`+state+`\n$`, line)
		}
	}
	low := scenario(t, strings.ReplaceAll(never[:strings.Index(never, "client socket")], ":7147", ":80")+"server socket\nserver bind :80\nserver listen 1\n")
	require.NoError(t, os.Chmod(low, 0o644))
	require.NoError(t, os.Chmod(filepath.Dir(filepath.Dir(low)), 0o755))
	told, err = somebody("run", low, "--engine", "kernel")
	require.NoError(t, err, told)
	require.Contains(t, told, "bind(3, :80) = 0\n", "the ports of a namespace are its owner's")
}

// forEverybody copies the program to where everybody can start it.
func forEverybody(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("sockscope")
	require.NoError(t, err)
	octets, err := os.ReadFile(program)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	name := filepath.Join(dir, "sockscope")
	require.NoError(t, os.WriteFile(name, octets, 0o755))
	return name
}

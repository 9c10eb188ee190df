package kernel

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Whoever is killed, parent or child: of the child and the program that it runs
// nothing is left.
func TestNothingIsLeft(t *testing.T) {
	switch flag.Arg(0) {
	case "parent":
		parentOfOne(t, flag.Arg(1))
		return
	case "child":
		runsAProgram(t, flag.Arg(1))
		return
	}
	can, err := spawn(testTask + " -test.run=^$")
	privilege(t, err)
	require.NoError(t, can.close())
	for _, killed := range []string{"parent", "child"} {
		t.Run(killed, func(t *testing.T) {
			seconds := fmt.Sprintf("%d%d", 1000+os.Getpid(), len(killed)) // to know it by
			parent, err := spawnIn(0, againAs("parent", seconds))
			require.NoError(t, err)
			defer parent.close()
			require.NoError(t, parent.out.SetReadDeadline(time.Now().Add(10*time.Second)))
			line, err := bufio.NewReader(parent.out).ReadString('\n')
			require.NoError(t, err)
			child, err := strconv.Atoi(strings.TrimSpace(line))
			require.NoError(t, err)
			watched := []int{watch(t, child), watch(t, findProgram(t, seconds))}
			victim := map[string]int{"parent": parent.cmd.Process.Pid, "child": child}[killed]
			require.NoError(t, unix.Kill(victim, unix.SIGKILL))
			for _, fd := range watched {
				require.True(t, ended(t, fd), "it lives on")
			}
		})
	}
}

// againAs is the task of a process that runs this test in another part.
func againAs(part, seconds string) string {
	return testTask + " -test.timeout=30s -test.run=^TestNothingIsLeft$ " + part + " " + seconds
}

// parentOfOne has a child, says its number once the child is ready, and stays.
func parentOfOne(t *testing.T, seconds string) {
	t.Helper()
	child, err := spawn(againAs("child", seconds))
	require.NoError(t, err)
	ready, err := bufio.NewReader(child.out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", ready)
	fmt.Fprintln(os.Stdout, child.cmd.Process.Pid)
	_, err = io.Copy(io.Discard, os.NewFile(commandsFD, "commands"))
	require.NoError(t, err)
}

// runsAProgram runs a program that would stay, and ends with its pipe.
func runsAProgram(t *testing.T, seconds string) {
	t.Helper()
	require.NoError(t, exec.Command("sleep", seconds).Start())
	fmt.Fprintln(os.Stdout, "ready")
	_, err := io.Copy(io.Discard, os.NewFile(commandsFD, "commands"))
	require.NoError(t, err)
}

// findProgram gives the number that this namespace knows the program by.
func findProgram(t *testing.T, seconds string) int {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, name := range names {
		if line, err := os.ReadFile(name); err == nil && string(line) == "sleep\x00"+seconds+"\x00" {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			require.NoError(t, err)
			return pid
		}
	}
	t.Fatalf("sleep %s does not run", seconds)
	return 0
}

// watch opens a process, so that its end can be waited for.
func watch(t *testing.T, pid int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// ended waits for a process to end, ten seconds at most.
func ended(t *testing.T, pidfd int) bool {
	t.Helper()
	end := time.Now().Add(10 * time.Second)
	for time.Now().Before(end) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, int(time.Until(end).Milliseconds()))
		if err == nil {
			return n == 1
		}
		require.ErrorIs(t, err, unix.EINTR)
	}
	return false
}

//go:build linux

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
)

// From the key that lets a segment arrive to the screen that shows it, on a pty; the aim is
// 10 ms at the median.
func BenchmarkKernelReleaseToScreen(b *testing.B) {
	needKernel(b)
	steps := kernelSteps(b)
	var took []time.Duration
	for b.Loop() {
		c := onConsole(b, 200, 60, "step", "three-way", "--engine", "kernel")
		c.see("q quit", "step 0 ")
		for _, s := range steps {
			before := time.Now()
			c.forward(s.N)
			if s.Kind == handshake.KindArrive {
				took = append(took, time.Since(before))
			}
		}
		c.keys("q")
		require.Zero(b, c.exit())
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)*9/10].Microseconds())/1000, "ms-9of10")
}

// forward goes a step on and waits for the screen that shows it.
func (c *console) forward(n int) {
	c.tb.Helper()
	c.keys(" ")
	c.see(fmt.Sprintf("step %d ", n))
}

// kernelSteps is how the default scenario goes on the kernel.
func kernelSteps(tb testing.TB) []handshake.Step {
	tb.Helper()
	told, err := sockscope(tb, "run", "three-way", "--engine", "kernel", "--view", "json").Output()
	require.NoError(tb, err)
	trace, err := handshake.ReadJSON(bytes.NewReader(told))
	require.NoError(tb, err)
	return trace.Steps
}

// The most that parent and child together may have had in memory.
const mostMemory = 100 << 20

func TestTheDashboardOfAKernelIsSmall(t *testing.T) {
	needKernel(t)
	withoutRaceDetector(t)
	steps := kernelSteps(t)
	c := onConsole(t, 200, 60, "step", "three-way", "--engine", "kernel")
	c.see("q quit", "step 0 ")
	for _, s := range steps {
		c.forward(s.N)
	}
	requireSmall(t, c.cmd.Process.Pid, childOf(t, c.cmd.Process.Pid).pid)
}

func TestAHundredLivesOnAKernelAreSmall(t *testing.T) {
	needKernel(t)
	withoutRaceDetector(t)
	c, out, stderr := unread(t, "run", scenario(t, handshaketest.HundredLives()), "--engine", "kernel", "--view", "json")
	child := childOf(t, c.Process.Pid)
	_, err := io.ReadFull(out, make([]byte, 1)) // it has played all, and writes
	require.NoError(t, err, "%s", stderr)
	requireSmall(t, c.Process.Pid, child.pid)
	told, err := io.ReadAll(out)
	require.NoError(t, err)
	require.NoError(t, c.Wait(), "%s", stderr)
	require.Equal(t, 700, strings.Count(string(told), `"kind":"depart"`))
}

// withoutRaceDetector skips a test of the memory: the detector takes as much again.
func withoutRaceDetector(t *testing.T) {
	t.Helper()
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector takes as much memory again")
	}
}

var most = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

func requireSmall(t *testing.T, parent, child int) {
	t.Helper()
	var octets [2]int
	for i, pid := range []int{parent, child} {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		require.NoError(t, err)
		found := most.FindSubmatch(status)
		require.NotNil(t, found)
		n, err := strconv.Atoi(string(found[1]))
		require.NoError(t, err)
		octets[i] = n << 10
	}
	t.Logf("parent %.1f MB, child %.1f MB", float64(octets[0])/1e6, float64(octets[1])/1e6)
	require.Less(t, octets[0]+octets[1], mostMemory)
}

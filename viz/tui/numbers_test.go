package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/replay"
)

// kernelTrace is a trace with as many variables as a kernel tells.
func kernelTrace(t *testing.T) *handshake.Timeline {
	t.Helper()
	vars := []handshake.Var{
		{Name: "rto", Value: "204000000", Unit: "ns"},
		{Name: "retransmission timer", Value: "1500000000", Unit: "ns"},
		{Name: "RCV.NXT", Value: "301", Unit: "seq"},
		{Name: "SND.NXT", Value: "101", Unit: "seq"},
		{Name: "ISS", Value: "100", Unit: "seq"},
		{Name: "SND.UNA", Value: "101", Unit: "seq"},
	}
	for i := range 20 {
		vars = append(vars, handshake.Var{Name: fmt.Sprintf("kernel_%02d", i), Value: "7"})
	}
	trace := &handshake.Trace{
		Scenario: "test", Engine: "kernel", Protocol: "tcp", Host: "Linux 6.18.44",
		Peers: []handshake.Peer{{Name: "client", Address: "127.0.0.1:49152", State: "CLOSED"}, {Name: "server", Address: "127.0.0.1:7147", State: "CLOSED"}},
		Steps: []handshake.Step{
			{N: 1, Peer: "server", On: "3", Kind: handshake.KindCall, Label: "listen(3, 1) = 0", Before: "CLOSED", After: "LISTEN", Choice: "server listen 1", Vars: []handshake.Var{
				{Name: "accept queue", Value: "0"}, {Name: "accept queue limit", Value: "1"},
			}},
			{N: 2, Peer: "client", On: "3", Kind: handshake.KindCall, Label: "connect(3, 127.0.0.1:7147)", Before: "CLOSED", After: "SYN-SENT", Choice: "client connect server", Vars: vars},
			{N: 3, At: 2 * time.Second, Peer: "server", On: "3", Kind: handshake.KindNote, Label: "accept queue 1 of 1", Before: "LISTEN", After: "LISTEN", Choice: "wait", Vars: []handshake.Var{{Name: "accept queue", Value: "1"}}},
		},
	}
	var b strings.Builder
	require.NoError(t, trace.WriteJSON(&b))
	rec, err := replay.Open(strings.NewReader(b.String()))
	require.NoError(t, err)
	tl, err := handshake.NewTimeline(t.Context(), rec, nil)
	require.NoError(t, err)
	return tl
}

// RFC 9293's variables come first, then the timers, then what only the kernel knows.
func TestNumbersTellAllThatAKernelTells(t *testing.T) {
	atDeskWith(t, 120, 60, options(t, "en", true), kernelTrace, func(s *desk) {
		got := s.press("3 z Space Space Space")
		order := []string{"3  SYN-SENT", "ISS 100", "SND.UNA 101", "SND.NXT 101", "RCV.NXT 301", "retransmission timer, due t 1.500 s", "rto 204.000 ms", "kernel_00 7", "kernel_19 7"}
		for i := range order[1:] {
			require.Greater(s, strings.Index(got, order[i+1]), strings.Index(got, order[i]), order[i+1])
		}
		s.sees("", "3  LISTEN", "accept queue 1 was 0", "accept queue limit 1")
		s.misses("Ctrl-D: more")
	})
}

func TestScrollingEndsAtTheEndAndSaysWhatIsBelow(t *testing.T) {
	atDeskWith(t, 80, 24, options(t, "en", true), kernelTrace, func(s *desk) {
		s.sees("3 Space Space Space", "Ctrl-D: more", "RFC 9293 3.3.1")
		end := s.sees(times(9, "Ctrl-D"), "kernel_19 7\n next >")
		require.NotContains(s, end, "Ctrl-D: more")
		require.Equal(s, end, s.press(times(9, "Ctrl-D")), "no further than to its end")
		s.sees("Ctrl-U", "Ctrl-D: more", "kernel_14 7\n next >")
		s.sees(times(9, "Ctrl-U"), "RFC 9293 3.3.1")
		s.sees("1 Ctrl-D", "accept queue") // what has room does not scroll
		s.misses("Ctrl-D: more")
		s.sees("4 Ctrl-D Ctrl-D", "4 map")
		s.misses("Ctrl-D: more")
	})
}

func TestOctetsScrollToTheirLastOne(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.press(times(8, "Space") + "t")
		end := s.press(times(9, "Ctrl-D"))
		require.NotContains(s, end, "Ctrl-D: more")
		require.Equal(s, end, s.press("Ctrl-D"))
		s.press("w")
		end = s.press(times(9, "Ctrl-D"))
		require.Equal(s, end, s.press("Ctrl-D"))
	})
}

// A kernel's clock runs while a person thinks: a timer that has ended since is not told
// as one to come.
func TestATimerThatHasEndedIsNotToldAsOneToCome(t *testing.T) {
	atDeskWith(t, 120, 60, options(t, "en", true), kernelTrace, func(s *desk) {
		s.press("Space Space")
		s.sees("", "again at t 1.500 s")
		s.press("Space")
		s.sees("", "was due again at t 1.500 s")
	})
}

// A capture knows of no program and of no descriptor, and its states are inferred.
func TestACaptureTellsOfNoProgram(t *testing.T) {
	capture := func(t *testing.T) *handshake.Timeline {
		t.Helper()
		trace := &handshake.Trace{
			Scenario: "capture", Engine: replay.Engine, Protocol: "tcp",
			Peers: []handshake.Peer{{Name: "client", Address: "127.0.0.1:49152", State: "CLOSED"}, {Name: "server", Address: "127.0.0.1:7147", State: "CLOSED"}},
			Steps: []handshake.Step{{N: 1, Peer: "client", On: "1", Kind: handshake.KindDepart, Packet: 1, Label: "<SEQ=100><CTL=SYN>", Before: "CLOSED", After: "SYN-SENT", Choice: "depart client <CTL=SYN>"}},
		}
		var b strings.Builder
		require.NoError(t, trace.WriteJSON(&b))
		rec, err := replay.Open(strings.NewReader(b.String()))
		require.NoError(t, err)
		tl, err := handshake.NewTimeline(t.Context(), rec, nil)
		require.NoError(t, err)
		return tl
	}
	atDeskWith(t, 120, 60, options(t, "en", true), capture, func(s *desk) {
		s.press("Space")
		s.sees("", "program not in a capture", "-  SYN-SENT     inferred state")
		s.misses("no descriptor")
	})
}

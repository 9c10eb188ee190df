package mixed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/kernel"
	"sockscope/handshake/mixed"
)

// programVariable says which program a process of this binary is.
const programVariable = "SOCKSCOPE_TEST_PROGRAM"

func TestMain(m *testing.M) {
	kernel.Main()
	if name := os.Getenv(programVariable); name != "" {
		if err := programs[name](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const setup = `-- setup --
peer client 127.0.0.1:49152 iss=100
peer server 127.0.0.1:7147  iss=300
sysctl net.ipv4.tcp_rto_min_us 200000
-- script --
server socket
server bind :7147
server listen 8
server accept
client socket
client connect server
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>
return client
return server
`

func parse(tb testing.TB, text string) *handshake.Scenario {
	tb.Helper()
	s, err := handshake.Parse("test", "test.txtar", []byte(text))
	require.NoError(tb, err)
	return s
}

// begin skips the test where the machine cannot, but not in CI.
func begin(tb testing.TB, e mixed.Engine, s *handshake.Scenario) *handshake.Timeline {
	tb.Helper()
	tl, err := handshake.NewTimeline(tb.Context(), e, s)
	if errors.Is(err, kernel.ErrMachine) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, tl.Close()) })
	require.True(tb, tl.Live())
	return tl
}

// toTheEnd plays the script.
func toTheEnd(tb testing.TB, tl *handshake.Timeline) *handshake.Trace {
	tb.Helper()
	return readable(tb, handshaketest.ToTheEnd(tb, tl))
}

// goOn plays on until a step fits.
func goOn(tb testing.TB, tl *handshake.Timeline, fits func(handshake.Step) bool) *handshake.Trace {
	tb.Helper()
	for range 500 {
		require.NoError(tb, tl.Next(tb.Context()), "%q", story(tl.Trace()))
		if fits(tl.Trace().Steps[tl.N()-1]) {
			return readable(tb, tl.Trace())
		}
	}
	tb.Fatalf("it never came: %q", story(tl.Trace()))
	return nil
}

// readable requires that the trace keeps the rules of its JSON: time does not run back,
// what arrives has departed.
func readable(tb testing.TB, trace *handshake.Trace) *handshake.Trace {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, trace.WriteJSON(&b))
	_, err := handshake.ReadJSON(&b)
	require.NoError(tb, err)
	require.Equal(tb, mixed.Name, trace.Engine)
	require.Contains(tb, trace.Host, "Linux ")
	return trace
}

func story(trace *handshake.Trace) []string {
	var lines []string
	for _, s := range trace.Steps {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Peer, s.Kind, s.Label, s.After)))
	}
	return lines
}

// states are those that a peer has been in.
func states(trace *handshake.Trace, peer string) string {
	var all []string
	for _, s := range trace.Steps {
		if s.Peer == peer && s.Kind != handshake.KindNote && s.After != "" {
			all = append(all, s.After)
		}
	}
	return strings.Join(slices.Compact(all), " ")
}

// requireKernel requires that an end's steps are the kernel's own words.
func requireKernel(tb testing.TB, trace *handshake.Trace, peer string) {
	tb.Helper()
	for _, p := range trace.Peers {
		require.Equal(tb, p.Name != peer, strings.HasPrefix(p.Address, "127.0.0.2:"), p.Address)
	}
	require.Equal(tb, []string{peer}, peersWith(trace, "rto"), "TCP_INFO")
	require.Contains(tb, peersWith(trace, "kernel's ISS"), peer)
}

func peersWith(trace *handshake.Trace, variable string) []string {
	var peers []string
	for _, s := range trace.Steps {
		if slices.ContainsFunc(s.Vars, func(v handshake.Var) bool { return v.Name == variable }) {
			peers = append(peers, s.Peer)
		}
	}
	slices.Sort(peers)
	return slices.Compact(peers)
}

func otherEnd(end string) string {
	return map[string]string{"client": "server", "server": "client"}[end]
}

// ends are where the kernel may be.
var ends = []string{"client", "server"}

// Our end tells the kernel of an MSS of 1460, and heeds it itself (RFC 9293 3.7.1).
func TestAWholeLifeWithDataBothWaysAndTheKernelAtEitherEnd(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			trace := toTheEnd(t, begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+`
client setsockopt TCP_NODELAY 1
client send 2000
arrive server <DATA=1460>
arrive server <DATA=540>
server recv
server setsockopt TCP_NODELAY 1
server send 2000
arrive client <DATA=1460>
arrive client <DATA=540>
client recv
client close
arrive server <CTL=FIN
arrive client <ACK=2102><CTL=ACK>
server close
arrive client <CTL=FIN
arrive server <ACK=2302><CTL=ACK>
`)))
			requireKernel(t, trace, end)
			require.Equal(t, "CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT", states(trace, "client"))
			require.Contains(t, states(trace, "server"), "SYN-RECEIVED ESTABLISHED")
			require.Contains(t, states(trace, "server"), "CLOSE-WAIT LAST-ACK CLOSED")
			for _, label := range []string{"recv(3) = 2000", "recv(4) = 2000"} {
				require.True(t, slices.ContainsFunc(trace.Steps, func(step handshake.Step) bool { return strings.HasPrefix(step.Label, label) }), label)
			}
			for _, step := range trace.Steps {
				if step.Kind == handshake.KindDepart {
					require.NotEmpty(t, step.IP, "step %d", step.N)
					require.NotEmpty(t, step.Wire, "step %d", step.N)
				}
			}
		})
	}
}

// Our end draws the scenario's numbers; what the kernel draws is shown as the scenario's.
func TestShownNumbersAreTheScenariosAndOctetsAreReal(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			trace := toTheEnd(t, begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup)))
			require.Subset(t, story(trace), []string{
				"client depart <SEQ=100><CTL=SYN> SYN-SENT", "server arrive <SEQ=100><CTL=SYN> SYN-RECEIVED",
				"client arrive <SEQ=300><ACK=101><CTL=SYN,ACK> ESTABLISHED", "server arrive <SEQ=101><ACK=301><CTL=ACK> ESTABLISHED",
			})
			shown := map[string]string{"client": "100", "server": "300"}
			for _, step := range trace.Steps {
				if step.Kind != handshake.KindDepart || !strings.Contains(step.Label, "SYN") {
					continue
				}
				at := slices.IndexFunc(step.Fields, func(f handshake.Field) bool { return f.Name == "Sequence Number" })
				require.Equal(t, step.Peer != end, step.Fields[at].Value == shown[step.Peer], "%s: %s", step.Label, step.Fields[at].Value)
			}
		})
	}
}

// Nobody answers for our end but our end: the kernel, whose address 127.0.0.2 is, would
// reset the connection.
func TestTheKernelNeverSeesWhatIsForOurEnd(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			trace := toTheEnd(t, begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+"wait 100ms\n")))
			for _, line := range story(trace) {
				require.NotContains(t, line, "RST")
			}
		})
	}
}

func TestALostSegmentIsRepeatedByWhoeverSentIt(t *testing.T) {
	for _, sender := range []string{"client", "server"} {
		for _, end := range ends {
			t.Run("kernel at the "+end, func(t *testing.T) {
				receiver := otherEnd(sender)
				trace := toTheEnd(t, begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+strings.NewReplacer("SENDER", sender, "RECEIVER", receiver).Replace(`
RECEIVER recv
SENDER send "lost"
drop RECEIVER <DATA=4>
timeout SENDER retransmission
depart SENDER <DATA=4>
arrive RECEIVER <DATA=4>
return RECEIVER
arrive SENDER <CTL=ACK>
`))))
				lines := story(trace)
				require.Contains(t, lines, sender+" timeout retransmission ESTABLISHED")
				require.True(t, slices.ContainsFunc(lines, func(l string) bool {
					return strings.HasPrefix(l, receiver+" return recv(") && strings.HasSuffix(l, `= 4 "lost" ESTABLISHED`)
				}), "%q", lines)
				var sent, again time.Duration // when the timer began, and when it ended
				for _, s := range trace.Steps {
					switch {
					case s.Kind == handshake.KindCall && strings.HasPrefix(s.Label, "send("):
						sent = s.At
					case s.Kind == handshake.KindTimeout:
						again = s.At
					}
				}
				least := map[bool]time.Duration{true: 200 * time.Millisecond, false: time.Second}[sender == end]
				require.GreaterOrEqual(t, again-sent, least-10*time.Millisecond)
			})
		}
	}
}

func TestASimultaneousCloseEndsInTimeWaitAtBoth(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			trace := toTheEnd(t, begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+`
client close
server close
arrive client <CTL=FIN
arrive server <CTL=FIN
arrive client <CTL=ACK>
arrive server <CTL=ACK>
`)))
			requireKernel(t, trace, end)
			for _, peer := range []string{"client", "server"} {
				require.True(t, strings.HasSuffix(states(trace, peer), "ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT"), "%s: %s", peer, states(trace, peer))
			}
		})
	}
}

func TestAnAbortResetsTheOtherEnd(t *testing.T) {
	for _, aborts := range []string{"client", "server"} {
		for _, end := range ends {
			t.Run("kernel at the "+end, func(t *testing.T) {
				trace := toTheEnd(t, begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+strings.NewReplacer("SENDER", aborts, "RECEIVER", otherEnd(aborts)).Replace(`
RECEIVER recv
SENDER abort
arrive RECEIVER RST
return RECEIVER
`))))
				require.True(t, strings.HasSuffix(states(trace, "client"), "ESTABLISHED CLOSED"), states(trace, "client"))
				require.True(t, strings.HasSuffix(states(trace, "server"), "ESTABLISHED CLOSED"), states(trace, "server"))
				require.Contains(t, strings.Join(story(trace), "\n"), "= -1 ECONNRESET")
			})
		}
	}
}

func TestSegmentsForEitherEndAreDroppedDoubledAndForged(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			trace := toTheEnd(t, begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+`
client send "abc"
duplicate server <DATA=3>
arrive server <DATA=3>
arrive server <DATA=3>
server send "def"
duplicate client <DATA=3>
arrive client <DATA=3>
drop client <DATA=3>
inject client <SEQ=304><CTL=RST>
arrive client <SEQ=304><CTL=RST>
inject server <SEQ=104><CTL=RST>
arrive server <SEQ=104><CTL=RST>
`)))
			require.True(t, strings.HasSuffix(states(trace, "client"), "ESTABLISHED CLOSED"), states(trace, "client"))
			require.True(t, strings.HasSuffix(states(trace, "server"), "ESTABLISHED CLOSED"), states(trace, "server"))
		})
	}
}

func TestAReplacedSegmentArrivesAsWhatItHasBecome(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			trace := toTheEnd(t, begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+`
client send "abc"
depart client <DATA=3>
replace server <SEQ=101><CTL=RST>
arrive server <CTL=RST>
server status
`)))
			require.Contains(t, story(trace), "server arrive <SEQ=101><CTL=RST> CLOSED")
		})
	}
}

func TestAWaitEndsWithOurTimerOrWithTheContext(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			ours := otherEnd(end)
			tl := begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+ours+` send "lost"
drop `+end+` <DATA=4>
`))
			toTheEnd(t, tl)
			limited, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, tl.Wait(limited), context.DeadlineExceeded)
			require.ErrorIs(t, tl.Do(limited, handshake.Choice{Verb: handshake.Timeout, Peer: ours, What: "retransmission"}), context.DeadlineExceeded)
			require.NoError(t, tl.Wait(t.Context()))
			trace := readable(t, tl.Trace())
			require.Equal(t, ours+" timeout retransmission ESTABLISHED", story(trace)[len(trace.Steps)-1])
		})
	}
}

func TestWhatStandsBeforeBeginIsPlayedAndNotShown(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			tl := begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+`begin
client send "x"
arrive server <DATA=1>
`))
			trace := toTheEnd(t, tl)
			require.Equal(t, "ESTABLISHED", trace.Peers[0].State)
			require.Equal(t, "ESTABLISHED", trace.Peers[1].State)
			require.Equal(t, 1, trace.Steps[1].Packet)
		})
	}
}

func TestOurTimersWaitWhileASegmentIsHeld(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			ours := otherEnd(end)
			tl := begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup+ours+` send "held"
depart `+ours+` <DATA=4>
wait 1100ms
`))
			toTheEnd(t, tl)
			limited, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, tl.Wait(limited), context.DeadlineExceeded)
			require.NoError(t, tl.Do(t.Context(), handshake.Choice{Verb: handshake.Timeout, Peer: ours, What: "retransmission"}))
			readable(t, tl.Trace())
		})
	}
}

func TestAForkStartsAnewAndGoesAnotherWay(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			tl := begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup))
			trace := toTheEnd(t, tl)
			at := slices.Index(story(trace), "client depart <SEQ=100><CTL=SYN> SYN-SENT")
			tl.Seek(at + 1)
			require.NoError(t, tl.Do(t.Context(), handshake.Choice{Verb: handshake.Drop, Peer: "server", Packet: 1, What: "<SEQ=100><CTL=SYN>"}))
			require.Equal(t, 2, tl.Starts())
			require.Equal(t, "wire drop <SEQ=100><CTL=SYN>", story(readable(t, tl.Trace()))[tl.N()-1])
		})
	}
}

func TestWhatCannotBePlayedIsToldBeforeAnythingStarts(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(setup, ":7147  iss", "  iss", 1): `test.txtar:3: found address 127.0.0.1, allowed: 127.0.0.1:PORT, with the mixed engine`,
		setup + "server setsockopt SO_LINGER 1\n":        `found setsockopt SO_LINGER, allowed: with the model SO_KEEPALIVE`,
		setup + "timeout server tea\n":                   `found timer tea, allowed: delayed-ACK, retransmission, persist, keep-alive, time-wait, user`,
		setup + "timeout client user\n":                  `found timer user, allowed: delayed-ACK, keep-alive`,
		setup + "inject server x\n":                      `found x`,
		strings.Replace(setup, "sysctl", "not mixed why\nsysctl", 1) + "-- en --\ntitle: t\nwhy: because\n": `because`,
		strings.Replace(setup, "peer server", "peer third 127.0.0.1:1\npeer server", 1):                     `found 3 peers, allowed: two, with the mixed engine`,
	} {
		_, err := mixed.Engine{}.Start(t.Context(), parse(t, text))
		require.ErrorContains(t, err, want)
	}
	_, err := mixed.Engine{KernelEnd: "nobody"}.Start(t.Context(), parse(t, setup))
	require.EqualError(t, err, `mixed: the kernel's end "nobody", want client or server`)
}

func TestAChoiceThatIsNotThereIsRefused(t *testing.T) {
	for _, end := range ends {
		t.Run("kernel at the "+end, func(t *testing.T) {
			tl := begin(t, mixed.Engine{KernelEnd: end}, parse(t, setup))
			for _, line := range []string{
				"client close", "server close", "depart client <SYN>", "depart server <SYN>", "return client accept", "return server accept",
				"timeout client retransmission", "timeout server retransmission", "arrive client 1 x", "drop server 1 x", "until client CLOSED",
			} {
				c, err := handshake.ParseChoice(line)
				require.NoError(t, err)
				require.Error(t, tl.Do(t.Context(), c), line)
			}
			toTheEnd(t, tl)
		})
	}
}

func TestAProgramOfTheUsersOwnIsTheKernelsEnd(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for name, want := range map[string][]string{
		"client": {"acts: SYN-SENT", `says "connected\x1b[31m"`, `says "read \"hi\""`, "ends: exit status 0"},
		"server": {"acts: LISTEN", `says "read \"hi\""`, "ends: exit status 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(programVariable, name)
			e := mixed.Engine{KernelEnd: name, Program: []string{self, "-ignored"}}
			s := e.Loose(parse(t, setup+`
server send "hi"
server close
client send "hi"
client recv
client close
`))
			require.True(t, s.Loose)
			tl := begin(t, e, s)
			trace := goOn(t, tl, func(step handshake.Step) bool { return strings.Contains(step.Label, "ends: ") })
			var told []string
			reached := map[string]bool{}
			for _, step := range trace.Steps {
				for _, y := range step.Why {
					reached[y.Rule] = true
				}
				if _, note, ok := strings.Cut(step.Label, ".test "); ok && step.Kind == handshake.KindNote {
					require.Equal(t, name, step.Peer)
					told = append(told, note)
				}
			}
			require.Subset(t, told, want)
			for _, y := range kernel.ProgramRules() {
				require.True(t, reached[y.Rule], y.Rule)
			}
			requireKernel(t, trace, name)
			require.Contains(t, states(trace, name), "ESTABLISHED")
			require.Contains(t, states(trace, otherEnd(name)), "ESTABLISHED")
		})
	}
}

// Its standard input stays open and empty: it does not end, and nobody waits for ever.
func TestASilentProgramHoldsNobodyUp(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	t.Setenv(programVariable, "silent")
	e := mixed.Engine{Program: []string{self}}
	tl := begin(t, e, e.Loose(parse(t, setup)))
	for range 4 {
		require.NoError(t, tl.Next(t.Context()))
	}
	require.Equal(t, []string{
		"server call socket() = 3 CLOSED", "server call bind(3, :7147) = 0 CLOSED", "server call listen(3, 8) = 0 LISTEN", "server call accept(3) LISTEN",
	}, story(tl.Trace()))
	limited, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, tl.Wait(limited), context.DeadlineExceeded)
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	begin(t, mixed.Engine{}, parse(t, setup))
	_, err := mixed.Engine{Program: []string{"/nowhere/at all"}}.Start(t.Context(), parse(t, setup))
	require.ErrorContains(t, err, "/nowhere/at all")
}

var programs = map[string]func() error{
	"client": func() error {
		c, err := net.Dial("tcp4", "127.0.0.2:7147")
		if err != nil {
			return err
		}
		fmt.Println("connected\x1b[31m")
		if _, err := io.WriteString(c, "hello"); err != nil {
			return err
		}
		b, err := io.ReadAll(c)
		fmt.Printf("read %q", b)
		return errors.Join(err, c.Close())
	},
	"server": func() error {
		l, err := net.Listen("tcp4", ":7147")
		if err != nil {
			return err
		}
		c, err := l.Accept()
		if err != nil {
			return err
		}
		b := make([]byte, 100)
		n, err := c.Read(b)
		fmt.Printf("read %q\n", b[:n])
		return errors.Join(err, c.Close(), l.Close())
	},
	"silent": func() error {
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	},
}

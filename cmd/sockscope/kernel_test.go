package main_test

import (
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/kernel"
	"sockscope/handshake/model"
	"sockscope/statemachine/tcp"
	"sockscope/viz"
)

// times are the lines of a ladder that tell when: no two runs on a kernel agree.
var times = regexp.MustCompile(`(?m)^-- [0-9.]+ s --\n`)

// asides are what no lesson needs and a person can choose: each behind the same opening,
// each for one rule of the kernel, or of the calls where only a kernel can show it.
var asides = map[string]string{
	"send-returns": `client setsockopt SO_SNDBUF 4096
client send 65000
arrive server <SEQ=101>
arrive client <CTL=ACK>
return client`,
	"kernel-holds-back": `client send "hello"
client send "world"`,
	"kernel-limits": `inject server <SEQ=1000><CTL=RST>
arrive server <SEQ=1000><CTL=RST>
inject server <SEQ=2000><CTL=RST>
arrive server <SEQ=2000><CTL=RST>`,
	"kernel-forgets-fin-wait": `server setsockopt TCP_LINGER2 1
server close
arrive client <CTL=FIN,ACK>
arrive server <CTL=ACK>
timeout server FIN-WAIT-2`,
	"kernel-held-again": `client socket
client connect server
depart client <CTL=SYN>
wait 1200ms
arrive server <CTL=SYN>`,
	"kernel-queue-full-ack": `server socket
server bind :7148
server listen 1
client socket
client connect 127.0.0.1:7148
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>
return client
client socket
client connect 127.0.0.1:7148
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
depart client <CTL=ACK>
return client
client socket
client connect 127.0.0.1:7148
arrive server <CTL=SYN>
arrive server <CTL=ACK>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>`,
	"kernel-otherwise": `server reboot
server socket
server bind :7147
server listen 8
inject server <SEQ=9000><CTL=SYN,FIN>
arrive server <CTL=SYN,FIN>`,
}

const opening = `-- setup --
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

// Of a scenario that only a kernel plays, the file holds the kernel's ladder. What each
// lesson and each aside shows together reaches every rule but two: TIME-WAIT lasts a
// minute, and what the kernel says unasked is never the same (see handshake/kernel).
func TestEachScenarioPlaysOnTheKernel(t *testing.T) {
	needKernel(t)
	reached := sync.Map{}
	note := func(trace *handshake.Trace) {
		for _, step := range trace.Steps {
			for _, y := range step.Why {
				reached.Store(y.Rule, true)
			}
		}
	}
	t.Run("each", func(t *testing.T) {
		for _, name := range handshake.Names() {
			s, err := handshake.Load(name)
			require.NoError(t, err)
			if s.Protocol != handshake.TCP {
				continue
			}
			if s.Playable(kernel.Name) != nil {
				require.NoError(t, s.Playable(model.Name), "who plays it?")
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := playing{s, playScenario(t, s, kernel.Engine{})}
				note(p.trace)
				requireNarration(t, p)
				requireSentences(t, p)
				requireDepartures(t, p)
				requireStates(t, p)
				if s.Playable(model.Name) != nil {
					requireLadder(t, p, times.ReplaceAllString(render(t, viz.Text, p.trace, viz.Options{Lang: "en"}), ""))
				}
			})
		}
		for rule, script := range asides {
			t.Run(rule, func(t *testing.T) {
				t.Parallel()
				s, err := handshake.Parse(rule, rule+".txtar", []byte(opening+script+"\n"))
				require.NoError(t, err)
				trace := playScenario(t, s, kernel.Engine{})
				note(trace)
				require.True(t, slices.ContainsFunc(trace.Steps, func(step handshake.Step) bool {
					return slices.ContainsFunc(step.Why, func(y handshake.Why) bool { return y.Rule == rule })
				}))
			})
		}
	})
	for _, y := range kernel.Rules() {
		_, ok := reached.Load(y.Rule)
		require.True(t, ok || y.Rule == "kernel-forgets-time-wait" || y.Rule == "kernel-speaks", y.Rule)
	}
}

func requireStates(t *testing.T, p playing) {
	t.Helper()
	for _, step := range p.trace.Steps {
		require.True(t, step.After == "" || slices.ContainsFunc(tcp.States[:], func(state tcp.State) bool {
			return state.String() == step.After
		}), "step %d: state %q, want one of RFC 9293 3.3.2", step.N, step.After)
	}
}

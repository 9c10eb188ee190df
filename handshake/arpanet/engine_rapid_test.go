package arpanet

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/wire"
	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// twoHosts is the setup of the tests' scenarios.
const twoHosts = "-- setup --\nprotocol ncp\npeer user   1\npeer server 10\n"

// oneIMP is the setup of two hosts at one IMP.
const oneIMP = "-- setup --\nprotocol ncp\npeer user   10\npeer server 74\n"

// threeHosts is the setup of three.
const threeHosts = twoHosts + "peer third  66\n"

// scripted is a scenario between two hosts, user and server.
func scripted(tb require.TestingT, setup string, lines ...string) *handshake.Scenario {
	s, err := handshake.Parse("test", "test.txtar", []byte(setup+"-- script --\n"+strings.Join(lines, "\n")+"\n"))
	require.NoError(tb, err)
	return s
}

// watcher holds what was recorded against what there is.
type watcher struct {
	*rapid.T

	session  *Session
	at       int64
	departed map[int]string // packet, label
	ended    map[int]bool
	states   map[string]string            // "peer on", state
	vars     map[string]map[string]string // "peer on", name, value
	rules    map[string]int
}

func watch(t *rapid.T, s *handshake.Scenario) *watcher {
	session, err := Engine{Wire: wire.InMemory}.Start(t.Context(), s)
	require.NoError(t, err)
	return &watcher{
		T: t, session: session.(*Session), departed: map[int]string{}, ended: map[int]bool{},
		states: map[string]string{}, vars: map[string]map[string]string{}, rules: map[string]int{},
	}
}

// do makes a choice that was listed, and watches.
func (w *watcher) do(c handshake.Choice) []handshake.Step {
	steps, err := w.session.Do(w.Context(), c)
	require.NoError(w, err, "%s", c)
	require.NotEmpty(w, steps, "%s caused nothing", c)
	for _, s := range steps {
		w.step(s)
	}
	w.world()
	return steps
}

func (w *watcher) step(s handshake.Step) {
	require.GreaterOrEqual(w, int64(s.At), w.at, "the clock went back: %+v", s)
	w.at = int64(s.At)
	for _, y := range s.Why {
		w.rules[y.Rule]++
	}
	w.packet(s)
	for _, v := range s.Vars {
		if v.Name == "sockets" {
			w.forget(s.Peer)
			return
		}
	}
	if s.On == "" {
		return
	}
	name := s.Peer + " " + s.On
	before := w.states[name]
	if before == "" {
		before = ncp.None.String()
	}
	require.Equal(w, before, s.Before, "%s: %+v", name, s)
	w.states[name] = s.After
	if s.Before != s.After {
		require.NotEmpty(w, s.Why, "%+v", s)
		require.Regexp(w, "^(RFC|NIC) ", s.Why[0].Cite, "%+v", s)
	}
	if s.After == ncp.None.String() {
		delete(w.vars, name)
	}
	for _, v := range s.Vars {
		if v.Passing() {
			continue
		}
		if w.vars[name] == nil {
			w.vars[name] = map[string]string{}
		}
		require.NotEqual(w, w.vars[name][v.Name], v.Value, "%s %s has not changed: %+v", name, v.Name, s)
		w.vars[name][v.Name] = v.Value
	}
}

// forget is what a reboot does.
func (w *watcher) forget(peer string) {
	for name := range w.states {
		if strings.HasPrefix(name, peer+" ") {
			delete(w.states, name)
			delete(w.vars, name)
		}
	}
}

// packet asks that each message departs once and ends once, under one label.
func (w *watcher) packet(s handshake.Step) {
	switch s.Kind {
	case handshake.KindDepart:
		require.NotContains(w, w.departed, s.Packet, "departed twice: %+v", s)
		require.Equal(w, Label(s.Wire), s.Label)
		require.NotEmpty(w, s.Fields)
		w.departed[s.Packet] = s.Label
		w.ours(s)
	case handshake.KindArrive, handshake.KindDrop:
		require.Contains(w, w.departed, s.Packet, "never departed: %+v", s)
		require.Equal(w, w.departed[s.Packet], s.Label)
		require.False(w, w.ended[s.Packet], "ended twice: %+v", s)
		w.ended[s.Packet] = true
	default:
		require.Zero(w, s.Packet, "%+v", s)
	}
}

// ours asks of what an NCP says that the sum of its two sockets be odd (RFC 165 p.1).
func (w *watcher) ours(s handshake.Step) {
	m, text, err := hosthost.ReadMessage(s.Wire)
	if s.Peer == handshake.WirePeer || err != nil || m.Leader.Link != hosthost.ControlLink {
		return
	}
	c, _, _ := hosthost.Next(text)
	if c.Opcode == hosthost.RTS || c.Opcode == hosthost.STR {
		require.EqualValues(w, 1, (c.My+c.Your)%2, s.Label)
	}
}

// world holds the hosts against what was recorded, and against their bounds.
func (w *watcher) world() {
	world := &w.session.world
	require.Empty(w, world.ended)
	for i := range world.hosts {
		h := &world.hosts[i]
		for to := range 256 {
			require.LessOrEqual(w, h.ncp.Outstanding(uint8(to)), MaxOutstanding)
			require.LessOrEqual(w, world.network.outstanding(h.number, uint8(to)), MaxOutstanding)
		}
		locals := map[string]bool{}
		for _, k := range h.mine {
			require.False(w, locals[k.Local.Short()], "two connections at %s: %v", k.Local.Short(), h.mine)
			locals[k.Local.Short()] = true
		}
		for _, c := range h.ncp.Connections() {
			name := h.name + " " + h.on(c.Key)
			require.Equal(w, c.State.String(), w.states[name], name)
			for _, v := range values(c) {
				require.Equal(w, v.Value, w.vars[name][v.Name], "%s %s", name, v.Name)
			}
		}
		waiting := 0
		for _, f := range world.flights {
			if f.from == i && !f.answer && f.number == 0 {
				waiting++
			}
			require.False(w, f.answer && world.hosts[f.to].down, "%+v", f)
		}
		require.Len(w, world.network.at(h.number).waiting, waiting)
		require.LessOrEqual(w, h.ncp.Len(), 300)
		require.LessOrEqual(w, len(h.unread), 1000)
	}
	for _, m := range world.network.transit {
		flights := 0
		for _, f := range world.flights {
			if f.number == m.Number {
				require.Equal(w, m.Delivered, f.answer, "%+v", f)
				flights++
			}
		}
		require.Equal(w, 1, flights, "message %d: %+v", m.Number, world.flights)
	}
}

// calm are calls after which no NCP forgets what another believes.
var calm = []string{
	"listen 10/0/4/r", "listen 10/0/5/s 8", "init 1/5/4/s server 10/0/4/r", "init 1/5/6/s server 10/0/4/r 16", "init 1/5/5/r server 10/0/5/s",
	"listen 1/5/4/s", "listen 1/5/5/r 8", "init 10/0/4/r user 1/5/4/s", "init 10/0/5/s user 1/5/5/r", "init 10/0/5/s user 1/5/5/r 9",
	"serve 10/0/0/s 10/0/1/r", "contact server 10/0/0/s 1/5/0/r", "contact user 10/0/0/s 1/5/0/r", "contact server 10/0/0/s 1/5/0/r 7",
	"send 1", "send 60", "send 5000", `send "LOGIN\r\n"`, "send 10/0/1/r", "send 1/5/4/s 3", "receive", "receive 5", "receive 1000", "receive 10/0/4/r 10",
	"allocate 10/0/4/r 2 320", "allocate 10/0/4/r 20 60000", "allocate 1/5/5/r 65535 4294967295", "allocate 1/5/5/r 0 9",
	"give-back 10/0/4/r 64 128", "give-back 1/5/5/r 255 1", "interrupt 1/5/4/s", "interrupt 10/0/4/r", "interrupt 1/5/1/s",
	"close", "close 10/0/4/r", "close 1/5/4/s", "close 10/0/0/s", "echo server 7", "echo user 8", "echo 77 1", "echo 74 2", "echo 65 255",
	"init 1/5/1/r 77 1/5/1/s", "init 1/5/1/r 65 1/5/1/s", "echo 66 3", "init 1/5/4/s 66 10/0/4/r", "contact 66 10/0/0/s 1/5/0/r",
}

// rough are those that make hosts forget.
var rough = append([]string{"down", "up", "up", "reboot", "reset user", "reset server", "reset 77"}, calm...)

// forged are messages that no NCP has sent.
var forged = []string{
	"RTS 1/5/0/r < 10/0/0/s link 2", "RTS 1/5/5/r < 10/0/5/s link 5", "STR 1/5/4/s > 10/0/4/r size 8", "STR 1/5/4/s > 10/0/4/r size 0", "STR 10/0/5/s > 1/5/5/r size 8",
	"CLS 1/5/4/s 10/0/4/r", "CLS 10/0/4/r 1/5/4/s", "ALL link 2 msgs 3 bits 900", "ALL link 2 msgs 65535 bits 4294967295", "GVB link 2 fm 128 fb 1",
	"RET link 2 msgs 1 bits 8", "INR link 2", "INS link 2", "ECO 7", "ERP 7", "RST", "RRP", "NOP", "octets 0e00", "octets ff", "octets 01", "octets 00000000",
	"octets 0300050005000a000403000500050" + "00a0004", "octets " + strings.Repeat("0907", 50), "octets 0200050004000a0005080300050004000a0005",
}

// random plays a random world for so many choices, and gives what has fired.
func random(t *rapid.T, calls, wire []string, choose func(handshake.Choice) bool) map[string]int {
	setup := rapid.SampledFrom([]string{twoHosts, oneIMP, threeHosts}).Draw(t, "setup")
	peers := []string{"user", "server"}
	if setup == threeHosts {
		peers = append(peers, "third")
	}
	var lines []string
	for range rapid.IntRange(2, 24).Draw(t, "calls") {
		lines = append(lines, rapid.SampledFrom(peers).Draw(t, "peer")+" "+rapid.SampledFrom(calls).Draw(t, "call"))
	}
	setup += rapid.SampledFrom([]string{"", "delay 100ms\n", "delay 30s\n"}).Draw(t, "delay")
	w := watch(t, scripted(t, setup, lines...))
	defer func() { require.NoError(t, w.session.Close()) }()
	for range rapid.IntRange(1, 300).Draw(t, "steps") {
		var choices []handshake.Choice
		for _, c := range w.session.Choices() {
			if choose(c) {
				choices = append(choices, c)
			}
		}
		at := rapid.IntRange(0, len(choices)+2*len(wire)/3).Draw(t, "choice")
		switch {
		case at < len(choices):
			w.do(choices[at])
		case len(wire) > 0:
			w.do(handshake.Choice{
				Verb: handshake.Inject, Peer: rapid.SampledFrom(peers).Draw(t, "victim"),
				What: rapid.SampledFrom(wire).Draw(t, "forged"),
			})
		}
	}
	return w.rules
}

func anything(handshake.Choice) bool { return true }

// Whatever hosts, network and outsiders do, what is recorded is what happens.
func TestWhateverIsChosenTheRecordIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { random(t, rough, nil, anything) })
	rapid.Check(t, func(t *rapid.T) { random(t, rough, forged, anything) })
}

// NIC 8246 p.14: while nobody forgets, forges or loses patience, no text comes for which
// there is no room, and no NCP finds a fault with the other.
func TestNIC8246Page14NoTextComesWithoutRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := random(t, calm, nil, func(c handshake.Choice) bool { return c.Verb != handshake.Timeout && c.Verb != handshake.Drop })
		for _, fault := range []string{"text-beyond-allocation", "text-size", "text-short", "link-unused", "all-too-large", "ret-too-large", "ret-unasked", "illegal-opcode", "bad-parameters", "rfnm-stray"} {
			require.Zero(t, rules[fault], fault)
		}
	})
}

// Going back and choosing the same gives the same; every choice that is listed can be made.
func TestGoingBackGivesTheSameFuture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for range rapid.IntRange(2, 16).Draw(t, "calls") {
			lines = append(lines, rapid.SampledFrom([]string{"user ", "server "}).Draw(t, "peer")+rapid.SampledFrom(rough).Draw(t, "call"))
		}
		w := watch(t, scripted(t, twoHosts, lines...))
		s := w.session
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			choices := s.Choices()
			if len(choices) == 0 {
				return
			}
			mark := s.Mark()
			first := make([]string, len(choices))
			for again := range 2 {
				for i, c := range choices {
					steps, err := s.Do(t.Context(), c)
					require.NoError(t, err, "%s", c)
					require.NotEmpty(t, steps, "%s", c)
					if again == 0 {
						first[i] = fmt.Sprintf("%+v %v", steps, s.Choices())
					} else {
						require.Equal(t, first[i], fmt.Sprintf("%+v %v", steps, s.Choices()))
					}
					s.Rewind(mark)
					require.Equal(t, choices, s.Choices())
				}
			}
			w.do(choices[rapid.IntRange(0, len(choices)-1).Draw(t, strconv.Itoa(len(choices)))])
		}
	})
}

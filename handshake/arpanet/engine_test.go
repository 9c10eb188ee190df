package arpanet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/wire"
	"sockscope/rfc147"
)

// opened is how most tests begin: user may send from 1/5/4/s to server's 10/0/4/r.
var opened = []string{
	"server listen 10/0/4/r", "user init 1/5/4/s server 10/0/4/r", "arrive server STR", "arrive user RTS", "return server", "return user",
}

// ran plays a script to its end.
func ran(tb testing.TB, setup string, lines ...string) record {
	tb.Helper()
	return played(tb, Engine{Wire: wire.InMemory}, scripted(tb, setup, lines...))
}

// lesson plays a built-in scenario.
func lesson(tb testing.TB, name string) record {
	tb.Helper()
	s, err := handshake.Load(name)
	require.NoError(tb, err)
	return played(tb, Engine{Wire: wire.InMemory}, s)
}

func played(tb testing.TB, e Engine, s *handshake.Scenario) record {
	tb.Helper()
	timeline, err := handshake.NewTimeline(tb.Context(), e, s)
	require.NoError(tb, err)
	trace := handshaketest.ToTheEnd(tb, timeline)
	require.NoError(tb, timeline.Close())
	return trace.Steps
}

// record is what was recorded.
type record []handshake.Step

// of is what one peer did, "wire" included: the labels of its steps of these kinds.
func (r record) of(peer string, kinds ...handshake.Kind) (labels []string) {
	for _, s := range r {
		if s.Peer == peer && slices.Contains(kinds, s.Kind) {
			labels = append(labels, s.Label)
		}
	}
	return labels
}

// by is the first step in which a rule fired.
func (r record) by(tb testing.TB, rule string) handshake.Step {
	tb.Helper()
	at := slices.IndexFunc(r, func(s handshake.Step) bool {
		return slices.ContainsFunc(s.Why, func(w handshake.Why) bool { return w.Rule == rule })
	})
	require.GreaterOrEqual(tb, at, 0, "%s has not fired", rule)
	return r[at]
}

func (r record) String() string {
	var b strings.Builder
	for _, s := range r {
		fmt.Fprintf(&b, "%v %s %s %s [%s %s>%s] %v\n", s.At, s.Peer, s.Kind, s.Label, s.On, s.Before, s.After, s.Why)
	}
	return b.String()
}

// ends are the states in which a peer's connections were last.
func (r record) ends(peer string) map[string]string {
	states := map[string]string{}
	for _, s := range r {
		if s.Peer == peer && s.On != "" {
			states[s.On] = s.After
		}
	}
	return states
}

const (
	call, back, leaves, arrives, drops, note, signal = handshake.KindCall, handshake.KindReturn, handshake.KindDepart, handshake.KindArrive,
		handshake.KindDrop, handshake.KindNote, handshake.KindSignal
)

func TestRFC165Page2TheSocketsOfAnICP(t *testing.T) {
	r := lesson(t, "icp")
	socket := func(text string) rfc147.Socket {
		s, err := rfc147.Parse(text)
		require.NoError(t, err)
		return s
	}
	l, u, s := socket("10/0/0/s"), socket("1/5/0/r"), socket("10/0/1/r")
	user, server := r.of("user", leaves), r.of("server", leaves)
	require.Equal(t, []string{
		"RTS " + pair(u, l) + " link 2", "ALL link 2 msgs 1 bits 32", "CLS " + pair(u, l), "STR " + pair(u+3, s) + " size 8", "RTS " + pair(u+2, s+1) + " link 3",
	}, user[:5], "U1, U3, U5, U6, U7 of page 4")
	require.Equal(t, []string{
		"STR " + pair(l, u) + " size 32", "DATA link 2 1x32 " + s.Short(), "RTS " + pair(s, u+3) + " link 2", "STR " + pair(s+1, u+2) + " size 8", "CLS " + pair(l, u),
	}, server[:5], "S3, S5, S7, S8, and S6 when the RFNM is there")
}

// RFC 147 p.3: both hosts log the same of a connection, and it is what has crossed the wire.
func TestRFC147Page3BothHostsLogTheSame(t *testing.T) {
	for _, name := range []string{"icp", "telnet-1971", "allocation", "icp-queued"} {
		r := lesson(t, name)
		if name == "allocation" {
			r = ran(t, twoHosts, append(slices.Clone(opened), "server allocate 10/0/4/r 20 60000", "arrive user ALL", "user send 5000",
				"arrive server DATA", "arrive server DATA", "arrive server DATA", "arrive server DATA", "arrive server DATA",
				"return user", "user close", "arrive server CLS", "arrive user CLS", "return user")...)
		}
		logged := map[string]map[string][]handshake.Var{"user": {}, "server": {}}
		for _, s := range r {
			if key, is := strings.CutPrefix(s.Label, "record "); is {
				logged[s.Peer][key] = slices.DeleteFunc(slices.Clone(s.Vars), func(v handshake.Var) bool { return v.Unit == "ns" })
			}
		}
		require.NotEmpty(t, logged["user"])
		require.Equal(t, logged["user"], logged["server"], name)
		crossed, bits := 0, 0
		for _, s := range r {
			for _, v := range s.Vars {
				if n, _ := strconv.Atoi(v.Value); s.Kind == leaves && v.Name == "MSG.bits" && strings.HasPrefix(s.Label, "DATA") {
					crossed, bits = crossed+1, bits+n
				}
			}
		}
		messages, sum := 0, 0
		for _, vars := range logged["user"] {
			for _, v := range vars {
				n, _ := strconv.Atoi(v.Value)
				switch v.Name {
				case "record.messages":
					messages += n
				case "record.bits":
					sum += n
				}
			}
		}
		require.Equal(t, crossed, messages, name)
		require.Equal(t, bits, sum, name)
	}
}

func TestTheLessonsOf1971(t *testing.T) {
	for name, want := range map[string]struct {
		user, server []string // what comes back
		rules        []string
		wire         []string // what the network says or loses
	}{
		"icp": {
			[]string{"contact(server, 10/0/0/s, 1/5/0/r) = open", "send(7) = 0"},
			[]string{"serve(10/0/0/s, 10/0/1/r) = open", "receive() = 7", "close() = 0"},
			[]string{"icp-serves", "icp-sends-number", "icp-reads-number", "cls-closes", "last-rfnm", "record-entered"},
			nil,
		},
		"icp-refused": {
			[]string{"contact(server, 10/0/0/s, 1/5/0/r) = refused"},
			[]string{"close(10/0/0/s) = 0"},
			[]string{"rfc-queued", "close-refuses", "cls-refuses", "returns-refused"},
			nil,
		},
		"icp-queued": {
			[]string{"contact(server, 10/0/0/s, 1/5/0/r) = open"},
			[]string{"serve(10/0/0/s, 10/0/1/r) = open"},
			[]string{"rfc-queued", "listen-finds-rfc", "icp-reads-number"},
			nil,
		},
		"allocation": {
			[]string{"init(1/5/4/s, server, 10/0/4/r) = open", "send(60) = 0"},
			[]string{"listen(10/0/4/r) = open"},
			[]string{"send-waits-for-messages", "send-waits-for-bits", "gvb-arrives", "ret-arrives"},
			nil,
		},
		"dead-host": {
			[]string{"contact(server, 10/0/0/s, 1/5/0/r) = host dead", "echo(77, 1) = echo unanswered", "echo(server, 200) = 0"},
			nil,
			[]string{"host-goes-down", "host-comes-up", "destination-dead", "host-down", "imp-unreachable", "erp-arrives"},
			[]string{"DEAD link 0 host down", "DEAD link 0 IMP unreachable"},
		},
		"ncp-reset": {
			[]string{"init(1/5/4/s, server, 10/0/4/r) = open"},
			[]string{"listen(10/0/4/r) = open", "reset(user) = 0"},
			[]string{"host-forgets", "rst-arrives", "rrp-arrives", "process-told"},
			nil,
		},
		"gender": {nil, nil, []string{"init-gender", "ncp-injected", "bad-parameters", "err-arrives"}, nil},
		"telnet-1971": {
			[]string{"contact(server, 0/0/0/s, 1/5/0/r) = open", "receive() = 13", "send(14) = 0", "close() = 0"},
			[]string{"serve(0/0/0/s, 10/0/2/r) = open", "send(13) = 0", "receive() = 14"},
			[]string{"interrupt-arrives", "cls-closes"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := lesson(t, name)
			require.Equal(t, want.user, r.of("user", back))
			require.Equal(t, want.server, r.of("server", back))
			for _, rule := range want.rules {
				r.by(t, rule)
			}
			for _, said := range want.wire {
				require.Contains(t, r.of(handshake.WirePeer, leaves), said)
			}
		})
	}
}

// A trace does not depend on whether datagrams travel.
func TestSocketsCarryTheSameTrace(t *testing.T) {
	for _, name := range []string{"icp", "icp-refused", "icp-queued", "allocation", "dead-host", "ncp-reset", "gender", "telnet-1971"} {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		require.Equal(t, lesson(t, name), played(t, Engine{}, s), name)
	}
}

func TestNIC8246Page14SendWaitsForMessages(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened), `user send "HELLO"`, "server allocate 10/0/4/r 1 800", "arrive user ALL", "return user")...)
	require.Equal(t, "user", r.by(t, "send-waits-for-messages").Peer)
	require.Contains(t, r.of("user", leaves), `DATA link 2 5x8 "HELLO"`)
	require.Contains(t, r.of("user", back), `send("HELLO") = 0`)
}

func TestNIC8246Page14SendWaitsForBits(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened), "server allocate 10/0/4/r 9 15", "arrive user ALL", `user send "HI"`)...)
	require.Contains(t, r.of("user", leaves), `DATA link 2 1x8 "H"`)
	r.by(t, "send-waits-for-bits")
	require.NotContains(t, r.of("user", back), `send("HI") = 0`)
}

// RFC 534: four messages may be without an answer; the fifth leaves with the first RFNM.
func TestRFC534SendWaitsForAnRFNM(t *testing.T) {
	four := append(slices.Clone(opened), "server allocate 10/0/4/r 20 60000", "arrive user ALL", "user send 5000",
		"depart user DATA", "depart user DATA", "depart user DATA", "depart user DATA")
	r := ran(t, twoHosts, four...)
	require.Len(t, r.of("user", leaves), 5, "the STR and four messages")
	r.by(t, "send-waits-for-rfnm")

	r = ran(t, twoHosts, append(four, "arrive server DATA", "answer user RFNM link 2")...)
	require.Equal(t, "DATA link 2 992x8", r.of("user", leaves)[5])
	require.Contains(t, r.of("user", back), "send(5000) = 0")
}

func TestReceiveBeforeAndAfterTheText(t *testing.T) {
	text := []string{`user send "A"`, "arrive server DATA", "return user"}
	before := ran(t, twoHosts, slices.Concat(opened, []string{"server receive 5", "arrive user ALL"}, text, []string{"return server"})...)
	require.Contains(t, before.of("user", arrives), "ALL link 2 msgs 1 bits 40")
	require.Contains(t, before.of("server", back), `receive(5) = 1 "A"`)

	after := ran(t, twoHosts, slices.Concat(opened, []string{"server allocate 10/0/4/r 1 8", "arrive user ALL"}, text, []string{"server receive"})...)
	require.Contains(t, after.of("server", call), `receive() = 1 "A"`)

	gone := ran(t, twoHosts, slices.Concat(opened, []string{"server allocate 10/0/4/r 1 8", "arrive user ALL"}, text,
		[]string{"user close", "arrive server CLS", "server receive", "server receive"})...)
	require.Equal(t, []string{`receive() = 1 "A"`, "receive() = closed"}, gone.of("server", call)[2:], "what has come can be read after the end")
}

// Text that came over an earlier connection of the same sockets is not that of the next one.
func TestTextOfAConnectionThatHasEndedStaysThere(t *testing.T) {
	r := ran(t, twoHosts, slices.Concat(opened, []string{
		"server allocate 10/0/4/r 1 8", "arrive user ALL", `user send "A"`, "arrive server DATA", "return user",
		"user close", "arrive server CLS", "arrive user CLS", "return user",
	}, opened, []string{"server receive"})...)
	require.Equal(t, "receive() waits", strings.Replace(r.of("server", call)[3], "receive()", "receive() waits", 1))
}

// A receiver that has given messages but no bits makes room for bits.
func TestReceiveMakesRoomForBitsToo(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened), "server allocate 10/0/4/r 3 0", "arrive user ALL", "server receive 2", "arrive user ALL",
		`user send "AB"`, "arrive server DATA", "return server")...)
	require.Contains(t, r.of("server", leaves), "ALL link 2 msgs 0 bits 16")
	require.Contains(t, r.of("server", back), `receive(2) = 2 "AB"`)
}

func TestRFC165Page2CloseOfOneAndOfAll(t *testing.T) {
	pairs := []string{
		"server listen 10/0/4/r", "user init 1/5/4/s server 10/0/4/r", "arrive server STR", "arrive user RTS", "return server", "return user",
		"server listen 10/0/5/s", "user init 1/5/5/r server 10/0/5/s", "arrive server RTS", "arrive user STR", "return server", "return user",
	}
	one := ran(t, twoHosts, append(slices.Clone(pairs), "user close 1/5/4/s", "arrive server CLS", "arrive user CLS", "return user")...)
	require.Equal(t, map[string]string{"1/5/4/s > 10/0/4/r": "NONE", "1/5/5/r < 10/0/5/s": "OPEN"}, one.ends("user"))
	require.Equal(t, "close(1/5/4/s) = 0", one.of("user", back)[2])

	all := ran(t, twoHosts, append(slices.Clone(pairs), "user close", "arrive server CLS", "arrive server CLS", "arrive user CLS", "arrive user CLS", "return user")...)
	require.Equal(t, map[string]string{"1/5/4/s > 10/0/4/r": "NONE", "1/5/5/r < 10/0/5/s": "NONE"}, all.ends("user"))
	require.Equal(t, all.ends("user")["1/5/4/s > 10/0/4/r"], all.ends("server")["10/0/4/r < 1/5/4/s"])
	require.Equal(t, "close() = 0", all.of("user", back)[2])

	none := ran(t, twoHosts, "user close", "user close 1/5/4/s", "user send 1", "user receive", "user interrupt 1/5/4/s")
	require.Equal(t, []string{"close() = no connection", "close(1/5/4/s) = no connection", "send(1) = no connection", "receive() = closed", "interrupt(1/5/4/s) = no connection"}, none.of("user", call))
}

// The newest connection that is there is meant, not one that has ended.
func TestSendMeansAConnectionThatIsThere(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened),
		"server listen 10/0/6/r", "user init 1/5/6/s server 10/0/6/r", "arrive server STR", "arrive user RTS", "return server", "return user",
		"user close 1/5/6/s", "arrive server CLS", "arrive user CLS", "return user", "server receive", "arrive user ALL", `user send "A"`, "arrive server DATA", "return server")...)
	require.Contains(t, r.of("server", back), `receive() = 1 "A"`)
}

// RFC 381: a message that is lost is answered by Incomplete, and the process is told; nobody
// sends it again.
func TestRFC381ALostMessage(t *testing.T) {
	room := append(slices.Clone(opened), "server allocate 10/0/4/r 1 8", "arrive user ALL", `user send "A"`, "depart user DATA", "return user")
	r := ran(t, twoHosts, append(slices.Clone(room), "drop server DATA", "answer user INCOMPLETE")...)
	require.Contains(t, r.of(handshake.WirePeer, drops), `DATA link 2 1x8 "A"`)
	require.Contains(t, r.of("user", signal), "lost")
	require.NotContains(t, r.of("server", arrives), `DATA link 2 1x8 "A"`)
	require.Equal(t, "1/5/4/s > 10/0/4/r", r.by(t, "message-lost").On)

	r = ran(t, twoHosts, append(slices.Clone(room), "arrive server DATA", "drop user RFNM link 2", "answer user INCOMPLETE")...)
	require.Contains(t, r.of(handshake.WirePeer, drops), "RFNM link 2", "the RFNM is lost, and its sender cannot know that the text has come")
	require.Contains(t, r.of("server", arrives), `DATA link 2 1x8 "A"`)
	require.Contains(t, r.of("user", signal), "lost")
	for _, s := range r {
		if s.Kind == leaves {
			require.Equal(t, s.Label, Label(s.Wire))
		}
	}

	r = ran(t, twoHosts, "user contact server 10/0/0/s 1/5/0/r", "drop server RTS", "answer user INCOMPLETE", "timeout user RFC", "arrive server CLS", "arrive user ERR", "return user")
	require.Equal(t, []string{"contact(server, 10/0/0/s, 1/5/0/r) = unanswered"}, r.of("user", back))
}

// A host that is down hears nothing; whoever writes to it is told by its IMP.
func TestAHostGoesDownInTheMidstOfItAll(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened),
		"server allocate 10/0/4/r 9 800", "arrive user ALL", `user send "A"`, "depart user DATA", "return user",
		"server echo user 1", "depart server ECO", "server down", "server receive", "drop server DATA", "answer user DEAD", "arrive user ECO",
		"depart user ERP", "drop server ERP", "answer user DEAD", "server up", "server up", "server echo user 2", "arrive user ECO", "arrive server ERP", "return server")...)
	require.Equal(t, []string{"listen(10/0/4/r)", "allocate(10/0/4/r, 9, 800) = 0", "echo(user, 1)", "down() = 0", "receive() = host is down", "up() = 0", "up() = host is up", "echo(user, 2)"}, r.of("server", call))
	require.Equal(t, []string{"listen(10/0/4/r) = open", "echo(user, 2) = 0"}, r.of("server", back), "echo 1 ended with the host")
	require.Contains(t, r.of("user", signal), "host dead")
	require.Equal(t, "NONE", r.ends("user")["1/5/4/s > 10/0/4/r"])
}

// What a host has said before it went down arrives; once it is up again, its IMP knows
// nothing more of it.
func TestMessagesOfAHostThatHasGoneDown(t *testing.T) {
	r := ran(t, twoHosts, "user echo server 1", "depart user ECO", "user down", "arrive server ECO", "depart server ERP", "drop user ERP", "answer server DEAD")
	require.Equal(t, []string{"ECO 1"}, r.of("server", arrives)[:1])
	require.NotContains(t, r.of("user", arrives), "RFNM link 0")

	r = ran(t, twoHosts, "user echo server 1", "depart user ECO", "user down", "user up", "user echo server 2", "arrive server ECO", "arrive user ERP", "return user")
	require.Equal(t, []string{"ECO 1"}, r.of(handshake.WirePeer, drops))
	require.Equal(t, "ECO 1", r.by(t, "interface-started").Label)
	require.Equal(t, []string{"ECO 2"}, r.of("server", arrives)[:1])
	require.Equal(t, []string{"echo(server, 2) = 0"}, r.of("user", back))
}

// NIC 8246 p.17: a host that starts anew knows nothing of its messages; their RFNMs are strays.
func TestRebootWithMessagesUnderWayAndACallThatWaits(t *testing.T) {
	r := ran(t, twoHosts, "user contact server 10/0/0/s 1/5/0/r", "depart user RTS", "user reboot", "arrive server RTS", "answer user RFNM", "user reset server", "arrive server RST", "arrive user RRP", "return user")
	r.by(t, "rfnm-stray")
	require.Equal(t, []string{"reset(server) = 0"}, r.of("user", back))
	require.Equal(t, map[string]string{"10/0/0/s > 1/5/0/r": "NONE"}, r.ends("server"))
}

// A RST to a host that is not there is answered by its IMP, and reset comes back.
func TestResetOfAHostThatIsNotThere(t *testing.T) {
	r := ran(t, twoHosts, "user reset 77", "depart user RST", "answer user DEAD", "return user")
	require.Equal(t, []string{"reset(77) = reset unanswered"}, r.of("user", back))
}

// Host 74 would be at server's IMP, host 65 at user's: both IMPs know that it is not there.
func TestAHostThatIsNotAtItsIMP(t *testing.T) {
	r := ran(t, twoHosts, "user echo 74 1", "depart user ECO", "drop server ECO", "answer user DEAD", "return user", "user echo 65 2", "depart user ECO", "drop user ECO", "answer user DEAD", "return user")
	require.Equal(t, []string{"echo(74, 1) = echo unanswered", "echo(65, 2) = echo unanswered"}, r.of("user", back))
	require.Equal(t, []string{"DEAD link 0 host down", "DEAD link 0 host down"}, r.of(handshake.WirePeer, leaves))
	require.Empty(t, r.of("server", arrives))
}

// A host can speak to itself, through its IMP.
func TestAHostMaySpeakToItself(t *testing.T) {
	r := ran(t, twoHosts, "user echo user 9", "arrive user ECO", "arrive user ERP", "return user")
	require.Equal(t, []string{"echo(user, 9) = 0"}, r.of("user", back))
	require.Empty(t, r.of("server", arrives))

	r = ran(t, twoHosts, "user init 1/5/1/s user 1/5/4/r", "arrive user STR")
	require.Contains(t, r.ends("user"), "1/5/4/r < 1/5/1/s host 1", "the name says so")
}

func TestTimeouts(t *testing.T) {
	for _, c := range []struct {
		timer string
		after time.Duration
		lines []string
		back  string
		rule  string
	}{
		{"server LISTEN", time.Minute, []string{"user init 1/5/4/s server 10/0/4/r", "arrive server STR", "answer user RFNM"}, "", "rfc-waited-too-long"},
		{"user RFC", time.Minute, []string{"user init 1/5/4/s server 10/0/4/r", "depart user STR", "drop server STR", "answer user INCOMPLETE"}, "init(1/5/4/s, server, 10/0/4/r) = unanswered", "rfc-never-answered"},
		{"user CLS", 2 * time.Minute, append(slices.Clone(opened), "user close", "drop server CLS", "answer user INCOMPLETE"), "close() = 0", "cls-never-answered"},
		{"user RRP", 15 * time.Second, []string{"user reset server", "drop server RST", "answer user INCOMPLETE"}, "reset(server) = reset unanswered", "rst-never-answered"},
		{"user ERP", 20 * time.Second, []string{"user echo server 1", "drop server ECO", "answer user INCOMPLETE"}, "echo(server, 1) = echo unanswered", "eco-never-answered"},
	} {
		t.Run(c.timer, func(t *testing.T) {
			choose := "timeout " + c.timer
			r := ran(t, twoHosts, append(slices.Clone(c.lines), choose)...)
			require.Equal(t, c.after, r.by(t, c.rule).At)
			if c.back != "" {
				require.Contains(t, r.of("user", back), c.back)
			}
			waited := ran(t, twoHosts, append(slices.Clone(c.lines), "wait "+c.after.String(), choose)...)
			require.Equal(t, c.after, waited.by(t, c.rule).At)

			timeline, err := handshake.NewTimeline(t.Context(), Engine{Wire: wire.InMemory}, scripted(t, twoHosts, append(slices.Clone(c.lines), "wait "+(c.after+time.Second).String())...))
			require.NoError(t, err)
			for err == nil {
				err = timeline.Next(t.Context())
			}
			require.ErrorContains(t, err, fmt.Sprintf("want at most %s: then comes ", c.after))
			require.NoError(t, timeline.Close())
		})
	}
}

// RFC 270: an RFNM that does not come for a minute is given up; when it comes, it is a stray.
func TestRFC270AnRFNMThatDoesNotCome(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened), "server allocate 10/0/4/r 9 800", "arrive user ALL", "answer server RFNM",
		`user send "A"`, "depart user DATA", "return user", "timeout user RFNM", "arrive server DATA", "answer user RFNM")...)
	require.Equal(t, time.Minute, r.by(t, "rfnm-never-came").At)
	r.by(t, "rfnm-stray")
}

func TestADelayIsAtLeastThat(t *testing.T) {
	r := ran(t, twoHosts+"delay 100ms\n", "user echo server 1", "depart user ECO", "arrive server ECO", "depart server ERP", "arrive user ERP", "return user")
	for _, s := range r {
		if s.Label == "ERP 1" && s.Kind == arrives {
			require.Equal(t, 200*time.Millisecond, s.At)
		}
	}
	require.Contains(t, r.of("user", back), "echo(server, 1) = 0")

	waits := ran(t, twoHosts+"delay 1s\n", "inject server NOP", "inject server NOP", "inject server NOP", "inject server NOP", "inject server ECO 5",
		"arrive server NOP", "answer user RFNM", "arrive server NOP", "arrive server NOP", "arrive server NOP", "arrive server ECO")
	require.Equal(t, 3*time.Second, waits.by(t, "eco-arrives").At, "what waits for an RFNM begins its way then")

	refused := ran(t, twoHosts+"delay 30s\n", "user echo 77 1", "depart user ECO")
	require.Equal(t, time.Duration(0), refused.by(t, "imp-unreachable").At, "the user's own IMP knows at once")
}

func TestTheClockEndsInsteadOfTurningOver(t *testing.T) {
	s := scripted(t, twoHosts, "user echo server 1")
	session, err := Engine{Wire: wire.InMemory}.Start(t.Context(), s)
	require.NoError(t, err)
	defer func() { require.NoError(t, session.Close()) }()
	for _, length := range []string{"876000h", "1ns", "2562047h"} {
		steps, err := session.Do(t.Context(), handshake.Choice{Verb: handshake.Wait, Args: length})
		if length == "876000h" {
			require.NoError(t, err)
			require.Equal(t, century, steps[0].At)
			continue
		}
		require.ErrorContains(t, err, "want at most 0s")
	}
	_, err = session.Do(t.Context(), handshake.Choice{Verb: handshake.Wait, Args: "soon"})
	require.ErrorContains(t, err, `wait "soon", want a length of time`)
}

// Every command can be forged, and arrives as it was written.
func TestInjectedCommandsOfEveryKind(t *testing.T) {
	for what, rule := range map[string]string{
		"NOP":                                 "nop-arrives",
		"RTS 1/5/4/r < 10/0/4/s link 2":       "rfc-queued",
		"STR 1/5/4/s > 10/0/4/r size 8":       "rfc-queued",
		"STR 1/5/4/s > 10/0/4/r size 0":       "bad-parameters",
		"RTS 1/5/4/r < 10/0/4/s link 1":       "bad-parameters",
		"CLS 1/5/4/s > 10/0/4/r":              "cls-unknown",
		"ALL link 2 msgs 1 bits 800":          "nonexistent-socket",
		"GVB link 2 fm 128 fb 128":            "nonexistent-socket",
		"RET link 2 msgs 1 bits 800":          "nonexistent-socket",
		"INR link 2":                          "nonexistent-socket",
		"INS link 2":                          "nonexistent-socket",
		"ECO 7":                               "eco-arrives",
		"ERP 7":                               "erp-stray",
		"RST":                                 "rst-arrives",
		"RRP":                                 "rrp-stray",
		"octets 0e00":                         "illegal-opcode",
		"octets 03000000":                     "short-parameters",
		"octets ff":                           "illegal-opcode",
		"octets 00" + strings.Repeat("00", 9): "nop-arrives",
	} {
		t.Run(what, func(t *testing.T) {
			r := ran(t, twoHosts, "inject server "+what, "arrive server", "answer user RFNM")
			require.Equal(t, "server", r.by(t, rule).Peer)
			if !strings.HasPrefix(what, "octets") {
				require.Equal(t, []string{what}, r.of("server", arrives)[:1])
			}
			require.Equal(t, "user", r.by(t, "rfnm-stray").Peer, "the RFNM goes to the host that has said nothing")
		})
	}
}

// What a host cannot have sent is bounded where its own messages are: four with answers
// outstanding, sixteen behind them, and no room for more.
func TestAFloodOfForgedMessagesIsBounded(t *testing.T) {
	var lines []string
	for range MaxOutstanding + MaxWaiting + 1 {
		lines = append(lines, "inject server NOP")
	}
	r := ran(t, twoHosts, append(lines, "answer user INCOMPLETE")...)
	require.Equal(t, []string{"NOP"}, r.of(handshake.WirePeer, drops))
	r.by(t, "resources-unavailable")

	for range MaxOutstanding + MaxWaiting {
		lines = append(lines, "arrive server NOP", "answer user RFNM")
	}
	r = ran(t, twoHosts, append(lines, "user echo server 1", "arrive server ECO", "arrive user ERP", "return user")...)
	require.Len(t, r.of("server", arrives), MaxOutstanding+MaxWaiting+2, "what has waited arrives in order, and then the host is free")
	require.Equal(t, []string{"echo(server, 1) = 0"}, r.of("user", back))
}

// A message that waits behind four others for an IMP that is not there has its end, too.
func TestAMessageToNobodyThatHasWaited(t *testing.T) {
	r := ran(t, twoHosts, "inject server NOP", "inject server NOP", "inject server NOP", "inject server NOP", "inject server NOP",
		"user echo 77 1", "depart user ECO", "arrive server NOP", "answer user RFNM", "answer user DEAD", "return user")
	require.Equal(t, []string{"ECO 1"}, r.of(handshake.WirePeer, drops))
	require.Equal(t, []string{"echo(77, 1) = echo unanswered"}, r.of("user", back))
}

// What an IMP has said already comes before what it says later, or its numbers on the line
// would be out of turn.
func TestAnswersComeInTheOrderOfTheLine(t *testing.T) {
	r := ran(t, twoHosts, "inject server NOP", "inject server ECO 1", "arrive server NOP", "drop server ECO", "answer user INCOMPLETE", "answer user RFNM")
	require.Equal(t, []string{"INCOMPLETE link 0 lost", "RFNM link 0"}, r.of("user", arrives))
}

func TestBeginHidesWhatCameBefore(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened), "answer server RFNM", "begin", "server receive", "arrive user ALL")...)
	require.Equal(t, "receive()", r[0].Label)
	require.Equal(t, 1, r[1].Packet)
	_, err := handshake.NewTimeline(t.Context(), Engine{Wire: wire.InMemory}, scripted(t, twoHosts, "user echo server 1", "depart user ECO", "begin"))
	require.ErrorContains(t, err, "begin with 1 messages and returns under way, want none")
}

func TestWhatIsNotPossibleNow(t *testing.T) {
	session, err := Engine{Wire: wire.InMemory}.Start(t.Context(), scripted(t, twoHosts, "user echo server 1", "user echo server 2"))
	require.NoError(t, err)
	defer func() { require.NoError(t, session.Close()) }()
	for line, want := range map[string]string{
		"user echo server 2":     "not possible now", // its program has an order
		"arrive user RFNM":       "not possible now",
		"timeout user RFC":       "not possible now",
		"return user echo":       "not possible now",
		"duplicate server ECO":   "not possible now",
		"nobody echo server 1":   `peer "nobody", want user, server`,
		"inject server RTS":      "a control message such as",
		"inject server octets 0": "a control message such as",
	} {
		c, err := handshake.ParseChoice(line)
		require.NoError(t, err)
		_, err = session.Do(t.Context(), c)
		require.ErrorContains(t, err, want, line)
	}
}

func TestGoingBackGivesTheSameTrace(t *testing.T) {
	s, err := handshake.Load("icp")
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	defer func() { require.NoError(t, timeline.Close()) }()
	first := slices.Clone(handshaketest.ToTheEnd(t, timeline).Steps)
	for n, step := range first {
		if step.Choice == "" {
			continue // in the midst of what one choice caused
		}
		timeline.Seek(n)
		choices := timeline.Choices()
		require.NoError(t, timeline.Do(t.Context(), choices[len(choices)-1]), n)
		timeline.Visit(timeline.Futures()[0])
	}
	require.Equal(t, first, timeline.Trace().Steps)
}

func TestWrongLinesSayWhatIsAllowed(t *testing.T) {
	for line, want := range map[string]string{
		"user connect server":                       "found connect server, allowed: allocate, close, contact, down, echo, give-back, init, interrupt, listen, reboot, receive, reset, send, serve, up",
		"user listen":                               "found listen, allowed: listen LOCAL [SIZE]",
		"user listen 1/5/300/s":                     "found listen 1/5/300/s, allowed: ",
		"user listen 1/5/4/s 256":                   "found listen 1/5/4/s 256, allowed: a byte size of 1 to 255 bits",
		"user listen 1/5/4/s 8 8":                   "found listen 1/5/4/s 8 8, allowed: listen LOCAL [SIZE]",
		"user init 1/5/4/s nobody 10/0/4/r":         "found init 1/5/4/s nobody 10/0/4/r, allowed: a peer, or a host's number from 0 to 255",
		"user contact server 10/0/0/s":              "found contact server 10/0/0/s, allowed: contact HOST L U [SIZE]",
		"user serve 10/0/0/s":                       "found serve 10/0/0/s, allowed: serve L S [SIZE]",
		"user send":                                 "found send, allowed: send [LOCAL] TEXT",
		"user send 0":                               `found send 0, allowed: "text", a number of bytes from 1 to 65535, or a socket such as 10/0/1/r as 32 bits`,
		`user send "A`:                              "allowed: \"text\", a number of bytes",
		`user send "A" no-push`:                     "allowed: \"text\", a number of bytes",
		"user receive 1001":                         "found receive 1001, allowed: room for 1 to 1000 bytes",
		"user receive 5 5":                          "found receive 5 5, allowed: receive [LOCAL] [COUNT]",
		"user allocate 10/0/4/r 65536 1":            "allowed: 0 to 65535 messages",
		"user allocate 10/0/4/r 1 4294967296":       "allowed: 0 to 4294967295 bits",
		"user allocate 10/0/4/r 1":                  "allowed: allocate LOCAL MESSAGES BITS",
		"user give-back 10/0/4/r 1 256":             "allowed: 0 to 127 128ths, or 128 to 255: all",
		"user echo 256 1":                           "allowed: a peer, or a host's number from 0 to 255",
		"user echo server 256":                      "allowed: an octet, 0 to 255",
		"user down 1":                               "found down 1, allowed: down",
		"timeout user TIME-WAIT":                    "found timer TIME-WAIT, allowed: LISTEN, RFC, CLS, RRP, ERP, RFNM",
		"until user ESTABLISHED":                    "found state ESTABLISHED, allowed: NONE, RFC-RCVD, RFC-SENT, OPEN, CLS-WAIT, CLS-SENT",
		"duplicate user RTS":                        "found duplicate user RTS, allowed: what an IMP can do",
		"replace user RTS":                          "found replace user RTS, allowed: what an IMP can do",
		"inject user <SEQ=1><CTL=SYN>":              "found <SEQ=1><CTL=SYN>, allowed: a control message such as",
		"inject user ERR 3":                         "found ERR 3, allowed: a control message such as",
		"inject user ALL link 2 msgs 1 bits 800 9":  "allowed: a control message such as",
		"inject user octets zz":                     "allowed: a control message such as",
		"inject user octets 0":                      "allowed: a control message such as",
		"inject user STR 1/5/4/s 10/0/4/r size 256": "allowed: a control message such as",
	} {
		_, err := Engine{Wire: wire.InMemory}.Start(t.Context(), scripted(t, twoHosts, line))
		require.ErrorContains(t, err, "test.txtar:6: ", line)
		require.ErrorContains(t, err, want, line)
		require.NotContains(t, err.Error(), "\n", line)
	}
}

func TestWrongSetupsSayWhatIsAllowed(t *testing.T) {
	for _, c := range [][2]string{
		{"peer user 256\npeer server 10\n", "found address 256, allowed: a host's number from 0 to 255"},
		{"peer user 01\npeer server 10\n", "found address 01, allowed: a host's number"},
		{"peer user 127.0.0.1:1\npeer server 10\n", "found address 127.0.0.1:1, allowed: a host's number"},
		{"peer user 1\npeer server 1\n", "found two peers at host 1, allowed: a host for each"},
		{"peer user 1 iss=1\npeer server 10\n", "found iss= or profile=, allowed: "},
		{"peer user 1\npeer server 10 profile=linux\n", "found iss= or profile=, allowed: "},
		{"peer user 1\npeer server 10\ndelay 31s\n", "found delay 31s, allowed: up to 30s"},
		{"peer user 1\npeer server 10\ninitcwnd 3\n", "found initcwnd, allowed: "},
		{"peer user 1\n", "found 1 peer"},
		{"peer a 1\npeer b 2\npeer c 3\npeer d 4\npeer e 5\npeer f 6\npeer g 7\npeer h 8\npeer i 9\n", "found 9 peers, allowed: 2 to 8, with the arpanet engine"},
		{"peer user 1\npeer server 10\npeer third 10\n", "found two peers at host 10, allowed: a host for each"},
		{"peer user 1\npeer server 10\nsysctl net.x 1\n", "test.txtar:5: found sysctl net.x, allowed: "},
		{"peer user 1\npeer server 10\nquickack\n", "found quickack, allowed: "},
	} {
		s, err := handshake.Parse("test", "test.txtar", []byte("-- setup --\nprotocol ncp\n"+c[0]+"-- script --\n"))
		if err == nil {
			_, err = Engine{Wire: wire.InMemory}.Start(t.Context(), s)
		}
		require.ErrorContains(t, err, c[1], c[0])
	}
}

// Each engine plays its own protocol, and says who plays the other's.
func TestEnginesRefuseTheOtherProtocol(t *testing.T) {
	tcp, err := handshake.Load("three-way")
	require.NoError(t, err)
	_, err = Engine{Wire: wire.InMemory}.Start(t.Context(), tcp)
	var refused *handshake.Unplayable
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{"model", "kernel", "mixed"}, refused.On)

	icp, err := handshake.Load("icp")
	require.NoError(t, err)
	for _, other := range []string{"model", "kernel", "mixed"} {
		require.ErrorAs(t, icp.Playable(other), &refused)
		require.Equal(t, []string{Name}, refused.On)
	}
}

// RFC 147 p.2: a socket number may be sent as one byte of 32 bits, with or without a LOCAL.
func TestASocketIsSentAs32Bits(t *testing.T) {
	s := scripted(t, twoHosts, "user send 10/0/1/r", "user send 1/5/4/s 10/0/1/r", `user send "a/b c"`, "user send 1/5/4/s 12")
	for i, want := range []request{
		{name: "send", size: 32, count: 1, text: []byte{10, 0, 0, 2}},
		{name: "send", size: 32, count: 1, text: []byte{10, 0, 0, 2}, local: 1<<24 | 5<<8 | 9, named: true},
		{name: "send", count: 5, text: []byte("a/b c")},
		{name: "send", count: 12, text: make([]byte, 12), local: 1<<24 | 5<<8 | 9, named: true},
	} {
		r, wrong := parse(s, s.Script[i].Choice)
		require.Empty(t, wrong)
		require.Equal(t, want, r)
	}
	shown, _ := parse(s, s.Script[1].Choice)
	require.Equal(t, "send(1/5/4/s, 10/0/1/r)", shown.shown(s.Script[1].Choice))
}

// An ICP whose pair is taken fails, and says so.
func TestAnICPWhosePairIsTaken(t *testing.T) {
	r := ran(t, twoHosts, "server listen 10/0/1/r", "user init 1/5/1/s server 10/0/1/r", "arrive server STR", "arrive user RTS", "return server", "return user",
		"server serve 10/0/0/s 10/0/1/r", "user contact server 10/0/0/s 1/5/0/r", "arrive server RTS", "arrive user STR", "arrive server ALL", "return server")
	require.Equal(t, "serve(10/0/0/s, 10/0/1/r) = failed", r.of("server", back)[1])
	r.by(t, "icp-fails")
}

// RFC 165 p.2 wants S even: another number ends the ICP.
func TestRFC165Page2AnOddNumberIsNoS(t *testing.T) {
	r := ran(t, twoHosts, "server listen 10/0/0/s 32", "user contact server 10/0/0/s 1/5/0/r", "arrive server RTS", "arrive user STR", "return server", "arrive server ALL",
		"server send 10/0/1/s", "arrive user DATA", "return user")
	require.Equal(t, []string{"contact(server, 10/0/0/s, 1/5/0/r) = failed"}, r.of("user", back))
}

// NIC 8246 p.11 lets each host say how many requests wait: whoever floods it with forged
// ones fills no more than that, and nothing else.
func TestNIC8246Page11AFloodOfRequestsIsBounded(t *testing.T) {
	started, err := Engine{Wire: wire.InMemory}.Start(t.Context(), scripted(t, twoHosts))
	require.NoError(t, err)
	defer func() { require.NoError(t, started.Close()) }()
	session := started.(*Session)
	for n := range 3000 {
		what := fmt.Sprintf("STR 1/%d/4/s > 10/%d/4/r size 8", n, n/20)
		_, err := session.Do(t.Context(), handshake.Choice{Verb: handshake.Inject, Peer: "server", What: what})
		require.NoError(t, err)
		for _, c := range session.Choices() {
			if c.Verb == handshake.Arrive || c.Verb == handshake.Answer {
				_, err := session.Do(t.Context(), c)
				require.NoError(t, err)
				break
			}
		}
		h := &session.world.hosts[1]
		require.LessOrEqual(t, h.ncp.Len(), 140)
		require.LessOrEqual(t, len(h.outbox), MaxOutstanding)
		require.LessOrEqual(t, len(session.world.network.transit)+len(session.world.network.at(1).waiting), MaxOutstanding+MaxWaiting)
	}
}

// RFC 147 p.3 logs connections that were made, and no others.
func TestRFC147Page3ARequestIsNotLogged(t *testing.T) {
	for _, name := range []string{"icp-refused", "gender", "dead-host"} {
		for _, peer := range []string{"user", "server"} {
			require.Empty(t, lesson(t, name).of(peer, note), name)
		}
	}
}

// Who closes does not want what has come.
func TestCloseDropsTextThatNobodyHasRead(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened), "server allocate 10/0/4/r 1 8", "arrive user ALL", `user send "A"`, "arrive server DATA",
		"server close", "arrive user CLS", "arrive server CLS", "return server", "server receive")...)
	require.Equal(t, "receive() = closed", r.of("server", call)[3])
}

// NIC 8246 p.10: the byte size stands for the life of a connection; a socket number has 32 bits.
func TestNIC8246Page10TheByteSizeStands(t *testing.T) {
	r := ran(t, twoHosts, append(slices.Clone(opened), "user send 10/0/1/r")...)
	require.Equal(t, "send(10/0/1/r) = bad size", r.of("user", call)[1])
}

// RFC 534: what an ICP asks for waits for an RFNM, too, and is shown when it asks.
func TestRFC534AnICPWaitsForAnRFNM(t *testing.T) {
	r := ran(t, twoHosts, "server serve 10/0/0/s 10/0/1/r", "user contact server 10/0/0/s 1/5/0/r", "arrive server RTS",
		"inject user ECO 1", "arrive user ECO 1", "inject user ECO 2", "arrive user ECO 2", "inject user ECO 3", "arrive user ECO 3",
		"depart server STR", "arrive user STR")
	asked := r.by(t, "command-waits")
	require.Equal(t, "ICP U3: ALL", asked.Label)
	require.Contains(t, asked.Vars, handshake.Var{Name: "msg space", Value: "1"})
}

package model_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/model"
)

// crowd is a listener with a backlog of N, and three clients.
func crowd(setup string, backlog int) string {
	const once = "client socket\nclient connect server\nreturn client\n"
	return fmt.Sprintf("%s%s-- script --\nserver socket\nserver bind :7147\nserver listen %d\n%sserver accept\nserver accept\n",
		peers, setup, backlog, strings.Repeat(once, 3))
}

const listens = "server socket, server bind, server listen"

// run makes choices that are listed with commas between them, as do.
func run(t require.TestingT, s handshake.Session, lines string) []handshake.Step {
	return do(t, s, strings.Split(lines, ", ")...)
}

// told is what a step says: its label, the state behind it, and its first rule.
func told(s handshake.Step) string { return s.Label + " " + s.After + " " + s.Why[0].Rule }

// listen(2): with a backlog of 0 one connection waits for accept(). While it does, a SYN is
// dropped in silence, and who has sent it repeats it; accept() makes room.
func TestListen_AFullAcceptQueueDropsTheSYN(t *testing.T) {
	s := session(t, crowd("", 0))
	run(t, s, listens+", client socket, client connect, depart client, arrive server, depart server, arrive client, depart client")
	steps := run(t, s, "arrive server")
	require.Len(t, steps, 2)
	require.Equal(t, "accept queue 1 of 0 LISTEN accept-queue", told(steps[1]))
	require.Equal(t, []handshake.Var{{Name: "accept queue", Value: "1", Unit: "segments"}}, steps[1].Vars)
	require.Equal(t, "3", steps[1].On, "the listener's")
	run(t, s, "return client, client socket, client connect, depart client")
	require.Equal(t, "<SEQ=64100><CTL=SYN> LISTEN accept-queue-full", told(run(t, s, "arrive server")[0]))
	require.NotContains(t, strings.Join(lines(s), ", "), "depart server", "in silence")
	steps = run(t, s, "server accept")
	require.Equal(t, "accept(3) = 4 ESTABLISHED accept-at-once", told(steps[0]))
	require.Equal(t, "accept queue 0 of 0 LISTEN accept-queue", told(steps[1]))
	run(t, s, "timeout client retransmission, depart client")
	require.Equal(t, "<SEQ=64100><CTL=SYN> SYN-RECEIVED listen-syn", told(run(t, s, "arrive server")[0]))
}

// listen(2): a request whose place in the accept queue another has taken stays in
// SYN-RECEIVED whatever the third segment says. Its SYN,ACK goes again.
func TestListen_AFullAcceptQueueDropsTheACK(t *testing.T) {
	s := session(t, crowd("", 1))
	const connects = ", client socket, client connect, depart client, arrive server, depart server, arrive client, depart client, return client"
	run(t, s, listens+connects+", arrive server"+connects) // the second ACK is slow: the third SYN overtakes it
	run(t, s, "client socket, client connect, depart client, arrive server 7 <SEQ=128100><CTL=SYN>")
	steps := run(t, s, "arrive server 6 <SEQ=64101>")
	require.Equal(t, "accept queue 2 of 1 LISTEN accept-queue", told(steps[1]))
	run(t, s, "depart server, arrive client, depart client")
	require.Equal(t, "<SEQ=128101><ACK=128301><CTL=ACK> SYN-RECEIVED accept-queue-full-ack", told(run(t, s, "arrive server")[0]))
	run(t, s, "return client, server accept, timeout server retransmission")
	require.Equal(t, "<SEQ=128300><ACK=128101><CTL=SYN,ACK>", run(t, s, "depart server")[0].Label)
	run(t, s, "arrive client, depart client")
	require.Equal(t, "<SEQ=128101><ACK=128301><CTL=ACK> ESTABLISHED syn-received-ack", told(run(t, s, "arrive server")[0]))
}

// R4987-3.6, net.ipv4.tcp_syncookies: what a second SYN meets while the request of a forged
// one fills the SYN queue. Nothing is kept of a SYN that is answered by a cookie.
func TestRFC4987_3_6_TheSettingSaysWhenASYNIsAnsweredByACookie(t *testing.T) {
	const queued, dropped, cookie = "<SEQ=7000><CTL=SYN> SYN-RECEIVED listen-syn", "<SEQ=100><CTL=SYN> LISTEN syn-queue-full", "<SEQ=100><CTL=SYN> LISTEN cookie-sent"
	for setup, want := range map[string][2]string{
		"sysctl net.ipv4.tcp_syncookies 0\n":     {queued, dropped},
		"sysctl net.ipv4.tcp_syncookies 1\n":     {queued, cookie},
		"sysctl net.ipv4.tcp_synack_retries 0\n": {queued, cookie},
		"sysctl net.ipv4.tcp_syncookies 2\n":     {"<SEQ=7000><CTL=SYN> LISTEN cookie-sent", cookie},
	} {
		s := session(t, peers+setup+"-- script --\nserver socket\nserver bind :7147\nserver listen 0\nclient socket\nclient bind :49153\nclient connect server\n")
		run(t, s, listens)
		_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Inject, Peer: "server", What: "<SEQ=7000><CTL=SYN>"})
		require.NoError(t, err)
		require.Equal(t, want[0], told(run(t, s, "arrive server")[0]), setup)
		run(t, s, "client socket, client bind, client connect, depart client")
		require.Equal(t, want[1], told(run(t, s, "arrive server")[0]), setup)
	}
}

// R4987-3.6: the ACK of a cookie makes the connection, straight from LISTEN, and an accept()
// that waits takes it. The cookie is none of the setup's numbers; another key makes another.
func TestRFC4987_3_6_ACookieThatComesBackIsAConnection(t *testing.T) {
	cookies := map[string]bool{}
	for _, seed := range []string{"1", "2"} {
		s := session(t, strings.Replace(programs, "-- script --", "seed "+seed+"\nsysctl net.ipv4.tcp_syncookies 2\n-- script --", 1))
		run(t, s, listens+", server accept, client socket, client connect, depart client, arrive server")
		cookies[run(t, s, "depart server")[0].Label] = true
		run(t, s, "arrive client, depart client")
		steps := run(t, s, "arrive server")
		require.Len(t, steps, 1, "it stands in no queue")
		require.Equal(t, []string{"3.1", "LISTEN", "ESTABLISHED", "cookie-accepted"}, []string{steps[0].On, steps[0].Before, steps[0].After, steps[0].Why[0].Rule})
		require.Equal(t, "accept(3) = 4", run(t, s, "return server")[0].Label)
	}
	require.Len(t, cookies, 2)
	require.NotContains(t, cookies, "<SEQ=300><ACK=101><CTL=SYN,ACK>")
}

func TestASettingThatTheModelHasIsReadWithCare(t *testing.T) {
	_, err := model.Engine{}.Start(ctx, scenario(t, peers+"sysctl net.ipv4.tcp_syncookies 3\n-- script --\n"))
	require.ErrorContains(t, err, "test.txtar:4: found sysctl net.ipv4.tcp_syncookies 3, allowed: 0, 1 or 2")
}

// listen(2): a second listen() sets the backlog anew.
func TestListen_TheTraceTellsTheBacklog(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver listen 4\nserver listen 0\n")
	limit := func(n string) handshake.Var {
		return handshake.Var{Name: "accept queue limit", Value: n, Unit: "segments"}
	}
	step := run(t, s, "server socket, server listen")[0]
	require.Contains(t, step.Vars, limit("4"))
	require.Contains(t, step.Vars, handshake.Var{Name: "accept queue", Value: "0", Unit: "segments"})
	require.Equal(t, []handshake.Var{limit("0")}, run(t, s, "server listen")[0].Vars)
}

// Whatever is chosen, and whatever the setting: neither queue ever holds more than one above
// the backlog, and where every SYN gets a cookie nothing is ever in SYN-RECEIVED.
func TestListen_NoOrderOfChoicesOverfillsAQueue(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		backlog, cookies := rapid.IntRange(0, 1).Draw(rt, "backlog"), rapid.IntRange(0, 2).Draw(rt, "cookies")
		s := session(rt, crowd(fmt.Sprintf("sysctl net.ipv4.tcp_syncookies %d\n", cookies), backlog))
		run(rt, s, listens)
		states, waiting := map[string]string{}, 0
		for range rapid.IntRange(0, 80).Draw(rt, "choices") {
			choices := s.Choices()
			if len(choices) == 0 {
				return
			}
			steps, err := s.Do(ctx, rapid.SampledFrom(choices).Draw(rt, "choice"))
			require.NoError(rt, err)
			for _, step := range steps {
				if step.Peer == "server" && step.On != "" && step.Kind != handshake.KindDepart {
					states[step.On] = step.After
				}
				_, err := fmt.Sscanf(step.Label, "accept queue %d", &waiting)
				require.True(rt, err == nil || step.Kind != handshake.KindNote)
			}
			requests := 0
			for _, state := range states {
				if state == "SYN-RECEIVED" {
					requests++
				}
			}
			require.LessOrEqual(rt, waiting, backlog+1)
			require.LessOrEqual(rt, requests, backlog+1)
			require.True(rt, cookies < 2 || requests == 0)
		}
	})
}

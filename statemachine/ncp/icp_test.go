package ncp

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// seat is an end of an ICP: its desk, whose foreign host is another seat.
type seat struct {
	*desk

	self  uint8
	icp   ICP
	queue []Tell
	rules []Rule // of the last event
	out   []parcelled
}

type parcelled struct {
	octets []byte
	line   string
}

func newSeat(tb testing.TB, self uint8, p ICP) *seat {
	tb.Helper()
	return &seat{desk: newDesk(tb, Settings{}), self: self, icp: p}
}

// keep takes what an event led to: messages to the network, and what was told.
func (s *seat) keep(o *Outcome) {
	s.t.Helper()
	s.check(o)
	s.rules = append(s.rules[:0], o.Rules...)
	for i := range o.Messages {
		octets := o.Messages[i].Append(nil)
		s.sent = append(s.sent, written(&o.Messages[i]))
		s.out = append(s.out, parcelled{octets, s.sent[len(s.sent)-1]})
	}
	for _, t := range o.Told {
		t.Text = bytes.Clone(t.Text)
		s.queue = append(s.queue, t)
	}
}

func (s *seat) begin() *seat {
	s.t.Helper()
	var o Outcome
	s.icp.Begin(s.n, s.now, &o)
	s.keep(&o)
	return s
}

// takes lets a message come, and its process do what follows.
func (s *seat) takes(octets []byte) {
	s.t.Helper()
	var o Outcome
	s.n.Step(Arrives{Now: s.now, Message: octets}, &o)
	s.keep(&o)
	for len(s.queue) > 0 {
		t := s.queue[0]
		s.queue = s.queue[1:]
		s.icp.Told(s.n, s.now, t, &o)
		s.keep(&o)
	}
}

// deliver takes the oldest message of one seat to another, and its RFNM back.
func (s *seat) deliver(to *seat) string {
	s.t.Helper()
	p := s.out[0]
	s.out = s.out[1:]
	p.octets[1] = s.self
	to.takes(p.octets)
	s.takes(hosthost.Leader{Type: hosthost.RFNM, Host: to.self, Link: p.octets[2]}.Append(nil))
	return p.line
}

// meet lets two seats talk until both are silent, and gives what was said.
func meet(server, user *seat) []string {
	var all []string
	for len(server.out)+len(user.out) > 0 {
		for len(user.out) > 0 {
			all = append(all, "user "+user.deliver(server))
		}
		for len(server.out) > 0 {
			all = append(all, "server "+server.deliver(user))
		}
	}
	return all
}

func pair(tb testing.TB) (server, user *seat) {
	tb.Helper()
	server = newSeat(tb, 2, ICP{Server: true, L: 79, S: 0x0a001200, Size: 8})
	user = newSeat(tb, 3, ICP{Host: 2, L: 79, U: 0x02123410, Size: 8, Wanted: 8})
	return server, user
}

// RFC 165 p.4, with the sockets of RFC 147: S1 to S8 and U1 to U7.
func TestTheICP(t *testing.T) {
	server, user := pair(t)
	server.begin()
	user.begin()
	require.Equal(t, []string{
		"user RTS 34747408 79 link 2",
		"server STR 79 34747408 size 32",
		"user ALL link 2 msgs 1 bits 32",
		"server link 2: 1 of 32 bits",
		"server RTS 167776768 34747411 link 2",
		"server STR 167776769 34747410 size 8",
		"server CLS 79 34747408", // when the RFNM of the number has come
		"user CLS 34747408 79",
		"user STR 34747411 167776768 size 8",
		"user RTS 34747410 167776769 link 3",
	}, meet(server, user))
	for _, s := range []*seat{server, user} {
		require.Equal(t, ICPDone, s.icp.State)
		require.Equal(t, 2, s.n.Len())
		require.Equal(t, Open, s.n.Connection(s.icp.Sending()).State)
		require.Equal(t, Open, s.n.Connection(s.icp.Receiving()).State)
		require.Equal(t, None, s.n.Connection(s.icp.Contact()).State)
	}
	require.EqualValues(t, 3, server.icp.Host)
	require.Equal(t, rfc147.Socket(0x02123410), server.icp.U)
	require.Equal(t, rfc147.Socket(0x0a001200), user.icp.S)
	require.NoError(t, rfc147.Joins(user.icp.Sending().Local, user.icp.Sending().Foreign))
}

// RFC 165 p.5: RFCs for idle sockets wait. The user may ask before the server listens.
func TestTheUserMayComeFirst(t *testing.T) {
	server, user := pair(t)
	user.begin()
	user.deliver(server)
	require.Equal(t, RFCReceived, server.n.Connection(Key{3, 79, 0x02123410}).State)
	var o Outcome
	server.icp.Begin(server.n, 0, &o)
	server.keep(&o)
	server.takes(hosthost.Leader{Type: hosthost.NOP}.Append(nil))
	meet(server, user)
	require.Equal(t, ICPDone, server.icp.State)
	require.Equal(t, ICPDone, user.icp.State)
}

// RFC 165 p.4 and 5: users that come while L is in use wait, and are served one by one.
func TestUsersAreServedInTurn(t *testing.T) {
	server, _ := pair(t)
	var users []*seat
	for i := range uint8(3) {
		u := newSeat(t, 3+i, ICP{Host: 2, L: 79, U: 1000, Size: 8}).begin()
		u.deliver(server)
		users = append(users, u)
	}
	for i, u := range users {
		server.icp = ICP{Server: true, L: 79, S: 128 + 2*rfc147.Socket(i), Size: 8}
		server.begin()
		server.takes(hosthost.Leader{Type: hosthost.NOP}.Append(nil))
		require.Equal(t, u.self, server.icp.Host)
		meet(server, u)
		require.Equal(t, ICPDone, server.icp.State)
		require.Equal(t, ICPDone, u.icp.State)
		require.Equal(t, server.icp.S, u.icp.S)
	}
	require.Equal(t, 6, server.n.Len())
}

// RFC 202 p.1: both ends ask for both connections before any match, so that nothing hangs
// on who begins with which.
func TestBothRFCsGoAtOnce(t *testing.T) {
	server, user := pair(t)
	server.begin()
	user.begin()
	user.deliver(server) // RTS
	server.deliver(user) // STR
	user.deliver(server) // ALL
	require.Equal(t, []string{
		"STR 79 34747408 size 32", "link 2: 1 of 32 bits", "RTS 167776768 34747411 link 2", "STR 167776769 34747410 size 8",
	}, server.sent)
	server.deliver(user) // the number
	require.Equal(t, ICPPairing, user.icp.State)
	require.Equal(t, []string{"CLS 34747408 79", "STR 34747411 167776768 size 8", "RTS 34747410 167776769 link 3"}, user.sent[2:])
	meet(server, user)
	require.Equal(t, ICPDone, server.icp.State)
	require.Equal(t, ICPDone, user.icp.State)
}

// RFC 165 p.5: the number may come as four bytes of 8 bits.
func TestTheNumberInFourBytes(t *testing.T) {
	_, user := pair(t)
	user.begin()
	contact := user.icp.Contact()
	user.takes(controlMessage(2, hosthost.Command{Opcode: hosthost.STR, My: contact.Foreign, Your: contact.Local, Size: 8}))
	h := hosthost.Header{Leader: hosthost.Leader{Host: 2, Link: 2}, S: 8, C: 4}
	user.takes(h.AppendMessage(nil, []byte{0, 0, 0, 128}, 0))
	require.Equal(t, ICPPairing, user.icp.State)
	require.EqualValues(t, 128, user.icp.S)
}

// RFC 165 p.2: S is even, and 32 bits long.
func TestANumberThatCannotBe(t *testing.T) {
	for name, text := range map[string][]byte{"odd": {0, 0, 0, 129}, "short": {0, 0, 128}} {
		t.Run(name, func(t *testing.T) {
			_, user := pair(t)
			user.begin()
			contact := user.icp.Contact()
			user.takes(controlMessage(2, hosthost.Command{Opcode: hosthost.STR, My: contact.Foreign, Your: contact.Local, Size: 8}))
			h := hosthost.Header{Leader: hosthost.Leader{Host: 2, Link: 2}, S: 8, C: uint16(len(text))}
			user.takes(h.AppendMessage(nil, text, 0))
			require.Equal(t, ICPFailed, user.icp.State)
			require.Contains(t, user.rules, icpBadNumber)
			require.Equal(t, "CLS 34747408 79", user.sent[len(user.sent)-1])
		})
	}
}

// NIC 8246 p.12: a server that does not want answers by a CLS; RFC 109: so does a logger.
func TestARefusedICPFails(t *testing.T) {
	_, user := pair(t)
	user.begin()
	user.takes(controlMessage(2, clsFrom(user.icp.Contact())))
	require.Equal(t, ICPFailed, user.icp.State)
	requireEmptyBut(t, user.n)

	var o Outcome
	again := ICP{Host: 2, L: 79, U: 3}
	again.Begin(user.n, 0, &o)
	note(&o)
	require.Equal(t, ICPFailed, again.State, "U is even")
	again.Told(user.n, 0, Tell{}, &o)
	note(&o)
	require.Equal(t, []Rule{icpPassedOver}, o.Rules)
}

// If one of the two connections is refused, the other is closed.
func TestAHalfICPFails(t *testing.T) {
	server, user := pair(t)
	server.begin()
	user.begin()
	meet(server, user)
	// A second user comes: the pair of the server is in use, so that its Inits fail.
	server.icp = ICP{Server: true, L: 79, S: 0x0a001200, Size: 8}
	server.begin()
	second := newSeat(t, 4, ICP{Host: 2, L: 79, U: 2002, Size: 8})
	second.begin()
	second.deliver(server)
	server.deliver(second)
	second.deliver(server)
	require.Equal(t, ICPFailed, server.icp.State)
	meet(server, second)
	second.takes(controlMessage(2, clsFrom(second.icp.Sending())))
	require.Equal(t, ICPFailed, second.icp.State)
	require.Equal(t, CLSSent, second.n.Connection(second.icp.Receiving()).State)
}

// S4: the server waits for an allocation, for one with room for 32 bits, and for RFNMs.
func TestTheServerWaitsForRoom(t *testing.T) {
	server, _ := pair(t)
	server.begin()
	server.takes(controlMessage(3, hosthost.Command{Opcode: hosthost.RTS, My: 2, Your: 79, Link: 5}))
	require.Equal(t, ICPContacted, server.icp.State)
	server.takes(hosthost.Leader{Type: hosthost.RFNM, Host: 3}.Append(nil))
	server.takes(controlMessage(3, hosthost.Command{Opcode: hosthost.ALL, Link: 5, MsgSpace: 1, BitSpace: 31}))
	require.Equal(t, ICPContacted, server.icp.State)
	server.takes(controlMessage(3, hosthost.Command{Opcode: hosthost.ALL, Link: 5, BitSpace: 1}))
	require.Equal(t, ICPPairing, server.icp.State)
	server.takes(controlMessage(3, hosthost.Command{Opcode: hosthost.INR, Link: 5}))
	require.Equal(t, ICPPairing, server.icp.State, "an interrupt is nothing to it")
}

// requireEmptyBut is requireEmpty while RFNMs are due.
func requireEmptyBut(tb testing.TB, n *NCP) {
	tb.Helper()
	require.Zero(tb, n.Len())
	require.Empty(tb, n.sockets)
}

// What two other programs said to each other, held against ours: our server hears their user,
// and our user their server. All that ours says stands in the transcript, but for what
// differs where the protocol leaves it open: links, allocations and the order of RFCs.
func TestTheTranscriptOfAFinger(t *testing.T) {
	var messages [][]byte
	b, err := os.ReadFile("../../rfc147/hosthost/testdata/finger-icp.txt")
	require.NoError(t, err)
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		if digits, ok := strings.CutPrefix(s.Text(), "        "); ok {
			octets, err := hex.DecodeString(digits)
			require.NoError(t, err)
			_, message, err := hosthost.ReadDatagram(octets)
			require.NoError(t, err)
			messages = append(messages, message)
		}
	}
	require.Len(t, messages, 20)
	play := func(s *seat, other uint8) {
		for _, m := range messages[:12] {
			if to := m[1]; to != s.self {
				continue
			}
			delivered := bytes.Clone(m)
			delivered[1] = other
			s.takes(delivered)
			for len(s.out) > 0 {
				link := s.out[0].octets[2]
				s.out = s.out[1:]
				s.takes(hosthost.Leader{Type: hosthost.RFNM, Host: other, Link: link}.Append(nil))
			}
		}
	}
	server := newSeat(t, 2, ICP{Server: true, L: 79, S: 128, Size: 8}).begin()
	play(server, 3)
	require.Equal(t, ICPDone, server.icp.State)
	require.ElementsMatch(t, []string{
		"RRP", "STR 79 1002 size 32", "link 42: 1 of 32 bits", "CLS 79 1002", "STR 129 1004 size 8", "RTS 128 1005 link 2",
	}, server.sent)

	user := newSeat(t, 3, ICP{Host: 2, L: 79, U: 1002, Size: 8, Wanted: 8})
	var o Outcome
	user.n.Step(Reset{Host: 2}, &o)
	user.keep(&o)
	user.takes(hosthost.Leader{Type: hosthost.RFNM, Host: 2}.Append(nil))
	user.out = nil
	user.begin()
	for i, m := range messages { // they chose other links than we do
		if m[1] == 3 && m[2] == 42 {
			messages[i][2] = 2
		}
	}
	play(user, 2)
	require.Equal(t, ICPDone, user.icp.State)
	require.Equal(t, []string{
		"RST", "RTS 1002 79 link 2", "ALL link 2 msgs 1 bits 32", "CLS 1002 79", "STR 1005 128 size 8", "RTS 1004 129 link 3",
	}, user.sent)
}

// The first RFC that goes unanswered ends the run.
func TestAnICPThatNobodyAnswersFails(t *testing.T) {
	_, user := pair(t)
	user.begin()
	var o Outcome
	user.n.Step(Timeout{Now: time.Minute}, &o)
	user.keep(&o)
	user.takes(hosthost.Leader{Type: hosthost.NOP}.Append(nil))
	require.Equal(t, ICPFailed, user.icp.State)
}

package model_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// RFC 9293 3.9.1.1: OPEN takes the local address that the program names, or finds one
// (MUST-43), and the connection keeps it for life (MUST-45). The checksums of all that is
// sent are right for it (MUST-2).
func TestRFC9293_3_9_1_1_AConnectionKeepsTheAddressThatItWasOpenedWith(t *testing.T) {
	for bind, local := range map[string]string{
		"":                            "127.0.0.1:49152",
		"client bind :5555\n":         "127.0.0.1:5555",
		"client bind 127.0.0.9:777\n": "127.0.0.9:777",
	} {
		tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, scenario(t, peers+"-- script --\n"+
			"server socket\nserver bind :7147\nserver listen 8\nserver accept\nclient socket\n"+bind+"client connect server\n"+
			"until server ESTABLISHED\nreturn server\nserver recv\nclient send \"hello\"\narrive server <DATA=5>\nreturn server\nclient close\n"+
			"arrive server <CTL=FIN,ACK>\nserver close\nuntil server CLOSED\n"))
		require.NoError(t, err)
		finish(t, tl)
		addresses := map[string]netip.AddrPort{"client": netip.MustParseAddrPort(local), "server": netip.MustParseAddrPort("127.0.0.1:7147")}
		left := map[string]int{}
		for _, step := range tl.Trace().Steps {
			if step.Kind != handshake.KindDepart {
				continue
			}
			from, to := addresses["client"], addresses["server"]
			if step.Peer == "server" {
				from, to = to, from
			}
			header, _, err := wire.Decode(step.Wire, from.Addr(), to.Addr())
			require.NoError(t, err)
			require.Equal(t, []uint16{from.Port(), to.Port()}, []uint16{header.SrcPort, header.DstPort})
			left[step.Peer]++
		}
		require.Equal(t, map[string]int{"client": 5, "server": 4}, left, "handshake, text and both closes")
	}
}

// RFC 9293 3.9.1.1 (MUST-46): OPEN is refused for an address that names no single host,
// with what POSIX has for it and Linux says (tcp_v4_connect). The socket is as it was.
func TestRFC9293_3_9_1_1_NobodyCallsMany(t *testing.T) {
	for _, to := range []string{"224.0.0.1", "239.255.255.255", "255.255.255.255", "0.0.0.0"} {
		s := session(t, peers+"-- script --\nclient socket\nclient connect "+to+":7147\nclient connect server\n")
		refused := do(t, s, "client socket", "client connect "+to)[0]
		require.Equal(t, "connect(3, "+to+":7147) = -1 ENETUNREACH", refused.Label)
		require.Equal(t, "connect-unreachable", refused.Why[0].Rule)
		require.Equal(t, "CLOSED", refused.After)
		require.Equal(t, []string{"client connect server"}, lines(s), "no SYN waits")
		do(t, s, "client connect server")
		require.Contains(t, lines(s), "depart client <SEQ=100><CTL=SYN>", "another address may still be tried")
	}
	s := session(t, "-- setup --\npeer client 127.0.0.1:49152\npeer server 224.0.0.1:7147\n-- script --\nclient socket\nclient connect server\n")
	require.Equal(t, "connect(3, 224.0.0.1:7147) = -1 ENETUNREACH", do(t, s, "client socket", "client connect")[0].Label)
}

// RFC 9293 3.9.2.3: a SYN to a multicast or broadcast address is dropped silently
// (MUST-57), and so is one from an address that no host can have (MUST-63): a listener
// stays in LISTEN, and where nobody listens, nobody answers with a RST.
func TestRFC9293_3_9_2_3_NobodyAnswersToMany(t *testing.T) {
	one, syn := netip.MustParseAddrPort("127.0.0.1:49152"), tcp.Segment{SEQ: 100, WND: 65535, CTL: tcp.SYN}
	for _, address := range []string{"224.0.0.1", "239.255.255.255", "255.255.255.255", "0.0.0.0"} {
		many := netip.MustParseAddrPort(address + ":7147")
		for _, ends := range [][2]netip.AddrPort{{one, many}, {many, netip.MustParseAddrPort("127.0.0.2:7147")}} {
			server := half(t, "client")
			for _, listens := range []bool{false, true} {
				if listens {
					called(t, server, 0)
				}
				steps := server.Arrive(handshake.Step{Peer: "server", Kind: handshake.KindArrive}, syn, ends[0], ends[1])
				require.Len(t, steps, 1)
				require.Equal(t, []handshake.Why{{Rule: "address-refused", Cite: "RFC 9293 3.9.2.3"}}, steps[0].Why)
				require.Equal(t, steps[0].Before, steps[0].After)
				require.NotContains(t, fmt.Sprint(server.Choices()), "depart", "nothing waits to leave")
			}
		}
	}
	server := half(t, "client")
	called(t, server, 0)
	steps := server.Arrive(handshake.Step{Kind: handshake.KindArrive}, syn, one, netip.MustParseAddrPort("127.0.0.2:7147"))
	require.Equal(t, "SYN-RECEIVED", steps[0].After, "what comes from one host to one is taken")
}

// RFC 1122 3.2.1.3: 0.0.0.0 is no address to send from. bind() takes it for any address
// of the host.
func TestBindToAnyAddressIsBindToTheOneOfTheHost(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver bind 0.0.0.0:7147\nserver listen 1\nclient socket\nclient bind 0.0.0.0:5555\nclient connect server\n")
	require.Equal(t, "bind(3, 0.0.0.0:7147) = 0", do(t, s, "server socket", "server bind")[0].Label)
	require.Equal(t, "SYN-RECEIVED", do(t, s, "server listen", "client socket", "client bind", "client connect", "depart client", "arrive server")[0].After)
}

// RFC 9293 3.9.1.1 (MUST-42, the half that holds): while connections on its port are in
// SYN-RECEIVED, a listener listens on. RFC 1122 4.2.2.18 calls that cloning.
func TestRFC9293_3_9_1_1_AListenerListensBesideItsHandshakes(t *testing.T) {
	server := half(t, "client")
	called(t, server, 0)
	for i, port := range []uint16{49152, 49153, 49154} {
		from := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
		steps := server.Arrive(handshake.Step{Kind: handshake.KindArrive}, tcp.Segment{SEQ: 100, WND: 65535, CTL: tcp.SYN}, from, netip.MustParseAddrPort("127.0.0.2:7147"))
		require.Equal(t, "SYN-RECEIVED", steps[0].After)
		require.Equal(t, fmt.Sprintf("3.%d", i+1), steps[0].On, "each has an end of its own")
	}
}

// RFC 9293 3.9.1.1, MUST-42: "LISTEN on a port while a connection block with the same local
// port is in SYN-SENT or SYN-RECEIVED state". bind() wants SO_REUSEADDR for that (POSIX), and
// two do not listen on one port.
func TestRFC9293_3_9_1_1_AListenerBesideASYNSENT(t *testing.T) {
	tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, scenario(t, peers+`-- script --
server socket
server bind :7147
server listen 4
server socket
server bind :7147
server setsockopt SO_REUSEADDR 1
server bind :7147
server listen 4
server connect 127.0.0.1:6666
client socket
client connect server
arrive server <SEQ=100>
arrive client <CTL=SYN,ACK>
`))
	require.NoError(t, err)
	finish(t, tl)
	var told []string
	for _, step := range tl.Trace().Steps {
		if step.Peer == "server" && step.Kind != handshake.KindNote {
			told = append(told, step.Label+" "+step.After)
		}
	}
	all := strings.Join(told, ", ")
	require.Contains(t, all, "bind(4, :7147) = -1 EADDRINUSE CLOSED, setsockopt(4, SO_REUSEADDR, 1) = 0 CLOSED, bind(4, :7147) = 0 CLOSED, listen(4, 4) = -1 EADDRINUSE CLOSED")
	require.Contains(t, all, "connect(4, 127.0.0.1:6666) SYN-SENT")
	require.Contains(t, all, "<SEQ=100><CTL=SYN> SYN-RECEIVED", "the listener goes on listening")
}

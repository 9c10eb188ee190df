package model_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
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
		tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: model.InMemory}, scenario(t, peers+"-- script --\n"+
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

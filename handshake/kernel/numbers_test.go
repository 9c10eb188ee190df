package kernel

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/statemachine/tcp"
)

var here = flow{netip.MustParseAddrPort("127.0.0.1:49152"), netip.MustParseAddrPort("127.0.0.1:7147")}

func TestWhatIsShownStandsForWhatIsReal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := numbers{}
		drawn, shown := rapid.Uint32().Draw(t, "drawn"), rapid.Uint32().Draw(t, "shown")
		n.begin(here, drawn, shown)
		n.begin(here.back(), rapid.Uint32().Draw(t, "other real"), rapid.Uint32().Draw(t, "other shown"))
		require.Equal(t, shown, n.shown(here, drawn))
		s := tcp.Segment{SEQ: rapid.Uint32().Draw(t, "SEQ"), ACK: rapid.Uint32().Draw(t, "ACK"), CTL: tcp.ACK}
		s.Options.SACK[0] = tcp.Block{Left: s.ACK + 100, Right: s.ACK + 200}
		require.Equal(t, s, n.draw(here, n.show(here, s)))
		require.Equal(t, s, n.show(here, n.draw(here, s)))
	})
}

// Linux counts a first number on by one each 64 ns: a second connection of the same pair
// of sockets begins far behind the first.
func TestTwoConnectionsOfAFlowKeepTheirNumbers(t *testing.T) {
	n := numbers{}
	n.begin(here, 4_000_000_000, 100)
	n.begin(here, 4_010_000_000, 400)
	require.EqualValues(t, 105, n.shown(here, 4_000_000_005))
	require.EqualValues(t, 401, n.shown(here, 4_010_000_001))
	require.EqualValues(t, 90, n.shown(here, 3_999_999_990), "an old one, from before the first")
	require.EqualValues(t, 4_000_000_005, n.real(here, 105))
	require.EqualValues(t, 4_010_000_005, n.real(here, 405))
}

// RFC 9293 3.10.7.1: without an ACK to answer, "sequence number zero is used".
func TestTheZeroOfARSTIsNoNumberOfItsConnection(t *testing.T) {
	n := numbers{}
	n.begin(here, 5000, 100)
	n.begin(here.back(), 9000, 300)
	rst := tcp.Segment{SEQ: 0, ACK: 9001, CTL: tcp.RST | tcp.ACK}
	require.Equal(t, tcp.Segment{SEQ: 0, ACK: 301, CTL: tcp.RST | tcp.ACK}, n.show(here, rst))
}

// RFC 2018 3: the edges of a block are numbers of the text that it acknowledges.
func TestTheEdgesOfASACKBlockAreShownToo(t *testing.T) {
	n := numbers{}
	n.begin(here, 5000, 100)
	n.begin(here.back(), 9000, 300)
	ack := tcp.Segment{SEQ: 301, ACK: 101, CTL: tcp.ACK, Options: tcp.Options{SACK: [tcp.MaxSACK]tcp.Block{{Left: 201, Right: 301}}}}
	drawn := tcp.Segment{SEQ: 9001, ACK: 5001, CTL: tcp.ACK, Options: tcp.Options{SACK: [tcp.MaxSACK]tcp.Block{{Left: 5101, Right: 5201}}}}
	require.Equal(t, drawn, n.draw(here.back(), ack))
	require.Equal(t, ack, n.show(here.back(), drawn))
}

func TestAFlowThatNobodyBeganIsShownAsItIs(t *testing.T) {
	n := numbers{}
	require.EqualValues(t, 12345, n.shown(here, 12345))
	require.EqualValues(t, 12345, n.real(here, 12345))
}

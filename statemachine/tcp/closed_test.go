package tcp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 9293 3.10.7.1: "If the ACK bit is off, sequence number zero is used"; 3.5.2 group 1, U-3.
func TestClosedRefusesWithoutACK(t *testing.T) {
	o := Step(TCB{}, arrive(from(1<<32-1, 0, SYN|FIN, "hi")))
	require.Equal(t, []string{"<SEQ=0><ACK=3><CTL=RST,ACK>"}, labels(o.Segments), "SYN, FIN and two octets take four numbers")
	require.Equal(t, TCB{}, o.TCB)
	require.Equal(t, []Rule{closedWithoutACK, finUnvalidated}, o.Rules)
}

// RFC 9293 3.10.7.1: "If the ACK bit is on, <SEQ=SEG.ACK><CTL=RST>"; 3.5.2 group 1, U-3.
func TestClosedRefusesWithACK(t *testing.T) {
	o := Step(TCB{}, arrive(from(300, 100, ACK, "0123456789"))) // figure 10
	require.Equal(t, []string{"<SEQ=100><CTL=RST>"}, labels(o.Segments))
	require.Equal(t, uint16(0), o.Segments[0].WND)
	require.Empty(t, o.Text, "all data in the incoming segment is discarded")
}

// RFC 9293 3.10.7.1: "An incoming segment containing a RST is discarded." U-3: no RST
// answers a RST.
func TestClosedDiscardsRST(t *testing.T) {
	o := Step(TCB{}, arrive(from(300, 100, RST|ACK|SYN, "")))
	require.Empty(t, o.Segments)
	require.Equal(t, []Rule{closedRST}, o.Rules)
}

package model_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
)

// waiting is a server in TIME-WAIT that still listens, and a client that has forgotten all.
const waiting = peers + `-- script --
server socket
server bind :7147
server listen 8
server accept
client socket
client connect server
server close
client close
`

// RFC 9293 3.6.1, MAY-2 (2): a SYN of long ago reaches a server in TIME-WAIT. Its SYN,ACK
// goes to a client that knows of nothing, whose RST lets the server go on waiting.
func TestRFC9293_3_6_1_AnOldDuplicateSYNLeavesTimeWaitAsItWas(t *testing.T) {
	s := session(t, waiting)
	run(t, s, listens+", server accept, client socket, client connect, depart client, arrive server, depart server, arrive client, depart client, arrive server")
	run(t, s, "return server, return client, server close, depart server, arrive client, depart client, arrive server")
	run(t, s, "client close, depart client, arrive server, depart server, arrive client")

	old, err := handshake.ParseChoice("inject server <SEQ=90000><CTL=SYN>")
	require.NoError(t, err)
	_, err = s.Do(ctx, old)
	require.NoError(t, err)
	steps := run(t, s, "arrive server")
	require.Equal(t, "<SEQ=90000><CTL=SYN> SYN-RECEIVED time-wait-reopened", told(steps[0]))
	require.Equal(t, []string{"TIME-WAIT", "3.1"}, []string{steps[0].Before, steps[0].On})
	run(t, s, "depart server, arrive client, depart client")
	steps = run(t, s, "arrive server")
	require.Equal(t, "<SEQ=90001><CTL=RST> TIME-WAIT rst-back-to-time-wait", told(steps[0]))
	require.Equal(t, "time-wait CLOSED time-wait-over", told(run(t, s, "timeout server time-wait")[0]))
}

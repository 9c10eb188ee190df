package handshaketest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
)

// ToTheEnd steps a timeline until its scenario is over, and gives what was recorded.
func ToTheEnd(tb testing.TB, t *handshake.Timeline) *handshake.Trace {
	tb.Helper()
	var err error
	for err == nil {
		err = t.Next(tb.Context())
	}
	require.ErrorIs(tb, err, handshake.ErrOver)
	return t.Trace()
}

// HundredLives is a scenario of a hundred whole lives, of 7 segments each: connect,
// accept, close by both. TCP_QUICKACK keeps a kernel from delaying an ACK.
func HundredLives() string {
	return `-- setup --
peer client 127.0.0.1:49152 iss=100
peer server 127.0.0.1:7147  iss=300
-- script --
server socket
server bind :7147
server listen 8
` + strings.Repeat(`client socket
client connect server
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>
return client
server accept
server setsockopt TCP_QUICKACK 1
client setsockopt TCP_QUICKACK 1
client close
arrive server <CTL=FIN,ACK>
arrive client <CTL=ACK>
server close
arrive client <CTL=FIN,ACK>
arrive server <CTL=ACK>
`, 100)
}

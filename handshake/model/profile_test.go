package model_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

// RFC 6298 2.4 has no RTO under a second, Linux one of 200 ms; RFC 5681 3.1 begins with
// three segments of this size, Linux with ten (RFC 6928 2). Each peer has the values of its
// own profile, a listener's children those of the listener, and RFC 9293 where none is named.
func TestRFC6298_2_4_APeerHasTheValuesOfItsProfile(t *testing.T) {
	strict := map[string]string{"RTO": "1000000000", "cwnd": "4380"}
	linux := map[string]string{"RTO": "300000000", "cwnd": "14600"}
	for _, c := range []struct {
		client, server string
		values         map[string]map[string]string
	}{
		{"", "", map[string]map[string]string{"client": strict, "server": strict}},
		{"", "profile=strict", map[string]map[string]string{"client": strict, "server": strict}},
		{"iss=100 profile=linux", "profile=strict", map[string]map[string]string{"client": linux, "server": strict}},
		{"profile=strict iss=100", "profile=linux", map[string]map[string]string{"client": strict, "server": linux}},
	} {
		require.Equal(t, c.values, measured(t, "-- setup --\npeer client 127.0.0.1:49152 "+c.client+"\npeer server 127.0.0.1:7147 "+c.server+"\ndelay 50ms\n"+opening), c)
	}
}

// RFC 6928 2: the initial window that the setup asks for is that of both ends, whatever
// their profiles have.
func TestRFC6928_2_TheSetupSetsTheInitialWindow(t *testing.T) {
	for _, profile := range []string{"profile=strict", "profile=linux"} {
		for _, values := range measured(t, "-- setup --\npeer client 127.0.0.1:49152 "+profile+"\npeer server 127.0.0.1:7147 "+profile+"\ninitcwnd 2\ndelay 50ms\n"+opening) {
			require.Equal(t, "2920", values["cwnd"], profile)
		}
	}
}

const opening = `-- script --
server socket
server bind :7147
server listen 8
client socket
client connect server
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>
`

// measured plays a script and gives the last RTO and cwnd of each peer.
func measured(t *testing.T, text string) map[string]map[string]string {
	t.Helper()
	tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, scenario(t, text))
	require.NoError(t, err)
	values := map[string]map[string]string{"client": {}, "server": {}}
	for _, step := range handshaketest.ToTheEnd(t, tl).Steps {
		for _, v := range step.Vars {
			if v.Name == "RTO" || v.Name == "cwnd" {
				values[step.Peer][v.Name] = v.Value
			}
		}
	}
	return values
}

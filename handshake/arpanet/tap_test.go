package arpanet

import (
	"bufio"
	"encoding/hex"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// recorded is one datagram of the tap between two hosts and the real IMPs.
type recorded struct {
	fromIMP  bool
	host     uint8 // whose line it crossed
	octets   []byte
	carried  []byte
	sequence uint32
	summary  []string // of the message that ends with it; nil if none does
}

// tap reads the recording. The line of each message's summary stands behind its last datagram.
func tap(tb testing.TB) []recorded {
	tb.Helper()
	f, err := os.Open("testdata/real-imp-tap.log")
	require.NoError(tb, err)
	defer f.Close()
	datagram := regexp.MustCompile(`^ *[\d.]+ (?:IMP(\d)->host|host->IMP(\d)) #(\d+) count=(\d+) flags=(\d) ([0-9a-f]*)$`)
	summary := regexp.MustCompile(`^ +=  (\S+) flags=(\S\S) host=(\d+) link=(\d+) id/sub=(\S)(\S)(?: S=(\d+) C=(\d+) .*)?$`)
	var all []recorded
	for s := bufio.NewScanner(f); s.Scan(); {
		if m := summary.FindStringSubmatch(s.Text()); m != nil {
			all[len(all)-1].summary = m[1:]
			continue
		}
		m := datagram.FindStringSubmatch(s.Text())
		require.NotNil(tb, m, s.Text())
		carried, err := hex.DecodeString(m[6])
		require.NoError(tb, err)
		r := recorded{fromIMP: m[1] != "", host: uint8(number(tb, m[1]+m[2], 10)), carried: carried, sequence: uint32(number(tb, m[3], 10))}
		r.octets = hosthost.AppendDatagram(nil, r.sequence, hosthost.DatagramFlags(number(tb, m[5], 10)), carried)
		d, _, err := hosthost.ReadDatagram(r.octets)
		require.NoError(tb, err)
		require.EqualValues(tb, number(tb, m[4], 10), d.Count)
		all = append(all, r)
	}
	require.Len(tb, all, 269)
	return all
}

func number(tb testing.TB, text string, base int) uint64 {
	tb.Helper()
	n, err := strconv.ParseUint(text, base, 32)
	require.NoError(tb, err, text)
	return n
}

// Both ends of every line of the recording, put together from their datagrams: each message
// ends where the recording says, and its leader is the one that stands there.
func TestEveryMessageOfTheRealIMPIsPutTogether(t *testing.T) {
	types := map[string]hosthost.Type{
		"REGULAR": hosthost.Regular, "NOP": hosthost.NOP, "RFNM": hosthost.RFNM,
		"DEAD": hosthost.DestinationDead, "RESET": hosthost.InterfaceReset,
	}
	type end struct {
		fromIMP bool
		host    uint8
	}
	ends := map[end]*receiver{}
	messages := 0
	for _, r := range tap(t) {
		at := end{r.fromIMP, r.host}
		if ends[at] == nil {
			ends[at] = &receiver{}
		}
		a, fired := ends[at].take(r.octets)
		require.NotContains(t, fired, SequenceGap)
		require.Equal(t, r.summary != nil, a.ended)
		if !a.ended {
			continue
		}
		messages++
		require.Equal(t, sound, a.flaw)
		l, err := hosthost.ReadLeader([]byte(a.message))
		require.NoError(t, err)
		require.Equal(t, hosthost.Leader{
			Type: types[r.summary[0]], Host: uint8(number(t, r.summary[2], 8)), Link: uint8(number(t, r.summary[3], 10)),
			ID: uint8(number(t, r.summary[4], 16)), Subtype: uint8(number(t, r.summary[5], 16)),
		}, l)
		if l.Type == hosthost.Regular {
			h, text, err := hosthost.ReadMessage([]byte(a.message))
			require.NoError(t, err)
			require.EqualValues(t, number(t, r.summary[6], 10), h.S)
			require.EqualValues(t, number(t, r.summary[7], 10), h.C)
			require.InDelta(t, len(a.message), hosthost.HeaderLen+len(text), 1, "an octet may fill the last word")
		}
	}
	require.Equal(t, 201, messages)
	require.Len(t, ends, 4)
}

// What the hosts said to the real IMPs is said to ours, and messages and RFNMs arrive when
// theirs did: every datagram to each host is then the recorded one, number, framing and all.
func TestTheAnswersAreThoseOfTheRealIMP(t *testing.T) {
	n, err := NewNetwork(Port{2, Packets}, Port{3, Packets})
	require.NoError(t, err)
	ours, theirs := map[uint8][][]byte{}, map[uint8][][]byte{}
	do := func(e Event) {
		t.Helper()
		o := Step(n, e)
		n = o.Network
		for _, s := range o.Sent {
			ours[s.Host] = append(ours[s.Host], s.Datagram)
		}
	}
	middle := map[uint8]bool{} // of a message to the host
	for _, r := range tap(t) {
		if !r.fromIMP {
			do(FromHost{r.host, r.octets})
			continue
		}
		theirs[r.host] = append(theirs[r.host], r.octets)
		if r.sequence == 0 {
			do(Start{r.host})
		} else if len(r.carried) > 0 && !middle[r.host] {
			if e := arrived(t, n, r); e != nil {
				do(e)
			}
		}
		middle[r.host] = r.summary == nil && len(r.carried) > 0
	}
	require.Empty(t, n.InTransit())
	for _, host := range []uint8{2, 3} {
		require.Equal(t, len(theirs[host]), len(ours[host]))
		for i := range theirs[host] {
			require.Equal(t, theirs[host][i], ours[host][i], "host %d, datagram %d", host, i)
		}
	}
}

// arrived is what has happened in the network when the datagram that begins with a leader
// comes to a host.
func arrived(t *testing.T, n Network, r recorded) Event {
	t.Helper()
	l, err := hosthost.ReadLeader(r.carried)
	require.NoError(t, err)
	for _, m := range n.InTransit() {
		mine := m.From == r.host && m.To == l.Host
		switch {
		case l.Type == hosthost.Regular && m.To == r.host && m.From == l.Host && !m.Delivered, l.Type == hosthost.DestinationDead && mine:
			return Deliver{m.Number}
		case l.Type == hosthost.RFNM && mine && m.Delivered && m.leader().Link == l.Link:
			return Return{m.Number}
		}
	}
	return nil
}

package hosthost_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// RFC 208, 381: leaders of every type, to the IMP and from it.
func TestLeadersBothWays(t *testing.T) {
	for _, c := range []struct {
		octets string
		leader hosthost.Leader
		words  string
	}{
		{"00452a00", hosthost.Leader{Host: 69, Link: 42}, "regular host 69 link 42"},
		{"04000000", hosthost.Leader{Type: hosthost.NOP}, "NOP host 0 link 0"},
		{"05032a00", hosthost.Leader{Type: hosthost.RFNM, Host: 3, Link: 42}, "RFNM host 3 link 42"},
		{"07430001", hosthost.Leader{Type: hosthost.DestinationDead, Host: 67, Subtype: 1}, "destination dead host 67 link 0: host down"},
		{"09022e03", hosthost.Leader{Type: hosthost.Incomplete, Host: 2, Link: 46, Subtype: 3}, "incomplete transmission host 2 link 46: lost"},
		{"0a000000", hosthost.Leader{Type: hosthost.InterfaceReset}, "interface reset host 0 link 0"},
		{"010000f2", hosthost.Leader{Type: hosthost.ErrorInLeader, ID: 15, Subtype: 2}, "error in leader host 0 link 0: illegal type"},
		{"f00202a0", hosthost.Leader{Flags: hosthost.Priority | hosthost.ForIMP | hosthost.Trace | hosthost.Octal, Host: 2, Link: 2, ID: 10}, "regular host 2 link 2"},
		{"0bffffff", hosthost.Leader{Type: 11, Host: 255, Link: 255, ID: 15, Subtype: 15}, "unassigned host 255 link 255"},
	} {
		t.Run(c.words, func(t *testing.T) {
			b := octets(t, c.octets)
			require.Equal(t, b, c.leader.Append(nil))
			got, err := hosthost.ReadLeader(b)
			require.NoError(t, err)
			require.Equal(t, c.leader, got)
			require.Equal(t, c.words, got.String())
		})
	}
	_, err := hosthost.ReadLeader(octets(t, "000000"))
	require.EqualError(t, err, "hosthost: leader of 3 octets, want 4")
}

// RFC 208: two bits of host, six of IMP. BBN-TENEX is host 1 on IMP 5.
func TestAnAddressIsHostAndIMP(t *testing.T) {
	l := hosthost.Leader{Host: 0o105}
	require.EqualValues(t, 1, l.HostOnIMP())
	require.EqualValues(t, 5, l.IMP())
}

// A type means one thing to the IMP and another from it.
func TestTypesAreNamedByDirection(t *testing.T) {
	require.Equal(t, "uncontrolled", hosthost.Uncontrolled.Name(hosthost.ToIMP))
	require.Equal(t, "blocked link", hosthost.Uncontrolled.Name(hosthost.FromIMP))
	require.Equal(t, "RFNM", hosthost.RFNM.Name(hosthost.FromIMP))
	require.Equal(t, "unassigned", hosthost.RFNM.Name(hosthost.ToIMP))
	require.Equal(t, "unassigned", hosthost.Type(200).Name(hosthost.ToIMP))
	require.Empty(t, hosthost.Leader{Type: hosthost.DestinationDead, Subtype: 2}.SubtypeName())
	require.Empty(t, hosthost.Leader{Subtype: 1}.SubtypeName())
}

// RFC 394: bits 17-18 say why, 19-22 when, 23-32 how long.
func TestAnIMPThatGoesDownSaysWhenAndHowLong(t *testing.T) {
	down := hosthost.Down{Why: 2, When: 5, HowLong: 600}
	b := down.Leader().Append(nil)
	require.Equal(t, []byte{2, 0, 0b10_0101_10, 0b01011000}, b)
	l, err := hosthost.ReadLeader(b)
	require.NoError(t, err)
	require.Equal(t, down, l.GoingDown())
}

func FuzzReadLeader(f *testing.F) {
	f.Add([]byte{0x05, 0x03, 0x2a, 0x00})
	f.Add([]byte{0x02, 0x03, 0x2a, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := hosthost.ReadLeader(b)
		if err != nil {
			require.Less(t, len(b), hosthost.LeaderLen)
			return
		}
		require.Equal(t, b[:hosthost.LeaderLen], l.Append(nil))
		for _, d := range []hosthost.Direction{hosthost.ToIMP, hosthost.FromIMP} {
			require.Equal(t, b[:hosthost.LeaderLen], rebuilt(t, func(visit func(string, int, int, uint64)) { l.Bits(d, visit) }))
			require.NotEmpty(t, l.Type.Name(d))
		}
		if l.Type == hosthost.GoingDown {
			again := l.GoingDown().Leader()
			require.Equal(t, [3]uint8{l.Link, l.ID, l.Subtype}, [3]uint8{again.Link, again.ID, again.Subtype})
		}
		require.NotEmpty(t, l.String())
	})
}

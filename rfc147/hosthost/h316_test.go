package hosthost_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

func TestDatagramsBothWays(t *testing.T) {
	for _, c := range []struct {
		name, octets string
		datagram     hosthost.Datagram
		message      string
	}{
		{"news of the ready line", "4833313600000001" + "0001" + "0003", hosthost.Datagram{Sequence: 1, Count: 1, Flags: hosthost.Last | hosthost.Ready}, ""},
		{"an even message", "4833313600000002" + "0003" + "0003" + "04000000", hosthost.Datagram{Sequence: 2, Count: 3, Flags: hosthost.Last | hosthost.Ready}, "04000000"},
		{"the ready line is down", "48333136ffffffff" + "0001" + "0001", hosthost.Datagram{Sequence: 1<<32 - 1, Count: 1, Flags: hosthost.Last}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := octets(t, c.octets)
			require.Equal(t, append([]byte("before"), b...), hosthost.AppendDatagram([]byte("before"), c.datagram.Sequence, c.datagram.Flags, octets(t, c.message)))
			d, message, err := hosthost.ReadDatagram(b)
			require.NoError(t, err)
			require.Equal(t, c.datagram, d)
			require.True(t, bytes.Equal(octets(t, c.message), message))
			require.Equal(t, b[:hosthost.DatagramLen], rebuilt(t, d.Bits))
		})
	}
	require.Equal(t, octets(t, "4833313600000000"+"0002"+"0001"+"ab00"), hosthost.AppendDatagram(nil, 0, hosthost.Last, []byte{0xab}), "an odd octet is filled up")
}

func TestBadDatagramsAreRefused(t *testing.T) {
	good := hosthost.AppendDatagram(nil, 1, hosthost.Last, []byte{4, 0, 0, 0})
	for n := range good {
		_, _, err := hosthost.ReadDatagram(good[:n])
		require.ErrorContains(t, err, "want", "%d octets", n)
	}
	for _, c := range []struct {
		at   int
		b    byte
		want string
	}{
		{0, 'h', `hosthost: datagram begins "h316", want "H316"`},
		{9, 0, "hosthost: count 0, want 1 to 16384 words"},
		{8, 0x80, "hosthost: count 32771, want 1 to 16384 words"},
		{9, 4, "hosthost: datagram of 16 octets, want the 18 of count 4"},
	} {
		b := bytes.Clone(good)
		b[c.at] = c.b
		_, _, err := hosthost.ReadDatagram(b)
		require.EqualError(t, err, c.want)
	}
}

func FuzzReadDatagram(f *testing.F) {
	f.Add(hosthost.AppendDatagram(nil, 7, hosthost.Ready, []byte{0, 2, 0, 0, 0, 8, 0, 1, 0, 12}))
	f.Add([]byte("H316"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, message, err := hosthost.ReadDatagram(b)
		if err != nil {
			return
		}
		require.True(t, bytes.Equal(b, hosthost.AppendDatagram(nil, d.Sequence, d.Flags, message)))
		require.Equal(t, b[:hosthost.DatagramLen], rebuilt(t, d.Bits))
	})
}

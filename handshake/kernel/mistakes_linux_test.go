package kernel

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// What is wrong with a scenario is said with its line, whoever finds it: the parent, or
// the kernel.
func TestAScenarioThatTheKernelCannotHave(t *testing.T) {
	begin(t, Engine{}, opened) // it can be
	const takes = ", allowed: a setting and a value that it takes"
	for setup, want := range map[string]string{
		"peer a 10.0.0.1:1\npeer b 127.0.0.1:2":                                         "test:2: found address 10.0.0.1:1, allowed: 127.0.0.1:PORT, or another of 127.0.0.0/8, with the kernel engine",
		"peer a 127.0.0.1:1\npeer b 0.0.0.0:2":                                          "test:3: found address 0.0.0.0:2, allowed: 127.0.0.1:PORT, or another of 127.0.0.0/8, with the kernel engine",
		"peer a 127.0.0.1:1\npeer b 127.0.0.1:0":                                        "test:3: found address 127.0.0.1:0, allowed: 127.0.0.1:PORT, or another of 127.0.0.0/8, with the kernel engine",
		"peer a [::1]:1\npeer b 127.0.0.1:2":                                            "test:2: found address [::1]:1, allowed: 127.0.0.1:PORT, or another of 127.0.0.0/8, with the kernel engine",
		"peer a 127.0.0.1:1\npeer b 127.0.0.1:01":                                       "test:3: found two peers at 127.0.0.1:1, allowed: an address for each",
		"peer a 127.0.0.1:1\npeer b 127.0.0.1:2\nsysctl net.ipv4.ip_forward 1":          "test:4: found sysctl net.ipv4.ip_forward, allowed: net.ipv4.tcp_..., net.core.somaxconn: what each network namespace has of its own",
		"peer a 127.0.0.1:1\npeer b 127.0.0.1:2\nsysctl net.ipv4.tcp_syncookies banana": "test:4: found sysctl net.ipv4.tcp_syncookies banana, which this kernel refuses (invalid argument)" + takes,
		"peer a 127.0.0.1:1\npeer b 127.0.0.1:2\nsysctl net.ipv4.tcp_no_such_thing 1":   "test:4: found sysctl net.ipv4.tcp_no_such_thing 1, which this kernel refuses (no such file or directory)" + takes,
		"peer a 127.0.0.1:1\npeer b 127.0.0.1:2\nsysctl net.core.somaxconn -1":          "test:4: found sysctl net.core.somaxconn -1, which this kernel refuses (invalid argument)" + takes,
	} {
		s, err := handshake.Parse("test", "test", []byte("-- setup --\n"+setup+"\n-- script --\na socket\n"))
		require.NoError(t, err)
		_, err = Engine{}.Start(t.Context(), s)
		mistake := new(handshake.Mistake)
		require.ErrorAs(t, err, &mistake)
		require.EqualError(t, err, want)
	}
}

// What is held was made by the kernel, or by whoever runs a program in the namespace:
// whatever it is, it is a segment, or nothing of ours.
func FuzzParse(f *testing.F) {
	segment := datagram(flow{netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")}, tcp.Segment{CTL: tcp.SYN})
	f.Add(segment)
	f.Add(segment[:len(segment)-1])
	f.Add(with(segment, 0, 0x4f))  // options that are not there
	f.Add(with(segment, 0, 0x65))  // IPv6
	f.Add(with(segment, 2, 0xff))  // its length
	f.Add(with(segment, 6, 0x20))  // a fragment
	f.Add(with(segment, 9, 17))    // UDP
	f.Add(with(segment, 32, 0xf0)) // TCP options that are not there
	f.Add(append(with(segment[:20:20], 0, 0x46), append([]byte{1, 1, 1, 1}, segment[20:]...)...))
	f.Fuzz(func(t *testing.T, octets []byte) {
		from, s := parse(octets)
		if !from.from.IsValid() {
			require.Zero(t, s)
			return
		}
		step := handshake.Step{}
		picture(&step, octets)
		require.Equal(t, octets, append(step.IP, step.Wire...))
	})
}

// with is octets with another one at a place.
func with(octets []byte, at int, other byte) []byte {
	changed := slices.Clone(octets)
	changed[at] = other
	return changed
}

// FuzzLine reads what a parent could say.
func FuzzLine(f *testing.F) {
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"Scenario":{"Peers":[{"Name":"a"}]},"Bare":true}` + "\n"))
	f.Add([]byte(`{"Do":{"Verb":"wait"},"Emit":"AA==","Cancel":true}` + "\n[1"))
	f.Fuzz(func(t *testing.T, said []byte) {
		for _, into := range []any{&opening{}, &request{}} {
			c := child{said: slices.Clone(said)}
			for {
				if ok, err := c.line(into); !ok || err != nil {
					require.Less(t, len(c.said), len(said)+1)
					break
				}
			}
		}
	})
}

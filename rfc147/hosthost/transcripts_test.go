package hosthost_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// lines reads a transcript.
func lines(tb testing.TB, name string) []string {
	tb.Helper()
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(tb, err)
	var all []string
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		all = append(all, s.Text())
	}
	return all
}

// A Finger between two NCPs of today, each datagram with what the transcript says of it.
func TestTheFingerTranscriptIsRead(t *testing.T) {
	head := regexp.MustCompile(`^ *\d+  (\d+) -> (\d+)  (.*)$`)
	said := regexp.MustCompile(`\(([^)]*)\)`)
	names := strings.NewReplacer("rcv=", "", "snd=", "", "my=", "", "your=", "", "link=", "link ", "size=", "size ", "msgs=", "msgs ", "bits=", "bits ", ",", "")
	count, want, to := 0, "", ""
	for _, line := range lines(t, "finger-icp.txt") {
		if m := head.FindStringSubmatch(line); m != nil {
			to, want = m[2], m[3]
			continue
		}
		if !strings.HasPrefix(line, "        ") {
			continue
		}
		count++
		b := octets(t, strings.TrimSpace(line))
		d, message, err := hosthost.ReadDatagram(b)
		require.NoError(t, err)
		require.Equal(t, b, hosthost.AppendDatagram(nil, d.Sequence, d.Flags, message))
		h, text, err := hosthost.ReadMessage(message)
		require.NoError(t, err)
		require.Equal(t, to, fmt.Sprintf("%03d", h.Leader.Host))
		require.True(t, bytes.HasPrefix(message, h.AppendMessage(nil, text, 0)))
		if h.Leader.Link != hosthost.ControlLink {
			require.True(t, strings.HasPrefix(want, fmt.Sprintf("data %x ", text)), want)
			continue
		}
		c, rest, fault := hosthost.Next(text)
		require.Zero(t, fault)
		require.Empty(t, rest)
		require.Zero(t, c.Check())
		require.Equal(t, said.ReplaceAllString(want, ""), c.Opcode.String())
		if m := said.FindStringSubmatch(want); m != nil {
			require.Equal(t, c.Opcode.String()+" "+names.Replace(m[1]), c.String())
		}
	}
	require.Equal(t, 20, count)
}

// The tap between two hosts and two real IMPs, whose program ran in a simulator: every
// datagram is written again as it was, every message is put together as each side frames
// it, and what is read is what the transcript says.
func TestEveryMessageOfTheRealIMPIsRead(t *testing.T) {
	datagram := regexp.MustCompile(`^ *[\d.]+ (\S+) #(\d+) count=(\d+) flags=(\d) ([0-9a-f]*)$`)
	summary := regexp.MustCompile(`^ +=  (\S+) flags=(\S\S) host=(\d+) link=(\d+) id/sub=(\S)(\S)(?: S=(\d+) C=(\d+) (.*) pad=(.*))?$`)
	types := map[string]hosthost.Type{
		"REGULAR": hosthost.Regular, "NOP": hosthost.NOP, "RFNM": hosthost.RFNM,
		"DEAD": hosthost.DestinationDead, "RESET": hosthost.InterfaceReset,
	}
	parts := map[string][]byte{} // of the message that comes from one side
	var whole []byte
	datagrams, messages := 0, 0
	for _, line := range lines(t, "real-imp-tap.log") {
		if m := datagram.FindStringSubmatch(line); m != nil {
			datagrams++
			from, carried := m[1], octets(t, m[5])
			sequence, flags := number(t, m[2]), hosthost.DatagramFlags(number(t, m[4]))
			b := hosthost.AppendDatagram(nil, sequence, flags, carried)
			d, message, err := hosthost.ReadDatagram(b)
			require.NoError(t, err)
			require.Equal(t, hosthost.Datagram{Sequence: sequence, Count: uint16(number(t, m[3])), Flags: flags}, d)
			require.True(t, bytes.Equal(carried, message))
			parts[from] = append(parts[from], message...)
			if d.Flags.Has(hosthost.Last) {
				whole, parts[from] = parts[from], nil
			}
			continue
		}
		m := summary.FindStringSubmatch(line)
		require.NotNil(t, m, line)
		messages++
		l, err := hosthost.ReadLeader(whole)
		require.NoError(t, err)
		kind, known := types[m[1]]
		require.True(t, known, line)
		host, err := strconv.ParseUint(m[3], 8, 8) // the transcript's hosts are octal
		require.NoError(t, err)
		require.Equal(t, hosthost.Leader{
			Type: kind, Host: uint8(host), Link: uint8(number(t, m[4])), ID: uint8(number(t, m[5])), Subtype: uint8(number(t, m[6])),
		}, l, line)
		require.True(t, bytes.HasPrefix(whole, l.Append(nil)))
		if kind == hosthost.Regular {
			regularMessage(t, whole, m[7:])
		} else {
			require.Len(t, whole, hosthost.LeaderLen)
		}
	}
	require.Equal(t, 269, datagrams)
	require.Equal(t, 201, messages)
}

// regularMessage holds a message against what the transcript says of its S, C and text, and of
// what fills its last word.
func regularMessage(t *testing.T, whole []byte, said []string) {
	t.Helper()
	h, text, err := hosthost.ReadMessage(whole)
	require.NoError(t, err)
	require.EqualValues(t, number(t, said[0]), h.S)
	require.EqualValues(t, number(t, said[1]), h.C)
	require.Equal(t, octets(t, said[3]), append([]byte{}, whole[hosthost.HeaderLen+len(text):]...))
	require.Equal(t, whole[:hosthost.HeaderLen+len(text)], h.AppendMessage(nil, text, 0))
	if h.Leader.Link != hosthost.ControlLink {
		return
	}
	c, rest, fault := hosthost.Next(text)
	require.Zero(t, fault)
	require.Empty(t, rest)
	require.Zero(t, c.Check())
	if c.Opcode == hosthost.ERR {
		require.Equal(t, hosthost.Command{Opcode: hosthost.CLS, My: 129, Your: 1004}.Fault(hosthost.NonexistentSocket).Command(), c)
		return
	}
	numbers := regexp.MustCompile(`\d+`).FindAllString(said[2], -1)
	require.Equal(t, numbers, regexp.MustCompile(`\d+`).FindAllString(c.String(), -1), said[2])
	require.Contains(t, said[2], "'"+c.Opcode.String()+"'")
}

func number(t *testing.T, text string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 32)
	require.NoError(t, err, text)
	return uint32(n)
}

package arpanet

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// fingered is one message of the Finger between two NCPs of today, as its source said it.
type fingered struct {
	from    uint8
	message []byte // without what fills its last word
}

// transcript reads the recording, by the numbers that its lines have, from 1.
func transcript(t *testing.T) []fingered {
	t.Helper()
	b, err := os.ReadFile("../../rfc147/hosthost/testdata/finger-icp.txt")
	require.NoError(t, err)
	all := []fingered{{}}
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "        48") {
			if strings.Contains(line, "003 -> 002") {
				all = append(all, fingered{from: 3})
			} else if strings.Contains(line, "002 -> 003") {
				all = append(all, fingered{from: 2})
			}
			continue
		}
		octets, err := hex.DecodeString(strings.TrimSpace(line))
		require.NoError(t, err)
		_, message, err := hosthost.ReadDatagram(octets)
		require.NoError(t, err)
		h, text, err := hosthost.ReadMessage(message)
		require.NoError(t, err)
		all[len(all)-1].message = h.AppendMessage(nil, text, 0)
	}
	require.Len(t, all, 21)
	return all
}

// replayed is one of our hosts that hears one side of the recording. Where linux-ncp chose a
// link, ours chooses another; links says which stands for which, 0 for none yet.
type replayed struct {
	t       *testing.T
	station *station
	other   uint8
	links   map[byte]byte // ours by the recorded
}

// hears gives the station a recorded message, and what it then says.
func (r *replayed) hears(m fingered) {
	r.t.Helper()
	message := bytes.Clone(m.message)
	message[1] = m.from // what was the destination is the source
	r.relink(message, func(link byte) byte { return r.links[link] }, hosthost.ALL)
	r.station.arrives(message)
	require.NotEqual(r.t, m.from, r.station.number)
}

// relink changes the link that a message names: a text's, and that of the commands given.
func (r *replayed) relink(message []byte, change func(byte) byte, opcodes ...hosthost.Opcode) {
	if message[2] != hosthost.ControlLink {
		message[2] = change(message[2])
		return
	}
	for _, o := range opcodes {
		if hosthost.Opcode(message[hosthost.HeaderLen]) == o {
			at := hosthost.HeaderLen + 1
			if o == hosthost.RTS {
				at = len(message) - 1
			}
			message[at] = change(message[at])
		}
	}
}

// says requires that the station has said these messages of the recording, in this order, and
// answers each by an RFNM, which may let it say more.
func (r *replayed) says(all ...fingered) {
	r.t.Helper()
	for len(all) > 0 {
		require.NotEmpty(r.t, r.station.messages, "it says no more, want %x", all[0].message)
		got, want := r.station.messages[0], bytes.Clone(all[0].message)
		r.station.messages, all = r.station.messages[1:], all[1:]
		r.relink(want, func(link byte) byte {
			if r.links[link] == 0 && want[2] == hosthost.ControlLink && hosthost.Opcode(want[hosthost.HeaderLen]) == hosthost.RTS {
				r.links[link] = got[len(got)-1]
			}
			return r.links[link]
		}, hosthost.RTS, hosthost.ALL)
		require.Equal(r.t, hex.EncodeToString(want), hex.EncodeToString(got))
		r.station.arrives(hosthost.Leader{Type: hosthost.RFNM, Host: r.other, Link: got[2]}.Append(nil))
	}
}

// edited is a recorded message with other octets at its end.
func (m fingered) edited(end ...byte) fingered {
	m.message = append(bytes.Clone(m.message[:len(m.message)-len(end)]), end...)
	return m
}

// recordedFinger answers what the recording's server did.
type recordedFinger struct{ answer []byte }

func (recordedFinger) greets(rfc147.End, uint8) []byte       { return nil }
func (f recordedFinger) hears([]byte) (say []byte, all bool) { return f.answer, true }

func replay(t *testing.T, number, other uint8) (*replayed, *[]rfc147.Record) {
	t.Helper()
	var records []rfc147.Record
	return &replayed{t: t, other: other, links: map[byte]byte{}, station: &station{
		number: number, epoch: time.Unix(0, 0), ncp: ncp.New(ncp.Settings{MessageBits: messageBits}), user: 1002,
		account: func(r rfc147.Record) { records = append(records, r) },
	}}, &records
}

// Our host 2 hears what host 3 said, and says what linux-ncp's did, octet by octet. Two of
// its lines come in another order: RFC 202 p.2 has the pair of S and U+3 first, so our RTS
// (9) goes before our STR (8); both go when the number has gone, as the CLS does (7), and the
// CLS waits for the number's RFNM (NIC 8246 p.12).
func TestAsTheServerOfTheRecordedFinger(t *testing.T) {
	m := transcript(t)
	r, records := replay(t, 2, 3)
	h, text, err := hosthost.ReadMessage(m[16].message)
	require.NoError(t, err)
	require.EqualValues(t, len(text), h.C)
	r.station.services = []Service{{Contact: FingerSocket, pair: 128, users: 1, start: func() resident { return recordedFinger{text} }}}
	r.station.settle()

	r.hears(m[1])
	r.says(m[2])
	r.hears(m[3])
	r.links[42] = m[3].message[len(m[3].message)-1] // this end's link is theirs
	r.says(m[4])
	r.hears(m[5])
	r.says(m[6], m[9], m[8], m[7])
	r.hears(m[10])
	r.hears(m[11])
	r.links[45] = 45
	r.hears(m[12])
	r.says(m[13])
	r.hears(m[14])
	require.Empty(t, r.station.messages, "it waits for room")
	r.hears(m[15])
	r.says(m[16], m[17], m[18])
	r.hears(m[19])
	r.hears(m[20])
	require.Empty(t, r.station.messages)
	require.Zero(t, r.station.ncp.Len())
	require.Len(t, *records, 3)
	require.EqualValues(t, 8*len(text), (*records)[2].Bits+(*records)[1].Bits-8*16)
}

// Our host 3 hears what host 2 said. What linux-ncp does otherwise: it allocates 1000 bits
// for the number (5), where RFC 165 p.4 has 32; it gives room for the answer (15) after its
// question (14), ours as soon as both connections are open; it answers the CLSs (17, 18) in the
// other order (19, 20).
func TestAsTheUserOfTheRecordedFinger(t *testing.T) {
	m := transcript(t)
	r, records := replay(t, 3, 2)
	d, answer := r.station.call(2, FingerSocket, false)
	require.Equal(t, ncp.OK, answer)
	r.says(m[1])
	r.hears(m[2])
	r.says(m[3])
	r.hears(m[4])
	r.says(m[5].edited(0, 0, 0, 32))
	r.hears(m[6])
	r.says(m[10], m[11], m[12])
	r.links[46] = 46
	r.hears(m[7])
	r.hears(m[8])
	r.hears(m[9])
	r.says(m[15])
	d.say(r.station, ascii("Sample command\n"))
	require.Empty(t, r.station.messages, "it waits for room")
	r.hears(m[13])
	r.says(m[14])
	r.hears(m[16])
	require.Equal(t, m[16].message[hosthost.HeaderLen:], d.take(r.station))
	r.says(m[15])
	r.hears(m[17])
	r.says(m[20])
	r.hears(m[18])
	r.says(m[19])
	r.station.settle()
	require.Empty(t, r.station.messages)
	require.Zero(t, r.station.ncp.Len())
	require.Empty(t, r.station.dialogs)
	require.Len(t, *records, 3)
}

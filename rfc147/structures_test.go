package rfc147

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// structure finds one by its ID.
func structure(t *testing.T, id string) Structure {
	t.Helper()
	all := Structures()
	i := slices.IndexFunc(all, func(p Structure) bool { return p.ID == id })
	require.GreaterOrEqual(t, i, 0, id)
	return all[i]
}

func TestTheProposalsReadTheExamplesOfTheRFCs(t *testing.T) {
	tests := []struct {
		name      string
		structure string
		host      uint8
		socket    Socket
		want      []uint32
	}{
		{"RFC 33 p.10: user X'010005' of UCLA with AEN 7", "rfc33", 1, 0x01000507, []uint32{1, 5, 1, 7}},
		{"RFC 33 p.11: the logger of SRI switches to AEN 88", "rfc33", 2, 0x00000058, []uint32{0, 0, 2, 0x58}},
		{"RFC 33 p.11: X'010005' at SRI keeps its number", "rfc33", 2, 0x01000506, []uint32{1, 5, 2, 6}},
		{"RFC 147 p.3: home 10, user 0, and tag 1", "rfc147", 10, lincoln, []uint32{10, 0, 0, 1}},
		{"the same to a host of RFC 33", "rfc33", 10, lincoln, []uint32{10, 0, 10, 1}},
		{"the same at Rand", "rfc129-4", 10, lincoln, []uint32{0x0A0000, 0, 1}},
		{"the same as a user ID and a tag", "rfc129-2", 10, lincoln, []uint32{0x0A0000, 0, 1}},
		{"RFC 354: TIP socket 65538, port 1 receive, is user 256 of no host to RFC 147", "rfc147", 144, 65538, []uint32{0, 256, 1, 0}},
		{"the same as 31 arbitrary bits", "rfc129-1", 144, 65538, []uint32{32769, 0}},
		{"the same in the standard", "nic8246", 144, 65538, []uint32{32769, 0}},
		{"RFC 66 p.1: the logger, socket 1", "rfc167", 1, 1, []uint32{0, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, structure(t, tt.structure).Read(tt.host, tt.socket))
		})
	}
}

// RFC 33 p.10 and 11 write sockets of 40 bits: user number, host, AEN.
func TestRFC33HasTheHostInsideTheNumber(t *testing.T) {
	p := structure(t, "rfc33")
	require.Equal(t, 40, p.Bits())
	require.True(t, p.HostInside())
	require.Equal(t, uint64(0x0100050107), p.Number(1, 0x01000507))
	require.Equal(t, uint64(0x0000000259), p.Number(2, 0x00000059))
	require.Equal(t, uint64(0x0100050106), p.Number(1, 0x01000506))
}

// The fields of each cover its number, one behind the other, and the last ends with
// the bit for sending.
func TestEachProposalHasAPlaceForEveryBit(t *testing.T) {
	for _, p := range Structures() {
		next, hosts := 1, 0
		for _, f := range p.Fields {
			require.Equal(t, next, f.First, "%s: %s", p.Name, f.Name)
			next += f.Len
			if f.Name == HostField {
				hosts++
			}
		}
		require.Equal(t, 32+8*hosts, next-1, p.Name)
		require.Equal(t, hosts == 1, p.HostInside(), p.Name)
	}
	require.Equal(t, Layout(), [4]Field(structure(t, "rfc147").Fields))
}

func TestEveryBitOfASocketIsReadUnderEachProposal(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		host, s := rapid.Uint8().Draw(r, "host"), Socket(rapid.Uint32().Draw(r, "socket"))
		for _, p := range Structures() {
			values := p.Read(host, s)
			for i, f := range p.Fields {
				require.LessOrEqual(r, values[i], f.Max(), "%s: %s", p.Name, f.Name)
			}
			require.Equal(r, s.Polarity(), Polarity(values[len(values)-1]&1), p.Name)
			n := p.Number(host, s)
			if p.HostInside() {
				require.Equal(r, host, uint8(n>>8), p.Name)
				n = n>>16<<8 | n&0xFF
			}
			require.Equal(r, uint64(s), n, p.Name)
		}
	})
}

func TestTheProposalsStandInOrderWithPages(t *testing.T) {
	var dates, ids []string
	source := regexp.MustCompile(`^(RFC|NIC) \d+ p\.\d+(-\d+)?$`)
	for _, p := range Structures() {
		dates, ids = append(dates, p.Date), append(ids, p.ID)
		require.NotEmpty(t, p.Authors)
		for _, s := range p.Sources {
			require.Regexp(t, source, s)
		}
	}
	require.True(t, slices.IsSorted(dates), "%v", dates)
	slices.Sort(ids)
	require.Len(t, slices.Compact(ids), len(dates))
}

package tcp

import (
	"fmt"
	"strconv"
	"strings"
)

// CTL is the set of control bits of a segment, bit for bit the low octet of the
// header's control field (RFC 9293 3.1). Any combination can be expressed, the
// senseless ones too: a machine must have an answer to each.
type CTL uint8

// The control bits, least significant first (RFC 9293 3.1).
const (
	FIN CTL = 1 << iota // no more data from the sender
	SYN                 // synchronize sequence numbers
	RST                 // reset the connection
	PSH                 // push function
	ACK                 // the acknowledgment field counts
	URG                 // the urgent pointer field counts
	ECE                 // ECN echo, RFC 3168
	CWR                 // congestion window reduced, RFC 3168
)

// ctlOrder is the order in which the RFC's figures print them: SYN,ACK and FIN,ACK.
var ctlOrder = [...]struct {
	bit  CTL
	name string
}{
	{SYN, "SYN"},
	{FIN, "FIN"},
	{RST, "RST"},
	{PSH, "PSH"},
	{URG, "URG"},
	{ECE, "ECE"},
	{CWR, "CWR"},
	{ACK, "ACK"},
}

// Has reports whether every bit of b is on.
func (c CTL) Has(b CTL) bool { return c&b == b }

// String gives the names as the RFC's figures do: "SYN,ACK"; none is "".
func (c CTL) String() string {
	switch c { // the usual ones, without building
	case SYN:
		return "SYN"
	case ACK:
		return "ACK"
	case SYN | ACK:
		return "SYN,ACK"
	case FIN | ACK:
		return "FIN,ACK"
	case PSH | ACK:
		return "PSH,ACK"
	}
	var names []string
	for _, o := range ctlOrder {
		if c.Has(o.bit) {
			names = append(names, o.name)
		}
	}
	return strings.Join(names, ",")
}

// Segment is what two TCPs exchange, without the ports, which belong to the
// addresses that carry it (RFC 9293 3.3.1, "current segment variables").
type Segment struct {
	SEQ     uint32 // segment sequence number
	ACK     uint32 // segment acknowledgment number; means something only with the ACK bit
	WND     uint16 // segment window, octets; as the header has it, not scaled
	UP      uint16 // segment urgent pointer; means something only with the URG bit
	CTL     CTL
	Options Options
	Text    string // the octets carried
}

// LEN is the segment's length in sequence space: its octets, and one each for
// SYN and FIN (RFC 9293 3.4).
func (s *Segment) LEN() uint32 {
	n := uint32(len(s.Text))
	if s.CTL.Has(SYN) {
		n++
	}
	if s.CTL.Has(FIN) {
		n++
	}
	return n
}

// String prints the segment in the notation of RFC 9293 section 3.5:
// <SEQ=100><CTL=SYN>, <SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>.
func (s Segment) String() string {
	b := make([]byte, 0, 64)
	b = append(b, "<SEQ="...)
	b = strconv.AppendUint(b, uint64(s.SEQ), 10)
	if s.CTL.Has(ACK) {
		b = append(b, "><ACK="...)
		b = strconv.AppendUint(b, uint64(s.ACK), 10)
	}
	if len(s.Text) > 0 {
		b = append(b, "><DATA="...)
		b = strconv.AppendInt(b, int64(len(s.Text)), 10)
	}
	b = append(b, "><CTL="...)
	b = append(b, s.CTL.String()...)
	b = append(b, '>')
	return string(b)
}

// ParseSegment reads the notation that String prints. DATA=n stands for n octets,
// whose values the notation does not say: they become zeros. SEQ must be given;
// the acknowledgment number and the ACK bit come together. It reads WND, UP, MSS, and
// TSval with TSecr, too, which String does not print.
func ParseSegment(label string) (Segment, error) {
	var s Segment
	rest, seen := label, map[string]bool{}
	for rest != "" {
		open, after, ok := strings.Cut(rest, ">")
		name, value, eq := strings.Cut(strings.TrimPrefix(open, "<"), "=")
		if !ok || !eq || !strings.HasPrefix(open, "<") {
			return Segment{}, fmt.Errorf("tcp: segment %q: found %q, want <NAME=VALUE>", label, rest)
		}
		if seen[name] {
			return Segment{}, fmt.Errorf("tcp: segment %q: %s twice, want it once", label, name)
		}
		seen[name], rest = true, after
		if err := s.set(name, value); err != nil {
			return Segment{}, fmt.Errorf("tcp: segment %q: %w", label, err)
		}
	}
	switch {
	case !seen["SEQ"]:
		return Segment{}, fmt.Errorf("tcp: segment %q: no SEQ, want <SEQ=n> with n from 0 to 4294967295", label)
	case seen["ACK"] != s.CTL.Has(ACK):
		return Segment{}, fmt.Errorf("tcp: segment %q: <ACK=n> and the ACK bit go together, want both or neither", label)
	case seen["TSval"] != seen["TSecr"]:
		return Segment{}, fmt.Errorf("tcp: segment %q: <TSval=n> and <TSecr=n> go together, want both or neither", label)
	case len(s.Text)+s.Options.Len() > maxText:
		return Segment{}, fmt.Errorf("tcp: segment %q: DATA \"%d\", want 0 to %d octets beside the options", label, len(s.Text), maxText-s.Options.Len())
	}
	return s, nil
}

// maxText bounds the octets that a label may ask for: what one UDP datagram over
// IPv4, which is the wire of a lesson, holds behind a TCP header without options.
const maxText = 65507 - 20

func (s *Segment) set(name, value string) error {
	switch name {
	case "SEQ", "ACK", "TSval", "TSecr":
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return fmt.Errorf("%s %q, want 0 to 4294967295", name, value)
		}
		s.setNumber(name, uint32(n))
	case "WND", "UP":
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return fmt.Errorf("%s %q, want 0 to 65535", name, value)
		}
		if name == "WND" {
			s.WND = uint16(n)
		} else {
			s.UP = uint16(n)
		}
	case "MSS": // 0 would be no such option
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("MSS %q, want 1 to 65535", value)
		}
		s.Options.MSS = uint16(n)
	case "DATA":
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil || n > maxText {
			return fmt.Errorf("DATA %q, want 0 to %d octets", value, maxText)
		}
		s.Text = strings.Repeat("\x00", int(n))
	case "CTL":
		return s.setCTL(value)
	default:
		return fmt.Errorf("field %q, want SEQ, ACK, WND, UP, DATA, CTL, MSS, TSval or TSecr", name)
	}
	return nil
}

func (s *Segment) setNumber(name string, n uint32) {
	switch name {
	case "SEQ":
		s.SEQ = n
	case "ACK":
		s.ACK = n
	case "TSval":
		s.Options.Timestamps, s.Options.TSval = true, n
	case "TSecr":
		s.Options.TSecr = n
	}
}

func (s *Segment) setCTL(value string) error {
	for name := range strings.SplitSeq(value, ",") {
		var bit CTL
		for _, o := range ctlOrder {
			if o.name == name {
				bit = o.bit
			}
		}
		if bit == 0 && value != "" {
			return fmt.Errorf("control bit %q, want SYN, FIN, RST, PSH, URG, ECE, CWR or ACK", name)
		}
		s.CTL |= bit
	}
	return nil
}

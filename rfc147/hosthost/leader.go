package hosthost

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// LeaderLen is how long a leader is, in octets.
const LeaderLen = 4

// Leader is the first 32 bits of whatever host and IMP say to each other (RFC 208, 533).
// Flags, Type, ID and Subtype have four bits each; [Leader.Append] takes their low four.
type Leader struct {
	Flags   LeaderFlags
	Type    Type
	Host    uint8 // the destination on the way to the IMP; the source on the way back, or for types 5, 7, 8 and 9 the destination that the message had
	Link    uint8
	ID      uint8 // the low four bits of the message-id, whose high eight are the link (RFC 533)
	Subtype uint8
}

// LeaderFlags are the first four bits of a leader.
type LeaderFlags uint8

// The flags, least significant first.
const (
	Octal    LeaderFlags = 1 << iota // to be printed in octal
	Trace                            // IMPs on the way report it
	ForIMP                           // the other end is an IMP, not a host
	Priority                         // before others
)

// Type says what a leader means. Most types mean something in one direction only.
type Type uint8

// The types, by their names on the way from the IMP where they have one (RFC 381, 394, 611).
const (
	Regular         Type = 0  // a message from host to host; a header and text follow
	ErrorInLeader   Type = 1  // what was sent had a leader that was no good
	GoingDown       Type = 2  // the sender will soon be down
	Uncontrolled    Type = 3  // to the IMP: a packet outside flow control
	NOP             Type = 4  // to be discarded
	RFNM            Type = 5  // ready for next message: the message has arrived
	DeadHostStatus  Type = 6  // why a host is dead (RFC 611)
	DestinationDead Type = 7  // the message's host cannot be reached, or is not up
	ErrorInData     Type = 8  // what was sent had data that were no good
	Incomplete      Type = 9  // the message did not arrive
	InterfaceReset  Type = 10 // the ready line has dropped; what was under way is lost
	LongLeader      Type = 15 // a leader of 96 bits follows
)

// Direction is the way that a leader goes.
type Direction uint8

// The two directions between a host and its IMP.
const (
	ToIMP Direction = iota
	FromIMP
)

var typeNames = [2][16]string{
	ToIMP: {
		Regular: "regular", ErrorInLeader: "error without message identification", GoingDown: "host going down",
		Uncontrolled: "uncontrolled", NOP: "NOP", ErrorInData: "error with message identification", LongLeader: "long leader",
	},
	FromIMP: {
		Regular: "regular", ErrorInLeader: "error in leader", GoingDown: "IMP going down", Uncontrolled: "blocked link",
		NOP: "NOP", RFNM: "RFNM", DeadHostStatus: "dead host status", DestinationDead: "destination dead",
		ErrorInData: "error in data", Incomplete: "incomplete transmission", InterfaceReset: "interface reset",
		LongLeader: "long leader",
	},
}

// Name is what the type means in a direction: "RFNM"; "unassigned" if nothing. Type 3 from
// the IMP was "blocked link" until August 1972; types 2 and 8 to the IMP are those of RFC 802.
func (t Type) Name(d Direction) string {
	if names := typeNames[d]; int(t) < len(names) && names[t] != "" {
		return names[t]
	}
	return "unassigned"
}

var subtypeNames = map[Type][]string{ // from the IMP: RFC 381, 394
	ErrorInLeader:   {"error flip-flop on leader", "shorter than 32 bits", "illegal type"},
	DestinationDead: {"IMP unreachable", "host down", "", "communication prohibited"},
	Incomplete:      {"host tardy", "too long", "too slow", "lost", "resources unavailable"},
}

// SubtypeName is what the subtype says on the way from the IMP: "host tardy"; "" if nothing.
func (l Leader) SubtypeName() string {
	if names := subtypeNames[l.Type]; int(l.Subtype) < len(names) {
		return names[l.Subtype]
	}
	return ""
}

// IMP is the number of the host's IMP, 0 to 63 (RFC 208).
func (l Leader) IMP() uint8 { return l.Host & 0x3f }

// HostOnIMP says which of the IMP's hosts it is, 0 to 3 (RFC 208).
func (l Leader) HostOnIMP() uint8 { return l.Host >> 6 }

// Append appends the leader's four octets to b.
func (l Leader) Append(b []byte) []byte {
	return append(b, byte(l.Flags)<<4|byte(l.Type)&0xf, l.Host, l.Link, l.ID<<4|l.Subtype&0xf)
}

// ReadLeader reads the leader that b begins with. Only b that is too short is an error.
func ReadLeader(b []byte) (Leader, error) {
	if len(b) < LeaderLen {
		return Leader{}, fmt.Errorf("hosthost: leader of %d octets, want %d", len(b), LeaderLen)
	}
	return Leader{
		Flags: LeaderFlags(b[0] >> 4), Type: Type(b[0] & 0xf),
		Host: b[1], Link: b[2], ID: b[3] >> 4, Subtype: b[3] & 0xf,
	}, nil
}

// Bits visits the leader's 32 bits, named as they are in the direction d.
func (l Leader) Bits(d Direction, visit func(name string, bit, n int, value uint64)) {
	v := visitor{visit: visit}
	v.flag("priority", l.Flags&Priority != 0)
	v.flag("for IMP", l.Flags&ForIMP != 0)
	v.flag("trace", l.Flags&Trace != 0)
	v.flag("octal", l.Flags&Octal != 0)
	v.field("type", 4, uint64(l.Type&0xf))
	if l.Type == GoingDown && d == FromIMP {
		g := l.GoingDown()
		v.field("host", 8, uint64(l.Host))
		v.field("why", 2, uint64(g.Why))
		v.field("when", 4, uint64(g.When))
		v.field("how long", 10, uint64(g.HowLong))
		return
	}
	host, imp := "destination host", "destination IMP"
	if d == FromIMP && l.Type == Regular {
		host, imp = "source host", "source IMP"
	}
	v.field(host, 2, uint64(l.HostOnIMP()))
	v.field(imp, 6, uint64(l.IMP()))
	v.field("link", 8, uint64(l.Link))
	v.field("message-id", 4, uint64(l.ID&0xf))
	v.field("subtype", 4, uint64(l.Subtype&0xf))
}

// String writes the leader for people, the host as a decimal number: "RFNM host 3 link 42".
// It takes the names of the way from the IMP.
func (l Leader) String() string {
	s := l.Type.Name(FromIMP) + " host " + strconv.Itoa(int(l.Host)) + " link " + strconv.Itoa(int(l.Link))
	if name := l.SubtypeName(); name != "" {
		s += ": " + name
	}
	return s
}

// Down is what the last 16 bits of an "IMP going down" leader say (RFC 394).
type Down struct {
	Why     uint8  // two bits
	When    uint8  // four bits: in how many units of 5 minutes
	HowLong uint16 // ten bits: for how many units of 5 minutes
}

// GoingDown reads the link, ID and Subtype of a leader of type 2 as what they are there.
func (l Leader) GoingDown() Down {
	v := binary.BigEndian.Uint16([]byte{l.Link, l.ID<<4 | l.Subtype&0xf})
	return Down{Why: uint8(v >> 14), When: uint8(v>>10) & 0xf, HowLong: v & 0x3ff}
}

// Leader is the leader of type 2 that says so.
func (d Down) Leader() Leader {
	v := uint16(d.Why)<<14 | uint16(d.When&0xf)<<10 | d.HowLong&0x3ff
	return Leader{Type: GoingDown, Link: uint8(v >> 8), ID: uint8(v) >> 4, Subtype: uint8(v) & 0xf}
}

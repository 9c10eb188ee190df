package arpanet

import "sockscope/handshake"

// Rule is a sentence about the network, or about a line between a host and its IMP.
type Rule uint8

// The rules: the lines first, then what a host says, then what becomes of its messages.
const (
	DatagramMalformed Rule = iota
	SequenceRestarted
	SequenceOld
	SequenceGap
	ReadyRaised
	ReadyDropped
	MessageGoesOn
	InterfaceStarted
	InterfaceReset
	InterfaceOff

	ErrorOnLeader
	LeaderShort
	IllegalType
	ErrorInData
	MessageTooLong
	MessageTooSlow
	RestDiscarded
	NOPDiscarded
	HostReports

	MessageAccepted
	FourOutstanding
	ResourcesUnavailable
	IMPUnreachable
	HostDown
	Delivered
	RFNMReturned
	MessageLost
	HostTardy
	OutOfOrder
	NotInTransit
)

// table gives each rule its name and its source. Where the source is an RFC, the RFC tells
// of BBN Report 1822; h316_udp.c and h316_hi.c are files of the simulator, and "tap" is the
// recording of the real IMP.
var table = [...]handshake.Why{
	DatagramMalformed: {Rule: "datagram-malformed", Cite: "H316 h316_udp.c"},
	SequenceRestarted: {Rule: "sequence-restarted", Cite: "H316 h316_udp.c"},
	SequenceOld:       {Rule: "sequence-old", Cite: "H316 h316_udp.c"},
	SequenceGap:       {Rule: "sequence-gap", Cite: "H316 h316_udp.c"},
	ReadyRaised:       {Rule: "ready-raised", Cite: "H316 h316_hi.c"},
	ReadyDropped:      {Rule: "ready-dropped", Cite: "H316 h316_hi.c"},
	MessageGoesOn:     {Rule: "message-goes-on", Cite: "H316 h316_hi.c"},
	InterfaceStarted:  {Rule: "interface-started", Cite: "BBN 1822, tap 18.504"},
	InterfaceReset:    {Rule: "imp-interface-reset", Cite: "BBN 1822, RFC 394 type 10"},
	InterfaceOff:      {Rule: "interface-off", Cite: "BBN 1822, RFC 381"},

	ErrorOnLeader:  {Rule: "error-on-leader", Cite: "BBN 1822, RFC 381 type 1 subtype 0"},
	LeaderShort:    {Rule: "imp-leader-short", Cite: "BBN 1822, RFC 381 type 1 subtype 1"},
	IllegalType:    {Rule: "illegal-type", Cite: "BBN 1822, RFC 381 type 1 subtype 2"},
	ErrorInData:    {Rule: "error-in-data", Cite: "BBN 1822, RFC 381 type 8"},
	MessageTooLong: {Rule: "message-too-long", Cite: "BBN 1822, RFC 381 type 9 subtype 1"},
	MessageTooSlow: {Rule: "message-too-slow", Cite: "BBN 1822, RFC 381 type 9 subtype 2"},
	RestDiscarded:  {Rule: "rest-discarded", Cite: "BBN 1822, RFC 381 type 9"},
	NOPDiscarded:   {Rule: "nop-discarded", Cite: "BBN 1822, RFC 381 type 4"},
	HostReports:    {Rule: "host-reports", Cite: "BBN 1822, RFC 802"},

	MessageAccepted:      {Rule: "message-accepted", Cite: "BBN 1822, RFC 381 type 0"},
	FourOutstanding:      {Rule: "four-outstanding", Cite: "BBN 1822, RFC 534"},
	ResourcesUnavailable: {Rule: "resources-unavailable", Cite: "BBN 1822, RFC 381 type 9 subtype 4"},
	IMPUnreachable:       {Rule: "imp-unreachable", Cite: "BBN 1822, RFC 381 type 7 subtype 0"},
	HostDown:             {Rule: "host-down", Cite: "BBN 1822, RFC 381 type 7 subtype 1"},
	Delivered:            {Rule: "delivered", Cite: "BBN 1822, RFC 208"},
	RFNMReturned:         {Rule: "rfnm-returned", Cite: "BBN 1822, RFC 381 type 5"},
	MessageLost:          {Rule: "imp-message-lost", Cite: "BBN 1822, RFC 381 type 9 subtype 3"},
	HostTardy:            {Rule: "host-tardy", Cite: "BBN 1822, RFC 381 type 9 subtype 0"},
	OutOfOrder:           {Rule: "out-of-order", Cite: "NIC 8246 p.8"},
	NotInTransit:         {Rule: "not-in-transit", Cite: "BBN 1822, RFC 381"},
}

// Rules lists every rule, so that each can be required to have its sentence.
func Rules() []handshake.Why { return table[:] }

// Why is the rule as a step names it.
func (r Rule) Why() handshake.Why { return table[r] }

// String is the rule's name.
func (r Rule) String() string { return table[r].Rule }

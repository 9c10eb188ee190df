package arpanet

import (
	"sockscope/handshake"
	"sockscope/rfc147/hosthost"
)

// EngineRule is a sentence about what a session shows beside the rules of NCP and IMP:
// what a message says when it leaves, why a call comes back, and what a host does.
type EngineRule uint8

// The rules of a session.
const (
	DepartNOP EngineRule = iota
	DepartRTS
	DepartSTR
	DepartCLS
	DepartALL
	DepartGVB
	DepartRET
	DepartINR
	DepartINS
	DepartECO
	DepartERP
	DepartERR
	DepartRST
	DepartRRP
	DepartText
	ReturnsOpen
	ReturnsRefused
	ReturnsSent
	ReturnsText
	ReturnsClosed
	ReturnsEnded
	ReturnsEcho
	ReturnsReset
	ReturnsNothing
	ReceiveWaits
	ProcessTold
	HostGoesDown
	HostComesUp
	HostForgets
	HostIsDown
	HostIsUp
	RecordEntered
	ICPServes
	Injected
	TimeGoesOn
)

// engineTable gives each rule its name and its source.
var engineTable = [...]handshake.Why{
	DepartNOP:      {Rule: "depart-nop", Cite: "NIC 8246 p.22"},
	DepartRTS:      {Rule: "depart-rts", Cite: "NIC 8246 p.22"},
	DepartSTR:      {Rule: "depart-str", Cite: "NIC 8246 p.22"},
	DepartCLS:      {Rule: "depart-cls", Cite: "NIC 8246 p.23"},
	DepartALL:      {Rule: "depart-all", Cite: "NIC 8246 p.23"},
	DepartGVB:      {Rule: "depart-gvb", Cite: "NIC 8246 p.23"},
	DepartRET:      {Rule: "depart-ret", Cite: "NIC 8246 p.23"},
	DepartINR:      {Rule: "depart-inr", Cite: "NIC 8246 p.24"},
	DepartINS:      {Rule: "depart-ins", Cite: "NIC 8246 p.24"},
	DepartECO:      {Rule: "depart-eco", Cite: "NIC 8246 p.24"},
	DepartERP:      {Rule: "depart-erp", Cite: "NIC 8246 p.24"},
	DepartERR:      {Rule: "depart-err", Cite: "NIC 8246 p.25"},
	DepartRST:      {Rule: "depart-ncp-rst", Cite: "NIC 8246 p.22"},
	DepartRRP:      {Rule: "depart-rrp", Cite: "NIC 8246 p.22"},
	DepartText:     {Rule: "depart-text", Cite: "NIC 8246 p.19"},
	ReturnsOpen:    {Rule: "returns-open", Cite: "RFC 165 p.1"},
	ReturnsRefused: {Rule: "returns-refused", Cite: "NIC 8246 p.12"},
	ReturnsSent:    {Rule: "returns-sent", Cite: "RFC 165 p.2"},
	ReturnsText:    {Rule: "returns-text", Cite: "RFC 165 p.2"},
	ReturnsClosed:  {Rule: "returns-closed", Cite: "RFC 165 p.2"},
	ReturnsEnded:   {Rule: "returns-ended", Cite: "NIC 8246 p.12"},
	ReturnsEcho:    {Rule: "returns-echo", Cite: "NIC 8246 p.16"},
	ReturnsReset:   {Rule: "returns-reset", Cite: "NIC 8246 p.18"},
	ReturnsNothing: {Rule: "returns-no-echo", Cite: "NIC 8246 p.16"},
	ReceiveWaits:   {Rule: "ncp-receive-waits", Cite: "RFC 165 p.2"},
	ProcessTold:    {Rule: "process-told", Cite: "RFC 165 p.2"},
	HostGoesDown:   {Rule: "host-goes-down", Cite: "BBN 1822, RFC 394"},
	HostComesUp:    {Rule: "host-comes-up", Cite: "BBN 1822, RFC 394"},
	HostForgets:    {Rule: "host-forgets", Cite: "NIC 8246 p.17"},
	HostIsUp:       {Rule: "host-is-up", Cite: "BBN 1822, RFC 394"},
	HostIsDown:     {Rule: "host-is-down", Cite: "BBN 1822, RFC 394"},
	RecordEntered:  {Rule: "record-entered", Cite: "RFC 147 p.3"},
	ICPServes:      {Rule: "icp-serves", Cite: "RFC 165 p.4"},
	Injected:       {Rule: "ncp-injected", Cite: "NIC 8246 p.19"},
	TimeGoesOn:     {Rule: "ncp-time-passes", Cite: "NIC 8246 p.11"},
}

// EngineRules lists them all, so that each can be required to have its sentence.
func EngineRules() []handshake.Why { return engineTable[:] }

// Why is the rule as a step names it.
func (r EngineRule) Why() handshake.Why { return engineTable[r] }

// departs is what a message says when it leaves its host.
func departs(octets []byte) EngineRule {
	h, text, err := hosthost.ReadMessage(octets)
	if err != nil || h.Leader.Link != hosthost.ControlLink {
		return DepartText
	}
	c, _ := firstCommand(text)              // an NCP says nothing else
	return DepartNOP + EngineRule(c.Opcode) // both are in the order of the opcodes
}

package calls

import "sockscope/handshake"

// Rule is a sentence about the host and the wire: what the socket calls and the
// network do around the TCP machine, which has rules of its own.
type Rule uint8

// The rules of host and wire.
const (
	CallSocket Rule = iota
	CallBind
	BindInUse
	ListenAgain
	AcceptQueue
	AcceptWaits
	AcceptAtOnce
	AcceptReturns
	ConnectReturns
	ConnectRefused
	ConnectTimedOut
	ConnectNowhere
	RecvReturns
	SendReturns
	RecvAtOnce
	RecvEnds
	RecvEnded
	RecvReset
	CallFails
	OptionSet
	CloseDead
	CloseUnread
	LateText
	CloseOrphan
	Rebooted
	Lost
	Doubled
	Injected
	Replaced
	ChecksumRefused
	AddressRefused
	TimePasses
	SignalReset
	SignalClosing
	SignalTimeout
	SignalUrgent
)

// table gives each rule its name and its source. POSIX names a call's own page in
// IEEE Std 1003.1.
var table = [...]handshake.Why{
	CallSocket:      {Rule: "call-socket", Cite: "POSIX socket()"},
	CallBind:        {Rule: "call-bind", Cite: "POSIX bind()"},
	BindInUse:       {Rule: "bind-in-use", Cite: "POSIX bind()"},
	ListenAgain:     {Rule: "listen-again", Cite: "POSIX listen()"},
	AcceptQueue:     {Rule: "accept-queue", Cite: "POSIX listen()"},
	AcceptWaits:     {Rule: "accept-waits", Cite: "POSIX accept()"},
	AcceptAtOnce:    {Rule: "accept-at-once", Cite: "POSIX accept()"},
	AcceptReturns:   {Rule: "accept-returns", Cite: "POSIX accept()"},
	ConnectReturns:  {Rule: "connect-returns", Cite: "POSIX connect()"},
	ConnectRefused:  {Rule: "connect-refused", Cite: "POSIX connect()"},
	ConnectTimedOut: {Rule: "connect-timed-out", Cite: "POSIX connect()"},
	ConnectNowhere:  {Rule: "connect-unreachable", Cite: "RFC 9293 3.9.1.1"},
	SendReturns:     {Rule: "send-returns", Cite: "POSIX send()"},
	RecvReturns:     {Rule: "recv-returns", Cite: "POSIX recv()"},
	RecvAtOnce:      {Rule: "recv-at-once", Cite: "POSIX recv()"},
	RecvEnds:        {Rule: "recv-ends", Cite: "POSIX recv()"},
	RecvEnded:       {Rule: "recv-ended", Cite: "POSIX recv()"},
	RecvReset:       {Rule: "recv-reset", Cite: "POSIX recv()"},
	CallFails:       {Rule: "call-fails", Cite: "POSIX errno"},
	OptionSet:       {Rule: "option-set", Cite: "POSIX setsockopt()"},
	CloseDead:       {Rule: "close-dead", Cite: "POSIX close()"},
	CloseUnread:     {Rule: "close-unread", Cite: "RFC 9293 3.6.1"},
	LateText:        {Rule: "late-text", Cite: "RFC 9293 3.6.1"},
	CloseOrphan:     {Rule: "close-orphan", Cite: "RFC 9293 3.10.5"},
	Rebooted:        {Rule: "rebooted", Cite: "RFC 9293 3.5.1"},
	Lost:            {Rule: "lost", Cite: "RFC 9293 3.8"},
	Doubled:         {Rule: "doubled", Cite: "RFC 9293 3.4"},
	Injected:        {Rule: "injected", Cite: "RFC 9293 3.5"},
	Replaced:        {Rule: "replaced", Cite: "RFC 9293 3.1"},
	ChecksumRefused: {Rule: "checksum-refused", Cite: "RFC 9293 3.1"},
	AddressRefused:  {Rule: "address-refused", Cite: "RFC 9293 3.9.2.3"},
	TimePasses:      {Rule: "time-passes", Cite: "RFC 9293 3.10.8"},
	SignalReset:     {Rule: "signal-reset", Cite: "RFC 9293 3.10.7.4 second"},
	SignalClosing:   {Rule: "signal-closing", Cite: "RFC 9293 3.10.7.4 eighth"},
	SignalTimeout:   {Rule: "signal-timeout", Cite: "RFC 9293 3.10.8"},
	SignalUrgent:    {Rule: "signal-urgent", Cite: "RFC 9293 3.10.7.4 sixth"},
}

// Rules lists every rule of the host, so that each can be required to have its
// sentence.
func Rules() []handshake.Why { return table[:] }

// Why is the rule as a step names it.
func (r Rule) Why() handshake.Why { return table[r] }

package model

import "sockscope/handshake"

// Rule is a sentence about the host and the wire: what the socket calls and the
// network do around the TCP machine, which has rules of its own.
type Rule uint8

// The host's rules.
const (
	callSocket Rule = iota
	callBind
	bindInUse
	listenAgain
	acceptWaits
	acceptAtOnce
	acceptReturns
	connectReturns
	connectRefused
	connectTimedOut
	recvReturns
	recvAtOnce
	recvEnds
	recvEnded
	recvReset
	callFails
	closeDead
	closeOrphan
	rebooted
	lost
	doubled
	injected
	checksumRefused
	timePasses
	signalReset
	signalClosing
	signalTimeout
	signalUrgent
)

// table gives each rule its name and its source. POSIX names a call's own page in
// IEEE Std 1003.1.
var table = [...]handshake.Why{
	callSocket:      {Rule: "call-socket", Cite: "POSIX socket()"},
	callBind:        {Rule: "call-bind", Cite: "POSIX bind()"},
	bindInUse:       {Rule: "bind-in-use", Cite: "POSIX bind()"},
	listenAgain:     {Rule: "listen-again", Cite: "POSIX listen()"},
	acceptWaits:     {Rule: "accept-waits", Cite: "POSIX accept()"},
	acceptAtOnce:    {Rule: "accept-at-once", Cite: "POSIX accept()"},
	acceptReturns:   {Rule: "accept-returns", Cite: "POSIX accept()"},
	connectReturns:  {Rule: "connect-returns", Cite: "POSIX connect()"},
	connectRefused:  {Rule: "connect-refused", Cite: "POSIX connect()"},
	connectTimedOut: {Rule: "connect-timed-out", Cite: "POSIX connect()"},
	recvReturns:     {Rule: "recv-returns", Cite: "POSIX recv()"},
	recvAtOnce:      {Rule: "recv-at-once", Cite: "POSIX recv()"},
	recvEnds:        {Rule: "recv-ends", Cite: "POSIX recv()"},
	recvEnded:       {Rule: "recv-ended", Cite: "POSIX recv()"},
	recvReset:       {Rule: "recv-reset", Cite: "POSIX recv()"},
	callFails:       {Rule: "call-fails", Cite: "POSIX errno"},
	closeDead:       {Rule: "close-dead", Cite: "POSIX close()"},
	closeOrphan:     {Rule: "close-orphan", Cite: "RFC 9293 3.10.5"},
	rebooted:        {Rule: "rebooted", Cite: "RFC 9293 3.5.1"},
	lost:            {Rule: "lost", Cite: "RFC 9293 3.8"},
	doubled:         {Rule: "doubled", Cite: "RFC 9293 3.4"},
	injected:        {Rule: "injected", Cite: "RFC 9293 3.5"},
	checksumRefused: {Rule: "checksum-refused", Cite: "RFC 9293 3.1"},
	timePasses:      {Rule: "time-passes", Cite: "RFC 9293 3.10.8"},
	signalReset:     {Rule: "signal-reset", Cite: "RFC 9293 3.10.7.4 second"},
	signalClosing:   {Rule: "signal-closing", Cite: "RFC 9293 3.10.7.4 eighth"},
	signalTimeout:   {Rule: "signal-timeout", Cite: "RFC 9293 3.10.8"},
	signalUrgent:    {Rule: "signal-urgent", Cite: "RFC 9293 3.10.7.4 sixth"},
}

// Rules lists every rule of the host, so that each can be required to have its
// sentence.
func Rules() []handshake.Why { return table[:] }

func (r Rule) why() handshake.Why { return table[r] }

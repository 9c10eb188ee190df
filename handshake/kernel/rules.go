package kernel

import "sockscope/handshake"

// rule is something that the kernel does and RFC 9293 3.10 leaves open, or sees
// otherwise.
type rule uint8

const (
	retransmits rule = iota
	delaysACK
	acksLate
	holdsBack
	probesWindow
	probesPeer
	forgetsTimeWait
	forgetsFinWait
	givesUp
	heldAgain
	acceptQueueFull
	acceptQueueFullACK
	cookieSent
	cookieChild
	limits
	resetsUnread
	resetsOrphan
	resetsWithACK
	reusesTimeWait
	repeatsSynACK
	pushes
	otherwise
	speaksByItself
	programActs
	programSays
	programEnds
)

var table = [...]handshake.Why{
	retransmits:        {Rule: "kernel-retransmits", Cite: "RFC 6298 5.4"},
	delaysACK:          {Rule: "kernel-delays-ack", Cite: "RFC 9293 3.8.6.3"},
	acksLate:           {Rule: "kernel-acks-late", Cite: "RFC 9293 3.8.6.3"},
	holdsBack:          {Rule: "kernel-holds-back", Cite: "RFC 9293 3.7.4"},
	probesWindow:       {Rule: "kernel-probes-window", Cite: "RFC 9293 3.8.6.1"},
	probesPeer:         {Rule: "kernel-probes-peer", Cite: "RFC 9293 3.8.4"},
	forgetsTimeWait:    {Rule: "kernel-forgets-time-wait", Cite: "RFC 9293 3.6.1"},
	forgetsFinWait:     {Rule: "kernel-forgets-fin-wait", Cite: "RFC 9293 3.6"},
	givesUp:            {Rule: "kernel-gives-up", Cite: "RFC 9293 3.8.3"},
	heldAgain:          {Rule: "kernel-held-again", Cite: "RFC 6298 5.5"},
	acceptQueueFull:    {Rule: "kernel-queue-full", Cite: "RFC 4987 2.2"},
	acceptQueueFullACK: {Rule: "kernel-queue-full-ack", Cite: "POSIX listen()"},
	cookieSent:         {Rule: "kernel-cookie-sent", Cite: "RFC 4987 3.6"},
	cookieChild:        {Rule: "kernel-cookie-child", Cite: "RFC 4987 3.6"},
	limits:             {Rule: "kernel-limits", Cite: "RFC 5961 7"},
	resetsUnread:       {Rule: "kernel-resets-unread", Cite: "RFC 9293 3.6.1"},
	resetsOrphan:       {Rule: "kernel-resets-orphan", Cite: "RFC 9293 3.6.1"},
	resetsWithACK:      {Rule: "kernel-depart-rst-ack", Cite: "RFC 9293 3.5.2"},
	reusesTimeWait:     {Rule: "kernel-reuses-time-wait", Cite: "RFC 9293 3.6.1"},
	repeatsSynACK:      {Rule: "kernel-repeats-syn-ack", Cite: "RFC 9293 3.10.7.4 first"},
	pushes:             {Rule: "kernel-pushes", Cite: "RFC 9293 3.9.1.2"},
	otherwise:          {Rule: "kernel-otherwise", Cite: "RFC 9293 3.10"},
	speaksByItself:     {Rule: "kernel-speaks", Cite: "RFC 9293 3.10.8"},
	programActs:        {Rule: "kernel-program-acts", Cite: "RFC 9293 3.9.1"},
	programSays:        {Rule: "kernel-program-says", Cite: "POSIX write()"},
	programEnds:        {Rule: "kernel-program-ends", Cite: "POSIX exit()"},
}

// Rules lists every rule of the kernel, so that each can be required to have its sentence.
func Rules() []handshake.Why { return table[:programActs] }

// ProgramRules lists those of a program of the user's own, likewise.
func ProgramRules() []handshake.Why { return table[programActs:] }

func (r rule) why() handshake.Why { return table[r] }

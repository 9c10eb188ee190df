// Package tcp is RFC 9293 section 3.10 as one pure function: what a TCP does when
// something happens to it. It keeps no clock, draws no number, sends nothing and
// writes nothing: time and initial sequence numbers come in with the [Event], and
// what would be sent, said or learnt comes out in the [Outcome], with the rules of
// the RFC that fired.
//
// # Limitations
//
// Behind a gap at most [MaxHeld] texts are kept, and of what the other end has beyond one
// at most [MaxSACK] blocks are remembered: what does not fit is sent again.
package tcp

import (
	"strconv"
	"time"
)

// State is one of the eleven states of RFC 9293 3.3.2. CLOSED is fictional: there
// is no TCB, so the zero TCB is CLOSED.
type State uint8

// The states of RFC 9293 3.3.2. Never compare them with <.
const (
	Closed      State = iota // no connection state at all
	Listen                   // waiting for a connection request from any remote TCP
	SynSent                  // a SYN was sent; waiting for a matching one
	SynReceived              // SYNs went both ways; waiting for the ACK of ours
	Established              // open: data goes both ways
	FinWait1                 // we have closed; our FIN is not acknowledged yet
	FinWait2                 // our FIN is acknowledged; waiting for the other's
	CloseWait                // the other's FIN came; waiting for our user to close
	Closing                  // FINs crossed; waiting for the ACK of ours
	LastAck                  // both FINs sent; waiting for the ACK of ours, then done
	TimeWait                 // waiting 2 MSL, for old segments to die
)

// States lists every state, in the order of RFC 9293 3.3.2 with CLOSED first.
var States = [...]State{
	Closed, Listen, SynSent, SynReceived, Established,
	FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait,
}

var stateNames = [...]string{
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED",
	"FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
}

// String gives the RFC's spelling: "SYN-RECEIVED".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// TCB is the record that holds a connection's variables (RFC 9293 3.3.1): a plain
// value. == compares two, an assignment is a snapshot.
type TCB struct {
	State   State
	Passive bool // it began with a passive OPEN, which decides what a RST in SYN-RECEIVED does (3.10.7.4 second)
	Remote  bool // the other end's socket is known, so an active OPEN is possible (3.10.1)

	// Settings is what the user has asked for.
	Settings Settings

	SND SendSequence
	RCV ReceiveSequence
	ISS uint32 // initial send sequence number
	IRS uint32 // initial receive sequence number

	// SMSS is the largest text that the other end takes in one segment: the MSS of its
	// SYN, 536 without one (RFC 9293 3.7.1, MUST-15).
	SMSS uint16

	// Queue holds the octets of SENDs that are not acknowledged yet, in order. The
	// sent ones come first.
	Queue string
	// Unread counts the octets that came in order and that no RECEIVE has taken yet.
	// They themselves left in Outcome.Text; the count is what closes the window.
	Unread uint32
	// Push is the sequence number behind the last octet of the last SEND with the
	// PUSH flag: the segment that brings the text up to there carries PSH (3.9.1.2).
	Push uint32
	// Receives counts RECEIVE calls that wait for text (3.10.3).
	Receives uint8
	// FinQueued: a CLOSE came and its FIN waits behind Queue or for ESTABLISHED (3.10.4).
	FinQueued bool
	// FinSent: our FIN is in the sequence space before SND.NXT.
	FinSent bool

	// Agreed is what both SYNs have offered.
	Agreed Agreed
	// Sacked are the runs of octets beyond SND.UNA that the other end has, in order (RFC
	// 2018 4).
	Sacked [MaxSACK]Block
	// Congestion is the network's part in how much may be on its way (RFC 5681).
	Congestion Congestion
	// LastACK is the number that was acknowledged last (RFC 7323 4.3, Last.ACK.sent).
	LastACK uint32
	// LastSent is when text or a FIN last left (RFC 5681 4.1).
	LastSent time.Duration

	// Was is the incarnation that this one has replaced in TIME-WAIT, until it is ESTABLISHED.
	Was Incarnation

	// Held are segments' texts that arrived out of order, the last to come first (RFC 9293
	// 3.10.7.4 first, SHLD-31; RFC 2018 4).
	Held [MaxHeld]Held

	// Timers are deadlines on the caller's clock; zero is off. Every timer started
	// by an event at Now is due after Now, so zero is never a deadline.
	Timers Timers
	// SRTT, RTTVAR and RTO are the smoothed round-trip time, its variation and the
	// retransmission timeout (RFC 6298 2). RTO is set from the first SYN on, the
	// others once a round trip was Measured, which may take no time at all.
	SRTT, RTTVAR, RTO time.Duration
	// Timed is the segment whose round trip is being measured.
	Timed Timed
	// Retransmissions counts how often the front of the queue was sent again.
	Retransmissions uint8
	// Probes counts the zero-window or keep-alive probes that nothing has answered.
	Probes uint8
	// Challenges counts the challenge ACKs since Challenged, the start of the interval
	// that limits them (RFC 5961 7).
	Challenges uint8
	Challenged time.Duration
	// Measured: there was a sample, so the next one is not the first (RFC 6298 2.2, 2.3).
	Measured bool
}

// Incarnation is what is kept of a connection in TIME-WAIT that a SYN has reopened: all
// that an end needs to return there "if the SYN turns out to be an old duplicate" (RFC 9293
// 3.6.1). The zero Incarnation is none.
type Incarnation struct {
	SND, RCV uint32        // SND.NXT and RCV.NXT
	TimeWait time.Duration // when its TIME-WAIT ends
}

// Timed is a segment whose round trip is being measured, one at a time (RFC 6298 3).
// The zero Timed is none.
type Timed struct {
	SEQ  uint32        // its first number
	On   bool          // there is one
	Sent time.Duration // when, on the caller's clock
}

// SendSequence holds the send sequence variables (RFC 9293 3.3.1, figure 3).
//
//	     1         2          3          4
//	----------|----------|----------|----------
//	       SND.UNA    SND.NXT    SND.UNA
//	                            +SND.WND
//
//	1  old, acknowledged     3  allowed, not sent yet
//	2  sent, not yet         4  not allowed yet
//	   acknowledged
type SendSequence struct {
	UNA uint32 // oldest unacknowledged sequence number
	NXT uint32 // next sequence number to be sent
	WND uint32 // send window, octets
	MAX uint32 // MAX.SND.WND, the largest that SND.WND has been, octets (RFC 9293 3.10.7.4 fifth)
	UP  uint32 // send urgent pointer
	WL1 uint32 // SEG.SEQ of the last window update
	WL2 uint32 // SEG.ACK of the last window update
}

// ReceiveSequence holds the receive sequence variables (RFC 9293 3.3.1, figure 4).
//
//	    1          2          3
//	----------|----------|----------
//	       RCV.NXT    RCV.NXT
//	                 +RCV.WND
//
//	1  old, acknowledged     2  allowed     3  not allowed yet
type ReceiveSequence struct {
	NXT uint32 // next sequence number expected
	WND uint32 // receive window, octets
	UP  uint32 // receive urgent pointer
}

// MaxHeld bounds the out-of-order texts of a TCB: enough for every lesson that
// loses or swaps segments by hand; what does not fit is dropped and retransmitted.
const MaxHeld = 4

// Held is a segment that arrived before what precedes it, or text that came with
// a SYN and waits for ESTABLISHED. The zero Held is a free place.
type Held struct {
	SEQ  uint32
	ACK  uint32
	WND  uint16
	UP   uint16
	CTL  CTL  // the bits that count later: ACK, URG
	FIN  bool // a FIN stands behind the text
	Text string
}

// Timers are the three timers of RFC 9293 3.10.8, and those of 3.8.4, 3.8.6.1 and
// 3.8.6.3, as deadlines. Zero is off.
type Timers struct {
	User           time.Duration
	Retransmission time.Duration
	TimeWait       time.Duration
	Persist        time.Duration
	DelayedACK     time.Duration
	KeepAlive      time.Duration
}

// Event is what can happen to a TCP: the user's calls, a segment, a timeout
// (RFC 9293 3.10). Each carries Now, the caller's clock, which never goes back.
//
//sumtype:decl
type Event interface{ event() }

// The events of RFC 9293 3.10. Those that can begin a connection carry ISS, the
// initial send sequence number to use if they do (3.4.1).
type (
	// Open is the OPEN call, 3.10.1.
	Open struct {
		Now    time.Duration
		ISS    uint32
		Active bool
		Remote bool // the remote socket is specified
		NoRoom bool // the host has no room for another TCB

		Settings Settings
	}
	// Send is the SEND call, 3.10.2.
	Send struct {
		Now    time.Duration
		ISS    uint32
		Text   string
		Push   bool // the PUSH flag
		Urgent bool // the URGENT flag
	}
	// Receive is the RECEIVE call, 3.10.3, for up to Octets octets.
	Receive struct {
		Now    time.Duration
		Octets uint32
	}
	// Close is the CLOSE call, 3.10.4.
	Close struct{ Now time.Duration }
	// Abort is the ABORT call, 3.10.5.
	Abort struct{ Now time.Duration }
	// Status is the STATUS call, 3.10.6.
	Status struct{ Now time.Duration }
	// SegmentArrives is 3.10.7.
	SegmentArrives struct {
		Now     time.Duration
		ISS     uint32
		Segment Segment
		// Listening: somebody listens to the local socket, so a SYN may begin anew what is in
		// TIME-WAIT, with ISS (3.6.1, MAY-2).
		Listening bool
	}
	// UserTimeout, RetransmissionTimeout and TimeWaitTimeout are 3.10.8.
	UserTimeout           struct{ Now time.Duration }
	RetransmissionTimeout struct{ Now time.Duration }
	TimeWaitTimeout       struct{ Now time.Duration }
	// PersistTimeout is 3.8.6.1, and the override timeout of 3.8.6.2.1.
	PersistTimeout struct{ Now time.Duration }
	// DelayedACKTimeout is 3.8.6.3.
	DelayedACKTimeout struct{ Now time.Duration }
	// KeepAliveTimeout is 3.8.4.
	KeepAliveTimeout struct{ Now time.Duration }
	// Set changes the settings of a connection in mid-life: the timeout of a SEND
	// (3.9.1.2), Nagle's algorithm (3.7.4, MUST-17), keep-alives (3.8.4, MUST-24).
	Set struct {
		Now      time.Duration
		Settings Settings
	}
)

func (Open) event()                  {}
func (Send) event()                  {}
func (Receive) event()               {}
func (Close) event()                 {}
func (Abort) event()                 {}
func (Status) event()                {}
func (SegmentArrives) event()        {}
func (UserTimeout) event()           {}
func (TimeWaitTimeout) event()       {}
func (RetransmissionTimeout) event() {}
func (PersistTimeout) event()        {}
func (DelayedACKTimeout) event()     {}
func (KeepAliveTimeout) event()      {}
func (Set) event()                   {}

// Signals is a set of what the user is told: answers to his calls and signals
// that come by themselves (RFC 9293 3.10).
type Signals uint16

// The signals and error answers of RFC 9293 3.10, in the RFC's words.
const (
	ConnectionReset       Signals = 1 << iota // "connection reset"
	ConnectionRefused                         // "connection refused"
	ConnectionClosing                         // "connection closing"
	UserTimeoutAbort                          // "connection aborted due to user timeout"
	ConnectionNotExist                        // "connection does not exist"
	ConnectionExists                          // "connection already exists"
	RemoteUnspecified                         // "remote socket unspecified"
	InsufficientResources                     // "insufficient resources"
	UrgentData                                // urgent data is ahead (3.10.7.4 sixth)
	DeliveryProblem                           // R1 retransmissions in vain (3.8.3)
)

// Outcome is what became of an event.
//
// If the event is a call, Signals answers it; none is "ok". A CLOSE or ABORT that
// deletes the TCB succeeds: its signal is for the calls that wait.
//
// Text has left the machine when it stands here: the caller keeps it for its user.
// If a RECEIVE waited, the text is its answer and TCB.Receives is one less; else
// TCB.Unread counts it until RECEIVEs take it, and is less by what each may have.
type Outcome struct {
	TCB      TCB       // a plain comparable value: == works, a copy is a snapshot
	Segments []Segment // to send, in order
	Text     string    // octets now in order for the user
	Signals  Signals   // a bit set: connection reset, closing, ...
	Rules    []Rule    // which sentences of the RFC fired, in order; never none

	again again         // what an ACK lets go again
	now   time.Duration // of the event
}

// Step is the pure face of [Outcome.Step].
func Step(t TCB, e Event) Outcome {
	o := Outcome{TCB: t}
	o.Step(e)
	return o
}

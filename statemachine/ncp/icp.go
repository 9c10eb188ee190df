package ncp

import (
	"encoding/binary"
	"strconv"
	"time"

	"sockscope/rfc147"
)

// ICPState is how far an Initial Connection Protocol has come.
type ICPState uint8

// The states of an ICP, with the steps of RFC 165 p.4 that they wait for.
const (
	ICPIdle       ICPState = iota // not begun
	ICPContacting                 // for the match of the first connection: S2, U2
	ICPContacted                  // for the allocation (S4), or for the socket number (U4)
	ICPPairing                    // for the matches of the two connections
	ICPDone                       // both are open
	ICPFailed                     // they will not be
)

var icpStateNames = [...]string{"IDLE", "CONTACTING", "CONTACTED", "PAIRING", "DONE", "FAILED"}

// String gives the name that a screen shows: "PAIRING".
func (s ICPState) String() string {
	if int(s) < len(icpStateNames) {
		return icpStateNames[s]
	}
	return "ICPState(" + strconv.Itoa(int(s)) + ")"
}

// ICP is one run of the Initial Connection Protocol at one end (RFC 165): from the socket
// that everybody knows to a pair of connections that belong to two processes. It does the
// calls of a process at an NCP. [ICP.Begin] makes the first, and [ICP.Told] what follows from
// each thing that the NCP tells about one of its connections.
//
//	server                          user
//	listens on L
//	STR L -> U            <---->    RTS U <- L          one connection, of 32-bit bytes
//	                      <----     ALL 1 message, 32 bits
//	the number S          ---->
//	CLS                   <---->    CLS
//	RTS S <- U+3, STR S+1 -> U+2    STR U+3 -> S, RTS U+2 <- S+1
//
// Neither end waits for one match before it asks for the other: if both began with their
// send sockets, neither would ever come (RFC 202 p.1).
type ICP struct {
	Server bool // this end is the server
	State  ICPState

	Host uint8         // the other end; the server learns it
	L    rfc147.Socket // the server's contact socket, which sends: odd
	U    rfc147.Socket // the user's, which receives: even; its pair is U+2, U+3. The server learns it
	S    rfc147.Socket // the server's pair is S, S+1: even. The user learns it
	// Size is the byte size that this end sends with, Wanted the only one that it takes from the
	// other; 0 is any (RFC 165 p.3, Bs and Bu).
	Size, Wanted uint8

	sending, receiving bool // which of the pair is open
	octets             [4]byte
}

// contactSize is the byte size of the first connection; the number may also come as four
// bytes of 8 bits (RFC 165 p.4 and 5).
const contactSize = 32

// Contact names the first connection.
func (p *ICP) Contact() Key {
	if p.Server {
		return Key{Host: p.Host, Local: p.L, Foreign: p.U}
	}
	return Key{Host: p.Host, Local: p.U, Foreign: p.L}
}

// Sending and Receiving name the two connections of the pair.
func (p *ICP) Sending() Key {
	if p.Server {
		return Key{Host: p.Host, Local: p.S + 1, Foreign: p.U + 2}
	}
	return Key{Host: p.Host, Local: p.U + 3, Foreign: p.S}
}

// Receiving is documented with [ICP.Sending].
func (p *ICP) Receiving() Key {
	if p.Server {
		return Key{Host: p.Host, Local: p.S, Foreign: p.U + 3}
	}
	return Key{Host: p.Host, Local: p.U + 2, Foreign: p.S + 1}
}

// Begin listens on L, or asks the server's L for a connection. What became of the call is
// in o, as after [NCP.Step]; if it was refused, the state is FAILED.
func (p *ICP) Begin(n *NCP, now time.Duration, o *Outcome) {
	t := turn{NCP: n, Outcome: o, now: now}
	t.begin()
	p.State = ICPContacting
	if p.Server {
		t.fire(icpListens)
		t.listen(Listen{Local: p.L, Size: contactSize})
	} else {
		t.fire(icpAsks)
		t.init(p.Contact(), 0)
	}
	if t.Answer != OK {
		p.State = ICPFailed
	}
	t.settle()
}

// Told takes what an NCP has told about a connection of this run; anything else is passed
// over, with a rule that says so. What follows from it is in o, as after [NCP.Step]: use it
// before p is copied, for a message may hold its octets.
func (p *ICP) Told(n *NCP, now time.Duration, tell Tell, o *Outcome) {
	t := turn{NCP: n, Outcome: o, now: now}
	t.begin()
	switch {
	case p.State == ICPContacting && p.Server && tell.Signal == Opened && tell.Local == p.L:
		t.fire(icpMatched)
		p.Host, p.U, p.State = tell.Host, tell.Foreign, ICPContacted
	case p.State == ICPIdle, p.State == ICPDone, p.State == ICPFailed:
		t.fire(icpPassedOver)
	case tell.Key == p.Contact():
		p.contact(&t, tell)
	case p.State == ICPPairing && (tell.Key == p.Sending() || tell.Key == p.Receiving()):
		p.pair(&t, tell)
	default:
		t.fire(icpPassedOver)
	}
	t.Answer = OK
	t.settle()
}

// contact is what is told about the first connection.
func (p *ICP) contact(t *turn, tell Tell) {
	switch tell.Signal {
	case Opened: // U3; the server's is Told's
		t.fire(icpAllocates)
		t.allocate(tell.Key, 1, contactSize)
		p.State = ICPContacted
	case Allocated:
		p.sendNumber(t, tell.Key)
	case Arrived:
		p.readNumber(t, tell)
	case Refused, SizeUnwanted, ForeignClosed, Ended, Unanswered, WasReset, HostDead, Lost:
		if p.State == ICPPairing {
			t.fire(icpPassedOver) // it has done its work
			return
		}
		p.fail(t)
	case Returned, Interrupted, EchoReplied, EchoUnanswered, ResetReplied, ResetUnanswered, ErrorReported, IMPSaid:
		t.fire(icpPassedOver)
	}
}

// sendNumber is S5 to S8: the number S, the CLS, and both RFCs at once.
func (p *ICP) sendNumber(t *turn, contact Key) {
	if !p.Server || p.State != ICPContacted {
		t.fire(icpPassedOver)
		return
	}
	binary.BigEndian.PutUint32(p.octets[:], uint32(p.S))
	t.Sent = 0
	t.send(contact, p.octets[:], 0, 1)
	if t.Sent == 0 {
		t.fire(icpWaits) // for more room, or for an RFNM
		return
	}
	t.fire(icpSendsNumber)
	t.close(contact)
	p.both(t)
}

// readNumber is U4 to U7: the number S, the CLS, and both RFCs at once.
func (p *ICP) readNumber(t *turn, tell Tell) {
	bits := int(tell.Size) * int(tell.Count)
	if p.State != ICPContacted || bits != contactSize || tell.Size != 8 && tell.Size != contactSize || tell.Text[3]&1 != 0 {
		t.fire(icpBadNumber)
		p.fail(t)
		return
	}
	t.fire(icpReadsNumber)
	p.S = rfc147.Socket(binary.BigEndian.Uint32(tell.Text))
	t.close(tell.Key)
	p.both(t)
}

// both asks for the two connections of the pair, that of S and U+3 first, and waits for
// neither (RFC 202 p.2).
func (p *ICP) both(t *turn) {
	t.fire(icpAsksForBoth)
	p.State = ICPPairing
	first, size := p.Receiving(), p.Wanted
	second, other := p.Sending(), p.Size
	if !p.Server {
		first, size, second, other = second, other, first, size
	}
	t.init(first, size)
	if t.Answer == OK {
		t.init(second, other)
	}
	if t.Answer != OK {
		p.fail(t)
	}
}

// pair is what is told about one of the two connections.
func (p *ICP) pair(t *turn, tell Tell) {
	switch tell.Signal {
	case Opened:
		if tell.Key == p.Sending() {
			p.sending = true
		} else {
			p.receiving = true
		}
		if !p.sending || !p.receiving {
			t.fire(icpHalf)
			return
		}
		t.fire(icpDone)
		p.State = ICPDone
	case Refused, SizeUnwanted, ForeignClosed, Ended, Unanswered, WasReset, HostDead:
		p.fail(t)
	case Arrived, Allocated, Returned, Interrupted, Lost, EchoReplied, EchoUnanswered, ResetReplied, ResetUnanswered, ErrorReported, IMPSaid:
		t.fire(icpPassedOver)
	}
}

// fail ends the run, and whatever it has begun.
func (p *ICP) fail(t *turn) {
	t.fire(icpFails)
	keys := []Key{p.Contact()}
	if p.State == ICPPairing {
		keys = append(keys, p.Sending(), p.Receiving())
	}
	p.State = ICPFailed
	for _, k := range keys {
		if c := t.Connection(k); c.owned && c.State != CLSWait && c.State != CLSSent {
			t.close(k)
		}
	}
}

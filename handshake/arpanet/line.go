package arpanet

import (
	"slices"

	"sockscope/rfc147/hosthost"
)

// MaxMessage is how long a message is at most, in octets: 8095 bits with its leader
// (RFC 381), in whole words.
const MaxMessage = 1012

// Framing is how an IMP puts its regular messages into datagrams. All else that it says is
// one datagram, and a host's messages are taken in either framing.
type Framing uint8

// The framings.
const (
	OneDatagram Framing = iota // a message is one datagram, marked LAST, as linux-ncp has it
	Packets                    // one datagram for each packet and an empty one marked LAST, as the real IMP has it
)

// How many octets of a message lie in one datagram of a real IMP: 63 words, of the first 65,
// for its leader is not in a packet.
const (
	firstPacket = 130
	laterPacket = 126
)

// flaw is what is wrong with a message that is coming in.
type flaw uint8

const (
	sound    flaw = iota
	inLeader      // the error flip-flop was set before the leader had come
	inData        // or after it
	tooLong
	answered // it was answered before its end, the rest is discarded
)

// receiver is the end of a line at which datagrams come in: a host's, or an IMP's.
type receiver struct {
	expected uint32 // the next datagram's number
	ready    bool   // the other end's ready line
	begun    string // what has come of a message, at most MaxMessage octets
	flaw     flaw   // of that message
}

// arrival is what a datagram has brought to an end.
type arrival struct {
	restarted bool // the other end has begun again
	ended     bool // a message has ended:
	message   string
	flaw      flaw
}

// take takes one datagram and names the rules that fired.
func (r *receiver) take(b []byte) (a arrival, fired []Rule) {
	d, carried, err := hosthost.ReadDatagram(b)
	if err != nil {
		return a, []Rule{DatagramMalformed}
	}
	accepted, fired := r.inSequence(d.Sequence)
	if !accepted {
		return a, fired
	}
	a.restarted = slices.Contains(fired, SequenceRestarted)
	if up := d.Flags.Has(hosthost.Ready); up != r.ready {
		r.ready = up
		if fired = append(fired, ReadyDropped); up {
			fired[len(fired)-1] = ReadyRaised
		}
	}
	if len(carried) == 0 && !r.underWay() {
		return a, fired // news of the ready line, no more
	}
	if !r.ready {
		r.spoil()
	}
	r.collect(carried)
	if !d.Flags.Has(hosthost.Last) {
		return a, append(fired, MessageGoesOn)
	}
	a.ended, a.message, a.flaw = true, r.begun, r.flaw
	r.begun, r.flaw = "", sound
	return a, fired
}

// inSequence says whether a datagram with this number is taken, and expects the one after
// it. The rule is that of both programs: 0 out of turn is a new beginning, a lower number is
// old, a higher one means that some were lost.
func (r *receiver) inSequence(number uint32) (accepted bool, fired []Rule) {
	switch {
	case number == r.expected:
	case number == 0:
		*r, fired = receiver{}, []Rule{SequenceRestarted}
	case number < r.expected:
		return false, []Rule{SequenceOld}
	default:
		fired = []Rule{SequenceGap}
		if r.underWay() { // a piece of it is lost
			r.spoil()
		}
	}
	r.expected = number + 1
	return true, fired
}

// underWay says whether a message has begun and not ended.
func (r *receiver) underWay() bool { return r.begun != "" || r.flaw != sound }

// collecting says whether a message has begun that waits for its end.
func (r *receiver) collecting() bool { return r.underWay() && r.flaw != answered }

// spoil sets the error flip-flop for the message that is coming in.
func (r *receiver) spoil() {
	if r.flaw != sound {
		return
	}
	if r.flaw = inData; len(r.begun) < hosthost.LeaderLen {
		r.flaw = inLeader
	}
}

func (r *receiver) collect(carried []byte) {
	if r.flaw == answered {
		return
	}
	if room := MaxMessage - len(r.begun); len(carried) > room {
		carried = carried[:room]
		if r.flaw == sound {
			r.flaw = tooLong
		}
	}
	r.begun += string(carried)
}

// sender is the end of a line from which datagrams leave.
type sender struct {
	next    uint32 // the next datagram's number
	framing Framing
}

// datagram is the next one. A number that would be 0 again is left out, for 0 says that the
// sender has begun again.
func (s *sender) datagram(flags hosthost.DatagramFlags, carried []byte) []byte {
	b := hosthost.AppendDatagram(nil, s.next, flags, carried)
	if s.next++; s.next == 0 {
		s.next++
	}
	return b
}

// message puts a message into datagrams, regular ones in the sender's framing.
func (s *sender) message(message []byte) [][]byte {
	l, err := hosthost.ReadLeader(message)
	if s.framing == OneDatagram || err != nil || l.Type != hosthost.Regular {
		return [][]byte{s.datagram(hosthost.Ready|hosthost.Last, message)}
	}
	first := min(firstPacket, len(message))
	all := [][]byte{s.datagram(hosthost.Ready, message[:first])}
	for packet := range slices.Chunk(message[first:], laterPacket) {
		all = append(all, s.datagram(hosthost.Ready, packet))
	}
	return append(all, s.datagram(hosthost.Ready|hosthost.Last, nil))
}

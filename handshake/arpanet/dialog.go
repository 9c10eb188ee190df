package arpanet

import (
	"encoding/binary"
	"time"

	"sockscope/rfc147"
	"sockscope/statemachine/ncp"
)

const (
	octet = 8 // the byte size of both connections of a pair, and the only one that linux-ncp has

	// room is how many octets an ALL of ours has room for, in one message: what linux-ncp grants.
	room = 232
	// unhurried is how long the other end has for the ICP, and for taking what is left to say:
	// an ICP was "timed out" after 60 s in 1971, too (RFC 287).
	unhurried = time.Minute
)

// dialog is one process at one end of an ICP and then of its pair of connections. What the
// NCP tells it drives it; it keeps no more text than one ALL has asked for, and what that has
// made its resident say.
type dialog struct {
	icp      ncp.ICP
	service  *Service // nil if it is ours that calls
	resident resident // who speaks, once the pair is open; nil if it is the caller
	moment   bool     // the number that comes is the time, and all there is (RFC 738)
	until    time.Duration

	contact  bool   // the first connection is there, or asked for
	out      []byte // to be said
	in       []byte // for the caller, who has not taken it yet
	granted  bool   // one message may come
	deaf     bool   // nothing more comes
	mute     bool   // nothing more is said
	closing  bool   // when all is said, both connections close
	finished bool   // it has closed, or failed
	time     uint32 // what a moment has brought
	err      error  // why it failed
}

// begin listens, or asks for the first connection.
func (d *dialog) begin(s *station) ncp.Answer {
	d.icp.Begin(s.ncp, s.now, &s.outcome)
	answer := s.absorb().Answer
	if answer == ncp.OK {
		d.contact = true
		s.dialogs = append(s.dialogs, d)
	}
	return answer
}

// listens says whether it waits for whoever comes to that socket.
func (d *dialog) listens(local rfc147.Socket) bool {
	return d.icp.Server && d.icp.State == ncp.ICPContacting && d.icp.L == local
}

// owns says whether what the NCP tells about a connection is for this process.
func (d *dialog) owns(k ncp.Key) bool {
	if d.contact && k == d.icp.Contact() && !d.listens(k.Local) {
		return true
	}
	return d.paired() && (k == d.icp.Sending() || k == d.icp.Receiving())
}

// paired says whether both ends' sockets of the pair are known.
func (d *dialog) paired() bool { return d.icp.S != 0 && d.icp.State != ncp.ICPContacting }

// expects says whether an RFC that has come early is for the pair that will be asked for.
func (d *dialog) expects(k ncp.Key) bool {
	if d.finished || d.moment || k.Host != d.icp.Host {
		return false
	}
	first := d.icp.U + 2
	if d.icp.Server {
		first = d.icp.S
	}
	return k.Local == first || k.Local == first+1
}

// over says whether it has ended and left nothing in the NCP's table.
func (d *dialog) over(s *station) bool {
	return d.finished && s.ncp.Connection(d.icp.Contact()).State == ncp.None &&
		s.ncp.Connection(d.icp.Sending()).State == ncp.None && s.ncp.Connection(d.icp.Receiving()).State == ncp.None
}

// told hears what the NCP tells about one of its connections.
func (d *dialog) told(s *station, t ncp.Tell) {
	switch {
	case d.listens(t.Local):
		d.until = s.now + unhurried
	case t.Key == d.icp.Contact():
		d.contact = d.contact && !ends(t.Signal)
		if d.moment && d.icp.State == ncp.ICPContacted {
			d.momentTold(s, t)
			return
		}
	case d.icp.State == ncp.ICPDone:
		d.pairTold(s, t)
		return
	}
	was := d.icp.State
	d.icp.Told(s.ncp, s.now, t, &s.outcome)
	s.absorb()
	if d.icp.State == was {
		return
	}
	switch d.icp.State {
	case ncp.ICPDone:
		d.opened(s)
	case ncp.ICPFailed:
		d.fail(s, t.Signal)
	case ncp.ICPIdle, ncp.ICPContacting, ncp.ICPContacted, ncp.ICPPairing:
	}
}

// ends says whether a signal is the last about a connection.
func ends(g ncp.Signal) bool {
	switch g {
	case ncp.Ended, ncp.Refused, ncp.WasReset, ncp.HostDead:
		return true
	case ncp.Opened, ncp.SizeUnwanted, ncp.Arrived, ncp.Allocated, ncp.Returned, ncp.Interrupted, ncp.Lost, ncp.ForeignClosed, ncp.Unanswered,
		ncp.EchoReplied, ncp.EchoUnanswered, ncp.ResetReplied, ncp.ResetUnanswered, ncp.ErrorReported, ncp.IMPSaid:
	}
	return false
}

// momentTold is the whole of RFC 738: 32 bits, the seconds since 1900, and both ends close.
func (d *dialog) momentTold(s *station, t ncp.Tell) {
	switch {
	case t.Signal == ncp.Allocated && d.icp.Server && !d.finished:
		var octets [4]byte
		binary.BigEndian.PutUint32(octets[:], since1900(s.epoch.Add(s.now)))
		if s.step(ncp.Send{Now: s.now, Key: t.Key, Text: octets[:], Count: 1}).Sent == 0 {
			return // it waits for more room, or for an RFNM
		}
		d.finish(s)
	case t.Signal == ncp.Arrived && !d.icp.Server && len(t.Text) == 4:
		d.time = binary.BigEndian.Uint32(t.Text)
		d.finish(s)
	case t.Signal != ncp.Allocated && !d.finished:
		d.fail(s, t.Signal)
	}
}

// opened begins the talk.
func (d *dialog) opened(s *station) {
	d.until = 0
	if d.service != nil {
		d.resident = d.service.start()
		d.out = d.resident.greets(rfc147.End{Host: d.icp.Host, Socket: d.icp.U}, s.number)
	}
	d.flow(s)
}

// pairTold is what is told about one of the two connections, once both are open.
func (d *dialog) pairTold(s *station, t ncp.Tell) {
	receiving := t.Key == d.icp.Receiving()
	switch t.Signal {
	case ncp.Arrived:
		d.granted = false
		d.hears(t.Text)
	case ncp.ForeignClosed, ncp.Ended, ncp.Unanswered:
		if receiving {
			d.deaf = true
		} else {
			d.mute, d.out = true, nil
		}
		d.closing = d.closing || d.deaf || d.resident != nil // a caller hears the answer to the end
	case ncp.WasReset, ncp.HostDead, ncp.Lost:
		d.fail(s, t.Signal)
		return
	case ncp.Opened, ncp.Refused, ncp.SizeUnwanted, ncp.Allocated, ncp.Returned, ncp.Interrupted, ncp.EchoReplied,
		ncp.EchoUnanswered, ncp.ResetReplied, ncp.ResetUnanswered, ncp.ErrorReported, ncp.IMPSaid:
	}
	d.flow(s)
}

func (d *dialog) hears(text []byte) {
	switch {
	case d.resident == nil:
		d.in = append(d.in, text...)
	case !d.closing:
		say, all := d.resident.hears(text)
		d.out, d.closing = append(d.out, say...), all
	}
}

// flow says what may be said, gives room for more to come if there is nothing to do before,
// and closes when all is done.
func (d *dialog) flow(s *station) {
	if d.finished || d.icp.State != ncp.ICPDone {
		return
	}
	if len(d.out) > 0 {
		d.out = d.out[s.step(ncp.Send{Now: s.now, Key: d.icp.Sending(), Text: d.out, Count: len(d.out)}).Sent:]
	}
	switch {
	case d.closing && len(d.out) == 0 && len(d.in) == 0:
		d.finish(s)
	case d.closing && d.until == 0:
		d.until = s.now + unhurried
	case !d.closing && !d.granted && !d.deaf && len(d.in) == 0 && (len(d.out) == 0 || d.resident == nil):
		// A resident first says what it has to say. If a caller did likewise, both would wait.
		d.granted = true
		s.step(ncp.Allocate{Now: s.now, Key: d.icp.Receiving(), MsgSpace: 1, BitSpace: octet * room})
	}
}

// finish closes whatever it has, once.
func (d *dialog) finish(s *station) {
	if d.finished {
		return
	}
	d.finished, d.closing, d.until, d.out = true, true, 0, nil
	keys := []ncp.Key{d.icp.Contact()}
	if d.paired() {
		keys = append(keys, d.icp.Receiving(), d.icp.Sending())
	}
	for _, k := range keys {
		switch s.ncp.Connection(k).State {
		case ncp.RFCReceived, ncp.RFCSent, ncp.Open:
			s.step(ncp.Close{Now: s.now, Key: k})
		case ncp.None, ncp.CLSWait, ncp.CLSSent:
		}
	}
	if d.icp.State != ncp.ICPDone {
		d.icp.State = ncp.ICPFailed // or had no more to do
	}
}

// fail ends it for a reason.
func (d *dialog) fail(s *station, why ncp.Signal) {
	if d.err == nil && !d.finished {
		d.err = s.reason(why)
	}
	d.finish(s)
}

// expire ends what has taken too long.
func (d *dialog) expire(s *station) { d.fail(s, ncp.Unanswered) }

// hangUp ends it although there may be more to say, or to hear.
func (d *dialog) hangUp(s *station) {
	if d.listens(d.icp.L) {
		s.step(ncp.Unlisten{Now: s.now, Local: d.icp.L})
		d.icp.State, d.finished = ncp.ICPFailed, true
		return
	}
	d.finish(s)
}

// say lets a caller say more.
func (d *dialog) say(s *station, text []byte) {
	if !d.closing && !d.mute {
		d.out = append(d.out, text...)
	}
	d.flow(s)
}

// ceases lets a caller say no more, and hear on: each direction is closed by itself.
func (d *dialog) ceases(s *station) {
	if d.mute || d.finished {
		return
	}
	d.mute = true
	s.step(ncp.Close{Now: s.now, Key: d.icp.Sending()})
}

// take gives the caller what has come.
func (d *dialog) take(s *station) []byte {
	text := d.in
	d.in = nil
	d.flow(s)
	return text
}

package arpanet

import (
	"bytes"
	"slices"
	"time"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// station is a host without its line and its clock: the NCP, and the processes that use it. Its
// owner sets now, lets something happen, settles it, and sends the messages.
type station struct {
	number   uint8
	epoch    time.Time     // the zero of now
	now      time.Duration // never goes back
	ncp      *ncp.NCP
	outcome  ncp.Outcome // of the last step; its arrays are used again
	told     []ncp.Tell  // what the NCP has told and nobody has heard yet
	messages [][]byte    // for the IMP, in order
	services []Service
	dialogs  []*dialog
	echoes   [256]*echo
	known    [256]bool // hosts that need no RST, for something has come from them, or a RST has gone
	said     hosthost.Leader
	user     rfc147.Socket // U of the next call
	account  func(rfc147.Record)
}

// echo is an ECO that waits for its ERP.
type echo struct {
	over bool
	err  error
}

// step takes the NCP through an event and keeps what became of it.
func (s *station) step(e ncp.Event) *ncp.Outcome {
	s.ncp.Step(e, &s.outcome)
	return s.absorb()
}

func (s *station) absorb() *ncp.Outcome {
	o := &s.outcome
	for i := range o.Messages {
		s.messages = append(s.messages, o.Messages[i].Append(nil))
	}
	for _, t := range o.Told {
		t.Text = bytes.Clone(t.Text) // it lies in the message that has come
		s.told = append(s.told, t)
	}
	for _, c := range o.Closed {
		s.enter(c)
	}
	return o
}

// enter accounts for a connection that was open (RFC 147 p.3).
func (s *station) enter(c ncp.Connection) {
	if c.Opened && s.account != nil {
		s.account(c.Record(s.number, s.epoch))
	}
}

// arrives takes a message from the IMP.
func (s *station) arrives(message []byte) {
	s.said, _ = hosthost.ReadLeader(message) // the NCP judges it
	regular := s.said.Type == hosthost.Regular && len(message) >= hosthost.LeaderLen
	s.step(ncp.Arrives{Now: s.now, Message: message})
	if regular {
		s.known[s.said.Host] = true
		s.refuseUnwanted(message)
	}
	s.settle()
	s.said = hosthost.Leader{}
}

// refuseUnwanted answers by a CLS what the NCP has let wait although no process here will
// ever ask for it (NIC 8246 p.12).
func (s *station) refuseUnwanted(message []byte) {
	h, text, err := hosthost.ReadMessage(message)
	if err != nil || h.Leader.Link != hosthost.ControlLink {
		return
	}
	for len(text) > 0 {
		c, rest, _ := hosthost.Next(text)
		text = rest
		if c.Opcode != hosthost.RTS && c.Opcode != hosthost.STR {
			continue
		}
		k := ncp.Key{Host: h.Leader.Host, Local: c.Your, Foreign: c.My}
		if s.ncp.Connection(k).State == ncp.RFCReceived && !s.wants(k) {
			s.step(ncp.Close{Now: s.now, Key: k})
		}
	}
}

// wants says whether a process will come to ask for a connection: one that serves the
// contact socket, or one whose pair it belongs to.
func (s *station) wants(k ncp.Key) bool {
	return slices.ContainsFunc(s.services, func(v Service) bool { return v.Contact == k.Local }) ||
		slices.ContainsFunc(s.dialogs, func(d *dialog) bool { return d.expects(k) })
}

// settle lets the processes hear what they are told, and those listen who may, until nothing
// more follows.
func (s *station) settle() {
	for more := true; more; {
		for len(s.told) > 0 {
			t := s.told[0]
			s.told = s.told[1:]
			s.tell(t)
		}
		s.dialogs = slices.DeleteFunc(s.dialogs, func(d *dialog) bool { return d.over(s) })
		more = s.listen()
	}
}

// tell gives a process what it is told.
func (s *station) tell(t ncp.Tell) {
	switch t.Signal {
	case ncp.EchoReplied:
		s.endEcho(t.Host, nil)
		return
	case ncp.EchoUnanswered:
		s.endEcho(t.Host, s.reason(ncp.Unanswered))
		return
	case ncp.ResetReplied, ncp.ResetUnanswered, ncp.ErrorReported, ncp.IMPSaid:
		return
	case ncp.Opened, ncp.Refused, ncp.SizeUnwanted, ncp.Arrived, ncp.Allocated, ncp.Returned, ncp.Interrupted,
		ncp.Lost, ncp.ForeignClosed, ncp.Ended, ncp.Unanswered, ncp.WasReset, ncp.HostDead:
	}
	i := slices.IndexFunc(s.dialogs, func(d *dialog) bool { return d.owns(t.Key) })
	if i < 0 {
		i = slices.IndexFunc(s.dialogs, func(d *dialog) bool { return d.listens(t.Local) })
	}
	if i >= 0 {
		s.dialogs[i].told(s, t)
	}
}

func (s *station) endEcho(host uint8, err error) {
	if e := s.echoes[host]; e != nil {
		e.over, e.err, s.echoes[host] = true, err, nil
	}
}

// listen lets a process of each service wait for the next user, as long as there may be more.
// It says whether any has begun.
func (s *station) listen() (begun bool) {
	for i := range s.services {
		v := &s.services[i]
		taken := map[rfc147.Socket]bool{}
		waits := false
		for _, d := range s.dialogs {
			if d.service == v {
				taken[d.icp.S] = true
				waits = waits || d.listens(v.Contact)
			}
		}
		if waits || len(taken) >= v.users {
			continue
		}
		pair := v.pair
		for taken[pair] {
			pair += 2
		}
		d := &dialog{icp: ncp.ICP{Server: true, L: v.Contact, S: pair, Size: octet, Wanted: octet}, service: v, moment: v.start == nil}
		begun = d.begin(s) == ncp.OK || begun
	}
	return begun
}

// call asks a host's contact socket for a dialog. Whatever an earlier NCP of our number may
// have left at a host that we have not heard of yet, a RST makes it forget.
func (s *station) call(to uint8, contact rfc147.Socket, moment bool) (*dialog, ncp.Answer) {
	if !s.known[to] {
		s.known[to] = true
		s.step(ncp.Reset{Now: s.now, Host: to})
	}
	answer := ncp.SocketBusy
	for range pairsOfPlugs {
		d := &dialog{icp: ncp.ICP{Host: to, L: contact, U: s.user, Size: octet, Wanted: octet}, moment: moment, until: s.now + unhurried}
		s.user = s.user&^0xff | (s.user+4)&0xff // the next call has the next two plugs of the same user
		if answer = d.begin(s); answer != ncp.SocketBusy {
			return d, answer
		}
	}
	return nil, answer
}

// pairsOfPlugs is how many calls of one user there can be at a time: each takes two plugs.
const pairsOfPlugs = 64

// ping sends an ECO.
func (s *station) ping(to, data uint8) (*echo, ncp.Answer) {
	if a := s.step(ncp.Echo{Now: s.now, Host: to, Data: data}).Answer; a != ncp.OK {
		return nil, a
	}
	s.echoes[to] = &echo{}
	return s.echoes[to], ncp.OK
}

// deadline is when [station.timeout] has something to do; ok is false if never.
func (s *station) deadline() (when time.Duration, ok bool) {
	when, ok = s.ncp.Deadline()
	for _, d := range s.dialogs {
		if d.until != 0 && (!ok || d.until < when) {
			when, ok = d.until, true
		}
	}
	return when, ok
}

func (s *station) timeout() {
	s.step(ncp.Timeout{Now: s.now})
	for _, d := range s.dialogs {
		if d.until != 0 && d.until <= s.now {
			d.expire(s)
		}
	}
	s.settle()
}

// farewell closes all that there is, so that the other hosts need not find out by themselves.
func (s *station) farewell() {
	s.services = nil
	for _, d := range s.dialogs {
		d.hangUp(s)
	}
	for _, c := range s.ncp.Connections() {
		if c.State != ncp.CLSSent && c.State != ncp.CLSWait {
			s.step(ncp.Close{Now: s.now, Key: c.Key})
		}
	}
	s.settle()
}

// reason is the error of what has ended a dialog or an echo.
func (s *station) reason(why ncp.Signal) error {
	dead := s.said.Type == hosthost.DestinationDead
	switch {
	case dead && s.said.Subtype == impUnreachable:
		return ErrUnreachable
	case dead:
		return ErrHostDown
	}
	switch why {
	case ncp.Refused, ncp.ForeignClosed, ncp.Ended:
		return ErrRefused
	case ncp.WasReset, ncp.HostDead:
		return ErrReset
	case ncp.Lost:
		return ErrLost
	case ncp.Unanswered, ncp.EchoUnanswered, ncp.ResetUnanswered, ncp.ResetReplied, ncp.EchoReplied:
		return ErrUnanswered
	case ncp.Opened, ncp.SizeUnwanted, ncp.Arrived, ncp.Allocated, ncp.Returned, ncp.Interrupted, ncp.ErrorReported, ncp.IMPSaid:
	}
	return ErrProtocol
}

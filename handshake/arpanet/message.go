package arpanet

import (
	"slices"

	"sockscope/rfc147/hosthost"
)

// said is what a host has said to its IMP, whole.
func (o *Outcome) said(i *hostInterface, a arrival) {
	l, err := hosthost.ReadLeader([]byte(a.message))
	switch {
	case a.flaw == answered:
		o.fire(RestDiscarded)
	case a.flaw == inLeader:
		o.answer(i, ErrorOnLeader, hosthost.Leader{}, hosthost.ErrorInLeader, flipFlop)
	case err != nil:
		o.answer(i, LeaderShort, hosthost.Leader{}, hosthost.ErrorInLeader, shortLeader)
	case a.flaw == inData:
		o.answer(i, ErrorInData, l, hosthost.ErrorInData, 0)
	default:
		o.byType(i, a, l)
	}
}

func (o *Outcome) byType(i *hostInterface, a arrival, l hosthost.Leader) {
	switch l.Type {
	case hosthost.Regular:
		if a.flaw == tooLong {
			o.answer(i, MessageTooLong, l, hosthost.Incomplete, longMessage)
			return
		}
		o.regular(i, a.message, l)
		return
	case hosthost.NOP:
		o.fire(NOPDiscarded)
		return
	case hosthost.ErrorInLeader, hosthost.ErrorInData, hosthost.GoingDown:
		o.fire(HostReports)
		return
	case hosthost.Uncontrolled, hosthost.RFNM, hosthost.DeadHostStatus, hosthost.DestinationDead,
		hosthost.Incomplete, hosthost.InterfaceReset, hosthost.LongLeader: // and 11 to 14
	}
	o.answer(i, IllegalType, hosthost.Leader{}, hosthost.ErrorInLeader, badType)
}

// regular takes a message for another host, or lets it wait behind those that do.
func (o *Outcome) regular(i *hostInterface, message string, l hosthost.Leader) {
	if len(i.waiting) == 0 && o.admit(i, message, l) {
		return
	}
	if len(i.waiting) == MaxWaiting {
		o.answer(i, ResourcesUnavailable, l, hosthost.Incomplete, noneToBeHad)
		return
	}
	i.waiting = append(i.waiting, message)
	o.fire(FourOutstanding)
}

// admit takes a message into the network or answers that its destination is dead; false if
// it would be one too many.
func (o *Outcome) admit(i *hostInterface, message string, l hosthost.Leader) bool {
	switch {
	case l.Flags&hosthost.ForIMP != 0: // no IMP has hosts of its own here
		o.answer(i, HostDown, l, hosthost.DestinationDead, hostDown)
	case !o.Network.reaches(l.Host):
		o.answer(i, IMPUnreachable, l, hosthost.DestinationDead, impUnreachable)
	case o.Network.outstanding(i.host, l.Host) == MaxOutstanding:
		return false
	default:
		o.Network.accepted++
		o.Network.transit = append(o.Network.transit, Message{Number: o.Network.accepted, From: i.host, To: l.Host, Octets: message})
		o.fire(MessageAccepted)
	}
	return true
}

// deliver gives a message to its host. Its RFNM is then in transit.
func (o *Outcome) deliver(number int) {
	m := o.find(number)
	switch {
	case m == nil || m.Delivered:
		o.fire(NotInTransit)
		return
	case slices.ContainsFunc(o.Network.transit, func(older Message) bool {
		return older.Number < number && older.From == m.From && older.To == m.To && !older.Delivered
	}):
		o.fire(OutOfOrder)
		return
	case !o.Network.Ready(m.To):
		o.end(*m, HostDown, hosthost.DestinationDead, hostDown)
		return
	}
	m.Delivered = true
	l := m.leader()
	l.Host = m.From
	o.fire(Delivered)
	o.say(o.Network.at(m.To), l, m.Octets[hosthost.LeaderLen:])
}

// giveBack lets the RFNM of a message that was delivered reach the host that sent it.
func (o *Outcome) giveBack(number int) {
	if m := o.find(number); m == nil || !m.Delivered {
		o.fire(NotInTransit)
	} else {
		o.end(*m, RFNMReturned, hosthost.RFNM, 0)
	}
}

// lose loses a message, or its RFNM: the IMP of the host that sent it cannot know which.
func (o *Outcome) lose(number int) {
	if m := o.find(number); m == nil {
		o.fire(NotInTransit)
	} else {
		o.end(*m, MessageLost, hosthost.Incomplete, lost)
	}
}

// tardy gives up a message that its destination does not take.
func (o *Outcome) tardy(number int) {
	m := o.find(number)
	if m == nil || m.Delivered {
		o.fire(NotInTransit)
		return
	}
	to := m.To
	o.end(*m, HostTardy, hosthost.Incomplete, hostTardy)
	o.reset(to)
}

// end answers a message: the host that sent it has one answer, and room for another.
func (o *Outcome) end(m Message, r Rule, t hosthost.Type, subtype uint8) {
	o.Network.transit = slices.DeleteFunc(o.Network.transit, func(other Message) bool { return other.Number == m.Number })
	from := o.Network.at(m.From)
	o.answer(from, r, m.leader(), t, subtype)
	o.unblock(from)
}

// unblock lets messages into the network that have waited at an interface.
func (o *Outcome) unblock(i *hostInterface) {
	for len(i.waiting) > 0 {
		l, _ := hosthost.ReadLeader([]byte(i.waiting[0])) // it was read when it came
		if !o.admit(i, i.waiting[0], l) {
			return
		}
		i.waiting = i.waiting[1:]
	}
}

// find gives the message in transit with a number; nil if there is none.
func (o *Outcome) find(number int) *Message {
	for i := range o.Network.transit {
		if o.Network.transit[i].Number == number {
			return &o.Network.transit[i]
		}
	}
	return nil
}

// leader is the message's leader, as its source said it; without one it was not accepted.
func (m Message) leader() hosthost.Leader {
	l, err := hosthost.ReadLeader([]byte(m.Octets))
	if err != nil {
		panic("arpanet: a message without a leader in transit")
	}
	return l
}

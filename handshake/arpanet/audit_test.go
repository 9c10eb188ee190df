package arpanet

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// audit keeps what an IMP reports, to hold it against the invariants of the Host/Host protocol
// when all is over.
type audit struct {
	t       *testing.T
	mu      sync.Mutex
	in      map[uint8]*receiver // what hosts say
	out     map[uint8]*receiver // what they hear
	records map[uint8][]rfc147.Record
	lax     map[uint8]bool // hosts that are not ours, and keep to nothing

	outstanding map[[2]uint8]int       // messages without an answer, from and to
	transit     map[[3]uint8]int       // likewise, and the link
	links       map[[3]uint8]lane      // the connection by its sender, receiver and link
	lanes       map[lane]*lanesAccount // all that there were
	resets      map[[2]uint8]bool
}

// lane names a connection: who sends, who receives.
type lane struct{ sender, receiver rfc147.End }

type lanesAccount struct {
	rts, str       bool
	link, size     uint8
	messages, bits uint64
	room           int64 // bits that may come
	places         int   // messages that may come
	closed         map[uint8]int
}

func newAudit(t *testing.T) *audit {
	t.Helper()
	return &audit{
		t: t, in: map[uint8]*receiver{}, out: map[uint8]*receiver{}, records: map[uint8][]rfc147.Record{}, lax: map[uint8]bool{},
		outstanding: map[[2]uint8]int{}, transit: map[[3]uint8]int{}, links: map[[3]uint8]lane{}, lanes: map[lane]*lanesAccount{},
		resets: map[[2]uint8]bool{},
	}
}

// excuse leaves out a host that is not ours.
func (a *audit) excuse(host uint8) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lax[host] = true
}

// report takes one event of the IMP.
func (a *audit) report(e Event, o Outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, ok := e.(FromHost); ok && !a.lax[e.Host] {
		if a.in[e.Host] == nil {
			a.in[e.Host] = &receiver{}
		}
		if got, _ := a.in[e.Host].take(e.Datagram); got.ended {
			a.says(e.Host, []byte(got.message))
		}
	}
	for _, s := range o.Sent {
		if a.out[s.Host] == nil {
			a.out[s.Host] = &receiver{}
		}
		if got, _ := a.out[s.Host].take(s.Datagram); got.ended {
			a.hears(s.Host, []byte(got.message))
		}
	}
}

func (a *audit) account(host uint8) func(rfc147.Record) {
	return func(r rfc147.Record) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.records[host] = append(a.records[host], r)
	}
}

// says is a message that one of our hosts gives its IMP.
func (a *audit) says(host uint8, message []byte) {
	h, text, err := hosthost.ReadMessage(message)
	if h.Leader.Type != hosthost.Regular || err != nil {
		return // a NOP
	}
	to, link := h.Leader.Host, h.Leader.Link
	a.outstanding[[2]uint8{host, to}]++
	a.transit[[3]uint8{host, to, link}]++
	if a.outstanding[[2]uint8{host, to}] > MaxOutstanding {
		a.t.Errorf("host %d has %d messages to host %d without answers", host, a.outstanding[[2]uint8{host, to}], to)
	}
	if link != hosthost.ControlLink {
		a.data(host, h)
		return
	}
	c, rest, fault := hosthost.Next(text)
	if len(rest) > 0 || fault != (hosthost.Fault{}) || c.Check() != (hosthost.Fault{}) {
		a.t.Errorf("host %d says %x, want one good command a message", host, text)
	}
	a.command(host, to, c)
}

func (a *audit) data(host uint8, h hosthost.Header) {
	l := a.lanes[a.links[[3]uint8{host, h.Leader.Host, h.Leader.Link}]]
	if l == nil || !l.rts || !l.str {
		a.t.Errorf("host %d sends over link %d, which is no connection", host, h.Leader.Link)
		return
	}
	l.messages++
	l.bits += uint64(h.TextBits())
	l.places--
	l.room -= int64(h.TextBits())
	if l.places < 0 || l.room < 0 || h.S != l.size || h.C == 0 || h.TextBits() > messageBits {
		a.t.Errorf("host %d sends %d bytes of %d bits over link %d beyond what it may: %+v", host, h.C, h.S, h.Leader.Link, *l)
	}
}

func (a *audit) command(host, to uint8, c hosthost.Command) {
	key := lane{rfc147.End{Host: host, Socket: c.My}, rfc147.End{Host: to, Socket: c.Your}}
	if c.My.Polarity() == rfc147.Receives {
		key = lane{key.receiver, key.sender}
	}
	switch c.Opcode {
	case hosthost.RTS, hosthost.STR:
		if uint32(c.My+c.Your)%2 != 1 {
			a.t.Errorf("host %d: %v", host, c)
		}
		l := a.lanes[key]
		if l == nil || len(l.closed) == 2 {
			l = &lanesAccount{closed: map[uint8]int{}}
			a.lanes[key] = l
		}
		if c.Opcode == hosthost.RTS {
			l.rts, l.link = true, c.Link
			a.links[[3]uint8{to, host, c.Link}] = key
		} else {
			l.str, l.size = true, c.Size
		}
	case hosthost.CLS:
		if l := a.lanes[key]; l != nil {
			l.closed[host]++
			if key.sender.Host == host && a.transit[[3]uint8{host, to, l.link}] > 0 && l.rts && l.link != 0 {
				a.t.Errorf("host %d closes link %d with an RFNM due", host, l.link)
			}
		}
	case hosthost.ALL:
		if l := a.lanes[a.links[[3]uint8{to, host, c.Link}]]; l != nil {
			l.places += int(c.MsgSpace)
			l.room += int64(c.BitSpace)
		}
	case hosthost.RST:
		a.resets[[2]uint8{host, to}], a.resets[[2]uint8{to, host}] = true, true
	case hosthost.NoOperation, hosthost.GVB, hosthost.RET, hosthost.INR, hosthost.INS, hosthost.ECO, hosthost.ERP, hosthost.ERR, hosthost.RRP:
	}
}

// hears is what a host hears from its IMP: here it matters as an answer, and what a host that
// is not ours has said.
func (a *audit) hears(host uint8, message []byte) {
	l, err := hosthost.ReadLeader(message)
	require.NoError(a.t, err)
	switch l.Type {
	case hosthost.RFNM, hosthost.DestinationDead, hosthost.Incomplete:
		if !a.lax[host] {
			a.outstanding[[2]uint8{host, l.Host}]--
			a.transit[[3]uint8{host, l.Host, l.Link}]--
		}
	case hosthost.Regular:
		if !a.lax[l.Host] {
			return
		}
		h, text, err := hosthost.ReadMessage(message)
		if err != nil || l.Link != hosthost.ControlLink {
			if m := a.lanes[a.links[[3]uint8{l.Host, host, l.Link}]]; m != nil {
				m.messages++
				m.bits += uint64(h.TextBits())
			}
			return
		}
		for len(text) > 0 {
			var c hosthost.Command
			var f hosthost.Fault
			if c, text, f = hosthost.Next(text); f == (hosthost.Fault{}) && c.Check() == (hosthost.Fault{}) {
				a.command(l.Host, host, c)
			}
		}
	case hosthost.ErrorInLeader, hosthost.GoingDown, hosthost.Uncontrolled, hosthost.NOP, hosthost.DeadHostStatus,
		hosthost.ErrorInData, hosthost.InterfaceReset, hosthost.LongLeader:
	}
}

// settled holds all that was seen against what must be: every connection closed by two CLSs,
// and both hosts' records as the messages were. Connections that a RST ended have no CLS.
func (a *audit) settled(reset bool) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	opened := 0
	for key, l := range a.lanes {
		if !l.rts || !l.str {
			continue
		}
		opened++
		for _, end := range []rfc147.End{key.sender, key.receiver} {
			if a.lax[end.Host] { // linux-ncp may say it twice
				require.True(a.t, reset || l.closed[end.Host] > 0, "%v: no CLS of host %d", key, end.Host)
				continue
			}
			require.True(a.t, reset || l.closed[end.Host] == 1, "%v: %d CLSs of host %d", key, l.closed[end.Host], end.Host)
			a.recorded(end.Host, key, l)
		}
	}
	for host, all := range a.records {
		require.LessOrEqual(a.t, len(all), opened, "records of host %d", host)
	}
}

// recorded finds a connection's record at one host.
func (a *audit) recorded(host uint8, key lane, l *lanesAccount) {
	a.t.Helper()
	for _, r := range a.records[host] {
		if r.Sender() == key.sender && r.Receiver() == key.receiver {
			require.Equal(a.t, [2]uint64{l.messages, l.bits}, [2]uint64{r.Messages, r.Bits}, "host %d: %v", host, key)
			require.False(a.t, r.Closed.Before(r.Made))
			require.WithinDuration(a.t, time.Now(), r.Closed, time.Minute)
			return
		}
	}
	a.t.Errorf("host %d has no record of %v", host, key)
}

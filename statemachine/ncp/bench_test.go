package ncp

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// mesh is 256 NCPs and the network between them, all messages as octets: each is answered by
// an RFNM when it has been delivered. Its processes open connections, send one message over
// each and close it.
type mesh struct {
	hosts  [256]*NCP
	out    Outcome
	octets []byte
	wire   []parcel
	next   int // in wire
	rfnm   [hosthost.LeaderLen]byte
	told   []deskTell
	logs   *[256]rfc147.Ledger // each NCP's log of its connections (RFC 147 p.3); nil: none

	wanted, begun, ended, messages, texts int
}

// opened is when the network of the mesh begins to count.
var opened = time.Date(1971, time.May, 7, 0, 0, 0, 0, time.UTC)

// parcel is a message on its way: octets from at on.
type parcel struct {
	from, to uint8
	at, n    int
}

type deskTell struct {
	at     uint8
	signal Signal
	key    Key
}

func newMesh() *mesh {
	m := &mesh{}
	for i := range m.hosts {
		m.hosts[i] = New(Settings{})
	}
	return m
}

// step lets something happen at a host, and takes what comes of it to the network.
func (m *mesh) step(at uint8, e Event) {
	m.hosts[at].Step(e, &m.out)
	for i := range m.out.Messages {
		message := &m.out.Messages[i]
		from := len(m.octets)
		m.octets = message.Append(m.octets)
		m.octets[from+1] = at // the network puts the source in the place of the destination
		m.wire = append(m.wire, parcel{at, message.Host, from, len(m.octets) - from})
		m.messages++
	}
	for i := range m.out.Told {
		t := &m.out.Told[i]
		if t.Signal == Arrived {
			m.texts += int(t.Count)
		}
		m.told = append(m.told, deskTell{at, t.Signal, t.Key})
	}
	for i := range m.out.Closed {
		if m.out.Closed[i].sends() {
			m.ended++
		}
		if m.logs == nil {
			continue
		}
		if err := m.logs[at].Enter(m.out.Closed[i].Record(at, opened)); err != nil {
			panic(err)
		}
	}
}

var hello = []byte("LOGIN")

// processes do what their NCPs' signals call for.
func (m *mesh) processes() {
	for i := 0; i < len(m.told); i++ {
		t := m.told[i]
		switch {
		case t.signal == Opened && !t.key.sends():
			m.step(t.at, Allocate{Key: t.key, MsgSpace: 1, BitSpace: 1000})
		case t.signal == Allocated && t.key.sends():
			m.step(t.at, Send{Key: t.key, Text: hello, Count: len(hello)})
			if m.out.Sent > 0 {
				m.step(t.at, Close{Key: t.key})
			}
		}
	}
	m.told = m.told[:0]
}

// begin opens the next connection: the receiver listens, the sender asks. The sockets are
// those of RFC 147: one user of host a, and plug after plug.
func (m *mesh) begin() {
	c := m.begun
	m.begun++
	a := uint8(c)
	b := a + 1 + uint8(c>>8)%255
	plug := rfc147.Socket(c>>16) % 128
	local := rfc147.Socket(a)<<24 | rfc147.Socket(c>>8&0xff+1)<<8 | plug<<1 | 1
	foreign := rfc147.Socket(b)<<24 | rfc147.Socket(c&0xffff)<<8 | plug<<1
	m.step(b, Listen{Local: foreign, Size: 8})
	m.step(a, Init{Key: Key{Host: b, Local: local, Foreign: foreign}, Size: 8})
}

// deliver lets the oldest message arrive, and its RFNM, and the processes do what follows.
func (m *mesh) deliver() {
	p := m.wire[m.next]
	m.next++
	m.step(p.to, Arrives{Message: m.octets[p.at : p.at+p.n]})
	l := hosthost.Leader{Type: hosthost.RFNM, Host: p.to, Link: m.octets[p.at+2]}
	m.step(p.from, Arrives{Message: l.Append(m.rfnm[:0])})
	m.processes()
}

// run lives until so many connections have been opened, used and closed, no more than
// concurrent at a time.
func (m *mesh) run(wanted, concurrent int) {
	m.wanted += wanted
	for m.ended < m.wanted {
		for m.begun < m.wanted && m.begun-m.ended < concurrent {
			m.begin()
		}
		m.deliver()
		if m.next == len(m.wire) {
			m.wire, m.octets, m.next = m.wire[:0], m.octets[:0], 0
		} else if m.next == 1<<16 { // what has been delivered makes room
			first := m.wire[m.next].at
			m.octets = append(m.octets[:0], m.octets[first:]...)
			m.wire = append(m.wire[:0], m.wire[m.next:]...)
			for i := range m.wire {
				m.wire[i].at -= first
			}
			m.next = 0
		}
	}
	for m.next < len(m.wire) {
		m.deliver()
	}
	m.wire, m.octets, m.next = m.wire[:0], m.octets[:0], 0
}

// The tables of 256 hosts end empty, however many connections they have had, and each host
// has logged its own: each connection stands in two logs.
// SOCKSCOPE_CONNECTIONS=1000000 asks for as many; the aim is a minute and 2 GB.
func TestManyConnectionsOf256Hosts(t *testing.T) {
	wanted := 20_000
	if many, err := strconv.Atoi(os.Getenv("SOCKSCOPE_CONNECTIONS")); err == nil {
		wanted = many
	}
	m, began := newMesh(), time.Now()
	m.logs = &[256]rfc147.Ledger{}
	m.run(wanted, 8192)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d connections, %d messages in %v, %d MB from the system", wanted, m.messages, time.Since(began), memory.Sys>>20)
	require.Equal(t, len(hello)*wanted, m.texts)
	require.Equal(t, 6*wanted, m.messages, "RTS, STR, ALL, text and two CLSs each")
	for _, n := range m.hosts {
		requireEmpty(t, n)
	}
	var records int
	var sent, received uint64
	for host := range m.logs {
		records += m.logs[host].Len()
		usage := rfc147.ByHost(m.logs[host].All())[uint8(host)]
		sent += usage.Sent.Bits
		received += usage.Received.Bits
	}
	require.Equal(t, 2*wanted, records)
	require.Equal(t, uint64(8*len(hello)*wanted), sent)
	require.Equal(t, sent, received)
}

// BenchmarkConnection opens, uses and closes a connection between two of 256 hosts, 1024 at a
// time: six messages as octets and as many RFNMs.
func BenchmarkConnection(b *testing.B) {
	m := newMesh()
	m.run(65536, 1024)
	b.ReportAllocs()
	b.ResetTimer()
	m.run(b.N, 1024)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(12*b.N), "ns/event")
}

// BenchmarkMessage sends a message over an open connection, and takes its RFNM.
func BenchmarkMessage(b *testing.B) {
	d := newDesk(b, Settings{}).enters(sending, Open)
	all := controlMessage(them, hosthost.Command{Opcode: hosthost.ALL, Link: 42, MsgSpace: 1, BitSpace: 40})
	rfnm := hosthost.Leader{Type: hosthost.RFNM, Host: them, Link: 42}.Append(nil)
	var o Outcome
	b.ReportAllocs()
	for b.Loop() {
		d.n.Step(Arrives{Message: all}, &o)
		d.n.Step(Send{Key: sending, Text: hello, Count: len(hello)}, &o)
		d.n.Step(Arrives{Message: rfnm}, &o)
	}
}

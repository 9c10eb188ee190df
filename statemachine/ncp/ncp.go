// Package ncp is the Network Control Program of the ARPANET, as the Host/Host protocol
// (NIC 8246, January 1972; RFC 6529 reproduces it) has it, and the Initial Connection
// Protocol (RFC 165, RFC 202) on top. It keeps no clock, draws no number, sends nothing and
// writes nothing: time and socket numbers come in with the [Event], and what would be sent,
// told or learnt comes out in the [Outcome], with the rules that fired and where they stand.
//
// "NIC 8246 p.N" counts the pages of the original. A request for connection, RTS or STR, is
// an RFC here as it is there; the documents of that name are cited by their numbers.
//
// What the protocol leaves open is in [Settings]: how many requests wait, and how long
// anybody waits. Whatever a foreign host sends, an NCP keeps no more than they allow.
//
// # Limitations
//
// A control message holds one command: some NCPs read no more. The text of a SEND that the
// other end has no room for is not kept: the process sends the rest when it is told that it
// may. A message that the network has lost is told, not sent again.
package ncp

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// State is how far a connection has come. The zero State is no connection at all.
type State uint8

// The states of a connection (NIC 8246 p.10 to 14).
const (
	None        State = iota // no RFC has gone in either direction
	RFCReceived              // an RFC has come; nobody has answered it yet
	RFCSent                  // an RFC of ours has gone; waiting for a matching one
	Open                     // matching RFCs have gone both ways
	CLSWait                  // our CLS waits until no message is in transit any more
	CLSSent                  // our CLS has gone; waiting for the other's
)

// States lists every state.
var States = [...]State{None, RFCReceived, RFCSent, Open, CLSWait, CLSSent}

var stateNames = [...]string{"NONE", "RFC-RCVD", "RFC-SENT", "OPEN", "CLS-WAIT", "CLS-SENT"}

// String gives the name that a screen shows: "RFC-SENT".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// Key names a connection: at one host, no two have the same three numbers (NIC 8246 p.9).
type Key struct {
	Host    uint8         // the foreign host
	Local   rfc147.Socket // even: we receive; odd: we send
	Foreign rfc147.Socket // of the other gender
}

// sends reports that data go from here to there.
func (k Key) sends() bool { return k.Local.Polarity() == rfc147.Sends }

// Connection is one entry of the table: a plain comparable value.
type Connection struct {
	Key

	State State
	Link  uint8 // the receiver has chosen it, 2 to 71; 0 is none yet
	Size  uint8 // the byte size of the STR, in bits; 0 is none yet
	// Wanted is the only byte size that a receiving process takes; 0 is any.
	Wanted uint8
	// MsgSpace and BitSpace are the sender's counters, or what the receiver takes them to be:
	// how many messages and bits may still be sent (NIC 8246 p.14).
	MsgSpace uint16
	BitSpace uint32
	// GVBs counts the GVBs that no RET has answered yet.
	GVBs uint8
	// CLSReceived: the other's CLS has come while ours waits.
	CLSReceived bool
	// Opened: the connection was OPEN once, since Made, on the caller's clock.
	Opened bool
	Made   time.Duration
	Closed time.Duration // when it left the table; zero while it stands there
	// Messages and Bits that have gone over it: what an accounting record has (RFC 147 p.3).
	Messages, Bits uint64

	owned   bool // a process has it, and so its local socket
	unsent  bool // its RFC waits in the queue of its host
	blocked bool // its process waits for an RFNM
}

// Record is the accounting record of a connection at host self (RFC 147 p.3); epoch is the
// zero of the caller's clock.
func (c Connection) Record(self uint8, epoch time.Time) rfc147.Record {
	r := rfc147.Record{
		Made: epoch.Add(c.Made), Closed: epoch.Add(c.Closed), Messages: c.Messages, Bits: c.Bits,
		SendingHost: c.Host, ReceivingHost: self, SendingSocket: c.Foreign, ReceivingSocket: c.Local,
	}
	if c.sends() {
		r.SendingHost, r.ReceivingHost = self, c.Host
		r.SendingSocket, r.ReceivingSocket = c.Local, c.Foreign
	}
	return r
}

// Settings are what the protocol leaves to each host. A zero field is the default; a negative
// number is none at all.
type Settings struct {
	PerSocket int // RFCs that wait for one local socket, 16
	Waiting   int // RFCs that wait for any, 1024
	PerHost   int // connections with one foreign host in any state, 140: all links both ways
	Listens   int // LISTENs that wait, 4096
	// MessageBits is the most text that a message carries, 8023 bits: what the longest leaves
	// beside its header (RFC 381).
	MessageBits int
	// How long: an RFC from elsewhere waits (60 s), one of ours goes unanswered (60 s), a CLS
	// of ours (2 minutes; NIC 8246 p.14 saw from one to five), a RST (15 s, RFC 308), an ECO
	// (20 s), a message without the RFNM or anything else that answers it (60 s; an IMP gives
	// up after 30, RFC 270).
	RFCWaits, RFCUnanswered, CLSUnanswered, RSTUnanswered, ECOUnanswered, RFNMMissing time.Duration
}

func or[T int | time.Duration](a, b T) T {
	if a == 0 {
		return b
	}
	return a
}

func (s Settings) orDefaults() Settings {
	return Settings{
		PerSocket: or(s.PerSocket, 16), Waiting: or(s.Waiting, 1024), PerHost: or(s.PerHost, 140), Listens: or(s.Listens, 4096),
		MessageBits:   or(s.MessageBits, hosthost.MaxTextBits),
		RFCWaits:      or(s.RFCWaits, time.Minute),
		RFCUnanswered: or(s.RFCUnanswered, time.Minute),
		CLSUnanswered: or(s.CLSUnanswered, 2*time.Minute),
		RSTUnanswered: or(s.RSTUnanswered, 15*time.Second),
		ECOUnanswered: or(s.ECOUnanswered, 20*time.Second),
		RFNMMissing:   or(s.RFNMMissing, time.Minute),
	}
}

// Bounds that are no setting.
const (
	// MaxOutstanding is how many messages to one host may be unanswered (RFC 534).
	MaxOutstanding = 4
	// maxCommands bounds the commands that wait for a host's RFNMs: several for each of its
	// connections. While there are so many, what the host sends is not even looked at.
	maxCommands = 1024

	links = hosthost.LastLink + 1
)

// NCP is the program of one host: the table of its connections and what it knows of other
// hosts. The zero NCP is of no use; [New] makes one.
type NCP struct {
	settings Settings
	places   []place // place 0 is nobody's
	free     int32   // the first free place; they are chained
	count    int     // places that are not free
	byKey    map[Key]int32
	sockets  map[rfc147.Socket]socket
	hosts    [256]*host
	waiting  int // connections in RFC-RCVD
	listens  int
	// freed are local sockets that have become free in this step.
	freed []rfc147.Socket
	// lines are the deadlines of places and of hosts, by what is waited for.
	lines [lineCount]line
}

// place is a connection in the table, and its neighbours among its host's and, in RFC-RCVD,
// among those that wait for its local socket.
type place struct {
	Connection

	onHost, onSocket neighbours
}

type neighbours struct{ before, after int32 }

// socket is what is known of a local socket. The zero socket is free.
type socket struct {
	owner       int32  // the connection that has it: one at most (NIC 8246 p.10)
	first, last int32  // the RFCs that wait for it
	waiting     uint16 // how many
	listening   bool
	listen      Listen // who is waited for, if listening
}

// host is what is known of a foreign host.
type host struct {
	first       int32        // its connections
	connections int          // how many
	receives    [links]int32 // connections where we receive, by link
	sends       [links]int32 // connections where we send, by link
	transit     [links]uint8 // messages without an answer, by link
	outstanding uint8        // all of them
	lastLink    uint8        // the link that was chosen last
	oweRST      bool         // a RST waits to be sent
	oweRRP      bool         // an RRP waits to be sent
	resetting   bool         // a RST of ours has no answer yet
	echoing     bool         // an ECO of ours has no answer yet
	echo        uint8        // what it said
	queue       []waitingCommand
	blocked     []int32 // connections whose processes wait for RFNMs, in order
}

// waitingCommand waits for a host's RFNMs, or for its RRP. If it is an RFC, of is its
// connection.
type waitingCommand struct {
	command hosthost.Command
	of      int32
}

// New is an NCP that knows of nobody.
func New(s Settings) *NCP {
	s = s.orDefaults()
	n := &NCP{settings: s, places: make([]place, 1), byKey: map[Key]int32{}, sockets: map[rfc147.Socket]socket{}}
	n.lines[rfcWaits].after, n.lines[rfcUnanswered].after = s.RFCWaits, s.RFCUnanswered
	n.lines[clsUnanswered].after, n.lines[rstUnanswered].after = s.CLSUnanswered, s.RSTUnanswered
	n.lines[ecoUnanswered].after, n.lines[rfnmMissing].after = s.ECOUnanswered, s.RFNMMissing
	return n
}

// Clone is a snapshot: what happens to one NCP changes nothing in the other.
func (n *NCP) Clone() *NCP {
	c := *n
	c.places, c.freed = slices.Clone(n.places), nil
	c.byKey, c.sockets = maps.Clone(n.byKey), maps.Clone(n.sockets)
	for i, h := range n.hosts {
		if h != nil {
			copied := *h
			copied.queue, copied.blocked = slices.Clone(h.queue), slices.Clone(h.blocked)
			c.hosts[i] = &copied
		}
	}
	for i := range n.lines {
		c.lines[i].at = slices.Clone(n.lines[i].at)
	}
	return &c
}

// Connection gives an entry of the table; its State is NONE if there is none.
func (n *NCP) Connection(k Key) Connection { return n.places[n.byKey[k]].Connection }

// Len is how many entries the table has.
func (n *NCP) Len() int { return n.count }

// Connections gives the entries of the table, those of the lowest host first and of each host
// the newest first.
func (n *NCP) Connections() []Connection {
	var all []Connection
	for _, h := range n.hosts {
		if h == nil {
			continue
		}
		for i := h.first; i != 0; i = n.places[i].onHost.after {
			all = append(all, n.places[i].Connection)
		}
	}
	return all
}

// Outstanding is how many messages to a host have no answer yet from the IMP.
func (n *NCP) Outstanding(to uint8) int {
	if h := n.hosts[to]; h != nil {
		return int(h.outstanding)
	}
	return 0
}

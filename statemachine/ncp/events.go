package ncp

import (
	"strconv"
	"time"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// Event is what can happen to an NCP: the calls of its processes (RFC 165 p.1 and 2), a
// message from the IMP, a time-out. Each carries Now, the caller's clock, which never goes
// back.
//
//sumtype:decl
type Event interface{ event() }

// The events. Sizes are byte sizes, in bits.
type (
	// Init asks for a connection, or accepts the one that was asked for. Size is that of our
	// STR if Local sends, 1 to 255, and the only one that is taken if it receives; then 0 is
	// any.
	Init struct {
		Now time.Duration
		Key
		Size uint8
	}
	// Listen waits for an RFC to a local socket and accepts the first that fits: from Host and
	// from Foreign where those are given. Size is as for [Init].
	Listen struct {
		Now     time.Duration
		Local   rfc147.Socket
		Size    uint8
		OneHost bool // only Host
		Host    uint8
		One     bool // only Foreign
		Foreign rfc147.Socket
	}
	// Unlisten takes a LISTEN back.
	Unlisten struct {
		Now   time.Duration
		Local rfc147.Socket
	}
	// Send sends Count bytes of the connection's size: those of Text from byte First on. How
	// many have gone is in [Outcome.Sent]; the process is told when it may send the others. A
	// Count of 0 sends a message without text.
	Send struct {
		Now time.Duration
		Key
		Text         []byte
		First, Count int
	}
	// Allocate gives the sender room: an ALL.
	Allocate struct {
		Now time.Duration
		Key
		MsgSpace uint16
		BitSpace uint32
	}
	// GiveBack asks for room back, in 128ths: a GVB.
	GiveBack struct {
		Now time.Duration
		Key
		FM, FB uint8
	}
	// Interrupt sends an INR or INS.
	Interrupt struct {
		Now time.Duration
		Key
	}
	// Close ends a connection, gives a request up, or refuses one that waits.
	Close struct {
		Now time.Duration
		Key
	}
	// Echo asks a host whether it is there: an ECO.
	Echo struct {
		Now  time.Duration
		Host uint8
		Data uint8
	}
	// Reset forgets all that there is with a host and asks it to do likewise: a RST.
	Reset struct {
		Now  time.Duration
		Host uint8
	}
	// Arrives is a whole message from the IMP: a leader, and whatever follows it.
	Arrives struct {
		Now     time.Duration
		Message []byte
	}
	// Timeout ends whatever was to end by Now: see [NCP.Deadline].
	Timeout struct{ Now time.Duration }
)

func (Init) event()      {}
func (Listen) event()    {}
func (Unlisten) event()  {}
func (Send) event()      {}
func (Allocate) event()  {}
func (GiveBack) event()  {}
func (Interrupt) event() {}
func (Close) event()     {}
func (Echo) event()      {}
func (Reset) event()     {}
func (Arrives) event()   {}
func (Timeout) event()   {}

// Answer is what a call comes back with.
type Answer uint8

// The answers.
const (
	OK             Answer = iota
	NoConnection          // there is no such connection, or LISTEN
	NotOpen               // it is not OPEN
	SocketBusy            // the local socket has a connection or a LISTEN
	BadGender             // both sockets send, or both receive
	BadSize               // a byte size of zero, or not that of the other's STR
	WrongWay              // only the other end may do that
	NoRoom                // a bound of the settings is reached
	NoLink                // all links from that host are in use
	TooMuch               // a counter would go beyond what it can hold
	AlreadyClosing        // the CLS has gone, or waits
	Pending               // there is one already that has no answer
)

var answerNames = [...]string{
	"ok", "no connection", "not open", "socket busy", "bad gender", "bad size", "wrong way", "no room", "no link",
	"too much", "already closing", "pending",
}

// String is what a screen shows: "socket busy".
func (a Answer) String() string {
	if int(a) < len(answerNames) {
		return answerNames[a]
	}
	return "Answer(" + strconv.Itoa(int(a)) + ")"
}

// Signal is what a process, or the operator, is told.
type Signal uint8

// The signals. Those from EchoReplied on are about a host, not a connection.
const (
	Opened          Signal = iota // the connection is open
	Refused                       // the other end has answered our RFC by a CLS
	SizeUnwanted                  // our process does not take the byte size of the other's STR
	Arrived                       // text has come
	Allocated                     // there is room at the other end, or an RFNM has come: the process may send
	Returned                      // the sender has given room back
	Interrupted                   // an INR or INS has come
	Lost                          // the network has lost a message of ours
	ForeignClosed                 // the other end has sent a CLS
	Ended                         // the CLS that answers ours has come
	Unanswered                    // an RFC or CLS of ours has waited too long
	WasReset                      // a RST has ended the connection
	HostDead                      // so has the news that the host is dead
	EchoReplied                   // the ERP has come
	EchoUnanswered                // none has, or none will
	ResetReplied                  // the RRP has come
	ResetUnanswered               // none has
	ErrorReported                 // an ERR has come, which should be recorded (NIC 8246 p.25)
	IMPSaid                       // the IMP has sent a leader that changes nothing here
)

var signalNames = [...]string{
	"opened", "refused", "size unwanted", "arrived", "allocated", "returned", "interrupted", "lost", "foreign closed",
	"ended", "unanswered", "was reset", "host dead", "echo replied", "echo unanswered", "reset replied",
	"reset unanswered", "error reported", "IMP said",
}

// String is what a screen shows: "foreign closed".
func (s Signal) String() string {
	if int(s) < len(signalNames) {
		return signalNames[s]
	}
	return "Signal(" + strconv.Itoa(int(s)) + ")"
}

// Tell is a signal and what it is about. If that is a host, only the Key's Host counts.
type Tell struct {
	Key

	Signal  Signal
	Size    uint8            // Arrived: the byte size
	Count   uint16           // Arrived: how many bytes
	Text    []byte           // Arrived: the octets of the message that has come, not a copy
	Command hosthost.Command // what has come, if a command has
	Leader  hosthost.Leader  // IMPSaid, Lost: what the IMP has said
}

// Message is what goes to the IMP: a command over the control link, or bytes over another.
type Message struct {
	Host    uint8 // the destination
	Link    uint8
	Command hosthost.Command // if the link is the control link
	Size    uint8            // else: Count bytes of so many bits, of Text, from byte First on
	Count   uint16
	Text    []byte // the octets of the SEND, not a copy
	First   int
}

// Append appends the message as it goes to the IMP to b: leader, header and text.
func (m *Message) Append(b []byte) []byte {
	h := hosthost.Header{Leader: hosthost.Leader{Host: m.Host, Link: m.Link}, S: m.Size, C: m.Count}
	if m.Link != hosthost.ControlLink {
		return h.AppendMessage(b, m.Text, m.First)
	}
	h.S, h.C = 8, uint16(m.Command.Opcode.Len())
	return m.Command.Append(h.Append(b))
}

// Outcome is what became of an event.
type Outcome struct {
	Answer   Answer       // to a call
	Sent     int          // of a SEND: how many bytes have gone
	Messages []Message    // to the IMP, in order
	Told     []Tell       // to the processes, in order
	Closed   []Connection // that have left the table, in order
	Rules    []Rule       // which sentences fired, in order; never none
}

// Step is the pure face of [NCP.Step]: n stays as it is.
func Step(n *NCP, e Event) (*NCP, Outcome) {
	var o Outcome
	n = n.Clone()
	n.Step(e, &o)
	return n, o
}

// Step takes the NCP through one event, in place, and leaves in o what became of it. It
// reuses o's arrays, and what stands there may share octets with the event: use it before
// the next step.
func (n *NCP) Step(e Event, o *Outcome) {
	t := turn{NCP: n, Outcome: o}
	t.begin()
	switch e := e.(type) { // e.Now is asked for in each case: through the interface, the event would be copied to the heap
	case Init:
		t.now = e.Now
		t.init(e.Key, e.Size)
	case Listen:
		t.now = e.Now
		t.listen(e)
	case Unlisten:
		t.now = e.Now
		t.unlisten(e.Local)
	case Send:
		t.now = e.Now
		t.send(e.Key, e.Text, e.First, e.Count)
	case Allocate:
		t.now = e.Now
		t.allocate(e.Key, e.MsgSpace, e.BitSpace)
	case GiveBack:
		t.now = e.Now
		t.giveBack(e.Key, e.FM, e.FB)
	case Interrupt:
		t.now = e.Now
		t.interrupt(e.Key)
	case Close:
		t.now = e.Now
		t.close(e.Key)
	case Echo:
		t.now = e.Now
		t.echo(e.Host, e.Data)
	case Reset:
		t.now = e.Now
		t.reset(e.Host)
	case Arrives:
		t.now = e.Now
		t.arrives(e.Message)
	case Timeout:
		t.now = e.Now
		t.timeout()
	}
	t.settle()
}

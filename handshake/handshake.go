// Package handshake holds the nouns that engines and views share: a [Scenario] is
// played by an [Engine] as a [Session], which turns each [Choice] into one or more
// [Step]s; a [Timeline] steps them forward and back; a [Trace] is what was recorded.
// It knows no protocol: TCP of today and the NCP of 1971 leave the same trace.
package handshake

import (
	"context"
	"strings"
	"time"
)

// Verb says what kind of thing a [Choice] lets happen.
type Verb string

// The verbs of scenario files.
const (
	Call      Verb = "call"      // a peer's program makes its next call
	Depart    Verb = "depart"    // a segment leaves its sender
	Return    Verb = "return"    // a call that blocked comes back
	Arrive    Verb = "arrive"    // a segment reaches its receiver
	Answer    Verb = "answer"    // the network's own answer to a segment reaches its sender
	Drop      Verb = "drop"      // the network loses a segment
	Duplicate Verb = "duplicate" // the network doubles a segment
	Timeout   Verb = "timeout"   // a timer ends
	Wait      Verb = "wait"      // time passes
	Inject    Verb = "inject"    // a segment appears that neither peer sent
	Replace   Verb = "replace"   // a segment on the wire becomes another
)

// Choice is one thing that can happen next. It is comparable; its String is its
// line in a scenario file, and [ParseChoice] reads that line back.
type Choice struct {
	Verb   Verb
	Peer   string // call, return, timeout: whose; depart: the sender; of all other segments where it is going
	Packet int    // which segment; 0 in a file: the oldest that fits
	What   string // a call's or timer's name; any piece of a segment's label, `<CTL=SYN,ACK>`
	Args   string // a call's arguments, a wait's length, as written
}

// Engine starts sessions.
type Engine interface {
	Start(context.Context, *Scenario) (Session, error)
}

// Session is a scenario being played. One goroutine at a time may use it.
type Session interface {
	// Header is the trace's beginning: engine, protocol, and the peers with what the
	// setup left open drawn. It has no steps.
	Header() Trace
	// Choices lists what can happen now, in the order of an undisturbed world; empty
	// means that it is over. [Inject], [Replace] and [Wait] are never listed.
	Choices() []Choice
	// Do lets one choice happen and gives what it caused.
	Do(context.Context, Choice) ([]Step, error)
	// Close gives back what the session holds: sockets, children.
	Close() error
}

// Kind is what a [Step] shows.
type Kind string

// The kinds of steps, as the trace's JSON names them.
const (
	KindCall      Kind = "call"
	KindReturn    Kind = "return"
	KindDepart    Kind = "depart"
	KindArrive    Kind = "arrive"
	KindDrop      Kind = "drop"
	KindDuplicate Kind = "duplicate"
	KindTimeout   Kind = "timeout"
	KindSignal    Kind = "signal"
	KindNote      Kind = "note"
)

// WirePeer is the [Step.Peer] of what happens between the ends: a segment is lost
// or doubled, or appears although no end sent it.
const WirePeer = "wire"

// Step is one thing that happened: half a line of a ladder, since a departure and
// its arrival are two. A machine changes at its event (call, arrival, timeout), in
// that one step; a departure touches only the wire.
type Step struct {
	N      int           // 1 for the first; the number that a person sees everywhere
	At     time.Duration // since the start
	Peer   string        // whose step, or WirePeer
	On     string        // which of the peer's connections: the descriptor that made it; a listener's children are 3.1, 3.2, ...
	Kind   Kind
	Packet int    // joins a departure with its arrivals and drops; 0: none
	Label  string // a call with its arguments and result, a segment as RFC 9293 3.5 prints it, a timer's name
	Before string // state of On before
	After  string // state of On after
	Vars   []Var  // what changed, no more; of depart and arrive also SEG.SEQ, SEG.LEN and SEG.ACK
	Why    []Why  // the rules that fired, in order
	Wire   []byte // of a departure, and of an arrival where the octets differ: from the TCP header on
	IP     []byte // the header in front of Wire, where one was seen
	Fields []Field
	Choice string // on the first step of a choice: its line
	Note   string // on the first step of a choice: the key of the scenario's narration
}

// Leads reports whether from this step on its connection is the one that its peer is
// spoken of by: the one that moved last. A note about another does not change that.
func (s Step) Leads() bool { return s.On != "" && s.Kind != KindNote }

// Var is a variable's new value. A number is decimal digits only; an empty Value
// says that there is none (a timer that is off).
type Var struct {
	Name, Value string
	Unit        string // "", seq, B, ns, segments
}

// Passing reports a variable of what passes by, a segment or a record, which is none of the
// connection's own.
func (v Var) Passing() bool {
	group, _, _ := strings.Cut(v.Name, ".")
	return group == "SEG" || group == "MSG" || group == "record"
}

// Why names a rule and the sentence of the standard that it follows.
type Why struct{ Rule, Cite string }

// Field is a run of bits in a packet: Bit counts from 0 inside its Group
// ("TCP header", "option MSS", "leader"), the most significant first.
type Field struct {
	Group, Name string
	Bit, Len    int
	Value       string
}

// Peer is one end of a trace.
type Peer struct {
	Name    string
	Address string
	State   string // before the first step
	On      string // the connection that State and Vars speak of, if there is one before the first step
	Vars    []Var  // what is known of it before the first step
	Cast    *Cast  // its role in 1971, where the scenario casts one
}

// Cast is the part of 1971 that a peer plays, in the numbers of RFC 147. It is a
// role from a document, never a conversion of today's address.
type Cast struct {
	Host  int   // the ARPANET host that the process runs at
	Home  int   // the host where the user is registered
	User  int   // the user's number there
	Plugs []int // the plugs used: first for the initial connection, then for the data
}

// Trace is what a session recorded.
type Trace struct {
	Scenario, Engine, Protocol string
	Host                       string // system and kernel, only of engines that run on one
	Peers                      []Peer
	Words                      map[string]map[string]string // language, key, sentence: the scenario's narration
	Source                     string                       // where the cast of 1971 comes from
	Steps                      []Step
}

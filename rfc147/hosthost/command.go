package hosthost

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"sockscope/rfc147"
)

// Opcode is the first octet of a control command (NIC 8246 p.27).
type Opcode uint8

// The opcodes (NIC 8246 p.27). Those from 255 downwards are for experiments.
const (
	NoOperation Opcode = iota // NOP: no operation
	RTS                       // request connection, receiver to sender
	STR                       // request connection, sender to receiver
	CLS                       // close
	ALL                       // allocate
	GVB                       // give back
	RET                       // return
	INR                       // interrupt by receiver
	INS                       // interrupt by sender
	ECO                       // echo request
	ERP                       // echo reply
	ERR                       // error detected
	RST                       // reset
	RRP                       // reset reply
)

// Opcodes lists them all, in order.
var Opcodes = [...]Opcode{NoOperation, RTS, STR, CLS, ALL, GVB, RET, INR, INS, ECO, ERP, ERR, RST, RRP}

// layouts gives each opcode its name and how long its command is, in octets (NIC 8246 p.27).
var layouts = [...]struct {
	name string
	n    int
}{
	NoOperation: {"NOP", 1},
	RTS:         {"RTS", 10},
	STR:         {"STR", 10},
	CLS:         {"CLS", 9},
	ALL:         {"ALL", 8},
	GVB:         {"GVB", 4},
	RET:         {"RET", 8},
	INR:         {"INR", 2},
	INS:         {"INS", 2},
	ECO:         {"ECO", 2},
	ERP:         {"ERP", 2},
	ERR:         {"ERR", 12},
	RST:         {"RST", 1},
	RRP:         {"RRP", 1},
}

// String is the protocol's name: "RTS".
func (o Opcode) String() string {
	if int(o) < len(layouts) {
		return layouts[o].name
	}
	return "Opcode(" + strconv.Itoa(int(o)) + ")"
}

// Len is how long a command with this opcode is, in octets; 0 if there is none.
func (o Opcode) Len() int {
	if int(o) < len(layouts) {
		return layouts[o].n
	}
	return 0
}

// ErrorCode says what an ERR is about (NIC 8246 p.25).
type ErrorCode uint8

// The codes of an ERR (NIC 8246 p.25 and 26).
const (
	Undefined         ErrorCode = iota // the data are the sender's own
	IllegalOpcode                      // the data are ten octets of the control message, from the opcode on
	ShortParameters                    // the message has ended inside the command
	BadParameters                      // genders, links or sizes that cannot be
	NonexistentSocket                  // a request for what no RFC was ever sent
	NotConnected                       // a command for a half-open connection, or a message over an unused link
)

var codeNames = [...]string{
	"undefined", "illegal opcode", "short parameter space", "bad parameters",
	"request on a non-existent socket", "socket (link) not connected",
}

// String is the protocol's name: "illegal opcode".
func (c ErrorCode) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return "ErrorCode(" + strconv.Itoa(int(c)) + ")"
}

// ErrorData is what an ERR shows of the octets in error, filled up with zeros.
type ErrorData [10]byte

// Command is one control command: a plain value, of which the opcode says which fields count;
// the others are zero. My socket is the one at the host that sends the command: the receive
// socket of an RTS, the send socket of an STR (NIC 8246 p.21 to 28).
type Command struct {
	Opcode   Opcode
	My       rfc147.Socket // RTS, STR, CLS: the socket local to the sender of the command
	Your     rfc147.Socket // RTS, STR, CLS: the socket local to its receiver
	Link     uint8         // RTS, ALL, GVB, RET, INR, INS
	Size     uint8         // STR: the connection's byte size, in bits
	MsgSpace uint16        // ALL, RET: messages
	BitSpace uint32        // ALL, RET: bits
	FM, FB   uint8         // GVB: the fractions of messages and bits, in 128ths
	Data     uint8         // ECO, ERP
	Code     ErrorCode     // ERR
	Shown    ErrorData     // ERR: the octets in error
}

// Append appends the command's octets to b. A command whose opcode is none has only that.
func (c Command) Append(b []byte) []byte {
	b = append(b, byte(c.Opcode))
	switch c.Opcode {
	case RTS:
		return append(c.appendSockets(b), c.Link)
	case STR:
		return append(c.appendSockets(b), c.Size)
	case CLS:
		return c.appendSockets(b)
	case ALL, RET:
		b = binary.BigEndian.AppendUint16(append(b, c.Link), c.MsgSpace)
		return binary.BigEndian.AppendUint32(b, c.BitSpace)
	case GVB:
		return append(b, c.Link, c.FM, c.FB)
	case INR, INS:
		return append(b, c.Link)
	case ECO, ERP:
		return append(b, c.Data)
	case ERR:
		return append(append(b, byte(c.Code)), c.Shown[:]...)
	case NoOperation, RST, RRP:
	}
	return b
}

func (c Command) appendSockets(b []byte) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, uint32(c.My)), uint32(c.Your))
}

// Fault is what a control message has against the protocol, as the ERR that answers it says
// it. The zero Fault is none.
type Fault struct {
	Code  ErrorCode
	Shown ErrorData
}

// Fault can be an error where one is wanted.
var _ error = Fault{}

// Error says what was found and what is wanted.
func (f Fault) Error() string {
	opcode := Opcode(f.Shown[0])
	switch f.Code {
	case IllegalOpcode:
		return fmt.Sprintf("hosthost: opcode %d, want 0 to %d", f.Shown[0], len(Opcodes)-1)
	case ShortParameters:
		return fmt.Sprintf("hosthost: %v cut off, want %d octets", opcode, opcode.Len())
	case BadParameters:
		return fmt.Sprintf("hosthost: %v %x, want sockets of two genders, a link of %d to %d and a size of 1 to 255",
			opcode, f.Shown[1:max(opcode.Len(), 1)], FirstLink, LastLink)
	case Undefined, NonexistentSocket, NotConnected:
	}
	return fmt.Sprintf("hosthost: %v: %x", f.Code, f.Shown)
}

// Command is the ERR that tells the other host (NIC 8246 p.25).
func (f Fault) Command() Command { return Command{Opcode: ERR, Code: f.Code, Shown: f.Shown} }

// show copies as much as an ERR shows.
func show(b []byte) (data ErrorData) {
	copy(data[:], b)
	return data
}

// Next reads the command that text, the rest of a control message, begins with, and gives
// what stands behind it. An opcode that is none, or a command that is cut off, is a Fault;
// then nothing behind it has a known beginning, and rest is nil. Whether the parameters are
// good is asked by [Command.Check]. There must be text.
func Next(text []byte) (c Command, rest []byte, f Fault) {
	c.Opcode = Opcode(text[0])
	n := c.Opcode.Len()
	switch {
	case n == 0:
		return Command{}, nil, Fault{IllegalOpcode, show(text)}
	case len(text) < n:
		return Command{}, nil, Fault{ShortParameters, show(text)}
	}
	b, rest := text[1:n], text[n:]
	switch c.Opcode {
	case RTS:
		c.My, c.Your, c.Link = socket(b), socket(b[4:]), b[8]
	case STR:
		c.My, c.Your, c.Size = socket(b), socket(b[4:]), b[8]
	case CLS:
		c.My, c.Your = socket(b), socket(b[4:])
	case ALL, RET:
		c.Link, c.MsgSpace, c.BitSpace = b[0], binary.BigEndian.Uint16(b[1:]), binary.BigEndian.Uint32(b[3:])
	case GVB:
		c.Link, c.FM, c.FB = b[0], b[1], b[2]
	case INR, INS:
		c.Link = b[0]
	case ECO, ERP:
		c.Data = b[0]
	case ERR:
		c.Code, c.Shown = ErrorCode(b[0]), show(b[1:])
	case NoOperation, RST, RRP:
	}
	return c, rest, Fault{}
}

func socket(b []byte) rfc147.Socket { return rfc147.Socket(binary.BigEndian.Uint32(b)) }

// Fault is the ERR about this command, shown as it travelled (NIC 8246 p.25).
func (c Command) Fault(code ErrorCode) Fault {
	var octets [12]byte
	return Fault{code, show(c.Append(octets[:0]))}
}

// Check gives what is wrong with the command's parameters by themselves, bad parameters: two
// sockets of one gender, an RTS that does not begin with a receive socket or an STR with a
// send socket, a link that is not for connections, a size of zero (NIC 8246 p.22 and 25).
func (c Command) Check() Fault {
	good := true
	switch c.Opcode {
	case RTS:
		good = c.My.Polarity() == rfc147.Receives && c.Your.Polarity() == rfc147.Sends && connects(c.Link)
	case STR:
		good = c.My.Polarity() == rfc147.Sends && c.Your.Polarity() == rfc147.Receives && c.Size != 0
	case CLS:
		good = c.My.Polarity() != c.Your.Polarity()
	case ALL, GVB, RET, INR, INS:
		good = connects(c.Link)
	case NoOperation, ECO, ERP, ERR, RST, RRP:
	}
	if good {
		return Fault{}
	}
	return c.Fault(BadParameters)
}

func connects(link uint8) bool { return FirstLink <= link && link <= LastLink }

// Bits visits the command's bits; the data of an ERR are ten fields of one octet.
func (c Command) Bits(visit func(name string, bit, n int, value uint64)) {
	v := visitor{visit: visit}
	v.field("opcode", 8, uint64(c.Opcode))
	switch c.Opcode {
	case RTS:
		v.field("receive socket", 32, uint64(c.My))
		v.field("send socket", 32, uint64(c.Your))
		v.field("link", 8, uint64(c.Link))
	case STR:
		v.field("send socket", 32, uint64(c.My))
		v.field("receive socket", 32, uint64(c.Your))
		v.field("size", 8, uint64(c.Size))
	case CLS:
		v.field("my socket", 32, uint64(c.My))
		v.field("your socket", 32, uint64(c.Your))
	case ALL, RET:
		v.field("link", 8, uint64(c.Link))
		v.field("msg space", 16, uint64(c.MsgSpace))
		v.field("bit space", 32, uint64(c.BitSpace))
	case GVB:
		v.field("link", 8, uint64(c.Link))
		v.field("fm", 8, uint64(c.FM))
		v.field("fb", 8, uint64(c.FB))
	case INR, INS:
		v.field("link", 8, uint64(c.Link))
	case ECO, ERP:
		v.field("data", 8, uint64(c.Data))
	case ERR:
		v.field("code", 8, uint64(c.Code))
		for _, octet := range c.Shown {
			v.field("data", 8, uint64(octet))
		}
	case NoOperation, RST, RRP:
	}
}

// String writes the command for people, the sockets in decimal as the protocol's field
// names order them: "RTS 1002 79 link 42", "ALL link 42 msgs 1 bits 1000".
func (c Command) String() string {
	switch c.Opcode {
	case RTS:
		return fmt.Sprintf("RTS %d %d link %d", c.My, c.Your, c.Link)
	case STR:
		return fmt.Sprintf("STR %d %d size %d", c.My, c.Your, c.Size)
	case CLS:
		return fmt.Sprintf("CLS %d %d", c.My, c.Your)
	case ALL, RET:
		return fmt.Sprintf("%v link %d msgs %d bits %d", c.Opcode, c.Link, c.MsgSpace, c.BitSpace)
	case GVB:
		return fmt.Sprintf("GVB link %d fm %d fb %d", c.Link, c.FM, c.FB)
	case INR, INS:
		return fmt.Sprintf("%v link %d", c.Opcode, c.Link)
	case ECO, ERP:
		return fmt.Sprintf("%v %d", c.Opcode, c.Data)
	case ERR:
		return fmt.Sprintf("ERR %d %x", c.Code, c.Shown)
	case NoOperation, RST, RRP:
	}
	return c.Opcode.String()
}

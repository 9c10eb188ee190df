package arpanet

import (
	"encoding/hex"
	"strconv"

	"sockscope/handshake"
	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// Fields names every bit of a message between a host and its IMP, in order and without a
// gap: the groups "leader", "header" and, of a control message, one for each command with
// its name; else "text". What stands behind the text is "fill", and what is wrong "octets".
func Fields(b []byte, d hosthost.Direction) []handshake.Field {
	l, err := hosthost.ReadLeader(b)
	if err != nil {
		return appendOctets(nil, "leader", "octets", b)
	}
	f := fields{group: "leader"}
	if l.Type != hosthost.Regular {
		l.Bits(d, f.visit)
		return appendOctets(f.all, "data", "octets", b[hosthost.LeaderLen:])
	}
	h, err := hosthost.ReadHeader(b)
	if err != nil {
		l.Bits(d, f.visit)
		return appendOctets(f.all, "header", "octets", b[hosthost.LeaderLen:])
	}
	h.Bits(d, f.visit)
	return f.text(h, b[hosthost.HeaderLen:])
}

// fields collects the bits of a message.
type fields struct {
	all    []handshake.Field
	group  string
	before int // where the group begins
}

func (f *fields) visit(name string, bit, n int, value uint64) {
	if f.group == "leader" && bit >= 8*hosthost.LeaderLen {
		f.group, f.before = "header", 8*hosthost.LeaderLen
	}
	shown := strconv.FormatUint(value, 10)
	if n == 32 && name != "bit space" {
		shown = rfc147.Socket(value).Short()
	}
	f.all = append(f.all, handshake.Field{Group: f.group, Name: name, Bit: bit - f.before, Len: n, Value: shown})
}

// text names what stands behind the header, b.
func (f *fields) text(h hosthost.Header, b []byte) []handshake.Field {
	n := min(h.TextLen(), len(b))
	text, fill := b[:n], b[n:]
	if h.Leader.Link != hosthost.ControlLink {
		f.all = appendOctets(f.all, "text", "text", text)
		return appendOctets(f.all, "fill", "fill", fill)
	}
	for len(text) > 0 {
		c, rest, fault := hosthost.Next(text)
		if fault != (hosthost.Fault{}) {
			f.all = appendOctets(f.all, "command", "octets", text)
			break
		}
		f.group, f.before = c.Opcode.String(), 0
		c.Bits(f.visit)
		text = rest
	}
	return appendOctets(f.all, "fill", "fill", fill)
}

func appendOctets(all []handshake.Field, group, name string, b []byte) []handshake.Field {
	if len(b) == 0 {
		return all
	}
	return append(all, handshake.Field{Group: group, Name: name, Len: 8 * len(b), Value: hex.EncodeToString(b)})
}

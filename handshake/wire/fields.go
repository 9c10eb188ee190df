package wire

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"unicode"
	"unicode/utf8"

	"sockscope/handshake"
)

// column is one named run of bits of a packet's layout, and how its value is written.
type column struct {
	name  string
	bits  int
	write func(uint32) string
}

// tcpHeader is figure 1 of RFC 9293, from left to right and from top to bottom.
var tcpHeader = []column{
	{"Source Port", 16, decimal},
	{"Destination Port", 16, decimal},
	{"Sequence Number", 32, decimal},
	{"Acknowledgment Number", 32, decimal},
	{"Data Offset", 4, decimal},
	{"Rsrvd", 4, decimal},
	{"CWR", 1, decimal},
	{"ECE", 1, decimal},
	{"URG", 1, decimal},
	{"ACK", 1, decimal},
	{"PSH", 1, decimal},
	{"RST", 1, decimal},
	{"SYN", 1, decimal},
	{"FIN", 1, decimal},
	{"Window", 16, decimal},
	{"Checksum", 16, checksum},
	{"Urgent Pointer", 16, decimal},
}

// The option kinds that have no length octet (RFC 9293 section 3.2).
const (
	endOfOptionList = 0
	noOperation     = 1
)

var kind, length = column{"Kind", 8, decimal}, column{"Length", 8, decimal}

// options names those of RFC 9293 section 3.2 (kinds 0 to 2), RFC 7323 (3 and 8)
// and RFC 2018 (4 and 5, with room for four blocks).
var options = [...]struct {
	name    string
	columns []column
}{
	endOfOptionList: {"End of Option List", []column{kind}},
	noOperation:     {"No-Operation", []column{kind}},
	2:               {"MSS", []column{kind, length, {"Maximum Segment Size", 16, decimal}}},
	3:               {"Window Scale", []column{kind, length, {"shift.cnt", 8, decimal}}},
	4:               {"SACK-Permitted", []column{kind, length}},
	5: {"SACK", []column{
		kind, length,
		{"Left Edge of 1st Block", 32, decimal},
		{"Right Edge of 1st Block", 32, decimal},
		{"Left Edge of 2nd Block", 32, decimal},
		{"Right Edge of 2nd Block", 32, decimal},
		{"Left Edge of 3rd Block", 32, decimal},
		{"Right Edge of 3rd Block", 32, decimal},
		{"Left Edge of 4th Block", 32, decimal},
		{"Right Edge of 4th Block", 32, decimal},
	}},
	8: {"Timestamps", []column{kind, length, {"TSval", 32, decimal}, {"TSecr", 32, decimal}}},
}

func decimal(v uint32) string { return strconv.FormatUint(uint64(v), 10) }

func checksum(v uint32) string { return hex.EncodeToString([]byte{byte(v >> 8), byte(v)}) }

func dotted(v uint32) string {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String()
}

// Fields names every bit of the TCP segment b, in order and without a gap: the group
// "TCP header", a group for each option ("option MSS") and the group "data". Values
// are decimal digits, but the checksum is four hexadecimal ones, data are quoted if
// they can be printed, and whatever has no name is hexadecimal octets. Two options of
// one kind are two groups of one name; Bit begins again at 0. What is cut off or
// contradicts itself becomes one field named "unreadable". Whether the checksum is
// right is not asked.
func Fields(b []byte) []handshake.Field {
	if len(b) < headerLen {
		return rest(nil, "TCP header", "unreadable", 0, b)
	}
	text := 4 * int(b[atOffset]>>4)
	fields := make([]handshake.Field, 0, len(tcpHeader)+max(text-headerLen, 0)+1) // an option's field takes an octet or more
	fields = named(fields, "TCP header", tcpHeader, b[:headerLen])
	if text < headerLen || text > len(b) {
		return rest(fields, "options", "unreadable", 0, b[headerLen:])
	}
	fields = optionFields(fields, b[headerLen:text])
	if text < len(b) {
		fields = append(fields, handshake.Field{Group: "data", Name: "data", Len: 8 * (len(b) - text), Value: data(b[text:])})
	}
	return fields
}

// named appends the columns that b fills, and then the octets behind them, if any.
func named(fields []handshake.Field, group string, columns []column, b []byte) []handshake.Field {
	bit := 0
	for _, c := range columns {
		if bit+c.bits > 8*len(b) {
			break
		}
		fields = append(fields, handshake.Field{Group: group, Name: c.name, Bit: bit, Len: c.bits, Value: c.write(read(b, bit, c.bits))})
		bit += c.bits
	}
	return rest(fields, group, "octets", bit, b[bit/8:])
}

// rest appends what has no name of its own, b, which begins at bit of its group.
func rest(fields []handshake.Field, group, name string, bit int, b []byte) []handshake.Field {
	if len(b) == 0 {
		return fields
	}
	return append(fields, handshake.Field{Group: group, Name: name, Bit: bit, Len: 8 * len(b), Value: hex.EncodeToString(b)})
}

// read gives n bits of b, 32 at most, from bit on.
func read(b []byte, bit, n int) uint32 {
	end := bit + n
	var v uint64
	for _, octet := range b[bit/8 : (end+7)/8] {
		v = v<<8 | uint64(octet)
	}
	return uint32(v >> (-end & 7) & (1<<n - 1))
}

// optionFields appends the options b, each in its own group.
func optionFields(fields []handshake.Field, b []byte) []handshake.Field {
	for len(b) > 0 {
		size := 1
		if b[0] != endOfOptionList && b[0] != noOperation {
			if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
				return rest(fields, "options", "unreadable", 0, b)
			}
			size = int(b[1])
		}
		name, columns := strconv.Itoa(int(b[0])), []column{kind, length}
		if int(b[0]) < len(options) && options[b[0]].name != "" {
			name, columns = options[b[0]].name, options[b[0]].columns
		}
		fields = named(fields, "option "+name, columns, b[:size])
		if b[0] == endOfOptionList {
			return rest(fields, "options", "padding", 0, b[1:])
		}
		b = b[size:]
	}
	return fields
}

// shown is how many octets of data a field's value shows: what a line of a screen holds.
const shown = 64

// data writes b for people: quoted if it is text, else as hexadecimal octets. Three
// dots stand for what is left out.
func data(b []byte) string {
	write := hex.EncodeToString
	if printable(b) {
		write = func(b []byte) string { return strconv.Quote(string(b)) }
	}
	if len(b) <= shown {
		return write(b)
	}
	end := shown
	for end > shown-utf8.UTFMax && !utf8.RuneStart(b[end]) {
		end--
	}
	return write(b[:end]) + "..."
}

func printable(b []byte) bool {
	for _, r := range string(b) {
		if r == utf8.RuneError || !unicode.IsPrint(r) && r != '\r' && r != '\n' && r != '\t' {
			return false
		}
	}
	return true
}

package tui

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/rfc147"
)

// message reads what a host and its IMP said to each other: its fields by names that have
// room in the figure, and what they say. What has arrived is shown as the IMP gave it.
func (s shown) message(v *view) (shown, reading) {
	if now := v.step(); s.broken {
		s.fields = now.Fields
	}
	m := hostMessage{s, commandsOf(s.fields)}
	parts := m.regular(v)
	if kind := s.field("type"); kind != "0" {
		parts = m.answer(v, kind)
	}
	r := reading{m.heading(v), append(parts, m.sources(v)...), m.figureWords(v)}
	s.fields = shortNames(m)
	for i := range s.fields { // half of 80 columns has no room for it
		s.fields[i].Name = strings.TrimSuffix(s.fields[i].Name, " socket")
	}
	return s, r
}

const longText = 24 // columns of a text that are shown: what 120 have room for

// hostMessage is a message with the control commands in it, if it is one of control.
type hostMessage struct {
	shown
	commands []controlCommand
}

// controlCommand is a command to the other NCP, by the name that its fields' group has.
type controlCommand struct {
	name   string
	fields []handshake.Field
}

func commandsOf(fields []handshake.Field) []controlCommand {
	var all []controlCommand
	for _, f := range fields {
		if f.Name == "opcode" {
			all = append(all, controlCommand{name: f.Group})
		}
		if last := len(all) - 1; last >= 0 && all[last].name == f.Group {
			all[last].fields = append(all[last].fields, f)
		}
	}
	return all
}

// text is what stands behind the header of a message that is not one of control, and how
// many bits of it count: S x C (NIC 8246 p.19).
func (m hostMessage) text() (octets []byte, bits int) {
	for _, f := range m.fields {
		if f.Group == "text" {
			octets, _ = hex.DecodeString(f.Value)
			bits = f.Len
		}
	}
	return octets, min(bits, m.textBits())
}

func (m hostMessage) textBits() int { return m.count("S") * m.count("C") }

// count is the number that a field has; 0 if there is none.
func (m hostMessage) count(name string) int {
	n, _ := strconv.ParseUint(m.field(name), 10, 32)
	return int(n)
}

// heading says which message it is and how long, in short pieces.
func (m hostMessage) heading(v *view) []string {
	pieces := []string{v.words("pane.segment.number", "n", strconv.Itoa(m.depart.Packet))}
	kind := m.field("type")
	own := kind != "" && kind != "0"
	if own {
		pieces = append(pieces, v.say.Text("pane.message.own"))
	}
	switch now := v.step(); {
	case m.broken && !own:
		pieces = append(pieces, v.say.Text("pane.message.arrived"))
	case now.Packet != m.depart.Packet:
		pieces = append(pieces, v.words("pane.segment.last", "n", strconv.Itoa(m.depart.N)))
	case now.N != m.depart.N:
		pieces = append(pieces, v.words("pane.segment.sent", "n", strconv.Itoa(m.depart.N)))
	}
	return append(pieces, v.words("pane.segment.octets", "n", strconv.Itoa(len(m.wire))))
}

// regular explains a message from host to host, what it is about first.
func (m hostMessage) regular(v *view) [][2]string {
	var parts [][2]string
	for _, c := range m.commands {
		parts = append(parts, c.parts(v)...)
	}
	if octets, bits := m.text(); bits > 0 {
		parts = append(parts, m.textParts(v, octets, bits)...)
	}
	if bad := m.field("octets"); bad != "" {
		parts = append(parts, [2]string{"?", v.words("pane.message.no-command", "octets", glimpse(bad, longText))})
	}
	if m.field("S") != "" {
		parts = append(parts, [2]string{"S, C", v.words("pane.message.size",
			"s", m.field("S"), "c", m.field("C"), "bits", strconv.Itoa(m.textBits()))})
	}
	link := "pane.message.link"
	if m.field("link") == "0" {
		link = "pane.message.link.0"
	}
	parts = append(parts, m.host(v), m.link(v, link), m.kind(v, "0"))
	parts = append(parts, m.flags(v)...)
	if m.field("M1") != "" {
		parts = append(parts, [2]string{"M1, M2", v.say.Text("pane.message.zeros")})
	}
	if fill := m.field("fill"); fill != "" {
		parts = append(parts, [2]string{v.say.Text("pane.message.fill"), v.say.Text("pane.message.fill.means")})
	}
	return parts
}

// answer explains a leader without a message behind it, from the IMP.
func (m hostMessage) answer(v *view, kind string) [][2]string {
	if m.field("link") == "" && m.field("type") == "" {
		return nil // not even a leader
	}
	parts := [][2]string{m.kind(v, kind)}
	if key := "pane.message.subtype." + kind + "." + m.field("subtype"); v.say.Has(key) {
		parts = append(parts, [2]string{"subtype " + m.field("subtype"), v.say.Text(key)})
	}
	if slices.Contains([]string{"5", "7", "8", "9"}, kind) {
		parts = append(parts, m.host(v), m.link(v, "pane.message.link.its"))
	}
	return append(parts, m.flags(v)...)
}

// kind says what the type means.
func (m hostMessage) kind(v *view, kind string) [2]string {
	key := "pane.message.type." + kind
	if !v.say.Has(key) {
		key = "pane.message.type.unassigned"
	}
	return [2]string{"type " + kind, v.say.Text(key)}
}

// number is that of the host at a place of an IMP.
func (m hostMessage) number(place, imp string) string {
	return strconv.Itoa(m.count(place)<<6 | m.count(imp))
}

// host says where the message goes, or where it came from: two bits of the leader are the
// host at its IMP, six the IMP (RFC 208).
func (m hostMessage) host(v *view) [2]string {
	key, place, imp := "pane.message.to", "destination host", "destination IMP"
	switch {
	case m.field("source IMP") != "":
		key, place, imp = "pane.message.from", "source host", "source IMP"
	case m.field("type") != "0":
		key = "pane.message.about"
	}
	sent := hostMessage{shown: shown{fields: m.depart.Fields}}
	return [2]string{"H, IMP", v.words(key, "place", m.field(place), "imp", m.field(imp),
		"host", m.number(place, imp), "was", sent.number("destination host", "destination IMP"))}
}

func (m hostMessage) link(v *view, key string) [2]string {
	return [2]string{"link " + m.field("link"), v.say.Text(key)}
}

// flags names the leader's first bits, and explains those that are on.
func (m hostMessage) flags(v *view) [][2]string {
	parts := [][2]string{{"p, f, t, o", v.say.Text("pane.message.flags")}}
	for _, flag := range [...]string{"priority", "for IMP", "trace", "octal"} {
		if m.has(flag) {
			parts = append(parts, [2]string{flag, v.say.Text("pane.message.flag." + strings.ReplaceAll(flag, " ", "-"))})
		}
	}
	return parts
}

// textParts say what is in a text: a socket number, or characters.
func (m hostMessage) textParts(v *view, octets []byte, bits int) [][2]string {
	name, n := v.say.Text("pane.message.text"), strconv.Itoa(bits)
	if m.tellsSocket(octets) {
		socket := rfc147.Socket(binary.BigEndian.Uint32(octets))
		return [][2]string{{name, v.words("pane.message.number-told", "n", n)}, socketPart(v, socket)}
	}
	return [][2]string{{name, v.words("pane.message.bits", "n", n, "text", glimpse(m.shows(octets), longText))}}
}

// tellsSocket reports whether a text is a socket number: one byte of 32 bits, as in an ICP
// (RFC 165 p.5).
func (m hostMessage) tellsSocket(octets []byte) bool {
	return m.field("S") == "32" && m.field("C") == "1" && len(octets) == 4
}

// shows writes a text: a socket, or in quotes where its bytes are octets, else in hexadecimal.
func (m hostMessage) shows(octets []byte) string {
	switch {
	case m.tellsSocket(octets):
		return rfc147.Socket(binary.BigEndian.Uint32(octets)).Short()
	case m.field("S") == "8":
		return strconv.QuoteToASCII(string(octets))
	}
	return hex.EncodeToString(octets)
}

// socketPart takes a socket apart as RFC 147 does.
func socketPart(v *view, s rfc147.Socket) [2]string {
	return [2]string{s.Short(), v.words("pane.message.socket", "home", fmt.Sprint(s.Home()), "user", fmt.Sprint(s.User()),
		"plug", fmt.Sprint(s.Plug()), "polarity", v.say.Text("ui.socket."+s.Polarity().String()))}
}

// parts explain a command and what it says.
func (c controlCommand) parts(v *view) [][2]string {
	parts := [][2]string{{c.name, v.say.Text("pane.message." + c.name)}}
	for _, f := range c.fields {
		if strings.HasSuffix(f.Name, "socket") {
			if s, err := rfc147.Parse(f.Value); err == nil {
				parts = append(parts, socketPart(v, s))
			}
			continue
		}
		key := "pane.message." + c.name + "." + strings.ReplaceAll(f.Name, " ", "-")
		if !v.say.Has(key) {
			key = "pane.message.field." + strings.ReplaceAll(f.Name, " ", "-")
		}
		if v.say.Has(key) && c.name != "ERR" {
			parts = append(parts, [2]string{f.Name + " " + f.Value, v.say.Text(key)})
		}
	}
	if c.name == "ERR" {
		parts = append(parts, c.fault(v)...)
	}
	return parts
}

// fault says what an ERR is about, and what it shows of that (NIC 8246 p.25).
func (c controlCommand) fault(v *view) [][2]string {
	var code string
	var data []byte
	for _, f := range c.fields {
		switch n, _ := strconv.ParseUint(f.Value, 10, 8); f.Name {
		case "code":
			code = f.Value
		case "data":
			data = append(data, byte(n))
		}
	}
	key := "pane.message.code." + code
	if !v.say.Has(key) {
		key = "pane.message.code.0"
	}
	parts := [][2]string{{"code " + code, v.say.Text(key)}}
	if about := offence(code, data); about != "" {
		parts = append(parts, [2]string{"data", v.words("pane.message.offence", "command", about)})
	}
	return parts
}

// opcodes are the control commands by their first octets (NIC 8246 p.27).
var opcodes = [...]string{"NOP", "RTS", "STR", "CLS", "ALL", "GVB", "RET", "INR", "INS", "ECO", "ERP", "ERR", "RST", "RRP"}

// offence is the command that an ERR shows: its name, and its sockets or its link. A
// message over an unused link is shown from its leader on, and a leader begins with 0.
func offence(code string, data []byte) string {
	switch {
	case len(data) != 10 || code == "0":
		return hex.EncodeToString(data)
	case code == "5" && data[0] == 0:
		return "link " + strconv.Itoa(int(data[2]))
	case int(data[0]) >= len(opcodes):
		return "opcode " + strconv.Itoa(int(data[0]))
	}
	switch name := opcodes[data[0]]; name {
	case "RTS", "STR", "CLS":
		socket := func(b []byte) string { return rfc147.Socket(binary.BigEndian.Uint32(b)).Short() }
		return name + " " + socket(data[1:]) + " " + socket(data[5:])
	case "ALL", "GVB", "RET", "INR", "INS":
		return name + " link " + strconv.Itoa(int(data[1]))
	default:
		return name
	}
}

// sources are where what is shown stands.
func (m hostMessage) sources(v *view) [][2]string {
	leader := "BBN 1822 (RFC 208, 381)"
	if m.field("type") == "0" {
		leader = "NIC 8246 p.19, " + leader
	}
	for _, why := range slices.Backward(m.depart.Why) {
		if strings.HasPrefix(why.Cite, "NIC") && why.Cite != "NIC 8246 p.19" {
			leader = why.Cite + ", " + strings.TrimPrefix(leader, "NIC 8246 ")
		}
	}
	return [][2]string{{v.say.Text("pane.message.sources"), leader}}
}

// figureWords are leader, header and commands in lines of 32 bits. Behind a header of 72
// bits a socket is divided between two lines: the name stands in the larger part, and in
// the other that it belongs to it. Of the text it is said only where it begins.
func (m hostMessage) figureWords(v *view) [][]bitField {
	words := headerWords(slices.DeleteFunc(shortNames(m), func(f handshake.Field) bool { return f.Group == "data" }))
	for i := range words[:max(len(words)-1, 0)] {
		a, b := &words[i][len(words[i])-1], &words[i+1][0]
		if b.first {
			continue
		}
		if b.bits > a.bits {
			a.first, b.first = false, true
		}
		a.other, b.other = "("+a.field.Name+")", "("+b.field.Name+")"
	}
	if _, bits := m.text(); bits > 0 && len(words) > 0 {
		last := &words[len(words)-1]
		rest := wordBits
		for _, f := range *last {
			rest -= f.bits
		}
		if rest > 0 {
			*last = append(*last, bitField{bits: rest, other: v.words("pane.message.goes-on", "n", strconv.Itoa(bits))})
		}
	}
	return words
}

// shorter are names for which a leader's narrow fields have no room.
var shorter = map[string]string{
	"destination host": "H", "source host": "H", "destination IMP": "IMP", "source IMP": "IMP", "message-id": "id",
}

// shortNames gives the fields as figure and octets show them. What is not of leader, header
// or commands is data.
func shortNames(m hostMessage) []handshake.Field {
	fields := slices.Clone(m.fields)
	for i := range fields {
		f := &fields[i]
		if short := shorter[f.Name]; short != "" && f.Group == "leader" {
			f.Name = short
		}
		switch f.Name {
		case "opcode":
			f.Value += " " + f.Group
		case "text":
			octets, _ := hex.DecodeString(f.Value)
			f.Group, f.Value = "data", m.shows(octets)
		case "fill", "octets":
			f.Group, f.Value = "data", f.Name
		}
	}
	return fields
}

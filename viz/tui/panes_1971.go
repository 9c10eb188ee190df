package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/rfc147"
	"sockscope/viz"
)

// speaking gives a pane another face for traces of an NCP.
func speaking(today, then pane) pane {
	return func(c canvas, v *view) {
		if v.trace.Protocol == handshake.NCP {
			then(c, v)
			return
		}
		today(c, v)
	}
}

func spans(texts ...string) []span {
	row := make([]span, len(texts))
	for i, t := range texts {
		row[i] = span{t, tcell.StyleDefault}
	}
	return row
}

// table writes rows in columns as wide as they need, closer where there is little room, and
// gives the next row. What does not fit at the right is left out.
func (c canvas) table(x, y int, rows [][]span) int {
	var widths []int
	for _, row := range rows {
		for i, e := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(e.text))
		}
	}
	gap, all := 2, x
	for _, w := range widths {
		all += w + gap
	}
	if all-gap > c.w {
		gap = 1
	}
	for _, row := range rows {
		at := x
		for i, e := range row {
			if at+width(e.text) > c.w {
				break
			}
			c.text(at, y, c.w-at, e.text, e.style)
			at += widths[i] + gap
		}
		y++
	}
	return y
}

// narrowTable is the width below which a table leaves out what stands elsewhere.
const narrowTable = 60

// paneAllocations lists the connections of both hosts with their links, byte sizes, what they
// may still carry and what they have carried (NIC 8246 p.14).
func paneAllocations(c canvas, v *view) {
	const beside = 150 // columns that two tables need
	all := c.part(1, -v.scroll, c.w-2, c.h+v.scroll)
	y := 0
	for peer := range v.trace.Peers {
		rows := v.allocations(peer)
		if c.w >= beside {
			half := all.part(peer*(all.w/2), 0, all.w/2-1, all.h)
			y = max(y, half.table(0, 0, rows))
			continue
		}
		y = all.table(0, y, rows)
	}
	all.say(y, said{text: v.say.Text("pane.allocations.means"), source: "NIC 8246 p.14"})
}

// allocations are the rows of a host's table, the newest connection first.
func (v *view) allocations(peer int) [][]span {
	heads := []span{{v.name(peer), v.side(peer)}}
	for _, key := range [...]string{"state", "link", "size", "space", "room", "carried", "bits"} {
		heads = append(heads, span{v.say.Text("pane.allocations." + key), tcell.StyleDefault})
	}
	rows := [][]span{heads}
	for _, conn := range slices.Backward(v.ends[peer].Conns) {
		if conn.State == "NONE" {
			continue
		}
		was := v.before[peer].Conn(conn.On)
		if was == nil {
			was = &viz.Conn{State: "NONE"}
		}
		row := append(spans(conn.On), v.changing(conn.State, was.State))
		for _, name := range [...]string{"link", "byte size", "msg space", "bit space", "messages", "bits"} {
			now, _ := conn.Var(name)
			old, _ := was.Var(name)
			row = append(row, v.changing(orDash(now.Value), orDash(old.Value)))
		}
		rows = append(rows, row)
	}
	if len(rows) == 1 {
		rows = append(rows, spans(v.say.Text("dash.no-socket")))
	}
	return rows
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// changing is a value that is marked if the step has changed it, or hidden.
func (v *view) changing(now, was string) span {
	switch {
	case now == was:
		return span{now, tcell.StyleDefault}
	case v.hidden:
		return span{unknown, v.colours.Hidden}
	}
	return span{now + "*", v.colours.Changed} // the mark is for eyes without colour
}

// paneRequests shows what makes a connection of 1971 and what ends it: which of the messages
// that each needs have gone, and come (NIC 8246 p.10 to 14).
func paneRequests(c canvas, v *view) {
	in := c.part(1, -v.scroll, c.w-2, c.h+v.scroll)
	n, _ := v.known()
	heads := spans(v.say.Text("pane.requests.connection"), "RTS", "STR", "ALL", v.say.Text("pane.requests.text"), "CLS >", "CLS <")
	rows := [][]span{heads}
	all := requests(v.trace, n)
	for _, r := range all {
		row := spans(r.name + r.role())
		if in.w < narrowTable && r.part != "" {
			row = spans(r.part) // its sockets stand below
		}
		for _, said := range r.said {
			row = append(row, v.fate(said))
		}
		rows = append(rows, row)
	}
	if len(all) == 0 {
		rows = append(rows, spans(v.say.Text("dash.no-socket")))
	}
	y := in.table(0, 0, rows)
	if text := numbers(all); text != "" && c.h > len(rows)+2 {
		y = in.paragraph(0, y, wrap(text, in.w), v.colours.Cast)
	}
	in.say(y, said{text: v.say.Text("pane.requests.means"), source: "NIC 8246 p.10, p.12"})
}

// The messages that a connection needs, as columns.
const (
	saidRTS = iota
	saidSTR
	saidALL
	saidText
	saidCLS   // of the sender
	saidCLSes // of the receiver
	saidCount
)

// requested is a connection by what has been said of it. Send and receive are its sockets.
type requested struct {
	name          string // "10/0/0/s > 1/5/0/r"
	send, receive rfc147.Socket
	said          [saidCount]uttered
	part          string // in an ICP: "U+3 > S"; empty: none
}

// uttered is the newest message of a kind: where its packet is.
type uttered struct {
	packet, step int
	lost         bool
}

// role names a connection's part in an ICP.
func (r *requested) role() string {
	if r.part == "" {
		return ""
	}
	return "  " + r.part
}

// requests follows n steps of a trace to what has been said of each connection, in the order
// of their first messages.
func requests(t *handshake.Trace, n int) []requested {
	var all []requested
	for i := range t.Steps[:n] {
		s := &t.Steps[i]
		if s.Kind == handshake.KindDepart {
			all = utter(all, s)
			continue
		}
		for r := range all {
			for k := range all[r].said {
				if u := &all[r].said[k]; u.packet == s.Packet && s.Packet != 0 && u.step == 0 {
					u.step, u.lost = s.N, s.Kind == handshake.KindDrop
				}
			}
		}
	}
	castRoles(all)
	return all
}

// utter takes a departing message into the table.
func utter(all []requested, s *handshake.Step) []requested {
	send, receive, ok := ofPair(s.On)
	word, _, _ := strings.Cut(s.Label, " ")
	column, known := map[string]int{"RTS": saidRTS, "STR": saidSTR, "ALL": saidALL, "DATA": saidText, "CLS": saidCLS}[word]
	if !ok || !known {
		return all
	}
	if column == saidCLS && strings.Contains(s.On, " < ") {
		column = saidCLSes
	}
	at := slices.IndexFunc(all, func(r requested) bool { return r.send == send && r.receive == receive })
	if at < 0 {
		at = len(all)
		all = append(all, requested{name: send.Short() + " > " + receive.Short(), send: send, receive: receive})
	}
	all[at].said[column] = uttered{packet: s.Packet}
	return all
}

// ofPair reads a connection's name in a trace: "1/5/0/r < 10/0/0/s".
func ofPair(on string) (send, receive rfc147.Socket, ok bool) {
	local, foreign, found := strings.Cut(on, " < ")
	if !found {
		foreign, local, found = strings.Cut(on, " > ")
	}
	receive, err := rfc147.Parse(local)
	send, err2 := rfc147.Parse(foreign)
	return send, receive, found && err == nil && err2 == nil
}

// castRoles finds the connections of an ICP by the arithmetic of RFC 165 p.4: L > U, then
// U+3 > S and S+1 > U+2.
func castRoles(all []requested) {
	for i := range all {
		u := all[i].receive
		for j := range all {
			for k := range all {
				s := all[j].receive
				if all[j].send == u+3 && all[k].receive == u+2 && all[k].send == s+1 {
					all[i].part, all[j].part, all[k].part = "L > U", "U+3 > S", "S+1 > U+2"
				}
			}
		}
	}
}

// numbers are the sockets of an ICP, written out.
func numbers(all []requested) string {
	var parts []string
	for _, r := range all {
		switch r.part {
		case "L > U":
			parts = append(parts, "L "+r.send.Short(), "U "+r.receive.Short())
		case "U+3 > S":
			parts = append(parts, "S "+r.receive.Short(), "U+3 "+r.send.Short())
		case "S+1 > U+2":
			parts = append(parts, "S+1 "+r.send.Short(), "U+2 "+r.receive.Short())
		}
	}
	return strings.Join(parts, "   ")
}

// fate is where a message is: the step in which it arrived, in the network, lost, or unsaid.
func (v *view) fate(u uttered) span {
	switch {
	case u.packet == 0:
		return span{"-", tcell.StyleDefault}
	case u.step == 0:
		return span{"...", v.colours.InFlight}
	case u.lost:
		return span{"x" + strconv.Itoa(u.step), v.colours.Lost}
	}
	return span{strconv.Itoa(u.step), tcell.StyleDefault}
}

// paneAccounts takes the sockets of both hosts apart: whose each is, and what has been logged
// of their connections (RFC 147 p.3).
func paneAccounts(c canvas, v *view) {
	all := c.part(1, -v.scroll, c.w-2, c.h+v.scroll)
	n, ends := v.known()
	heads := spans(v.say.Text("pane.accounts.socket"), "", v.say.Text("pane.accounts.host"), v.say.Text("pane.accounts.home"), v.say.Text("pane.accounts.user"),
		v.say.Text("pane.accounts.plug"), v.say.Text("pane.accounts.polarity"))
	rows := [][]span{heads}
	for peer := range ends {
		for _, s := range v.socketsOf(peer, n) {
			row := spans(s.Short(), s.String(), strings.TrimPrefix(v.trace.Peers[peer].Address, "host "), strconv.Itoa(int(s.Home())),
				strconv.Itoa(int(s.User())), strconv.Itoa(int(s.Plug())), v.say.Text("pane.accounts."+s.Polarity().String()))
			row[0].style = v.side(peer)
			rows = append(rows, row)
		}
	}
	if all.w < narrowTable {
		for i, row := range rows {
			rows[i] = slices.Delete(row, 1, 2) // the number as RFC 147 writes it
		}
	}
	if len(rows) == 1 {
		rows = append(rows, spans(v.say.Text("dash.no-socket")))
	}
	y := all.table(0, 0, rows)
	if records := v.recordRows(n, all.w < narrowTable); len(records) > 1 {
		y = all.table(0, y+1, records)
	}
	all.say(y, said{text: v.say.Text("pane.accounts.means"), source: "RFC 147 p.3, NIC 8246 p.9"})
}

// socketsOf are the sockets of a host that have been in a connection, each once.
func (v *view) socketsOf(peer, n int) []rfc147.Socket {
	var all []rfc147.Socket
	for i := range v.trace.Steps[:n] {
		s := &v.trace.Steps[i]
		if s.Peer != v.trace.Peers[peer].Name {
			continue
		}
		local, _, _ := strings.Cut(s.On, " ")
		if socket, err := rfc147.Parse(local); err == nil && s.On != "" && !slices.Contains(all, socket) {
			all = append(all, socket)
		}
	}
	return all
}

// recordRows is the log of all hosts, headed; where it is short, without times and hosts.
func (v *view) recordRows(n int, short bool) [][]span {
	fields := func(all [8]string) []string {
		if short {
			return append(all[2:4:4], all[6:]...)
		}
		return all[:]
	}
	rows := [][]span{append(spans(v.say.Text("dash.accounted")), spans(fields(viz.RecordHeads(v.say))...)...)}
	for _, r := range viz.Records(v.trace, n) {
		row := append(spans(viz.Name(r.Peer, v.lang)), spans(fields(r.Cells())...)...)
		row[0].style = v.side(max(viz.PeerIndex(v.trace, r.Peer), 0))
		rows = append(rows, row)
	}
	return rows
}

// paneNoGraph says why nothing is drawn over time.
func paneNoGraph(c canvas, v *view) {
	in := c.part(1, 0, c.w-2, c.h)
	in.paragraph(0, 0, wrap(v.say.Text("pane.graph.ncp-none"), in.w), tcell.StyleDefault)
}

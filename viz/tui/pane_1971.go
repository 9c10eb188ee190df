package tui

import (
	"net/netip"
	"strconv"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/rfc147"
)

// pane1971 sets the names of two ends in 1971 beside those of today. The numbers are
// the roles that the scenario casts, never made from today's; without a cast the
// table has none.
func pane1971(c canvas, v *view) {
	in := c.part(1, 0, c.w-2, c.h)
	const table, links = 46, 32
	always := wrap(v.say.Text("pane.1971.always"), in.w)
	if in.w >= table+links {
		side := in.part(table, 0, in.w, c.h)
		always = wrap(v.say.Text("pane.1971.always"), side.w)
		in.part(0, 0, table-1, c.h).names(v, 19)
		y := side.links(v, max(0, min(1, c.h-4-len(always))))
		side.text(0, y, side.w, v.sourceOf1971(side.w), v.colours.Source)
		side.paragraph(0, min(y+1+min(1, max(0, c.h-y-2-len(always))), c.h-len(always)), always, v.colours.Cast)
		return
	}
	// The line that must always be said keeps its place where rows are short.
	body := in.part(0, 0, in.w, c.h-len(always))
	y := body.names(v, 22)
	y = min(body.links(v, y), body.h)
	y = in.paragraph(0, y, always, v.colours.Cast)
	in.text(0, y, in.w, v.sourceOf1971(in.w), v.colours.Source)
}

// sourceOf1971 cites the two RFCs, and the cast's own documents where there is room.
func (v *view) sourceOf1971(columns int) string {
	all := v.words("pane.1971.sources", "source", v.trace.Source)
	if v.trace.Source == "" || width(all) > columns {
		return "RFC 147, RFC 165"
	}
	return all
}

// names writes the table of what told one end from another, for the end that is
// called, with so many columns for 1971, and gives the next row.
func (c canvas) names(v *view, then int) int {
	const label = 12
	c.text(label, 0, then-1, "1971", v.colours.Cast)
	c.text(label+then, 0, c.w, v.say.Text("pane.1971.today"), tcell.StyleDefault)
	called := len(v.trace.Peers) - 1
	values := casting(v.trace.Peers[called].Cast)
	address, err := netip.ParseAddrPort(v.trace.Peers[called].Address)
	today := [5]string{
		v.say.Text("pane.1971.address"), v.say.Text("pane.1971.port"),
		v.say.Text("pane.1971.no-part"), v.say.Text("pane.1971.no-part"), v.say.Text("pane.1971.both"),
	}
	if values != nil && err == nil {
		today[0] = address.Addr().String() + " (32)"
		today[1] = v.words("pane.1971.port-number", "n", strconv.Itoa(int(address.Port())))
	}
	for i, key := range [...]string{"where", "which-there", "whose", "which-one", "which-way"} {
		part := v.say.Text("pane.1971." + key + ".part")
		if values != nil {
			part = v.words("pane.1971."+key+".value", values...)
		}
		c.text(0, i+1, label-1, v.say.Text("pane.1971."+key), tcell.StyleDefault)
		c.text(label, i+1, then-1, part, v.colours.Cast)
		c.text(label+then, i+1, c.w, today[i], tcell.StyleDefault)
	}
	return 6
}

// casting is what the words of the table need of a role; nil if there is none.
func casting(cast *handshake.Cast) []string {
	own, ok := roleOf(cast)
	if !ok {
		return nil
	}
	number := strconv.Itoa
	return []string{
		"host", number(cast.Host), "socket", own.sends.String(), "home", number(int(own.sends.Home())),
		"user", number(int(own.sends.User())), "plug", number(int(own.sends.Plug())),
	}
}

// role is the sockets of 1971 that a cast has: for the initial connection, and the
// pair for the data.
type role struct{ asks, answers, gets, sends rfc147.Socket }

// roleOf makes the sockets of a cast, with the home where its user is registered.
func roleOf(cast *handshake.Cast) (role, bool) {
	if cast == nil || len(cast.Plugs) != 2 || cast.Home != int(uint8(cast.Home)) || cast.User != int(uint16(cast.User)) {
		return role{}, false
	}
	var pair [2]rfc147.Socket
	for i, plug := range cast.Plugs {
		s, err := rfc147.New(uint8(cast.Home), uint16(cast.User), uint8(plug), rfc147.Receives)
		if err != nil || plug != int(uint8(plug)) {
			return role{}, false
		}
		pair[i] = s
	}
	return role{asks: pair[0], answers: pair[0].Mate(), gets: pair[1], sends: pair[1].Mate()}, true
}

// links writes the three connections of 1971 that one of today stands for, by the
// initial connection protocol of RFC 165: the called end's L sends a number S to the
// caller's U; then U+3 sends to S, and S+1 to U+2. It gives the next row.
func (c canvas) links(v *view, y int) int {
	caller, ok1 := roleOf(v.trace.Peers[0].Cast)
	called, ok2 := roleOf(v.trace.Peers[len(v.trace.Peers)-1].Cast)
	pairs := [3]string{"L > U", "U+3 > S", "S+1 > U+2"}
	if ok1 && ok2 {
		for i, pair := range [3][2]rfc147.Socket{
			{called.answers, caller.asks}, {caller.sends, called.gets}, {called.sends, caller.gets},
		} {
			pairs[i] = pair[0].String() + " > " + pair[1].String()
		}
	}
	const label = 7
	for i, key := range [...]string{"ask", "out", "back"} {
		c.text(0, y, label, v.say.Text("pane.1971."+key), tcell.StyleDefault)
		used := label + c.text(label, y, c.w-label, pairs[i], v.colours.Cast)
		if means := v.say.Text("pane.1971." + key + ".means"); used+3+width(means) <= c.w {
			c.text(used+3, y, c.w, means, tcell.StyleDefault)
		}
		y++
	}
	return y
}

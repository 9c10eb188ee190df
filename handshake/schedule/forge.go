package schedule

import (
	"fmt"

	"sockscope/handshake"
)

// far is further than the window of either reaches at first, and near enough to be counted
// from the right one of two first numbers.
const far = 1 << 22

// stray are the numbers of a segment to an end that has none: far from those of the setup,
// as they are from those that a kernel draws.
const stray = 3000000000

// forge draws a segment that neither end has sent, with numbers in, at, before or behind
// the window of its receiver. Old duplicates are among them: what begins at IRS or before
// RCV.NXT. What acknowledges less than the connection's first octet is not: whether that
// is looked at is left open (RFC 5961 5.2, MAY-12).
func (g *generator) forge() (handshake.Choice, bool) {
	peer := pick(g, peers[:]...)
	v := g.last[peer].vars
	seq, ack := uint32(stray), uint32(stray)
	if next, known := v["RCV.NXT"]; known {
		seq = next + pick(g, 0, 0, 0, 1, 500, far, ^uint32(0), v["IRS"]-next)
	}
	una, known := v["SND.UNA"]
	if known {
		ack = pick(g, una, una, v["SND.NXT"], v["SND.NXT"], v["SND.NXT"]+1, v["SND.NXT"]+far, v["ISS"]+1)
	} else if g.begun {
		return handshake.Choice{}, false
	}
	from := fmt.Sprintf("<SEQ=%d>", seq)
	acks := fmt.Sprintf("<ACK=%d>", ack)
	label := pick(g,
		from+"<CTL=RST>", from+"<CTL=RST>",
		from+acks+"<CTL=RST,ACK>",
		from+"<CTL=SYN>", from+"<CTL=SYN>",
		from+acks+"<CTL=SYN,ACK>",
		from+acks+"<CTL=ACK>", from+acks+"<CTL=ACK>",
		from+acks+"<DATA=3><CTL=ACK>",
		from+acks+"<CTL=FIN,ACK>",
		from+"<DATA=3><CTL=>",
		from+"<CTL=FIN>",
	)
	return handshake.Choice{Verb: handshake.Inject, Peer: peer, What: label}, true
}

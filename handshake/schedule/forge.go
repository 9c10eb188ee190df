package schedule

import (
	"fmt"

	"sockscope/handshake"
)

// far is further than any window reaches: that of a kernel is as large as it likes.
const far = 1 << 30

// stray are the numbers of a segment to an end that has none.
const stray = 9000

// forge draws a segment that neither end has sent, with numbers in, at, before or behind
// the window of its receiver. Old duplicates are among them: what begins at IRS or before
// RCV.NXT.
func (g *generator) forge() handshake.Choice {
	peer := pick(g, peers[:]...)
	e := g.last[peer]
	seq, ack := uint32(stray), uint32(stray)
	if _, known := e.vars["RCV.NXT"]; known {
		seq = e.vars["RCV.NXT"] + pick(g, 0, 0, 0, 1, 500, far, ^uint32(0), e.vars["IRS"]-e.vars["RCV.NXT"])
	}
	if una, known := e.vars["SND.UNA"]; known {
		ack = pick(g, una, una, e.vars["SND.NXT"], e.vars["SND.NXT"], e.vars["SND.NXT"]+1, e.vars["SND.NXT"]+far, una-1)
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
	return handshake.Choice{Verb: handshake.Inject, Peer: peer, What: label}
}

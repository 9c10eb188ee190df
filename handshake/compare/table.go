package compare

import "sockscope/handshake"

// measured is how the table cites what was seen on a kernel.
const measured = "measured on Linux 6.18"

// Deviations is the table. Each is shown by a built-in scenario: a test says which.
func Deviations() []Deviation {
	return []Deviation{
		{
			Name: "reset-acknowledges", Event: "call abort(", Rule: "abort-reset",
			Sources: []string{"RFC 9293 3.10.5", measured},
			shows:   pattern{differs: Label, kind: handshake.KindDepart, model: "<CTL=RST>", kernel: "<CTL=RST,ACK>"},
		},
		{
			Name: "syn-again", State: "SYN-SENT", Event: "arrive ", Rule: "syn-sent-bad-ack",
			Sources: []string{"RFC 9293 3.10.7.3 first", measured},
			shows:   pattern{differs: OnlyRight, kind: handshake.KindTimeout, kernel: "retransmission"},
		},
	}
}

package compare

import "sockscope/handshake"

// measured is how the table cites what was seen on a kernel.
const measured = "measured on Linux 6.18"

// Deviations is the table. Each of Linux is shown by a built-in scenario, each of netstack
// by one or by a schedule: tests say which.
func Deviations() []Deviation { return append(linuxDeviations(), netstackDeviations()...) }

// linuxDeviations are those of Linux, some of which netstack shares.
func linuxDeviations() []Deviation {
	return []Deviation{
		{
			Name: "delayed-ack", Stacks: []string{Linux}, States: []string{"ESTABLISHED", "CLOSE-WAIT"}, Event: "timeout delayed-ACK", Rule: "depart-ack",
			Sources: []string{"RFC 9293 3.8.6.3 SHLD-18, MUST-40", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindTimeout}}, theirs: true,
		},
		{
			Name: "time-wait-length", Stacks: []string{Linux}, States: []string{"TIME-WAIT"}, Event: "timeout time-wait", Rule: "time-wait-over",
			Sources: []string{"RFC 9293 3.6.1 MUST-13", "Linux include/net/tcp.h TCP_TIMEWAIT_LEN"},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindTimeout}},
		},
		{
			Name: "reset-acknowledges", Stacks: []string{Linux, Netstack}, Event: "call", Rule: "abort-reset",
			Sources: []string{"RFC 9293 3.10.5", measured},
			shows:   []pattern{{differs: Label, kind: handshake.KindDepart, model: "<CTL=RST>", other: "<CTL=RST,ACK>"}},
		},
		{
			Name: "keep-alive-reset", Stacks: []string{Linux}, States: []string{"ESTABLISHED"}, Event: "timeout keep-alive", Rule: "keep-alive-fails",
			Sources: []string{"RFC 9293 3.8.4", measured},
			shows:   []pattern{{differs: Label, kind: handshake.KindDepart, model: "<CTL=RST>", other: "<CTL=RST,ACK>"}},
		},
		{
			Name: "syn-answered-again", Stacks: []string{Linux}, States: []string{"SYN-RECEIVED"}, Event: "arrive <CTL=SYN>", Rule: "old-segment",
			Sources: []string{"RFC 9293 3.10.7.4 first", measured},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindDepart, model: "<CTL=ACK>"}},
			follows: []pattern{
				{differs: OnlyLeft, kind: handshake.KindTimeout, model: "retransmission"},
				{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=SYN,ACK>"},
			},
		},
		{
			Name: "segments-kept", Stacks: []string{Linux, Netstack}, States: []string{"ESTABLISHED", "CLOSE-WAIT"}, Event: "timeout retransmission",
			Rule:    "retransmit-text, retransmit-text-close-wait",
			Sources: []string{"RFC 9293 3.8.1", "Linux net/ipv4/tcp_output.c tcp_retrans_try_collapse", measured},
			shows:   []pattern{{differs: Label, kind: handshake.KindDepart, model: "<DATA=", other: "<DATA="}},
		},
		{
			Name: "always-pushes", Stacks: []string{Linux, Netstack}, States: []string{"ESTABLISHED"}, Event: "call send(", Rule: "send-text",
			Sources: []string{"RFC 9293 3.9.1.2 MUST-61", measured},
			shows:   []pattern{{differs: Label, kind: handshake.KindDepart, model: "<CTL=ACK>", other: "<CTL=PSH,ACK>"}},
		},
		{
			Name: "reading-acknowledges", Stacks: []string{Linux}, States: []string{"ESTABLISHED"}, Event: "call send(", Rule: "send-text",
			Sources: []string{"RFC 9293 3.8.6.3", "Linux net/ipv4/tcp.c __tcp_cleanup_rbuf", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=ACK>"}},
		},
	}
}

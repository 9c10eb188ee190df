package compare

import (
	"slices"

	"sockscope/handshake"
)

// measured is how the table cites what was seen on a kernel.
const measured = "measured on Linux 6.18"

// Deviations is the table. Each is shown by a built-in scenario, or by a schedule in
// cmd/sockscope/testdata/deviations or handshake/differential/testdata: tests say which.
func Deviations() []Deviation {
	return slices.Concat(sharedDeviations(), linuxDeviations(), netstackDeviations())
}

// linuxDeviations are those of Linux that lessons show, some of which netstack shares, and
// those that are its own.
func linuxDeviations() []Deviation {
	only := []string{Linux}
	return []Deviation{
		{
			Name: "delayed-ack", Stacks: only, States: []string{"ESTABLISHED", "CLOSE-WAIT"}, Event: "timeout delayed-ACK", Rule: "depart-ack",
			Sources: []string{"RFC 9293 3.8.6.3 SHLD-18, MUST-40", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindTimeout}}, theirs: true,
		},
		{
			Name: "time-wait-length", Stacks: only, States: []string{"TIME-WAIT"}, Event: "timeout time-wait", Rule: "time-wait-over",
			Sources: []string{"RFC 9293 3.6.1 MUST-13", "Linux include/net/tcp.h TCP_TIMEWAIT_LEN"},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindTimeout}},
		},
		{
			Name: "reset-acknowledges", Stacks: []string{Linux, Netstack}, Event: "call", Rule: "abort-reset",
			Sources: []string{"RFC 9293 3.10.5", measured},
			shows:   []pattern{{differs: Label, kind: handshake.KindDepart, model: "<CTL=RST>", other: "<CTL=RST,ACK>"}},
		},
		{
			Name: "keep-alive-reset", Stacks: only, States: []string{"ESTABLISHED"}, Event: "timeout keep-alive", Rule: "keep-alive-fails",
			Sources: []string{"RFC 9293 3.8.4", measured},
			shows:   []pattern{{differs: Label, kind: handshake.KindDepart, model: "<CTL=RST>", other: "<CTL=RST,ACK>"}},
		},
		{
			Name: "syn-answered-again", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive <CTL=SYN>", Rule: "old-segment",
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
			Name: "reading-acknowledges", Stacks: only, States: []string{"ESTABLISHED"}, Event: "call send(", Rule: "send-text",
			Sources: []string{"RFC 9293 3.8.6.3", "Linux net/ipv4/tcp.c __tcp_cleanup_rbuf", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=ACK>"}},
		},
		{
			Name: "status-unconnected", Stacks: only, States: []string{"CLOSED"}, Event: "call status(", Rule: "status-no-connection",
			Sources: []string{"RFC 9293 3.10.6", "Linux net/ipv4/tcp.c tcp_get_info", measured},
			shows:   []pattern{{differs: Result, model: "-1 ENOTCONN", other: ") = CLOSED"}},
		},
		{
			Name: "request-outlives-listener", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "signal nobody can accept it", Rule: "abort-reset",
			Sources: []string{"RFC 9293 3.10.5", "Linux net/ipv4/inet_connection_sock.c inet_csk_listen_stop", measured},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindSignal}}, parts: true,
		},
		{
			Name: "fewer-duplicates", Stacks: only, Event: "arrive", Rule: "ack-duplicate, limited-transmit",
			Sources: []string{"RFC 5681 3.2", "Linux net/ipv4/tcp_input.c tcp_check_reno_reordering", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindDepart, other: "<DATA="}}, parts: true,
		},
		{
			Name: "lone-segment-waits", Stacks: only, Event: "arrive", Rule: "fast-retransmit",
			Sources: []string{"RFC 5681 3.2", "Linux net/ipv4/tcp_input.c tcp_limit_reno_sacked", measured},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindDepart}}, parts: true,
		},
		{
			Name: "orphan-reset-number", Stacks: only, States: []string{"FIN-WAIT-1", "FIN-WAIT-2"}, Event: "arrive", Rule: "abort-reset", orphan: true,
			Sources: []string{"RFC 9293 3.6.1 SHLD-3", "Linux net/ipv4/tcp_ipv4.c tcp_v4_send_reset", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=RST"}}, parts: true,
		},
		{
			Name: "unread-aborted", Stacks: only, States: []string{"CLOSING", "LAST-ACK"}, Event: "call abort(", Rule: "abort-closing",
			Sources: []string{"RFC 9293 3.10.5", "Linux net/ipv4/tcp.c __tcp_close", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=RST"}}, parts: true,
		},
		{
			Name: "abort-time-wait", Stacks: only, States: []string{"TIME-WAIT"}, Event: "call abort(", Rule: "abort-closing",
			Sources: []string{"RFC 9293 3.10.5", "Linux net/ipv4/tcp_minisocks.c tcp_time_wait", measured},
			shows:   []pattern{{differs: State, model: "CLOSED", other: "TIME-WAIT"}}, parts: true,
		},
		{
			Name: "ack-ahead-taken", Stacks: only, States: []string{"FIN-WAIT-1", "CLOSING", "LAST-ACK"}, Event: "arrive", Rule: "held",
			Sources: []string{"RFC 9293 3.10.7.4 first", "Linux net/ipv4/tcp_input.c tcp_rcv_state_process", measured},
			shows:   []pattern{{differs: State}}, parts: true,
		},
		{
			Name: "old-ack-taken", Stacks: only, States: []string{"FIN-WAIT-1", "CLOSING", "LAST-ACK"}, Event: "arrive", Rule: "old-segment",
			Sources: []string{"RFC 9293 3.10.7.4 first", "Linux net/ipv4/tcp_input.c tcp_sequence", measured},
			shows:   []pattern{{differs: State}}, parts: true,
		},
		{
			Name: "half-open-takes-ack", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive", Rule: "syn-received-bad-ack",
			Sources: []string{"RFC 9293 3.10.7.4 fifth", "Linux net/ipv4/tcp_input.c tcp_rcv_state_process", measured},
			shows:   []pattern{{differs: State, other: "ESTABLISHED"}}, parts: true,
		},
		{
			Name: "half-open-another-syn", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive", Rule: "syn-back-to-listen",
			Sources: []string{"RFC 9293 3.10.7.4 fourth", "Linux net/ipv4/tcp_minisocks.c tcp_check_req", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=RST"}}, parts: true,
		},
		{
			Name: "half-open-reset-told", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive <CTL=RST", Rule: "rst-refused",
			Sources: []string{"RFC 9293 3.10.7.4 second", "Linux net/ipv4/tcp_input.c tcp_reset", measured},
			shows:   []pattern{{differs: Result, model: "-1 ECONNREFUSED", other: "-1 ECONNRESET"}},
		},
		{
			Name: "remnant", Stacks: only, States: []string{"FIN-WAIT-2"}, Event: "arrive", orphan: true,
			Rule:    "rst-challenged, rst-outside-window, syn-challenged, held, ack-beyond, ack-off, ack-too-old",
			Sources: []string{"RFC 9293 3.10.7.4", "Linux net/ipv4/tcp_minisocks.c tcp_timewait_state_process", measured},
			shows:   []pattern{unanswered, {differs: OnlyRight, kind: handshake.KindDepart}, {differs: State}}, parts: true,
		},
		{
			Name: "reset-before-fin", Stacks: only, States: []string{"CLOSE-WAIT", "CLOSING", "LAST-ACK"}, Event: "arrive <CTL=RST", Rule: "rst-outside-window",
			Sources: []string{"RFC 9293 3.10.7.4 second", "Linux net/ipv4/tcp_input.c tcp_reset_check", measured},
			shows:   []pattern{{differs: State, other: "CLOSED"}}, parts: true,
		},
		{
			Name: "reset-told-while-closing", Stacks: only, States: []string{"CLOSING", "LAST-ACK"}, Event: "arrive <CTL=RST", Rule: "rst-while-closing",
			Sources: []string{"RFC 9293 3.10.7.4 second", "Linux net/ipv4/tcp_input.c tcp_reset", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindSignal, other: "connection reset"}},
			follows: []pattern{{differs: Result, other: "-1 ECONNRESET"}},
		},
		{
			Name: "reset-behind-fin", Stacks: only, States: []string{"CLOSE-WAIT", "CLOSING", "LAST-ACK"}, Event: "arrive", Rule: "text-after-fin, fin-again",
			Sources: []string{"RFC 9293 3.10.7.4 seventh", "Linux net/ipv4/tcp_input.c tcp_rcv_state_process", measured},
			shows:   []pattern{{differs: State, other: "CLOSED"}}, parts: true,
		},
		{
			Name: "second-fin-ignored", Stacks: only, States: []string{"CLOSE-WAIT", "CLOSING", "LAST-ACK"}, Event: "arrive", Rule: "fin-again",
			Sources: []string{"RFC 9293 3.10.7.4 eighth", "Linux net/ipv4/tcp_input.c tcp_rcv_state_process", measured},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindDepart, model: "<CTL=ACK>"}},
		},
		{
			Name: "shutdown-time-wait", Stacks: only, States: []string{"TIME-WAIT"}, Event: "call shutdown(", Rule: "close-closing",
			Sources: []string{"RFC 9293 3.10.4", "Linux net/ipv4/af_inet.c inet_shutdown", measured},
			shows:   []pattern{{differs: Result, model: ") = 0", other: "-1 ENOTCONN"}},
		},
		{
			Name: "time-wait-silent", Stacks: only, States: []string{"TIME-WAIT"}, Event: "arrive", Rule: "rst-challenged, ack-beyond, ack-too-old",
			Sources: []string{"RFC 9293 3.10.7.4 second", "Linux net/ipv4/tcp_minisocks.c tcp_timewait_state_process", measured},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindDepart, model: "<CTL=ACK>"}},
		},
		{
			Name: "time-wait-opens", Stacks: only, States: []string{"TIME-WAIT"}, Event: "arrive <CTL=SYN>", Rule: "syn-in-time-wait, outside-window",
			Sources: []string{"RFC 9293 3.6.1 MAY-2", "Linux net/ipv4/tcp_minisocks.c tcp_timewait_state_process", measured},
			shows:   []pattern{unanswered, {differs: State, other: "SYN-RECEIVED"}}, parts: true,
		},
		{
			Name: "time-wait-next-number", Stacks: only, States: []string{"TIME-WAIT"}, Event: "arrive <CTL=SYN>", Rule: "time-wait-reopened",
			Sources: []string{"RFC 6191 2", "Linux net/ipv4/tcp_minisocks.c tcp_timewait_state_process", measured},
			shows:   []pattern{{differs: State, model: "SYN-RECEIVED", other: "TIME-WAIT"}}, parts: true,
		},
		{
			Name: "time-wait-forgotten", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive <CTL=RST", Rule: "rst-back-to-time-wait",
			Sources: []string{"RFC 9293 3.6.1 MAY-2", "Linux net/ipv4/tcp_minisocks.c tcp_check_req", measured},
			shows:   []pattern{{differs: State, model: "TIME-WAIT"}}, parts: true,
		},
		{
			Name: "time-wait-answers", Stacks: only, States: []string{"TIME-WAIT"}, Event: "arrive", Rule: "ack-off, time-wait-other",
			Sources: []string{"RFC 9293 3.10.7.4 fifth", "Linux net/ipv4/tcp_minisocks.c tcp_timewait_state_process", measured},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=ACK>"}},
		},
	}
}

package compare

import "sockscope/handshake"

// What often shows.
var (
	unanswered = pattern{differs: OnlyLeft, kind: handshake.KindDepart, model: "<CTL=ACK>"}
	answers    = pattern{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=ACK>"}
	refuses    = pattern{differs: OnlyRight, kind: handshake.KindDepart, other: "<CTL=RST,ACK>"}
	counts     = pattern{differs: Numbers}
)

// netstackDeviations are netstack's own. Each is shown by a schedule in
// handshake/differential/testdata.
func netstackDeviations() []Deviation {
	only := []string{Netstack}
	return []Deviation{
		{
			Name: "orphan-reset-acknowledges", Stacks: only, Event: "arrive", Rule: "abort-reset",
			Sources: []string{"RFC 9293 3.10.5", "gVisor pkg/tcpip/transport/tcp/connect.go resetConnectionLocked"},
			shows:   []pattern{{differs: Label, kind: handshake.KindDepart, model: "<CTL=RST>", other: "<CTL=RST,ACK>"}},
		},
		{
			Name: "half-open-ends-silently", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "signal nobody can accept it", Rule: "abort-reset",
			Sources: []string{"RFC 9293 3.10.5", "gVisor pkg/tcpip/transport/tcp/endpoint.go Abort"},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindDepart, model: "<CTL=RST>"}}, parts: true,
		},
		{
			Name: "last-ack-early", Stacks: only, States: []string{"CLOSE-WAIT"}, Event: "call", Rule: "close-waits-behind-text",
			Sources: []string{"RFC 9293 3.10.4", "gVisor pkg/tcpip/transport/tcp/endpoint.go shutdownLocked"},
			shows:   []pattern{{differs: State, model: "CLOSE-WAIT", other: "LAST-ACK"}}, parts: true,
		},
		{
			Name: "fin-acknowledged-alone", Stacks: only, States: []string{"ESTABLISHED"}, Event: "arrive <CTL=FIN,ACK>", Rule: "ack-new",
			Sources: []string{"RFC 9293 3.10.7.4 seventh", "gVisor pkg/tcpip/transport/tcp/rcv.go consumeSegment"},
			shows:   []pattern{answers}, parts: true,
		},
		{
			Name: "endpoint-used-up", Stacks: only, States: []string{"CLOSED"}, Event: "call", Rule: "open-active, open-passive",
			Sources: []string{"RFC 9293 3.10.1", "gVisor pkg/tcpip/transport/tcp/endpoint.go connect, listen"},
			shows:   []pattern{{differs: Result, other: "-1 E"}}, parts: true,
		},
		{
			Name: "simultaneous-open-acks", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive <CTL=SYN,ACK>", Rule: "syn-trimmed",
			Sources: []string{"RFC 9293 3.5 figure 7", "gVisor pkg/tcpip/transport/tcp/connect.go synRcvdState"},
			shows:   []pattern{{differs: State, other: "SYN-RECEIVED"}}, parts: true,
		},
		{
			Name: "half-open-reset", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive", Rule: "rst-challenged",
			Sources: []string{"RFC 9293 3.10.7.4 second", "gVisor pkg/tcpip/transport/tcp/connect.go synRcvdState"},
			shows:   []pattern{{differs: State, other: "CLOSED"}, {differs: State, other: "LISTEN"}}, parts: true,
		},
		{
			Name: "half-open-bad-ack", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive", Rule: "syn-received-bad-ack",
			Sources: []string{"RFC 9293 3.10.7.4 fifth", "gVisor pkg/tcpip/transport/tcp/connect.go synRcvdState"},
			shows:   []pattern{{differs: State, model: "SYN-RECEIVED", other: "ESTABLISHED"}}, parts: true,
		},
		{
			Name: "half-open-syn", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive", Rule: "syn-challenged-in-handshake, syn-back-to-listen",
			Sources: []string{"RFC 9293 3.10.7.4 fourth", "gVisor pkg/tcpip/transport/tcp/connect.go synRcvdState"},
			shows:   []pattern{refuses, counts}, parts: true,
		},
		{
			Name: "half-open-order", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive", Rule: "held, old-segment, outside-window",
			Sources: []string{"RFC 9293 3.10.7.4 first", "gVisor pkg/tcpip/transport/tcp/connect.go synRcvdState"},
			shows:   []pattern{{differs: State, model: "SYN-RECEIVED", other: "ESTABLISHED"}, unanswered}, parts: true,
		},
		{
			Name: "half-open-overlap", Stacks: only, States: []string{"SYN-RECEIVED"}, Event: "arrive <DATA=", Rule: "syn-received-ack",
			Sources: []string{"RFC 9293 3.10.7.4 first", "gVisor pkg/tcpip/transport/tcp/connect.go synRcvdState"},
			shows:   []pattern{{differs: State, model: "ESTABLISHED", other: "SYN-RECEIVED"}}, parts: true,
		},
		{
			Name: "syn-again-at-once", Stacks: only, States: []string{"SYN-SENT"}, Event: "arrive", Rule: "syn-sent-bad-ack",
			Sources: []string{"RFC 9293 3.10.7.3 first", "gVisor pkg/tcpip/transport/tcp/connect.go synSentState"},
			shows:   []pattern{{differs: OnlyRight, kind: handshake.KindTimeout}}, parts: true,
		},
		{
			Name: "ack-beyond-taken", Stacks: only, Event: "arrive", Rule: "ack-beyond",
			Sources: []string{"RFC 9293 3.10.7.4 fifth", "gVisor pkg/tcpip/transport/tcp/rcv.go handleRcvdSegmentClosing"},
			shows: []pattern{
				unanswered, counts,
				{differs: Label, kind: handshake.KindDepart, model: "<CTL=ACK>", other: "<CTL=ACK>"},
				{differs: State, other: "CLOSE-WAIT"},
				{differs: State, other: "CLOSING"},
				{differs: State, other: "TIME-WAIT"},
			}, parts: true,
		},
		{
			Name: "ack-behind-fin", Stacks: only, States: []string{"CLOSE-WAIT", "CLOSING", "LAST-ACK"}, Event: "arrive <CTL=ACK>", Rule: "ack-new",
			Sources: []string{"RFC 9293 3.10.7.4 fifth", "gVisor pkg/tcpip/transport/tcp/rcv.go handleRcvdSegmentClosing"},
			when:    ahead,
			shows:   []pattern{counts}, parts: true,
		},
		{
			Name: "ack-ahead-of-text", Stacks: only, States: []string{"FIN-WAIT-1", "CLOSING", "LAST-ACK"}, Event: "arrive",
			Rule:    "fin-acknowledged, closing-fin-acknowledged, last-ack-acknowledged",
			Sources: []string{"RFC 9293 3.10.7.4 fifth", "gVisor pkg/tcpip/transport/tcp/rcv.go consumeSegment"},
			shows:   []pattern{{differs: State, model: "FIN-WAIT-2", other: "FIN-WAIT-1"}, {differs: State, model: "TIME-WAIT", other: "CLOSING"}, {differs: State, model: "CLOSED", other: "LAST-ACK"}}, parts: true,
			when: ahead,
		},
		{
			Name: "held-fin-lost", Stacks: only, Event: "arrive", Rule: "held-processed",
			Sources: []string{"RFC 9293 3.10.7.4 eighth", "gVisor pkg/tcpip/transport/tcp/rcv.go handleRcvdSegment"},
			shows:   []pattern{{differs: State, model: "CLOSE-WAIT", other: "ESTABLISHED"}, {differs: State, model: "CLOSING", other: "FIN-WAIT-1"}, {differs: State, model: "TIME-WAIT", other: "FIN-WAIT-2"}}, parts: true,
		},
		{
			Name: "time-wait-ignores-reset", Stacks: only, States: []string{"TIME-WAIT"}, Event: "arrive", Rule: "rst-while-closing, rst-challenged",
			Sources: []string{"RFC 9293 3.10.7.4 second", "RFC 1337", "gVisor pkg/tcpip/transport/tcp/rcv.go handleTimeWaitSegment"},
			shows:   []pattern{{differs: State, model: "CLOSED", other: "TIME-WAIT"}, unanswered}, parts: true,
		},
		{
			Name: "second-fin", Stacks: only, States: []string{"CLOSE-WAIT", "CLOSING", "LAST-ACK"}, Event: "arrive", Rule: "fin-again",
			Sources: []string{"RFC 9293 3.10.7.4 eighth", "gVisor pkg/tcpip/transport/tcp/rcv.go consumeSegment"},
			shows:   []pattern{counts}, parts: true,
		},
		{
			Name: "time-wait-fin", Stacks: only, States: []string{"TIME-WAIT"}, Event: "arrive", Rule: "fin-again-in-time-wait",
			Sources: []string{"RFC 9293 3.10.7.4 eighth", "gVisor pkg/tcpip/transport/tcp/rcv.go handleTimeWaitSegment"},
			shows:   []pattern{unanswered}, parts: true,
		},
		{
			Name: "abort-while-closing", Stacks: only, States: []string{"CLOSING", "LAST-ACK", "TIME-WAIT"}, Event: "call abort(", Rule: "abort-closing",
			Sources: []string{"RFC 9293 3.10.5", "gVisor pkg/tcpip/transport/tcp/endpoint.go closeLocked"},
			shows:   []pattern{{differs: State, model: "CLOSED"}}, parts: true,
		},
		{
			Name: "retransmission-times", Stacks: only, States: []string{"SYN-SENT", "SYN-RECEIVED"}, Event: "timeout retransmission", Rule: "retransmit-syn, retransmit-syn-ack",
			Sources: []string{"RFC 6298 5.7", "gVisor pkg/tcpip/transport/tcp/snd.go initSender"},
			shows:   []pattern{{kind: handshake.KindTimeout}}, parts: true,
		},
		{
			Name: "time-wait-acks", Stacks: only, States: []string{"TIME-WAIT"}, Event: "arrive", Rule: "time-wait-other",
			Sources: []string{"RFC 9293 3.10.7.4 fifth", "gVisor pkg/tcpip/transport/tcp/rcv.go handleTimeWaitSegment"},
			shows:   []pattern{answers}, parts: true,
		},
		{
			Name: "time-wait-syn", Stacks: only, States: []string{"TIME-WAIT"}, Event: "arrive <CTL=SYN", Rule: "syn-in-time-wait, old-segment, outside-window",
			Sources: []string{"RFC 9293 3.10.7.4 fourth", "gVisor pkg/tcpip/transport/tcp/rcv.go handleTimeWaitSegment"},
			shows:   []pattern{unanswered, {differs: State, model: "TIME-WAIT", other: "SYN-RECEIVED"}}, parts: true,
		},
	}
}

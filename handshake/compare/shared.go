package compare

import "sockscope/handshake"

// sharedDeviations are those in which Linux and netstack do alike: where POSIX says what a
// program is told, and where both look at a segment in another order than the RFC.
func sharedDeviations() []Deviation {
	both := []string{Linux, Netstack}
	return []Deviation{
		{
			Name: "unaccepted-reset-acknowledges", Stacks: both, Event: "signal nobody can accept it", Rule: "abort-reset",
			Sources: []string{"RFC 9293 3.10.5", "gVisor pkg/tcpip/transport/tcp/connect.go resetConnectionLocked", measured},
			shows:   []pattern{{differs: Label, kind: handshake.KindDepart, model: "<CTL=RST>", other: "<CTL=RST,ACK>"}},
		},
		{
			Name: "send-unconnected", Stacks: both, States: []string{"CLOSED", "LISTEN"}, Event: "call send(", Rule: "send-no-connection, call-fails",
			Sources: []string{"RFC 9293 3.10.2", "gVisor pkg/tcpip/transport/tcp/endpoint.go isEndpointWritableLocked", measured},
			shows:   []pattern{{differs: Result, model: "-1 ENOTCONN", other: "-1 EPIPE"}},
		},
		{
			Name: "recv-unconnected", Stacks: both, States: []string{"CLOSED"}, Event: "call recv(", Rule: "receive-no-connection",
			Sources: []string{"RFC 9293 3.10.3", "gVisor pkg/tcpip/transport/tcp/endpoint.go checkReadLocked", measured},
			shows:   []pattern{{differs: Result, model: "-1 ENOTCONN", other: ") = 0"}},
		},
		{
			Name: "abort-unconnected", Stacks: both, States: []string{"CLOSED"}, Event: "call abort(", Rule: "abort-no-connection",
			Sources: []string{"RFC 9293 3.10.5", "POSIX close()", measured},
			shows:   []pattern{{differs: Result, model: "-1 ENOTCONN", other: ") = 0"}},
		},
		{
			Name: "shutdown-listener", Stacks: both, States: []string{"LISTEN"}, Event: "call shutdown(", Rule: "call-fails",
			Sources: []string{"RFC 9293 3.10.4", "gVisor pkg/tcpip/transport/tcp/endpoint.go shutdownLocked", measured},
			shows:   []pattern{{differs: Result, model: "-1 ENOTCONN", other: ") = 0"}},
		},
		{
			Name: "connect-listener", Stacks: both, States: []string{"LISTEN"}, Event: "call connect(", Rule: "call-fails",
			Sources: []string{"RFC 9293 3.10.1", "gVisor pkg/tcpip/transport/tcp/endpoint.go connect", measured},
			shows:   []pattern{{differs: Result, model: "-1 EOPNOTSUPP", other: "-1 E"}},
		},
		{
			Name: "fin-without-ack", Stacks: both, Event: "arrive <CTL=FIN>", Rule: "old-segment, outside-window",
			Sources: []string{"RFC 9293 3.10.7.4 first", "gVisor pkg/tcpip/transport/tcp/connect.go handleSegmentLocked", measured},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindDepart, model: "<CTL=ACK>"}}, parts: true,
		},
		{
			Name: "text-without-ack", Stacks: both, Event: "arrive <CTL=>", Rule: "old-segment, outside-window",
			Sources: []string{"RFC 9293 3.10.7.4 first", "gVisor pkg/tcpip/transport/tcp/connect.go handleSegmentLocked", measured},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindDepart, model: "<CTL=ACK>"}}, parts: true,
		},
		{
			Name: "silent-behind-fin", Stacks: both, States: []string{"CLOSE-WAIT", "CLOSING", "LAST-ACK"}, Event: "arrive", Rule: "held",
			Sources: []string{"RFC 9293 3.10.7.4 seventh", "gVisor pkg/tcpip/transport/tcp/rcv.go handleRcvdSegmentClosing", measured},
			shows:   []pattern{{differs: OnlyLeft, kind: handshake.KindDepart, model: "<CTL=ACK>"}}, parts: true,
		},
		{
			Name: "orphan-beyond", Stacks: both, States: []string{"FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK"}, Event: "arrive", orphan: true, when: beyond,
			Rule:    "held, fin-acknowledged, ack-duplicate, ack-new, fin-wait-2-ack, text-after-fin, window-updated",
			Sources: []string{"RFC 9293 3.10.7.4 first", "gVisor pkg/tcpip/transport/tcp/rcv.go handleRcvdSegmentClosing", measured},
			shows:   []pattern{{differs: State, other: "CLOSED"}}, parts: true,
		},
		{
			Name: "unread-while-closing", Stacks: both, States: []string{"CLOSING", "LAST-ACK", "TIME-WAIT"}, Event: "call close(", Rule: "close-unread, close-closing",
			Sources: []string{"RFC 9293 3.10.5", "gVisor pkg/tcpip/transport/tcp/endpoint.go shutdownLocked", measured},
			shows:   []pattern{refuses, {differs: Label, kind: handshake.KindDepart, other: "<CTL=RST,ACK>"}, {differs: State, other: "CLOSED"}}, parts: true,
		},
	}
}

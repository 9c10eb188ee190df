package tcp_test

import (
	"fmt"

	"sockscope/statemachine/tcp"
)

// The handshake of RFC 9293 figure 6, between two machines in memory.
func ExampleStep() {
	server := tcp.Step(tcp.TCB{}, tcp.Open{})
	client := tcp.Step(tcp.TCB{}, tcp.Open{ISS: 100, Active: true, Remote: true})
	show := func(who string, o tcp.Outcome) {
		fmt.Println(who, o.TCB.State, o.Segments, o.Rules[0].Cite())
	}
	show("client", client)
	server = tcp.Step(server.TCB, tcp.SegmentArrives{ISS: 300, Segment: client.Segments[0]})
	show("server", server)
	client = tcp.Step(client.TCB, tcp.SegmentArrives{Segment: server.Segments[0]})
	show("client", client)
	server = tcp.Step(server.TCB, tcp.SegmentArrives{Segment: client.Segments[0]})
	show("server", server)
	// Output:
	// client SYN-SENT [<SEQ=100><CTL=SYN>] RFC 9293 3.10.1
	// server SYN-RECEIVED [<SEQ=300><ACK=101><CTL=SYN,ACK>] RFC 9293 3.10.7.2 third
	// client ESTABLISHED [<SEQ=101><ACK=301><CTL=ACK>] RFC 9293 3.10.7.3 fourth
	// server ESTABLISHED [] RFC 9293 3.10.7.4 fifth
}

package arpanet_test

import (
	"fmt"

	"sockscope/handshake/arpanet"
	"sockscope/rfc147/hosthost"
)

// Host 2 sends a message to host 3 before anybody has heard that host 3 is ready.
func ExampleStep() {
	network, err := arpanet.NewNetwork(arpanet.Port{Host: 2}, arpanet.Port{Host: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	message := hosthost.Leader{Host: 3, Link: 42}.Append(nil)
	for _, event := range []arpanet.Event{
		arpanet.Start{Host: 2},
		arpanet.Start{Host: 3},
		arpanet.FromHost{Host: 2, Datagram: hosthost.AppendDatagram(nil, 0, hosthost.Last|hosthost.Ready, message)},
		arpanet.Deliver{Number: 1},
	} {
		outcome := arpanet.Step(network, event)
		network = outcome.Network
		fmt.Printf("%T: %v\n", event, outcome.Rules)
		for _, sent := range outcome.Sent {
			_, said, _ := hosthost.ReadDatagram(sent.Datagram)
			if leader, err := hosthost.ReadLeader(said); err == nil && leader.Type == hosthost.DestinationDead {
				fmt.Println("host", sent.Host, "hears", leader)
			}
		}
	}
	// Output:
	// arpanet.Start: [interface-started imp-interface-reset]
	// arpanet.Start: [interface-started imp-interface-reset]
	// arpanet.FromHost: [ready-raised message-accepted]
	// arpanet.Deliver: [host-down]
	// host 2 hears destination dead host 3 link 42: host down
}

package ncp_test

import (
	"fmt"

	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// A user of the Lincoln 360/67, host 10, asks the logger of host 2 for a connection, and is
// refused. Each step says why.
func Example() {
	n, o := ncp.New(ncp.Settings{}), ncp.Outcome{}
	contact := ncp.Key{Host: 2, Local: 0x0A000502, Foreign: 1}
	show := func() {
		fmt.Println(n.Connection(contact).State, o.Rules[0], "-", o.Rules[0].Cite())
		for _, m := range o.Messages {
			fmt.Printf("  %v: %x\n", m.Command, m.Append(nil))
		}
		for _, t := range o.Told {
			fmt.Println("  told:", t.Signal)
		}
	}
	n.Step(ncp.Init{Key: contact}, &o)
	show()

	cls := hosthost.Command{Opcode: hosthost.CLS, My: contact.Foreign, Your: contact.Local}
	h := hosthost.Header{Leader: hosthost.Leader{Host: 2}, S: 8, C: 9}
	n.Step(ncp.Arrives{Message: cls.Append(h.Append(nil))}, &o)
	show()
	// Output:
	// RFC-SENT init-sends - NIC 8246 p.10
	//   RTS 167773442 1 link 2: 000200000008000a00010a0005020000000102
	// NONE cls-refuses - NIC 8246 p.12
	//   CLS 167773442 1: 000200000008000900030a00050200000001
	//   told: refused
}

package hosthost_test

import (
	"fmt"

	"sockscope/rfc147/hosthost"
)

// A receiver at host 3 asks the Finger socket of host 2 for a connection.
func Example() {
	rts := hosthost.Command{Opcode: hosthost.RTS, My: 1002, Your: 79, Link: 42}
	text := rts.Append(nil)
	message := hosthost.Header{Leader: hosthost.Leader{Host: 2}, S: 8, C: uint16(len(text))}.AppendMessage(nil, text, 0)
	fmt.Printf("%x\n", message)

	_, text, err := hosthost.ReadMessage(message)
	if err != nil {
		fmt.Println(err)
		return
	}
	command, rest, fault := hosthost.Next(text)
	fmt.Println(command, len(rest), fault == hosthost.Fault{})
	command.Bits(func(name string, bit, n int, value uint64) { fmt.Println(name, bit, n, value) })
	// Output:
	// 000200000008000a0001000003ea0000004f2a
	// RTS 1002 79 link 42 0 true
	// opcode 0 8 1
	// receive socket 8 32 1002
	// send socket 40 32 79
	// link 72 8 42
}

// What the protocol has against a command is the ERR that says so.
func ExampleNext() {
	_, _, fault := hosthost.Next([]byte{14, 1, 2})
	fmt.Println(fault)
	fmt.Println(fault.Command())
	// Output:
	// hosthost: opcode 14, want 0 to 13
	// ERR 1 0e010200000000000000
}

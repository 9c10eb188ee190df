// Package arpanet is the network of 1971. It has three floors:
//
//   - the IMPs: a [Network] is all of them as a value, and [Step] is what they do, without a
//     clock, sockets or chance; an [IMP] puts UDP sockets on 127.0.0.1 around a Network, with one
//     goroutine for each of its hosts, which ends with [IMP.Close];
//   - a [Host]: an NCP with its processes, attached to an IMP, ours or another's, in real time;
//   - an [Engine], which plays scenarios: a [World] of hosts, their programs and a Network,
//     stepped one thing at a time, forward and back.
//
// Host and IMP speak by the interface of BBN Report 1822, as RFC 208, 270, 381, 394, 533 and
// 534 tell of it, with its leader of 32 bits; the lines between them are those of the H316
// simulator (see [hosthost.Datagram]). Octets, answers and framing are those of the real IMP's
// program, which testdata/real-imp-tap.log recorded in that simulator.
//
// # Limitations
//
// The subnetwork is a list: a message is in transit until the network delivers or loses it.
// There are no lines, packets or routes between IMPs. Leaders of
// 96 bits and uncontrolled packets are answered as illegal types. IMPs have no hosts of
// their own (a leader's "for IMP"), announce no going down and report no dead host's status.
package arpanet

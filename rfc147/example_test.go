package rfc147_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"sockscope/rfc147"
)

// The logger of the Lincoln Laboratory's 360/67, the one socket that RFC 147 takes
// apart (p.3): "home 10, user 0, and tag 1".
func Example() {
	logger, err := rfc147.Parse("x'0A0000 01'")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(logger, "home", logger.Home(), "user", logger.User(), "tag", logger.Tag())
	fmt.Println("plug", logger.Plug(), logger.Polarity(), "mate", logger.Mate())
	if known, ok := rfc147.LookupSocket(logger); ok {
		head := known.Headline()
		fmt.Println(head.Service, "-", head.Source)
	}
	// Output:
	// x'0A000001' home 10 user 0 tag 1
	// plug 0 send mate x'0A000000'
	// logger of the Lincoln 360/67: home 10, user 0, tag 1 - RFC 147
}

// User 5 of UCLA, host 1: the example of RFC 33, in RFC 147's 32 bits.
func ExampleNew() {
	s, err := rfc147.New(1, 5, 1, rfc147.Sends)
	fmt.Println(s, err)
	_, err = rfc147.New(1, 5, 128, rfc147.Sends)
	fmt.Println(err)
	// Output:
	// x'01000503' <nil>
	// rfc147: plug 128, want 0 to 127
}

func ExampleParse() {
	for _, text := range []string{"167772161", "0o1200000001", "10/0/0/send", "300/0/0/send"} {
		s, err := rfc147.Parse(text)
		fmt.Println(s, err)
	}
	// Output:
	// x'0A000001' <nil>
	// x'0A000001' <nil>
	// x'0A000001' <nil>
	// x'00000000' rfc147: home 300, want 0 to 255
}

func ExampleSocket_Fields() {
	s := rfc147.Socket(0x02123410)
	fmt.Println(s.Fields(), s.Hex(), s.Decimal(), s.Octal())
	// Output: 2/4660/8/receive 0x02123410 34747408 0o204432020
}

func ExampleJoins() {
	fmt.Println(rfc147.Joins(0x0A000001, 0x01000500))
	fmt.Println(rfc147.Joins(0x0A000001, 0x00000001))
	// Output:
	// <nil>
	// rfc147: x'0A000001' and x'00000001' both send, want one to send and one to receive
}

func ExampleLayout() {
	for _, f := range rfc147.Layout() {
		fmt.Println(f.Name, "from bit", f.First, "0 to", f.Max(), "here", f.Of(0x0A000001))
	}
	// Output:
	// home from bit 1 0 to 255 here 10
	// user from bit 9 0 to 65535 here 0
	// plug from bit 25 0 to 127 here 0
	// polarity from bit 32 0 to 1 here 1
}

func ExampleSockets() {
	for _, listing := range rfc147.Sockets("echo") {
		head := listing.Headline()
		fmt.Println(listing.First.Decimal(), head.Name, head.Scope, head.Source, head.Source.Date.Format("2 January 2006"))
	}
	// Output:
	// 5 echo host tabulation RFC 503 13 April 1973
	// 7 echo network RFC 750 26 September 1978
}

func ExampleHosts() {
	for _, listing := range rfc147.Hosts("Lincoln") {
		head := listing.Headline()
		fmt.Println(head.Number, head.Name, head.Machine, head.Status, head.Source)
	}
	// Output:
	// 10 LL-67 IBM 360/67 limited Server RFC 597
	// 74 LL-TX2 TX-2 Server RFC 597
	// 138 LL-TSP TSP User RFC 597
}

// Two names hash to the same number. Who comes later gets the next that is free, and
// keeps it as long as the table is kept.
func ExampleUsers() {
	var lincoln rfc147.Users
	for _, name := range []string{"winett", "don", "zsg", "don"} {
		user, err := lincoln.Register(name)
		fmt.Println(name, user, err)
	}
	explanation, _ := lincoln.Explain("zsg")
	fmt.Println(explanation)
	if err := lincoln.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// winett 41697 <nil>
	// don 9575 <nil>
	// zsg 9576 <nil>
	// don 9575 <nil>
	// zsg is user 9576: hash 9575, 9575 is don (hash 9575); probes 2, collisions 1; RFC 147 p.3
	// user,name
	// 9575,don
	// 9576,zsg
	// 41697,winett
}

// A user of UCLA works at Lincoln's TX-2, host 74, with the 360/67 beside it, host 10:
// a connection each way, and a record of each. They charge his account at UCLA.
func ExampleLedger() {
	made := time.Date(1971, time.May, 7, 14, 0, 0, 0, time.UTC)
	var log rfc147.Ledger
	for _, r := range []rfc147.Record{
		{Made: made, Closed: made.Add(2 * time.Minute), Messages: 12, Bits: 960, SendingHost: 74, ReceivingHost: 10, SendingSocket: 0x01000503, ReceivingSocket: 0x0A000010},
		{Made: made, Closed: made.Add(3 * time.Minute), Messages: 30, Bits: 9600, SendingHost: 10, ReceivingHost: 74, SendingSocket: 0x0A000011, ReceivingSocket: 0x01000502},
	} {
		if err := log.Enter(r); err != nil {
			fmt.Println(err)
		}
	}
	user := rfc147.Account{Home: 1, User: 5}
	for r := range log.Of(user) {
		fmt.Println(r.Sender(), "to", r.Receiver())
	}
	usage := rfc147.ByAccount(log.All())[user]
	fmt.Println("user", user, "sent", usage.Sent.Bits, "bits, received", usage.Received.Bits, "in", usage.Received.Connected)
	fmt.Println("host 74 to 10:", rfc147.ByHosts(log.All())[rfc147.Pair[uint8]{Sending: 74, Receiving: 10}].Messages, "messages")
	// Output:
	// 1/5/1/send at host 74 to 10/0/8/receive at host 10
	// 10/0/8/send at host 10 to 1/5/1/receive at host 74
	// user 1/5 sent 960 bits, received 9600 in 3m0s
	// host 74 to 10: 12 messages
}

func ExampleReadCSV() {
	log, err := rfc147.ReadCSV(strings.NewReader(`made,closed,messages,bits,sending_host,receiving_host,sending_socket,receiving_socket
1971-05-07T14:00:00Z,1971-05-07T14:02:00Z,12,960,74,10,0x01000503,x'0A000010'
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := rfc147.WriteJSON(os.Stdout, log.All()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [
	// {"made":"1971-05-07T14:00:00Z","closed":"1971-05-07T14:02:00Z","messages":12,"bits":960,"sending_host":74,"receiving_host":10,"sending_socket":"1/5/1/send","receiving_socket":"10/0/8/receive"}
	// ]
}

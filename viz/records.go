package viz

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscope/handshake"
	"sockscope/rfc147"
	"sockscope/viz/words"
)

// Record is an accounting record as a trace notes it: what RFC 147 p.3 asks every NCP to log
// of a connection, as one host has logged it.
type Record struct {
	Peer                           string // the host that has it
	Step                           int    // in which it was entered
	Made, Closed                   time.Duration
	Messages, Bits                 string
	SendingHost, ReceivingHost     string
	SendingSocket, ReceivingSocket string // home/user/plug and r or s
}

// Records are the accounting records of the first n steps, in their order.
func Records(t *handshake.Trace, n int) []Record {
	var all []Record
	for i := range t.Steps[:n] {
		s := &t.Steps[i]
		at := slices.IndexFunc(s.Vars, func(v handshake.Var) bool { return v.Name == "record.made" })
		if at < 0 {
			continue
		}
		value := func(name string) string {
			for _, v := range s.Vars {
				if v.Name == "record."+name {
					return v.Value
				}
			}
			return ""
		}
		all = append(all, Record{
			Peer: s.Peer, Step: s.N, Made: lasting(value("made")), Closed: lasting(value("closed")),
			Messages: value("messages"), Bits: value("bits"), SendingHost: value("sending host"), ReceivingHost: value("receiving host"),
			SendingSocket: value("sending socket"), ReceivingSocket: value("receiving socket"),
		})
	}
	return all
}

func lasting(ns string) time.Duration {
	n, _ := strconv.ParseInt(ns, 10, 64) // what is no number is 0
	return time.Duration(n)
}

// Cells are the eight fields in the order of RFC 147 p.3.
func (r Record) Cells() [8]string {
	return [8]string{seconds(r.Made), seconds(r.Closed), r.Messages, r.Bits, r.SendingHost, r.ReceivingHost, r.SendingSocket, r.ReceivingSocket}
}

// RecordHeads are the heads of the eight columns in a language.
func RecordHeads(say *words.Words) (heads [8]string) {
	for i, key := range [...]string{"made", "closed", "messages", "bits", "from", "to", "sends", "receives"} {
		heads[i] = say.Text("ui.record." + key)
	}
	return heads
}

// recordTables writes the records of each host, if there are any.
func recordTables(b *strings.Builder, t *handshake.Trace, say *words.Words, lang string) {
	records := Records(t, len(t.Steps))
	for _, p := range t.Peers {
		of := slices.DeleteFunc(slices.Clone(records), func(r Record) bool { return r.Peer != p.Name })
		if len(of) == 0 {
			continue
		}
		b.WriteString("\n" + say.Say("ui.record.title", Fill("name", Name(p.Name, lang), "address", Address(p, lang))) + "\n")
		heads := RecordHeads(say)
		rows := [][]string{heads[:]}
		for _, r := range of {
			cells := r.Cells()
			rows = append(rows, cells[:])
		}
		b.WriteString(grid(rows, 0, 6)) // numbers
	}
}

// Record is the record as RFC 147's library has it; epoch is the trace's start.
func (r Record) Record(epoch time.Time) (rfc147.Record, error) {
	record := rfc147.Record{Made: epoch.Add(r.Made), Closed: epoch.Add(r.Closed)}
	var failed error
	number := func(text string, bits int) uint64 {
		n, err := strconv.ParseUint(text, 10, bits)
		failed = errors.Join(failed, err)
		return n
	}
	socket := func(text string) rfc147.Socket {
		s, err := rfc147.Parse(text)
		failed = errors.Join(failed, err)
		return s
	}
	record.Messages, record.Bits = number(r.Messages, 64), number(r.Bits, 64)
	record.SendingHost, record.ReceivingHost = uint8(number(r.SendingHost, 8)), uint8(number(r.ReceivingHost, 8))
	record.SendingSocket, record.ReceivingSocket = socket(r.SendingSocket), socket(r.ReceivingSocket)
	return record, failed
}

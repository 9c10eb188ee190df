package main

import (
	"context"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/rfc147"
	"sockscope/viz"
)

// viewCSV is a value of --view for accounting records alone.
const viewCSV = "csv"

func (p *program) accountsVerb() *cobra.Command {
	f := &flags{}
	by, of := "", ""
	c := p.verb("accounts SCENARIO|FILE", func(c *cobra.Command, args []string) error {
		if err := p.settle(c, f, viewText, viewCSV, viewJSON); err != nil {
			return err
		}
		if by != "" {
			if err := p.among("by", by, viz.TotalsBy()); err != nil {
				return err
			}
			if f.view == viewCSV {
				return p.among("view", f.view, []string{viewText, viewJSON})
			}
		}
		ledger, err := p.ledger(c.Context(), f, args[0])
		if err != nil {
			return err
		}
		records := ledger.All()
		if of != "" {
			account, err := rfc147.ParseAccount(of)
			if err != nil {
				return p.misuse("ui.error.value", "flag", "of", "found", of, "allowed", "HOME/USER, 0/0 ... 255/65535", "meant", "")
			}
			records = ledger.Of(account)
		}
		return p.write(f, func(w io.Writer) error { return p.accounts(w, records, f.view, by) })
	})
	c.Args = p.args(1, 1)
	c.ValidArgs = speaking(handshake.NCP)
	c.Flags().StringVar(&by, "by", "", p.say.Text("ui.flag.by"))
	c.Flags().StringVar(&of, "of", "", p.say.Text("ui.flag.of"))
	p.flag(c, f, "view", "output")
	return c
}

// speaking lists the scenarios of a protocol.
func speaking(protocol string) []string {
	return slices.DeleteFunc(handshake.Names(), func(name string) bool {
		s, err := handshake.Load(name)
		return err != nil || s.Protocol != protocol
	})
}

// accounts writes records, or their totals.
func (p *program) accounts(w io.Writer, records iter.Seq[rfc147.Record], view, by string) error {
	switch {
	case by != "" && view == viewJSON:
		return viz.TotalsJSON(w, records, by)
	case by != "":
		return viz.Totals(w, records, by, p.lang)
	case view == viewJSON:
		return rfc147.WriteJSON(w, records)
	case view == viewCSV:
		return rfc147.WriteCSV(w, records)
	}
	return viz.Accounts(w, records, p.lang)
}

// ledger reads records from a file, or plays a scenario and takes those that the sending
// hosts have logged: each connection once. The trace's start is 1970, as in a capture.
func (p *program) ledger(ctx context.Context, f *flags, name string) (*rfc147.Ledger, error) {
	read := recordReader(name)
	if slices.Contains(handshake.Names(), name) || read == nil {
		f.engine = arpanet.Name
		t, err := p.whole(ctx, f, name)
		if err != nil {
			return nil, err
		}
		return logged(t)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, input(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	ledger, err := read(file)
	if err != nil {
		return nil, p.misuse("ui.error.records", "file", name, "why", err.Error())
	}
	return ledger, nil
}

// recordReader tells by a file's beginning what reads its records; nil if it has none.
func recordReader(name string) func(io.Reader) (*rfc147.Ledger, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	begin := make([]byte, len("made"))
	switch n, _ := io.ReadFull(file, begin); { // what is shorter is neither
	case n > 0 && begin[0] == '[':
		return rfc147.ReadJSON
	case string(begin[:n]) == "made":
		return rfc147.ReadCSV
	}
	return nil
}

// logged are the records of a trace.
func logged(t *handshake.Trace) (*rfc147.Ledger, error) {
	var ledger rfc147.Ledger
	for _, r := range viz.Records(t, len(t.Steps)) {
		if i := viz.PeerIndex(t, r.Peer); t.Peers[i].Address != "host "+r.SendingHost {
			continue
		}
		record, err := r.Record(time.Unix(0, 0))
		if err == nil {
			err = ledger.Enter(record)
		}
		if err != nil {
			return nil, err
		}
	}
	return &ledger, nil
}

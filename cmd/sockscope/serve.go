package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockscope/handshake/arpanet"
	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
	"sockscope/viz"
)

// stamp is how a line of the log tells the time.
const stamp = "15:04:05.000"

func (p *program) serveVerb() *cobra.Command {
	a := &attachment{}
	c := p.verb("serve", func(c *cobra.Command, _ []string) error {
		if err := p.among("framing", a.framing, []string{framingOne, framingPackets}); err != nil {
			return err
		}
		if err := p.checkHosts(a.hosts); err != nil {
			return err
		}
		alone := c.Flags().Changed("host") || c.Flags().Changed("at") || c.Flags().Changed("attach")
		switch {
		case a.imp && alone:
			return p.misuse("ui.arpanet.unserved", "flag", "imp")
		case alone && c.Flags().Changed("framing"):
			return p.misuse("ui.arpanet.unserved", "flag", "framing")
		case alone && c.Flags().Changed("hosts"):
			return p.misuse("ui.arpanet.unserved", "flag", "hosts")
		}
		config, err := p.place(c, a, uint8(a.hosts[0]))
		if err != nil {
			return err
		}
		return p.serve(c.Context(), a, config, alone)
	})
	c.Args = p.args(0, 0)
	p.lineFlags(c, a)
	c.Flags().UintSliceVar(&a.hosts, "hosts", []uint{2, 3}, p.say.Text("ui.arpanet.flag.hosts"))
	c.Flags().Lookup("hosts").DefValue = "" // so none is printed: the words say it
	c.Flags().BoolVar(&a.imp, "imp", false, p.say.Text("ui.arpanet.flag.imp"))
	c.Flags().StringVar(&a.framing, "framing", framingOne, p.say.Text("ui.arpanet.flag.framing"))
	c.Flags().Lookup("framing").DefValue = "" // the words say it
	return c
}

// checkHosts reports the first of the IMP's hosts that cannot be one, or is there twice.
func (p *program) checkHosts(hosts []uint) error {
	for i, h := range hosts {
		if h == 0 || h > math.MaxUint8 || slices.Contains(hosts[:i], h) {
			return p.misuse("ui.error.value", "flag", "hosts", "found", strconv.FormatUint(uint64(h), 10), "allowed", numbersOf("--hosts"), "meant", "")
		}
	}
	if len(hosts) == 0 {
		return p.misuse("ui.error.value", "flag", "hosts", "found", "", "allowed", numbersOf("--hosts"), "meant", "")
	}
	return nil
}

// serve runs an IMP, a host, or both, until a signal comes, and prints the accounts.
func (p *program) serve(ctx context.Context, a *attachment, config arpanet.HostConfig, alone bool) (err error) {
	if !alone {
		imp, failed := p.imp(a)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, imp.Close()) }()
	}
	var ledger rfc147.Ledger
	if !a.imp {
		h, failed := p.host(config, &ledger)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, h.Close(), viz.Accounts(p.out, ledger.All(), p.lang)) }()
	}
	if err := p.sayLine("ui.arpanet.until"); err != nil {
		return err
	}
	_ = untilSignal(ctx, func(ctx context.Context) error { // it ends in no other way
		<-ctx.Done()
		return nil
	})
	return nil
}

// imp starts the IMP for its hosts. What it does is printed if no host of ours says more.
func (p *program) imp(a *attachment) (*arpanet.IMP, error) {
	framing := arpanet.OneDatagram
	if a.framing == framingPackets {
		framing = arpanet.Packets
	}
	var c arpanet.Config
	for _, h := range a.hosts {
		c.Hosts = append(c.Hosts, arpanet.Usual(framing, uint8(h)))
	}
	if a.imp {
		c.Report = p.printEvent
	}
	imp, err := arpanet.NewIMP(c)
	if err != nil {
		return nil, p.unattached(err)
	}
	for _, h := range c.Hosts {
		if err := p.sayLine("ui.arpanet.imp", "host", strconv.Itoa(int(h.Host)), "imp", h.IMP.String(), "peer", h.Peer.String()); err != nil {
			return nil, errors.Join(err, imp.Close())
		}
	}
	return imp, nil
}

// host starts the host with its services.
func (p *program) host(config arpanet.HostConfig, ledger *rfc147.Ledger) (*arpanet.Host, error) {
	config.Services = arpanet.Services(config.Number)
	config.Report = p.printMessage
	config.Account = func(r rfc147.Record) { _ = ledger.Enter(r) } // the NCP's connections are as they must be
	var names []string
	for _, s := range config.Services {
		names = append(names, s.Name+" "+s.Contact.Decimal())
	}
	h, err := arpanet.NewHost(config)
	if err != nil {
		return nil, p.unattached(err)
	}
	if err := p.sayLine("ui.arpanet.serves", "host", strconv.Itoa(int(config.Number)), "services", strings.Join(names, ", ")); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// printMessage prints a message between the host and its IMP, but no NOP.
func (p *program) printMessage(at time.Time, sent bool, message []byte) {
	if l, err := hosthost.ReadLeader(message); err == nil && l.Type == hosthost.NOP {
		return
	}
	arrow := "<-"
	if sent {
		arrow = "->"
	}
	_, _ = fmt.Fprintf(p.out, "%s %s %s\n", at.Format(stamp), arrow, p.message(message)) // p.out keeps the error
}

// message writes one message for people: commands with their sockets taken apart.
func (p *program) message(message []byte) string {
	l, err := hosthost.ReadLeader(message)
	if err != nil {
		return fmt.Sprintf("%x", message)
	}
	if l.Type != hosthost.Regular {
		return p.say.Say("ui.arpanet.leader", viz.Fill("host", strconv.Itoa(int(l.Host)), "link", strconv.Itoa(int(l.Link)),
			"subtype", strconv.Itoa(int(l.Subtype)), "type", p.leader(l)))
	}
	h, text, err := hosthost.ReadMessage(message)
	says := fmt.Sprintf("S=%d C=%d %x", h.S, h.C, text)
	switch {
	case err != nil:
	case l.Link != hosthost.ControlLink && h.S == 8:
		says = fmt.Sprintf("S=8 C=%d %q", h.C, text)
	case l.Link == hosthost.ControlLink:
		says = arpanet.Label(message)
	}
	return p.say.Say("ui.arpanet.message", viz.Fill("host", strconv.Itoa(int(l.Host)), "link", strconv.Itoa(int(l.Link)), "says", says))
}

// leader names what a leader of the IMP's says.
func (p *program) leader(l hosthost.Leader) string {
	if key := "ui.arpanet.type." + strconv.Itoa(int(l.Type)); p.say.Has(key) {
		return p.say.Text(key)
	}
	return p.say.Text("ui.arpanet.type.other")
}

// printEvent prints what an IMP has done, by the rules that fired.
func (p *program) printEvent(e arpanet.Event, o arpanet.Outcome) {
	key, n := "message", 0
	switch e := e.(type) {
	case arpanet.Start:
		key, n = "host", int(e.Host)
	case arpanet.Inject:
		key, n = "host", int(e.From)
	case arpanet.FromHost:
		key, n = "host", int(e.Host)
	case arpanet.TooSlow:
		key, n = "host", int(e.Host)
	case arpanet.Deliver:
		n = e.Number
	case arpanet.Return:
		n = e.Number
	case arpanet.Lose:
		n = e.Number
	case arpanet.Tardy:
		n = e.Number
	}
	var rules []string
	for _, r := range o.Rules {
		rules = append(rules, r.String())
	}
	_, _ = fmt.Fprintf(p.out, "%s %s: %s\n", time.Now().Format(stamp),
		p.say.Say("ui.arpanet.event."+key, viz.Fill("n", strconv.Itoa(n))), strings.Join(rules, ", "))
}

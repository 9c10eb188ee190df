package main

import (
	"context"
	"errors"
	"io"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sockscope/handshake/arpanet"
	"sockscope/rfc147"
	"sockscope/viz"
)

// The values of --framing.
const (
	framingOne     = "one"
	framingPackets = "packets"
)

// attachment is what a person may choose of a host's place on the network of 1971.
type attachment struct {
	host       uint8
	at, attach uint16 // ports on 127.0.0.1: the host's, and the IMP's
	imp        bool   // no host, but the IMP alone
	hosts      []uint // of the IMP
	framing    string
}

// arpanetVerb has verbs of its own.
func (p *program) arpanetVerb() *cobra.Command {
	c := p.verb("arpanet", func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return p.misuse("ui.error.few", "usage", c.CommandPath()+" "+strings.Join(verbNames(c), "|"))
		}
		return p.misuse("ui.arpanet.verb", "found", args[0], "allowed", strings.Join(verbNames(c), ", "), "meant", p.nearest(args[0], verbNames(c)))
	})
	c.Args = cobra.ArbitraryArgs
	c.AddCommand(p.serveVerb(), p.pingVerb(), p.fingerVerb(), p.timeVerb(), p.telnetVerb())
	return c
}

// lineFlags are those of every host.
func (p *program) lineFlags(c *cobra.Command, a *attachment) {
	c.Flags().Uint8Var(&a.host, "host", 0, p.say.Text("ui.arpanet.flag.host."+c.Name()))
	c.Flags().Uint16Var(&a.at, "at", 0, p.say.Text("ui.arpanet.flag.at"))
	c.Flags().Uint16Var(&a.attach, "attach", 0, p.say.Text("ui.arpanet.flag.attach"))
}

func (p *program) pingVerb() *cobra.Command {
	data := uint64(147)
	c := p.caller("ping HOST [DATA]", 2, func(ctx context.Context, h *arpanet.Host, to uint8, _ string) error {
		if err := h.Ping(ctx, to, uint8(data)); err != nil {
			return err
		}
		return p.sayLine("ui.arpanet.answers", "host", strconv.Itoa(int(to)), "data", strconv.FormatUint(data, 10))
	})
	c.PreRunE = func(_ *cobra.Command, args []string) (err error) {
		if len(args) > 1 {
			if data, err = strconv.ParseUint(args[1], 10, 8); err != nil {
				return p.misuse("ui.arpanet.data", "found", args[1])
			}
		}
		return nil
	}
	return c
}

func (p *program) fingerVerb() *cobra.Command {
	return p.caller("finger HOST [TEXT ...]", math.MaxInt, func(ctx context.Context, h *arpanet.Host, to uint8, text string) error {
		answer, err := h.Finger(ctx, to, text)
		_, failed := io.WriteString(p.out, answer)
		return errors.Join(err, failed)
	})
}

func (p *program) timeVerb() *cobra.Command {
	return p.caller("time HOST", 1, func(ctx context.Context, h *arpanet.Host, to uint8, _ string) error {
		at, err := h.Time(ctx, to)
		if err != nil {
			return err
		}
		return p.sayLine("ui.arpanet.time", "host", strconv.Itoa(int(to)), "time", at.UTC().Format(time.DateTime))
	})
}

func (p *program) telnetVerb() *cobra.Command {
	var contact rfc147.Socket
	text := ""
	c := p.caller("telnet HOST", 1, func(ctx context.Context, h *arpanet.Host, to uint8, _ string) error {
		return h.Telnet(ctx, to, contact, p.in, p.out)
	})
	c.PreRunE = func(*cobra.Command, []string) (err error) {
		if contact, err = rfc147.Parse(text); err != nil || contact.Polarity() != rfc147.Sends {
			return p.misuse("ui.error.value", "flag", "contact", "found", text, "allowed", p.say.Text("ui.arpanet.odd"), "meant", "")
		}
		return nil
	}
	c.Flags().StringVar(&text, "contact", "1", p.say.Text("ui.arpanet.flag.contact"))
	c.Flags().Lookup("contact").DefValue = "" // the words say it
	return c
}

// caller makes a verb that calls a host from another one, which it is for so long.
func (p *program) caller(use string, most int, call func(ctx context.Context, h *arpanet.Host, to uint8, text string) error) *cobra.Command {
	a := &attachment{}
	c := p.verb(use, func(c *cobra.Command, args []string) (err error) {
		to, err := strconv.ParseUint(args[0], 10, 8)
		if err != nil || to == 0 {
			return p.misuse("ui.arpanet.host", "found", args[0])
		}
		config, err := p.place(c, a, 3)
		if err != nil {
			return err
		}
		if config.User, err = arpanet.UserSocket(config.Number, p.user()); err != nil {
			return input(err)
		}
		h, err := arpanet.NewHost(config)
		if err != nil {
			return p.unattached(err)
		}
		err = untilSignal(c.Context(), func(ctx context.Context) error {
			err := call(ctx, h, uint8(to), strings.Join(args[1:], " "))
			if ctx.Err() != nil {
				return nil // the signal says it
			}
			return p.uncalled(uint8(to), err)
		})
		return errors.Join(err, h.Close())
	})
	c.Args = p.args(1, most)
	p.lineFlags(c, a)
	return c
}

// user is whose account is charged: the name that the system knows.
func (p *program) user() string {
	for _, name := range []string{"USER", "LOGNAME", "USERNAME"} {
		if user := p.env(name); user != "" {
			return user
		}
	}
	return "guest"
}

// place is where a host is: where it is usually looked for, unless the flags say otherwise.
func (p *program) place(c *cobra.Command, a *attachment, usual uint8) (arpanet.HostConfig, error) {
	config := arpanet.HostConfig{Number: a.host}
	if !c.Flags().Changed("host") {
		config.Number = usual
	}
	for _, name := range []string{"host", "at", "attach"} {
		if c.Flags().Changed(name) && c.Flags().Lookup(name).Value.String() == "0" {
			return config, p.misuse("ui.error.value", "flag", name, "found", "0", "allowed", numbersOf("--"+name), "meant", "")
		}
	}
	known := arpanet.Usual(arpanet.OneDatagram, config.Number)
	config.Local, config.IMP = known.Peer, known.IMP
	for _, end := range []struct {
		port uint16
		at   *netip.AddrPort
	}{{a.at, &config.Local}, {a.attach, &config.IMP}} {
		if end.port != 0 {
			*end.at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), end.port)
		}
	}
	return config, nil
}

// numbersOf says which values a flag with a number takes; "" if it is none of those.
func numbersOf(flag string) string {
	return map[string]string{
		"--seed": "0, 1, ... 18446744073709551615", "--stream": "1, 2, ...",
		"--host": "1, 2, ... 255", "--hosts": "1, 2, ... 255, each once, with commas", "--at": "1, 2, ... 65535", "--attach": "1, 2, ... 65535",
	}[flag]
}

// sayLine prints a sentence as a result.
func (p *program) sayLine(key string, pairs ...string) error {
	_, err := p.out.Write([]byte(p.say.Say(key, viz.Fill(pairs...)) + "\n"))
	return err
}

// unattached judges why no host or IMP could be set up.
func (p *program) unattached(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return p.fail(failed, "ui.arpanet.taken", "why", err.Error())
	}
	return p.start(err)
}

// uncalled says in the reader's language what has become of a call.
func (p *program) uncalled(to uint8, err error) error {
	for _, known := range []struct {
		err error
		key string
	}{
		{arpanet.ErrHostDown, "down"},
		{arpanet.ErrUnreachable, "unreachable"},
		{arpanet.ErrRefused, "refused"},
		{arpanet.ErrUnanswered, "unanswered"},
		{arpanet.ErrReset, "reset"},
		{arpanet.ErrLost, "lost"},
		{arpanet.ErrProtocol, "protocol"},
		{arpanet.ErrNoIMP, "no-imp"},
	} {
		if errors.Is(err, known.err) {
			return p.fail(failed, "ui.arpanet."+known.key, "host", strconv.Itoa(int(to)))
		}
	}
	return err
}

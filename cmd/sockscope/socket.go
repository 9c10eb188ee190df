package main

import (
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sockscope/rfc147"
	"sockscope/viz"
)

// lincolnLogger is the socket that RFC 147 itself gives as its example (p.4).
const lincolnLogger rfc147.Socket = 0x0A000001

func (p *program) socketVerb() *cobra.Command {
	f := &flags{}
	c := p.verb("socket [SOCKET [SOCKET]]", func(c *cobra.Command, args []string) error {
		views := []string{viewText, viewJSON}
		if len(args) == 0 && !f.proposals {
			views = []string{viewTUI, viewText, viewJSON}
		}
		if err := p.settle(c, f, views...); err != nil {
			return err
		}
		if f.view == viewTUI && !f.plain {
			return p.explore(c.Context(), f)
		}
		if f.proposals {
			return p.proposals(f, args)
		}
		return p.socket(f, args)
	})
	c.Args = p.args(0, 2)
	p.flag(c, f, "view", "output", "plain", "mouse", "proposals")
	return c
}

// socket shows one socket, or whether two can be joined.
func (p *program) socket(f *flags, args []string) error {
	sockets := []rfc147.Socket{lincolnLogger}
	for i, text := range args {
		s, err := p.parseSocket(text)
		if err != nil {
			return err
		}
		sockets = append(sockets[:i], s)
	}
	return p.write(f, func(w io.Writer) error {
		switch {
		case len(sockets) == 2 && f.view == viewJSON:
			return viz.PairJSON(w, sockets[0], sockets[1])
		case len(sockets) == 2:
			return viz.Pair(w, sockets[0], sockets[1], p.lang)
		case f.view == viewJSON:
			return viz.SocketJSON(w, sockets[0])
		default:
			return viz.Socket(w, sockets[0], p.lang)
		}
	})
}

// proposals shows what one socket says under each structure that was proposed.
func (p *program) proposals(f *flags, args []string) error {
	if len(args) > 1 {
		return p.misuse("ui.error.proposals")
	}
	s, host := lincolnLogger, lincolnLogger.Home()
	if len(args) == 1 {
		var err error
		if host, s, err = p.parseEnd(args[0]); err != nil {
			return err
		}
	}
	return p.write(f, func(w io.Writer) error {
		if f.view == viewJSON {
			return viz.StructuresJSON(w, host, s)
		}
		return viz.Structures(w, host, s, p.lang)
	})
}

func (p *program) parseSocket(text string) (rfc147.Socket, error) {
	s, err := rfc147.Parse(text)
	if err != nil {
		return 0, p.misuse("ui.error.socket", "why", strings.TrimPrefix(err.Error(), "rfc147: "))
	}
	return s, nil
}

// parseEnd reads a socket with the host that it is at before a colon; without one it
// is at its home host.
func (p *program) parseEnd(text string) (uint8, rfc147.Socket, error) {
	host, socket, named := strings.Cut(text, ":")
	if !named {
		s, err := p.parseSocket(text)
		return s.Home(), s, err
	}
	number, err := strconv.ParseUint(strings.TrimSpace(host), 10, 8)
	if err != nil {
		return 0, 0, p.misuse("explorer.no-host", "found", strconv.Quote(host))
	}
	s, err := p.parseSocket(socket)
	return uint8(number), s, err
}

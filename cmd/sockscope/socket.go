package main

import (
	"io"
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
		if len(args) == 0 {
			views = []string{viewTUI, viewText, viewJSON}
		}
		if err := p.settle(c, f, views...); err != nil {
			return err
		}
		if f.view == viewTUI && !f.plain {
			return p.explore(c.Context(), f)
		}
		return p.socket(f, args)
	})
	c.Args = p.args(0, 2)
	p.flag(c, f, "view", "output", "plain", "mouse")
	return c
}

// socket shows one socket, or whether two can be joined.
func (p *program) socket(f *flags, args []string) error {
	sockets := []rfc147.Socket{lincolnLogger}
	for i, text := range args {
		s, err := rfc147.Parse(text)
		if err != nil {
			return p.misuse("ui.error.socket", "why", strings.TrimPrefix(err.Error(), "rfc147: "))
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

package main

import (
	"io"

	"github.com/spf13/cobra"

	"sockscope/rfc147"
	"sockscope/viz"
)

func (p *program) socketsVerb() *cobra.Command {
	return p.directory("sockets [NAME|NUMBER]", func(w io.Writer, query, view string) (bool, error) {
		found := rfc147.Sockets(query)
		if view == viewJSON {
			return len(found) > 0, viz.SocketsJSON(w, found)
		}
		return len(found) > 0, viz.Sockets(w, found, p.lang)
	})
}

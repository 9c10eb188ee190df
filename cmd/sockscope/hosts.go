package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sockscope/rfc147"
	"sockscope/viz"
)

func (p *program) hostsVerb() *cobra.Command {
	return p.directory("hosts [NAME|NUMBER]", func(w io.Writer, query, view string) (bool, error) {
		found := rfc147.Hosts(query)
		if view == viewJSON {
			return len(found) > 0, viz.HostsJSON(w, found)
		}
		return len(found) > 0, viz.Hosts(w, found, p.lang)
	})
}

// directory makes a verb that looks something up in a directory of the ARPANET.
func (p *program) directory(use string, look func(w io.Writer, query, view string) (bool, error)) *cobra.Command {
	f := &flags{}
	c := p.verb(use, func(c *cobra.Command, args []string) error {
		if err := p.settle(c, f, viewText, viewJSON); err != nil {
			return err
		}
		query := strings.Join(args, " ")
		found := false
		err := p.write(f, func(w io.Writer) (err error) {
			found, err = look(w, query, f.view)
			return err
		})
		if err == nil && !found {
			return p.fail(failed, "ui.error.unlisted", "found", query)
		}
		return err
	})
	p.flag(c, f, "view", "output")
	return c
}

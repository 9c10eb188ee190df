package main

import (
	"io"

	"github.com/spf13/cobra"

	"sockscope/handshake/kernel"
	"sockscope/viz"
	"sockscope/viz/tui"
)

func (p *program) doctorVerb() *cobra.Command {
	f := &flags{}
	c := p.verb("doctor", func(c *cobra.Command, _ []string) error {
		if err := p.settle(c, f, viewText, viewJSON); err != nil {
			return err
		}
		can := true
		err := p.write(f, func(w io.Writer) error {
			show := viz.Doctor
			if f.view == viewJSON {
				show = viz.DoctorJSON
			}
			for found := range kernel.Diagnose(c.Context()) {
				can = can && (found.OK || found.Name != "engine") // the others only say why
				if err := show(w, viz.Finding(found), p.lang); err != nil {
					return err
				}
			}
			for _, found := range tui.Diagnose(p.env, p.terminal()) {
				if err := show(w, found, p.lang); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil && !can {
			return p.fail(unusable, "ui.error.doctor")
		}
		return err
	})
	c.Args = p.args(0, 0)
	p.flag(c, f, "view", "output")
	return c
}

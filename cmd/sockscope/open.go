package main

import (
	"bytes"
	"os"

	"github.com/spf13/cobra"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/replay"
)

func (p *program) openVerb() *cobra.Command {
	f := &flags{engine: model.Name} // of a scenario that is opened from the dashboard
	c := p.verb("open FILE", func(c *cobra.Command, args []string) error {
		if err := p.settle(c, f, viewTUI, viewText, viewJSON); err != nil {
			return err
		}
		recording, err := p.recording(args[0])
		if err != nil {
			return input(err)
		}
		t, err := handshake.NewTimeline(c.Context(), recording, nil)
		if err != nil {
			return err
		}
		return p.show(c.Context(), t, f)
	})
	c.Args = p.args(1, 1)
	p.flag(c, f, "view", "output", "plain", "why", "mouse")
	return c
}

// recording reads a saved trace; - is the standard input.
func (p *program) recording(name string) (*replay.Recording, error) {
	if name == "-" {
		return replay.Open(p.in)
	}
	saved, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	recording, err := replay.Open(bytes.NewReader(saved))
	if err != nil {
		return nil, p.misuse("ui.error.trace", "file", name, "why", err.Error())
	}
	return recording, nil
}

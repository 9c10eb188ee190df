package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"sockscope/handshake"
	"sockscope/handshake/replay"
	"sockscope/viz"
)

func (p *program) openVerb() *cobra.Command {
	f := &flags{}
	c := p.verb("open FILE", func(c *cobra.Command, args []string) error {
		if err := p.settle(c, f, viewTUI, viewText, viewJSON, viewPCAPNG, viewSVG); err != nil {
			return err
		}
		recording, err := p.recording(args[0], f.stream)
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
	p.flag(c, f, "view", "output", "plain", "why", "stream", "mouse")
	return c
}

// recording reads a saved trace or a capture; - is the standard input.
func (p *program) recording(name string, stream int) (*replay.Recording, error) {
	from := p.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }() // it was only read
		from = file
	}
	recording, err := p.read(name, bufio.NewReader(from), stream)
	if _, said := errors.AsType[*exit](err); err != nil && !said {
		return nil, p.misuse("ui.error.trace", "file", name, "why", err.Error())
	}
	return recording, err
}

// read tells by its beginning what a file is.
func (p *program) read(name string, from *bufio.Reader, stream int) (*replay.Recording, error) {
	if head, _ := from.Peek(4); !replay.IsCapture(head) { // what is shorter is no capture either
		if len(head) == 0 || head[0] != '{' {
			return nil, p.misuse("ui.error.unknown", "file", name)
		}
		if stream != 1 {
			return nil, p.misuse("ui.error.value", "flag", "stream", "found", strconv.Itoa(stream), "allowed", "1", "meant", "")
		}
		return replay.Open(from)
	}
	recording, found, err := replay.OpenCapture(from, stream)
	if err != nil {
		return nil, err
	}
	for _, said := range []struct {
		key string
		n   int
	}{
		{"ui.capture.others", found.Streams - 1},
		{"ui.capture.skipped", found.Skipped},
		{"ui.capture.cut", found.Cut},
		{"ui.capture.left", found.Left},
	} {
		if said.n > 0 {
			_, _ = fmt.Fprintln(p.errs, p.say.Say(said.key, viz.Fill("file", name, "n", strconv.Itoa(said.n),
				"packets", strconv.Itoa(found.Packets), "stream", strconv.Itoa(stream), "streams", strconv.Itoa(found.Streams))))
		}
	}
	return recording, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"sockscope/handshake"
	"sockscope/viz"
)

// output is where results go. It keeps the first error: not all who print look. A host prints
// beside the verb that runs it.
type output struct {
	file *os.File
	mu   sync.Mutex
	err  error
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.file.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// terminal reports whether a person sits at both ends of the program.
func (p *program) terminal() bool {
	in, ok := p.in.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && p.out.terminal()
}

// terminal reports whether results are seen by a person at once.
func (o *output) terminal() bool { return term.IsTerminal(int(o.file.Fd())) }

// write sends a result to the file of -o, or to the output.
func (p *program) write(f *flags, result func(io.Writer) error) error {
	if f.file == "" || f.file == "-" {
		return result(p.out)
	}
	file, err := os.Create(f.file)
	if err != nil {
		return err
	}
	return errors.Join(result(file), file.Close())
}

// render plays what is left of a timeline and shows the whole.
func (p *program) render(ctx context.Context, t *handshake.Timeline, f *flags) error {
	for {
		if err := t.Next(ctx); errors.Is(err, handshake.ErrOver) {
			break
		} else if err != nil {
			return err
		}
	}
	if f.kernelProgram != "" {
		_, _ = fmt.Fprintln(p.errs, "sockscope: "+p.say.Text("ui.mixed.silent")) // a remark
	}
	view := viz.Views()[f.view]
	return p.write(f, func(w io.Writer) error {
		return view(w, t.Trace(), viz.Options{Lang: p.lang, Why: f.why, Plain: f.plain})
	})
}

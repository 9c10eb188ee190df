// Command sockscope shows how a connection is made: it plays a handshake between two
// ends one step at a time, forward and back, and says why each step happens.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"sockscope/handshake/kernel"
	"sockscope/viz/words"
)

func main() {
	kernel.Main() // the kernel engine's child is this program, too
	p := &program{in: os.Stdin, out: &output{file: os.Stdout}, errs: os.Stderr, env: os.Getenv}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

// program is one run of the command: where it reads and writes, and its language.
type program struct {
	in   io.Reader
	out  *output
	errs io.Writer
	env  func(string) string
	lang string
	say  *words.Words
}

// run does what the arguments say and gives the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	lang, err := language(args, p.env)
	p.lang, p.say = lang, words.For(lang)
	if err == nil {
		root := p.root()
		root.SetArgs(args)
		err = root.ExecuteContext(ctx)
	}
	if err == nil {
		err = p.out.err // the help texts forget it
	}
	if err == nil || closedPipe(err) {
		return done
	}
	message, code := p.explain(err)
	_, _ = fmt.Fprintln(p.errs, "sockscope: "+message) // if it cannot be said, the code still tells
	return code
}

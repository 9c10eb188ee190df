package tui

import (
	"sockscope/handshake"
	"sockscope/viz"
	"sockscope/viz/words"
)

// view is what one frame shows: the trace up to the cursor, and how it is said and
// drawn. Panels read it and change nothing.
type view struct {
	trace    *handshake.Trace
	n        int       // the cursor: the last step that is shown; 0 at the start
	ends     []viz.End // the peers after step n
	before   []viz.End // the peers after step n-1, for what a value was
	rows     []viz.Row // the ladder up to step n
	lang     string
	say      *words.Words
	glyphs   Glyphs
	colours  Palette
	relative bool // sequence numbers as X, X+1
	hidden   bool // predict: the last step's answer is not shown yet
}

// step is the step at the cursor; nil at the start.
func (v *view) step() *handshake.Step {
	if v.n == 0 {
		return nil
	}
	return &v.trace.Steps[v.n-1]
}

// pane answers one question in the part of the screen that it is given.
type pane func(c canvas, v *view)

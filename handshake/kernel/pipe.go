package kernel

import (
	"encoding/json"
	"time"

	"sockscope/handshake"
)

// What goes over the pipes between parent and child: one JSON object a line, steps and
// the header as the trace's JSON has them.
type (
	// opening is the parent's first line.
	opening struct {
		Scenario *handshake.Scenario
		Bare     bool
		Other    Other
	}
	// request is each of its next lines: a choice's line, a segment of the other end, or
	// an end to the waiting.
	request struct {
		Do     handshake.Choice
		Emit   []byte `json:",omitempty"` // a datagram with the numbers that are shown
		Cancel bool
	}
	// answer is what the child says to the opening and to each choice.
	answer struct {
		Header  json.RawMessage `json:",omitempty"` // to the opening
		Steps   []handshake.Step
		Choices []handshake.Choice
		Arrived []byte             `json:",omitempty"` // what was handed to the other end, as Emit is
		Now     time.Duration      `json:",omitempty"`
		Error   string             `json:",omitempty"`
		Cause   string             `json:",omitempty"` // to the opening: what the machine cannot, see Unable
		Mistake *handshake.Mistake `json:",omitempty"` // to the opening: what is wrong with the scenario
		Stopped bool               `json:",omitempty"` // the waiting was ended before anything happened
	}
)

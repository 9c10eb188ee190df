package viz

import (
	"strconv"
	"strings"

	"sockscope/handshake"
)

// tcpEra sorts a trace of TCP by what each end has said of its numbers.
type tcpEra struct {
	trace     *handshake.Trace
	iss, fin  [2]uint32 // each end's first number; the number behind its FIN
	syn, over [2]bool   // it has said it
	confirmed [2]bool   // its first number has been acknowledged
}

func ofTCP(t *handshake.Trace) *era {
	e := tcpEra{trace: t}
	rows := eraRows(t)
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Segment:
			e.segment(r)
		case r.Kind == handshake.KindTimeout:
			if r.Label == "time-wait" {
				r.adds(Closing, "")
			}
		default:
			tcpCall(r)
		}
	}
	return counted(t, rows, everOpen(t, "ESTABLISHED"))
}

// tcpCall sorts a socket call, and recv() by what it gave.
func tcpCall(r *eraRow) {
	_, result, returned := strings.Cut(r.Label, ") = ")
	switch name := callName(r.Label); {
	case name == "recv" && returned && (result == "0" || strings.HasPrefix(result, "E")):
		r.adds(Closing, "")
	case name == "send", name == "recv":
		r.adds(Content, "")
	case name == "close", name == "shutdown", name == "abort":
		r.adds(Closing, "")
	default:
		r.adds(Rendezvous, "")
	}
}

// segment sorts a segment by its label, "<SEQ=300><ACK=101><CTL=SYN,ACK>".
func (e *tcpEra) segment(r *eraRow) {
	seq, _ := labelNumber(r.Label, "<SEQ=")
	ack, acks := labelNumber(r.Label, "<ACK=")
	octets, text := labelNumber(r.Label, "<DATA=")
	_, control, _ := strings.Cut(r.Label, "<CTL=")
	has := func(flag string) bool { return strings.Contains(control, flag) }
	r.data, r.text = text, text
	if text {
		r.adds(Content, "")
	}
	other := 1 - r.From
	confirms := acks && e.syn[other] && !e.confirmed[other] && ack == e.iss[other]+1
	switch {
	case has("RST"):
		r.adds(Closing, "")
	case has("SYN"):
		if !e.syn[r.From] || e.iss[r.From] != seq { // and is not sent again
			e.iss[r.From], e.syn[r.From], e.confirmed[r.From], e.over[r.From] = seq, true, false, false
		}
		e.opens(r, true, confirms)
	case confirms && !text:
		e.opens(r, false, true)
	case has("FIN"):
		r.adds(Closing, "")
	case acks && e.over[other] && ack == e.fin[other] && !text:
		r.adds(Closing, "")
	case !text:
		r.adds(Content, "")
	}
	if has("FIN") {
		e.fin[r.From], e.over[r.From] = seq+octets+1, true
		r.adds(Closing, "")
	}
	if confirms {
		e.confirmed[other] = true
	}
}

// opens notes what a segment of the handshake achieves: nearly everything.
func (e *tcpEra) opens(r *eraRow, syn, confirms bool) {
	r.adds(Rendezvous, "")
	there, back := "-->", "<--"
	if r.From == 1 {
		there, back = back, there
	}
	key := "asks"
	switch {
	case confirms && syn:
		key = "both"
	case confirms:
		key = "confirms"
	}
	pairs := []string{"isn", decimal(e.iss[r.From]), "other", decimal(e.iss[1-r.From]), "there", there, "back", back}
	r.adds(Identity, "ui.eras.isn."+key, pairs...)
	r.adds(Direction, "ui.eras.way."+key, pairs...)
	for _, f := range e.trace.Steps[r.First-1].Fields {
		if f.Name == "Window" {
			r.adds(Flow, "ui.eras.window", "window", f.Value)
		}
	}
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// labelNumber is the number behind a piece of a segment's label.
func labelNumber(label, piece string) (uint32, bool) {
	_, rest, found := strings.Cut(label, piece)
	digits, _, _ := strings.Cut(rest, ">")
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), found && err == nil
}

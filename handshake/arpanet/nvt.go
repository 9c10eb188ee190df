package arpanet

// nvt reads what a network virtual terminal sends: 7-bit characters, and controls from 128 on.
// The old TELNET's are single octets (RFC 139); the new one's begin with IAC, and those that
// offer or ask for an option have another octet behind them (RFC 318).
type nvt struct {
	iac, verb byte   // what has come of a control: IAC, and a verb that names an option
	line      []byte // what has come of a line
}

// The controls of the new TELNET that are answered.
const (
	iac       = 255
	dont      = 254
	do        = 253
	wont      = 252
	will      = 251
	oldestNew = 240 // what follows IAC; all others are one octet
)

// text takes the controls out, and says what refuses the options that were offered.
func (n *nvt) text(b []byte) (text, refusals []byte) {
	for _, c := range b {
		switch {
		case n.verb != 0:
			switch n.verb {
			case do:
				refusals = append(refusals, iac, wont, c)
			case will:
				refusals = append(refusals, iac, dont, c)
			}
			n.verb = 0
		case n.iac != 0:
			if n.iac = 0; c >= will && c < iac {
				n.verb = c
			}
		case c == iac:
			n.iac = c
		case c < 128:
			text = append(text, c)
		}
	}
	return text, refusals
}

// lines gives the lines that have ended, without their ends.
func (n *nvt) lines(b []byte) (lines [][]byte, refusals []byte) {
	text, refusals := n.text(b)
	for _, c := range text {
		switch {
		case c == '\n':
			lines = append(lines, n.line)
			n.line = nil
		case c != '\r' && c != 0 && len(n.line) < maxLine:
			n.line = append(n.line, c)
		}
	}
	return lines, refusals
}

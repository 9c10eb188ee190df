package tcp

// Synchronized reports whether the state is one of group 3 of RFC 9293 3.5.2:
// ESTABLISHED and those that a CLOSE or a FIN leads to.
func (s State) Synchronized() bool {
	switch s {
	case Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait:
		return true
	case Closed, Listen, SynSent, SynReceived:
		return false
	}
	return false
}

package tcp

// Synchronized reports whether each end knows that the other has its initial sequence
// number: ESTABLISHED and every state after it (RFC 9293 3.5.2 group 3).
func (s State) Synchronized() bool {
	switch s {
	case Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait:
		return true
	case Closed, Listen, SynSent, SynReceived:
		return false
	}
	return false
}

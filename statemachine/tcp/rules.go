package tcp

import "strconv"

// Rule is one sentence of an RFC that a machine followed, or of POSIX where a listener's
// queues decide. Its words live with the views; here are its name and where it stands.
type Rule uint8

// The rules, in the order of RFC 9293 3.10, departures last.
const (
	openPassive Rule = iota
	openActive
	openUnspecified
	openNoRoom
	openListening
	openExists

	sendNotExist
	sendListening
	sendUnspecified
	sendQueued
	sendNoRoom
	sendText
	sendWaits
	sendWaitsForNetwork
	sendHeldBack
	sendClosing

	receiveNotExist
	receiveQueued
	receiveNoRoom
	receiveText
	receiveWaits
	receiveRest
	receiveClosing
	windowReopened

	closeNotExist
	closeListening
	closeSynSent
	closeSynReceived
	closeQueued
	closeEstablished
	closeBehindText
	closeAgain
	closeCloseWait
	closeWaits
	closeClosing
	closeProcessed

	abortNotExist
	abortListening
	abortSynSent
	abortReset
	abortOK

	statusNotExist
	statusListen
	statusSynSent
	statusSynReceived
	statusEstablished
	statusFinWait1
	statusFinWait2
	statusCloseWait
	statusClosing
	statusLastAck
	statusTimeWait

	settingsMade

	closedRST
	closedWithoutACK
	closedWithACK

	listenRST
	listenACK
	listenSYN
	listenOther

	synQueueFull
	acceptQueueFull
	acceptQueueFullACK
	cookieSent
	cookieAccepted
	cookieRefused

	synSentBadACKWithRST
	synSentBadACK
	synSentReset
	synSentStrayRST
	synSentSYNACK
	synSentSYN
	synSentOther

	timestampsMissing
	timestampOld
	synTrimmed
	outsideRST
	oldSegment
	outsideWindow
	zeroWindow
	held
	heldNoRoom
	heldProcessed

	resetToTimeWait
	resetToListen
	resetRefused
	resetChallenged
	resetEnds
	resetWhileClosing

	synToListen
	synReceivedChallenge
	synChallenged
	timeWaitReopened
	synInTimeWait

	challengesLimited

	ackOff
	synReceivedACK
	synReceivedBadACK
	ackNew
	ackDuplicate
	ackBeyond
	ackTooOld
	windowUpdated
	fastRetransmit
	limitedTransmit
	recoveryInflates
	partialACK
	holeFilled
	recoveryOver
	finAcknowledged
	closeAcknowledged
	closingAcknowledged
	closingIgnored
	lastAckAcknowledged
	finRetransmitted
	timeWaitIgnored

	urgentAhead
	urgentIgnored

	textAccepted
	textIgnored
	ackDelayed

	finInHandshake
	finArrived
	finToTimeWait
	finToClosing
	finAgain
	finAgainInTimeWait
	finUnvalidated

	userTimeoutAborts
	userTimeoutClosed
	retransmitSYN
	retransmitSYNACK
	retransmitText
	retransmitTextInCloseWait
	retransmitFIN
	retransmitLastFIN
	retransmitNothing
	deliveryProblem
	probesWindow
	overridesSilly
	persistNothing
	delayedACKOver
	delayedACKNothing
	keepAliveProbe
	keepAliveBusy
	keepAliveFails
	keepAliveNothing
	timeWaitOver
	timeWaitNotRunning

	departSYN
	departSYNACK
	departACK
	departText
	departFIN
	departTextFIN
	departRST
	departRSTACK
	departAgain
	departOther
)

// rules names and cites every Rule.
var rules = [...]struct{ id, cite string }{
	openPassive:     {"open-passive", "RFC 9293 3.10.1"},
	openActive:      {"open-active", "RFC 9293 3.10.1"},
	openUnspecified: {"open-remote-unspecified", "RFC 9293 3.10.1"},
	openNoRoom:      {"open-no-room", "RFC 9293 3.10.1"},
	openListening:   {"open-passive-to-active", "RFC 9293 3.10.1"},
	openExists:      {"open-exists", "RFC 9293 3.10.1"},

	sendNotExist:        {"send-no-connection", "RFC 9293 3.10.2"},
	sendListening:       {"send-passive-to-active", "RFC 9293 3.10.2"},
	sendUnspecified:     {"send-remote-unspecified", "RFC 9293 3.10.2"},
	sendQueued:          {"send-queued", "RFC 9293 3.10.2"},
	sendNoRoom:          {"send-no-room", "RFC 9293 3.10.2"},
	sendText:            {"send-text", "RFC 9293 3.10.2"},
	sendWaits:           {"send-waits-for-window", "RFC 9293 3.8.6"},
	sendWaitsForNetwork: {"send-waits-for-network", "RFC 5681 3.1"},
	sendHeldBack:        {"send-held-back", "RFC 9293 3.7.4"},
	sendClosing:         {"send-closing", "RFC 9293 3.10.2"},

	receiveNotExist: {"receive-no-connection", "RFC 9293 3.10.3"},
	receiveQueued:   {"receive-queued", "RFC 9293 3.10.3"},
	receiveNoRoom:   {"receive-no-room", "RFC 9293 3.10.3"},
	receiveText:     {"receive-text", "RFC 9293 3.10.3"},
	receiveWaits:    {"receive-waits", "RFC 9293 3.10.3"},
	receiveRest:     {"receive-rest-after-fin", "RFC 9293 3.10.3"},
	receiveClosing:  {"receive-closing", "RFC 9293 3.10.3"},
	windowReopened:  {"window-reopened", "RFC 9293 3.8.6.2.2"},

	closeNotExist:    {"close-no-connection", "RFC 9293 3.10.4"},
	closeListening:   {"close-listen", "RFC 9293 3.10.4"},
	closeSynSent:     {"close-syn-sent", "RFC 9293 3.10.4"},
	closeSynReceived: {"close-syn-received", "RFC 9293 3.10.4"},
	closeQueued:      {"close-queued", "RFC 9293 3.10.4"},
	closeEstablished: {"close-established", "RFC 9293 3.10.4"},
	closeBehindText:  {"close-behind-text", "RFC 9293 3.10.4"},
	closeAgain:       {"close-again", "RFC 9293 3.10.4"},
	closeCloseWait:   {"close-close-wait", "RFC 9293 3.10.4"},
	closeWaits:       {"close-waits-behind-text", "RFC 9293 3.10.4"},
	closeClosing:     {"close-closing", "RFC 9293 3.10.4"},
	closeProcessed:   {"close-queued-processed", "RFC 9293 3.10.4"},

	abortNotExist:  {"abort-no-connection", "RFC 9293 3.10.5"},
	abortListening: {"abort-listen", "RFC 9293 3.10.5"},
	abortSynSent:   {"abort-syn-sent", "RFC 9293 3.10.5"},
	abortReset:     {"abort-reset", "RFC 9293 3.10.5"},
	abortOK:        {"abort-closing", "RFC 9293 3.10.5"},

	statusNotExist:    {"status-no-connection", "RFC 9293 3.10.6"},
	statusListen:      {"status-listen", "RFC 9293 3.10.6"},
	statusSynSent:     {"status-syn-sent", "RFC 9293 3.10.6"},
	statusSynReceived: {"status-syn-received", "RFC 9293 3.10.6"},
	statusEstablished: {"status-established", "RFC 9293 3.10.6"},
	statusFinWait1:    {"status-fin-wait-1", "RFC 9293 3.10.6"},
	statusFinWait2:    {"status-fin-wait-2", "RFC 9293 3.10.6"},
	statusCloseWait:   {"status-close-wait", "RFC 9293 3.10.6"},
	statusClosing:     {"status-closing", "RFC 9293 3.10.6"},
	statusLastAck:     {"status-last-ack", "RFC 9293 3.10.6"},
	statusTimeWait:    {"status-time-wait", "RFC 9293 3.10.6"},
	settingsMade:      {"settings", "RFC 9293 3.9.1"},

	closedRST:        {"closed-rst", "RFC 9293 3.10.7.1"},
	closedWithoutACK: {"closed-refuses", "RFC 9293 3.10.7.1"},
	closedWithACK:    {"closed-refuses-ack", "RFC 9293 3.10.7.1"},

	listenRST:   {"listen-rst", "RFC 9293 3.10.7.2 first"},
	listenACK:   {"listen-ack", "RFC 9293 3.10.7.2 second"},
	listenSYN:   {"listen-syn", "RFC 9293 3.10.7.2 third"},
	listenOther: {"listen-other", "RFC 9293 3.10.7.2 fourth"},

	synQueueFull:       {"syn-queue-full", "RFC 4987 2.2"},
	acceptQueueFull:    {"accept-queue-full", "RFC 4987 2.2"},
	acceptQueueFullACK: {"accept-queue-full-ack", "POSIX listen()"},
	cookieSent:         {"cookie-sent", "RFC 4987 3.6"},
	cookieAccepted:     {"cookie-accepted", "RFC 4987 3.6"},
	cookieRefused:      {"cookie-refused", "RFC 9293 3.10.7.2 second"},

	synSentBadACKWithRST: {"syn-sent-bad-ack-rst", "RFC 9293 3.10.7.3 first"},
	synSentBadACK:        {"syn-sent-bad-ack", "RFC 9293 3.10.7.3 first"},
	synSentReset:         {"syn-sent-reset", "RFC 9293 3.10.7.3 second"},
	synSentStrayRST:      {"syn-sent-stray-rst", "RFC 9293 3.10.7.3 second"},
	synSentSYNACK:        {"syn-sent-syn-ack", "RFC 9293 3.10.7.3 fourth"},
	synSentSYN:           {"simultaneous-open", "RFC 9293 3.10.7.3 fourth"},
	synSentOther:         {"syn-sent-other", "RFC 9293 3.10.7.3 fifth"},

	timestampsMissing: {"timestamps-missing", "RFC 7323 3.2"},
	timestampOld:      {"timestamp-old", "RFC 7323 5.3"},
	synTrimmed:        {"syn-trimmed", "RFC 9293 3.10.7.4 first"},
	outsideRST:        {"rst-outside-window", "RFC 9293 3.10.7.4 first"},
	oldSegment:        {"old-segment", "RFC 9293 3.10.7.4 first"},
	outsideWindow:     {"outside-window", "RFC 9293 3.10.7.4 first"},
	zeroWindow:        {"zero-window", "RFC 9293 3.10.7.4 first"},
	held:              {"held", "RFC 9293 3.10.7.4 first"},
	heldNoRoom:        {"held-no-room", "RFC 9293 3.10.7.4 first"},
	heldProcessed:     {"held-processed", "RFC 9293 3.10.7.4 first"},

	resetToTimeWait:   {"rst-back-to-time-wait", "RFC 9293 3.6.1"},
	resetToListen:     {"rst-back-to-listen", "RFC 9293 3.10.7.4 second"},
	resetRefused:      {"rst-refused", "RFC 9293 3.10.7.4 second"},
	resetChallenged:   {"rst-challenged", "RFC 9293 3.10.7.4 second"},
	resetEnds:         {"rst-reset", "RFC 9293 3.10.7.4 second"},
	resetWhileClosing: {"rst-while-closing", "RFC 9293 3.10.7.4 second"},

	synToListen:          {"syn-back-to-listen", "RFC 9293 3.10.7.4 fourth"},
	synReceivedChallenge: {"syn-challenged-in-handshake", "RFC 9293 3.10.7.4 fourth"},
	synChallenged:        {"syn-challenged", "RFC 9293 3.10.7.4 fourth"},
	timeWaitReopened:     {"time-wait-reopened", "RFC 9293 3.6.1"},
	synInTimeWait:        {"syn-in-time-wait", "RFC 9293 3.10.7.4 fourth"},
	challengesLimited:    {"challenges-limited", "RFC 5961 7"},

	ackOff:              {"ack-off", "RFC 9293 3.10.7.4 fifth"},
	synReceivedACK:      {"syn-received-ack", "RFC 9293 3.10.7.4 fifth"},
	synReceivedBadACK:   {"syn-received-bad-ack", "RFC 9293 3.10.7.4 fifth"},
	ackNew:              {"ack-new", "RFC 9293 3.10.7.4 fifth"},
	ackDuplicate:        {"ack-duplicate", "RFC 9293 3.10.7.4 fifth"},
	ackBeyond:           {"ack-beyond", "RFC 9293 3.10.7.4 fifth"},
	ackTooOld:           {"ack-too-old", "RFC 5961 5"},
	windowUpdated:       {"window-updated", "RFC 9293 3.10.7.4 fifth"},
	fastRetransmit:      {"fast-retransmit", "RFC 5681 3.2"},
	limitedTransmit:     {"limited-transmit", "RFC 5681 3.2"},
	recoveryInflates:    {"recovery-inflates", "RFC 5681 3.2"},
	partialACK:          {"partial-ack", "RFC 6582 3.2"},
	holeFilled:          {"hole-filled", "RFC 6675 5"},
	recoveryOver:        {"recovery-over", "RFC 6582 3.2"},
	finAcknowledged:     {"fin-acknowledged", "RFC 9293 3.10.7.4 fifth"},
	closeAcknowledged:   {"fin-wait-2-ack", "RFC 9293 3.10.7.4 fifth"},
	closingAcknowledged: {"closing-fin-acknowledged", "RFC 9293 3.10.7.4 fifth"},
	closingIgnored:      {"closing-other", "RFC 9293 3.10.7.4 fifth"},
	lastAckAcknowledged: {"last-ack-acknowledged", "RFC 9293 3.10.7.4 fifth"},
	finRetransmitted:    {"fin-retransmitted", "RFC 9293 3.10.7.4 fifth"},
	timeWaitIgnored:     {"time-wait-other", "RFC 9293 3.10.7.4 fifth"},

	urgentAhead:   {"urgent", "RFC 9293 3.10.7.4 sixth"},
	urgentIgnored: {"urgent-after-fin", "RFC 9293 3.10.7.4 sixth"},

	textAccepted: {"text", "RFC 9293 3.10.7.4 seventh"},
	textIgnored:  {"text-after-fin", "RFC 9293 3.10.7.4 seventh"},
	ackDelayed:   {"ack-delayed", "RFC 9293 3.8.6.3"},

	finInHandshake:     {"fin-in-handshake", "RFC 9293 3.10.7.4 eighth"},
	finArrived:         {"fin", "RFC 9293 3.10.7.4 eighth"},
	finToTimeWait:      {"fin-to-time-wait", "RFC 9293 3.10.7.4 eighth"},
	finToClosing:       {"fin-crossed", "RFC 9293 3.10.7.4 eighth"},
	finAgain:           {"fin-again", "RFC 9293 3.10.7.4 eighth"},
	finAgainInTimeWait: {"fin-again-in-time-wait", "RFC 9293 3.10.7.4 eighth"},
	finUnvalidated:     {"fin-unvalidated", "RFC 9293 3.10.7.4 eighth"},

	userTimeoutAborts:         {"user-timeout", "RFC 9293 3.10.8"},
	userTimeoutClosed:         {"user-timeout-closed", "RFC 9293 3.10.8"},
	retransmitSYN:             {"retransmit-syn", "RFC 6298 5.5"},
	retransmitSYNACK:          {"retransmit-syn-ack", "RFC 9293 3.10.8"},
	retransmitText:            {"retransmit-text", "RFC 9293 3.10.8"},
	retransmitTextInCloseWait: {"retransmit-text-close-wait", "RFC 9293 3.10.8"},
	retransmitFIN:             {"retransmit-fin", "RFC 9293 3.10.8"},
	retransmitLastFIN:         {"retransmit-last-fin", "RFC 9293 3.10.8"},
	retransmitNothing:         {"retransmit-nothing", "RFC 9293 3.10.8"},
	deliveryProblem:           {"delivery-problem", "RFC 9293 3.8.3"},
	probesWindow:              {"window-probe", "RFC 9293 3.8.6.1"},
	overridesSilly:            {"override-timeout", "RFC 9293 3.8.6.2.1"},
	persistNothing:            {"window-probe-nothing", "RFC 9293 3.8.6.1"},
	delayedACKOver:            {"delayed-ack-over", "RFC 9293 3.8.6.3"},
	delayedACKNothing:         {"delayed-ack-nothing", "RFC 9293 3.8.6.3"},
	keepAliveProbe:            {"keep-alive-probe", "RFC 9293 3.8.4"},
	keepAliveBusy:             {"keep-alive-busy", "RFC 9293 3.8.4"},
	keepAliveFails:            {"keep-alive-fails", "RFC 9293 3.8.4"},
	keepAliveNothing:          {"keep-alive-nothing", "RFC 9293 3.8.4"},
	timeWaitOver:              {"time-wait-over", "RFC 9293 3.10.8"},
	timeWaitNotRunning:        {"time-wait-not-running", "RFC 9293 3.10.8"},

	departSYN:     {"depart-syn", "RFC 9293 3.4.1"},
	departSYNACK:  {"depart-syn-ack", "RFC 9293 3.4.1"},
	departACK:     {"depart-ack", "RFC 9293 3.4"},
	departText:    {"depart-data", "RFC 9293 3.7"},
	departFIN:     {"depart-fin", "RFC 9293 3.6"},
	departTextFIN: {"depart-data-fin", "RFC 9293 3.6"},
	departRST:     {"depart-rst", "RFC 9293 3.5.2"},
	departRSTACK:  {"depart-rst-ack", "RFC 9293 3.5.2"},
	departAgain:   {"depart-again", "RFC 9293 3.8"},
	departOther:   {"depart-other", "RFC 9293 3.1"},
}

// AllRules lists every rule, in the order of the RFC's sections; the rules of
// departures stand last.
func AllRules() []Rule {
	all := make([]Rule, len(rules))
	for i := range all {
		all[i] = Rule(i)
	}
	return all
}

// String gives the rule's name: "listen-syn".
func (r Rule) String() string {
	if int(r) < len(rules) {
		return rules[r].id
	}
	return "Rule(" + strconv.Itoa(int(r)) + ")"
}

// Cite says where the rule stands: "RFC 9293 3.10.7.2 third". It is "" for a
// number that is no rule.
func (r Rule) Cite() string {
	if int(r) < len(rules) {
		return rules[r].cite
	}
	return ""
}

// Departs gives the rule by which a segment leaves its sender. A departure
// changes no machine, so the segment itself tells: its control bits, its text,
// and whether it was sent before.
func Departs(s Segment, again bool) Rule {
	switch {
	case again:
		return departAgain
	case s.CTL.Has(RST | ACK):
		return departRSTACK
	case s.CTL.Has(RST):
		return departRST
	case s.CTL.Has(SYN | ACK):
		return departSYNACK
	case s.CTL.Has(SYN):
		return departSYN
	case s.CTL.Has(FIN) && s.Text != "":
		return departTextFIN
	case s.CTL.Has(FIN):
		return departFIN
	case s.Text != "":
		return departText
	case s.CTL.Has(ACK):
		return departACK
	}
	return departOther
}

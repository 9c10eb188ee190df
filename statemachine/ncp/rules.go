package ncp

import "strconv"

// Rule is one sentence of a document that an NCP or an ICP followed. Its words live with the
// views; here are its name and where it stands.
type Rule uint8

// The rules, by what they are about.
const (
	// The calls of processes.
	initSends Rule = iota
	initAccepts
	initGender
	initSize
	initBusy
	initNoRoom
	noLinkLeft
	listenWaits
	listenEnds
	listenFindsRFC
	callNoConnection
	callNotOpen
	callClosing
	callWrongWay
	sendsMessage
	sendWaitsForMessages
	sendWaitsForBits
	sendWaitsForRFNM
	allocates
	allocateTooMuch
	asksBack
	interrupts
	closeRefuses
	closeGivesUp
	closeSends
	closeWaitsForRFNM
	echoes
	echoPending
	resets
	resetPending

	// RFCs.
	rfcFindsListen
	rfcQueued
	rfcQueueFull
	rfcNoRoom
	rfcMatches
	rfcRepeated
	rfcAfterCLS
	rfcTakenBack
	sizeUnwanted
	linkInUse

	// CLSs.
	clsAborts
	clsRefuses
	clsCloses
	clsWaitsForRFNM
	clsCrosses
	clsAnswers
	clsUnknown
	lastRFNM

	// Text and its flow.
	textArrives
	textAfterCLS
	textSize
	textShort
	textBeyond
	linkUnused
	allArrives
	allTooLarge
	gvbArrives
	retArrives
	retUnasked
	retTooLarge
	interruptArrives

	// Inquiry and reinitialization.
	ecoArrives
	erpArrives
	erpStray
	rstArrives
	rrpArrives
	rrpStray
	notUntilRRP

	// Control messages and what is wrong with them.
	nopArrives
	errArrives
	controlEmpty
	controlSize
	controlLong
	headerShort
	illegalOpcode
	shortParameters
	badParameters
	nonexistentSocket
	halfOpen
	tooLate
	commandWaits
	tooManyCommands

	// The IMP.
	leaderShort
	rfnmCame
	rfnmStray
	messageLost
	destinationDead
	interfaceReset
	impNOP
	impSaid

	// Time-outs.
	rfcWaitedTooLong
	rfcNeverAnswered
	clsNeverAnswered
	rstNeverAnswered
	ecoNeverAnswered
	rfnmNeverCame
	nothingDue

	// The ICP.
	icpListens
	icpAsks
	icpMatched
	icpAllocates
	icpWaits
	icpSendsNumber
	icpReadsNumber
	icpBadNumber
	icpAsksForBoth
	icpHalf
	icpDone
	icpFails
	icpPassedOver
)

// rules names and cites every Rule.
var rules = [...]struct{ id, cite string }{
	initSends:            {"init-sends", "NIC 8246 p.10"},
	initAccepts:          {"init-accepts", "NIC 8246 p.10"},
	initGender:           {"init-gender", "RFC 165 p.1"},
	initSize:             {"init-size", "NIC 8246 p.10"},
	initBusy:             {"init-busy", "NIC 8246 p.10"},
	initNoRoom:           {"init-no-room", "NIC 8246 p.11"},
	noLinkLeft:           {"no-link-left", "NIC 8246 p.20"},
	listenWaits:          {"listen-waits", "NIC 8246 p.12"},
	listenEnds:           {"listen-ends", "NIC 8246 p.12"},
	listenFindsRFC:       {"listen-finds-rfc", "NIC 8246 p.12"},
	callNoConnection:     {"call-no-connection", "RFC 165 p.2"},
	callNotOpen:          {"call-not-open", "NIC 8246 p.14"},
	callClosing:          {"call-closing", "NIC 8246 p.12"},
	callWrongWay:         {"call-wrong-way", "NIC 8246 p.14"},
	sendsMessage:         {"send-message", "NIC 8246 p.14"},
	sendWaitsForMessages: {"send-waits-for-messages", "NIC 8246 p.14"},
	sendWaitsForBits:     {"send-waits-for-bits", "NIC 8246 p.14"},
	sendWaitsForRFNM:     {"send-waits-for-rfnm", "RFC 534"},
	allocates:            {"allocate", "NIC 8246 p.15"},
	allocateTooMuch:      {"allocate-too-much", "NIC 8246 p.15"},
	asksBack:             {"give-back", "NIC 8246 p.15"},
	interrupts:           {"interrupt", "NIC 8246 p.16"},
	closeRefuses:         {"close-refuses", "NIC 8246 p.12"},
	closeGivesUp:         {"close-gives-up", "NIC 8246 p.12"},
	closeSends:           {"close-sends", "NIC 8246 p.12"},
	closeWaitsForRFNM:    {"close-waits-for-rfnm", "NIC 8246 p.12"},
	echoes:               {"echo", "NIC 8246 p.16"},
	echoPending:          {"echo-pending", "NIC 8246 p.16"},
	resets:               {"reset", "NIC 8246 p.17"},
	resetPending:         {"reset-pending", "NIC 8246 p.18"},

	rfcFindsListen: {"rfc-finds-listen", "NIC 8246 p.12"},
	rfcQueued:      {"rfc-queued", "NIC 8246 p.11"},
	rfcQueueFull:   {"rfc-queue-full", "NIC 8246 p.11"},
	rfcNoRoom:      {"rfc-no-room", "NIC 8246 p.14"},
	rfcMatches:     {"rfc-matches", "NIC 8246 p.10"},
	rfcRepeated:    {"rfc-repeated", "NIC 8246 p.10"},
	rfcAfterCLS:    {"rfc-after-cls", "NIC 8246 p.13"},
	rfcTakenBack:   {"rfc-taken-back", "NIC 8246 p.12"},
	sizeUnwanted:   {"size-unwanted", "RFC 165 p.3"},
	linkInUse:      {"link-in-use", "NIC 8246 p.20"},

	clsAborts:       {"cls-aborts", "NIC 8246 p.12"},
	clsRefuses:      {"cls-refuses", "NIC 8246 p.12"},
	clsCloses:       {"cls-closes", "NIC 8246 p.12"},
	clsWaitsForRFNM: {"cls-waits-for-rfnm", "NIC 8246 p.12"},
	clsCrosses:      {"cls-crosses", "NIC 8246 p.13"},
	clsAnswers:      {"cls-answers", "NIC 8246 p.12"},
	clsUnknown:      {"cls-unknown", "NIC 8246 p.25"},
	lastRFNM:        {"last-rfnm", "NIC 8246 p.12"},

	textArrives:      {"text-arrives", "NIC 8246 p.14"},
	textAfterCLS:     {"text-after-cls", "NIC 8246 p.13"},
	textSize:         {"text-size", "NIC 8246 p.19"},
	textShort:        {"text-short", "NIC 8246 p.19"},
	textBeyond:       {"text-beyond-allocation", "NIC 8246 p.14"},
	linkUnused:       {"link-unused", "NIC 8246 p.26"},
	allArrives:       {"all-arrives", "NIC 8246 p.15"},
	allTooLarge:      {"all-too-large", "NIC 8246 p.25"},
	gvbArrives:       {"gvb-arrives", "NIC 8246 p.15"},
	retArrives:       {"ret-arrives", "NIC 8246 p.16"},
	retUnasked:       {"ret-unasked", "NIC 8246 p.16"},
	retTooLarge:      {"ret-too-large", "NIC 8246 p.25"},
	interruptArrives: {"interrupt-arrives", "NIC 8246 p.16"},

	ecoArrives:  {"eco-arrives", "NIC 8246 p.16"},
	erpArrives:  {"erp-arrives", "NIC 8246 p.16"},
	erpStray:    {"erp-stray", "NIC 8246 p.16"},
	rstArrives:  {"rst-arrives", "NIC 8246 p.17"},
	rrpArrives:  {"rrp-arrives", "NIC 8246 p.18"},
	rrpStray:    {"rrp-stray", "NIC 8246 p.18"},
	notUntilRRP: {"not-until-rrp", "NIC 8246 p.17"},

	nopArrives:        {"nop-arrives", "NIC 8246 p.22"},
	errArrives:        {"err-arrives", "NIC 8246 p.25"},
	controlEmpty:      {"control-empty", "NIC 8246 p.19"},
	controlSize:       {"control-size", "NIC 8246 p.21"},
	controlLong:       {"control-long", "NIC 8246 p.21"},
	headerShort:       {"header-short", "NIC 8246 p.19"},
	illegalOpcode:     {"illegal-opcode", "NIC 8246 p.25"},
	shortParameters:   {"short-parameters", "NIC 8246 p.25"},
	badParameters:     {"bad-parameters", "NIC 8246 p.25"},
	nonexistentSocket: {"nonexistent-socket", "NIC 8246 p.25"},
	halfOpen:          {"half-open", "NIC 8246 p.26"},
	tooLate:           {"too-late", "NIC 8246 p.13"},
	commandWaits:      {"command-waits", "RFC 534"},
	tooManyCommands:   {"too-many-commands", "NIC 8246 p.14"},

	leaderShort:     {"leader-short", "RFC 381"},
	rfnmCame:        {"rfnm", "RFC 381"},
	rfnmStray:       {"rfnm-stray", "RFC 381"},
	messageLost:     {"message-lost", "RFC 381"},
	destinationDead: {"destination-dead", "RFC 381"},
	interfaceReset:  {"interface-reset", "RFC 394"},
	impNOP:          {"imp-nop", "RFC 394"},
	impSaid:         {"imp-said", "RFC 394"},

	rfcWaitedTooLong: {"rfc-waited-too-long", "NIC 8246 p.11"},
	rfcNeverAnswered: {"rfc-never-answered", "NIC 8246 p.11"},
	clsNeverAnswered: {"cls-never-answered", "NIC 8246 p.14"},
	rstNeverAnswered: {"rst-never-answered", "RFC 308"},
	ecoNeverAnswered: {"eco-never-answered", "NIC 8246 p.16"},
	rfnmNeverCame:    {"rfnm-never-came", "RFC 270"},
	nothingDue:       {"nothing-due", "NIC 8246 p.11"},

	icpListens:     {"icp-listens", "RFC 165 p.4"},
	icpAsks:        {"icp-asks", "RFC 165 p.4"},
	icpMatched:     {"icp-matched", "RFC 165 p.4"},
	icpAllocates:   {"icp-allocates", "RFC 165 p.4"},
	icpWaits:       {"icp-waits", "RFC 165 p.4"},
	icpSendsNumber: {"icp-sends-number", "RFC 165 p.4"},
	icpReadsNumber: {"icp-reads-number", "RFC 165 p.4"},
	icpBadNumber:   {"icp-bad-number", "RFC 165 p.2"},
	icpAsksForBoth: {"icp-asks-for-both", "RFC 202 p.2"},
	icpHalf:        {"icp-half", "RFC 165 p.4"},
	icpDone:        {"icp-done", "RFC 165 p.4"},
	icpFails:       {"icp-fails", "RFC 165 p.4"},
	icpPassedOver:  {"icp-passed-over", "RFC 165 p.4"},
}

// AllRules lists every rule.
func AllRules() []Rule {
	all := make([]Rule, len(rules))
	for i := range all {
		all[i] = Rule(i)
	}
	return all
}

// String gives the rule's name: "rfc-matches".
func (r Rule) String() string {
	if int(r) < len(rules) {
		return rules[r].id
	}
	return "Rule(" + strconv.Itoa(int(r)) + ")"
}

// Cite says where the rule stands: "NIC 8246 p.10". It is "" for a number that is no rule.
func (r Rule) Cite() string {
	if int(r) < len(rules) {
		return rules[r].cite
	}
	return ""
}

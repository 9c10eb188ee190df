package main_test

// verdict says of one row of testdata/requirements.csv whether sockscope's own TCP meets it.
type verdict struct {
	id     string
	words  string   // the requirement, briefly
	is     judgment // met, notMet or notApplicable
	tests  string   // that show it, with the folders of their packages
	rules  string   // by which it does so, of the machine, the calls or the kernel's engine
	reason string   // why it is not met or not applicable; of a met one, what is to be known
}

type judgment string

const (
	met           judgment = "met"
	notMet        judgment = "not met"
	notApplicable judgment = "not applicable"
)

// Reasons that several rows share. Each names what is missing, so that it goes when that comes.
const (
	noTimestamps = "no options yet, so no timestamps"
	noScale      = "no options yet, so no window scale"
	noSACK       = "no options yet, so no SACK"
	theISN       = "where the scenario names no first numbers"
	noICMP       = "no ICMP: the wire between two ends carries TCP only"
	noIP         = "IP's own: datagrams are shown, but nothing of IP is played"
	noDiffserv   = "IP's own: no call sets the Diffserv field"
	notTaken     = "a permission that is not taken"
)

var verdicts = []verdict{
	{"MUST-1", "the window is unsigned", met, "statemachine/tcp.TestWindowIsUnsigned", "syn-sent-syn-ack send-text", ""},
	{"REC-1", "windows in 32 bits", met, "statemachine/tcp.TestWindowsAreComputedIn32Bits", "held outside-window", ""},
	{"MUST-2", "a right checksum in all that is sent", met, "handshake/wire.TestGopacketReadsWhatIsEmitted handshake/wire.TestTheSumIsThatOfRFC1071ForEveryLength handshake/model.TestRFC9293_3_9_1_1_AConnectionKeepsTheAddressThatItWasOpenedWith", "", ""},
	{"MUST-3", "a wrong checksum: dropped silently", met, "handshake/wire.TestEveryFlippedBitIsRefused handshake/model.TestRFC9293_3_1_AGarbledDatagramIsRefusedByItsChecksum", "checksum-refused", ""},
	{"MUST-4", "EOL, NOP and MSS have their effect", met, "handshake/wire.TestOptionsOfAnySegmentAreRead statemachine/tcp.TestMSS", "listen-syn syn-sent-syn-ack", ""},
	{"MUST-5", "options come in any segment", met, "handshake/wire.TestOptionsOfAnySegmentAreRead", "", ""},
	{"MUST-6", "an unknown option is passed over", met, "handshake/wire.TestOptionsOfAnySegmentAreRead", "", ""},
	{"MUST-7", "an illegal option length does no harm", met, "handshake/wire.TestOptionsOfAnySegmentAreRead", "", "what stands behind it counts as none; no reset"},
	{"MUST-8", "a clock drives first numbers", met, "statemachine/tcp.TestISNRisesWithTheClock handshake/model.TestRFC6528_3_FirstNumbersRiseWithTheClock", "", theISN},
	{"MUST-9", "no outsider computes a first number", met, "statemachine/tcp.TestISNTellsNothingWithoutTheKey handshake/model.TestRFC6528_3_TheKeyComesFromTheSeed", "", theISN + "; the seed draws the key, so a run can be repeated: secret on the wire, not from who gives the seed"},
	{"MUST-10", "simultaneous open", met, "statemachine/tcp.TestFigure7", "simultaneous-open syn-trimmed syn-received-ack", ""},
	{"MUST-11", "SYN-RECEIVED knows its OPEN", met, "statemachine/tcp.TestSynReceivedRemembersItsOpen", "rst-back-to-listen rst-refused syn-back-to-listen syn-challenged-in-handshake", ""},
	{"MUST-12", "closed or aborted: the user is told which", met, "statemachine/tcp.TestTheUserLearnsHowItEnded", "fin rst-reset user-timeout", ""},
	{"MUST-13", "TIME-WAIT for 2 MSL", met, "statemachine/tcp.TestFifthTimeWait statemachine/tcp.TestTimeWaitTimeout", "fin-to-time-wait fin-retransmitted time-wait-over", ""},
	{"MUST-14", "MSS is sent and heeded", met, "statemachine/tcp.TestMSS", "open-active listen-syn syn-sent-syn-ack", ""},
	{"MUST-15", "without an MSS: 536", met, "statemachine/tcp.TestSendSegmentizes", "send-text", "IPv4 only; IPv6's 1220 has no use here"},
	{"MUST-16", "the effective send MSS", met, "statemachine/tcp.TestMSS", "send-text", ""},
	{"MUST-17", "Nagle can be switched off", met, "statemachine/tcp.TestNagle", "send-held-back settings", ""},
	{"MUST-18", "RTO of RFC 6298, Karn's samples", met, "statemachine/tcp.TestRFC6298_2_SamplesMakeTheRTO statemachine/tcp.TestRFC6298_3_KarnTakesNoSampleOfWhatWentTwice", "ack-new retransmit-text", ""},
	{"MUST-19", "slow start, congestion avoidance, back-off", met, "statemachine/tcp.TestRFC5681_3_1_ATimeoutBeginsAnew statemachine/tcp.TestRFC5681_3_1_SlowStartAndCongestionAvoidance", "retransmit-text send-waits-for-network", ""},
	{"MUST-20", "R1 asks IP for help, R2 closes", met, "statemachine/tcp.TestR1TellsAndR2Ends", "delivery-problem user-timeout", "the user hears of R1; there is no IP below to pick another route; the user timeout is R2"},
	{"MUST-21", "the user sets R2", met, "statemachine/tcp.TestTheUserSetsR2", "settings open-active", ""},
	{"MUST-22", "SYNs have R1 and R2, too", met, "statemachine/tcp.TestR1TellsAndR2Ends", "delivery-problem user-timeout retransmit-syn", ""},
	{"MUST-23", "a SYN is repeated for 3 minutes", met, "statemachine/tcp.TestR2IsTheUserTimeout", "retransmit-syn retransmit-syn-ack user-timeout", "the user timeout stands for R2"},
	{"MUST-24", "keep-alive on and off", met, "statemachine/tcp.TestKeepAliveOnAndOff", "settings keep-alive-probe", ""},
	{"MUST-25", "keep-alive is off unless asked for", met, "statemachine/tcp.TestKeepAliveOnAndOff", "settings", ""},
	{"MUST-26", "keep-alive only when idle", met, "statemachine/tcp.TestKeepAliveProbesTheIdle", "keep-alive-probe keep-alive-busy", ""},
	{"MUST-27", "the user sets the keep-alive interval", met, "statemachine/tcp.TestKeepAliveOnAndOff", "settings keep-alive-probe", ""},
	{"MUST-28", "keep-alive after 2 hours unless set", met, "statemachine/tcp.TestKeepAliveOnAndOff", "settings", ""},
	{"MUST-29", "one lost keep-alive probe ends nothing", met, "statemachine/tcp.TestKeepAliveProbesTheIdle", "keep-alive-probe keep-alive-fails", ""},
	{"MUST-30", "urgent data", met, "statemachine/tcp.TestSendUrgent statemachine/tcp.TestSixthSignalsOnce", "send-text urgent", "the machine has it; no socket call of a scenario sends it"},
	{"MUST-31", "urgent data of any length", met, "statemachine/tcp.TestUrgentTextOfAnyLength", "send-text urgent", ""},
	{"MUST-32", "the user hears of each urgent pointer that moves on", notMet, "", "", "told when it appears, not again when the pointer moves on: 3.10.7.4 sixth says not to, for one run of urgent data"},
	{"MUST-33", "the user learns whether urgent data is left", met, "statemachine/tcp.TestReceiveTellsOfUrgentData", "receive-text", ""},
	{"MUST-34", "a window that shrinks does no harm", met, "statemachine/tcp.TestTheWindowShrinks", "window-updated send-waits-for-window", ""},
	{"MUST-35", "shrunk to zero: probed", met, "statemachine/tcp.TestAShutWindowIsProbed", "window-probe", ""},
	{"MUST-36", "a zero window is probed", met, "statemachine/tcp.TestAShutWindowIsProbed", "window-probe", ""},
	{"MUST-37", "answered probes keep the connection", met, "statemachine/tcp.TestAnsweredProbesKeepTheConnection", "window-probe", ""},
	{"MUST-38", "the sender avoids silly windows", met, "statemachine/tcp.TestTheSenderAvoidsSillyWindows", "override-timeout", ""},
	{"MUST-39", "the receiver avoids silly windows", met, "statemachine/tcp.TestTheReceiverAvoidsSillyWindows", "receive-text window-reopened", ""},
	{"MUST-40", "an ACK waits less than 0.5 s", met, "statemachine/tcp.TestDelayedACK statemachine/tcp.TestTextIsAcknowledgedAtOnce", "ack-delayed delayed-ack-over text", "200 ms at most"},
	{"MUST-41", "a passive OPEN leaves others alone", met, "statemachine/tcp.TestPassiveOpenLeavesConnectionsAlone", "open-exists", ""},
	{"MUST-42", "LISTEN beside SYN-SENT on one port", notMet, "", "", "beside SYN-RECEIVED a listener goes on listening (RFC 1122 4.2.2.18: cloning); beside SYN-SENT nobody can, for bind() refuses the port"},
	{"MUST-43", "OPEN names a local address", met, "handshake/model.TestRFC9293_3_9_1_1_AConnectionKeepsTheAddressThatItWasOpenedWith", "call-bind", ""},
	{"MUST-44", "no local address: IP names one", notApplicable, "", "", "each end has one address"},
	{"MUST-45", "the local address stays", met, "handshake/model.TestRFC9293_3_9_1_1_AConnectionKeepsTheAddressThatItWasOpenedWith", "", ""},
	{"MUST-46", "no OPEN to a broadcast or multicast address", met, "handshake/model.TestRFC9293_3_9_1_1_NobodyCallsMany", "connect-unreachable", "ENETUNREACH; no subnets, so no broadcast to one"},
	{"MUST-47", "soft errors are told", notApplicable, "", "", noICMP},
	{"MUST-48", "the user sets Diffserv", notApplicable, "", "", noDiffserv},
	{"MUST-49", "the TTL can be set", notApplicable, "", "", noIP},
	{"MUST-50", "unknown IP options are passed over", notApplicable, "", "", noIP},
	{"MUST-51", "the user gives a source route", notApplicable, "", "", noIP},
	{"MUST-52", "it beats the source route that was received", notApplicable, "", "", noIP},
	{"MUST-53", "a received route is used backwards", notApplicable, "", "", noIP},
	{"MUST-54", "ICMP errors find their connection", notApplicable, "", "", noICMP},
	{"MUST-55", "Source Quench is dropped", notApplicable, "", "", noICMP},
	{"MUST-56", "soft ICMP errors end nothing", notApplicable, "", "", noICMP},
	{"MUST-57", "a SYN to a broadcast or multicast address is dropped", met, "handshake/model.TestRFC9293_3_9_2_3_NobodyAnswersToMany", "address-refused", "and every other segment"},
	{"MUST-58", "ACKs are joined", met, "statemachine/tcp.TestOneACKForOneArrival", "text held-processed ack-beyond", ""},
	{"MUST-59", "first all that is queued, then the ACK", met, "statemachine/tcp.TestOneACKForOneArrival", "text held-processed ack-beyond", ""},
	{"MUST-60", "text without PUSH leaves in time", met, "statemachine/tcp.TestTextWithoutPushLeavesAtOnce", "send-text", ""},
	{"MUST-61", "without a PUSH flag: PSH on the last segment", notApplicable, "", "", "for a TCP whose SEND has no PUSH flag; this one has it (MAY-15)"},
	{"MUST-62", "the urgent pointer points behind", met, "statemachine/tcp.TestSendUrgent", "send-text", ""},
	{"MUST-63", "a SYN from an impossible address is ignored", met, "handshake/model.TestRFC9293_3_9_2_3_NobodyAnswersToMany", "address-refused", "and every other segment"},
	{"MUST-64", "options on any octet", met, "handshake/wire.TestOptionsOfAnySegmentAreRead", "", ""},
	{"MUST-65", "MSS with SYN alone", met, "statemachine/tcp.TestMSS", "open-active listen-syn", ""},
	{"MUST-66", "RST and URG count at a zero window", met, "statemachine/tcp.TestFirstZeroWindow", "zero-window urgent rst-reset", ""},
	{"MUST-67", "the MSS that is told fits the receiver", met, "statemachine/tcp.TestMSS", "open-active", "1460: what an Ethernet frame of 1500 octets leaves"},
	{"MUST-68", "all but EOL and NOP have a length", met, "handshake/wire.TestOptionsAreSentAsTheyAreRead", "", ""},
	{"MUST-69", "zeros behind EOL", met, "handshake/wire.TestOptionsAreSentAsTheyAreRead", "", ""},

	{"SHLD-1", "ISN: clock plus keyed hash", met, "statemachine/tcp.TestISNIsClockPlusHash handshake/model.TestRFC6528_3_FirstNumbersRiseWithTheClock", "", theISN + "; SHA-256"},
	{"SHLD-2", "a RST may carry text", met, "statemachine/tcp.TestSecondRSTMayCarryText", "rst-reset", ""},
	{"SHLD-3", "RST for text that nobody will read", met, "handshake/model.TestRFC9293_3_6_1_TextThatNobodyReadsIsAnsweredByARST", "close-unread late-text", ""},
	{"SHLD-4", "timestamps shorten TIME-WAIT", notMet, "", "", noTimestamps},
	{"SHLD-5", "MSS on each SYN", met, "statemachine/tcp.TestMSS", "open-active listen-syn", ""},
	{"SHLD-6", "the smallest MTU counts", notApplicable, "", "", noIP},
	{"SHLD-7", "Nagle unless switched off", met, "statemachine/tcp.TestNagle", "send-held-back", ""},
	{"SHLD-8", "ECN", notApplicable, "", "", "ECE and CWR are carried and shown; nothing is marked"},
	{"SHLD-9", "told between R1 and R2", met, "statemachine/tcp.TestR1TellsAndR2Ends", "delivery-problem", ""},
	{"SHLD-10", "R1 of 3 or more", met, "statemachine/tcp.TestR1TellsAndR2Ends", "delivery-problem", "3"},
	{"SHLD-11", "R2 of 100 s or more", met, "statemachine/tcp.TestR2IsTheUserTimeout", "retransmit-text user-timeout", "the user timeout, 5 minutes, stands for R2"},
	{"SHLD-12", "a keep-alive without text", met, "statemachine/tcp.TestKeepAliveOnAndOff", "keep-alive-probe", ""},
	{"SHLD-13", "new programs leave urgent alone", notApplicable, "", "", "advice to programs"},
	{"SHLD-14", "the receiver's window never shrinks", met, "statemachine/tcp.TestInvariants statemachine/tcp.FuzzStep", "text receive-text", ""},
	{"SHLD-15", "shrunk: no new text", met, "statemachine/tcp.TestTheWindowShrinks", "send-waits-for-window", ""},
	{"SHLD-16", "shrunk: what is inside goes again", met, "statemachine/tcp.TestTheWindowShrinks", "retransmit-text", ""},
	{"SHLD-17", "shrunk: no timeout for what is outside", met, "statemachine/tcp.TestAnsweredProbesKeepTheConnection", "window-probe window-updated", ""},
	{"SHLD-18", "ACKs are delayed", met, "statemachine/tcp.TestDelayedACK", "ack-delayed", "where the program asks for it: in a lesson each ACK leaves at once, as Linux's first ones do"},
	{"SHLD-19", "an ACK for each second full segment", met, "statemachine/tcp.TestDelayedACK", "ack-delayed text", ""},
	{"SHLD-20", "error reports can be refused", notApplicable, "", "", noICMP},
	{"SHLD-21", "Diffserv changes in mid-life", notApplicable, "", "", noDiffserv},
	{"SHLD-22", "IP gets the Diffserv field as it was set", notApplicable, "", "", noDiffserv},
	{"SHLD-23", "programs had better not change Diffserv", notApplicable, "", "", "advice to programs"},
	{"SHLD-24", "the later source route counts", notApplicable, "", "", noIP},
	{"SHLD-25", "soft ICMP errors reach the user", notApplicable, "", "", noICMP},
	{"SHLD-26", "hard ICMP errors abort", notApplicable, "", "", noICMP},
	{"SHLD-27", "one PSH for several", met, "statemachine/tcp.TestPushesCollapse", "send-queued syn-sent-syn-ack", ""},
	{"SHLD-28", "segments as large as may be", met, "statemachine/tcp.TestSendSegmentizes", "send-text", ""},
	{"SHLD-29", "the first probe after one RTO", met, "statemachine/tcp.TestAShutWindowIsProbed", "window-probe", ""},
	{"SHLD-30", "probes back off", met, "statemachine/tcp.TestAShutWindowIsProbed", "window-probe", "up to a minute"},
	{"SHLD-31", "what is early is kept", met, "statemachine/tcp.TestFirstHoldsWhatIsEarly", "held held-processed", "up to 4 segments"},

	{"MAY-1", "half-duplex close", notApplicable, "", "", notTaken},
	{"MAY-2", "a SYN reopens from TIME-WAIT", notApplicable, "", "", notTaken},
	{"MAY-3", "MSS always", met, "statemachine/tcp.TestMSS", "open-active", ""},
	{"MAY-4", "a repeated segment keeps its IP ID", notApplicable, "", "", noIP},
	{"MAY-5", "keep-alive at all", met, "statemachine/tcp.TestKeepAliveOnAndOff", "keep-alive-probe", ""},
	{"MAY-6", "keep-alive with one octet", notApplicable, "", "", notTaken},
	{"MAY-7", "shrunk: what is outside goes again, too", met, "statemachine/tcp.TestTheWindowShrinks", "retransmit-text", ""},
	{"MAY-8", "a window stays shut as long as it likes", met, "statemachine/tcp.TestTheWindowMayStayShut", "zero-window", ""},
	{"MAY-9", "received Diffserv goes up", notApplicable, "", "", noDiffserv},
	{"MAY-10", "IP's timestamp option", notApplicable, "", "", noIP},
	{"MAY-11", "IP's record route option", notApplicable, "", "", noIP},
	{"MAY-12", "an ACK far too old is no ACK", met, "statemachine/tcp.TestRFC5961_5_AnACKFarTooOldIsNone", "ack-too-old", ""},
	{"MAY-13", "what is early is acknowledged", met, "statemachine/tcp.TestFirstHoldsWhatIsEarly", "held", ""},
	{"MAY-14", "a FLUSH call", notApplicable, "", "", notTaken},
	{"MAY-15", "PUSH as a flag of SEND", met, "statemachine/tcp.TestPushesCollapse", "send-queued syn-sent-syn-ack", ""},
	{"MAY-16", "text without PUSH is gathered", notApplicable, "", "", notTaken},
	{"MAY-17", "the receiver hears of PSH", notApplicable, "", "", notTaken},
	{"MAY-18", "another congestion control", notApplicable, "", "", notTaken},

	{"U-1", "arithmetic modulo 2^32", met, "statemachine/tcp.TestInvariants", "old-segment outside-window ack-new", ""},
	{"U-2", "the four cases of acceptability", met, "statemachine/tcp.TestInvariants", "rst-outside-window old-segment outside-window zero-window", ""},
	{"U-3", "CLOSED answers with a RST", met, "statemachine/tcp.TestClosedRefusesWithoutACK statemachine/tcp.TestClosedRefusesWithACK statemachine/tcp.TestClosedDiscardsRST", "closed-refuses closed-refuses-ack closed-rst", ""},
	{"U-4", "before ESTABLISHED: RST for a bad ACK", met, "statemachine/tcp.TestABadACKIsResetBeforeEstablished", "listen-ack syn-sent-bad-ack syn-received-bad-ack", ""},
	{"U-5", "synchronized: an empty ACK for what cannot be", met, "statemachine/tcp.TestWhatIsUnacceptableIsAcknowledged", "old-segment outside-window ack-beyond ack-too-old", "TIME-WAIT looks at no acknowledgment number but for RFC 5961 5"},
	{"U-6", "who resets waits in TIME-WAIT", notMet, "", "", "ABORT enters CLOSED at once, as 3.10.5 says"},
	{"U-7", "a RST at RCV.NXT resets", met, "statemachine/tcp.TestSecondRST", "rst-reset", ""},
	{"U-8", "a RST elsewhere in the window: challenged", met, "statemachine/tcp.TestSecondRST", "rst-challenged", ""},
	{"U-9", "a RST outside: dropped", met, "statemachine/tcp.TestSecondRST", "rst-outside-window", ""},
	{"U-10", "synchronized: a SYN is challenged", met, "statemachine/tcp.TestFourthChallengesASYNAnywhere", "syn-challenged syn-in-time-wait old-segment outside-window", ""},
	{"U-11", "SYN-SENT checks the number of a RST", notApplicable, "", "", "SYN-SENT has no RCV.NXT yet; the acknowledgment number alone is checked"},
	{"U-12", "passive SYN-RECEIVED: a new SYN leads back to LISTEN", met, "statemachine/tcp.TestSynReceivedRemembersItsOpen", "syn-back-to-listen", ""},

	{"R6298-2.1", "the first timeout is 1 s", met, "statemachine/tcp.TestTheFirstRTOIsOneSecond", "open-active listen-syn send-text", ""},
	{"R6298-2.2", "SRTT and RTO after the first sample", met, "statemachine/tcp.TestRFC6298_2_SamplesMakeTheRTO", "syn-sent-syn-ack ack-new", "G is 1 ms"},
	{"R6298-2.3", "SRTT and RTO after each later sample", met, "statemachine/tcp.TestRFC6298_2_SamplesMakeTheRTO", "ack-new", ""},
	{"R6298-2.4", "no RTO below 1 s", met, "statemachine/tcp.TestRFC6298_2_SamplesMakeTheRTO statemachine/tcp.TestRFC6298_RTOStaysInBoundsAndKarnHolds", "syn-sent-syn-ack ack-new", ""},
	{"R6298-2.5", "a bound on RTO of 60 s or more", met, "statemachine/tcp.TestRetransmissionBacksOff statemachine/tcp.TestRFC6298_2_SamplesMakeTheRTO statemachine/tcp.TestRFC6298_RTOStaysInBoundsAndKarnHolds", "retransmit-syn ack-new", "60 s"},
	{"R6298-3", "Karn: no sample of what went twice", met, "statemachine/tcp.TestRFC6298_3_KarnTakesNoSampleOfWhatWentTwice statemachine/tcp.TestRFC6298_3_ASYNThatCrossedIsNotTimed statemachine/tcp.TestRFC6298_3_OneSampleInEachWindow statemachine/tcp.TestRFC6298_RTOStaysInBoundsAndKarnHolds", "retransmit-syn retransmit-text simultaneous-open", "one sample in each round trip"},
	{"R6298-5.1", "when the timer starts and stops", met, "statemachine/tcp.TestRFC6298_5_1_TheTimerStartsStopsAndStartsAgain", "send-text ack-new", ""},
	{"R6298-5.5", "on expiry: the earliest again, twice the time", met, "statemachine/tcp.TestRetransmissionBacksOff statemachine/tcp.TestRetransmissionOfText", "retransmit-syn retransmit-text retransmit-fin", ""},
	{"R6298-5.7", "after a lost SYN: RTO of 3 s", met, "statemachine/tcp.TestRFC6298_5_7_ALostSYNMakesThreeSeconds", "syn-sent-syn-ack syn-received-ack", ""},

	{"R5681-3.1a", "the initial window", met, "statemachine/tcp.TestRFC5681_3_1_TheInitialWindow", "syn-sent-syn-ack", ""},
	{"R5681-3.1b", "one segment after a lost SYN", met, "statemachine/tcp.TestRFC5681_3_1_ALostSYNMakesOneSegment", "syn-sent-syn-ack syn-received-ack", ""},
	{"R5681-3.1c", "ssthresh begins high", met, "statemachine/tcp.TestRFC5681_3_1_TheInitialWindow", "syn-sent-syn-ack", ""},
	{"R5681-3.1d", "slow start", met, "statemachine/tcp.TestRFC5681_3_1_SlowStartAndCongestionAvoidance", "ack-new", ""},
	{"R5681-3.1e", "congestion avoidance", met, "statemachine/tcp.TestRFC5681_3_1_SlowStartAndCongestionAvoidance", "ack-new", ""},
	{"R5681-3.1f", "a timeout halves ssthresh, once", met, "statemachine/tcp.TestRFC5681_3_1_ATimeoutBeginsAnew", "retransmit-text", ""},
	{"R5681-3.1g", "a timeout: one segment", met, "statemachine/tcp.TestRFC5681_3_1_ATimeoutBeginsAnew", "retransmit-text", ""},
	{"R5681-3.2a", "an ACK at once for a gap and for its end", met, "statemachine/tcp.TestFirstHoldsWhatIsEarly", "held held-processed", ""},
	{"R5681-3.2b", "the third duplicate: fast retransmit", met, "statemachine/tcp.TestRFC5681_3_2_FastRetransmitAndRecovery", "fast-retransmit partial-ack recovery-over", ""},
	{"R5681-3.2c", "limited transmit", met, "statemachine/tcp.TestRFC5681_3_2_FastRetransmitAndRecovery", "limited-transmit", ""},
	{"R5681-4.1", "after idling: the initial window again", met, "statemachine/tcp.TestRFC5681_4_1_AfterIdlingTheInitialWindow", "send-text", ""},
	{"R5681-4.2", "one ACK for one segment", met, "statemachine/tcp.TestOneACKForOneArrival", "text held-processed ack-beyond", ""},

	{"R5961-5", "MAX.SND.WND judges old ACKs", met, "statemachine/tcp.TestRFC5961_5_AnACKFarTooOldIsNone", "ack-too-old", ""},
	{"R5961-7", "challenge ACKs are limited", met, "statemachine/tcp.TestRFC5961_7_ChallengesAreLimited", "challenges-limited", "ten in five seconds"},

	{"R7323-2.2", "window scale with SYN alone", notMet, "", "", noScale},
	{"R7323-2.3", "a scale above 14 counts as 14", notMet, "", "", noScale},
	{"R7323-2.3b", "the window of a SYN is not scaled", notMet, "", "", noScale},
	{"R7323-3.2a", "timestamps in each segment", notMet, "", "", noTimestamps},
	{"R7323-3.2b", "a segment without timestamps is dropped", notMet, "", "", noTimestamps},
	{"R7323-3.2c", "missing timestamps end nothing", notMet, "", "", noTimestamps},
	{"R7323-4.3", "when TS.Recent moves on", notMet, "", "", noTimestamps},
	{"R7323-5.3", "PAWS drops and acknowledges", notMet, "", "", noTimestamps},
	{"R7323-5.3b", "PAWS spares RST", notMet, "", "", noTimestamps},

	{"R2018-2", "SACK-permitted with SYN alone", notMet, "", "", noSACK},
	{"R2018-4", "which SACK blocks, in which order", notMet, "", "", noSACK},
	{"R6528-3", "ISN of RFC 6528", met, "handshake/model.TestRFC6528_3_FirstNumbersRiseWithTheClock handshake/model.TestRFC6528_3_TheKeyComesFromTheSeed", "", theISN},
	{"R4987-3.6", "SYN cookies", met, "statemachine/tcp.TestListenerAnswersASYN statemachine/tcp.TestListenerTakesACookieBack statemachine/tcp.TestListenerRefusesAWrongCookie statemachine/tcp.TestCookieIsGoodForTwoPeriods handshake/model.TestRFC4987_3_6_ACookieThatComesBackIsAConnection", "cookie-sent cookie-accepted cookie-refused", "when the SYN queue is full, or always (net.ipv4.tcp_syncookies 2)"},
	{"R1337", "TIME-WAIT ignores RST", notMet, "", "", "a RST ends TIME-WAIT, as RFC 9293 3.10.7.4 second says"},
}

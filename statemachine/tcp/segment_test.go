package tcp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 9293 3.4: SEG.LEN counts "SYN and FIN".
func TestSegmentLEN(t *testing.T) {
	require.Equal(t, uint32(0), (&Segment{CTL: ACK | RST | PSH | URG}).LEN())
	require.Equal(t, uint32(4), (&Segment{CTL: SYN | FIN, Text: "ab"}).LEN())
}

// RFC 9293 3.5 prints segments as its figures do.
func TestSegmentLabels(t *testing.T) {
	for _, label := range []string{
		"<SEQ=100><CTL=SYN>",
		"<SEQ=300><ACK=101><CTL=SYN,ACK>",
		"<SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>",
		"<SEQ=0><ACK=4294967295><CTL=RST,ACK>",
		"<SEQ=1><ACK=2><CTL=FIN,ACK>",
		"<SEQ=1><ACK=2><CTL=ACK>",
		"<SEQ=1><ACK=2><CTL=SYN,FIN,RST,PSH,URG,ECE,CWR,ACK>",
		"<SEQ=1><CTL=>",
	} {
		s, err := ParseSegment(label)
		require.NoError(t, err)
		require.Equal(t, label, s.String())
	}
	s, err := ParseSegment("<CTL=URG><WND=7><UP=9><SEQ=1><DATA=2>")
	require.NoError(t, err)
	require.Equal(t, Segment{SEQ: 1, WND: 7, UP: 9, CTL: URG, Text: "\x00\x00"}, s)
}

// RFC 9293 3.2, RFC 7323 3.2: a label may ask for options, and prints none.
func TestSegmentLabelsWithOptions(t *testing.T) {
	s, err := ParseSegment("<SEQ=1><MSS=1460><CTL=SYN><TSval=4294967295><TSecr=0>")
	require.NoError(t, err)
	require.Equal(t, Segment{SEQ: 1, CTL: SYN, Options: Options{MSS: 1460, Timestamps: true, TSval: 4294967295}}, s)
	require.Equal(t, "<SEQ=1><CTL=SYN>", s.String())
	s, err = ParseSegment("<SEQ=1><ACK=2><CTL=ACK><TSecr=7><TSval=0>")
	require.NoError(t, err)
	require.Equal(t, Options{Timestamps: true, TSecr: 7}, s.Options)
	_, err = ParseSegment("<SEQ=1><DATA=65475><TSval=1><TSecr=0>")
	require.NoError(t, err)
}

// A label that says something impossible is refused with the field, what was
// found and what is wanted.
func TestSegmentLabelErrors(t *testing.T) {
	for label, wrong := range map[string]string{
		"":                        "no SEQ, want <SEQ=n>",
		"<CTL=SYN>":               "no SEQ",
		"SEQ=1":                   `found "SEQ=1", want <NAME=VALUE>`,
		"<SEQ>":                   "want <NAME=VALUE>",
		"<SEQ=1":                  "want <NAME=VALUE>",
		"<SEQ=1><SEQ=2>":          "SEQ twice, want it once",
		"<SEQ=4294967296>":        `SEQ "4294967296", want 0 to 4294967295`,
		"<SEQ=1><ACK=-1>":         `ACK "-1", want 0 to 4294967295`,
		"<SEQ=1><ACK=2><CTL=SYN>": "want both or neither",
		"<SEQ=1><CTL=ACK>":        "want both or neither",
		"<SEQ=1><WND=65536>":      `WND "65536", want 0 to 65535`,
		"<SEQ=1><UP=x>":           `UP "x", want 0 to 65535`,
		"<SEQ=1><DATA=65488>":     `DATA "65488", want 0 to 65487 octets`,
		"<SEQ=1><DATA=x>":         `DATA "x"`,
		"<SEQ=1><CTL=SYN,XYZ>":    `control bit "XYZ", want SYN`,
		"<SEQ=1><TTL=3>":          `field "TTL", want SEQ, ACK, WND, UP, DATA, CTL, MSS, TSval or TSecr`,
		"<SEQ=1><TSval=3>":        "<TSval=n> and <TSecr=n> go together, want both or neither",
		"<SEQ=1><TSecr=3>":        "want both or neither",
		"<SEQ=1><MSS=0>":          `MSS "0", want 1 to 65535`,
		"<SEQ=1><MSS=65536>":      `MSS "65536", want 1 to 65535`,

		"<SEQ=1><TSval=4294967296><TSecr=0>":    `TSval "4294967296", want 0 to 4294967295`,
		"<SEQ=1><TSval=1><TSecr=x>":             `TSecr "x", want 0 to 4294967295`,
		"<SEQ=1><DATA=65476><TSval=1><TSecr=0>": `DATA "65476", want 0 to 65475 octets beside the options`,
	} {
		_, err := ParseSegment(label)
		require.ErrorContains(t, err, wrong)
		require.ErrorContains(t, err, "tcp: segment ")
	}
}

// FuzzParseSegment holds that no label panics and that what is read prints the same again.
func FuzzParseSegment(f *testing.F) {
	f.Add("<SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>")
	f.Add("<SEQ=1><CTL=,>")
	f.Add("<SEQ=+1>")
	f.Add("<SEQ=1><MSS=536><TSval=1><TSecr=2><DATA=65471>")
	f.Fuzz(func(t *testing.T, label string) {
		s, err := ParseSegment(label)
		if err != nil {
			return
		}
		again, err := ParseSegment(s.String())
		require.NoError(t, err)
		again.WND, again.UP, again.Options = s.WND, s.UP, s.Options // labels leave them out
		require.Equal(t, s, again)
	})
}

func TestStateString(t *testing.T) {
	require.Equal(t, "CLOSED", Closed.String())
	require.Equal(t, "TIME-WAIT", TimeWait.String())
	require.Equal(t, "State(11)", State(11).String())
}

// RFC 9293 3.5.2 group 3: "any of the synchronized states".
func TestSynchronized(t *testing.T) {
	for _, s := range States {
		want := s != Closed && s != Listen && s != SynSent && s != SynReceived
		require.Equal(t, want, s.Synchronized(), "%v", s)
	}
}

package handshake_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
)

func TestAChoiceIsItsLineInAScenarioFile(t *testing.T) {
	for line, want := range map[string]handshake.Choice{
		"client connect server":                {Verb: handshake.Call, Peer: "client", What: "connect", Args: "server"},
		`client send "two words # no comment"`: {Verb: handshake.Call, Peer: "client", What: "send", Args: `"two words # no comment"`},
		"server accept":                        {Verb: handshake.Call, Peer: "server", What: "accept"},
		"arrive server <CTL=SYN>":              {Verb: handshake.Arrive, Peer: "server", What: "<CTL=SYN>"},
		"arrive client 2 <SEQ=300><CTL=SYN>":   {Verb: handshake.Arrive, Peer: "client", Packet: 2, What: "<SEQ=300><CTL=SYN>"},
		"drop server":                          {Verb: handshake.Drop, Peer: "server"},
		"duplicate client 7":                   {Verb: handshake.Duplicate, Peer: "client", Packet: 7},
		"return client":                        {Verb: handshake.Return, Peer: "client"},
		"timeout client retransmission":        {Verb: handshake.Timeout, Peer: "client", What: "retransmission"},
		"wait 1.5s":                            {Verb: handshake.Wait, Args: "1.5s"},
		"inject b <SEQ=90><CTL=SYN>":           {Verb: handshake.Inject, Peer: "b", What: "<SEQ=90><CTL=SYN>"},
	} {
		c, err := handshake.ParseChoice(line)
		require.NoError(t, err, line)
		require.Equal(t, want, c)
		require.Equal(t, line, c.String())
	}
}

func TestAWrongLineSaysWhatWasFoundAndWhatIsAllowed(t *testing.T) {
	for line, want := range map[string]string{
		"":                   `found "", allowed: PEER CALL ARGS, or one of`,
		"client":             `found "client", allowed: PEER CALL ARGS`,
		"arrive":             "found arrive alone, allowed: arrive PEER and what",
		"arrive server 0":    "found packet 0, allowed: 1 and up",
		"timeout client":     `found "timeout client", allowed: timeout PEER TIMER`,
		"until client":       `found "until client", allowed: until PEER STATE`,
		"wait soon":          `found wait "soon", allowed: a length of time such as 500ms, 1s, 2m`,
		"wait -1s":           `found wait "-1s", allowed: a length of time`,
		"begin now":          `found "now" after begin, allowed: nothing`,
		"inject b":           `allowed: inject PEER <SEQ=n><CTL=SYN>`,
		"inject b 3 <SEQ=1>": `allowed: inject PEER <SEQ=n><CTL=SYN>`,
	} {
		_, err := handshake.ParseChoice(line)
		require.ErrorContains(t, err, want, line)
	}
}

func TestEveryChoiceReadsBack(t *testing.T) {
	word := rapid.StringMatching(`[a-z]{1,6}x`) // never a verb
	rapid.Check(t, func(t *rapid.T) {
		c := handshake.Choice{
			Verb: rapid.SampledFrom([]handshake.Verb{
				handshake.Call, handshake.Depart, handshake.Return, handshake.Arrive, handshake.Drop,
				handshake.Duplicate, handshake.Timeout,
			}).Draw(t, "verb"),
			Peer: word.Draw(t, "peer"), What: word.Draw(t, "what"),
		}
		switch c.Verb {
		case handshake.Call:
			c.Args = rapid.StringMatching(`|[a-z0-9:]{1,9}`).Draw(t, "args")
		case handshake.Depart, handshake.Arrive, handshake.Drop, handshake.Duplicate:
			c.Packet = rapid.IntRange(0, 99).Draw(t, "packet")
		}
		back, err := handshake.ParseChoice(c.String())
		require.NoError(t, err)
		require.Equal(t, c, back)
	})
}

func FuzzParseChoice(f *testing.F) {
	f.Add("arrive server 2 <CTL=SYN>")
	f.Add("client send \"a\"")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := handshake.ParseChoice(line)
		if err != nil {
			return
		}
		back, err := handshake.ParseChoice(c.String())
		require.NoError(t, err, "%q", c)
		require.Equal(t, c.String(), back.String())
	})
}

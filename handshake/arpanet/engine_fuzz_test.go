package arpanet

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/wire"
	"sockscope/rfc147/hosthost"
)

// What can be injected is a control message, whose label says what was asked for.
func FuzzInjected(f *testing.F) {
	for _, what := range forged {
		f.Add(what)
	}
	f.Fuzz(func(t *testing.T, what string) {
		text, err := parseInjected(what)
		if err != nil {
			require.Same(t, errInjected, err)
			return
		}
		require.NotEmpty(t, text)
		require.LessOrEqual(t, len(text), hosthost.MaxControl)
		c, rest, fault := hosthost.Next(text)
		if fault == (hosthost.Fault{}) && len(rest) == 0 && c.Opcode != hosthost.ERR {
			again, err := parseInjected(commandLabel(c))
			require.NoError(t, err, commandLabel(c))
			require.Equal(t, text, again)
		}
	})
}

// Every call is read or refused in one line; what is read can be made.
func FuzzCall(f *testing.F) {
	for _, c := range rough {
		f.Add("user " + c)
	}
	s := scripted(f, twoHosts, "user close")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := handshake.ParseChoice(line)
		if err != nil || c.Verb != handshake.Call {
			return
		}
		c.Peer = "user"
		r, wrong := parse(s, c)
		if wrong != "" {
			require.NotContains(t, wrong, "\n")
			return
		}
		require.NotEmpty(t, r.shown(c))
		played := *s
		played.Script = []handshake.Line{{Choice: c}}
		session, err := Engine{Wire: wire.InMemory}.Start(t.Context(), &played)
		require.NoError(t, err)
		steps, err := session.Do(t.Context(), c)
		require.NoError(t, err)
		require.NotEmpty(t, steps)
		require.NoError(t, session.Close())
	})
}

// Any octets are shown, and every bit of them once, in order.
func FuzzFields(f *testing.F) {
	for _, what := range forged {
		text, err := parseInjected(what)
		if err != nil {
			f.Fatal(what)
		}
		m := hosthost.Header{Leader: hosthost.Leader{Host: 10}, S: 8, C: uint16(len(text))}
		f.Add(append(m.Append(nil), text...))
	}
	for _, t := range []hosthost.Type{hosthost.RFNM, hosthost.DestinationDead, hosthost.Incomplete, hosthost.InterfaceReset} {
		f.Add(hosthost.Leader{Type: t, Host: 10, Link: 2, Subtype: 1}.Append(nil))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		for _, d := range []hosthost.Direction{hosthost.ToIMP, hosthost.FromIMP} {
			bits := 0
			for _, field := range Fields(octets, d) {
				require.NotEmpty(t, field.Group)
				bits += field.Len
			}
			require.Equal(t, 8*len(octets), bits)
		}
		require.NotContains(t, Label(octets), "\n")
		for _, v := range messageVars(octets) {
			require.True(t, v.Passing(), v.Name)
		}
	})
}

package ncp

import (
	"testing"

	"sockscope/handshake/handshaketest"
)

// faults are mistakes of the kind that people make: a check left out, a
// comparison turned, an answer forgotten.
var faults = []handshaketest.Fault{
	{"parameters are not looked at", "arrives.go", "fault = c.Check()", "_ = c.Check()"},
	{"fractions are cut", "arrives.go", "(of*uint64(f) + 127) / 128", "of * uint64(f) / 128"},
	{"more than all is given back", "arrives.go", "if f >= 128 {", "if false {"},
	{"an ALL may be too large", "arrives.go", "case c.Opcode == hosthost.ALL && (c.MsgSpace >", "case false && (c.MsgSpace >"},
	{"text may have any number of bits", "arrives.go", "case c.MsgSpace == 0 || bits > c.BitSpace:", "case c.MsgSpace == 0:"},
	{"text may have any byte size", "arrives.go", "case m.S != c.Size:", "case false:"},
	{"the answer to a CLS overtakes a message", "arrives.go", "if p.sends() && h.transit[p.Link] > 0 {", "if false {"},
	{"a CLS overtakes a message", "calls.go", "if c.sends() && t.host(k.Host).transit[c.Link] > 0 {", "if false {"},
	{"a RST is not answered", "arrives.go", "h.oweRRP = true\n\tt.flush", "t.flush"},
	{"a RST purges what has not gone", "arrives.go", "c.State != RFCSent || !c.unsent {", "c.State != None {"},
	{"a RST does not silence", "arrives.go", "case h.resetting && (fault", "case false && (fault"},
	{"a link may have two connections", "arrives.go", "if c.Opcode == hosthost.RTS && h.sends[c.Link] != 0 {", "if false {"},
	{"any byte size is taken", "arrives.go", "if p.Wanted != 0 && p.Wanted != c.Size {", "if false {"},
	{"a socket's queue has no end", "arrives.go", "int(s.waiting) >= t.settings.PerSocket || t.waiting", "t.waiting"},
	{"a host may fill the table", "arrives.go", "if h.connections >= t.settings.PerHost {", "if false {"},
	{"code 5 for code 4", "arrives.go", "c.Fault(hosthost.NonexistentSocket))\n\tcase RFCReceived, RFCSent:", "c.Fault(hosthost.NotConnected))\n\tcase RFCReceived, RFCSent:"},
	{"a refusal is not answered", "arrives.go", "t.fire(clsRefuses)\n\t\tt.cls(p)", "t.fire(clsRefuses)"},
	{"a CLS that crosses is forgotten", "arrives.go", "t.fire(clsCrosses)\n\t\tp.CLSReceived = true", "t.fire(clsCrosses)"},
	{"a link is unknown once our CLS has gone", "arrives.go", "h.sends[c.Link] = i\n\t\t}\n\t\treturn", "}\n\t\treturn"},
	{"an ERP has data of its own", "arrives.go", "Opcode: hosthost.ERP, Data: c.Data", "Opcode: hosthost.ERP"},
	{"any ERP answers an ECO", "arrives.go", "if !h.echoing || h.echo != c.Data {", "if !h.echoing {"},
	{"the dead keep their connections", "arrives.go", "t.forget(l.Host, h, HostDead)", ""},
	{"any RRP ends the silence", "arrives.go", "if !h.resetting || h.oweRST {", "if false {"},
	{"an answered message stays in transit", "sending.go", "h.transit[link]--", ""},
	{"an RFNM may answer nothing", "sending.go", "if link >= links || h.transit[link] == 0 {", "if link >= links {"},
	{"nobody is told of an RFNM", "sending.go", "if len(h.queue) == 0 && h.outstanding < MaxOutstanding {\n\t\tt.unblock", "if false {\n\t\tt.unblock"},
	{"a command overtakes those that wait", "sending.go", "if len(h.queue) == 0 && !h.resetting && h.outstanding < MaxOutstanding {", "if !h.resetting && h.outstanding < MaxOutstanding {"},
	{"five messages are outstanding", "ncp.go", "MaxOutstanding = 4", "MaxOutstanding = 5"},
	{"a CLS waits no longer than an RFC", "ncp.go", "s.CLSUnanswered, s.RSTUnanswered", "s.RFCUnanswered, s.RSTUnanswered"},
	{"a message costs no message", "calls.go", "c.MsgSpace--\n", "\n"},
	{"a message without text takes bits", "calls.go", "case left > 0 && c.BitSpace < size:", "case c.BitSpace < size:"},
	{"the receiver forgets what it has allowed", "calls.go", "c.MsgSpace += messages\n", "\n"},
	{"a socket may have two connections", "calls.go", "if s.owner != 0 || s.listening {", "if s.listening {"},
	{"a RST forgets the RRP that is owed", "calls.go", "h.oweRRP, h.oweRST, h.resetting = owed, true, true", "_, h.oweRST, h.resetting = owed, true, true"},
	{"two connections have one link", "table.go", "if h.receives[h.lastLink] == 0 {", "if true {"},
	{"a LISTEN does not see that its socket is free", "table.go", "if s.listening {\n\t\t\tt.freed", "if false {\n\t\t\tt.freed"},
	{"a socket is never free again", "table.go", "s.owner = 0\n", "\n"},
	{"a LISTEN takes any host", "table.go", "(!l.OneHost || l.Host == k.Host) && ", ""},
	{"a link is never free again", "table.go", "h.sends[c.Link] = 0", ""},
	{"the first line has the deadline", "timeouts.go", "; !ok || at < when {", "; !ok {"},
	{"the ICP waits for one match before the other", "icp.go", "if t.Answer == OK {\n\t\tt.init(second", "if false {\n\t\tt.init(second"},
	{"S may be odd", "icp.go", " || tell.Text[3]&1 != 0", ""},
	{"the pairs of the ICP come in the wrong order", "icp.go", "if !p.Server {\n\t\tfirst", "if p.Server {\n\t\tfirst"},
	{"the user does not close U", "icp.go", "t.close(tell.Key)", ""},
}

func TestPlantedFaults(t *testing.T) {
	handshaketest.Plant(t, faults,
		[]string{"../../rfc147/*.go", "../../rfc147/data/*", "../../rfc147/hosthost/*.go", "../../rfc147/hosthost/testdata/*.txt"},
		[]string{"faults_test.go", "bench_test.go", "example_test.go"})
}

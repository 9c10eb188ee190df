package viz

import (
	"slices"
	"strings"

	"sockscope/handshake"
)

// End is a peer as it stands after some step.
type End struct {
	Peer  handshake.Peer
	State string // of the connection that moved last
	On    string // that connection
	Conns []Conn // its connections, oldest first
	Call  string // the call that its program waits in, as the trace writes it; empty: it does not wait
	Since int    // the step in which it began to wait
}

// Conn is one connection of a peer.
type Conn struct {
	On         string
	Descriptor string // empty: no descriptor names it
	State      string
	Vars       []handshake.Var // what is known, oldest first
}

// Var finds a variable of the connection; false when it is not known or off.
func (c *Conn) Var(name string) (handshake.Var, bool) {
	for _, v := range c.Vars {
		if v.Name == name {
			return v, v.Value != ""
		}
	}
	return handshake.Var{}, false
}

func (c *Conn) set(v handshake.Var) {
	for i := range c.Vars {
		if c.Vars[i].Name == v.Name {
			c.Vars[i] = v
			return
		}
	}
	c.Vars = append(c.Vars, v)
}

// Conn finds a connection by its name; nil if there is none.
func (e *End) Conn(on string) *Conn {
	for i := range e.Conns {
		if e.Conns[i].On == on {
			return &e.Conns[i]
		}
	}
	return nil
}

// Ends folds the first n steps of a trace into what each peer has become.
func Ends(t *handshake.Trace, n int) []End {
	ends := make([]End, len(t.Peers))
	for i, p := range t.Peers {
		ends[i] = End{Peer: p, State: p.State, On: p.On}
		if p.On != "" {
			ends[i].Conns = []Conn{{On: p.On, State: p.State}}
			ends[i].take(&ends[i].Conns[0], p.Vars)
		}
	}
	for _, s := range t.Steps[:n] {
		if i := PeerIndex(t, s.Peer); i >= 0 {
			ends[i].step(s)
		}
	}
	return ends
}

// PeerIndex is the place of a peer in the trace's header; -1 for the wire.
func PeerIndex(t *handshake.Trace, name string) int {
	return slices.IndexFunc(t.Peers, func(p handshake.Peer) bool { return p.Name == name })
}

func (e *End) step(s handshake.Step) {
	switch {
	case s.Kind == handshake.KindCall && Waits(s):
		e.Call, e.Since = s.Label, s.N
	case s.Kind == handshake.KindReturn:
		e.Call, e.Since = "", 0
	}
	if slices.Contains(s.Vars, handshake.Var{Name: "sockets", Value: "0"}) { // it has rebooted
		*e = End{Peer: e.Peer, State: s.After}
		return
	}
	if s.On == "" {
		return
	}
	c := e.Conn(s.On)
	if c == nil {
		e.Conns = append(e.Conns, Conn{On: s.On})
		c = &e.Conns[len(e.Conns)-1]
	}
	c.State = s.After
	if s.Leads() {
		e.State, e.On = s.After, s.On
	}
	if s.After == "LISTEN" && s.Before != s.After {
		c.Vars = nil // it has no numbers yet
	}
	e.take(c, s.Vars)
	if gone(s.After) && s.Before != s.After {
		c.Vars = nil // the TCB is deleted, or the entry of the table
	}
	e.Conns = slices.DeleteFunc(e.Conns, func(c Conn) bool {
		if strings.Contains(c.On, ".") && c.State == "LISTEN" {
			return true // a listener's child that fell back is forgotten; the listener is still there
		}
		return gone(c.State) && c.Descriptor == "" && c.On != e.On
	})
}

// gone reports the state of a connection that there is not: TCP's, or the NCP's.
func gone(state string) bool { return state == "CLOSED" || state == "NONE" }

func (e *End) take(c *Conn, vars []handshake.Var) {
	for _, v := range vars {
		switch {
		case v.Name == "descriptor":
			c.Descriptor = v.Value
		case !v.Passing():
			c.set(v)
		}
	}
}

// Waits reports whether a call's step is one that blocks: its label has no result.
func Waits(s handshake.Step) bool {
	return s.Kind == handshake.KindCall && !strings.Contains(s.Label, ") = ") && strings.HasSuffix(s.Label, ")") && s.Label != "reboot()"
}

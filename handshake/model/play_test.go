package model_test

import (
	"context"
	"testing"

	"sockscope/handshake"
	"sockscope/handshake/model"
)

func TestPlay(t *testing.T) {
	for _, name := range handshake.Names() {
		s, err := handshake.Load(name)
		if err != nil {
			t.Error(err)
			continue
		}
		tl, err := handshake.NewTimeline(context.Background(), model.Engine{Wire: model.InMemory}, s)
		if err != nil {
			t.Error(err)
			continue
		}
		for {
			if err := tl.Next(context.Background()); err != nil {
				if err != handshake.ErrOver {
					t.Error(name, err)
				}
				break
			}
		}
		t.Log(name)
		for _, st := range tl.Trace().Steps {
			t.Logf("%3d %8v %-7s %-4s %-8s #%d %-40s %s -> %s  %v", st.N, st.At, st.Peer, st.On, st.Kind, st.Packet, st.Label, st.Before, st.After, st.Why)
		}
	}
}

//go:build linux

package arpanet

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/statemachine/ncp"
)

// foreignNCP is host 3 of a field, a program that others wrote: linux-ncp. Ours is host 2.
type foreignNCP struct {
	*field

	t    *testing.T
	ctx  context.Context
	bin  string
	said *bufio.Scanner // the daemon's log
	late sync.WaitGroup
}

// foreign starts the daemon, fresh for each case, for it keeps traces of those before; it ends
// with the test. ours changes our host. The programs are no part of this repository and cannot
// be installed, so their tests skip wherever the variable does not say where they are.
func foreign(t *testing.T, framing Framing, rfnm time.Duration, ours func(*HostConfig)) *foreignNCP {
	t.Helper()
	bin := os.Getenv("LINUX_NCP_BIN")
	if bin == "" {
		t.Skip("LINUX_NCP_BIN is not set: the folder with ncpd, ncp-ping and the other programs of linux-ncp")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	t.Cleanup(cancel)
	n := &foreignNCP{t: t, ctx: ctx, bin: bin}
	nops := make(chan struct{}, 100)
	accepted := make(chan Outcome, 10000)
	c := Config{Held: rfnm > 0, Report: func(e Event, o Outcome) {
		if from, ok := e.(FromHost); ok && from.Host == 3 && len(o.Rules) > 0 && o.Rules[len(o.Rules)-1] == NOPDiscarded {
			nops <- struct{}{}
		}
		accepted <- o
	}}
	n.field = play(t, c, framing, func(c *HostConfig) bool {
		if ours != nil && c.Number == 2 {
			ours(c)
		}
		return c.Number == 2
	}, 2, 3)
	if rfnm > 0 {
		n.delay(accepted, rfnm)
	}
	t.Setenv("NCP", filepath.Join(t.TempDir(), "ncp"))
	port := address(n.sockets[3]).Port()
	require.NoError(t, n.sockets[3].Close())
	daemon := exec.CommandContext(ctx, filepath.Join(bin, "ncpd"), "localhost",
		strconv.Itoa(int(n.imp.Addr(3).Port())), strconv.Itoa(int(port)))
	log, err := daemon.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, daemon.Start())
	n.said = bufio.NewScanner(log)
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
		n.late.Wait()
	})
	for range 3 { // the daemon is up with its third NOP
		select {
		case <-nops:
		case <-ctx.Done():
			t.Fatal("ncpd says nothing")
		}
	}
	return n
}

// delay lets messages arrive at once and their RFNMs later.
func (n *foreignNCP) delay(accepted <-chan Outcome, rfnm time.Duration) {
	n.late.Go(func() {
		for last := 0; ; {
			select {
			case <-n.ctx.Done():
				return
			case o := <-accepted:
				for _, m := range o.Network.InTransit() {
					if m.Number <= last || m.Delivered {
						continue
					}
					last = m.Number
					_ = n.imp.Do(Deliver{m.Number}) // after the test the IMP is closed
					n.late.Go(func() {
						select {
						case <-time.After(rfnm):
							_ = n.imp.Do(Return{m.Number})
						case <-n.ctx.Done():
						}
					})
				}
			}
		}
	})
}

// logs waits until the daemon's log has a line like this.
func (n *foreignNCP) logs(part string) {
	n.t.Helper()
	for n.said.Scan() {
		if strings.Contains(n.said.Text(), part) {
			return
		}
	}
	n.t.Fatalf("ncpd does not log %q", part)
}

func (n *foreignNCP) command(name string, args ...string) *exec.Cmd {
	return exec.CommandContext(n.ctx, filepath.Join(n.bin, name), args...)
}

// runs a program that must end well, and gives what it printed.
func (n *foreignNCP) runs(in, name string, args ...string) string {
	n.t.Helper()
	c := n.command(name, args...)
	c.Stdin = strings.NewReader(in)
	out, err := c.CombinedOutput()
	require.NoError(n.t, err, "%s", out)
	return string(out)
}

// fails runs one that must not.
func (n *foreignNCP) fails(name string, args ...string) string {
	n.t.Helper()
	out, err := n.command(name, args...).CombinedOutput()
	require.Error(n.t, err, "%s", out)
	return string(out)
}

// server starts a server that listens on a socket; what it prints is there when it has ended.
func (n *foreignNCP) server(l rfc147.Socket, name string, args ...string) (c *exec.Cmd, out *bytes.Buffer) {
	n.t.Helper()
	out = &bytes.Buffer{}
	c = n.command(name, args...)
	c.Stdout, c.Stderr = out, out
	require.NoError(n.t, c.Start())
	n.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	n.logs("Application listen to socket " + l.Decimal() + ",")
	return c, out
}

// settled waits until our table is empty and holds what the IMP has seen against the
// invariants.
func (n *foreignNCP) settled() {
	n.t.Helper()
	n.idle(n.t)
	n.audit.settled(false)
}

// Section h of the reference, case by case.
func TestLinuxNCPPingsUs(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			n := foreign(t, framing, 0, nil)
			require.Contains(t, n.runs("", "ncp-ping", "-c3", "002"), "Reply from host 002: seq=3")
			n.settled()
		})
	}
}

func TestWePingLinuxNCP(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			n := foreign(t, framing, 0, nil)
			require.NoError(t, n.hosts[2].Ping(n.ctx, 3, 200))
			n.settled()
		})
	}
}

func TestLinuxNCPIsToldOfDeadHosts(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			n := foreign(t, framing, 0, nil)
			require.Contains(t, n.fails("ncp-ping", "-c1", "66"), "Host is not up.")
			require.Contains(t, n.fails("ncp-ping", "-c1", "4"), "IMP cannot be reached.")
		})
	}
}

func TestWeRefuseLinuxNCP(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			n := foreign(t, framing, 0, func(c *HostConfig) { c.Services = nil })
			require.Contains(t, n.fails("ncp-finger", "2", "x"), "Open refused.")
			n.settled()
		})
	}
}

func TestLinuxNCPRefusesUs(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			n := foreign(t, framing, 0, nil)
			_, err := n.hosts[2].Finger(n.ctx, 3, "x")
			require.ErrorIs(t, err, ErrRefused)
			n.settled()
		})
	}
}

func TestLinuxNCPFingersUs(t *testing.T) {
	for _, late := range []time.Duration{0, 300 * time.Millisecond} {
		for name, framing := range ways {
			t.Run(name, func(t *testing.T) {
				n := foreign(t, framing, late, nil)
				require.Contains(t, n.runs("", "ncp-finger", "2", "who"), `You asked for: "who"`)
				n.settled()
				require.Len(t, n.audit.records[2], 3, "of the contact, and two of the pair")
			})
		}
	}
}

func TestWeFingerLinuxNCP(t *testing.T) {
	for _, late := range []time.Duration{0, 300 * time.Millisecond} {
		for name, framing := range ways {
			t.Run(name, func(t *testing.T) {
				n := foreign(t, framing, late, nil)
				server, out := n.server(FingerSocket, "ncp-finser")
				answer, err := n.hosts[2].Finger(n.ctx, 3, "Sample command")
				require.NoError(t, err)
				require.Contains(t, answer, "Sample command")
				require.NoError(t, server.Wait(), "%s", out)
				n.settled()
			})
		}
	}
}

func TestLinuxNCPTelnetsToUs(t *testing.T) {
	for _, how := range []string{"-co", "-cn", "-cb"} {
		for name, framing := range ways {
			t.Run(name, func(t *testing.T) {
				n := foreign(t, framing, 0, nil)
				c := n.command("ncp-telnet", how, "2")
				in, err := c.StdinPipe()
				require.NoError(t, err)
				out, err := c.StdoutPipe()
				require.NoError(t, err)
				require.NoError(t, c.Start())
				shown := until(t, out, "BYE ends.")
				_, err = io.WriteString(in, "\x1d")
				require.NoError(t, err)
				rest, _ := io.ReadAll(out)
				require.NoError(t, c.Wait(), "%s%s", shown, rest)
				require.Contains(t, shown, "Host 2. You are user ")
			})
		}
	}
}

// until reads as far as some text.
func until(t *testing.T, from io.Reader, text string) string {
	t.Helper()
	var all strings.Builder
	b := make([]byte, 1000)
	for !strings.Contains(all.String(), text) {
		n, err := from.Read(b)
		require.NoError(t, err, "%q", all.String())
		all.Write(b[:n])
	}
	return all.String()
}

func TestWeTelnetToLinuxNCP(t *testing.T) {
	for how, l := range map[string]rfc147.Socket{"-so": LoggerSocket, "-sn": TelnetSocket, "-sb": TelnetSocket} {
		for name, framing := range ways {
			t.Run(name, func(t *testing.T) {
				n := foreign(t, framing, 0, nil)
				n.server(l, "ncp-telnet", how)
				in, typed := io.Pipe()
				shown, out := io.Pipe()
				ctx, cancel := context.WithCancel(n.ctx)
				ended := make(chan error, 1)
				go func() { ended <- n.hosts[2].Telnet(ctx, 3, l, in, out) }()
				_, err := io.WriteString(typed, "echo $((6*7))\n")
				require.NoError(t, err)
				require.Contains(t, until(t, shown, "42"), "Welcome to Unix.")
				go io.Copy(io.Discard, shown)
				cancel() // g31: it would wait for us
				require.ErrorIs(t, <-ended, context.Canceled)
				require.NoError(t, typed.Close())
				n.settled()
			})
		}
	}
}

func TestWeUseTheEchoOfLinuxNCP(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			n := foreign(t, framing, 0, nil)
			n.server(EchoSocket, "ncp-echo", "-s")
			text := strings.Repeat("0123456789", 17) + "\n"
			in, typed := io.Pipe()
			shown, echoed := io.Pipe()
			ctx, cancel := context.WithCancel(n.ctx)
			ended := make(chan error, 1)
			go func() { ended <- n.hosts[2].Telnet(ctx, 3, EchoSocket, in, echoed) }()
			_, err := io.WriteString(typed, text)
			require.NoError(t, err)
			require.Equal(t, text, until(t, shown, "\n"))
			cancel()
			require.ErrorIs(t, <-ended, context.Canceled)
			require.NoError(t, typed.Close())
			n.settled()
		})
	}
}

func TestWeUseTheDiscardOfLinuxNCP(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			n := foreign(t, framing, 0, nil)
			server, out := n.server(DiscardSocket, "ncp-discard")
			require.NoError(t, n.hosts[2].Telnet(n.ctx, 3, DiscardSocket, strings.NewReader("twenty octets, all 1\n"), io.Discard))
			require.NoError(t, server.Wait())
			require.Contains(t, out.String(), "Read 22 octets.")
		})
	}
}

// Its gateway from TCP is its usable client of echo and discard.
func TestLinuxNCPUsesOurEchoAndDiscard(t *testing.T) {
	for contact, times := range map[rfc147.Socket]int{EchoSocket: 2, DiscardSocket: 1} {
		for name, framing := range ways {
			t.Run(name, func(t *testing.T) {
				n := foreign(t, framing, 0, nil)
				c := n.gateway(contact)
				text := strings.Repeat("0123456789", 17) + "012345678"
				_, err := io.WriteString(c, text)
				require.NoError(t, err)
				if contact == EchoSocket {
					require.Equal(t, text, until(t, c, text))
				}
				h := n.hosts[2]
				h.mu.Lock()
				err = h.await(n.ctx, func() bool {
					return slices.ContainsFunc(h.station.ncp.Connections(), func(c ncp.Connection) bool { return c.Bits == uint64(octet*len(text)) })
				})
				h.mu.Unlock()
				require.NoError(t, err)
				require.NoError(t, c.Close())
				n.settled()
				require.EqualValues(t, times*octet*len(text), n.audit.records[2][1].Bits+n.audit.records[2][2].Bits)
			})
		}
	}
}

// gateway starts its gateway to a service of ours and connects to it by TCP.
func (n *foreignNCP) gateway(contact rfc147.Socket) net.Conn {
	n.t.Helper()
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(n.t, err)
	port := strconv.Itoa(free.Addr().(*net.TCPAddr).Port)
	require.NoError(n.t, free.Close())
	gateway := n.command("ncp-gateway", "-T"+port, "2", contact.Decimal())
	gateway.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(n.t, gateway.Start())
	n.t.Cleanup(func() {
		_ = syscall.Kill(-gateway.Process.Pid, syscall.SIGKILL) // and the children that it has
		_ = gateway.Wait()
	})
	var c net.Conn
	require.Eventually(n.t, func() bool { // until it listens
		c, err = net.Dial("tcp4", "127.0.0.1:"+port)
		return err == nil
	}, 10*time.Second, time.Millisecond)
	return c
}

// NIC 8246 p.17 with the other program: it answers our RST, and all is forgotten.
func TestARSTEndsWhatThereIsWithLinuxNCP(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			n := foreign(t, framing, 0, nil)
			n.server(EchoSocket, "ncp-echo", "-s")
			in, typed := io.Pipe()
			shown, out := io.Pipe()
			ended := make(chan error, 1)
			go func() { ended <- n.hosts[2].Telnet(n.ctx, 3, EchoSocket, in, out) }()
			_, err := io.WriteString(typed, "before\n")
			require.NoError(t, err)
			until(t, shown, "before\n")
			h := n.hosts[2]
			h.mu.Lock()
			h.do(func(s *station) {
				s.step(ncp.Reset{Now: s.now, Host: 3})
				s.settle()
			})
			h.mu.Unlock()
			require.ErrorIs(t, <-ended, ErrReset)
			require.NoError(t, typed.Close())
			n.logs(" RST from ")
			n.idle(t)
			n.audit.settled(true)
			require.NoError(t, h.Ping(n.ctx, 3, 1), "the RRP has come")
		})
	}
}

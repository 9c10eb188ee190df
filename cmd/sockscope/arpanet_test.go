//go:build unix

package main_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake/arpanet"
)

// server is a `sockscope arpanet serve` that runs.
type server struct {
	t       *testing.T
	process *exec.Cmd
	said    *bufio.Scanner
	log     strings.Builder
	errs    strings.Builder
}

// serve starts one and waits until it says that it runs.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	c := sockscope(t, append([]string{"arpanet", "serve"}, args...)...)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	s := &server{t: t, process: c, said: bufio.NewScanner(out)}
	c.Stderr = &s.errs
	require.NoError(t, c.Start())
	require.True(t, s.until("until a signal comes (Ctrl-C)"), &s.errs)
	return s
}

// until reads as far as a line, or to the end.
func (s *server) until(line string) bool {
	for s.said.Scan() {
		s.log.WriteString(s.said.Text() + "\n")
		if s.said.Text() == line {
			return true
		}
	}
	return false
}

// end sends a signal and gives all that was said.
func (s *server) end(signal os.Signal) string {
	s.t.Helper()
	require.NoError(s.t, s.process.Process.Signal(signal))
	require.False(s.t, s.until("no such line"))
	require.NoError(s.t, s.process.Wait(), &s.errs)
	return s.log.String()
}

// call runs a verb of arpanet and gives what it printed.
func call(t *testing.T, in string, args ...string) string {
	t.Helper()
	c := sockscope(t, append([]string{"arpanet"}, args...)...)
	var errs strings.Builder
	c.Stdin, c.Stderr = strings.NewReader(in), &errs
	out, err := c.Output()
	require.NoError(t, err, errs.String())
	require.Empty(t, errs.String())
	return string(out)
}

// uncalled runs one that must fail with one line.
func uncalled(t *testing.T, args ...string) string {
	t.Helper()
	c := sockscope(t, append([]string{"arpanet"}, args...)...)
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	require.EqualError(t, c.Run(), "exit status 1")
	require.Empty(t, out.String())
	return errs.String()
}

// usualPorts takes the ports of hosts 2, 3 and 5 for a moment: on a desk somebody may use them.
func usualPorts(t *testing.T) {
	t.Helper()
	for _, host := range []uint8{2, 3, 5} {
		a := arpanet.Usual(arpanet.OneDatagram, host)
		for _, port := range []uint16{a.IMP.Port(), a.Peer.Port()} {
			free, err := net.ListenPacket("udp4", "127.0.0.1:"+strconv.Itoa(int(port)))
			if err != nil && os.Getenv("CI") != "true" {
				t.Skipf("a port of hosts 2, 3 and 5: %v", err)
			}
			require.NoError(t, err)
			require.NoError(t, free.Close())
		}
	}
}

// Two terminals: a host and its IMP in one, whoever calls it in the other.
func TestAHostOf1971IsServedAndCalled(t *testing.T) {
	usualPorts(t)
	for _, framing := range []string{"one", "packets"} {
		s := serve(t, "--framing", framing)
		require.Equal(t, "host 2 answers: 147\n", call(t, "", "ping", "2"))
		require.Equal(t, "호스트 2번의 답: 200\n", call(t, "", "ping", "2", "200", "--lang", "ko"))
		require.Regexp(t, `^Host 2\. You are user 3/\d+ at host 3\.\nYou asked for: "who is there"\n$`, call(t, "", "finger", "2", "who", "is", "there"))
		require.Regexp(t, `^Host 2\. [^\n]*\nEach line comes back; BYE ends\.\nhello\nGoodbye\.\n$`, call(t, "hello\nbye\n", "telnet", "2"))
		require.Equal(t, "hello\n", call(t, "hello\n", "telnet", "2", "--contact", "7"))
		told := call(t, "", "time", "2")
		at, err := time.Parse("host 2 says: "+time.DateTime+" UTC\n", told)
		require.NoError(t, err, told)
		require.WithinDuration(t, time.Now(), at, time.Minute)

		require.Equal(t, "sockscope: host 66 is not up\n", uncalled(t, "ping", "66"))
		require.Equal(t, "sockscope: the IMP of host 4 cannot be reached\n", uncalled(t, "finger", "4"))
		require.Equal(t, "sockscope: host 2 has refused the connection\n", uncalled(t, "telnet", "2", "--contact", "11"))
		require.Regexp(t, "^sockscope: arpanet: host 2: [^\n]*; it runs already, or another program has the port\n$", uncalled(t, "serve"))

		said := s.end(syscall.SIGTERM)
		require.Contains(t, said, "host 2 serves: logger 1, telnet 23, finger 79, echo 7, discard 9, time 37\n")
		require.Regexp(t, `<- host 3 link 0: RTS 3/\d+/0/r < 0/0/39/s link \d+\n`, said)
		require.Regexp(t, `-> host 3 link 0: STR 0/0/39/s > 3/\d+/0/r size 32\n`, said)
		require.Contains(t, said, `S=8 C=7 "hello\r\n"`)
		require.Regexp(t, `\n +made +closed +messages +bits +from +to +sends +receives\n`, said)
		require.Len(t, regexp.MustCompile(`(?m)^  \d{4}-.* 2 +3  \S+/s +\S+/r$`).FindAllString(said, -1), 7, "four contacts, three answers")
		require.Len(t, regexp.MustCompile(`(?m)^  \d{4}-.* 3 +2  \S+/s +\S+/r$`).FindAllString(said, -1), 3)
	}
}

// An IMP alone, and hosts of their own that attach to it.
func TestAHostAttachesToAnIMPThatRuns(t *testing.T) {
	usualPorts(t)
	imp := serve(t, "--imp")
	host := serve(t, "--host", "3", "--lang", "en")
	require.Equal(t, "host 3 answers: 1\n", call(t, "", "ping", "3", "1", "--host", "2"))
	require.Equal(t, "host 3 answers: 1\n", call(t, "", "ping", "3", "1", "--host", "2", "--at", "22002", "--attach", "22001"))
	require.Contains(t, host.end(syscall.SIGINT), "<- host 2 link 0: ECO 1\n")
	require.Equal(t, "sockscope: host 3 is not up\n", uncalled(t, "ping", "3", "--host", "2"))
	said := imp.end(syscall.SIGINT)
	three := serve(t, "--hosts", "5,2,3")
	require.Equal(t, "host 5 answers: 9\n", call(t, "", "ping", "5", "9", "--host", "2"))
	require.Equal(t, "host 5 answers: 9\n", call(t, "", "ping", "5", "9"))
	require.Contains(t, three.end(syscall.SIGINT), "host 5 serves: logger 1")
	require.Contains(t, said, " host 3: ready-raised\n")
	require.Contains(t, said, " host 3: ready-dropped\n")
	require.Contains(t, said, "message-accepted\n")
}

func TestWithoutAnIMPACallSaysSo(t *testing.T) {
	nobody, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer nobody.Close()
	at, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, at.Close())
	_, port, err := net.SplitHostPort(nobody.LocalAddr().String())
	require.NoError(t, err)
	_, own, err := net.SplitHostPort(at.LocalAddr().String())
	require.NoError(t, err)
	require.Equal(t, "sockscope: no IMP answers; \"sockscope arpanet serve\" runs one\n", uncalled(t, "ping", "2", "--host", "5", "--at", own, "--attach", port))
}

// A person who has had enough presses Ctrl-C: the connections are closed, and the exit code tells.
func TestACallEndsWithASignal(t *testing.T) {
	usualPorts(t)
	s := serve(t)
	c := sockscope(t, "arpanet", "telnet", "2")
	in, err := c.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	_, err = io.ReadFull(out, make([]byte, 20))
	require.NoError(t, err)
	require.NoError(t, c.Process.Signal(os.Interrupt))
	require.EqualError(t, c.Wait(), "exit status 1")
	require.Len(t, regexp.MustCompile(`CLS`).FindAllString(s.end(os.Interrupt), -1), 6)
}

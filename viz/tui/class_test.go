package tui

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// remote are the only keys of a presenter: PgUp, PgDn, a blank button, and F5 and Esc
// in turn (Logitech R400, R800).
func remote(tb testing.TB, keys string) string {
	tb.Helper()
	for key := range strings.FieldsSeq(keys) {
		if !strings.Contains(" PgUp PgDn . F5 Esc ", " "+key+" ") {
			tb.Fatalf("no presenter has the key %s", key)
		}
	}
	return keys
}

// TestFiveMinutesInClass plays the default lesson as a teacher would, and asserts what
// the class sees: on the keyboard, and with a presenter alone.
func TestFiveMinutesInClass(t *testing.T) {
	keyboard := func(_ testing.TB, keys string) string { return keys }
	for _, by := range []struct {
		name string
		key  func(testing.TB, string) string
		next string             // forward
		lose string             // the segment that is coming
		back func(n int) string // to step 12 from n steps behind it
		keep string             // what the menu has first: it arrives
	}{
		{"keyboard", keyboard, "Space", "x", func(int) string { return "g 1 2 Enter" }, "c 1"},
		{"presenter", remote, "PgDn", "F5 PgDn .", func(n int) string { return times(n, "PgUp") }, "F5 ."},
	} {
		t.Run(by.name, func(t *testing.T) {
			atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
				class := func(keys string, sees ...string) {
					s.Helper()
					s.sees(by.key(s, keys), sees...)
				}
				// 0:00 Two programs, a wire, nothing sent. Which call will wait?
				class(times(2, by.next), "socket() = 3", "bind(3, :7147) = 0", "next > the server calls listen(8)")
				s.misses("waits")
				class(times(2, by.next), "listen(3, 8) = 0", "LISTEN", "accept(3) waits")

				// 0:50 The client picks 100. Does the server expect 100 or 101 next?
				class(times(3, by.next), "SYN-SENT", "<SEQ=100><CTL=SYN>", "SND.UNA 100  SND.NXT 101", "7- ")
				s.misses("RCV.NXT 101")
				class(by.next, "RCV.NXT 101", "7-8", "SYN-RECEIVED")

				// 1:40 Two messages in one segment. When it arrives, who is connected?
				class(by.next, "step 9 ", "<SEQ=300><ACK=101><CTL=SYN,ACK>", "messages in one segment", "9- ")
				s.misses("ESTABLISHED")
				class(by.next, "step 10", " ESTABLISHED ┐", " SYN-RECEIVED ┐", "9-10")

				// 2:30 connect() has returned; the last ACK is in flight. If it is lost, is all lost?
				class(times(2, by.next), "step 12", "connect(3) = 0", "11- ", "<SEQ=101><ACK=301><CTL=ACK>")
				class(by.lose, "step 13", "11x13")
				s.misses("11-13")
				for n := 0; !bothEstablished(s.press("")); n++ {
					if n > 10 {
						s.Fatalf("the server never got there:\n%s", s.press(""))
					}
					class(by.next)
				}
				class("", "<SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>", "ACK=301")

				// 3:40 Back, and on without loss. Did accept() take part?
				class(by.back(s.d.model.timeline.N()-12), "step 12 of ")
				class(by.keep, "step 13", "11-13")
				if !bothEstablished(s.press("")) {
					s.Fatalf("the ACK makes the server ESTABLISHED:\n%s", s.press(""))
				}
				s.misses("accept(3) = 4")
				class(by.next, "step 14", "accept(3) = 4", "4  ESTABLISHED", "3  LISTEN")
			})
		})
	}
}

// The last minute needs a keyboard: pane 6, and the futures that f keeps.
func TestTheLastMinuteInClass(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.press(times(12, "Space") + "x " + times(4, "Space") + "g 1 2 Enter c 1")
		s.sees("f", "segment 3 is lost", "segment 3 reaches the server")
		s.sees("Esc 5", "[5 agreement]")
		s.sees("6", "[6 1971]", "x'01000503'", "x'0A000002'")
	})
}

// bothEstablished reads the two boxes' titles.
func bothEstablished(screen string) bool { return strings.Count(screen, " ESTABLISHED ┐") == 2 }

// choose opens the menu and does the entry that says something.
func (s *desk) choose(says string) {
	s.Helper()
	entry := regexp.MustCompile(`(\d)  ` + regexp.QuoteMeta(says)).FindStringSubmatch(s.press("c"))
	require.NotNil(s, entry, "%s in\n%s", says, s.press(""))
	s.press(entry[1])
}

// "accept() makes the connection": both ends are ESTABLISHED, and nobody has called it.
func TestTheClientConnectsBeforeAccept(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.press(times(3, "Space"))
		s.choose("the client calls socket()")
		s.choose("the client calls connect(server)")
		s.choose("the client sends SYN")
		s.choose("segment 1, SYN, reaches the server")
		s.choose("the server sends SYN,ACK")
		s.choose("segment 2, SYN,ACK, reaches the client")
		s.choose("the client sends ACK")
		s.choose("segment 3, ACK, reaches the server")
		require.True(t, bothEstablished(s.press("")))
		s.misses("accept(3)")
	})
}

// "A request to a closed port is ignored": it is refused at once.
func TestTheClientConnectsBeforeListen(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.press("Space")
		s.choose("the client calls socket()")
		s.choose("the client calls connect(server)")
		s.choose("the client sends SYN")
		s.choose("segment 1, SYN, reaches the server")
		s.choose("the server sends RST,ACK")
		s.choose("segment 2, RST,ACK, reaches the client")
		s.choose("the client's connect() returns")
		s.sees("", "<SEQ=0><ACK=101><CTL=RST,ACK>", "connect(3) = -1 ECONNREFUSED")
	})
}

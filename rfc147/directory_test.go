package rfc147

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func day(text string) time.Time {
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return date
}

// lines gives the table's rows by column name, its header aside.
func lines(t *testing.T, table string) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	require.NoError(t, err)
	var rows []map[string]string
	for _, cells := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func requireCited(t *testing.T, s Source) {
	t.Helper()
	require.Positive(t, s.RFC)
	require.False(t, s.Date.Before(day("1970-01-01")), s)
	require.True(t, s.Date.Before(day("1980-01-01")), s)
	require.Equal(t, fmt.Sprintf("RFC %d", s.RFC), s.String())
}

func TestEveryLineOfTheSocketTableIsReadAndCited(t *testing.T) {
	entries, err := readSockets(socketsCSV)
	require.NoError(t, err)
	rows := lines(t, socketsCSV)
	require.Len(t, entries, len(rows))
	for _, e := range entries {
		requireCited(t, e.Source)
		require.LessOrEqual(t, e.First, e.Last)
		require.NotEmpty(t, e.Service)
		if e.Scope == Tabulation {
			require.NotZero(t, e.Host, "%+v", e)
		}
	}
	for _, row := range rows {
		for _, end := range []string{"socket", "last"} {
			octal, err := strconv.ParseUint(row[end+"_oct"], 8, 32)
			require.NoError(t, err)
			require.Equal(t, row[end+"_dec"], strconv.FormatUint(octal, 10), "decimal and octal agree: %v", row)
		}
		if row["polarity"] != "" { // contact sockets send (RFC 165)
			s, err := Parse(row["socket_dec"])
			require.NoError(t, err)
			require.Equal(t, row["polarity"], s.Polarity().String(), "%v", row)
		}
	}
}

func TestEveryLineOfTheHostTableIsReadAndCited(t *testing.T) {
	entries, err := readHosts(hostsCSV)
	require.NoError(t, err)
	rows := lines(t, hostsCSV)
	require.Len(t, entries, len(rows))
	for _, e := range entries {
		requireCited(t, e.Source)
		require.NotZero(t, e.Number)
		require.NotEmpty(t, e.Name+e.Machine, "%+v", e)
	}
	for _, row := range rows {
		octal, err := strconv.ParseUint(row["host_oct"], 8, 8)
		require.NoError(t, err)
		require.Equal(t, row["host_dec"], strconv.FormatUint(octal, 10), "%v", row)
		imp, err := strconv.ParseUint(row["imp"], 10, 6)
		require.NoError(t, err)
		onIMP, err := strconv.ParseUint(row["host_on_imp"], 10, 2)
		require.NoError(t, err)
		require.Equal(t, octal, onIMP<<6|imp, "a host's number is its place on the IMP and the IMP's number: %v", row)
	}
}

func bySource(a, b Source) int {
	return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.RFC, b.RFC))
}

func TestTheSocketTableIsByNumberAndNewestLast(t *testing.T) {
	newestLast := func(l SocketListing) bool {
		return slices.IsSortedFunc(l.Entries, func(a, b SocketEntry) int { return bySource(a.Source, b.Source) })
	}
	require.True(t, slices.IsSortedFunc(socketTable(), func(a, b SocketEntry) int { return cmp.Compare(a.First, b.First) }))
	var all []SocketEntry
	seen := map[[2]Socket]bool{}
	for _, l := range Sockets("") {
		require.True(t, newestLast(l), "%d to %d", l.First, l.Last)
		require.False(t, seen[[2]Socket{l.First, l.Last}], "%d to %d stands in two places", l.First, l.Last)
		seen[[2]Socket{l.First, l.Last}] = true
		all = append(all, l.Entries...)
		found, ok := LookupSocket(l.First)
		require.True(t, ok)
		require.Subset(t, found.Entries, l.Entries)
		require.True(t, newestLast(found), "%d", l.First)
	}
	require.Equal(t, socketTable(), all, "an empty query finds everything")
}

func TestTheHostTableIsByNumberAndNewestLast(t *testing.T) {
	require.True(t, slices.IsSortedFunc(hostTable(), func(a, b HostEntry) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), bySource(a.Source, b.Source))
	}))
	var all []HostEntry
	for _, l := range Hosts("") {
		all = append(all, l.Entries...)
		found, ok := LookupHost(l.Number)
		require.True(t, ok)
		require.Equal(t, l, found)
	}
	require.Equal(t, hostTable(), all, "an empty query finds everything")
}

func TestPage3TheLincolnLoggerIsKnown(t *testing.T) {
	listing, ok := LookupSocket(lincoln)
	require.True(t, ok)
	require.Len(t, listing.Entries, 2)
	require.Equal(t, Source{109, day("1971-03-24")}, listing.Entries[0].Source)
	require.Equal(t, Source{147, day("1971-05-07")}, listing.Entries[1].Source)
	head := listing.Headline()
	require.Equal(t, listing.Entries[1], head)
	require.Equal(t, "logger", head.Name)
	require.EqualValues(t, 10, head.Host)

	// RFC 433, two years on: the same host's Telnet is at plain socket 1.
	listing, ok = LookupSocket(Socket(lincoln.Tag()))
	require.True(t, ok)
	i := slices.IndexFunc(listing.Entries, func(e SocketEntry) bool { return e.Host == lincoln.Home() })
	require.Equal(t, SocketEntry{First: 1, Last: 1, Name: "telnet", Service: "Telnet", Scope: Tabulation, Host: 10, Source: Source{433, day("1972-12-22")}}, listing.Entries[i])
}

func TestTheHeadlineIsWhatASocketIsBestKnownFor(t *testing.T) {
	for s, want := range map[Socket]string{
		1:    "Telnet, RFC 503",
		2:    "Network Wide Standard Functions, RFC 503", // no contact socket is even: only its range is known
		3:    "File Transfer, RFC 503",
		5:    "Remote Job Entry, RFC 750", // NETRJS in April 1971, the mail box in summer
		7:    "Echo, RFC 750",             // many TENEX hosts had CPYNET there
		9:    "Discard, RFC 750",
		17:   "Short Text Message, RFC 750", // Oneliners at two hosts
		19:   "Character generator or TTYTST, RFC 750",
		79:   "Name or Finger, RFC 750",
		150:  "Reserved for Future Use, RFC 750",
		239:  "Graphics, RFC 739", // unassigned again in RFC 750
		245:  "LINK, RFC 750",
		1793: "Graphics terminal sockets, RFC 503",
	} {
		listing, ok := LookupSocket(s)
		require.True(t, ok)
		head := listing.Headline()
		require.Equal(t, want, head.Service+", "+head.Source.String(), s.Decimal())
	}
}

func TestAProposalCountsMoreThanItsRangeAndLessThanAHost(t *testing.T) {
	stretch := SocketEntry{Scope: Range, Service: "range"}
	proposal := SocketEntry{Scope: Proposal, Service: "proposal"}
	host := SocketEntry{Scope: Tabulation, Service: "host"}
	require.Equal(t, proposal, SocketListing{Entries: []SocketEntry{proposal, stretch, stretch}}.Headline())
	require.Equal(t, host, SocketListing{Entries: []SocketEntry{host, proposal, proposal}}.Headline())
}

func TestASocketIsFoundByNumberInsideARange(t *testing.T) {
	listing, ok := LookupSocket(252)
	require.True(t, ok)
	require.Equal(t, Socket(252), listing.First)
	require.Equal(t, "rsexec", listing.Headline().Name)
	for _, e := range listing.Entries {
		require.True(t, e.First <= 252 && 252 <= e.Last, "%+v", e)
	}
	_, ok = LookupSocket(0x7FFFFFFF)
	require.False(t, ok)
	require.Empty(t, Sockets("0x7FFFFFFF"))

	byNumber, _ := LookupSocket(7)
	for _, query := range []string{"7", "0o7", "x'00000007'", "0/0/3/send"} {
		require.Equal(t, []SocketListing{byNumber}, Sockets(query))
	}
}

func TestASocketIsFoundByWordsOfItsService(t *testing.T) {
	numbers := func(query string) (found []string) {
		for _, l := range Sockets(query) {
			found = append(found, l.First.Decimal())
			for _, e := range l.Entries {
				require.Equal(t, []Socket{l.First, l.Last}, []Socket{e.First, e.Last})
			}
		}
		return found
	}
	require.Equal(t, []string{"1", "23"}, numbers("tElNeT"))
	require.Equal(t, []string{"3", "21"}, numbers("file-transfer"))
	require.Equal(t, []string{"3", "21"}, numbers("ftp"))
	require.Equal(t, []string{"79"}, numbers("finger"))
	require.Equal(t, []string{"5", "7"}, numbers("echo"))
	require.Empty(t, numbers("tel"), "a part of a word is not a word")
	require.Empty(t, numbers("?!"))
}

func TestTheHeadlineOfAHostIsItsNewestNameAndMachine(t *testing.T) {
	for number, want := range map[uint8]HostEntry{
		10:  {Name: "LL-67", Machine: "IBM 360/67", Status: "limited Server", Source: Source{597, day("1973-12-12")}},
		1:   {Name: "UCLA-NMC", Machine: "Sigma 7", Status: "Server till 12/31/73", Source: Source{597, day("1973-12-12")}},
		21:  {Name: "LLL-RISOS", Machine: "PDP-11/45", Status: "User", Source: Source{597, day("1973-12-12")}}, // not at Tinker any more
		71:  {Name: "RAND-CSG", Source: Source{289, day("1971-12-21")}},
		137: {Name: "HARV-11", Machine: "PDP-11", Status: "User", Source: Source{597, day("1973-12-12")}},
	} {
		listing, ok := LookupHost(number)
		require.True(t, ok)
		want.Number = number
		require.Equal(t, want, listing.Headline())
	}
	// RFC 226 swapped Lincoln's two hosts; the slip is kept, and said.
	listing, _ := LookupHost(10)
	i := slices.IndexFunc(listing.Entries, func(e HostEntry) bool { return e.Source.RFC == 226 })
	require.Equal(t, "LNCTX2", listing.Entries[i].Name)
	require.Contains(t, listing.Entries[i].Note, "swaps")

	_, ok := LookupHost(255)
	require.False(t, ok)
	require.Empty(t, Hosts("255"))
}

func TestAHostIsFoundByNumberNameNicknameAndSite(t *testing.T) {
	numbers := func(query string) (found []uint8) {
		for _, l := range Hosts(query) {
			found = append(found, l.Number)
		}
		return found
	}
	for _, query := range []string{"10", "0x0A", "0o12", "LL-67", "ll67", "linc-67", "LINO"} {
		require.Equal(t, []uint8{10}, numbers(query), query)
	}
	// Host 3 was UCSB; RFC 289 prints UCLA-MOD75, and the entry says so.
	require.Equal(t, []uint8{1, 3, 65, 129}, numbers("ucla"))
	require.Equal(t, []uint8{1}, numbers("SEX"))
	require.Equal(t, []uint8{8}, numbers("system development corporation"))
	require.Contains(t, numbers("TIP"), uint8(158))
	for _, query := range []string{"UCL", "nosuch", "-", "256"} {
		require.Empty(t, numbers(query), query)
	}
	host3, _ := LookupHost(3)
	require.Equal(t, []HostListing{host3}, Hosts("mod75"), "a host is found with all that is known of it")
}

func TestALookupCannotChangeTheDirectory(t *testing.T) {
	listing, _ := LookupSocket(1)
	listing.Entries[0].Service = "spoilt"
	Sockets("")[0].Entries[0].Service = "spoilt"
	Hosts("")[0].Entries[0].Name = "spoilt"
	require.Empty(t, Sockets("spoilt"))
	require.Empty(t, Hosts("spoilt"))
}

func TestABrokenTableIsRefusedWithLineFieldAndReason(t *testing.T) {
	header := "socket_dec,last_dec,name,service,scope,host_dec,source_rfc,source_date,notes\n"
	good := "1,1,telnet,Telnet,network,,433,1972-12-22,\n"
	_, err := readSockets(header + good)
	require.NoError(t, err)
	for line, want := range map[string]string{
		"one,1,telnet,Telnet,network,,433,1972-12-22,\n":     "rfc147: entry 2: socket_dec one, want a number of 32 bits",
		",1,telnet,Telnet,network,,433,1972-12-22,\n":        `rfc147: entry 2: socket_dec "", want a number of 32 bits`,
		"1,1,telnet,Telnet,network,256,433,1972-12-22,\n":    "rfc147: entry 2: host_dec 256, want a number of 8 bits",
		"1,1,telnet,Telnet,galaxy,,433,1972-12-22,\n":        "rfc147: entry 2: scope galaxy, want network, host-specific, experimental, host tabulation, proposal or range",
		"1,1,telnet,Telnet,network,,433,22 December 1972,\n": "rfc147: entry 2: source_date 22 December 1972, want one like 1971-05-07",
		"1,1,telnet\n": "rfc147: record on line 3: wrong number of fields",
	} {
		_, err := readSockets(header + good + line)
		require.EqualError(t, err, want)
	}
	_, err = readHosts("host_dec\n1\n")
	require.EqualError(t, err, "rfc147: entry 1: no column name")
	require.Panics(t, func() { must(readHosts("host_dec\n1\n")) })
}

func BenchmarkLookupSocket(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := LookupSocket(lincoln); !ok {
			b.Fatal("lost")
		}
	}
}

func BenchmarkDirectory(b *testing.B) {
	b.Run("sockets by name", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(Sockets("telnet")) == 0 {
				b.Fatal("lost")
			}
		}
	})
	b.Run("host by number", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := LookupHost(10); !ok {
				b.Fatal("lost")
			}
		}
	})
	b.Run("hosts by name", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(Hosts("UCLA")) == 0 {
				b.Fatal("lost")
			}
		}
	})
	b.Run("reading both tables", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			must(readSockets(socketsCSV))
			must(readHosts(hostsCSV))
		}
	})
}

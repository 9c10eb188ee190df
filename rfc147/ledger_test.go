package rfc147

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// telnet is user 5 of UCLA, at Lincoln's TX-2 for once, who types to the 360/67.
var telnet = Record{
	Made:            time.Date(1971, time.May, 7, 14, 0, 0, 0, time.UTC),
	Closed:          time.Date(1971, time.May, 7, 14, 2, 10, 500_000_000, time.UTC),
	Messages:        12,
	Bits:            960,
	SendingHost:     74,
	ReceivingHost:   10,
	SendingSocket:   0x01000503,
	ReceivingSocket: 0x0A000010,
}

const telnetCSV = "made,closed,messages,bits,sending_host,receiving_host,sending_socket,receiving_socket\n" +
	"1971-05-07T14:00:00Z,1971-05-07T14:02:10.5Z,12,960,74,10,1/5/1/send,10/0/8/receive\n"

const telnetJSON = "[\n" +
	`{"made":"1971-05-07T14:00:00Z","closed":"1971-05-07T14:02:10.5Z","messages":12,"bits":960,` +
	`"sending_host":74,"receiving_host":10,"sending_socket":"1/5/1/send","receiving_socket":"10/0/8/receive"}` + "\n]\n"

// drawRecord draws a record; its accounts and hosts are few, so that they come again.
func drawRecord(t *rapid.T) Record {
	made := time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "made"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	socket := func(name string, polarity Polarity) Socket {
		s, err := New(rapid.SampledFrom([]uint8{0, 1, 10, 255}).Draw(t, name+" home"), rapid.SampledFrom([]uint16{0, 5, 65535}).Draw(t, name+" user"), rapid.Uint8Max(127).Draw(t, name+" plug"), polarity)
		require.NoError(t, err)
		return s
	}
	return Record{
		Made: made, Closed: made.Add(time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "connected"))),
		Messages: rapid.Uint64().Draw(t, "messages"), Bits: rapid.Uint64().Draw(t, "bits"),
		SendingHost: rapid.Uint8().Draw(t, "from"), ReceivingHost: rapid.Uint8().Draw(t, "to"),
		SendingSocket: socket("sender", Sends), ReceivingSocket: socket("receiver", Receives),
	}
}

func entered(t require.TestingT, records ...Record) *Ledger {
	l := &Ledger{}
	for _, r := range records {
		require.NoError(t, l.Enter(r))
	}
	return l
}

func TestPage3ARecordHasTheEightFieldsAndNamesUserAndHostOfBothEnds(t *testing.T) {
	require.Len(t, recordColumns, 8)
	require.Equal(t, "1/5/1/send at host 74", telnet.Sender().String())
	require.Equal(t, "10/0/8/receive at host 10", telnet.Receiver().String())
	require.Equal(t, Account{Home: 1, User: 5}, telnet.Sender().Account())
	require.Equal(t, "10/0", telnet.Receiver().Account().String())
	require.Equal(t, 130500*time.Millisecond, telnet.Connected())
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecord(t)
		for _, end := range []End{r.Sender(), r.Receiver()} {
			again, err := New(end.Account().Home, end.Account().User, end.Socket.Plug(), end.Socket.Polarity())
			require.NoError(t, err)
			require.Equal(t, end.Socket, again)
		}
	})
}

func TestARecordThatSaysWhatCannotBeIsRefused(t *testing.T) {
	for want, spoil := range map[string]func(*Record){
		"made in year 1, want a time in the years 0 to 9999":                            func(r *Record) { r.Made = time.Time{} },
		"closed in year 1, want a time in the years 0 to 9999":                          func(r *Record) { r.Closed = time.Time{} },
		"closed in year 10000, want a time in the years 0 to 9999":                      func(r *Record) { r.Closed = r.Closed.AddDate(8029, 0, 0) },
		"closed 1971-05-07T13:59:59.5Z, want no time before made, 1971-05-07T14:00:00Z": func(r *Record) { r.Closed = r.Made.Add(-time.Second / 2) },
		"sending_socket 1/5/1/receive, want one that sends":                             func(r *Record) { r.SendingSocket-- },
		"receiving_socket 10/0/8/send, want one that receives":                          func(r *Record) { r.ReceivingSocket++ },
		"made in year -1, want a time in the years 0 to 9999":                           func(r *Record) { r.Made = time.Date(-1, 12, 31, 0, 0, 0, 0, time.UTC) },
		"made in year 10000, want a time in the years 0 to 9999":                        func(r *Record) { r.Made = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600)) },
	} {
		r, l := telnet, entered(t, telnet)
		spoil(&r)
		require.EqualError(t, l.Enter(r), "rfc147: entry 2: "+want)
		require.Equal(t, 1, l.Len())
		for _, write := range []func(io.Writer, Record) error{
			func(w io.Writer, r Record) error { return WriteCSV(w, slices.Values([]Record{telnet, r})) },
			func(w io.Writer, r Record) error { return WriteJSON(w, slices.Values([]Record{telnet, r})) },
		} {
			require.EqualError(t, write(io.Discard, r), "rfc147: entry 2: "+want)
		}
	}
}

func TestALedgerFindsWhatASearchOfAllRecordsFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.Custom(drawRecord), 0, 50).Draw(t, "records")
		l := entered(t, records...)
		require.Equal(t, len(records), l.Len())
		require.Equal(t, records, slices.AppendSeq([]Record{}, l.All()))
		for _, a := range []Account{{0, 0}, {1, 5}, {10, 65535}, {9, 9}} {
			var found []Record
			for _, r := range records {
				if r.Sender().Account() == a || r.Receiver().Account() == a {
					found = append(found, r)
				}
			}
			require.Equal(t, found, slices.Collect(l.Of(a)))
		}
	})
}

func TestALedgerOfManyPagesKeepsTheOrderOfEntry(t *testing.T) {
	l := &Ledger{}
	for i := range uint64(3*page + 1) {
		r := telnet
		r.Messages = i
		require.NoError(t, l.Enter(r))
	}
	for _, records := range [][]Record{slices.Collect(l.All()), slices.Collect(l.Of(telnet.Sender().Account()))} {
		require.Len(t, records, 3*page+1)
		for i, r := range records {
			require.Equal(t, uint64(i), r.Messages)
		}
	}
	for range l.All() { // a search may end early
		break
	}
	for range l.Of(telnet.Sender().Account()) {
		break
	}
	require.Empty(t, slices.Collect((&Ledger{}).Of(Account{})))
}

func TestALedgerTellsItsTimesInUTC(t *testing.T) {
	r := telnet
	r.Made, r.Closed = r.Made.In(time.FixedZone("EST", -5*3600)), r.Closed.In(time.FixedZone("PST", -8*3600))
	require.Equal(t, []Record{telnet}, slices.Collect(entered(t, r).All()))
	var text bytes.Buffer
	require.NoError(t, WriteJSON(&text, slices.Values([]Record{r})))
	require.Equal(t, telnetJSON, text.String())
}

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, WriteCSV(&text, slices.Values([]Record{telnet})))
	require.Equal(t, telnetCSV, text.String())
	text.Reset()
	require.NoError(t, WriteJSON(&text, slices.Values([]Record{telnet})))
	require.Equal(t, telnetJSON, text.String())
	var plain []Record
	require.NoError(t, json.Unmarshal(text.Bytes(), &plain))
	require.Equal(t, []Record{telnet}, plain)

	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.Custom(drawRecord), 0, 20).Draw(t, "records")
		for _, file := range files {
			requireRoundTrip(t, file, entered(t, records...))
		}
	})
}

// files are the two forms that can be read again.
var files = map[string]file{"CSV": {WriteCSV, ReadCSV}, "JSON": {WriteJSON, ReadJSON}}

type file struct {
	write func(io.Writer, iter.Seq[Record]) error
	read  func(io.Reader) (*Ledger, error)
}

func requireRoundTrip(t require.TestingT, f file, l *Ledger) {
	var text bytes.Buffer
	require.NoError(t, f.write(&text, l.All()))
	again, err := f.read(&text)
	require.NoError(t, err)
	require.Equal(t, l, again)
}

func TestAFileIsRefusedWithEntryFieldAndReason(t *testing.T) {
	_, lines, _ := strings.Cut(telnetCSV, "\n")
	for _, tt := range []struct{ old, replaced, want string }{
		{"1971-05-07T14:00:00Z", "7 May 1971", "made 7 May 1971, want a time like 1971-05-07T14:00:00Z"},
		{"14:02:10.5Z", "13:02:10.5Z", "closed 1971-05-07T13:02:10.5Z, want no time before made, 1971-05-07T14:00:00Z"},
		{"960", "-1", "bits -1, want a number of 64 bits"},
		{"12", "18446744073709551616", "messages 18446744073709551616, want a number of 64 bits"},
		{"74", "256", "sending_host 256, want a number of 8 bits"},
		{"1/5/1/send", "1/5/128/send", "sending_socket 1/5/128/send, want a socket like 10/0/0/send"},
		{"1/5/1/send", "1/5/1/receive", "sending_socket 1/5/1/receive, want one that sends"},
		{"10/0/8/receive", "", `receiving_socket "", want a socket like 10/0/0/send`},
		{"10/0/8/receive", "10/0/8/send", "receiving_socket 10/0/8/send, want one that receives"},
	} {
		_, err := ReadCSV(strings.NewReader(telnetCSV + strings.Replace(lines, tt.old, tt.replaced, 1)))
		require.EqualError(t, err, "rfc147: entry 2: "+tt.want)
		_, err = ReadJSON(strings.NewReader(strings.Replace(telnetJSON, tt.old, tt.replaced, 1)))
		require.EqualError(t, err, "rfc147: entry 1: "+tt.want)
	}
}

func TestAFileOfAnotherShapeIsRefused(t *testing.T) {
	header := telnetCSV[:strings.Index(telnetCSV, "\n")+1]
	for text, want := range map[string]string{
		"":                           `rfc147: header "", want ` + strings.TrimSuffix(header, "\n"),
		"made,closed\n":              `rfc147: header made,closed, want ` + strings.TrimSuffix(header, "\n"),
		header + "1\n":               "rfc147: record on line 2: wrong number of fields",
		strings.Repeat(telnetCSV, 2): "rfc147: entry 2: made made, want a time like 1971-05-07T14:00:00Z",
	} {
		_, err := ReadCSV(strings.NewReader(text))
		require.EqualError(t, err, want)
	}
	one := strings.TrimSuffix(strings.TrimPrefix(telnetJSON, "[\n"), "\n]\n")
	for text, want := range map[string]string{
		"":                "rfc147: want an array of records: [",
		"{}":              "rfc147: want an array of records: [",
		"[1]":             "rfc147: entry 1: number, want a record: {",
		"[{}]":            "rfc147: entry 1: no made",
		"[null]":          "rfc147: entry 1: no made",
		"[" + one:         "rfc147: after entry 1: EOF",
		"[" + one + "}":   "rfc147: after entry 1: invalid character '}' after array element",
		"[" + one + "],":  "rfc147: after entry 1: want nothing more behind ]",
		"[" + one + "][]": "rfc147: after entry 1: want nothing more behind ]",
		"[" + strings.Replace(one, "12", "null", 1) + "]":                 "rfc147: entry 1: messages null, want a number of 64 bits",
		"[" + strings.Replace(one, `"bits"`, `"Bits"`, 1) + "]":           "rfc147: entry 1: no bits",
		"[" + strings.Replace(one, `"bits"`, `"link":45,"bits"`, 1) + "]": "rfc147: entry 1: 9 fields, want 8: made, closed, messages, bits, sending_host, receiving_host, sending_socket, receiving_socket",
	} {
		_, err := ReadJSON(strings.NewReader(text))
		require.EqualError(t, err, want, text)
	}
	var r Record
	require.EqualError(t, json.Unmarshal([]byte("{}"), &r), "rfc147: no made")
	require.EqualError(t, json.Unmarshal([]byte("7"), &r), "rfc147: json: cannot unmarshal number into Go value of type map[string]json.RawMessage")
}

func TestAWriterThatFailsIsReported(t *testing.T) {
	for _, write := range []func(io.Writer, iter.Seq[Record]) error{WriteCSV, WriteJSON} {
		require.Equal(t, errBroken, write(brokenWriter{}, slices.Values([]Record{telnet})))
	}
}

func TestRFC323StatisticsStayApartFromTheRecord(t *testing.T) {
	at := func(seconds int) time.Time { return telnet.Made.Add(time.Duration(seconds) * time.Second) }
	e := Extended{telnet, Statistics{
		Connected: 130 * time.Second, CPU: 40 * time.Millisecond, Transfers: 12,
		FirstRFC: at(-1), LastRFC: at(0), FirstClose: at(129), LastClose: at(130),
		Errors: []ErrorEntry{{At: at(7), Sent: true, Code: 5, Text: "message over link 45"}},
	}}
	text, err := json.Marshal(e)
	require.NoError(t, err)
	var again Extended
	require.NoError(t, json.Unmarshal(text, &again))
	require.Equal(t, e, again)
	require.NotContains(t, recordColumns, "cpu_time_ns")
}

func FuzzReadCSV(f *testing.F) {
	f.Add(telnetCSV)
	f.Add(strings.Replace(telnetCSV, "1/5/1/send", "\"x'01000503'\"", 1))
	fuzz(f, files["CSV"])
}

func FuzzReadJSON(f *testing.F) {
	f.Add(telnetJSON)
	f.Add("[]")
	f.Add(`[{"made":null}]`)
	fuzz(f, files["JSON"])
}

// fuzz reads what may be anything: no panic, errors of one line, and what is a ledger
// can be written and read again.
func fuzz(f *testing.F, form file) {
	f.Helper()
	f.Fuzz(func(t *testing.T, text string) {
		l, err := form.read(strings.NewReader(text))
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "rfc147: "), err)
			require.NotContains(t, err.Error(), "\n")
			return
		}
		requireRoundTrip(t, form, l)
	})
}

const million = 1_000_000

// busy draws the records of a network with so many users at 60 hosts. Half of the
// connections have a service at one end, so that user 0 is the busiest of each home.
// With 0 users each end is an account of its own.
func busy(users, records int) []Record {
	random := rand.New(rand.NewPCG(147, 1971))
	ends := Socket(0)
	end := func() Socket {
		if users == 0 {
			ends++
			return ends << 8
		}
		if random.IntN(4) == 0 {
			return Socket(1+random.IntN(60)) << 24
		}
		n := random.IntN(users)
		return Socket(1+n%60)<<24 | Socket(1+n/60)<<8 | Socket(random.IntN(128))<<1
	}
	made := make([]Record, records)
	for i := range made {
		made[i] = Record{
			Made: telnet.Made.Add(time.Duration(i) * time.Second), Closed: telnet.Closed.Add(time.Duration(i) * time.Second),
			Messages: random.Uint64N(1000), Bits: random.Uint64N(1_000_000),
			SendingHost: uint8(1 + random.IntN(60)), ReceivingHost: uint8(1 + random.IntN(60)),
			SendingSocket: end() | 1, ReceivingSocket: end(),
		}
	}
	return made
}

// logged enters records without the cost of an assertion for each.
func logged(tb testing.TB, records []Record) *Ledger {
	tb.Helper()
	l := &Ledger{}
	for _, r := range records {
		if err := l.Enter(r); err != nil {
			tb.Fatal(err)
		}
	}
	return l
}

// A record takes at most 150 octets, also where no account ever comes again (0 users
// here). That is so for a million, too, as the benchmark says.
func TestARecordTakesLittleMemory(t *testing.T) {
	const records = 100_000
	for _, users := range []int{0, 100, 10_000, 100_000} {
		made := busy(users, records)
		before := heap()
		l := logged(t, made)
		require.Less(t, octets(l, before), 150.0, "%d users", users)
		runtime.KeepAlive(made)
	}
}

// octets is what a record takes of the heap.
func octets(l *Ledger, before uint64) float64 {
	each := float64(heap()-before) / float64(l.Len())
	runtime.KeepAlive(l)
	return each
}

// heap is what lives in it.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkEnterAMillionRecords(b *testing.B) {
	for _, users := range []int{0, 1_000, 100_000} {
		made := busy(users, million)
		b.Run(fmt.Sprintf("%d users", users), func(b *testing.B) {
			before := heap()
			var l *Ledger
			for b.Loop() {
				l = logged(b, made)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million, "ns/record")
			b.ReportMetric(octets(l, before), "octets/record")
		})
		runtime.KeepAlive(made)
	}
}

func BenchmarkOneAccountAmongAMillionRecords(b *testing.B) {
	for _, users := range []int{1_000, 10_000, 100_000} {
		l := logged(b, busy(users, million))
		user := Account{Home: 1, User: 1}
		records := len(slices.Collect(l.Of(user)))
		b.Run(fmt.Sprintf("%d users, %d records of one", users, records), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var total Total
				for r := range l.Of(user) {
					total.add(r)
				}
				if total.Connections != records {
					b.Fatal("lost")
				}
			}
		})
	}
}

func BenchmarkRecordsInFiles(b *testing.B) {
	l := logged(b, busy(1_000, 10_000))
	for name, form := range files {
		var text bytes.Buffer
		if err := form.write(&text, l.All()); err != nil {
			b.Fatal(err)
		}
		b.Run("write 10,000 as "+name, func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				if err := form.write(io.Discard, l.All()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("read 10,000 from "+name, func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				if _, err := form.read(bytes.NewReader(text.Bytes())); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var errBroken = errors.New("broken")

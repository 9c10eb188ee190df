package rfc147

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTotalsCountEachRecordOnceForWhoSentAndOnceForWhoReceived(t *testing.T) {
	echo := Record{Made: telnet.Made, Closed: telnet.Made.Add(time.Second), Messages: 3, Bits: 24, SendingHost: 10, ReceivingHost: 10, SendingSocket: 0x01000505, ReceivingSocket: 0x01000504}
	l := entered(t, telnet, telnet, echo)
	user, service := Account{1, 5}, Account{10, 0}
	typed := Total{Connections: 2, Messages: 24, Bits: 1920, Connected: 261 * time.Second}
	echoed := Total{Connections: 1, Messages: 3, Bits: 24, Connected: time.Second}
	both := Total{Connections: 3, Messages: 27, Bits: 1944, Connected: 262 * time.Second}

	require.Equal(t, map[Account]Usage{user: {Sent: both, Received: echoed}, service: {Received: typed}}, ByAccount(l.All()))
	require.Equal(t, map[uint8]Usage{74: {Sent: typed}, 10: {Sent: echoed, Received: both}}, ByHost(l.All()))
	require.Equal(t, map[Pair[Account]]Total{{user, service}: typed, {user, user}: echoed}, ByAccounts(l.All()))
	require.Equal(t, map[Pair[uint8]]Total{{74, 10}: typed, {10, 10}: echoed}, ByHosts(l.All()))
	require.Len(t, slices.Collect(l.Of(user)), 3, "who sends to himself has the record once")
	require.Equal(t, map[uint8]Usage{74: {Sent: typed}, 10: {Received: typed}}, ByHost(l.Of(service)))
}

func TestTotalsOfAllPartiesAreThoseOfAllRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := slices.Values(rapid.SliceOfN(rapid.Custom(drawRecord), 0, 20).Draw(t, "records"))
		var all Total
		for r := range records {
			all.add(r)
		}
		whole := func(totals ...Total) (sums Total) {
			for _, total := range totals {
				sums.Connections += total.Connections
				sums.Messages = sum(sums.Messages, total.Messages, math.MaxUint64)
				sums.Bits = sum(sums.Bits, total.Bits, math.MaxUint64)
				sums.Connected += total.Connected
			}
			return sums
		}
		var sent, received, accounts, hosts []Total
		for _, u := range ByAccount(records) {
			sent, received = append(sent, u.Sent), append(received, u.Received)
		}
		for _, total := range ByAccounts(records) {
			accounts = append(accounts, total)
		}
		for _, total := range ByHosts(records) {
			hosts = append(hosts, total)
		}
		for _, totals := range [][]Total{sent, received, accounts, hosts} {
			require.Equal(t, all, whole(totals...))
		}
	})
}

func TestASumThatIsTooLargeStaysAtTheGreatestValue(t *testing.T) {
	long := telnet
	long.Bits, long.Messages = math.MaxUint64, math.MaxUint64
	long.Closed = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	require.Equal(t, Total{Connections: 2, Messages: math.MaxUint64, Bits: math.MaxUint64, Connected: math.MaxInt64},
		ByHost(slices.Values([]Record{long, long}))[74].Sent)
}

func TestTotalsStandInTheOrderOfTheirNumbers(t *testing.T) {
	accounts := []Account{{10, 0}, {1, 65535}, {1, 5}}
	slices.SortFunc(accounts, Order)
	require.Equal(t, []Account{{1, 5}, {1, 65535}, {10, 0}}, accounts)
	require.Negative(t, Order[uint8](9, 10))
}

func TestTotalsInJSON(t *testing.T) {
	l := entered(t, telnet)
	text, err := json.Marshal(ByAccount(l.All()))
	require.NoError(t, err)
	var again map[Account]Usage
	require.NoError(t, json.Unmarshal(text, &again))
	require.Equal(t, ByAccount(l.All()), again)
	text, err = json.Marshal(ByAccounts(l.All()))
	require.NoError(t, err)
	require.Equal(t, `{"1/5 to 10/0":{"connections":1,"messages":12,"bits":960,"connect_time_ns":130500000000}}`, string(text))
}

func TestAnAccountIsReadAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Account{rapid.Uint8().Draw(t, "home"), rapid.Uint16().Draw(t, "user")}
		again, err := ParseAccount(a.String())
		require.NoError(t, err)
		require.Equal(t, a, again)
	})
	for text, want := range map[string]string{
		"":         `rfc147: account "", want home/user, like 10/5`,
		"10/5/1":   "rfc147: account 10/5/1, want home/user, like 10/5",
		"256/5":    "rfc147: home 256, want 0 to 255",
		"10/65536": "rfc147: user 65536, want 0 to 65535",
	} {
		_, err := ParseAccount(text)
		require.EqualError(t, err, want)
	}
}

func BenchmarkTotalsOfAMillionRecords(b *testing.B) {
	l := logged(b, busy(10_000, million))
	for name, total := range map[string]func() int{
		"by account":       func() int { return len(ByAccount(l.All())) },
		"by host":          func() int { return len(ByHost(l.All())) },
		"by two accounts":  func() int { return len(ByAccounts(l.All())) },
		"by two hosts":     func() int { return len(ByHosts(l.All())) },
		"of one's records": func() int { return len(ByAccounts(l.Of(Account{Home: 1, User: 1}))) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if total() == 0 {
					b.Fatal("lost")
				}
			}
		})
	}
}

package viz

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"sockscope/rfc147"
	"sockscope/viz/words"
)

// Accounts writes accounting records as a table, the eight fields in the order of RFC 147
// p.3, times in UTC.
func Accounts(w io.Writer, records iter.Seq[rfc147.Record], lang string) error {
	say := words.For(lang)
	heads := RecordHeads(say)
	heads[0], heads[1] = say.Text("ui.record.made-at"), say.Text("ui.record.closed-at")
	rows := [][]string{heads[:]}
	for r := range records {
		rows = append(rows, []string{
			r.Made.UTC().Format(time.DateTime), r.Closed.UTC().Format(time.DateTime), fmt.Sprint(r.Messages), fmt.Sprint(r.Bits),
			fmt.Sprint(r.SendingHost), fmt.Sprint(r.ReceivingHost), r.SendingSocket.Short(), r.ReceivingSocket.Short(),
		})
	}
	_, err := io.WriteString(w, grid(rows, 0, 6))
	return err
}

// Totals of accounting records, by the names that a person chooses them by.
const (
	ByUser  = "user"  // what each account sent and received, wherever it worked
	ByHost  = "host"  // what each host did, whoever worked there
	ByUsers = "users" // from each account to each
	ByHosts = "hosts" // from each host to each
)

// TotalsBy lists them.
func TotalsBy() []string { return []string{ByUser, ByHost, ByUsers, ByHosts} }

// Totals writes the totals of records as a table, the lowest numbers first.
func Totals(w io.Writer, records iter.Seq[rfc147.Record], by, lang string) error {
	say := words.For(lang)
	var rows [][]string
	switch by {
	case ByUser:
		rows = usages(rfc147.ByAccount(records), by, say)
	case ByHost:
		rows = usages(rfc147.ByHost(records), by, say)
	case ByUsers:
		rows = pairs(rfc147.ByAccounts(records), say)
	default:
		rows = pairs(rfc147.ByHosts(records), say)
	}
	_, err := io.WriteString(w, grid(rows, 2, 6))
	return err
}

// TotalsJSON writes them as one object, a pair's key as "1/5 to 10/0".
func TotalsJSON(w io.Writer, records iter.Seq[rfc147.Record], by string) error {
	var totals any
	switch by {
	case ByUser:
		totals = rfc147.ByAccount(records)
	case ByHost:
		totals = rfc147.ByHost(records)
	case ByUsers:
		totals = rfc147.ByAccounts(records)
	default:
		totals = rfc147.ByHosts(records)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(totals)
}

func usages[P rfc147.Party](totals map[P]rfc147.Usage, by string, say *words.Words) [][]string {
	rows := [][]string{totalHeads(say, by, "way")}
	for _, p := range slices.SortedFunc(maps.Keys(totals), rfc147.Order) {
		rows = append(rows, totalRow(totals[p].Sent, p, say.Text("ui.total.sent")), totalRow(totals[p].Received, p, say.Text("ui.total.received")))
	}
	return rows
}

func pairs[P rfc147.Party](totals map[rfc147.Pair[P]]rfc147.Total, say *words.Words) [][]string {
	rows := [][]string{totalHeads(say, "from", "to")}
	for _, p := range slices.SortedFunc(maps.Keys(totals), func(a, b rfc147.Pair[P]) int {
		return cmp.Or(rfc147.Order(a.Sending, b.Sending), rfc147.Order(a.Receiving, b.Receiving))
	}) {
		rows = append(rows, totalRow(totals[p], p.Sending, p.Receiving))
	}
	return rows
}

func totalHeads(say *words.Words, keys ...string) (heads []string) {
	for _, key := range append(keys, "connections", "messages", "bits", "time") {
		heads = append(heads, say.Text("ui.total."+key))
	}
	return heads
}

func totalRow(t rfc147.Total, first, second any) []string {
	return []string{fmt.Sprint(first), fmt.Sprint(second), fmt.Sprint(t.Connections), fmt.Sprint(t.Messages), fmt.Sprint(t.Bits), t.Connected.String()}
}

// grid sets rows in columns; those from one on and before another stand to the right, as
// numbers do.
func grid(rows [][]string, from, to int) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-Width(cell))
			if from <= i && i < to {
				cell, pad = pad+cell, ""
			}
			line.WriteString("  " + cell + pad)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

package rfc147

import (
	_ "embed"
	"slices"
	"sync"
)

// HostEntry is what one RFC says about a host. What it does not say is empty.
type HostEntry struct {
	Number   uint8  // 2 bits host on its IMP, 6 bits IMP
	Name     string // LL-67
	Nickname string // LL67
	Machine  string // IBM 360/67
	Site     string // LINCOLN
	Status   string // as printed: Server, User Only, "Soon"
	Source   Source
	Note     string // a misprint, a doubt; mostly empty
}

// HostListing is what the directory has about a host.
type HostListing struct {
	Number  uint8
	Entries []HostEntry // at least one, newest last
}

// Headline is the entry to show first: the newest one that says most of name and
// machine, the name before the machine. It is never put together from several lists,
// for numbers were given away again: 21 was Tinker's 418 III, later LLL-RISOS.
func (l HostListing) Headline() HostEntry {
	var best HostEntry
	for _, e := range l.Entries {
		if e.says() >= best.says() {
			best = e
		}
	}
	return best
}

func (e HostEntry) says() int {
	says := 0
	if e.Name != "" {
		says += 2
	}
	if e.Machine != "" {
		says++
	}
	return says
}

// LookupHost finds every entry for a host's number.
func LookupHost(number uint8) (HostListing, bool) {
	listing := HostListing{Number: number}
	for _, e := range hostTable() {
		if e.Number == number {
			listing.Entries = append(listing.Entries, e)
		}
	}
	return listing, listing.Entries != nil
}

// Hosts looks hosts up, lowest number first: by number (10, 0x0A, 0o12), by words of
// a name, nickname or site, or all of them if the query is empty. UCLA finds each
// host that any list called UCLA or UCLA-something or put at UCLA, with all that is
// known of it.
func Hosts(query string) []HostListing {
	if n, err := number(query, 8); err == nil {
		if listing, ok := LookupHost(uint8(n)); ok {
			return []HostListing{listing}
		}
		return nil
	}
	var listings []HostListing
	for _, e := range hostTable() {
		if n := len(listings); n == 0 || listings[n-1].Number != e.Number {
			listings = append(listings, HostListing{Number: e.Number})
		}
		last := &listings[len(listings)-1]
		last.Entries = append(last.Entries, e)
	}
	return slices.DeleteFunc(listings, func(l HostListing) bool {
		return query != "" && !slices.ContainsFunc(l.Entries, func(e HostEntry) bool {
			return mentions(query, e.Name, e.Nickname, e.Site)
		})
	})
}

//go:embed data/hosts.csv
var hostsCSV string

// hostTable is the table as it is: by number, newest last.
var hostTable = sync.OnceValue(func() []HostEntry { return must(readHosts(hostsCSV)) })

func readHosts(table string) ([]HostEntry, error) {
	return readTable(table, func(r *row) HostEntry {
		return HostEntry{
			Number:   uint8(r.number("host_dec", 8)),
			Name:     r.text("name"),
			Nickname: r.text("nickname"),
			Machine:  r.text("machine"),
			Site:     r.text("site"),
			Status:   r.text("status"),
			Source:   r.source(),
			Note:     r.text("note"),
		}
	})
}

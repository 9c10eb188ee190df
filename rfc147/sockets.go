package rfc147

import (
	"cmp"
	_ "embed"
	"slices"
	"sync"
)

// Scope says for whom an entry of the socket directory holds.
type Scope string

// The scopes.
const (
	Network      Scope = "network"         // one meaning at every host
	HostSpecific Scope = "host-specific"   // a list keeps the number for certain hosts
	Experimental Scope = "experimental"    // a list keeps the number for an experiment
	Tabulation   Scope = "host tabulation" // what one host in fact had there
	Proposal     Scope = "proposal"        // asked for, not assigned
	Range        Scope = "range"           // what a stretch of numbers is kept for
)

// SocketEntry is what one RFC says about a socket or a stretch of sockets.
type SocketEntry struct {
	First, Last Socket // the same if it is one socket
	Name        string // a short name, our own: telnet; may be empty
	Service     string // as the RFC prints it, or what it says in few words
	Scope       Scope
	Host        uint8 // the host that it holds for; 0: none is named (no host had number 0)
	Source      Source
	Note        string // a misprint, a doubt; mostly empty
}

// SocketListing is what the directory has about the sockets First to Last.
type SocketListing struct {
	First, Last Socket
	Entries     []SocketEntry // at least one, newest last
}

// Headline is the entry to show first. Assignments count before what single hosts
// had, that before proposals, and these before what a whole range is for. Of what
// counts most it is the meaning that most entries give, in its newest words: socket 1
// is Telnet, neither the logger that it was first nor the Old Telnet that it was last.
func (l SocketListing) Headline() SocketEntry {
	top := Range.rank()
	for _, e := range l.Entries {
		top = min(top, e.Scope.rank())
	}
	votes := map[string]int{}
	for _, e := range l.Entries {
		if e.Scope.rank() == top {
			votes[e.meaning()]++
		}
	}
	var best SocketEntry
	for _, e := range l.Entries {
		if e.Scope.rank() == top && votes[e.meaning()] >= votes[best.meaning()] {
			best = e
		}
	}
	return best
}

// rank orders the scopes for the headline; 0 counts most.
func (s Scope) rank() int {
	switch s {
	case Network, HostSpecific, Experimental:
		return 0
	case Tabulation:
		return 1
	case Proposal:
		return 2
	case Range:
	}
	return 3
}

// meaning is the same for entries that differ in wording only.
func (e SocketEntry) meaning() string { return cmp.Or(e.Name, words(e.Service)) }

// LookupSocket finds every entry for a number, those of the ranges it lies in too.
func LookupSocket(s Socket) (SocketListing, bool) {
	listing := SocketListing{First: s, Last: s}
	for _, e := range socketTable() {
		if e.First <= s && s <= e.Last {
			listing.Entries = append(listing.Entries, e)
		}
	}
	slices.SortStableFunc(listing.Entries, func(a, b SocketEntry) int { return a.Source.Date.Compare(b.Source.Date) })
	return listing, listing.Entries != nil
}

// Sockets looks sockets up, lowest number first: by number in any notation of
// [Parse], by words of a name or service, or all of them if the query is empty. Found
// by words, a listing has only the entries that have these words.
func Sockets(query string) []SocketListing {
	if s, err := Parse(query); err == nil {
		if listing, ok := LookupSocket(s); ok {
			return []SocketListing{listing}
		}
		return nil
	}
	var listings []SocketListing
	for _, e := range socketTable() {
		if query != "" && !mentions(query, e.Name, e.Service) {
			continue
		}
		if n := len(listings); n == 0 || listings[n-1].First != e.First || listings[n-1].Last != e.Last {
			listings = append(listings, SocketListing{First: e.First, Last: e.Last})
		}
		last := &listings[len(listings)-1]
		last.Entries = append(last.Entries, e)
	}
	return listings
}

//go:embed data/sockets.csv
var socketsCSV string

// socketTable is the table as it is: by number, newest last.
var socketTable = sync.OnceValue(func() []SocketEntry { return must(readSockets(socketsCSV)) })

func readSockets(table string) ([]SocketEntry, error) {
	return readTable(table, func(r *row) SocketEntry {
		e := SocketEntry{
			First:   Socket(r.number("socket_dec", 32)),
			Last:    Socket(r.number("last_dec", 32)),
			Name:    r.text("name"),
			Service: r.text("service"),
			Scope:   Scope(r.text("scope")),
			Source:  r.source(),
			Note:    r.text("notes"),
		}
		if r.text("host_dec") != "" {
			e.Host = uint8(r.number("host_dec", 8))
		}
		if !slices.Contains([]Scope{Network, HostSpecific, Experimental, Tabulation, Proposal, Range}, e.Scope) {
			r.fail("scope %s, want network, host-specific, experimental, host tabulation, proposal or range", shown(string(e.Scope)))
		}
		return e
	})
}

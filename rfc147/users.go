package rfc147

import (
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// The user numbers of one home. User 0 stands for the services, such as the logger
// (RFC 147 p.3); all others can be given to a name.
const (
	ServiceUser = 0
	LastUser    = 65535
)

// MaxName is how long a user's name may be, in octets: longer than any account or
// process name of 1971, short enough to be shown.
const MaxName = 255

// Users is the table from which one home takes its user numbers. RFC 147 p.3 wants a
// mapping from names to 16 bits that is unique and the same each time a process uses
// the network, and thinks of a table with hash coding. A hash alone is not unique:
// there are more names than numbers. Hashed with collisions resolved, the number of a
// name depends on who came before, whatever the way of resolving: of two names with
// one hash, each would have had that number if it were alone. So the table itself
// must last. A number, once given, is neither moved, taken back nor given to another,
// and the table is kept in a file: [Users.WriteCSV], [ReadUsers]. Within the table the
// order of the names counts no more; two homes may number the same names differently,
// since the home is in the socket too.
//
// A name hashes to a number from 1 to 65535, and goes to the first from there on that
// is free, with 1 after 65535 (linear probing). The zero Users is empty; it takes a
// megabyte, for it has a place for every number.
type Users struct {
	names [LastUser + 1]string // by number; empty if it is free
	given int
}

// Len says how many names have a number.
func (u *Users) Len() int { return u.given }

// Number finds a name's number.
func (u *Users) Number(name string) (uint16, bool) {
	user, holder := u.probe(name)
	return user, holder != ""
}

// Name finds who has a number. Nobody has [ServiceUser].
func (u *Users) Name(user uint16) (string, bool) {
	name := u.names[user]
	return name, name != ""
}

// Register gives a name a number, or finds the one it has.
func (u *Users) Register(name string) (uint16, error) {
	if err := checkName(name); err != nil {
		return 0, fmt.Errorf("rfc147: %w", err)
	}
	user, holder := u.probe(name)
	if holder == name {
		return user, nil
	}
	if user == ServiceUser {
		return 0, fmt.Errorf("rfc147: user %s: all %d numbers are given, and user 0 is the services'", shown(name), LastUser)
	}
	u.give(user, name)
	return user, nil
}

func (u *Users) give(user uint16, name string) {
	u.names[user] = name
	u.given++
}

// probe goes from the name's hash to the number that it has, or else to the first
// free one: then there is no holder. The number is 0 if none is free.
func (u *Users) probe(name string) (user uint16, holder string) {
	user = Hash(name)
	for range LastUser {
		holder = u.names[user]
		if holder == name || holder == "" {
			return user, holder
		}
		user = next(user)
	}
	return ServiceUser, ""
}

// next is the number to try after one that is taken.
func next(user uint16) uint16 {
	if user == LastUser {
		return ServiceUser + 1
	}
	return user + 1
}

// Hash is where the search for a name's number begins, 1 to 65535: the name's FNV-1a
// of 32 bits, its halves joined by exclusive or, modulo 65535, plus 1. Numbers that
// were given rest on it, so it never changes.
func Hash(name string) uint16 {
	h := fnv.New32a()
	h.Write([]byte(name))
	sum := h.Sum32()
	return uint16((sum>>16^sum&0xFFFF)%LastUser + 1)
}

// checkName refuses what could not be shown on one line.
func checkName(name string) error {
	if name == "" || len(name) > MaxName || strings.ContainsFunc(name, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) {
		return fmt.Errorf("name %s, want 1 to %d octets that print", shown(name), MaxName)
	}
	return nil
}

// Explanation says how a name came by its number.
type Explanation struct {
	Name   string
	Hash   uint16   // where the search began
	Passed []Holder // whose numbers it passed, in order
	User   uint16   // where it ended
	Source Source   // who asks for such a table
}

// Holder is a name with its number.
type Holder struct {
	Name string
	Hash uint16 // not the User if others had come before
	User uint16
}

// Explain tells how a name came by its number. It is false for one that has none.
func (u *Users) Explain(name string) (Explanation, bool) {
	user, ok := u.Number(name)
	if !ok {
		return Explanation{}, false
	}
	e := Explanation{Name: name, Hash: Hash(name), User: user, Source: definition}
	for passed := e.Hash; passed != user; passed = next(passed) {
		holder := u.names[passed]
		e.Passed = append(e.Passed, Holder{Name: holder, Hash: Hash(holder), User: passed})
	}
	return e, true
}

// Probes says how many numbers were looked at.
func (e Explanation) Probes() int { return len(e.Passed) + 1 }

// Collisions says how many of the names it passed have its own hash. The others are
// there because of other collisions.
func (e Explanation) Collisions() int {
	collisions := 0
	for _, h := range e.Passed {
		if h.Hash == e.Hash {
			collisions++
		}
	}
	return collisions
}

// String tells it in one line, with the first three of those it passed.
func (e Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is user %d: hash %d", e.Name, e.User, e.Hash)
	for i, h := range e.Passed {
		if i == 3 {
			fmt.Fprintf(&b, ", and %d more", len(e.Passed)-i)
			break
		}
		fmt.Fprintf(&b, ", %d is %s (hash %d)", h.User, h.Name, h.Hash)
	}
	fmt.Fprintf(&b, "; probes %d, collisions %d; %v p.3", e.Probes(), e.Collisions(), e.Source)
	return b.String()
}

// usersColumns are those of the table in a file.
var usersColumns = []string{"user", "name"}

// WriteCSV writes the table, lowest number first.
func (u *Users) WriteCSV(w io.Writer) error {
	lines := [][]string{usersColumns}
	for _, h := range u.holders() {
		lines = append(lines, []string{strconv.Itoa(int(h.User)), h.Name})
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// holders are all that have a number, lowest first.
func (u *Users) holders() []Holder {
	var holders []Holder
	for user, name := range u.names {
		if name != "" {
			holders = append(holders, Holder{Name: name, Hash: Hash(name), User: uint16(user)})
		}
	}
	return holders
}

// ReadUsers reads a table that [Users.WriteCSV] wrote, its lines in any order. It
// refuses one in which a name would not be found.
func ReadUsers(r io.Reader) (*Users, error) {
	u := &Users{}
	err := eachRow(r, usersColumns, func(r *row) {
		user, name := uint16(r.number("user", 16)), r.text("name")
		if err := checkName(name); err != nil {
			r.fail("%w", err)
		}
		if user == ServiceUser {
			r.fail("user 0, want 1 to %d", LastUser)
		}
		if holder, ok := u.Name(user); ok {
			r.fail("user %d is %s already", user, shown(holder))
		}
		u.give(user, name)
	})
	if err != nil {
		return nil, err
	}
	for _, h := range u.holders() {
		if found, _ := u.Number(h.Name); found != h.User {
			return nil, fmt.Errorf("rfc147: user %d is %s, want it at %d, the first free from its hash %d on", h.User, shown(h.Name), found, h.Hash)
		}
	}
	return u, nil
}

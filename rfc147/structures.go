package rfc147

// Structure is a proposal, of those made between February 1970 and January 1972, for
// what the number of a socket should be made of: RFC 129's word for it is socket name
// structure. All mark in the last bit whether the socket sends or receives.
type Structure struct {
	ID         string   // short, for programs: rfc33
	Name       string   // RFC 129, structure 1
	Date       string   // that its document bears, as ISO 8601 writes it: a day; of NIC 8246 a month
	Authors    []string // by their family names
	Fields     []Field  // from the most significant bit on; one may be [HostField]
	AssignedBy Assigner // who gives out the numbers
	User       Answer   // can another host tell the user from the number?
	Repeatable Answer   // does a process get the same number again next time?
	Adopted    bool     // the standard of 1972 has it so
	Sources    []string // documents and pages, the proposal's own first
}

// HostField is the name of the field that is the host where the socket is. Where a
// structure has none, the host stands beside the number.
const HostField = "host"

// Answer is what a structure says to a question: yes, no, or that it depends.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Depends Answer = "depends"
)

// Assigner is who gives out the numbers of a structure.
type Assigner string

// The assigners.
const (
	HomeHost       Assigner = "home host"      // where the user is registered
	OwnHost        Assigner = "host"           // where the socket is
	Administration Assigner = "administration" // of a site, to its programs
	Anyone         Assigner = "anyone"         // a user, a host, or somebody outside
)

// Structures lists them, oldest first. The sources' pages:
//
//   - RFC 33 p.6 has user number (24 bits, "generally" 8 of the home host and 16), host
//     and AEN; figure 3 on p.19 has their order. RFC 54 p.3 and p.8 keep the 40 bits but
//     put 32 into the commands.
//   - RFC 129 p.1 has structures 1 and 2, p.2 to 5 who would give out the numbers, p.5
//     and 6 scheme 4 with the format of Rand.
//   - RFC 147 p.3 is [Layout].
//   - RFC 167 p.2 sets the divisions aside, p.3 and 4 say why.
//   - NIC 8246 p.9 leaves all but the last bit to each host.
func Structures() []Structure {
	layout := Layout()
	gender := Field{"gender", 32, 1}
	return []Structure{
		{
			ID: "rfc33", Name: "RFC 33", Date: "1970-02-12", Authors: []string{"Crocker", "Carr", "Cerf"},
			Fields:     []Field{{"home", 1, 8}, {"user", 9, 16}, {HostField, 25, 8}, {"AEN", 33, 8}},
			AssignedBy: HomeHost, User: Yes, Repeatable: Yes,
			Sources: []string{"RFC 33 p.6-7", "RFC 54 p.8"},
		},
		{
			ID: "rfc129-1", Name: "RFC 129, structure 1", Date: "1971-04-22", Authors: []string{"Harslem", "Heafner", "Meyer"},
			Fields:     []Field{{"arbitrary", 1, 31}, gender},
			AssignedBy: Anyone, User: Depends, Repeatable: Depends,
			Sources: []string{"RFC 129 p.1-4", "RFC 129 p.6"},
		},
		{
			ID: "rfc129-2", Name: "RFC 129, structure 2", Date: "1971-04-22", Authors: []string{"Harslem", "Heafner", "Meyer"},
			Fields:     []Field{{"user ID", 1, 24}, {"tag", 25, 7}, gender},
			AssignedBy: HomeHost, User: Yes, Repeatable: Yes,
			Sources: []string{"RFC 129 p.1", "RFC 129 p.4-5", "RFC 167 p.2"},
		},
		{
			ID: "rfc129-4", Name: "RFC 129, scheme 4", Date: "1971-04-22", Authors: []string{"Harslem", "Heafner", "Meyer"},
			Fields:     []Field{{"program", 1, 24}, {"multiplex", 25, 7}, gender},
			AssignedBy: Administration, User: No, Repeatable: Depends,
			Sources: []string{"RFC 129 p.5-6"},
		},
		{
			ID: "rfc147", Name: "RFC 147", Date: "1971-05-07", Authors: []string{"Winett"},
			Fields:     layout[:],
			AssignedBy: HomeHost, User: Yes, Repeatable: Yes,
			Sources: []string{"RFC 147 p.3", "RFC 167 p.2"},
		},
		{
			ID: "rfc167", Name: "RFC 167", Date: "1971-05-24", Authors: []string{"Bhushan", "Metcalfe", "Winett"},
			Fields:     []Field{{"undivided", 1, 31}, gender},
			AssignedBy: OwnHost, User: No, Repeatable: Yes, Adopted: true,
			Sources: []string{"RFC 167 p.2-4"},
		},
		{
			ID: "nic8246", Name: "NIC 8246", Date: "1972-01", Authors: []string{"McKenzie"},
			Fields:     []Field{{"free", 1, 31}, gender},
			AssignedBy: OwnHost, User: No, Repeatable: Depends, Adopted: true,
			Sources: []string{"NIC 8246 p.9", "RFC 433 p.1", "RFC 503 p.1"},
		},
	}
}

// Bits is how long the number is: 32, or 40 with the host inside.
func (t Structure) Bits() int {
	last := t.Fields[len(t.Fields)-1]
	return last.First + last.Len - 1
}

// HostInside says whether the host is a part of the number.
func (t Structure) HostInside() bool { return t.Bits() > 32 }

// Read takes a socket that is at a host for a number of this structure, and gives the
// value of each of its fields. Whether it sends is its polarity, as ever.
func (t Structure) Read(host uint8, s Socket) []uint32 {
	values := make([]uint32, len(t.Fields))
	rest := 32 // bits of the socket that are not read yet
	for i, f := range t.Fields {
		if f.Name == HostField {
			values[i] = uint32(host)
			continue
		}
		rest -= f.Len
		values[i] = uint32(s) >> rest & f.Max()
	}
	return values
}

// Number is the whole number that the structure has for a socket at a host: the socket
// itself, or its 40 bits with the host inside.
func (t Structure) Number(host uint8, s Socket) uint64 {
	n := uint64(0)
	for i, value := range t.Read(host, s) {
		n = n<<t.Fields[i].Len | uint64(value)
	}
	return n
}

package rfc147

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Three names that hash to 248, the first ones of three letters.
var alike = []string{"aeo", "ctc", "hsn"}

func register(t require.TestingT, u *Users, names ...string) {
	for _, name := range names {
		_, err := u.Register(name)
		require.NoError(t, err, name)
	}
}

func TestTheHashIsTheSameForEver(t *testing.T) {
	for name, want := range map[string]uint16{
		"winett": 41697, "cerf": 62282, "crocker": 52485, "postel": 59585, "a": 52513, "LL-67 logger": 59995, // computed apart
		"aeo": 248, "ctc": 248, "hsn": 248,
	} {
		require.Equal(t, want, Hash(name), name)
	}
	rapid.Check(t, func(t *rapid.T) {
		require.NotEqual(t, uint16(ServiceUser), Hash(rapid.String().Draw(t, "name")))
	})
}

func TestPage3ANameHasOneNumberAndKeepsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, numbers := &Users{}, map[string]uint16{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(append([]string{"don", "zsg", "winett", "cerf"}, alike...)), 0, 20).Draw(t, "names") {
			user, err := u.Register(name)
			require.NoError(t, err)
			if had, ok := numbers[name]; ok {
				require.Equal(t, had, user, "the same at a later time")
			}
			numbers[name] = user
		}
		require.Equal(t, len(numbers), u.Len())
		seen := map[uint16]bool{ServiceUser: true}
		for name, user := range numbers {
			require.False(t, seen[user], "unique, and not that of the services")
			seen[user] = true
			found, ok := u.Number(name)
			require.True(t, ok)
			require.Equal(t, user, found)
			holder, ok := u.Name(user)
			require.True(t, ok)
			require.Equal(t, name, holder)
		}
	})
	var u Users
	_, ok := u.Number("nobody")
	require.False(t, ok)
	_, ok = u.Name(ServiceUser)
	require.False(t, ok)
}

// What the order of registration decides, the table keeps; so it is the table that
// makes a number repeatable, not the hash.
func TestPage3ATableThatWasKeptNumbersAsBefore(t *testing.T) {
	first, second := &Users{}, &Users{}
	register(t, first, "aeo", "ctc")
	register(t, second, "ctc", "aeo")
	require.False(t, *first == *second)

	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.SampledFrom(alike), rapid.StringMatching(`[ -~]{1,8}`))
		u := &Users{}
		register(t, u, rapid.SliceOf(name).Draw(t, "names")...)
		var kept bytes.Buffer
		require.NoError(t, u.WriteCSV(&kept))
		lines := strings.SplitAfter(strings.TrimSuffix(kept.String(), "\n"), "\n")
		lines[len(lines)-1] += "\n"
		shuffled := strings.Join(append(lines[:1:1], rapid.Permutation(lines[1:]).Draw(t, "lines")...), "")
		again, err := ReadUsers(strings.NewReader(shuffled))
		require.NoError(t, err)
		require.True(t, *u == *again)

		later := rapid.SliceOf(name).Draw(t, "later")
		register(t, u, later...)
		register(t, again, later...)
		require.True(t, *u == *again)
	})
}

func TestANumberIsExplainedByHashProbesAndCollisions(t *testing.T) {
	var u Users
	register(t, &u, alike...)
	// 249 and 250 are ctc's and hsn's, whose own is 248.
	e, ok := u.Explain("hsn")
	require.True(t, ok)
	require.Equal(t, Explanation{
		Name: "hsn", Hash: 248, User: 250, Source: definition,
		Passed: []Holder{{"aeo", 248, 248}, {"ctc", 248, 249}},
	}, e)
	require.Equal(t, 3, e.Probes())
	require.Equal(t, 2, e.Collisions())

	// A name that hashes to a number taken by a collision of others is moved, too.
	moved := nameOf(t, 249)
	register(t, &u, moved)
	e, _ = u.Explain(moved)
	require.Equal(t, fmt.Sprintf("%s is user 251: hash 249, 249 is ctc (hash 248), 250 is hsn (hash 248); probes 3, collisions 0; RFC 147 p.3", moved), e.String())

	more := nameOf(t, 248)
	register(t, &u, more)
	e, _ = u.Explain(more)
	require.Contains(t, e.String(), "250 is hsn (hash 248), and 1 more; probes 5, collisions 3; RFC 147 p.3")
	_, ok = u.Explain("nobody")
	require.False(t, ok)
}

// nameOf finds a name with a hash.
func nameOf(t *testing.T, hash uint16) string {
	t.Helper()
	for i := range 10_000_000 {
		if name := fmt.Sprintf("n%d", i); Hash(name) == hash {
			return name
		}
	}
	t.Fatalf("no name hashes to %d", hash)
	return ""
}

func TestAfter65535ComesUser1(t *testing.T) {
	var u Users
	last := nameOf(t, LastUser)
	u.give(LastUser, "holder")
	user, err := u.Register(last)
	require.NoError(t, err)
	require.Equal(t, uint16(1), user)
	e, ok := u.Explain(last)
	require.True(t, ok)
	require.Equal(t, []Holder{{"holder", Hash("holder"), LastUser}}, e.Passed)
}

func TestTheLastFreeNumberIsFound(t *testing.T) {
	u := &Users{}
	for user := uint16(1); user != ServiceUser; user++ {
		if user != 247 {
			u.give(user, "holder")
		}
	}
	user, err := u.Register("aeo") // from 248 on
	require.NoError(t, err)
	require.Equal(t, uint16(247), user)
}

func TestAFullTableRefusesTheNextNameInOneLine(t *testing.T) {
	u := &Users{}
	for i := range LastUser {
		register(t, u, fmt.Sprintf("user %d", i))
	}
	require.Equal(t, LastUser, u.Len())
	_, err := u.Register("winett")
	require.EqualError(t, err, "rfc147: user winett: all 65535 numbers are given, and user 0 is the services'")
	register(t, u, "user 7") // who has a number keeps it
	_, ok := u.Number("winett")
	require.False(t, ok)

	var kept bytes.Buffer
	require.NoError(t, u.WriteCSV(&kept))
	again, err := ReadUsers(&kept)
	require.NoError(t, err)
	require.True(t, *u == *again)
}

func TestANameIsOneLineOfAtMost255Octets(t *testing.T) {
	var u Users
	for name, want := range map[string]string{
		"":                       `rfc147: name "", want 1 to 255 octets that print`,
		"a\nb":                   `rfc147: name "a\nb", want 1 to 255 octets that print`,
		"\xff":                   `rfc147: name "\xff", want 1 to 255 octets that print`,
		strings.Repeat("a", 256): `rfc147: name "` + strings.Repeat("a", 40) + `", want 1 to 255 octets that print`,
	} {
		_, err := u.Register(name)
		require.EqualError(t, err, want)
	}
	register(t, &u, strings.Repeat("a", 255), "김철수", " a", `"quoted", twice`)
}

func TestATableIsRefusedInWhichANameWouldNotBeFound(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "rfc147: header \"\", want user,name",
		"name,user\n":                     "rfc147: header name,user, want user,name",
		"user,name\n248\n":                "rfc147: record on line 2: wrong number of fields",
		"user,name\n248,aeo\n248,ctc\n":   "rfc147: entry 2: user 248 is aeo already",
		"user,name\n0,aeo\n":              "rfc147: entry 1: user 0, want 1 to 65535",
		"user,name\n65536,aeo\n":          "rfc147: entry 1: user 65536, want a number of 16 bits",
		"user,name\n248,\n":               `rfc147: entry 1: name "", want 1 to 255 octets that print`,
		"user,name\n249,aeo\n":            "rfc147: user 249 is aeo, want it at 248, the first free from its hash 248 on",
		"user,name\n248,aeo\n249,aeo\n":   "rfc147: user 249 is aeo, want it at 248, the first free from its hash 248 on",
		"user,name\n248,aeo\n250,ctc\n":   "rfc147: user 250 is ctc, want it at 249, the first free from its hash 248 on",
		"user,name\n248,\"aeo\n249,ctc\n": "rfc147: record on line 2; parse error on line 3, column 9: extraneous or missing \" in quoted-field",
	} {
		_, err := ReadUsers(strings.NewReader(text))
		require.EqualError(t, err, want)
	}
	require.Error(t, (&Users{}).WriteCSV(brokenWriter{}))
}

// brokenWriter writes nothing.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func FuzzReadUsers(f *testing.F) {
	f.Add("user,name\n248,aeo\n249,ctc\n")
	f.Add("user,name\n1,\"a\"\"b\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ReadUsers(strings.NewReader(text))
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "rfc147: "), err)
			require.NotContains(t, err.Error(), "\n")
			return
		}
		var kept bytes.Buffer
		require.NoError(t, u.WriteCSV(&kept))
		again, err := ReadUsers(&kept)
		require.NoError(t, err)
		require.True(t, *u == *again)
	})
}

func BenchmarkRegister(b *testing.B) {
	for _, given := range []int{1_000, 32_768, 60_000} {
		b.Run(fmt.Sprintf("with %d given", given), func(b *testing.B) {
			var u Users
			for i := range given {
				register(b, &u, fmt.Sprintf("user %d", i))
			}
			b.ReportAllocs()
			for b.Loop() { // a name that is there: the search is the same
				register(b, &u, "user 999")
			}
		})
	}
}

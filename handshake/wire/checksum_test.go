package wire

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
)

// edges are the words at which carries begin and end.
var edges = [...]uint64{0, 1, 2, 0x7fff, 0x8000, 0xfffe, 0xffff}

// wide is every number of four such words.
func wide() []uint64 {
	all := []uint64{0}
	for range 4 {
		var longer []uint64
		for _, n := range all {
			for _, word := range edges {
				longer = append(longer, n<<16|word)
			}
		}
		all = longer
	}
	return all
}

// A ones' complement sum is the remainder by 65535, and FFFF is its other zero, the
// one that a sum of anything but zeros takes.
func remainder(n *big.Int) uint16 {
	r := uint16(new(big.Int).Mod(n, big.NewInt(0xffff)).Uint64())
	if r == 0 && n.Sign() != 0 {
		return 0xffff
	}
	return r
}

// RFC 1071 section 2: words of any width may be summed, and folded at the end.
func TestFoldingLosesNoCarry(t *testing.T) {
	for _, n := range wide() {
		require.Equal(t, remainder(new(big.Int).SetUint64(n)), ^fold(bits.ReverseBytes64(n)), "%#x", n)
	}
}

func TestAddingLosesNoCarry(t *testing.T) {
	ones := ^uint64(0)
	for _, n := range wide() {
		for _, words := range [][]uint64{{n}, {ones, n}, {n, ones}, {ones, n, ones}, {ones - n, ones, ones}, {n, n, n, n, n}} {
			var octets []byte
			total := new(big.Int).SetUint64(n)
			for _, word := range words {
				octets = binary.BigEndian.AppendUint64(octets, word)
				total.Add(total, new(big.Int).SetUint64(word))
			}
			require.Equal(t, remainder(total), ^fold(add(bits.ReverseBytes64(n), octets)), "%#x and %#x", n, words)
		}
	}
}

func BenchmarkChecksum(b *testing.B) {
	for _, size := range []int{20, 1460, 65495} {
		octets := make([]byte, size)
		b.Run(fmt.Sprintf("%d octets", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var sum uint16
			for b.Loop() {
				sum = fold(add(protocolTCP, octets))
			}
			require.NotZero(b, sum)
		})
	}
}

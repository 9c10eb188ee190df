package tcp

// Options are those of a segment that this TCP understands. The zero Options are none.
type Options struct {
	MSS           uint16 // Maximum Segment Size, octets; 0: no such option (RFC 9293 3.2)
	WindowScale   bool   // Window Scale (RFC 7323 2.2)
	Shift         uint8  // its shift.cnt
	SACKPermitted bool   // SACK-Permitted (RFC 2018 2)
	Timestamps    bool   // Timestamps (RFC 7323 3.2)
	TSval, TSecr  uint32 // its values
	SACK          [MaxSACK]Block
}

// MaxSACK bounds the blocks of a SACK option: four fill the 40 octets that options can
// have (RFC 2018 3).
const MaxSACK = 4

// Block is a run of octets that have arrived: from Left up to, not including, Right (RFC
// 2018 3). The empty Block is none.
type Block struct{ Left, Right uint32 }

// Len is how many octets the options take in a header, padded to whole words (RFC 9293
// 3.1).
func (p *Options) Len() int {
	n := 0
	if p.MSS != 0 {
		n += 4
	}
	if p.WindowScale {
		n += 3
	}
	if p.SACKPermitted {
		n += 2
	}
	if p.Timestamps {
		n += 10
	}
	if blocks := p.Blocks(); blocks > 0 {
		n += 2 + 8*blocks
	}
	return (n + 3) &^ 3
}

// Blocks counts the SACK blocks: beside Timestamps there is room for three (RFC 2018 3).
func (p *Options) Blocks() int {
	room := MaxSACK
	if p.Timestamps {
		room--
	}
	n := 0
	for n < room && p.SACK[n] != (Block{}) {
		n++
	}
	return n
}

package rfc147

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// String writes the socket as RFC 147 p.3 does: x'0A000001'. The RFC's own has a
// blank inside, x'0A0000 01', which [Parse] reads too.
func (s Socket) String() string { return fmt.Sprintf("x'%08X'", uint32(s)) }

// Hex writes 0x0A000001.
func (s Socket) Hex() string { return fmt.Sprintf("0x%08X", uint32(s)) }

// Decimal writes 167772161, as the socket number lists do (RFC 433).
func (s Socket) Decimal() string { return strconv.FormatUint(uint64(s), 10) }

// Octal writes 0o1200000001.
func (s Socket) Octal() string { return fmt.Sprintf("0o%o", uint32(s)) }

// Fields writes home/user/plug/polarity in decimal: 10/0/0/send.
func (s Socket) Fields() string {
	return fmt.Sprintf("%d/%d/%d/%v", s.Home(), s.User(), s.Plug(), s.Polarity())
}

// Short writes home/user/plug and the polarity's first letter: 10/0/0/s. It fits a ladder's line.
func (s Socket) Short() string {
	return fmt.Sprintf("%d/%d/%d/%.1s", s.Home(), s.User(), s.Plug(), s.Polarity())
}

// Parse reads a socket in any notation that this package writes, in upper or lower
// case: x'0A000001', also with blanks between the digits, 0x0A000001, 167772161,
// 0o1200000001, 10/0/0/send, 10/0/0/s. The numbers between the slashes may be hexadecimal or
// octal too. The error names what is wrong and what would be right.
func Parse(text string) (Socket, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(strings.ToLower(text), "x'") {
		return parseQuoted(text)
	}
	if strings.Contains(text, "/") {
		return parseFields(text)
	}
	n, err := number(text, 32)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("rfc147: socket %s, want 0 to 0xFFFFFFFF (32 bits)", shown(text))
	}
	if err != nil {
		return 0, fmt.Errorf("rfc147: socket %s, want a form like x'0A000001', 0x0A000001, 167772161, 0o1200000001 or 10/0/0/send", shown(text))
	}
	return Socket(n), nil
}

// parseQuoted reads x'0A0000 01'.
func parseQuoted(text string) (Socket, error) {
	digits, closed := strings.CutSuffix(text[len("x'"):], "'")
	digits = strings.ReplaceAll(digits, " ", "")
	n, err := strconv.ParseUint(digits, 16, 32)
	if !closed || len(digits) != 8 || err != nil {
		return 0, fmt.Errorf("rfc147: socket %s, want 8 hex digits between two quotes, like x'0A000001'", shown(text))
	}
	return Socket(n), nil
}

// parseFields reads home/user/plug/polarity.
func parseFields(text string) (Socket, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 4 {
		return 0, fmt.Errorf("rfc147: %d fields in %s, want 4: home/user/plug/send or home/user/plug/receive", len(parts), shown(text))
	}
	values, err := parseNumbers(parts[:3])
	if err != nil {
		return 0, err
	}
	for _, polarity := range []Polarity{Receives, Sends} {
		if word := strings.ToLower(parts[3]); word == polarity.String() || word == polarity.String()[:1] {
			return New(uint8(values[0]), uint16(values[1]), uint8(values[2]), polarity)
		}
	}
	return 0, fmt.Errorf("rfc147: polarity %s, want send or receive", shown(parts[3]))
}

// parseNumbers reads the first fields of a socket.
func parseNumbers(parts []string) ([3]uint64, error) {
	var values [3]uint64
	layout := Layout()
	for i, f := range layout[:len(parts)] {
		var err error
		if values[i], err = number(parts[i], f.Len); err != nil {
			return values, fmt.Errorf("rfc147: %s %s, want 0 to %d", f.Name, shown(parts[i]), f.Max())
		}
	}
	return values, nil
}

// number reads 10, 0x0A or 0o12 of at most so many bits.
func number(text string, bits int) (uint64, error) {
	low := strings.ToLower(text)
	if digits, ok := strings.CutPrefix(low, "0x"); ok {
		return strconv.ParseUint(digits, 16, bits)
	}
	if digits, ok := strings.CutPrefix(low, "0o"); ok {
		return strconv.ParseUint(digits, 8, bits)
	}
	return strconv.ParseUint(low, 10, bits)
}

// shown makes foreign text fit for an error of one line: quoted if it is empty, is
// cut to 40 characters, or has something that does not print.
func shown(text string) string {
	quoted := fmt.Sprintf("%.40q", text)
	if text != "" && quoted == `"`+text+`"` {
		return text
	}
	return quoted
}

package tui

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"
)

// openTerminal finds out which glyphs the terminal can draw, by config.toml's setting
// or else by asking, and gives the Tty to make the screen with; nil stands for
// tcell's own choice. Nothing is asked where the locale is not UTF-8, since tcell then
// sends ASCII; where RUNEWIDTH_EASTASIAN, which tcell heeds, says that the glyphs are
// two columns wide; and where no terminal of that kind is: tcell will say so.
func openTerminal(getenv func(string) string, setting string) (tcell.Tty, Glyphs, error) {
	wide, _ := strconv.ParseBool(getenv("RUNEWIDTH_EASTASIAN"))
	switch {
	case setting == "line":
		return nil, LineGlyphs(), nil
	case setting == "ascii", wide, !isUTF8(getenv), getenv("TERM") == "dumb", runtime.GOOS == "windows":
		return nil, ASCIIGlyphs(), nil
	}
	tty, err := tcell.NewDevTty()
	if err != nil {
		return nil, ASCIIGlyphs(), nil
	}
	return probe(tty, probeTime)
}

// isUTF8 reads the locale in the order of POSIX, and as tcell does: only C, POSIX and
// those that name another character set are not UTF-8.
func isUTF8(getenv func(string) string) bool {
	locale := cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"))
	if locale == "C" || locale == "POSIX" {
		return false
	}
	_, charset, named := strings.Cut(locale, ".")
	charset, _, _ = strings.Cut(strings.ToLower(charset), "@")
	return !named || charset == "utf-8" || charset == "utf8"
}

// probeTime is how long a terminal may take to tell where its cursor is. One on this
// machine takes about a millisecond, one across an ocean 200; one that never answers
// keeps the user waiting once.
const probeTime = 300 * time.Millisecond

// cursorReport is a terminal's answer to "where is the cursor?": row and column.
var cursorReport = regexp.MustCompile(`\x1b\[[0-9]+;([0-9]+)R`)

// probe prints one ─ at the beginning of the line and asks where the cursor is. If
// the glyph took two columns, or no answer comes in time, the glyphs are ASCII. What
// the user types meanwhile is kept for the screen that is made with the Tty.
func probe(tty tcell.Tty, limit time.Duration) (tcell.Tty, Glyphs, error) {
	p := &probedTty{Tty: tty}
	if err := p.Start(); err != nil {
		return nil, Glyphs{}, fmt.Errorf("terminal: %w", err)
	}
	p.started = true
	line := LineGlyphs()
	if _, err := fmt.Fprintf(p, "\r%s\x1b[6n\r\x1b[K", line.Horizontal); err != nil {
		return nil, Glyphs{}, fmt.Errorf("terminal: %w", err)
	}
	deadline := time.After(limit)
	for {
		select {
		case read := <-p.reads:
			p.typed = append(p.typed, read.bytes...)
			if at := cursorReport.FindSubmatchIndex(p.typed); at != nil {
				one := string(p.typed[at[2]:at[3]]) == "2"
				p.typed = append(p.typed[:at[0]:at[0]], p.typed[at[1]:]...)
				if one {
					return p, line, nil
				}
				return p, ASCIIGlyphs(), nil
			}
			if read.err != nil {
				return nil, Glyphs{}, fmt.Errorf("terminal: %w", read.err)
			}
		case <-deadline:
			return p, ASCIIGlyphs(), nil
		}
	}
}

// probedTty is a Tty that gives the bytes typed during the probe first. A goroutine
// reads ahead from Start until Stop, since a read of a terminal has no time limit.
type probedTty struct {
	tcell.Tty
	started bool // by the probe, on behalf of the screen
	reads   chan ttyRead
	typed   []byte
}

type ttyRead struct {
	bytes []byte
	err   error
}

func (p *probedTty) Start() error {
	if p.started {
		p.started = false
		return nil
	}
	if err := p.Tty.Start(); err != nil {
		return err
	}
	reads := make(chan ttyRead, 1)
	p.reads = reads
	go func() {
		for {
			b := make([]byte, 128)
			n, err := p.Tty.Read(b)
			reads <- ttyRead{b[:n], err}
			if err != nil {
				return
			}
		}
	}()
	return nil
}

func (p *probedTty) Read(b []byte) (int, error) {
	var err error
	if len(p.typed) == 0 {
		read := <-p.reads
		p.typed, err = read.bytes, read.err
	}
	n := copy(b, p.typed)
	p.typed = p.typed[n:]
	return n, err
}

package tui

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

// threeWay starts the default scenario on a wire in memory.
func threeWay() (*handshake.Timeline, error) {
	s, err := handshake.Load("three-way")
	if err != nil {
		return nil, err
	}
	return handshake.NewTimeline(context.Background(), model.Engine{Wire: wire.InMemory}, s)
}

// spoken is what plain mode answers to lines.
func spoken(t *testing.T, lang string, lines ...string) string {
	t.Helper()
	timeline, err := threeWay()
	require.NoError(t, err)
	defer timeline.Close()
	var out strings.Builder
	require.NoError(t, Plain(t.Context(), timeline, lang, strings.NewReader(strings.Join(append(lines, ""), "\n")), &out))
	return out.String()
}

func TestPlainSpeaksBothLanguages(t *testing.T) {
	for lang, lines := range map[string][]string{
		"en": {
			"", "next", "", "", "", "", "", "", "Next ", "choose", "2", "go 9", "double", "futures", "future 1", "future 3", "go 3", "go x",
			"lose", "back", "again", "99", "help", "fly away", "quit", "next",
		},
		"ko": {
			"", "다음", "", "", "", "", "", "", " 다음", "선택", "2", "이동 9", "복제", "전개", "전개 1", "전개 3", "이동 3", "이동 x",
			"손실", "이전", "다시", "99", "도움말", "날아가", "끝", "다음",
		},
	} {
		t.Run(lang, func(t *testing.T) {
			handshaketest.Golden(t, "plain/session-"+lang+".txt", spoken(t, lang, lines...))
		})
	}
}

var question = regexp.MustCompile(`(?ms)^(Next|다음|The script is over|대본이 끝났다)[^\n]*?(Or type|다른 명령|Type|명령).*?(quit|끝):\n`)

// lastAnswer is what was said between the last two questions.
func lastAnswer(t *testing.T, lang string, lines ...string) string {
	t.Helper()
	answers := question.Split(spoken(t, lang, lines...), -1)
	return answers[len(answers)-2]
}

func TestPlainAnswersInOneLineWhatItCannotDo(t *testing.T) {
	for _, c := range []struct{ lang, line, want string }{
		{"en", "lose", "No segment is in flight.\n"},
		{"ko", "손실", "전송 중인 세그먼트가 없다.\n"},
		{"en", "7", "choice 7, allowed 1 to 2\n"},
		{"en", "0", "choice 0, allowed 1 to 2\n"},
		{"en", "go far", "step \"far\", allowed: a number from 0 on\n"},
		{"en", "go -1", "step \"-1\", allowed: a number from 0 on\n"},
		{"en", "future 5", "future \"5\", allowed 1 to 0\n"},
		{"en", "futures", "Things went only one way so far.\n"},
		{"en", "go", "command \"go\", allowed: Enter, a number, next, back, lose, double,\nchoose, again, go N, futures, future N, language, help, quit\n"},
	} {
		require.Equal(t, c.want, lastAnswer(t, c.lang, c.line), "%s: %s", c.lang, c.line)
	}
}

func TestPlainGoesToTheEndAndSaysSo(t *testing.T) {
	require.Equal(t, "The script is over: nothing comes next.\n", lastAnswer(t, "en", "go 9999"))
	out := spoken(t, "ko", "go 9999", "next", "choose")
	require.Contains(t, out, "대본이 끝났다. 다음에 올 것이 없다.\n대본이 끝났다. 명령: 이전, 손실, 선택, 다시, 도움말, 끝:\n")
}

// "Again" tells the very same step, and back undoes forward.
func TestPlainBackAndAgainTellTheSameStep(t *testing.T) {
	third := lastAnswer(t, "en", "", "", "")
	require.Contains(t, third, "Step 3. The server called listen(3, 8); it returned 0.\n")
	require.Equal(t, third, lastAnswer(t, "en", "", "", "", "again"))
	require.Equal(t, third, lastAnswer(t, "en", "", "", "", "", "back"))
	require.Equal(t, third, lastAnswer(t, "en", "go 3"))
	require.Equal(t, "Step 0. Nothing has happened yet.\n", lastAnswer(t, "en", "back", "back"))
}

// Either language's words are understood at any time; what is said changes.
func TestPlainChangesItsLanguage(t *testing.T) {
	require.Equal(t, lastAnswer(t, "ko", "다음"), lastAnswer(t, "en", "next", "language"))
	require.Equal(t, lastAnswer(t, "en", "next"), lastAnswer(t, "en", "다음"))
}

// A screen reader spells such characters out; a terminal's control characters never
// come through, not even from what was typed.
func TestPlainDrawsNothing(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		lines := []string{"\x1b[2J", "choose", "help", "futures"}
		for range 40 {
			lines = append(lines, "", "choose")
		}
		out := spoken(t, lang, lines...)
		require.NotContains(t, out, "\x1b")
		require.NotRegexp(t, `[<>|│─┌┐└┘{}]`, out)
		for line := range strings.SplitSeq(out, "\n") {
			require.LessOrEqual(t, width(line), 72, line)
		}
	}
}

func TestPlainEndsQuietlyWithItsInput(t *testing.T) {
	require.Contains(t, spoken(t, "en"), "Step 0. Nothing has happened yet.\nNext: the server calls socket(). Enter: do it.")
}

func TestPlainTellsWhichEndOfThePipeFailed(t *testing.T) {
	timeline, err := threeWay()
	require.NoError(t, err)
	defer timeline.Close()
	gone := errors.New("gone")
	require.Equal(t, gone, Plain(t.Context(), timeline, "en", strings.NewReader("\n\n"), badWriter{gone}))
	require.ErrorIs(t, Plain(t.Context(), timeline, "en", iotest.ErrReader(gone), io.Discard), gone)
	long := strings.NewReader(strings.Repeat("x", bufio.MaxScanTokenSize+1))
	require.EqualError(t, Plain(t.Context(), timeline, "en", long, io.Discard), "tui: input: bufio.Scanner: token too long")
}

type badWriter struct{ err error }

func (w badWriter) Write([]byte) (int, error) { return 0, w.err }

func TestPlainEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timeline, err := threeWay()
		require.NoError(t, err)
		defer timeline.Close()
		ctx, cancel := context.WithCancel(t.Context())
		in, typing := io.Pipe()
		done := make(chan error)
		go func() { done <- Plain(ctx, timeline, "en", in, io.Discard) }()
		synctest.Wait()
		cancel()
		require.NoError(t, <-done)
		typing.Close() // the goroutine that reads can end
	})
}

func TestPlainNeverPanics(t *testing.T) {
	known := []string{"", "next", "back", "lose", "double", "choose", "again", "go 5", "go 40", "futures", "future 1", "future 2", "language", "help", "1", "2", "3", "6"}
	rapid.Check(t, func(r *rapid.T) {
		timeline, err := threeWay()
		require.NoError(r, err)
		defer timeline.Close()
		lines := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(known), rapid.String()), 0, 15).Draw(r, "lines")
		var out strings.Builder
		in := strings.NewReader(strings.Join(lines, "\n"))
		require.NoError(r, Plain(context.Background(), timeline, rapid.SampledFrom([]string{"en", "ko"}).Draw(r, "lang"), in, &out))
		require.NotEmpty(r, out.String())
	})
}

// plainChild is plain mode as a program of its own.
func plainChild() int {
	timeline, err := threeWay()
	if err == nil {
		err = Plain(context.Background(), timeline, "en", os.Stdin, os.Stdout)
	}
	if err != nil {
		return 1
	}
	return 0
}

func TestPlainOnATerminal(t *testing.T) {
	c := run(t, "plain", 80, 24)
	c.see("help, quit:")
	c.keys("\r")
	c.see("Step 1. The server called socket(); it returned 3.")
	c.keys("back\r")
	c.until("back at the start", func(s string) bool { return strings.Count(s, "Step 0.") == 2 })
	require.False(t, c.vt.alternate, "the terminal keeps what was said")
	c.keys("\x04") // the end of the input
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}

func TestPlainModeWaitsForAKernelAndSaysSo(t *testing.T) {
	for lang, says := range map[string][]string{
		"en": {"Waiting up to 5 seconds until something happens by itself.", "Another way needs a new start. 3 steps were repeated to get here."},
		"ko": {"저절로 일이 일어날 때까지 5초까지 기다린다.", "다른 전개로 가려고 새로 시작했다. 여기까지 3단계를 다시 실행했다."},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := &clockwork{worlds: []*world{newWorld(), newWorld()}}
			var out strings.Builder
			in := strings.NewReader("next\nnext\nnext\nnext\nback\nlose\nquit\n")
			require.NoError(t, Plain(t.Context(), living(e)(t), lang, in, &out))
			for _, text := range says {
				require.Contains(t, out.String(), text)
			}
			require.Equal(t, 2, e.starts)
		})
	}
}

package tui

import "strings"

// The two-set layout, KS X 5002: which letter keys make which jamo. Under Shift only
// seven keys send another jamo, here in capitals.
const (
	jamo       = "ㄱ ㄲ ㄴ ㄷ ㄸ ㄹ ㅁ ㅂ ㅃ ㅅ ㅆ ㅇ ㅈ ㅉ ㅊ ㅋ ㅌ ㅍ ㅎ ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅘ ㅙ ㅚ ㅛ ㅜ ㅝ ㅞ ㅟ ㅠ ㅡ ㅢ ㅣ ㄳ ㄵ ㄶ ㄺ ㄻ ㄼ ㄽ ㄾ ㄿ ㅀ ㅄ"
	jamoLetter = "r R s e E f a q Q t T d w W c z x v g k o i O j p u P h hk ho hl y n nj np nl b m ml l rt sw sg fr fa fq ft fx fv fg qt"

	// The order in which Unicode 3.12 builds syllables; no final is the first final.
	initials = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
	vowels   = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
	finals   = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
)

// hangulLetters gives the letter keys that were pressed to type a jamo or a syllable:
// 외 is dhl. It is empty for any other rune.
func hangulLetters(r rune) string {
	if r < '가' || r > '힣' {
		return jamoLetters(r)
	}
	nth := func(s string, i int) string { return jamoLetters([]rune(s)[i]) }
	i := int(r - '가')
	letters := nth(initials, i/(21*28)) + nth(vowels, i/28%21)
	if final := i % 28; final > 0 {
		letters += nth(finals, final-1)
	}
	return letters
}

func jamoLetters(r rune) string {
	letters := strings.Fields(jamoLetter)
	for i, j := range strings.Fields(jamo) {
		if j == string(r) {
			return letters[i]
		}
	}
	return ""
}

// jamoOf gives the jamo on a letter key, empty for other keys.
func jamoOf(letter string) string {
	jamo := strings.Fields(jamo)
	for i, l := range strings.Fields(jamoLetter) {
		if l == letter {
			return jamo[i]
		}
	}
	return ""
}

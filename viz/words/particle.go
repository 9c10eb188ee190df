package words

import (
	"strings"
	"unicode/utf8"
)

// particle chooses between the two forms of a Korean particle, such as 이/가, by the
// sound that the word ends in: the first follows a consonant.
func particle(word, forms string) string {
	afterConsonant, afterVowel, _ := strings.Cut(forms, "/")
	if endsInConsonant(word) {
		return afterConsonant
	}
	return afterVowel
}

// endsInConsonant reports how a Korean reader pronounces a word's end. Letters and
// digits go by their names (엘, 일); a Latin word by its last letters, which is right
// for the names that hosts usually have.
func endsInConsonant(word string) bool {
	last, size := utf8.DecodeLastRuneInString(word)
	before, _ := utf8.DecodeLastRuneInString(word[:len(word)-size])
	switch {
	case last >= '가' && last <= '힣':
		const finals = 28 // of each initial and vowel, the first is none (Unicode 3.12)
		return (last-'가')%finals != 0
	case strings.ContainsRune("LMNR013678lmn", last):
		return true
	case strings.ContainsRune("bckpt", last): // bob is 밥, but host is 호스트
		return strings.ContainsRune("aeiouc", before)
	}
	return last == 'g' && before == 'n'
}

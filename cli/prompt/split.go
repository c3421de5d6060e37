package prompt

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// errOpenQuote means that the line ends inside quotes or after a backslash. The text is that of the AWS CLI.
var errOpenQuote = errors.New("No closing quotation")

// Split splits a line into words as a shell does, with quotes, backslashes and $'...'.
// Source: POSIX, Shell Command Language, "Quoting".
func Split(line string) ([]string, error) {
	words, open, err := split(line)
	if err != nil {
		return nil, err
	}
	if open != nil {
		words = append(words, *open)
	}
	return words, nil
}

// split returns the words that a space ends, and the last word if no space follows it, otherwise nil.
func split(line string) (words []string, open *string, err error) {
	runes := []rune(line)
	var b strings.Builder
	inWord := false
	for i := 0; i < len(runes); {
		if unicode.IsSpace(runes[i]) {
			if inWord {
				words = append(words, b.String())
			}
			b.Reset()
			inWord = false
			i++
			continue
		}
		inWord = true
		n, text := piece(runes[i:])
		if n == 0 {
			return nil, nil, errOpenQuote
		}
		b.WriteString(text)
		i += n
	}
	if inWord {
		text := b.String()
		open = &text
	}
	return words, open, nil
}

// piece reads a part of a word: a quoted text, or one character. n is its length, or 0 for an unclosed quote.
func piece(runes []rune) (n int, text string) {
	switch runes[0] {
	case '\\':
		if len(runes) < 2 {
			return 0, ""
		}
		return 2, string(runes[1])
	case '\'':
		return enclosed(runes, 1, '\'', "")
	case '"':
		return enclosed(runes, 1, '"', `\"$`+"`")
	case '$':
		if len(runes) > 1 && runes[1] == '\'' {
			n, text := enclosed(runes, 2, '\'', "")
			if plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`); err == nil {
				text = plain
			}
			return n, text
		}
	}
	return 1, string(runes[0])
}

// enclosed reads up to the closing quote. A backslash before a character of escapable is removed.
func enclosed(runes []rune, start int, quote rune, escapable string) (n int, text string) {
	var b strings.Builder
	for i := start; i < len(runes); i++ {
		switch {
		case runes[i] == quote:
			return i + 1, b.String()
		case runes[i] == '\\' && i+1 < len(runes) && strings.ContainsRune(escapable, runes[i+1]):
			i++
		}
		b.WriteRune(runes[i])
	}
	return 0, ""
}

// Quote returns words as one line that Split splits into the same words.
func Quote(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}

func quote(word string) string {
	const harmless = "@%+=:,./-_"
	special := func(r rune) bool {
		return !strings.ContainsRune(harmless, r) && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}
	switch {
	case word != "" && strings.IndexFunc(word, special) < 0:
		return word
	case strings.IndexFunc(word, unicode.IsControl) < 0:
		return "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, r := range word {
		switch {
		case r == '\'' || r == '\\' || unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteString("'")
	return b.String()
}

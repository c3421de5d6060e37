package jmespath

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cognate/cli/document"
)

type kind int

const (
	end kind = iota
	name
	quotedName
	literal
	number
	dot
	star
	flatten
	filter
	leftBracket
	rightBracket
	leftBrace
	rightBrace
	leftParen
	rightParen
	comma
	colon
	pipe
	or
	and
	not
	current
	expref
	equal
	unequal
	less
	lessEqual
	greater
	greaterEqual
)

type token struct {
	kind  kind
	text  string
	value any // value of a literal or number
	start int
}

// SyntaxError is an invalid expression. Its text is that of the AWS CLI.
type SyntaxError struct{ text string }

// Error returns the text, which has several lines.
func (e *SyntaxError) Error() string { return e.text }

func caret(at int) string { return strings.Repeat(" ", at) + "^" }

func lexError(expression, what string, at int) error {
	return &SyntaxError{fmt.Sprintf("Bad jmespath expression: %s:\n%s\n%s", what, expression, caret(at))}
}

// symbols are the tokens of one or two characters. Of two tokens with the same first character, the longer one is first.
var symbols = []struct {
	text string
	kind kind
}{
	{"[]", flatten},
	{"[?", filter},
	{"[", leftBracket},
	{"||", or},
	{"|", pipe},
	{"&&", and},
	{"&", expref},
	{"!=", unequal},
	{"!", not},
	{"==", equal},
	{"<=", lessEqual},
	{"<", less},
	{">=", greaterEqual},
	{">", greater},
	{"]", rightBracket},
	{"{", leftBrace},
	{"}", rightBrace},
	{"(", leftParen},
	{")", rightParen},
	{",", comma},
	{":", colon},
	{".", dot},
	{"*", star},
	{"@", current},
}

// lex splits an expression into tokens. The last token is of kind end. Errors: *SyntaxError.
func lex(expression string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(expression); {
		if strings.IndexByte(" \t\n\r", expression[i]) >= 0 {
			i++
			continue
		}
		t, length, err := next(expression, i)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		i += length
	}
	return append(tokens, token{kind: end, start: len(expression)}), nil
}

func next(expression string, at int) (token, int, error) {
	rest := expression[at:]
	switch c := rest[0]; {
	case isNameStart(c):
		n := 1
		for n < len(rest) && (isNameStart(rest[n]) || isDigit(rest[n])) {
			n++
		}
		return token{kind: name, text: rest[:n], start: at}, n, nil
	case isDigit(c) || c == '-' && len(rest) > 1 && isDigit(rest[1]):
		n := 1
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		return token{kind: number, text: rest[:n], value: document.Number(rest[:n]), start: at}, n, nil
	case c == '"' || c == '\'' || c == '`':
		return delimited(expression, at, c)
	}
	for _, t := range symbols {
		if strings.HasPrefix(rest, t.text) {
			return token{kind: t.kind, text: t.text, start: at}, len(t.text), nil
		}
	}
	unknown := firstCharacter(rest)
	if unknown == "-" || unknown == "=" { // the start of a number or comparison without the rest
		unknown = "'" + unknown + "'"
	}
	return token{}, 0, lexError(expression, "Unknown token "+unknown, at)
}

func isNameStart(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool     { return c >= '0' && c <= '9' }

// delimited reads "name", 'raw text' or `JSON`.
func delimited(expression string, at int, quote byte) (token, int, error) {
	for i := at + 1; i < len(expression); i++ {
		switch expression[i] {
		case '\\':
			i++
		case quote:
			t, err := unquote(expression, at, i, quote)
			return t, i + 1 - at, err
		}
	}
	return token{}, 0, lexError(expression, "Unclosed "+string(quote)+" delimiter", at)
}

func unquote(expression string, start, stop int, quote byte) (token, error) {
	inner := expression[start+1 : stop]
	switch quote {
	case '\'':
		return token{kind: literal, text: inner, value: strings.ReplaceAll(inner, `\'`, "'"), start: start}, nil
	case '"':
		value, err := document.Parse([]byte(`"` + inner + `"`))
		text, ok := value.(string)
		if err != nil || !ok {
			return token{}, lexError(expression, "Invalid quoted name", start)
		}
		return token{kind: quotedName, text: text, value: text, start: start}, nil
	}
	inner = strings.TrimLeft(strings.ReplaceAll(inner, "\\`", "`"), " \t\n\r")
	value, err := document.Parse([]byte(inner))
	if err != nil { // older expressions have text without quotes
		value, err = document.Parse([]byte(`"` + inner + `"`))
	}
	if err != nil {
		return token{}, lexError(expression, "Bad token "+inner, start)
	}
	return token{kind: literal, text: inner, value: value, start: start}, nil
}

func firstCharacter(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	return text[:size]
}

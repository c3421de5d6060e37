// Package shorthand owns the AWS CLI's shorthand syntax for structures, Name=a,Values=b,c: its parser, and the
// conversion of words to the types of a shape. It does not decide which arguments allow it.
//
//	parameter = keyval *( "," keyval )
//	keyval    = key "=" [ values ]
//	key       = 1*( letter / digit / "-_.#/:" )
//	values    = csv / list / hash
//	csv       = word *( "," word )
//	list      = "[" [ entry *( "," entry ) ] "]"
//	hash      = "{" [ key "=" entry *( "," key "=" entry ) ] "}"
//	entry     = list / hash / word
//	word      = bare / "'" … "'" / DQUOTE … DQUOTE
//
// Source: AWS CLI user guide, "Using shorthand syntax".
package shorthand

import (
	"fmt"
	"strings"
	"unicode"

	"cognate/cli/document"
)

// SyntaxError is an invalid expression. Its text is the AWS CLI's, with the expression and a caret under the position.
type SyntaxError struct {
	what string
	at   string
	hint string
}

// Error returns the text, which has several lines.
func (e *SyntaxError) Error() string { return e.what + " for input:\n" + e.at + e.hint }

// maxDepth is the largest nesting depth of lists and hashes.
const maxDepth = 100

// Parse parses an expression into an object of strings, arrays and objects. Errors: *SyntaxError.
func Parse(expression string) (object *document.Object, err error) {
	p := &parser{input: []rune(expression)}
	object = &document.Object{}
	last := 0
	for first := true; first || p.index < len(p.input); first = false {
		if !first {
			if err := p.expectSpaced(','); err != nil {
				return nil, err
			}
		}
		key, value, err := p.keyValue()
		if err != nil {
			return nil, err
		}
		if _, twice := object.Get(key); twice {
			return nil, p.duplicate(key, last+1)
		}
		object.Set(key, value)
		last = p.index
	}
	return object, nil
}

type parser struct {
	input []rune
	index int
	depth int
}

const eof = rune(-1)

func (p *parser) current() rune {
	if p.index < len(p.input) {
		return p.input[p.index]
	}
	return eof
}

func (p *parser) keyValue() (string, any, error) {
	key := p.key()
	if err := p.expectSpaced('='); err != nil {
		return "", nil, err
	}
	value, err := p.values()
	return key, value, err
}

func (p *parser) key() string {
	start := p.index
	for isKeyChar(p.current()) {
		p.index++
	}
	return string(p.input[start:p.index])
}

func isKeyChar(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 0 && strings.ContainsRune("-_.#/:", r)
}

func (p *parser) values() (any, error) {
	switch p.current() {
	case eof:
		return "", nil
	case '[', '{':
		return p.entry()
	}
	return p.commaSeparated()
}

// commaSeparated reads one or more words. A comma may also end the key's value. Only the next "=" shows that; then the
// parser returns to the position before the comma.
func (p *parser) commaSeparated() (any, error) {
	first, err := p.firstWord()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.current() != ',' {
		return first, nil
	}
	p.index++
	p.space()
	words := []any{first}
	for {
		word, err := p.nextWord()
		if err == nil {
			p.space()
			if p.current() == eof {
				words = append(words, word)
				break
			}
			err = p.expectSpaced(',')
		}
		if err != nil {
			if p.current() == eof {
				return nil, err
			}
			p.backToComma()
			break
		}
		words = append(words, word)
	}
	if len(words) == 1 {
		return first, nil
	}
	return words, nil
}

func (p *parser) backToComma() {
	for p.index > 0 && p.input[p.index] != ',' {
		p.index--
	}
}

func (p *parser) entry() (any, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.expected(string(p.current()), "deeper nesting")
	}
	defer func() { p.depth-- }()
	switch p.current() {
	case '[':
		return p.list()
	case '{':
		return p.hash()
	}
	return p.firstWord()
}

func (p *parser) list() (any, error) {
	p.index++
	p.space()
	list := []any{}
	for p.current() != ']' {
		value, err := p.entry()
		if err != nil {
			return nil, err
		}
		list = append(list, value)
		if err := p.separator(']'); err != nil {
			return nil, err
		}
	}
	p.index++
	return list, nil
}

func (p *parser) hash() (any, error) {
	p.index++
	p.space()
	hash := &document.Object{}
	for p.current() != '}' {
		key := p.key()
		if err := p.expectSpaced('='); err != nil {
			return nil, err
		}
		value, err := p.entry()
		if err != nil {
			return nil, err
		}
		if err := p.separator('}'); err != nil {
			return nil, err
		}
		hash.Set(key, value)
	}
	p.index++
	return hash, nil
}

// separator reads a comma, unless the next character is closing.
func (p *parser) separator(closing rune) error {
	p.space()
	if p.current() == closing {
		return nil
	}
	if err := p.expect(','); err != nil {
		return err
	}
	p.space()
	return nil
}

// firstWord reads the word after "=", or an entry. It may be empty. Without quotes it may contain "=".
func (p *parser) firstWord() (string, error) {
	if q := p.current(); q == '\'' || q == '"' {
		return p.quoted(q)
	}
	return p.bare(func(r rune) bool { return isFollow(r) || r == '=' }), nil
}

// nextWord reads a further word of a comma-separated list. It is not empty, and "=" ends it.
func (p *parser) nextWord() (string, error) {
	if q := p.current(); q == '\'' || q == '"' {
		return p.quoted(q)
	}
	start := p.index
	if word := p.bare(isFollow); p.index > start {
		return word, nil
	}
	return "", p.expected("<second>", "<none>")
}

// bare reads a word without quotes. A backslash before a comma makes the comma part of the word.
func (p *parser) bare(follow func(rune) bool) string {
	start := p.index
	for {
		accepts := follow
		if p.index == start {
			accepts = isStart
		}
		switch r := p.current(); {
		case r == '\\' && p.index+1 < len(p.input) && p.input[p.index+1] == ',':
			p.index += 2
		case accepts(r):
			p.index++
		default:
			word := strings.ReplaceAll(string(p.input[start:p.index]), `\,`, ",")
			return strings.TrimRightFunc(word, unicode.IsSpace)
		}
	}
}

// isStart reports whether a bare word may start with r: any visible character except quotes, comma, "=" and brackets.
func isStart(r rune) bool {
	switch {
	case r == '!', '#' <= r && r <= '&', '(' <= r && r <= '+', '-' <= r && r <= '<', '>' <= r && r <= 'Z', '\\' <= r && r <= 'z':
		return true
	}
	return '|' <= r && r <= '\uffff'
}

// isFollow reports whether a bare word may contain r after its start. "=" is handled separately.
func isFollow(r rune) bool {
	switch {
	case unicode.IsSpace(r), r == '!', '#' <= r && r <= '&', '(' <= r && r <= '+', '-' <= r && r <= '<':
		return true
	}
	return '>' <= r && r <= '\\' || '^' <= r && r <= '|' || '~' <= r && r <= '\uffff'
}

// quoted reads a word in quotes. A backslash escapes the quote and itself.
func (p *parser) quoted(quote rune) (string, error) {
	kind := map[rune]string{'\'': "singled", '"': "double"}[quote]
	for i := p.index + 1; i < len(p.input); i++ {
		switch p.input[i] {
		case '\\':
			if i+1 < len(p.input) && (p.input[i+1] == quote || p.input[i+1] == '\\') {
				i++
			}
		case quote:
			word := string(p.input[p.index+1 : i])
			p.index = i + 1
			word = strings.ReplaceAll(word, `\`+string(quote), string(quote))
			return strings.ReplaceAll(word, `\\`, `\`), nil
		}
	}
	return "", p.expected("<"+kind+" quoted>", "<none>")
}

func (p *parser) space() {
	for r := p.current(); r != eof && strings.ContainsRune(" \t\n\r\v\f", r); r = p.current() {
		p.index++
	}
}

func (p *parser) expectSpaced(want rune) error {
	p.space()
	if err := p.expect(want); err != nil {
		return err
	}
	p.space()
	return nil
}

func (p *parser) expect(want rune) error {
	if got := p.current(); got == eof {
		return p.expected(string(want), "EOF")
	} else if got != want {
		return p.expected(string(want), string(got))
	}
	p.index++
	return nil
}

func (p *parser) expected(want, got string) error {
	return &SyntaxError{what: fmt.Sprintf("Expected: '%s', received: '%s'", want, got), at: p.caret(p.index)}
}

func (p *parser) duplicate(key string, index int) error {
	return &SyntaxError{
		what: fmt.Sprintf("Second instance of key %q encountered", key),
		at:   p.caret(index),
		hint: "\nThis is often because there is a preceding \",\" instead of a space.",
	}
}

// caret returns the input with a caret below index.
func (p *parser) caret(index int) string {
	index = min(index, len(p.input))
	before, after := string(p.input[:index]), string(p.input[index:])
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	rest := ""
	if i := strings.IndexByte(after, '\n'); i >= 0 {
		after, rest = after[:i], after[i:]
	}
	return before + after + "\n" + strings.Repeat(" ", column) + "^" + rest
}

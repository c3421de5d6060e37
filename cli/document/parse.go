package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is the largest nesting depth that Parse accepts.
const maxDepth = 1000

// SyntaxError is the position at which a text stops being JSON. Its text is that of the AWS CLI.
type SyntaxError struct {
	What         string
	Line, Column int // starting at 1
	Char         int // starting at 0, in characters
}

// Error returns the text.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: line %d column %d (char %d)", e.What, e.Line, e.Column, e.Char)
}

// Parse parses one JSON value with optional white space around it. If a member is repeated, the last one is used.
// Errors: *SyntaxError.
// Source: RFC 8259.
func Parse(text []byte) (any, error) {
	value, _, err := parse(text, nil)
	return value, err
}

// ParseWithLines is like Parse. It also returns where the values are.
func ParseWithLines(text []byte) (any, *Lines, error) {
	return parse(text, NewLines())
}

func parse(text []byte, lines *Lines) (any, *Lines, error) {
	r := &reader{text: strings.ToValidUTF8(string(text), "\ufffd"), lines: lines, line: 1}
	value, err := r.document()
	if err != nil {
		return nil, nil, err
	}
	return value, lines, nil
}

func (r *reader) document() (any, error) {
	r.space()
	value, err := r.value()
	if err != nil {
		return nil, err
	}
	r.space()
	if r.at < len(r.text) {
		return nil, r.wrong("Extra data", r.at)
	}
	return value, nil
}

type reader struct {
	text  string
	at    int // position in bytes
	depth int

	lines   *Lines // nil if they are not wanted
	path    string // the path of the current value, if lines are wanted
	line    int    // the line of the byte at counted
	counted int
}

// inside reads a value at a path below the current one. at is the position of its name, or of the value in an array.
func (r *reader) inside(at int, step string) (any, error) {
	if r.lines == nil {
		return r.value()
	}
	outer := r.path
	r.path += step
	r.line += strings.Count(r.text[r.counted:at], "\n")
	r.counted = at
	r.lines.Add(r.path, r.line)
	value, err := r.value()
	r.path = outer
	return value, err
}

func (r *reader) wrong(what string, at int) error {
	before := r.text[:min(at, len(r.text))]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return &SyntaxError{what, 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(line), utf8.RuneCountInString(before)}
}

// current returns the next byte, or 0 at the end.
func (r *reader) current() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\n\r", r.text[r.at]) >= 0 {
		r.at++
	}
}

func (r *reader) value() (any, error) {
	if r.depth++; r.depth > maxDepth {
		return nil, r.wrong("Nested too deeply", r.at)
	}
	defer func() { r.depth-- }()
	switch c := r.current(); {
	case c == '"':
		return r.quoted()
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	return r.word()
}

// word reads true, false or null.
func (r *reader) word() (any, error) {
	rest := r.text[r.at:]
	switch {
	case strings.HasPrefix(rest, "true"):
		r.at += len("true")
		return true, nil
	case strings.HasPrefix(rest, "false"):
		r.at += len("false")
		return false, nil
	case strings.HasPrefix(rest, "null"):
		r.at += len("null")
		return nil, nil
	}
	return nil, r.wrong("Expecting value", r.at)
}

func (r *reader) number() (any, error) {
	start := r.at
	digits := func() bool {
		from := r.at
		for c := r.current(); c >= '0' && c <= '9'; c = r.current() {
			r.at++
		}
		return r.at > from
	}
	if r.current() == '-' {
		r.at++
	}
	if r.current() == '0' {
		r.at++
	} else if !digits() {
		return nil, r.wrong("Expecting value", start)
	}
	for _, part := range []string{".", "eE"} { // a part without digits is not part of the number
		end := r.at
		if c := r.current(); c == 0 || strings.IndexByte(part, c) < 0 {
			continue
		}
		r.at++
		if c := r.current(); part == "eE" && (c == '+' || c == '-') {
			r.at++
		}
		if !digits() {
			r.at = end
		}
	}
	return Number(r.text[start:r.at]), nil
}

func (r *reader) array() (any, error) {
	r.at++
	r.space()
	array := []any{}
	if r.current() == ']' {
		r.at++
		return array, nil
	}
	for {
		value, err := r.inside(r.at, Entry(len(array)))
		if err != nil {
			return nil, err
		}
		array = append(array, value)
		if done, err := r.after(']'); done || err != nil {
			return array, err
		}
	}
}

// after reads the comma before the next entry, or the end.
func (r *reader) after(closing byte) (done bool, err error) {
	r.space()
	switch r.current() {
	case closing:
		r.at++
		return true, nil
	case ',':
		r.at++
		r.space()
		return false, nil
	}
	return false, r.wrong("Expecting ',' delimiter", r.at)
}

func (r *reader) object() (any, error) {
	r.at++
	r.space()
	object := &Object{}
	if r.current() == '}' {
		r.at++
		return object, nil
	}
	for {
		if r.current() != '"' {
			return nil, r.wrong("Expecting property name enclosed in double quotes", r.at)
		}
		at := r.at
		name, err := r.quoted()
		if err != nil {
			return nil, err
		}
		r.space()
		if r.current() != ':' {
			return nil, r.wrong("Expecting ':' delimiter", r.at)
		}
		r.at++
		r.space()
		value, err := r.inside(at, Member(name))
		if err != nil {
			return nil, err
		}
		object.Set(name, value)
		if done, err := r.after('}'); done || err != nil {
			return object, err
		}
	}
}

func (r *reader) quoted() (string, error) {
	start := r.at
	r.at++
	var b strings.Builder
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return b.String(), nil
		case c < ' ':
			return "", r.wrong("Invalid control character at", r.at)
		case c == '\\':
			char, err := r.escape(start)
			if err != nil {
				return "", err
			}
			b.WriteRune(char)
		default:
			b.WriteByte(c)
			r.at++
		}
	}
	return "", r.wrong("Unterminated string starting at", start)
}

func (r *reader) escape(start int) (rune, error) {
	if r.at+1 >= len(r.text) {
		return 0, r.wrong("Unterminated string starting at", start)
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	c := r.text[r.at+1]
	if i := strings.IndexByte(from, c); i >= 0 {
		r.at += 2
		return rune(to[i]), nil
	}
	if c != 'u' {
		return 0, r.wrong(`Invalid \escape`, r.at)
	}
	char, ok := r.hex(r.at + 2)
	if !ok {
		return 0, r.wrong(`Invalid \uXXXX escape`, r.at+1)
	}
	r.at += 6
	if utf16.IsSurrogate(char) && strings.HasPrefix(r.text[r.at:], `\u`) {
		if low, ok := r.hex(r.at + 2); ok {
			if pair := utf16.DecodeRune(char, low); pair != utf8.RuneError {
				r.at += 6
				return pair, nil
			}
		}
	}
	return char, nil
}

func (r *reader) hex(at int) (rune, bool) {
	if at+4 > len(r.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(r.text[at:at+4], 16, 16)
	return rune(n), err == nil
}

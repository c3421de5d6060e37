// Package document owns JSON values whose objects keep the order of their members, as the command line reads and prints
// them. It does not know shapes, or output formats other than JSON.
//
// A value is nil, bool, int64, *big.Int (only if int64 is too small), float64, string, []byte (only in requests), []any
// or *Object.
package document

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Object is a JSON object that keeps the order in which its members were set. The zero value is an empty object.
type Object struct {
	names  []string
	values map[string]any
}

// Set sets a member. A new member is last; an existing one keeps its position.
func (o *Object) Set(name string, value any) {
	if o.values == nil {
		o.values = map[string]any{}
	}
	if _, known := o.values[name]; !known {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// Delete removes a member if it exists.
func (o *Object) Delete(name string) {
	if _, known := o.values[name]; !known {
		return
	}
	delete(o.values, name)
	o.names = slices.DeleteFunc(o.names, func(n string) bool { return n == name })
}

// Get returns a member, and whether it exists.
func (o *Object) Get(name string) (any, bool) {
	value, ok := o.values[name]
	return value, ok
}

// Len returns the number of members.
func (o *Object) Len() int { return len(o.names) }

// Names returns the names of the members in order. The caller owns the slice.
func (o *Object) Names() []string { return slices.Clone(o.names) }

// All iterates over the members in order.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, name := range o.names {
			if !yield(name, o.values[name]) {
				return
			}
		}
	}
}

// Clone returns a shallow copy.
func (o *Object) Clone() *Object {
	return &Object{names: slices.Clone(o.names), values: maps.Clone(o.values)}
}

// Number converts the literal of a JSON number to an integer, or to a float64 if it has a fraction or an exponent.
func Number(literal string) any {
	if n, ok := Integer(literal); ok {
		return n
	}
	f, _ := strconv.ParseFloat(literal, 64) // a literal out of range becomes an infinity, which is printed
	return f
}

// maxDigits is the largest number of digits of an integer. Parsing time grows faster than the length. Python has the
// same limit.
const maxDigits = 4300

// Integer parses an integer of any size as the AWS CLI does: with a sign, with white space around it, and with single
// underscores between digits. The result is an int64 or a *big.Int.
func Integer(text string) (value any, ok bool) {
	text = strings.TrimSpace(text)
	digits := strings.TrimLeft(text, "+-")
	grouped := strings.ReplaceAll(digits, "_", "")
	if len(text) > len(digits)+1 || len(grouped) > maxDigits || digits == "" || strings.Trim(grouped, "0123456789") != "" ||
		strings.Contains(digits, "__") || strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") {
		return nil, false
	}
	n, ok := new(big.Int).SetString(text[:len(text)-len(digits)]+grouped, 10)
	if !ok {
		return nil, false
	}
	return IntegerOf(n), true
}

// IntegerOf returns n as an int64, or n itself if int64 is too small.
func IntegerOf(n *big.Int) any {
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

// AppendJSON appends value as JSON in the AWS CLI's style. If indent is empty, it writes one line with a space after
// commas and colons. Otherwise every entry has its own line, indented by indent for each level. Characters outside
// ASCII are not escaped.
func AppendJSON(b []byte, value any, indent string) []byte {
	return appendValue(b, value, indent, "\n")
}

// AppendCompact appends value as JSON without white space and in ASCII.
func AppendCompact(b []byte, value any) []byte {
	for _, r := range string(appendValue(nil, value, "", "")) {
		switch {
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		case r >= 0x7f:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, byte(r))
		}
	}
	return b
}

func appendValue(b []byte, value any, indent, newline string) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case *big.Int:
		return v.Append(b, 10)
	case float64:
		return append(b, FormatFloat(v)...)
	case string:
		return appendQuoted(b, v)
	case []byte:
		return appendQuoted(b, string(v))
	case []any:
		return appendArray(b, v, indent, newline)
	case *Object:
		return appendObject(b, v, indent, newline)
	}
	return fmt.Appendf(b, "%q", fmt.Sprint(value))
}

func appendArray(b []byte, array []any, indent, newline string) []byte {
	if len(array) == 0 {
		return append(b, "[]"...)
	}
	b = append(b, '[')
	for i, entry := range array {
		b = appendBreak(b, i, indent, newline)
		b = appendValue(b, entry, indent, newline+indent)
	}
	return append(appendEnd(b, indent, newline), ']')
}

func appendObject(b []byte, object *Object, indent, newline string) []byte {
	if object.Len() == 0 {
		return append(b, "{}"...)
	}
	b = append(b, '{')
	for i, name := range object.names {
		b = appendBreak(b, i, indent, newline)
		b = appendQuoted(b, name)
		b = append(b, ':')
		if newline != "" {
			b = append(b, ' ')
		}
		b = appendValue(b, object.values[name], indent, newline+indent)
	}
	return append(appendEnd(b, indent, newline), '}')
}

// appendBreak appends the line break and indentation before entry i of an array or object.
func appendBreak(b []byte, i int, indent, newline string) []byte {
	if i > 0 {
		b = append(b, ',')
		if indent == "" && newline != "" {
			b = append(b, ' ')
		}
	}
	if indent == "" {
		return b
	}
	return append(append(b, newline...), indent...)
}

func appendEnd(b []byte, indent, newline string) []byte {
	if indent == "" {
		return b
	}
	return append(b, newline...)
}

// appendQuoted appends s as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	const short = "\b\f\n\r\t"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' && strings.ContainsRune(short, r):
			b = append(b, '\\', "bfnrt"[strings.IndexRune(short, r)])
		case r < ' ':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

// FormatFloat returns the shortest text that reads as the same number. Like Python, it always writes a fraction or an
// exponent.
func FormatFloat(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if magnitude := max(f, -f); magnitude >= 1e-4 && magnitude < 1e16 || f == 0 {
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if strings.ContainsAny(s, ".eIN") {
		return s
	}
	return s + ".0"
}

// Equal reports whether two values are equal. Numbers of different types are compared by value.
func Equal(a, b any) bool {
	switch x := a.(type) {
	case *Object:
		y, ok := b.(*Object)
		return ok && equalObjects(x, y)
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, Equal)
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	case int64, *big.Int, float64:
		n, m := rational(a), rational(b)
		return n != nil && m != nil && n.Cmp(m) == 0
	}
	switch b.(type) {
	case *Object, []any, []byte:
		return false
	}
	return a == b
}

func equalObjects(x, y *Object) bool {
	if x.Len() != y.Len() {
		return false
	}
	for name, value := range x.All() {
		other, ok := y.Get(name)
		if !ok || !Equal(value, other) {
			return false
		}
	}
	return true
}

// rational returns a number as an exact fraction, or nil if value is not a finite number.
func rational(value any) *big.Rat {
	switch v := value.(type) {
	case int64:
		return new(big.Rat).SetInt64(v)
	case *big.Int:
		return new(big.Rat).SetInt(v)
	case float64:
		return new(big.Rat).SetFloat64(v) // nil for infinities
	}
	return nil
}

package api

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// text reads a string. The result is valid until the next call.
func (c *checker) text() ([]byte, error) {
	raw, err := c.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	c.unquoted, err = jsontext.AppendUnquote(c.unquoted[:0], raw)
	return c.unquoted, err
}

// scalar is a single value that constraints apply to.
type scalar struct {
	text []byte // as messages show it; for a string, its content
	n    int64  // the length or value that Min and Max limit
}

// scalar reads a string, boolean, number, time or blob.
func (c *checker) scalar(s *Shape) (scalar, error) {
	kind := c.dec.PeekKind()
	if kind == 0 {
		return scalar{}, c.dec.SkipValue() // returns the syntax error
	}
	switch s.Kind {
	case KindString, KindBlob:
		if kind != '"' {
			return scalar{}, c.wrongType(s, kind)
		}
		text, err := c.text()
		if err != nil {
			return scalar{}, err
		}
		if s.Kind == KindBlob {
			return blob(text)
		}
		return scalar{text, lengthUTF16(text)}, nil
	case KindBoolean:
		if kind != 't' && kind != 'f' {
			return scalar{}, c.wrongType(s, kind)
		}
		raw, err := c.dec.ReadValue()
		return scalar{raw, 0}, err
	}
	if kind != '0' {
		return scalar{}, c.wrongType(s, kind)
	}
	raw, err := c.dec.ReadValue()
	if err != nil {
		return scalar{}, err
	}
	return number(s, raw)
}

// number reads an integer, a long or a time.
func number(s *Shape, raw []byte) (scalar, error) {
	if s.Kind == KindTimestamp {
		if _, err := parseEpoch(raw); err != nil {
			return scalar{}, cannotConvert(s, '0')
		}
		return scalar{raw, 0}, nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || (s.Kind == KindInteger && (n < math.MinInt32 || n > math.MaxInt32)) {
		return scalar{}, cannotConvert(s, '0')
	}
	return scalar{raw, n}, nil
}

// blob decodes base64. Messages show a blob as the service's Java runtime prints a buffer.
func blob(text []byte) (scalar, error) {
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(decoded, text)
	if err != nil || bytes.ContainsAny(text, "\r\n") {
		return scalar{}, SerializationException("A blob is not valid base64.")
	}
	return scalar{fmt.Appendf(nil, "java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]", n, n), int64(n)}, nil
}

// satisfies reports whether failed would return nothing. It builds no texts, because most values satisfy every constraint.
func (v scalar) satisfies(s *Shape) bool {
	if s.Max != Unbounded && v.n > s.Max || s.Min != Unbounded && v.n < s.Min {
		return false
	}
	if s.Kind != KindString {
		return true
	}
	if s.Pattern != nil && !s.Pattern.Match(v.text) || s.Enum != nil && !s.enumerates(v.text) {
		return false
	}
	return bytes.IndexByte(v.text, 0) < 0
}

// failed returns the texts of the constraints that v does not satisfy, in the service's order.
func (v scalar) failed(s *Shape) []string {
	var failed []string
	tooLong := s.Max != Unbounded && v.n > s.Max
	if tooLong {
		failed = append(failed, atMost(s.measure(), s.Max))
	}
	if s.Min != Unbounded && v.n < s.Min {
		failed = append(failed, atLeast(s.measure(), s.Min))
	}
	if s.Kind != KindString {
		return failed
	}
	if s.Pattern != nil && (!tooLong || len(v.text) <= maxCompared) && !s.Pattern.Match(v.text) {
		failed = append(failed, s.Pattern.constraint())
	}
	if s.Enum != nil && !s.enumerates(v.text) {
		failed = append(failed, s.enumConstraint())
	}
	if len(failed) == 0 && bytes.IndexByte(v.text, 0) >= 0 {
		failed = append(failed, noNUL)
	}
	return failed
}

// maxCompared is how many bytes a string with too many characters may have, so that the message also says whether its pattern
// fails. A longer string is not compared with the pattern.
const maxCompared = 16 << 10

// FailedByText returns the texts of the constraints that a string of this shape does not satisfy.
func (s *Shape) FailedByText(text string) []string {
	return scalar{[]byte(text), lengthUTF16([]byte(text))}.failed(s)
}

// FailedByNumber returns the texts of the constraints that a number does not satisfy, if it is the value of this shape, or
// the number of its bytes or entries.
func (s *Shape) FailedByNumber(n int64) []string { return scalar{n: n}.failed(s) }

func (s *Shape) enumerates(text []byte) bool {
	return slices.ContainsFunc(s.Enum, func(v string) bool { return v == string(text) })
}

// lengthUTF16 counts UTF-16 units, as the service does: a character outside the basic multilingual plane counts twice.
func lengthUTF16(text []byte) int64 {
	var n int64
	for _, b := range text {
		if b&0xC0 != 0x80 {
			n++
		}
		if b >= 0xF0 {
			n++
		}
	}
	return n
}

// wrongType returns the error for a next value whose JSON type does not fit s. If there is no next value, it returns the
// syntax error.
func (c *checker) wrongType(s *Shape, kind jsontext.Kind) error {
	if kind == 0 || kind == '}' || kind == ']' {
		if _, err := c.dec.ReadValue(); err != nil {
			return err
		}
	}
	return cannotConvert(s, kind)
}

// cannotConvert returns the error for a value of the wrong JSON type.
// Source: texts of the same AWS framework in other services, measured in 2026 (Athena, SES, CodeDeploy).
// Assumed: user pools use the same texts, also for a Long and for a map.
func cannotConvert(s *Shape, kind jsontext.Kind) error {
	switch {
	case kind == '{':
		return SerializationException("Start of structure or map found where not expected.")
	case kind == '[':
		return SerializationException("Start of list found where not expected")
	case s.Kind == KindList:
		return SerializationException("Expected list or null")
	case s.Kind == KindStructure || s.Kind == KindMap:
		return SerializationException("Expected null")
	}
	found := map[jsontext.Kind]string{'"': "STRING", '0': "NUMBER", 't': "TRUE", 'f': "FALSE", 'n': "NULL"}
	wanted := map[Kind]string{
		KindString: "a String", KindBlob: "a String", KindBoolean: "a Boolean", KindInteger: "an Integer",
		KindLong: "a Long", KindTimestamp: "milliseconds since epoch",
	}
	return SerializationException(found[kind] + "_VALUE can not be converted to " + wanted[s.Kind])
}

// quoteEcho returns a client's value in quotes, as a clause of a message shows it.
func quoteEcho(text []byte) string { return " '" + echo(text, maxEcho) + "'" }

// echo returns a client's text, cut to about limit bytes. It writes control characters as \u0000, because the message is
// also sent in a header.
func echo(text []byte, limit int) string {
	var b strings.Builder
	for len(text) > 0 {
		if b.Len() >= limit {
			return b.String() + "..."
		}
		r, size := utf8.DecodeRune(text)
		if r < ' ' || r == 0x7F {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
		text = text[size:]
	}
	return b.String()
}

package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds on what a hostile body can make us do or say.
const (
	maxDepth      = 64  // nesting of a body; the API's deepest input has 8
	maxViolations = 20  // clauses of one message
	maxEcho       = 512 // bytes of a caller's value in a clause
	maxEchoedKey  = 64  // bytes of a caller's map key in a path
)

// Validate checks the shape of a request body: types, required members, lengths, patterns, enumerations. An empty body
// is an empty object, an explicit null is an absent member or an empty entry of a map, unknown members are passed over.
//
// Errors, all *Error: SerializationException when the body isn't JSON or a value has the wrong JSON type;
// InvalidParameterException with a clause for each constraint that fails, in the order of the description.
// Source: messages of the service (docs/behaviour.md §8.1, §8.3).
func (op *Operation) Validate(body []byte) error {
	if tooDeep(body) {
		return SerializationException("The request is nested too deeply.")
	}
	if len(trimSpace(body)) == 0 {
		body = []byte("{}")
	}
	c := checker{dec: jsontext.NewDecoder(bytes.NewBuffer(body))}
	if err := c.body(op.Input); err != nil {
		return unreadable(err)
	}
	return c.verdict()
}

// decode checks body and reads it into input.
func (op *Operation) decode(body []byte, input any) error {
	if err := op.Validate(body); err != nil {
		return err
	}
	if len(trimSpace(body)) == 0 {
		return nil
	}
	if err := Unmarshal(body, input); err != nil {
		return unreadable(err)
	}
	return nil
}

// unreadable turns an error of reading into the caller's, without the parser's own words.
func unreadable(err error) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return SerializationException("The request names a member more than once.")
	}
	return SerializationException("The request could not be read as JSON.")
}

// trimSpace removes what JSON takes for white space.
func trimSpace(body []byte) []byte { return bytes.Trim(body, " \t\r\n") }

// tooDeep reports whether objects and arrays are nested beyond maxDepth, whatever else is wrong with body.
func tooDeep(body []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// checker walks the tokens of a body once, beside the shape that they should have.
type checker struct {
	dec        *jsontext.Decoder
	path       []step
	violations []violation
	hidden     int    // how many sensitive shapes we are in
	unquoted   []byte // scratch
}

// step leads from a value to one of its members or entries.
type step struct {
	name  string // of a member or map key
	index int    // position of a member in its structure, or of an entry
	kind  Kind   // of what it leads out of
}

// violation is one clause of the message.
type violation struct {
	order []int // indexes of the path, to sort by
	text  string
}

func (c *checker) enter(s step) { c.path = append(c.path, s) }
func (c *checker) leave()       { c.path = c.path[:len(c.path)-1] }

// full reports whether no more clauses are wanted; the body is still read to its end.
func (c *checker) full() bool { return len(c.violations) >= maxViolations }

// violate adds a clause about the value at the current path. value stands between "Value" and "at": empty, " null" or
// " 'x'".
func (c *checker) violate(value, constraint string) {
	if c.full() {
		return
	}
	order := make([]int, len(c.path))
	for i, s := range c.path {
		order[i] = s.index
	}
	text := "Value" + value + " at '" + c.where() + "' failed to satisfy constraint: " + constraint
	c.violations = append(c.violations, violation{order, text})
}

// where writes the current path: members with a small first letter, entries of a list as "1.member", of a map as
// "key.member".
func (c *checker) where() string {
	words := make([]string, len(c.path))
	for i, s := range c.path {
		switch s.kind {
		case KindList:
			words[i] = strconv.Itoa(s.index+1) + ".member"
		case KindMap:
			words[i] = s.name + ".member"
		default:
			words[i] = strings.ToLower(s.name[:1]) + s.name[1:]
		}
	}
	return strings.Join(words, ".")
}

// verdict returns the clauses as one error, or nil.
func (c *checker) verdict() error {
	n := len(c.violations)
	if n == 0 {
		return nil
	}
	slices.SortStableFunc(c.violations, func(a, b violation) int { return slices.Compare(a.order, b.order) })
	clauses := make([]string, n)
	for i, v := range c.violations {
		clauses[i] = v.text
	}
	noun := "errors"
	if n == 1 {
		noun = "error"
	}
	return InvalidParameterException(fmt.Sprintf("%d validation %s detected: %s", n, noun, strings.Join(clauses, "; ")))
}

// body checks the whole body, which has to be one object and nothing more.
func (c *checker) body(input *Shape) error {
	if err := c.structureOrNull(input); err != nil {
		return err
	}
	switch _, err := c.dec.ReadToken(); {
	case err == nil:
		return SerializationException("The request has something behind its JSON object.")
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

func (c *checker) structureOrNull(input *Shape) error {
	if c.dec.PeekKind() != 'n' {
		return c.value(input)
	}
	c.required(input, 0)
	return c.dec.SkipValue()
}

// value checks the next value, which isn't null.
func (c *checker) value(s *Shape) error {
	if s.Sensitive {
		c.hidden++
		defer func() { c.hidden-- }()
	}
	switch s.Kind {
	case KindStructure:
		return c.structure(s)
	case KindList:
		return c.list(s)
	case KindMap:
		return c.mapping(s)
	case KindDocument:
		return c.dec.SkipValue()
	}
	v, err := c.scalar(s)
	if err != nil || v.satisfies(s) {
		return err
	}
	shown := ""
	if c.hidden == 0 {
		shown = quoteEcho(v.text)
	}
	for _, constraint := range v.failed(s) {
		c.violate(shown, constraint)
	}
	return nil
}

func (c *checker) structure(s *Shape) error {
	if err := c.open(s, '{'); err != nil {
		return err
	}
	var seen uint64 // a bit a member
	for c.dec.PeekKind() == '"' {
		i, err := c.memberIndex(s)
		if err != nil {
			return err
		}
		if i < 0 || c.dec.PeekKind() == 'n' {
			if err := c.dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		seen |= 1 << i
		c.enter(step{s.Members[i].Name, i, KindStructure})
		if err := c.value(s.Members[i].Shape); err != nil {
			return err
		}
		c.leave()
	}
	c.required(s, seen)
	_, err := c.dec.ReadToken()
	return err
}

// memberIndex reads a name and finds the member; an unknown one is -1.
func (c *checker) memberIndex(s *Shape) (int, error) {
	name, err := c.text()
	if err != nil {
		return 0, err
	}
	for i := range s.Members {
		if s.Members[i].Name == string(name) {
			return i, nil
		}
	}
	return -1, nil
}

func (c *checker) required(s *Shape, seen uint64) {
	for i, m := range s.Members {
		if m.Required && seen&(1<<i) == 0 {
			c.enter(step{m.Name, i, KindStructure})
			c.violate(" null", notNull)
			c.leave()
		}
	}
}

// open reads the start of a structure, list or map.
func (c *checker) open(s *Shape, start jsontext.Kind) error {
	if kind := c.dec.PeekKind(); kind != start {
		return c.wrongType(s, kind)
	}
	_, err := c.dec.ReadToken()
	return err
}

// entries is what is kept of a list or map while it is read.
type entries struct {
	count     int
	shown     []byte // "a, b" as far as it will be shown
	hidden    bool   // some part of it is sensitive
	badValue  bool
	badKey    bool
	nullValue bool
}

func (e *entries) show(parts ...[]byte) {
	if len(e.shown) > maxEcho {
		return
	}
	if e.count > 0 {
		e.shown = append(e.shown, ", "...)
	}
	for _, p := range parts {
		e.shown = append(e.shown, p[:min(len(p), maxEcho+1)]...)
	}
}

func (c *checker) list(s *Shape) error {
	if err := c.open(s, '['); err != nil {
		return err
	}
	e := entries{hidden: c.hidden > 0 || s.Element.Sensitive}
	for kind := c.dec.PeekKind(); kind != ']' && kind != 0; kind = c.dec.PeekKind() {
		c.enter(step{"", e.count, KindList})
		text, err := c.entry(s.Element, &e)
		if err != nil {
			return err
		}
		c.leave()
		e.show(text)
		e.count++
	}
	c.judge(s, &e, "[", "]")
	_, err := c.dec.ReadToken()
	return err
}

func (c *checker) mapping(s *Shape) error {
	if err := c.open(s, '{'); err != nil {
		return err
	}
	e := entries{hidden: c.hidden > 0 || s.Element.Sensitive || s.Key.Sensitive}
	for c.dec.PeekKind() == '"' {
		text, err := c.text()
		if err != nil {
			return err
		}
		// An entry without a value decodes as the empty text. A browser with amazon-cognito-identity-js sends a DEVICE_KEY
		// of null with each refresh, if it has no device.
		if s.Element.scalar() && c.dec.PeekKind() == 'n' {
			if err := c.dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		key := scalar{text, lengthUTF16(text)}
		e.badKey = e.badKey || !key.satisfies(s.Key)
		shownKey := append([]byte(nil), text[:min(len(text), maxEcho+1)]...)
		c.enter(step{echo(shownKey, maxEchoedKey), e.count, KindMap})
		text, err = c.entry(s.Element, &e)
		if err != nil {
			return err
		}
		c.leave()
		e.show(shownKey, []byte("="), text)
		e.count++
	}
	c.judge(s, &e, "{", "}")
	_, err := c.dec.ReadToken()
	return err
}

// entry checks an element of a list or a value of a map, and returns how it is shown. A scalar that fails is a clause
// of its list or map; a structure has clauses of its own.
func (c *checker) entry(s *Shape, e *entries) ([]byte, error) {
	switch {
	case c.dec.PeekKind() == 'n':
		e.nullValue = true
		return []byte("null"), c.dec.SkipValue()
	case !s.scalar():
		return []byte(s.Name), c.value(s)
	}
	v, err := c.scalar(s)
	if err != nil {
		return nil, err
	}
	e.badValue = e.badValue || !v.satisfies(s)
	return v.text, nil
}

// judge adds the clauses of a list or map that was read: its length, then its entries.
func (c *checker) judge(s *Shape, e *entries, left, right string) {
	length := scalar{n: int64(e.count)}
	if length.satisfies(s) && !e.badKey && !e.badValue && !e.nullValue {
		return
	}
	shown := ""
	if !e.hidden {
		shown = quoteEcho([]byte(left + string(e.shown) + right))
		if len(e.shown) > maxEcho {
			shown = quoteEcho([]byte(left + string(e.shown)))
		}
	}
	for _, constraint := range length.failed(s) {
		c.violate(shown, constraint)
	}
	if e.badKey {
		c.violate(shown, "Map keys must satisfy constraint: ["+strings.Join(s.Key.constraints(), ", ")+"]")
	}
	entry := "Member"
	if s.Kind == KindMap {
		entry = "Map value"
	}
	if e.badValue {
		c.violate(shown, entry+" must satisfy constraint: ["+strings.Join(s.Element.constraints(), ", ")+"]")
	}
	if e.nullValue {
		c.violate(shown, entry+" must satisfy constraint: ["+notNull+"]")
	}
}

const (
	notNull = "Member must not be null"

	// Assumed: the service says nothing of its own about NUL, which our stores can't keep.
	noNUL = "Member must not contain the character NUL"
)

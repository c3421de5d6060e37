package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits on the work and on the message that a hostile body can cause.
const (
	maxDepth      = 64  // nesting of a body; the API's deepest input has 8
	maxViolations = 20  // clauses of one message
	maxEcho       = 512 // bytes of a client's value in a clause
	maxEchoedKey  = 64  // bytes of a client's map key in a path
)

// Validate checks the shape of a request body: types, required members, lengths, patterns, enumerations. An empty body
// is an empty object. A null is a missing member, or a missing entry of a map of strings. Unknown members are ignored.
//
// Errors, all *Error: SerializationException if the body is not JSON or a value has the wrong JSON type;
// InvalidParameterException with a clause for each constraint that fails, in the order of the description.
// Source: messages of the service (docs/behaviour.md §8.1, §8.3).
func (op *Operation) Validate(body []byte) error {
	_, err := op.check(body)
	return err
}

// check does what Validate does. It also reports whether a map of strings has null entries.
func (op *Operation) check(body []byte) (hasNulls bool, err error) {
	if tooDeep(body) {
		return false, SerializationException("The request is nested too deeply.")
	}
	if len(trimSpace(body)) == 0 {
		body = []byte("{}")
	}
	c := checker{dec: jsontext.NewDecoder(bytes.NewBuffer(body))}
	if err := c.body(op.Input); err != nil {
		return false, parseError(err)
	}
	return c.hasNulls, c.result()
}

// decode checks body and reads it into input.
func (op *Operation) decode(body []byte, input any) error {
	hasNulls, err := op.check(body)
	if err != nil {
		return err
	}
	if len(trimSpace(body)) == 0 {
		return nil
	}
	var options []json.Options
	if hasNulls {
		options = append(options, json.WithUnmarshalers(json.UnmarshalFromFunc(readMap)))
	}
	if err := json.Unmarshal(body, input, options...); err != nil {
		return parseError(err)
	}
	return nil
}

// readMap reads a map of strings without its null entries, whose keys nothing has checked.
func readMap(dec *jsontext.Decoder, m *map[string]string) error {
	var all map[string]*string
	if err := json.UnmarshalDecode(dec, &all); err != nil || all == nil {
		return err
	}
	*m = make(map[string]string, len(all))
	for key, value := range all {
		if value != nil {
			(*m)[key] = *value
		}
	}
	return nil
}

// parseError returns the API error for an error of the JSON parser. It hides the parser's text.
func parseError(err error) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return SerializationException("The request names a member more than once.")
	}
	return SerializationException("The request could not be read as JSON.")
}

// trimSpace removes the characters that are white space in JSON.
func trimSpace(body []byte) []byte { return bytes.Trim(body, " \t\r\n") }

// tooDeep reports whether objects and arrays are nested deeper than maxDepth. It accepts invalid JSON.
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

// checker reads the tokens of a body once and compares them with a shape.
type checker struct {
	dec        *jsontext.Decoder
	path       []step
	violations []violation
	hidden     int    // number of sensitive shapes around the current value
	unquoted   []byte // buffer of text
	hasNulls   bool   // whether a map of strings has null entries
}

// step is one part of a path: from a value to one of its members or entries.
type step struct {
	name  string // member name or map key
	index int    // position of the member in its structure, or of the entry
	kind  Kind   // kind of the structure, list or map
}

// violation is one clause of the message.
type violation struct {
	order []int // indexes of the path, the sort key
	text  string
}

func (c *checker) enter(s step) { c.path = append(c.path, s) }
func (c *checker) leave()       { c.path = c.path[:len(c.path)-1] }

// full reports whether the message has all the clauses that it may have. The rest of the body is still read.
func (c *checker) full() bool { return len(c.violations) >= maxViolations }

// violate adds a clause about the value at the current path. value is the text between "Value" and "at": empty, " null"
// or " 'x'".
func (c *checker) violate(value, constraint string) {
	if c.full() {
		return
	}
	order := make([]int, len(c.path))
	for i, s := range c.path {
		order[i] = s.index
	}
	text := "Value" + value + " at '" + c.pathText() + "' failed to satisfy constraint: " + constraint
	c.violations = append(c.violations, violation{order, text})
}

// pathText returns the current path: members with a lower-case first letter, entries of a list as "1.member", of a map
// as "key.member".
func (c *checker) pathText() string {
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

// result returns the clauses as one error, or nil if there are none.
func (c *checker) result() error {
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

// body checks the whole body, which must be exactly one object.
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

// value checks the next value, which is not null.
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
	var seen uint64 // one bit for each member
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

// memberIndex reads a name and returns the index of the member, or -1 if it is unknown.
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

// entries collects facts about a list or map while it is read.
type entries struct {
	count     int
	shown     []byte // the part of "a, b" that the message will show
	hidden    bool   // true if a part of it is sensitive
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

// isTooLong reports whether a list or map has more entries than it may have, and more than the message shows. The others are not
// checked.
func (e *entries) isTooLong(s *Shape) bool {
	return s.Max != Unbounded && int64(e.count) >= s.Max && len(e.shown) > maxEcho
}

func (c *checker) list(s *Shape) error {
	if err := c.open(s, '['); err != nil {
		return err
	}
	e := entries{hidden: c.hidden > 0 || s.Element.Sensitive}
	for kind := c.dec.PeekKind(); kind != ']' && kind != 0; kind = c.dec.PeekKind() {
		if kind == 'n' && s.DropsNull {
			if err := c.dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if e.isTooLong(s) {
			if err := c.dec.SkipValue(); err != nil {
				return err
			}
			e.count++
			continue
		}
		c.enter(step{"", e.count, KindList})
		text, err := c.entry(s.Element, &e)
		if err != nil {
			return err
		}
		c.leave()
		e.show(text)
		e.count++
	}
	c.checkEntries(s, &e, "[", "]")
	_, err := c.dec.ReadToken()
	return err
}

func (c *checker) mapping(s *Shape) error {
	if err := c.open(s, '{'); err != nil {
		return err
	}
	e := entries{hidden: c.hidden > 0 || s.Element.Sensitive || s.Key.Sensitive}
	for c.dec.PeekKind() == '"' {
		if e.isTooLong(s) {
			if err := errors.Join(c.dec.SkipValue(), c.dec.SkipValue()); err != nil { // the key and the value
				return err
			}
			e.count++
			continue
		}
		text, err := c.text()
		if err != nil {
			return err
		}
		// A null entry is no entry. A browser with amazon-cognito-identity-js but without a device sends a null DEVICE_KEY with
		// each refresh.
		if s.Element.scalar() && c.dec.PeekKind() == 'n' {
			c.hasNulls = true
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
	c.checkEntries(s, &e, "{", "}")
	_, err := c.dec.ReadToken()
	return err
}

// entry checks an element of a list or a value of a map. It returns the text that messages show for it. If a scalar
// fails, the list or map gets the clause. A structure gets its own clauses.
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

// checkEntries adds the clauses of a list or map after it was read: its length, then its entries.
func (c *checker) checkEntries(s *Shape, e *entries, left, right string) {
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

	// Assumed: NUL is rejected in every string, with this text. PostgreSQL cannot store it.
	noNUL = "Member must not contain the character NUL"
)

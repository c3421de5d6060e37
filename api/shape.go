package api

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the type of a shape.
type Kind int

// The kinds of shapes.
const (
	KindStructure Kind = iota
	KindString
	KindBoolean
	KindInteger // 32 bits
	KindLong    // 64 bits
	KindTimestamp
	KindBlob
	KindDocument // any JSON value
	KindList
	KindMap
)

// Unbounded is the Min or Max of a shape that has no such constraint.
const Unbounded = -1

// Shape is a type of the API with its constraints. Callers must not change it.
type Shape struct {
	Name           string
	Kind           Kind
	Sensitive      bool     // messages never show its value
	DropsNull      bool     // of a list: null entries do not count. They are zero values in the decoded list
	Min, Max       int64    // length in UTF-16 units or bytes, number of entries, or value; may be Unbounded
	Pattern        *Pattern // of a string, or nil
	Enum           []string // values of a string in the order of the SDKs, or nil
	EnumInMessages []string // Enum in the order of the service's messages; nil if the order is the same
	Members        []Member // of a structure, in the service's order
	Key            *Shape   // of a map
	Element        *Shape   // of a list; the value of a map
}

// Member is a member of a structure.
type Member struct {
	Name     string
	Shape    *Shape
	Required bool
	Newer    bool // only the newest SDK has it
}

// Member returns the member of a structure with that exact name, or nil.
func (s *Shape) Member(name string) *Member {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return &s.Members[i]
		}
	}
	return nil
}

// scalar reports whether a value of the shape is a single value, not a structure, list, map or document.
func (s *Shape) scalar() bool {
	switch s.Kind {
	case KindStructure, KindList, KindMap, KindDocument:
		return false
	}
	return true
}

// constraints returns the texts of all constraints on a single value. Messages list them for entries of a list or map.
func (s *Shape) constraints() []string {
	var all []string
	measure := s.measure()
	if s.Max != Unbounded {
		all = append(all, atMost(measure, s.Max))
	}
	if s.Min != Unbounded {
		all = append(all, atLeast(measure, s.Min))
	}
	if s.Pattern != nil {
		all = append(all, s.Pattern.constraint())
	}
	if s.Enum != nil {
		all = append(all, s.enumConstraint())
	}
	return all
}

// measure returns the quantity that Min and Max limit: "value" or "length".
func (s *Shape) measure() string {
	if s.Kind == KindInteger || s.Kind == KindLong {
		return "value"
	}
	return "length"
}

func (s *Shape) enumConstraint() string {
	values := s.Enum
	if s.EnumInMessages != nil {
		values = s.EnumInMessages
	}
	return "Member must satisfy enum value set: [" + strings.Join(values, ", ") + "]"
}

func atMost(measure string, n int64) string {
	return "Member must have " + measure + " less than or equal to " + strconv.FormatInt(n, 10)
}

func atLeast(measure string, n int64) string {
	return "Member must have " + measure + " greater than or equal to " + strconv.FormatInt(n, 10)
}

// Pattern is a regular expression that must match a whole string. It is compiled when it is first used.
type Pattern struct {
	Text string // the service's text, in Java syntax

	expr  string // the same pattern in Go syntax
	once  sync.Once
	match func([]byte) bool
}

// Match reports whether the pattern matches all of s. s must be valid UTF-8.
func (p *Pattern) Match(s []byte) bool {
	p.once.Do(func() { p.match = compile(p.expr) })
	return p.match(s)
}

func (p *Pattern) constraint() string {
	return "Member must satisfy regular expression pattern: " + p.Text
}

// compile returns a function that matches whole strings. Most patterns repeat one character class. For those it uses a
// table, which is twenty times faster than package regexp. Access tokens are long enough to make that matter.
func compile(expr string) func([]byte) bool {
	if class, least, ok := repeatedClass(expr); ok {
		return func(s []byte) bool { return len(s) >= least && class.matchAll(s) }
	}
	match := regexp.MustCompile(`\A(?:` + expr + `)\z`).Match
	return func(s []byte) bool { return len(s) <= maxMatched && match(s) }
}

// maxMatched is the longest text in bytes that a regular expression reads. The longest text that a maximum of the API allows
// for a pattern is a message with 20,000 characters, in at most 60,000 bytes.
const maxMatched = 64 << 10

// repeatedClass parses an expression of the form [class]+ or [class]*.
func repeatedClass(expr string) (class *charClass, least int, ok bool) {
	parsed, err := syntax.Parse(strings.TrimSuffix(strings.TrimPrefix(expr, "^"), "$"), syntax.Perl)
	if err != nil || (parsed.Op != syntax.OpPlus && parsed.Op != syntax.OpStar) {
		return nil, 0, false
	}
	if parsed.Op == syntax.OpPlus {
		least = 1
	}
	if sub := parsed.Sub[0]; sub.Op == syntax.OpCharClass {
		return newCharClass(sub.Rune), least, true
	}
	return nil, 0, false
}

// charClass is a set of characters.
type charClass struct {
	ascii  [utf8.RuneSelf]bool
	ranges []rune // sorted pairs of first and last character, ASCII included
}

func newCharClass(ranges []rune) *charClass {
	c := &charClass{ranges: ranges}
	for r := range rune(utf8.RuneSelf) {
		c.ascii[r] = c.inRanges(r)
	}
	return c
}

func (c *charClass) matchAll(s []byte) bool {
	for len(s) > 0 {
		if s[0] < utf8.RuneSelf {
			if !c.ascii[s[0]] {
				return false
			}
			s = s[1:]
			continue
		}
		r, size := utf8.DecodeRune(s)
		if !c.inRanges(r) {
			return false
		}
		s = s[size:]
	}
	return true
}

func (c *charClass) inRanges(r rune) bool {
	low, high := 0, len(c.ranges)/2
	for low < high {
		middle := int(uint(low+high) >> 1)
		switch {
		case r < c.ranges[2*middle]:
			high = middle
		case r > c.ranges[2*middle+1]:
			low = middle + 1
		default:
			return true
		}
	}
	return false
}

// IsUsername reports whether text has the form of a username in a request. It is for usernames that come in another way.
func IsUsername(text string) bool {
	s := &shapeUsernameType
	units := int64(len(utf16.Encode([]rune(text))))
	return units >= s.Min && units <= s.Max && s.Pattern.Match([]byte(text))
}

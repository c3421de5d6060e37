package api

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Kind is what a shape is made of.
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

// Unbounded is a Min or Max that isn't there.
const Unbounded = -1

// Shape is a type of the API with its constraints. Callers must not change it.
type Shape struct {
	Name      string
	Kind      Kind
	Sensitive bool     // its value is never shown
	Min, Max  int64    // length in UTF-16 units or bytes, number of entries, or value; may be Unbounded
	Pattern   *Pattern // of a string, or nil
	Enum      []string // of a string, or nil; in the order of the SDKs
	EnumSaid  []string // Enum in the order of the service's messages, nil where that is the same
	Members   []Member // of a structure, in the service's order
	Key       *Shape   // of a map
	Element   *Shape   // of a list; the value of a map
}

// Member is a member of a structure.
type Member struct {
	Name     string
	Shape    *Shape
	Required bool
	Newer    bool // known to the newest SDK only
}

// Member finds a member of a structure by its exact name, or returns nil.
func (s *Shape) Member(name string) *Member {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return &s.Members[i]
		}
	}
	return nil
}

// scalar reports whether a value of the shape is shown as one word in a message.
func (s *Shape) scalar() bool {
	switch s.Kind {
	case KindStructure, KindList, KindMap, KindDocument:
		return false
	}
	return true
}

// constraints returns all constraints on a single value, as they are listed when it is an entry of a list or map.
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

// measure says what Min and Max bound.
func (s *Shape) measure() string {
	if s.Kind == KindInteger || s.Kind == KindLong {
		return "value"
	}
	return "length"
}

func (s *Shape) enumConstraint() string {
	values := s.Enum
	if s.EnumSaid != nil {
		values = s.EnumSaid
	}
	return "Member must satisfy enum value set: [" + strings.Join(values, ", ") + "]"
}

func atMost(measure string, n int64) string {
	return "Member must have " + measure + " less than or equal to " + strconv.FormatInt(n, 10)
}

func atLeast(measure string, n int64) string {
	return "Member must have " + measure + " greater than or equal to " + strconv.FormatInt(n, 10)
}

// Pattern is a regular expression that a whole string has to match. It is compiled at its first use.
type Pattern struct {
	Text string // as the service prints it, in Java syntax

	expr  string // the same language in Go syntax
	once  sync.Once
	match func([]byte) bool
}

// Match reports whether the whole of s, valid UTF-8, matches.
func (p *Pattern) Match(s []byte) bool {
	p.once.Do(func() { p.match = compile(p.expr) })
	return p.match(s)
}

func (p *Pattern) constraint() string {
	return "Member must satisfy regular expression pattern: " + p.Text
}

// compile returns a matcher of whole strings. Most patterns repeat one character class; those are matched by table,
// twenty times faster than by regexp, which counts for access tokens of a thousand characters.
func compile(expr string) func([]byte) bool {
	if class, least, ok := repeatedClass(expr); ok {
		return func(s []byte) bool { return len(s) >= least && class.matchAll(s) }
	}
	return regexp.MustCompile(`\A(?:` + expr + `)\z`).Match
}

// repeatedClass takes apart an expression of the form [class]+ or [class]*.
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

// charClass is a set of characters: a table for ASCII, sorted pairs of first and last for all.
type charClass struct {
	ascii  [utf8.RuneSelf]bool
	ranges []rune
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

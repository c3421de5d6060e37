package generator

import (
	"regexp/syntax"
	"slices"
	"unicode"

	"cognate/internal/apigen/description"
)

const (
	// smallBody is the maximum of a body in bytes, unless the members of the operation need more.
	//
	// Assumed: 64 KiB are enough for the members that have no maximum of their own, such as ClientMetadata.
	smallBody = 64 << 10
	// generalMax is the maximum of strings for which the description has no other one. It says nothing about their real length.
	generalMax = 131072
	// scalarSize is enough for a number, a time or a boolean.
	scalarSize = 24
	// maxNested is more than the nesting of any shape. It ends the measuring of a shape that contains itself.
	maxNested = 16
)

// maxBody returns the maximum size in bytes of a request: the documented one; or smallBody; or, if the members with a maximum
// do not fit into that, their size and smallBody for the others.
func (g *generator) maxBody(op *description.Operation) int64 {
	if op.MaxBody > 0 {
		return op.MaxBody
	}
	if size := g.size(op.Input, 0); size > smallBody {
		return size + smallBody
	}
	return smallBody
}

// size returns how long the JSON of a shape can be, in bytes. A string, list or map without a maximum counts as empty.
func (g *generator) size(name string, nested int) int64 {
	s := g.d.Shapes[name]
	if nested > maxNested || s.Document {
		return 0
	}
	inner := func(name string) int64 { return g.size(name, nested+1) + 1 } // with a comma
	switch s.Type {
	case "string":
		if len(s.Enum) > 0 {
			longest := slices.MaxFunc(s.Enum, func(a, b string) int { return len(a) - len(b) })
			return int64(len(longest) + len(`""`))
		}
		return g.stringSize(name, s)
	case "blob": // in base64
		return (limit(s)+2)/3*4 + int64(len(`""`))
	case "list":
		return limit(s)*inner(s.Element) + int64(len("[]"))
	case "map":
		return limit(s)*(inner(s.Key)+inner(s.Value)) + int64(len("{}"))
	case "structure":
		size := int64(len("{}"))
		for _, m := range s.Members {
			size += int64(len(m.Name)+len(`"":`)) + inner(m.Shape)
		}
		return size
	}
	return scalarSize
}

// stringSize returns the longest form of a string. Clients may write a character of ASCII with a backslash, and any other
// as \u0000, for each unit of UTF-16.
func (g *generator) stringSize(name string, s *description.Shape) int64 {
	units := limit(s)
	if units >= generalMax {
		return 0
	}
	if isASCII(g.patterns[name]) {
		return int64(len(`\/`))*units + int64(len(`""`))
	}
	return int64(len(`\u0000`))*units + int64(len(`""`))
}

func limit(s *description.Shape) int64 {
	if s.Max == nil {
		return 0
	}
	return *s.Max
}

// isASCII reports whether a pattern matches only strings of ASCII characters.
func isASCII(expr string) bool {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	return err == nil && expr != "" && onlyASCII(parsed)
}

func onlyASCII(r *syntax.Regexp) bool {
	switch r.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpLiteral, syntax.OpCharClass: // a class has pairs of first and last character
		return !slices.ContainsFunc(r.Rune, func(c rune) bool { return c > unicode.MaxASCII })
	}
	return !slices.ContainsFunc(r.Sub, func(sub *syntax.Regexp) bool { return !onlyASCII(sub) })
}

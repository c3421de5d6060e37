package generator

import (
	"regexp"
	"strconv"
	"strings"

	"cognate/internal/apigen/description"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Java's \s knows the vertical tab, which Go's doesn't; its dot stops at every line terminator, Go's at \n only.
// Source: java.util.regex.Pattern.
const (
	javaSpace = `\t-\r `
	javaDot   = `[^\n\r\x{85}\x{2028}\x{2029}]`
)

// goPattern returns the Go expression for the language of a shape's pattern, which is in Java syntax.
func goPattern(s *description.Shape) (string, error) {
	expr := s.GoPattern
	if expr == "" {
		expr = translate(s.Pattern)
	}
	_, err := regexp.Compile(expr)
	return expr, err
}

// translate rewrites what the two syntaxes understand differently: \s, \S and the dot. The rest of what the API uses
// means the same in both.
func translate(java string) string {
	var b strings.Builder
	dotAll := strings.HasPrefix(java, "(?s)")
	inClass := false
	for i := 0; i < len(java); i++ {
		switch c := java[i]; {
		case c == '\\' && i+1 < len(java):
			i++
			b.WriteString(translateEscape(java[i], inClass))
		case c == '.' && !inClass && !dotAll:
			b.WriteString(javaDot)
		default:
			if c == '[' || c == ']' {
				inClass = c == '['
			}
			b.WriteByte(c)
		}
	}
	return strings.ReplaceAll(b.String(), notSpaceInClass, "[^"+javaSpace+"]")
}

// notSpaceInClass is a class that holds \S alone. Beside other characters Go's \S is kept, and differs from Java's by
// the vertical tab only.
const notSpaceInClass = `[\S]`

func translateEscape(c byte, inClass bool) string {
	switch {
	case c == 's' && inClass:
		return javaSpace
	case c == 's':
		return "[" + javaSpace + "]"
	case c == 'S' && !inClass:
		return "[^" + javaSpace + "]"
	}
	return `\` + string(c)
}

package generator

import (
	"regexp"
	"strconv"
	"strings"

	"cognate/internal/apigen/description"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// In Java, \s includes the vertical tab, and the dot matches no line terminator. In Go, \s excludes the vertical tab, and
// the dot matches everything but \n.
// Source: java.util.regex.Pattern.
const (
	javaSpace = `\t-\r `
	javaDot   = `[^\n\r\x{85}\x{2028}\x{2029}]`
)

// goPattern returns a Go expression that matches the same strings as the shape's pattern, which is in Java syntax.
func goPattern(s *description.Shape) (string, error) {
	expr := s.GoPattern
	if expr == "" {
		expr = translate(s.Pattern)
	}
	_, err := regexp.Compile(expr)
	return expr, err
}

// translate rewrites the parts whose meaning differs between Java and Go: \s, \S and the dot. The other syntax that the
// API uses means the same in both.
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

// notSpaceInClass is a class that contains only \S. In a class with other characters, translate keeps \S; there Go and
// Java differ only by the vertical tab.
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

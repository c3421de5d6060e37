package output

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cognate/cli/document"
)

// yamlOf returns block style YAML with sorted keys. Lines fold after column 80. A scalar without a parent is written as
// JSON.
// Source: YAML 1.2; styles and folding as in libyaml, which the AWS CLI uses.
func yamlOf(value any) string {
	if isScalar(value) {
		return string(document.AppendJSON(nil, value, "")) + "\n"
	}
	y := &yamlWriter{}
	y.block(value, 0, false)
	return y.b.String()
}

// foldAfter is the column after which a space becomes a line break.
const foldAfter = 80

type yamlWriter struct {
	b      strings.Builder
	column int
}

func (y *yamlWriter) put(text string) {
	y.b.WriteString(text)
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		y.column, text = 0, text[i+1:]
	}
	y.column += len([]rune(text))
}

func (y *yamlWriter) newline(indent int) { y.put("\n" + strings.Repeat(" ", indent)) }

// block writes a value whose lines start at indent. If inline is true, the cursor is already at the start of the first
// line.
func (y *yamlWriter) block(value any, indent int, inline bool) {
	switch v := value.(type) {
	case *document.Object:
		y.object(v, indent, inline)
	case []any:
		y.list(v, indent, inline)
	default:
		y.scalar(value, indent+2, false)
		y.put("\n")
	}
}

func (y *yamlWriter) start(i, indent int, inline bool) {
	if i > 0 || !inline {
		y.put(strings.Repeat(" ", indent))
	}
}

func (y *yamlWriter) object(object *document.Object, indent int, inline bool) {
	if object.Len() == 0 {
		y.put("{}\n")
		return
	}
	names := object.Names()
	slices.Sort(names)
	for i, name := range names {
		y.start(i, indent, inline)
		value, _ := object.Get(name)
		if len(name) > maxSimpleKey || strings.Contains(name, "\n") {
			y.longKey(name, value, indent)
			continue
		}
		y.scalar(name, indent, true)
		y.put(":")
		switch v := value.(type) {
		case *document.Object:
			if v.Len() > 0 {
				y.put("\n")
				y.block(v, indent+2, false)
				continue
			}
		case []any:
			if len(v) > 0 {
				y.put("\n")
				y.block(v, indent, false)
				continue
			}
		}
		y.put(" ")
		y.block(value, indent, true)
	}
}

// maxSimpleKey is the largest length of a key, in bytes, that is on the same line as its value.
const maxSimpleKey = 128

// longKey writes a key and its value on separate lines. Source: YAML 1.2, section 8.2.2.
func (y *yamlWriter) longKey(name string, value any, indent int) {
	y.put("? ")
	y.scalar(name, indent+2, false)
	y.newline(indent)
	y.put(": ")
	if isScalar(value) {
		y.block(value, indent, true)
		return
	}
	y.block(value, indent+2, true)
}

func (y *yamlWriter) list(list []any, indent int, inline bool) {
	if len(list) == 0 {
		y.put("[]\n")
		return
	}
	for i, item := range list {
		y.start(i, indent, inline)
		y.put("- ")
		if isScalar(item) {
			y.block(item, indent, true)
		} else {
			y.block(item, indent+2, true)
		}
	}
}

func (y *yamlWriter) scalar(value any, indent int, key bool) {
	text, ok := value.(string)
	if !ok {
		y.put(string(document.AppendJSON(nil, value, "")))
		return
	}
	switch styleOf(text) {
	case plain:
		y.plain(text, indent, key)
	case single:
		y.single(text, indent, key)
	default:
		y.double(text, indent, key)
	}
}

type scalarStyle int

const (
	plain scalarStyle = iota
	single
	double
)

// implicit matches strings that YAML would read as another type.
// Source: YAML 1.2, "Core Schema"; merge, value and timestamp of YAML 1.1.
var implicit = regexp.MustCompile(`^(?:|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|<<|=` +
	`|[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+` +
	`|[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?(?:[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)` +
	`|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
	`|[0-9]{4}-[0-9]{2}-[0-9]{2}` +
	`|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$`)

func styleOf(text string) scalarStyle {
	runes := []rune(text)
	quote := strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...")
	previous := ' '
	for i, r := range runes {
		last := i == len(runes)-1
		blankNext := last || runes[i+1] == ' ' || runes[i+1] == '\n' || runes[i+1] == '\t'
		switch {
		case !printable(r), r == '\n' && i > 0 && previous == ' ', r == ' ' && previous == '\n':
			return double
		case r == '\n', r == ' ' && (i == 0 || last),
			i == 0 && strings.ContainsRune("#,[]{}&*!|>'\"%@`", r),
			i == 0 && strings.ContainsRune("?-", r) && blankNext,
			r == ':' && blankNext,
			r == '#' && (previous == ' ' || previous == '\n'):
			quote = true
		}
		previous = r
	}
	if quote || implicit.MatchString(text) {
		return single
	}
	return plain
}

// printable reports whether a string may contain r without an escape.
func printable(r rune) bool {
	return r == '\n' || r >= ' ' && r <= '~' || r >= 0xa0 && r <= 0xfffd && r != 0xfeff
}

// fold breaks the line instead of writing the space at i, if the line is long enough. It reports whether it did.
func (y *yamlWriter) fold(runes []rune, i, indent int, allowed bool) bool {
	if !allowed || y.column <= foldAfter || i > 0 && runes[i-1] == ' ' {
		return false
	}
	y.newline(indent)
	return true
}

func (y *yamlWriter) plain(text string, indent int, key bool) {
	runes := []rune(text)
	for i, r := range runes {
		if r == ' ' && y.fold(runes, i, indent, !key && runes[i+1] != ' ') {
			continue
		}
		y.put(string(r))
	}
}

func (y *yamlWriter) single(text string, indent int, key bool) {
	runes := []rune(text)
	y.put("'")
	broken := false
	for i, r := range runes {
		inside := i > 0 && i < len(runes)-1
		switch {
		case r == ' ':
			if !y.fold(runes, i, indent, !key && inside && runes[i+1] != ' ') {
				y.put(" ")
			}
			continue
		case r == '\n':
			if !broken {
				y.put("\n")
			}
			y.put("\n")
			broken = true
			continue
		case broken:
			y.put(strings.Repeat(" ", indent))
			broken = false
		}
		if r == '\'' {
			y.put("'")
		}
		y.put(string(r))
	}
	if broken {
		y.put(strings.Repeat(" ", indent))
	}
	y.put("'")
}

func (y *yamlWriter) double(text string, indent int, key bool) {
	runes := []rune(text)
	y.put(`"`)
	for i, r := range runes {
		inside := i > 0 && i < len(runes)-1
		switch {
		case r == '"' || r == '\\' || r == '\n' || !printable(r):
			y.put(escaped(r))
		case r == ' ':
			if !y.fold(runes, i, indent, !key && inside) {
				y.put(" ")
			} else if runes[i+1] == ' ' {
				y.put(`\`)
			}
		default:
			y.put(string(r))
		}
	}
	y.put(`"`)
}

// escaped returns the escape of a character. Source: YAML 1.2, section 5.7.
func escaped(r rune) string {
	const named = "\x00\a\b\t\n\v\f\r\x1b\"\\\u0085\u00a0"
	if i := slices.Index([]rune(named), r); i >= 0 {
		return `\` + string("0abtnvfre\"\\N_"[i])
	}
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`\x%02X`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04X`, r)
	}
	return fmt.Sprintf(`\U%08X`, r)
}

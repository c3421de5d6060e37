package input

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/big"
	"strings"
	"syscall"
	"unicode"

	"cognate/cli/document"
)

// The AWS CLI's messages show values and types in Python's notation. Scripts depend on these messages.

// pythonType returns the Python name of a value's type.
func pythonType(value any) string {
	switch value.(type) {
	case nil:
		return "<class 'NoneType'>"
	case bool:
		return "<class 'bool'>"
	case int64, *big.Int:
		return "<class 'int'>"
	case float64:
		return "<class 'float'>"
	case []byte:
		return "<class 'bytes'>"
	case []any:
		return "<class 'list'>"
	case *document.Object:
		return "<class 'dict'>"
	}
	return "<class 'str'>"
}

// pythonString returns str(value) of Python. Strings inside other values are quoted.
func pythonString(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	var b strings.Builder
	represent(&b, value)
	return b.String()
}

func represent(b *strings.Builder, value any) {
	switch v := value.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int64, *big.Int:
		fmt.Fprint(b, v)
	case float64:
		b.WriteString(float(v))
	case string:
		b.WriteString(quoted(v))
	case []byte:
		b.WriteString("b" + quoted(string(v)))
	case []any:
		b.WriteByte('[')
		for i, entry := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			represent(b, entry)
		}
		b.WriteByte(']')
	case *document.Object:
		b.WriteByte('{')
		first := true
		for name, member := range v.All() {
			if !first {
				b.WriteString(", ")
			}
			first = false
			b.WriteString(quoted(name) + ": ")
			represent(b, member)
		}
		b.WriteByte('}')
	}
}

func float(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	return document.FormatFloat(f)
}

func quoted(s string) string {
	quote := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteRune(quote)
	return b.String()
}

// pythonOSError returns Python's text for an error of opening a file.
func pythonOSError(err error, path string) string {
	var number syscall.Errno
	var pathError *fs.PathError
	if !errors.As(err, &number) || !errors.As(err, &pathError) {
		return err.Error()
	}
	text := number.Error()
	return fmt.Sprintf("[Errno %d] %s: %s", int(number), strings.ToUpper(text[:1])+text[1:], quoted(path))
}

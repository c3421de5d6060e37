// Package output owns the output formats, which equal those of the AWS CLI byte for byte. It prints values. It does not
// know operations or paging.
package output

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"cognate/cli/document"
)

// Format is an output format.
type Format string

// The formats of the AWS CLI.
const (
	JSON       Format = "json"
	Text       Format = "text"
	Table      Format = "table"
	YAML       Format = "yaml"
	YAMLStream Format = "yaml-stream"
	Off        Format = "off"
)

// QR is the format that prints a secret as a QR code. The AWS CLI does not have it. The caller prints it.
const QR Format = "qr"

// Formats returns all formats. Those of the AWS CLI are in its order.
func Formats() []string {
	return []string{string(JSON), string(Text), string(Table), string(YAML), string(YAMLStream), string(Off), string(QR)}
}

// Known reports whether the format exists.
func (f Format) Known() bool { return slices.Contains(Formats(), string(f)) }

// Streams reports whether each page of a list is printed when it arrives.
func (f Format) Streams() bool { return f == Text || f == YAMLStream }

// Style is the style of an output.
type Style struct {
	// Terminal shows control characters in values as escapes, because users of a pool choose some values.
	Terminal bool
	Color    bool // of tables
	Width    int  // columns of the terminal; a wider table shows its rows as columns
}

// DefaultWidth is the width of a table without a terminal.
const DefaultWidth = 80

// WritePage prints one page of a list. In YAML, an empty page is printed too. In other formats it does the same as
// Write.
func WritePage(w io.Writer, format Format, title string, value any, style Style) error {
	if format != YAMLStream {
		return Write(w, format, title, value, style)
	}
	_, err := io.WriteString(w, yamlOf([]any{value}))
	return err
}

// Printable returns text with escapes for control characters, which could control a terminal. Line feeds and tabs remain.
func Printable(text string) string {
	isControl := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if !strings.ContainsFunc(text, isControl) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isControl(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// printableValue returns a value whose strings are Printable.
func printableValue(value any) any {
	switch v := value.(type) {
	case string:
		return Printable(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = printableValue(item)
		}
		return list
	case *document.Object:
		object := &document.Object{}
		for name, member := range v.All() {
			object.Set(Printable(name), printableValue(member))
		}
		return object
	}
	return value
}

// Write prints a value. title is the heading of a table. An empty object prints nothing, except in text format.
func Write(w io.Writer, format Format, title string, value any, style Style) error {
	if style.Terminal && (format == Text || format == Table) { // the other formats have escapes of their own
		value = printableValue(value)
	}
	empty := isEmptyObject(value)
	var text string
	switch {
	case format == Text:
		text = textOf(value)
	case format == Off || empty:
		return nil
	case format == Table:
		text = tableOf(title, value, style)
	case format == YAML:
		text = yamlOf(value)
	case format == YAMLStream:
		text = yamlOf([]any{value})
	default:
		text = string(document.AppendJSON(nil, value, "    ")) + "\n"
	}
	if style.Terminal && format != Text && format != Table {
		text = Printable(text) // JSON leaves some control characters as they are
	}
	_, err := io.WriteString(w, text)
	return err
}

func isEmptyObject(value any) bool {
	object, ok := value.(*document.Object)
	return ok && object.Len() == 0
}

func isScalar(value any) bool {
	switch value.(type) {
	case *document.Object, []any:
		return false
	}
	return true
}

// word returns a scalar as the AWS CLI shows it in text and tables.
func word(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return string(document.AppendJSON(nil, value, ""))
}

// sortedNames returns the sorted names of an object's members: scalars and others.
func sortedNames(object *document.Object) (scalars, others []string) {
	for name, value := range object.All() {
		if isScalar(value) {
			scalars = append(scalars, name)
		} else {
			others = append(others, name)
		}
	}
	slices.Sort(scalars)
	slices.Sort(others)
	return scalars, others
}

// textOf returns lines of words separated by tabs. Each line of a nested value starts with the value's name.
// Source: AWS CLI user guide, "Text output format".
func textOf(value any) string {
	t := &textWriter{}
	t.value(value, "", nil)
	return t.b.String()
}

type textWriter struct{ b strings.Builder }

func (t *textWriter) line(words []string) {
	t.b.WriteString(strings.Join(words, "\t"))
	t.b.WriteByte('\n')
}

// value writes a value. Its lines start with heading. columns are the scalars of an object to write, or nil for all.
func (t *textWriter) value(value any, heading string, columns []string) {
	switch v := value.(type) {
	case *document.Object:
		t.object(v, heading, columns)
	case []any:
		t.list(v, heading)
	default:
		t.line([]string{word(value)})
	}
}

func (t *textWriter) object(object *document.Object, heading string, columns []string) {
	var words []string
	var rest []string
	if columns == nil {
		columns, rest = sortedNames(object)
	} else {
		for _, name := range object.Names() {
			if !slices.Contains(columns, name) {
				rest = append(rest, name)
			}
		}
		slices.Sort(rest)
	}
	for _, name := range columns {
		if member, ok := object.Get(name); ok {
			words = append(words, word(member))
		} else {
			words = append(words, "")
		}
	}
	if len(words) > 0 {
		if heading != "" {
			words = slices.Insert(words, 0, strings.ToUpper(heading))
		}
		t.line(words)
	}
	for _, name := range rest {
		member, _ := object.Get(name)
		t.value(member, name, nil)
	}
}

func (t *textWriter) list(list []any, heading string) {
	isObject := func(v any) bool { _, ok := v.(*document.Object); return ok }
	isList := func(v any) bool { _, ok := v.([]any); return ok }
	switch {
	case len(list) == 0:
	case slices.ContainsFunc(list, isObject):
		columns := scalarColumns(list)
		for _, item := range list {
			t.value(item, heading, columns)
		}
	case slices.ContainsFunc(list, isList):
		var scalars []any
		for _, item := range list {
			if isScalar(item) {
				scalars = append(scalars, item)
			}
		}
		if len(scalars) > 0 {
			t.scalars(scalars, heading)
		}
		for _, item := range list {
			if !isScalar(item) {
				t.value(item, heading, nil)
			}
		}
	default:
		t.scalars(list, heading)
	}
}

// scalarColumns returns the sorted names of the scalars in any of the objects.
func scalarColumns(list []any) []string {
	columns := []string{}
	for _, item := range list {
		if object, ok := item.(*document.Object); ok {
			scalars, _ := sortedNames(object)
			columns = append(columns, scalars...)
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

func (t *textWriter) scalars(list []any, heading string) {
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = word(item)
	}
	if heading == "" {
		t.line(words)
		return
	}
	for _, w := range words {
		t.line([]string{strings.ToUpper(heading), w})
	}
}

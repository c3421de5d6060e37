// Package output prints answers in the formats of the AWS CLI, byte for byte. It knows neither operations nor paging:
// it prints what it is handed.
package output

import (
	"io"
	"slices"
	"strings"

	"cognate/cli/document"
)

// Format is a way to print an answer.
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

// QR is the format of the one answer that is scanned instead of read. It is ours, and printed by the caller.
const QR Format = "qr"

// Formats are all formats, in the order in which the AWS CLI lists its own.
func Formats() []string {
	return []string{string(JSON), string(Text), string(Table), string(YAML), string(YAMLStream), string(Off), string(QR)}
}

// Known tells whether there is such a format.
func (f Format) Known() bool { return slices.Contains(Formats(), string(f)) }

// Streams tells whether the pages of an answer are printed one by one, as they come.
func (f Format) Streams() bool { return f == Text || f == YAMLStream }

// Style is how a table is drawn.
type Style struct {
	Color bool
	Width int // of the terminal, in columns; a wider table is turned by 90 degrees
}

// DefaultWidth is the width of a table when there is no terminal.
const DefaultWidth = 80

// WritePage prints one of the pages of an answer. In YAML an empty one is an entry like the others; else it is Write.
func WritePage(w io.Writer, format Format, title string, value any, style Style) error {
	if format != YAMLStream {
		return Write(w, format, title, value, style)
	}
	_, err := io.WriteString(w, yamlOf([]any{value}))
	return err
}

// Write prints a value. title heads a table. An empty object prints nothing, unless in text.
func Write(w io.Writer, format Format, title string, value any, style Style) error {
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

// word writes a scalar as the AWS CLI shows it in texts and tables.
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

// sortedNames returns the names of an object's members, sorted: those of scalars and those of the others.
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

// textOf writes lines of words between tabs, each line of a nested value headed by its name.
// Source: AWS CLI user guide, "Text output format".
func textOf(value any) string {
	t := &texter{}
	t.value(value, "", nil)
	return t.b.String()
}

type texter struct{ b strings.Builder }

func (t *texter) line(words []string) {
	t.b.WriteString(strings.Join(words, "\t"))
	t.b.WriteByte('\n')
}

// value writes a value below heading; columns are the scalars to write of an object, nil for its own.
func (t *texter) value(value any, heading string, columns []string) {
	switch v := value.(type) {
	case *document.Object:
		t.object(v, heading, columns)
	case []any:
		t.list(v, heading)
	default:
		t.line([]string{word(value)})
	}
}

func (t *texter) object(object *document.Object, heading string, columns []string) {
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

func (t *texter) list(list []any, heading string) {
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

// scalarColumns are the names of all scalars in any of the objects, sorted.
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

func (t *texter) scalars(list []any, heading string) {
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

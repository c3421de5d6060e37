package output

import (
	"math"
	"slices"
	"strings"

	"golang.org/x/text/width"

	"cognate/cli/document"
)

// tableOf draws nested sections. Each has a title, a row of headers and rows of values.
// Source: AWS CLI user guide, "Table output format"; the drawing is the AWS CLI's.
func tableOf(title string, value any, style Style) string {
	t := &table{style: style}
	if !t.build(&title, value, 0) {
		return ""
	}
	return t.render()
}

// cellPadding is the number of columns that a cell has in addition to its longest text.
const cellPadding = 4

type table struct {
	style    Style
	sections []*section
}

// section is a part of a table with its own columns.
type section struct {
	title   string
	headers []string
	rows    [][]string
	widths  []int // width of the longest text in each column
	indent  int
}

func (t *table) newSection(title string, indent int) {
	t.sections = append(t.sections, &section{title: title, indent: indent})
}

func (t *table) current() *section {
	if len(t.sections) == 0 {
		t.newSection("", 0)
	}
	return t.sections[len(t.sections)-1]
}

func isBlank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case int64:
		return v == 0
	case []any:
		return len(v) == 0
	}
	return isEmptyObject(value)
}

// build adds the sections of a value. If title is nil, it continues the previous section. It reports whether it added
// anything.
func (t *table) build(title *string, value any, indent int) bool {
	if isBlank(value) {
		return false
	}
	if title != nil {
		t.newSection(*title, indent)
	}
	switch v := value.(type) {
	case []any:
		t.list(v, title, indent)
	case *document.Object:
		t.object(v, indent)
	}
	return true
}

func (t *table) list(list []any, title *string, indent int) {
	if _, ok := list[0].(*document.Object); ok {
		t.objects(list, title, indent)
		return
	}
	for _, item := range list {
		inner, isList := item.([]any)
		switch {
		case isScalar(item):
			t.current().addRow([]any{item})
		case isList && !slices.ContainsFunc(inner, func(v any) bool { return !isScalar(v) }):
			t.current().addRow(inner)
		default:
			t.build(nil, item, 0)
		}
	}
}

func (t *table) object(object *document.Object, indent int) {
	headers, others := sortedNames(object)
	if len(headers) == 1 {
		value, _ := object.Get(headers[0])
		t.current().addRow([]any{headers[0], value})
	} else if len(headers) > 0 {
		t.current().addHeaders(headers)
		t.current().addRow(pick(object, headers))
	}
	for _, name := range others {
		value, _ := object.Get(name)
		t.build(&name, value, indent+1)
	}
}

func pick(object *document.Object, names []string) []any {
	values := make([]any, len(names))
	for i, name := range names {
		value, ok := object.Get(name)
		if !ok {
			value = ""
		}
		values[i] = value
	}
	return values
}

func (t *table) objects(list []any, title *string, indent int) {
	var headers, others []string
	for _, item := range list {
		if object, ok := item.(*document.Object); ok {
			h, o := sortedNames(object)
			headers, others = append(headers, h...), append(others, o...)
		}
	}
	slices.Sort(headers)
	slices.Sort(others)
	headers, others = slices.Compact(headers), slices.Compact(others)
	t.current().addHeaders(headers)
	for i, item := range list {
		object, ok := item.(*document.Object)
		if !ok {
			continue
		}
		if i > 0 && len(others) > 0 {
			name := ""
			if title != nil {
				name = *title
			}
			t.newSection(name, indent)
			t.current().addHeaders(headers)
		}
		t.current().addRow(pick(object, headers))
		for _, name := range others {
			if value, ok := object.Get(name); ok {
				t.build(&name, value, indent+1)
			}
		}
	}
}

func (s *section) addHeaders(headers []string) {
	s.headers = headers
	s.widen(headers)
}

func (s *section) addRow(values []any) {
	row := make([]string, len(values))
	for i, value := range values {
		row[i] = word(value)
	}
	s.rows = append(s.rows, row)
	s.widen(row)
}

func (s *section) widen(row []string) {
	for i, text := range row {
		if i == len(s.widths) {
			s.widths = append(s.widths, 0)
		}
		s.widths[i] = max(s.widths[i], columnsOf(text))
	}
}

// columnsOf returns the width of a text in columns. Wide and ambiguous characters count as two.
// Source: Unicode Standard Annex #11.
func columnsOf(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r < 0x80 {
			continue
		}
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
			n++
		}
	}
	return n
}

func (s *section) total() int {
	total := 2 + 2*s.indent
	for _, w := range s.widths {
		total += w + cellPadding
	}
	return max(total, columnsOf(s.title)+2+2*s.indent)
}

// scaledWidths changes the widths of the columns so that the section fills width.
func (s *section) scaledWidths(width int) []int {
	if len(s.widths) == 0 {
		return nil
	}
	sum := 0
	for _, w := range s.widths {
		sum += w + cellPadding
	}
	factor := float64(width) / float64(sum)
	scaledWidths := make([]int, len(s.widths))
	off := -width
	for i, w := range s.widths {
		scaledWidths[i] = int(math.RoundToEven(factor * float64(w+cellPadding)))
		off += scaledWidths[i]
	}
	for off != 0 {
		for i := range scaledWidths {
			if off > 0 {
				scaledWidths[i]--
				off--
			} else if off < 0 {
				scaledWidths[len(scaledWidths)-1-i]++
				off++
			}
		}
	}
	return scaledWidths
}

func (t *table) width() int {
	widest := 0
	for _, s := range t.sections {
		widest = max(widest, s.total())
	}
	return widest
}

func (t *table) render() string {
	if t.width() > t.style.Width {
		for i, s := range t.sections {
			t.sections[i] = s.transposed()
		}
	}
	r := &renderer{color: t.style.Color, width: t.width()}
	r.b.WriteString(strings.Repeat("-", r.width) + "\n")
	for _, s := range t.sections {
		r.section(s)
	}
	return r.b.String()
}

// transposed converts a section with a single row to two columns: header and value.
func (s *section) transposed() *section {
	if len(s.rows) != 1 || len(s.headers) == 0 {
		return s
	}
	transposed := &section{title: s.title, indent: s.indent}
	for i, header := range s.headers {
		transposed.addRow([]any{header, s.rows[0][i]})
	}
	return transposed
}

// Colors of a table on a terminal.
const (
	colorValue  = "\x1b[1m\x1b[34m"
	colorIndent = "\x1b[2m\x1b[33m"
	colorReset  = "\x1b[0m"
)

type renderer struct {
	b     strings.Builder
	color bool
	width int
}

func (r *renderer) section(s *section) {
	width := r.width - 2*s.indent
	if s.title != "" {
		r.line(s, centered(s.title, s.title, width, "|"))
		if len(s.headers) == 0 && len(s.rows) == 0 {
			r.line(s, "+"+strings.Repeat("-", width-2)+"+")
		}
	}
	widths := s.scaledWidths(width)
	if len(s.headers) > 0 {
		r.rule(s, widths)
		var b strings.Builder
		for i, header := range s.headers {
			b.WriteString(centered(header, header, widths[i], leftEdge(i)))
		}
		r.line(s, b.String())
	}
	if len(s.rows) == 0 || len(widths) == 0 {
		return
	}
	r.rule(s, widths)
	for _, row := range s.rows {
		var b strings.Builder
		for i, text := range row {
			b.WriteString(aligned(r.paint(colorValue, text), text, widths[i], leftEdge(i)))
		}
		r.line(s, b.String())
	}
	r.rule(s, widths)
}

func leftEdge(column int) string {
	if column == 0 {
		return "|"
	}
	return ""
}

func (r *renderer) paint(color, text string) string {
	if !r.color {
		return text
	}
	return color + text + colorReset
}

// line writes a line between the borders of the enclosing sections.
func (r *renderer) line(s *section, text string) {
	bars := strings.Repeat(r.paint(colorIndent, "|"), s.indent)
	r.b.WriteString(bars + text + bars + "\n")
}

func (r *renderer) rule(s *section, widths []int) {
	var b strings.Builder
	for i, w := range widths {
		edges := 2
		if i == 0 {
			b.WriteByte('+')
		} else {
			edges = 1
		}
		b.WriteString(dashes(w-edges) + "+")
	}
	r.line(s, b.String())
}

func dashes(n int) string { return strings.Repeat("-", max(n, 0)) }
func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// centered centers styled in a cell. text is styled without escape codes.
func centered(styled, text string, width int, left string) string {
	length := columnsOf(text)
	before := width/2 - length/2 - 1
	used := len(left) + before + length
	return left + spaces(before) + styled + spaces(width-1-used) + "|"
}

// aligned writes styled two spaces from the left border, or without the spaces if the cell is too narrow. text is
// styled without escape codes.
func aligned(styled, text string, width int, left string) string {
	const padding = 2
	length := columnsOf(text)
	before := 0
	if width-(length+padding+len(left)+1) >= 0 {
		before = padding
	}
	return left + spaces(before) + styled + spaces(width-len(left)-before-length-1) + "|"
}

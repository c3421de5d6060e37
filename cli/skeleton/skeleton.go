// Package skeleton owns the output of --generate-cli-skeleton: samples of an operation's input and output, derived from
// its shapes. It does not read input.
package skeleton

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"cognate/api"
	"cognate/cli/document"
	"cognate/cli/helptext"
)

// mapKey is the key of the only entry in a sample map.
const mapKey = "KeyName"

// epochText is a time in a sample.
const epochText = "1970-01-01T00:00:00"

// Input returns an input with every member: empty strings, the first allowed value, zeros, true.
func Input(op *api.Operation) any {
	key := func(*api.Shape) string { return mapKey }
	leaf := func(shape *api.Shape, _ string) any {
		switch shape.Kind {
		case api.KindString:
			if len(shape.Enum) > 0 {
				return shape.Enum[0]
			}
			return ""
		case api.KindInteger, api.KindLong:
			return int64(0)
		case api.KindBoolean:
			return true
		case api.KindTimestamp:
			return epochText
		case api.KindDocument:
			return &document.Object{}
		}
		return nil // JSON cannot contain bytes
	}
	return sampler{key, leaf}.build(op.Input, "", nil)
}

// Output returns a valid output with every member. A string is the name of its member, if lengths, patterns and
// enumerations allow that. The output is empty if the operation returns nothing.
func Output(op *api.Operation) any {
	if op.Output == nil {
		return &document.Object{}
	}
	key := func(shape *api.Shape) string { return validText(shape, mapKey) }
	return sampler{key, valid}.build(op.Output, "", nil)
}

// sampler has functions that return the sample key of a map, and the sample of a scalar for its shape and member name.
type sampler struct {
	key  func(*api.Shape) string
	leaf func(*api.Shape, string) any
}

func (s sampler) build(shape *api.Shape, name string, within []*api.Shape) any {
	switch shape.Kind {
	case api.KindStructure:
		object := &document.Object{}
		if slices.Contains(within, shape) {
			return object
		}
		for _, m := range shape.Members {
			object.Set(m.Name, s.build(m.Shape, m.Name, append(slices.Clone(within), shape)))
		}
		return object
	case api.KindList:
		return []any{s.build(shape.Element, shape.Element.Name, within)}
	case api.KindMap:
		object := &document.Object{}
		object.Set(s.key(shape.Key), s.build(shape.Element, mapKey, within))
		return object
	}
	return s.leaf(shape, name)
}

func valid(shape *api.Shape, name string) any {
	switch shape.Kind {
	case api.KindString:
		return validText(shape, name)
	case api.KindInteger, api.KindLong:
		return max(0, shape.Min)
	case api.KindBoolean:
		return true
	case api.KindTimestamp:
		return epochText
	case api.KindDocument:
		return &document.Object{}
	}
	return ""
}

// filler extends a sample that is too short.
const filler = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func validText(shape *api.Shape, name string) string {
	if len(shape.Enum) > 0 {
		return shape.Enum[0]
	}
	least := 0
	if shape.Min != api.Unbounded {
		least = int(shape.Min)
	}
	candidates := []string{
		name, strings.ToUpper(name), strings.ToLower(name), "us-east-1_" + name, "arn:aws:example:us-east-1:000000000000:" + name,
		"1", "a@example.com", "A",
	}
	for _, text := range candidates {
		for len(text) < least {
			text += filler[:min(len(filler), least-len(text))]
		}
		if shape.Max != api.Unbounded && int64(len(text)) > shape.Max {
			text = text[:shape.Max]
		}
		if shape.Pattern == nil || shape.Pattern.Match([]byte(text)) {
			return text
		}
	}
	return fromPattern(shape.Pattern.Text, least)
}

// fromPattern returns the simplest string that matches a pattern. pattern must mean the same in Java and Go.
func fromPattern(pattern string, least int) string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return strings.Repeat("A", max(least, 1))
	}
	return simplest(parsed, least)
}

func simplest(re *syntax.Regexp, least int) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return string(inClass(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "A"
	case syntax.OpStar:
		return ""
	case syntax.OpPlus:
		return strings.Repeat(simplest(re.Sub[0], 0), max(least, 1))
	case syntax.OpRepeat:
		return strings.Repeat(simplest(re.Sub[0], 0), re.Min)
	case syntax.OpCapture:
		return simplest(re.Sub[0], least)
	case syntax.OpAlternate:
		return simplest(re.Sub[0], least)
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(simplest(sub, 0))
		}
		return b.String()
	}
	return ""
}

// inClass returns a character of a class, a letter if possible.
func inClass(ranges []rune) rune {
	for _, want := range "Aa0" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	if len(ranges) == 0 {
		return 'A'
	}
	return ranges[0]
}

// YAML returns Input as YAML. A comment for each member says whether it is required, what it is, and its valid values.
func YAML(op *api.Operation) string {
	y := &yamlSkeleton{}
	if len(op.Input.Members) == 0 {
		return "{}\n"
	}
	y.members(op.Input, "", nil)
	return y.b.String()
}

type yamlSkeleton struct{ b strings.Builder }

func (y *yamlSkeleton) members(shape *api.Shape, indent string, within []*api.Shape) {
	within = append(slices.Clone(within), shape)
	for i, m := range shape.Members {
		if i > 0 || !strings.HasSuffix(y.b.String(), "- ") {
			y.b.WriteString(indent)
		}
		y.b.WriteString(m.Name + ":")
		gap := " "
		if i == 0 {
			gap = "  " // as in the AWS CLI
		}
		y.value(m.Shape, indent, gap+"# "+Comment(shape, m)+"\n", within)
	}
}

// value writes the value after a name and its colon. end is the end of the line with its comment.
func (y *yamlSkeleton) value(shape *api.Shape, indent, end string, within []*api.Shape) {
	switch shape.Kind {
	case api.KindStructure:
		if slices.Contains(within, shape) || len(shape.Members) == 0 {
			y.b.WriteString(" {}" + end)
			return
		}
		y.b.WriteString(end)
		y.members(shape, indent+"  ", within)
	case api.KindList:
		y.b.WriteString(end + indent + "- ")
		y.entry(shape.Element, indent, within)
	case api.KindMap:
		y.b.WriteString(end + indent + "  " + mapKey + ":")
		y.entryAfterColon(shape.Element, indent+"  ", within)
	default:
		y.b.WriteString(" " + scalarText(shape) + end)
	}
}

func (y *yamlSkeleton) entry(shape *api.Shape, indent string, within []*api.Shape) {
	switch shape.Kind {
	case api.KindStructure:
		if slices.Contains(within, shape) {
			y.b.WriteString("{}\n")
			return
		}
		y.members(shape, indent+"  ", within)
	case api.KindList:
		y.b.WriteString("- ")
		y.entry(shape.Element, indent+"  ", within)
	case api.KindMap:
		y.b.WriteString(mapKey + ":")
		y.entryAfterColon(shape.Element, indent+"  ", within)
	default:
		y.b.WriteString(scalarText(shape) + "\n")
	}
}

func (y *yamlSkeleton) entryAfterColon(shape *api.Shape, indent string, within []*api.Shape) {
	switch shape.Kind {
	case api.KindStructure:
		if slices.Contains(within, shape) {
			y.b.WriteString(" {}\n")
			return
		}
		y.b.WriteString("\n")
		y.members(shape, indent+"  ", within)
	case api.KindList:
		y.b.WriteString("\n" + indent + "- ")
		y.entry(shape.Element, indent, within)
	case api.KindMap:
		y.b.WriteString("\n" + indent + "  " + mapKey + ":")
		y.entryAfterColon(shape.Element, indent+"  ", within)
	default:
		y.b.WriteString(" " + scalarText(shape) + "\n")
	}
}

func scalarText(shape *api.Shape) string {
	switch shape.Kind {
	case api.KindString:
		if len(shape.Enum) == 0 {
			return "''"
		}
		return quoteIfNeeded(shape.Enum[0])
	case api.KindInteger, api.KindLong:
		return "0"
	case api.KindBoolean:
		return "true"
	case api.KindTimestamp:
		return epochText
	case api.KindBlob:
		return "!!binary ''"
	}
	return "{}"
}

// quoteIfNeeded quotes a word that YAML would read as a number or null.
func quoteIfNeeded(word string) string {
	if _, err := strconv.ParseFloat(word, 64); err == nil || word == "" {
		return "'" + word + "'"
	}
	return word
}

// Comment describes a member of a structure in one line: whether it is required, what it is, its valid values.
func Comment(structure *api.Shape, m api.Member) string {
	var parts []string
	if m.Required {
		parts = append(parts, "[REQUIRED]")
	}
	if text := helptext.Member(structure, m.Name); text != "" {
		parts = append(parts, text)
	}
	if len(m.Shape.Enum) > 0 {
		parts = append(parts, "Valid values are: "+strings.Join(m.Shape.Enum, ", ")+".")
	}
	return strings.Join(parts, " ")
}

// Describe returns the type of a shape with its limits, for example "String of 1 to 128 characters".
func Describe(shape *api.Shape) string {
	what, unit := "Structure", ""
	switch shape.Kind {
	case api.KindString:
		what, unit = "String", "characters"
	case api.KindInteger:
		what, unit = "Integer", ""
	case api.KindLong:
		what, unit = "Long integer", ""
	case api.KindBoolean:
		return "Boolean"
	case api.KindTimestamp:
		return "Time"
	case api.KindBlob:
		what, unit = "Binary data", "bytes"
	case api.KindDocument:
		return "Any JSON value"
	case api.KindList:
		what, unit = "List", "entries"
	case api.KindMap:
		what, unit = "Map", "entries"
	}
	return what + limits(shape, unit)
}

func limits(shape *api.Shape, unit string) string {
	least, most := shape.Min, shape.Max
	if unit != "" {
		unit = " " + unit
	}
	join := " of "
	if unit == "" {
		join = " from "
	}
	switch {
	case shape.Kind == api.KindStructure || least == api.Unbounded && most == api.Unbounded:
		return ""
	case least == api.Unbounded || least == 0 && unit != "":
		if most == api.Unbounded {
			return ""
		}
		return " of at most " + strconv.FormatInt(most, 10) + unit
	case most == api.Unbounded:
		return " of at least " + strconv.FormatInt(least, 10) + unit
	case least == most:
		return " of " + strconv.FormatInt(least, 10) + unit
	}
	return join + strconv.FormatInt(least, 10) + " to " + strconv.FormatInt(most, 10) + unit
}

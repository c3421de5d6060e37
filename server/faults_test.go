package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"cognate/api"
	"cognate/api/apitest"
)

// This file computes malformed requests from the shapes of the API description, with the answer that each must get.
// Source of the answers: docs/behaviour.md §8.1, §8.3.

// fault is a value that its shape does not accept.
type fault struct {
	what    string   // path and kind
	value   string   // JSON; empty if the member is absent
	clauses []string // of the validation message
	refusal string   // message of the SerializationException, instead of clauses
}

// oddities are texts that some shapes do not accept.
var oddities = []string{"", "a b", " ", "no.such|value\\", "\x00", "\u00e9\x7f", "a\r\nb"}

// position is where a value is in a request.
type position struct {
	path   string // as messages write it
	hidden bool   // messages do not show the value
}

func (p position) child(name string, s *api.Shape) position {
	if p.path != "" {
		name = p.path + "." + name
	}
	return position{name, p.hidden || s.Sensitive}
}

// clause returns a clause about a value. The value is not shown if it is sensitive.
func (p position) clause(shown, constraint string) string {
	const limit = 512
	for i := range shown { // of each character
		if i >= limit {
			shown = shown[:i] + "..."
			break
		}
	}
	if shown = " '" + shown + "'"; p.hidden {
		shown = ""
	}
	return "Value" + shown + " at '" + p.path + "' failed to satisfy constraint: " + constraint
}

func (p position) clauses(shown string, constraints []string) []string {
	var list []string
	for _, c := range constraints {
		list = append(list, p.clause(shown, c))
	}
	return list
}

const notNull = "Member must not be null"

// faults returns values that a shape does not accept. Each has one fault, which can break several constraints.
func faults(s *api.Shape, at position) []fault {
	list := wrongTypes(s, at)
	switch s.Kind {
	case api.KindStructure:
		list = append(list, memberFaults(s, at)...)
	case api.KindList:
		list = append(list, listFaults(s, at)...)
	case api.KindMap:
		list = append(list, mapFaults(s, at)...)
	case api.KindString:
		for _, text := range oddTexts(s) {
			list = append(list, fault{value: apitest.Quote(text), clauses: at.clauses(escape(text), failures(s, text))})
		}
	case api.KindInteger, api.KindLong:
		for _, n := range oddNumbers(s) {
			list = append(list, fault{value: strconv.FormatInt(n, 10), clauses: at.clauses(strconv.FormatInt(n, 10), limits(s, "value", n))})
		}
	case api.KindBlob:
		list = append(list, blobFaults(s, at)...)
	}
	for i := range list {
		if list[i].what == "" {
			list[i].what = fmt.Sprintf("%s: %.60s", at.path, list[i].value)
		}
	}
	return list
}

// wrongTypes returns values of every JSON type that a shape does not accept.
// Source: the comment of cannotConvert in package api.
func wrongTypes(s *api.Shape, at position) []fault {
	type found struct{ value, name string }
	scalars := []found{{`"text"`, "STRING"}, {"7", "NUMBER"}, {"1.5", "NUMBER"}, {"1e400", "NUMBER"}, {"true", "TRUE"}, {"false", "FALSE"}}
	var accepted []string // values that have an accepted type
	converted := ""
	switch s.Kind {
	case api.KindDocument:
		return nil
	case api.KindString, api.KindBlob:
		accepted, converted = []string{`"text"`}, "a String"
	case api.KindBoolean:
		accepted, converted = []string{"true", "false"}, "a Boolean"
	case api.KindInteger:
		accepted, converted = []string{"7"}, "an Integer"
		scalars = append(scalars, found{"2147483648", "NUMBER"})
	case api.KindLong:
		accepted, converted = []string{"7"}, "a Long"
		scalars = append(scalars, found{"9223372036854775808", "NUMBER"})
	case api.KindTimestamp:
		accepted, converted = []string{"7", "1.5"}, "milliseconds since epoch"
	}
	var list []fault
	for _, f := range scalars {
		refusal := f.name + "_VALUE can not be converted to " + converted
		switch s.Kind {
		case api.KindList:
			refusal = "Expected list or null"
		case api.KindStructure, api.KindMap:
			refusal = "Expected null"
		}
		if !slices.Contains(accepted, f.value) {
			list = append(list, fault{value: f.value, refusal: refusal})
		}
	}
	if s.Kind != api.KindList {
		list = append(list, fault{value: "[]", refusal: "Start of list found where not expected"})
	}
	if s.Kind != api.KindStructure && s.Kind != api.KindMap {
		list = append(list, fault{value: "{}", refusal: "Start of structure or map found where not expected."})
	}
	for i := range list {
		list[i].what = at.path + ": " + list[i].value
	}
	return list
}

// memberFaults returns structures with one faulty member.
func memberFaults(s *api.Shape, at position) []fault {
	var list []fault
	for _, m := range s.Members {
		member := at.child(lowerFirst(m.Name), m.Shape)
		if m.Required {
			null := []string{"Value null at '" + member.path + "' failed to satisfy constraint: " + notNull}
			list = append(
				list, fault{what: member.path + ": absent", value: apitest.Object(s, map[string]string{m.Name: ""}), clauses: null},
				fault{what: member.path + ": null", value: apitest.Object(s, map[string]string{m.Name: "null"}), clauses: null},
			)
		}
		for _, f := range faults(m.Shape, member) {
			f.value = apitest.Object(s, map[string]string{m.Name: f.value})
			list = append(list, f)
		}
	}
	return list
}

// all returns a structure whose members are all faulty, as far as one message can say it.
func all(s *api.Shape) (fault, bool) {
	const most = 20 // clauses of a message
	values, f := map[string]string{}, fault{what: "many members"}
	for _, m := range s.Members {
		for _, one := range faults(m.Shape, position{}.child(lowerFirst(m.Name), m.Shape)) {
			if one.refusal == "" && len(one.value) < 1000 && len(f.clauses)+len(one.clauses) <= most {
				values[m.Name] = one.value
				f.clauses = append(f.clauses, one.clauses...)
				break
			}
		}
	}
	f.value = apitest.Object(s, values)
	return f, len(values) > 1
}

func listFaults(s *api.Shape, at position) []fault {
	element := apitest.Minimal(s.Element)
	var list []fault
	for _, n := range oddNumbers(s) {
		list = append(list, fault{
			what: fmt.Sprint(at.path, ": ", n, " entries"), value: "[" + apitest.Times(element, n) + "]",
			clauses: at.entries(s, "["+strings.Repeat(shownEntry(s.Element, element)+", ", int(n)), "]", limits(s, "length", n)),
		})
	}
	null := []string{"Member must satisfy constraint: [" + notNull + "]"}
	if !s.DropsNull {
		list = append(list, fault{value: "[null]", clauses: at.entries(s, "[null, ", "]", null)})
	}
	for _, f := range faults(s.Element, at.child("1.member", s.Element)) {
		value := f.value
		if f.value = "[" + value + "]"; isScalar(s.Element) && f.refusal == "" {
			f.clauses = at.entries(s, "["+shownEntry(s.Element, value)+", ", "]", []string{"Member must satisfy constraint: [" + constraints(s.Element) + "]"})
		}
		list = append(list, f)
	}
	return list
}

func mapFaults(s *api.Shape, at position) []fault {
	key, value := apitest.Sample(s.Key), apitest.Minimal(s.Element)
	var list []fault
	for _, n := range oddNumbers(s) {
		shown := "{"
		for i := range n {
			suffix := strconv.FormatInt(i, 10)
			if i == 0 {
				suffix = ""
			}
			shown += key + suffix + "=" + shownEntry(s.Element, value) + ", "
		}
		broken := limits(s, "length", n)
		if n > 1 && len(failures(s.Key, key+"1")) > 0 { // the second key of entries
			broken = append(broken, "Map keys must satisfy constraint: ["+constraints(s.Key)+"]")
		}
		list = append(list, fault{
			what: fmt.Sprint(at.path, ": ", n, " entries"), value: "{" + strings.Repeat(apitest.Entries(key, value, n), min(1, int(n))) + "}",
			clauses: at.entries(s, shown, "}", broken),
		})
	}
	for _, text := range oddTexts(s.Key) {
		list = append(list, fault{
			value: "{" + apitest.Quote(text) + ":" + value + "}",
			clauses: at.entries(s, "{"+escape(text)+"="+shownEntry(s.Element, value)+", ", "}",
				[]string{"Map keys must satisfy constraint: [" + constraints(s.Key) + "]"}),
		})
	}
	for _, f := range faults(s.Element, at.child(key+".member", s.Element)) {
		value := f.value
		if f.value = "{" + apitest.Quote(key) + ":" + value + "}"; isScalar(s.Element) && f.refusal == "" {
			f.clauses = at.entries(s, "{"+key+"="+shownEntry(s.Element, value)+", ", "}",
				[]string{"Map value must satisfy constraint: [" + constraints(s.Element) + "]"})
		}
		list = append(list, f)
	}
	return list
}

// entries returns clauses about a list or map. Each entry in shown ends with ", ".
func (p position) entries(s *api.Shape, shown, end string, constraints []string) []string {
	p.hidden = p.hidden || s.Element.Sensitive || s.Key != nil && s.Key.Sensitive
	return p.clauses(strings.TrimSuffix(shown, ", ")+end, constraints)
}

// shownEntry returns what messages show for an entry of a list or map.
func shownEntry(s *api.Shape, value string) string {
	if !isScalar(s) {
		return s.Name
	}
	var text string
	if json.Unmarshal([]byte(value), &text) != nil {
		return value
	}
	return escape(text)
}

func blobFaults(s *api.Shape, at position) []fault {
	list := []fault{{value: `"!"`, refusal: "A blob is not valid base64."}}
	for _, n := range oddNumbers(s) {
		list = append(list, fault{
			what: fmt.Sprint(at.path, ": ", n, " bytes"), value: apitest.Quote(strings.Repeat("AAAA", int(n/3)) + []string{"", "AA==", "AAA="}[n%3]),
			clauses: at.clauses(fmt.Sprintf("java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]", n, n), limits(s, "length", n)),
		})
	}
	return list
}

// oddTexts returns texts that a shape does not accept. Each breaks other constraints.
func oddTexts(s *api.Shape) []string {
	texts := oddities
	if s.Max != api.Unbounded {
		texts = append([]string{strings.Repeat("a", int(s.Max)+1), strings.Repeat("\U0001F600", int(s.Max)/2+1)}, texts...)
	}
	if s.Min > 1 {
		texts = append([]string{strings.Repeat("a", int(s.Min)-1)}, texts...)
	}
	byFailures := map[string]string{}
	for _, text := range slices.Backward(texts) {
		if failed := failures(s, text); len(failed) > 0 {
			byFailures[strings.Join(failed, "; ")] = text
		}
	}
	return slices.Sorted(maps.Values(byFailures))
}

// oddNumbers returns numbers outside the limits of a shape.
func oddNumbers(s *api.Shape) []int64 {
	var list []int64
	if s.Min != api.Unbounded && (s.Min > 0 || s.Kind == api.KindInteger || s.Kind == api.KindLong) {
		list = append(list, s.Min-1)
	}
	if s.Max != api.Unbounded && s.Max < 1<<31-1 {
		list = append(list, s.Max+1)
	}
	return list
}

// limits returns the texts of the limits that a number breaks.
func limits(s *api.Shape, measure string, n int64) []string {
	var list []string
	if s.Max != api.Unbounded && n > s.Max {
		list = append(list, fmt.Sprintf("Member must have %s less than or equal to %d", measure, s.Max))
	}
	if s.Min != api.Unbounded && n < s.Min {
		list = append(list, fmt.Sprintf("Member must have %s greater than or equal to %d", measure, s.Min))
	}
	return list
}

// failures returns the texts of the constraints that a text breaks.
func failures(s *api.Shape, text string) []string {
	list := limits(s, "length", int64(len(utf16.Encode([]rune(text)))))
	tooLongToCompare := s.Max != api.Unbounded && len(text) > 16<<10
	if s.Pattern != nil && !tooLongToCompare && !s.Pattern.Match([]byte(text)) {
		list = append(list, "Member must satisfy regular expression pattern: "+s.Pattern.Text)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, text) {
		list = append(list, enumeration(s))
	}
	if len(list) == 0 && strings.Contains(text, "\x00") {
		list = append(list, "Member must not contain the character NUL")
	}
	return list
}

func enumeration(s *api.Shape) string {
	values := s.Enum
	if s.EnumInMessages != nil {
		values = s.EnumInMessages
	}
	return "Member must satisfy enum value set: [" + strings.Join(values, ", ") + "]"
}

// constraints returns the texts of all constraints of a text or number in a list or map.
func constraints(s *api.Shape) string {
	measure := "length"
	if s.Kind == api.KindInteger || s.Kind == api.KindLong {
		measure = "value"
	}
	var list []string
	if s.Max != api.Unbounded {
		list = append(list, limits(s, measure, s.Max+1)[0])
	}
	if s.Min != api.Unbounded {
		list = append(list, fmt.Sprintf("Member must have %s greater than or equal to %d", measure, s.Min))
	}
	if s.Pattern != nil {
		list = append(list, "Member must satisfy regular expression pattern: "+s.Pattern.Text)
	}
	if s.Enum != nil {
		list = append(list, enumeration(s))
	}
	return strings.Join(list, ", ")
}

// escape writes control characters as messages do.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < ' ' || r == 0x7F {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isScalar(s *api.Shape) bool {
	return !slices.Contains([]api.Kind{api.KindStructure, api.KindList, api.KindMap, api.KindDocument}, s.Kind)
}

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

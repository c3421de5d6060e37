package input

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"cognate/api"
	"cognate/cli/document"
)

// Problem is a problem of an input document.
type Problem struct {
	Line int    // starting at 1
	Path string // of the value, as in Policies.PasswordPolicy or Schema[0].Name; "" for the whole document
	Text string
}

// Inspect returns all problems of an input document of op: of its syntax, or of all its values. Unlike Check, it also
// checks what the service checks: maximum lengths, patterns and enumerations.
func Inspect(text []byte, isYAML bool, op *api.Operation) []Problem {
	value, lines, problem := parseWithLines(text, isYAML)
	if problem != nil {
		return []Problem{*problem}
	}
	i := &inspector{lines: lines}
	for _, path := range lines.Repeated {
		i.add(path, "is set more than once")
	}
	i.inspect(value, op.Input, "")
	if len(i.problems) == 0 { // limits of a whole request
		if refused, ok := errors.AsType[*api.Error](op.Validate(Body(value))); ok {
			i.add("", refused.Message)
		}
	}
	slices.SortStableFunc(i.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return i.problems
}

// parseWithLines parses JSON or YAML. problem is nil if that succeeds.
func parseWithLines(text []byte, isYAML bool) (value any, lines *document.Lines, problem *Problem) {
	var err error
	if isYAML {
		lines = document.NewLines()
		value, err = parseYAML(text, lines)
	} else {
		value, lines, err = document.ParseWithLines(text)
	}
	if err == nil {
		return value, lines, nil
	}
	if syntax, ok := errors.AsType[*document.SyntaxError](err); ok {
		return nil, nil, &Problem{syntax.Line, "", "Invalid JSON: " + syntax.What + ", column " + strconv.Itoa(syntax.Column)}
	}
	if known, ok := errors.AsType[*yamlError](err); ok {
		return nil, nil, &Problem{max(1, known.line), "", "Invalid YAML: " + known.text}
	}
	// The parser's errors are "yaml: line 3: did not find expected key", or without a line.
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	if number, rest, found := strings.Cut(strings.TrimPrefix(what, "line "), ": "); found {
		if line, err := strconv.Atoi(number); err == nil {
			return nil, nil, &Problem{line, "", "Invalid YAML: " + rest}
		}
	}
	return nil, nil, &Problem{1, "", "Invalid YAML: " + what}
}

type inspector struct {
	lines    *document.Lines
	problems []Problem
}

func (i *inspector) add(path string, texts ...string) {
	for _, text := range texts {
		i.problems = append(i.problems, Problem{i.lines.Of(path), strings.TrimPrefix(path, "."), text})
	}
}

func (i *inspector) inspect(value any, shape *api.Shape, path string) {
	switch shape.Kind {
	case api.KindStructure:
		i.structure(value, shape, path)
	case api.KindMap:
		i.mapping(value, shape, path)
	case api.KindList:
		list, ok := value.([]any)
		if !ok {
			i.wrongType(value, path, "a list")
			return
		}
		i.add(path, shape.FailedByNumber(int64(len(list)))...)
		for n, entry := range list {
			i.inspect(entry, shape.Element, path+document.Entry(n))
		}
	case api.KindDocument:
	default:
		i.scalar(value, shape, path)
	}
}

func (i *inspector) structure(value any, shape *api.Shape, path string) {
	object, ok := value.(*document.Object)
	if !ok {
		i.wrongType(value, path, "an object")
		return
	}
	for _, m := range shape.Members {
		if _, given := object.Get(m.Name); m.Required && !given {
			i.add(path+document.Member(m.Name), "is required, but missing")
		}
	}
	for name, member := range object.All() {
		if m := shape.Member(name); m != nil {
			i.inspect(member, m.Shape, path+document.Member(name))
		} else {
			i.add(path+document.Member(name), "is unknown, must be one of: "+memberNames(shape))
		}
	}
}

func (i *inspector) mapping(value any, shape *api.Shape, path string) {
	object, ok := value.(*document.Object)
	if !ok {
		i.wrongType(value, path, "an object")
		return
	}
	i.add(path, shape.FailedByNumber(int64(object.Len()))...)
	for name, entry := range object.All() {
		for _, text := range shape.Key.FailedByText(name) {
			i.add(path+document.Member(name), "the key is invalid: "+text)
		}
		i.inspect(entry, shape.Element, path+document.Member(name))
	}
}

func (i *inspector) scalar(value any, shape *api.Shape, path string) {
	switch shape.Kind {
	case api.KindString:
		if text, ok := value.(string); ok {
			i.add(path, shape.FailedByText(text)...)
			return
		}
		i.wrongType(value, path, "a string")
	case api.KindBoolean:
		if _, ok := value.(bool); !ok {
			i.wrongType(value, path, "true or false")
		}
	case api.KindInteger, api.KindLong:
		i.integer(value, shape, path)
	case api.KindTimestamp:
		if !isTime(value) {
			i.wrongType(value, path, "a time: a number of seconds since 1970, or a text such as 2026-01-06T12:00:00Z")
		}
	case api.KindBlob:
		i.blob(value, shape, path)
	}
}

func (i *inspector) integer(value any, shape *api.Shape, path string) {
	switch n := value.(type) {
	case int64:
		if shape.Kind == api.KindInteger && (n < math.MinInt32 || n > math.MaxInt32) {
			i.add(path, "must have at most 32 bits")
			return
		}
		i.add(path, shape.FailedByNumber(n)...)
	case *big.Int:
		i.add(path, "must have at most 64 bits")
	default:
		i.wrongType(value, path, "an integer")
	}
}

func (i *inspector) blob(value any, shape *api.Shape, path string) {
	data, isBytes := value.([]byte)
	if text, ok := value.(string); ok {
		decoded, err := decodeBlob(text, shape, false)
		if err != nil {
			i.add(path, "must be base64")
			return
		}
		data, isBytes = decoded.([]byte)
	}
	if !isBytes {
		i.wrongType(value, path, "base64")
		return
	}
	i.add(path, shape.FailedByNumber(int64(len(data)))...)
}

func (i *inspector) wrongType(value any, path, want string) {
	i.add(path, "must be "+want+", but is "+typeOf(value))
}

// typeOf returns the type of a value in the words of JSON.
func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case int64, *big.Int, float64:
		return "a number"
	case []byte:
		return "binary"
	case []any:
		return "a list"
	case *document.Object:
		return "an object"
	}
	return "a string"
}

// LooksLikeJSON reports whether a document starts as JSON does. Otherwise it is probably YAML.
func LooksLikeJSON(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

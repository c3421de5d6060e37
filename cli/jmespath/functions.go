package jmespath

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cognate/cli/document"
)

// FunctionError is a call of a function with invalid arguments.
type FunctionError struct{ text string }

// Error returns the text.
func (e *FunctionError) Error() string { return e.text }

// definition is a function of the language.
type definition struct {
	params   [][]string // the types that each parameter accepts; an empty list accepts any
	variadic bool       // the last parameter can be repeated
	call     func(args []any) (any, error)
}

var (
	isNumber   = []string{"number"}
	isText     = []string{"string"}
	isArray    = []string{"array"}
	isObject   = []string{"object"}
	isExpref   = []string{"expref"}
	isNumbers  = []string{"array-number"}
	isTexts    = []string{"array-string"}
	isOrdered  = []string{"array-number", "array-string"}
	isSequence = []string{"array", "string"}
	isAny      []string
)

func lookup(name string) (definition, bool) {
	one := func(types []string, call func(any) (any, error)) definition {
		return definition{[][]string{types}, false, func(a []any) (any, error) { return call(a[0]) }}
	}
	two := func(first, second []string, call func(a, b any) (any, error)) definition {
		return definition{[][]string{first, second}, false, func(a []any) (any, error) { return call(a[0], a[1]) }}
	}
	switch name {
	case "abs":
		return one(isNumber, absolute), true
	case "avg":
		return one(isNumbers, average), true
	case "ceil":
		return one(isNumber, func(v any) (any, error) { return rounded(v, math.Ceil), nil }), true
	case "floor":
		return one(isNumber, func(v any) (any, error) { return rounded(v, math.Floor), nil }), true
	case "contains":
		return two(isSequence, isAny, contains), true
	case "starts_with":
		return two(isText, isText, func(a, b any) (any, error) { return strings.HasPrefix(a.(string), b.(string)), nil }), true
	case "ends_with":
		return two(isText, isText, func(a, b any) (any, error) { return strings.HasSuffix(a.(string), b.(string)), nil }), true
	case "join":
		return two(isText, isTexts, join), true
	case "keys":
		return one(isObject, keys), true
	case "values":
		return one(isObject, func(v any) (any, error) { all, _ := valuesOf(v); return all, nil }), true
	case "length":
		return one([]string{"string", "array", "object"}, length), true
	case "map":
		return two(isExpref, isArray, mapOver), true
	case "max":
		return one(isOrdered, func(v any) (any, error) { return minMax(v.([]any), 1), nil }), true
	case "min":
		return one(isOrdered, func(v any) (any, error) { return minMax(v.([]any), -1), nil }), true
	case "max_by":
		return two(isArray, isExpref, func(a, b any) (any, error) { return extremeBy(name, a, b, 1) }), true
	case "min_by":
		return two(isArray, isExpref, func(a, b any) (any, error) { return extremeBy(name, a, b, -1) }), true
	case "merge":
		return definition{[][]string{isObject}, true, merge}, true
	case "not_null":
		return definition{[][]string{isAny}, true, notNull}, true
	case "reverse":
		return one(isSequence, reverse), true
	case "sort":
		return one([]string{"array-string", "array-number"}, sorted), true
	case "sort_by":
		return two(isArray, isExpref, sortBy), true
	case "sum":
		return one(isNumbers, func(v any) (any, error) { return sum(v.([]any)), nil }), true
	case "to_array":
		return one(isAny, toArray), true
	case "to_number":
		return one(isAny, toNumber), true
	case "to_string":
		return one(isAny, toString), true
	case "type":
		return one(isAny, func(v any) (any, error) { return typeOf(v), nil }), true
	}
	return definition{}, false
}

func (f function) eval(value any) (any, error) {
	d, ok := lookup(f.name)
	if !ok {
		return nil, &FunctionError{"Unknown function: " + f.name + "()"}
	}
	if err := d.checkCount(f); err != nil {
		return nil, err
	}
	args := make([]any, len(f.args))
	for i, arg := range f.args {
		var err error
		if args[i], err = arg.eval(value); err != nil {
			return nil, err
		}
		if types := d.params[min(i, len(d.params)-1)]; types != nil && !isOneOf(args[i], types) {
			return nil, wrongType(f.name, args[i], types)
		}
	}
	return d.call(args)
}

func (d definition) checkCount(f function) error {
	switch want, got := len(d.params), len(f.args); {
	case d.variadic && got < want:
		return &FunctionError{fmt.Sprintf("Expected at least %d %s for function %s(), received %d", want, arguments(want), f.name, got)}
	case !d.variadic && got != want:
		return &FunctionError{fmt.Sprintf("Expected %d %s for function %s(), received %d", want, arguments(want), f.name, got)}
	}
	return nil
}

func arguments(n int) string {
	if n == 1 {
		return "argument"
	}
	return "arguments"
}

func wrongType(function string, value any, types []string) error {
	received := typeOf(value)
	if item, found := mismatch(value, types); found {
		value, received = item, pythonType(item)
	}
	shown := string(document.AppendJSON(nil, value, ""))
	switch v := value.(type) {
	case string:
		shown = v
	case nil:
		shown = "None"
	case bool:
		shown = map[bool]string{true: "True", false: "False"}[v]
	}
	return &FunctionError{fmt.Sprintf(`In function %s(), invalid type for value: %s, expected one of: ['%s'], received: "%s"`,
		function, shown, strings.Join(types, "', '"), received)}
}

// mismatch returns the first entry of an array whose type is not one of types.
func mismatch(value any, types []string) (any, bool) {
	list, ok := value.([]any)
	if !ok || len(list) == 0 || !strings.HasPrefix(types[0], "array-") {
		return nil, false
	}
	first := "array-" + typeOf(list[0])
	for _, item := range list {
		if of := "array-" + typeOf(item); of != first || !slices.Contains(types, of) {
			return item, true
		}
	}
	return nil, false
}

// pythonType returns the name that messages use for the type of an array's entry.
func pythonType(value any) string {
	switch value.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case []any:
		return "list"
	}
	return "OrderedDict"
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case int64, *big.Int, float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	case reference:
		return "expref"
	}
	return "object"
}

func isOneOf(value any, types []string) bool {
	return slices.ContainsFunc(types, func(want string) bool {
		element, isList := strings.CutPrefix(want, "array-")
		if !isList {
			return typeOf(value) == want
		}
		list, ok := value.([]any)
		return ok && !slices.ContainsFunc(list, func(item any) bool { return typeOf(item) != element })
	})
}

func absolute(v any) (any, error) {
	if n := bigInteger(v); n != nil {
		return document.IntegerOf(n.Abs(n)), nil
	}
	f, _ := float(v)
	return math.Abs(f), nil
}

func rounded(v any, round func(float64) float64) any {
	if n := bigInteger(v); n != nil {
		return document.IntegerOf(n)
	}
	f, _ := float(v)
	if f = round(f); math.IsInf(f, 0) {
		return f
	}
	n, _ := big.NewFloat(f).Int(nil)
	return document.IntegerOf(n)
}

// bigInteger returns a copy of an integer, or nil if v is not an integer.
func bigInteger(v any) *big.Int {
	switch v := v.(type) {
	case int64:
		return big.NewInt(v)
	case *big.Int:
		return new(big.Int).Set(v)
	}
	return nil
}

func sum(list []any) any {
	integers, total, exact := new(big.Int), 0.0, true
	for _, item := range list {
		f, _ := float(item)
		total += f
		if n := bigInteger(item); n != nil {
			integers.Add(integers, n)
		} else {
			exact = false
		}
	}
	if exact {
		return document.IntegerOf(integers)
	}
	return total
}

func average(v any) (any, error) {
	list, _ := v.([]any)
	if len(list) == 0 {
		return nil, nil
	}
	total, _ := float(sum(list))
	return total / float64(len(list)), nil
}

func contains(in, what any) (any, error) {
	if text, ok := in.(string); ok {
		part, ok := what.(string)
		return ok && strings.Contains(text, part), nil
	}
	list, _ := in.([]any)
	return slices.ContainsFunc(list, func(item any) bool { return document.Equal(item, what) }), nil
}

func join(glue, list any) (any, error) {
	items, _ := list.([]any)
	words := make([]string, len(items))
	for i, item := range items {
		words[i], _ = item.(string)
	}
	return strings.Join(words, glue.(string)), nil
}

func keys(v any) (any, error) {
	object, _ := v.(*document.Object)
	all := make([]any, 0, object.Len())
	for _, name := range object.Names() {
		all = append(all, name)
	}
	return all, nil
}

func length(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return int64(utf8.RuneCountInString(v)), nil
	case []any:
		return int64(len(v)), nil
	}
	object, _ := v.(*document.Object)
	return int64(object.Len()), nil
}

func mapOver(expression, list any) (any, error) {
	ref, _ := expression.(reference)
	items, _ := list.([]any)
	all := make([]any, len(items))
	for i, item := range items {
		var err error
		if all[i], err = ref.inner.eval(item); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// minMax returns the largest (sign 1) or smallest (sign -1) entry, or nil if the list is empty.
func minMax(list []any, sign int) any {
	if len(list) == 0 {
		return nil
	}
	best := list[0]
	for _, item := range list[1:] {
		if order, _ := compare(item, best); order*sign > 0 {
			best = item
		}
	}
	return best
}

// keyed evaluates an expression on each entry. The results must be all numbers or all strings.
func keyed(name string, list, expression any) (items, by []any, err error) {
	items, _ = list.([]any)
	mapped, err := mapOver(expression, list)
	if err != nil {
		return nil, nil, err
	}
	by, _ = mapped.([]any)
	for _, key := range by {
		if want := typeOf(by[0]); want != "number" && want != "string" || typeOf(key) != want {
			return nil, nil, wrongType(name, key, []string{"number", "string"})
		}
	}
	return items, by, nil
}

func extremeBy(name string, list, expression any, sign int) (any, error) {
	items, by, err := keyed(name, list, expression)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	best := 0
	for i := range by {
		if order, _ := compare(by[i], by[best]); order*sign > 0 {
			best = i
		}
	}
	return items[best], nil
}

func sortBy(list, expression any) (any, error) {
	items, by, err := keyed("sort_by", list, expression)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { c, _ := compare(by[i], by[j]); return c })
	all := make([]any, len(items))
	for i, from := range order {
		all[i] = items[from]
	}
	return all, nil
}

func sorted(v any) (any, error) {
	list, _ := v.([]any)
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b any) int { c, _ := compare(a, b); return c })
	return list, nil
}

func merge(args []any) (any, error) {
	all := &document.Object{}
	for _, arg := range args {
		object, _ := arg.(*document.Object)
		for name, value := range object.All() {
			all.Set(name, value)
		}
	}
	return all, nil
}

func notNull(args []any) (any, error) {
	for _, arg := range args {
		if arg != nil {
			return arg, nil
		}
	}
	return nil, nil
}

func reverse(v any) (any, error) {
	if text, ok := v.(string); ok {
		runes := []rune(text)
		slices.Reverse(runes)
		return string(runes), nil
	}
	list, _ := v.([]any)
	list = slices.Clone(list)
	slices.Reverse(list)
	return list, nil
}

func toArray(v any) (any, error) {
	if list, ok := v.([]any); ok {
		return list, nil
	}
	return []any{v}, nil
}

func toNumber(v any) (any, error) {
	switch v := v.(type) {
	case int64, *big.Int, float64:
		return v, nil
	case string:
		if n, ok := document.Integer(v); ok {
			return n, nil
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f, nil
		}
	}
	return nil, nil
}

func toString(v any) (any, error) {
	if text, ok := v.(string); ok {
		return text, nil
	}
	return string(document.AppendCompact(nil, v)), nil
}

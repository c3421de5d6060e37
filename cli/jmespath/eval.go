package jmespath

import (
	"cmp"
	"math/big"
	"slices"

	"cognate/cli/document"
)

// node is a part of an expression.
type node interface{ eval(value any) (any, error) }

type (
	identity   struct{}            // @
	constant   struct{ value any } // `1`
	field      string              // a
	chain      struct{ left, right node }
	either     struct{ left, right node }
	both       struct{ left, right node }
	negation   struct{ inner node }
	reference  struct{ inner node } // &a
	flat       struct{ inner node } // a[]
	multiList  []node
	multiHash  []pair
	comparison struct {
		operator    kind
		left, right node
	}
	entry struct {
		left  node
		index int64
	}
	slicing struct {
		left  node
		parts [3]*int64 // start, stop, step
	}
	projection struct {
		left, right node
		entries     func(any) ([]any, bool)
		condition   node // nil selects every entry
	}
	function struct {
		name string
		args []node
	}
	pair struct {
		name  string
		value node
	}
)

func (identity) eval(value any) (any, error) { return value, nil }
func (c constant) eval(any) (any, error)     { return c.value, nil }
func (r reference) eval(any) (any, error)    { return r, nil }
func (f field) eval(value any) (any, error)  { return member(value, string(f)), nil }
func member(value any, name string) (inner any) {
	if object, ok := value.(*document.Object); ok {
		inner, _ = object.Get(name)
	}
	return inner
}

func (c chain) eval(value any) (any, error) {
	left, err := c.left.eval(value)
	if err != nil {
		return nil, err
	}
	return c.right.eval(left)
}

func (e either) eval(value any) (any, error) {
	left, err := e.left.eval(value)
	if err != nil || isTrue(left) {
		return left, err
	}
	return e.right.eval(value)
}

func (b both) eval(value any) (any, error) {
	left, err := b.left.eval(value)
	if err != nil || !isTrue(left) {
		return left, err
	}
	return b.right.eval(value)
}

func (n negation) eval(value any) (any, error) {
	inner, err := n.inner.eval(value)
	return !isTrue(inner), err
}

// isTrue reports whether a value is true: all except null, false, and empty strings, arrays and objects.
func isTrue(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case *document.Object:
		return v.Len() > 0
	}
	return true
}

func (f flat) eval(value any) (any, error) {
	inner, err := f.inner.eval(value)
	list, ok := inner.([]any)
	if err != nil || !ok {
		return nil, err
	}
	all := []any{}
	for _, item := range list {
		if nested, ok := item.([]any); ok {
			all = append(all, nested...)
		} else {
			all = append(all, item)
		}
	}
	return all, nil
}

func (m multiList) eval(value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	list := make([]any, len(m))
	for i, item := range m {
		var err error
		if list[i], err = item.eval(value); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (m multiHash) eval(value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	object := &document.Object{}
	for _, p := range m {
		inner, err := p.value.eval(value)
		if err != nil {
			return nil, err
		}
		object.Set(p.name, inner)
	}
	return object, nil
}

func (c comparison) eval(value any) (any, error) {
	left, err := c.left.eval(value)
	if err != nil {
		return nil, err
	}
	right, err := c.right.eval(value)
	if err != nil {
		return nil, err
	}
	switch c.operator {
	case equal:
		return document.Equal(left, right), nil
	case unequal:
		return !document.Equal(left, right), nil
	}
	order, ok := compare(left, right)
	if !ok {
		return nil, nil
	}
	switch c.operator {
	case less:
		return order < 0, nil
	case lessEqual:
		return order <= 0, nil
	case greater:
		return order > 0, nil
	}
	return order >= 0, nil
}

// compare compares two numbers or two strings. Other values have no order.
func compare(a, b any) (int, bool) {
	if x, ok := a.(string); ok {
		y, ok := b.(string)
		return cmp.Compare(x, y), ok
	}
	if n, m := bigInteger(a), bigInteger(b); n != nil && m != nil {
		return n.Cmp(m), true
	}
	x, okX := float(a)
	y, okY := float(b)
	return cmp.Compare(x, y), okX && okY
}

func float(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case *big.Int:
		f, _ := v.Float64()
		return f, true
	case float64:
		return v, true
	}
	return 0, false
}

func (e entry) eval(value any) (any, error) {
	left, err := e.left.eval(value)
	list, ok := left.([]any)
	if err != nil || !ok {
		return nil, err
	}
	i := e.index
	if i < 0 {
		i += int64(len(list))
	}
	if i < 0 || i >= int64(len(list)) {
		return nil, nil
	}
	return list[i], nil
}

func (s slicing) eval(value any) (any, error) {
	left, err := s.left.eval(value)
	list, ok := left.([]any)
	if err != nil || !ok {
		return nil, err
	}
	step := int64(1)
	if s.parts[2] != nil {
		step = *s.parts[2]
	}
	if step == 0 {
		return nil, &FunctionError{"slice step cannot be zero"}
	}
	length := int64(len(list))
	start, stop := int64(0), length
	lowest, highest := int64(0), length
	if step < 0 {
		start, stop = length-1, -1
		lowest, highest = -1, length-1
	}
	start = bound(s.parts[0], start, length, lowest, highest)
	stop = bound(s.parts[1], stop, length, lowest, highest)
	picked := []any{}
	for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
		picked = append(picked, list[i])
	}
	return picked, nil
}

// bound returns one end of a slice. A negative end counts from the end of the list. The result is between lowest and
// highest.
func bound(given *int64, otherwise, length, lowest, highest int64) int64 {
	if given == nil {
		return otherwise
	}
	n := *given
	if n < 0 {
		n += length
	}
	return min(max(n, lowest), highest)
}

func itself(value any) ([]any, bool) {
	list, ok := value.([]any)
	return list, ok
}

func valuesOf(value any) ([]any, bool) {
	object, ok := value.(*document.Object)
	if !ok {
		return nil, false
	}
	values := make([]any, 0, object.Len())
	for _, v := range object.All() {
		values = append(values, v)
	}
	return values, true
}

func (p projection) eval(value any) (any, error) {
	left, err := p.left.eval(value)
	if err != nil {
		return nil, err
	}
	entries, ok := p.entries(left)
	if !ok {
		return nil, nil
	}
	all := make([]any, 0, len(entries))
	for _, item := range entries {
		if p.condition != nil {
			kept, err := p.condition.eval(item)
			if err != nil {
				return nil, err
			}
			if !isTrue(kept) {
				continue
			}
		}
		projected, err := p.right.eval(item)
		if err != nil {
			return nil, err
		}
		if projected != nil {
			all = append(all, projected)
		}
	}
	return slices.Clip(all), nil
}

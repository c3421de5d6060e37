package user

import "cognate/store"

// Filter is a parsed filter, for tests.
type Filter struct {
	Attribute, Value string
	Prefix           bool
}

func ParseFilter(text string) (Filter, error) {
	f, err := parseFilter(text)
	return Filter{f.attribute, f.value, f.prefix}, err
}

func (f Filter) Apply(q *store.UserQuery) error {
	return filter{f.Attribute, f.Value, f.Prefix}.apply(q)
}

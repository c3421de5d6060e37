package user

// Filter is a parsed filter, for tests.
type Filter struct {
	Attribute, Value string
	Prefix           bool
}

func ParseFilter(text string) (Filter, error) {
	f, err := parseFilter(text)
	return Filter{f.attribute, f.value, f.prefix}, err
}

func (f Filter) Bounds() (attribute, from, to string, err error) {
	return filter{f.Attribute, f.Value, f.Prefix}.bounds()
}

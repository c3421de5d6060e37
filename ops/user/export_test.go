package user

// What the tests of the filter look into.

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

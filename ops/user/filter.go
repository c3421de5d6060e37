package user

import (
	"strings"

	"cognate/api"
	"cognate/store"
)

// filter is the filter of ListUsers: an attribute with an exact value or a prefix. The zero value is no filter.
type filter struct {
	attribute string
	value     string
	prefix    bool
}

var errFilter = api.InvalidParameterException("Error while parsing filter.")

// parseFilter parses a filter: AttributeName FilterType "AttributeValue". The name can be in quotes too. The type is = or ^=,
// with optional spaces around it. In quotes, a backslash escapes the next character. An empty text is no filter.
// Errors: InvalidParameterException. Source: API reference, ListUsers; AWS CLI reference, list-users.
func parseFilter(text string) (filter, error) {
	rest := strings.TrimSpace(text)
	if rest == "" {
		return filter{}, nil
	}
	var f filter
	var ok bool
	if f.attribute, rest, ok = cutName(rest); !ok {
		return filter{}, errFilter
	}
	rest = strings.TrimLeft(rest, " \t")
	if rest, f.prefix = strings.CutPrefix(rest, "^"); !strings.HasPrefix(rest, "=") {
		return filter{}, errFilter
	}
	f.value, rest, ok = cutQuoted(strings.TrimLeft(rest[1:], " \t"))
	if !ok || rest != "" {
		return filter{}, errFilter
	}
	return f, nil
}

// cutName returns the attribute's name at the start of a filter, and the rest.
func cutName(text string) (name, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		name, rest, ok = cutQuoted(text)
		return name, rest, ok && name != ""
	}
	end := strings.IndexAny(text, "=^\" \t")
	if end <= 0 {
		return "", "", false
	}
	return text[:end], text[end:], true
}

// cutQuoted returns the unescaped content of the quoted string at the start of a text, and the rest.
func cutQuoted(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", "", false
	}
	var said strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return said.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			said.WriteByte(text[i])
		default:
			said.WriteByte(c)
		}
	}
	return "", "", false
}

// apply sets the filter in a query. Errors: InvalidParameterException, with the text from users' reports.
func (f filter) apply(q *store.UserQuery) error {
	if f == (filter{}) {
		return nil
	}
	if !store.IsSearchable(f.attribute) {
		return api.InvalidParameterException("Invalid search attribute: " + f.attribute)
	}
	q.Attribute, q.Value, q.Prefix = f.attribute, f.value, f.prefix
	if f.attribute == store.IndexStatus { // the only attribute that is compared without case
		q.Value = strings.ToLower(f.value)
	}
	return nil
}

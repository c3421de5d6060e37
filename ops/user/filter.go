package user

import (
	"strings"

	"cognate/api"
	"cognate/store"
)

// filter is what ListUsers looks for: an attribute with a value, or with a value that begins so. The zero value is no
// filter.
type filter struct {
	attribute string
	value     string
	prefix    bool
}

var errFilter = api.InvalidParameterException("Error while parsing filter.")

// parseFilter reads a filter: AttributeName FilterType "AttributeValue". The name may stand in quotes, too; the type is =
// or ^=; spaces around it don't count; in quotes, a backslash takes the next character as it is. The empty text is no
// filter. Errors: InvalidParameterException. Source: API reference, ListUsers; AWS CLI reference, list-users.
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

// cutName takes the attribute's name from the front of a filter.
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

// cutQuoted takes a quoted string from the front of a text and returns what it says.
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

// bounds returns the range of the index in which the filter finds its users, as store.UserQuery takes it; nothing for no
// filter. Errors: InvalidParameterException, with the text of single reports.
func (f filter) bounds() (attribute, from, to string, err error) {
	if f == (filter{}) {
		return "", "", "", nil
	}
	if !store.IsSearchable(f.attribute) {
		return "", "", "", api.InvalidParameterException("Invalid search attribute: " + f.attribute)
	}
	value := f.value
	if f.attribute == store.IndexStatus { // the one that is compared without regard to case
		value = strings.ToLower(value)
	}
	if f.prefix {
		return f.attribute, value, value + "\U0010FFFF", nil
	}
	return f.attribute, value, value + "\u0001", nil
}

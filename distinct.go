package cognate

import "cognate/api"

// RequireDistinct returns an error if a name appears twice in a list of a request. Otherwise one of the two values would count
// and the other one not, and a program that checks the request before Cognate could look at the wrong one. member is the
// list's name in the API. Errors: InvalidParameterException.
//
// Assumed: a list with the same name twice is rejected, with this text.
func RequireDistinct[T ~string](member string, names []T) error {
	seen := make(map[T]bool, len(names))
	for _, name := range names {
		if seen[name] {
			return api.InvalidParameterException(string(name) + " appears more than once in " + member + ".")
		}
		seen[name] = true
	}
	return nil
}

// RequireDistinctAttributes is RequireDistinct for the names of attributes.
func RequireDistinctAttributes(member string, attributes []api.AttributeType) error {
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = a.Name
	}
	return RequireDistinct(member, names)
}

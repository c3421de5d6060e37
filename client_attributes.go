package cognate

import (
	"slices"
	"strings"

	"cognate/api"
)

// MayRead reports whether the client's users see the attribute in tokens and answers. The sub and the identities are always
// visible, and developer-only attributes never are. An empty list means all others (docs/behaviour.md §4.7).
func (c *AppClient) MayRead(attribute string) bool {
	switch {
	case attribute == AttributeSub, attribute == AttributeIdentities:
		return true
	case strings.HasPrefix(attribute, DeveloperPrefix):
		return false
	default:
		return len(c.ReadAttributes) == 0 || slices.Contains(c.ReadAttributes, attribute)
	}
}

// checkAttributes checks that the client's lists contain attributes of the pool. A list of writable attributes must contain
// those that the pool requires, and cannot contain those that only the service writes.
func (c *AppClient) checkAttributes(p *UserPool) error {
	for _, name := range c.ReadAttributes {
		if _, ok := p.Attribute(name); !ok {
			return api.InvalidParameterException("Invalid read attributes specified while creating a client")
		}
	}
	if len(c.WriteAttributes) == 0 {
		return nil
	}
	refused := api.InvalidParameterException("Invalid write attributes specified while creating a client")
	for _, name := range c.WriteAttributes {
		if a, ok := p.Attribute(name); !ok || api.IsTrue(a.DeveloperOnlyAttribute) || isServiceOwned(name) {
			return refused
		}
	}
	for _, a := range p.Schema {
		if api.IsTrue(a.Required) && !isServiceOwned(a.Name) && !slices.Contains(c.WriteAttributes, a.Name) {
			return refused
		}
	}
	return nil
}

// isServiceOwned reports whether no client can write the attribute.
func isServiceOwned(attribute string) bool {
	return attribute == AttributeSub || attribute == AttributeEmailVerified || attribute == AttributePhoneVerified
}

package cognate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cognate/api"
)

// Limits of a schema (docs/behaviour.md §4.7).
const (
	maxCustomAttributes = 50
	maxAttributeLength  = 2048 // bytes
)

// StandardAttributes returns the schema of a pool without custom attributes, in the service's order.
// Source: docs/behaviour.md §5.2.
func StandardAttributes() []api.SchemaAttributeType {
	sub := standardText(AttributeSub, "1", "2048")
	sub.Mutable, sub.Required = new(false), new(true)
	updatedAt := standardAttribute("updated_at", api.AttributeDataTypeNumber)
	updatedAt.NumberAttributeConstraints = &api.NumberAttributeConstraintsType{MinValue: "0"}

	schema := []api.SchemaAttributeType{sub}
	for _, name := range []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
		AttributeEmail,
	} {
		schema = append(schema, standardText(name, "0", "2048"))
	}
	return append(
		schema,
		standardAttribute(AttributeEmailVerified, api.AttributeDataTypeBoolean),
		standardText("gender", "0", "2048"),
		standardText("birthdate", "10", "10"),
		standardText("zoneinfo", "0", "2048"),
		standardText("locale", "0", "2048"),
		standardText(AttributePhone, "0", "2048"),
		standardAttribute(AttributePhoneVerified, api.AttributeDataTypeBoolean),
		standardText("address", "0", "2048"),
		updatedAt,
	)
}

func standardAttribute(name string, t api.AttributeDataType) api.SchemaAttributeType {
	return api.SchemaAttributeType{
		Name: name, AttributeDataType: t,
		DeveloperOnlyAttribute: new(false), Mutable: new(true), Required: new(false),
	}
}

func standardText(name, minLength, maxLength string) api.SchemaAttributeType {
	a := standardAttribute(name, api.AttributeDataTypeString)
	a.StringAttributeConstraints = &api.StringAttributeConstraintsType{MinLength: minLength, MaxLength: maxLength}
	return a
}

// redefinable returns the index of the standard attribute that a definition of this name changes, or -1. The two flags cannot
// be changed: their names add custom attributes (docs/behaviour.md §4.7).
func redefinable(standard []api.SchemaAttributeType, name string) int {
	if name == AttributeEmailVerified || name == AttributePhoneVerified {
		return -1
	}
	return slices.IndexFunc(standard, func(a api.SchemaAttributeType) bool { return a.Name == name })
}

// DefineSchema sets the schema of a new pool. A definition with the name of a standard attribute changes it; the others add
// custom attributes, as do email_verified and phone_number_verified. Errors: InvalidParameterException (docs/behaviour.md §4.7).
func (p *UserPool) DefineSchema(definitions []api.SchemaAttributeType) error {
	p.Schema = StandardAttributes()
	count := len(p.Schema)
	standard := make([]string, 0, count) // names of the standard attributes that are defined
	for _, d := range definitions {
		if i := redefinable(p.Schema[:count], d.Name); i >= 0 {
			standard = append(standard, d.Name)
			if err := RequireDistinct("Schema", standard); err != nil {
				return err
			}
			if err := redefine(&p.Schema[i], d); err != nil {
				return err
			}
			continue
		}
		custom, err := newCustomAttribute(d)
		if err != nil {
			return err
		}
		if _, taken := p.Attribute(custom.Name); taken {
			return api.InvalidParameterException(
				fmt.Sprintf("Duplicate custom attribute names %s are not allowed in a user pool schema.", custom.Name))
		}
		p.Schema = append(p.Schema, custom)
	}
	return p.checkSchemaSize()
}

// AddCustomAttributes adds attributes to the schema, all or none. An existing attribute cannot be changed or removed.
// Errors: InvalidParameterException.
func (p *UserPool) AddCustomAttributes(definitions []api.SchemaAttributeType) error {
	before := p.Schema
	for _, d := range definitions {
		custom, err := newCustomAttribute(d)
		if err == nil {
			if _, taken := p.Attribute(custom.Name); taken {
				err = api.InvalidParameterException(
					fmt.Sprintf("%s: Existing attribute already has name %s.", strings.TrimPrefix(custom.Name, DeveloperPrefix), custom.Name))
			}
		}
		if err != nil {
			p.Schema = before
			return err
		}
		p.Schema = append(p.Schema, custom)
	}
	if err := p.checkSchemaSize(); err != nil {
		p.Schema = before
		return err
	}
	return nil
}

func (p *UserPool) checkSchemaSize() error {
	custom := len(p.Schema) - len(StandardAttributes())
	if custom > maxCustomAttributes {
		// Assumed: the text for more custom attributes than the quota allows.
		return api.InvalidParameterException(
			fmt.Sprintf("A user pool can have at most %d custom attributes.", maxCustomAttributes))
	}
	return nil
}

// redefine applies a definition to the standard attribute of the same name. A definition without Mutable makes the attribute
// immutable, although the attribute is mutable without a definition (aws-cdk#8624).
func redefine(a *api.SchemaAttributeType, d api.SchemaAttributeType) error {
	if (d.AttributeDataType != "" && d.AttributeDataType != a.AttributeDataType) || api.IsTrue(d.DeveloperOnlyAttribute) {
		return api.InvalidParameterException(
			"You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute " + a.Name)
	}
	if a.Name == AttributeSub { // the service accepts the definition and ignores it
		return nil
	}
	a.Mutable, a.Required = new(api.IsTrue(d.Mutable)), new(api.IsTrue(d.Required))
	if c := d.StringAttributeConstraints; c != nil && a.StringAttributeConstraints != nil {
		a.StringAttributeConstraints = c
	}
	if c := d.NumberAttributeConstraints; c != nil && a.NumberAttributeConstraints != nil {
		a.NumberAttributeConstraints = c
	}
	return checkConstraints(*a)
}

// newCustomAttribute returns the attribute "custom:NAME", or "dev:custom:NAME" for a developer-only attribute. A name that
// already has the prefix gets it again (docs/behaviour.md §4.7).
func newCustomAttribute(d api.SchemaAttributeType) (api.SchemaAttributeType, error) {
	if d.Name == "" {
		return d, api.InvalidParameterException("Missing required parameter Name") // Assumed: the text for a custom attribute without a name.
	}
	if d.AttributeDataType == "" {
		return d, api.InvalidParameterException(
			"Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
	}
	if api.IsTrue(d.Required) {
		return d, api.InvalidParameterException("Required custom attributes are not supported currently.")
	}
	a := api.SchemaAttributeType{
		Name: CustomPrefix + d.Name, AttributeDataType: d.AttributeDataType,
		DeveloperOnlyAttribute: new(api.IsTrue(d.DeveloperOnlyAttribute)),
		Mutable:                new(api.IsTrue(d.Mutable)), Required: new(false),
	}
	if api.IsTrue(d.DeveloperOnlyAttribute) {
		a.Name = DeveloperPrefix + a.Name
	}
	switch d.AttributeDataType {
	case api.AttributeDataTypeString:
		a.StringAttributeConstraints = d.StringAttributeConstraints
		if a.StringAttributeConstraints == nil { // the service returns an empty one (docs/behaviour.md §5.2)
			a.StringAttributeConstraints = new(api.StringAttributeConstraintsType)
		}
	case api.AttributeDataTypeNumber:
		a.NumberAttributeConstraints = d.NumberAttributeConstraints
	}
	return a, checkConstraints(a)
}

// checkConstraints checks that the limits of an attribute are numbers, that a length is in range, and that the minimum is not
// above the maximum. Source of the texts: docs/behaviour.md §4.7.
func checkConstraints(a api.SchemaAttributeType) error {
	if c := a.StringAttributeConstraints; c != nil {
		low, high, err := parseRange(c.MinLength, c.MaxLength, 0, maxAttributeLength)
		switch {
		case err != nil || low < 0 || high < 0:
			return api.InvalidParameterException("Invalid StringAttributeConstraints for schema attribute " + a.Name)
		case low > maxAttributeLength || high > maxAttributeLength:
			return api.InvalidParameterException(
				fmt.Sprintf("user.%s: String attributes cannot have a length of more than %d", a.Name, maxAttributeLength))
		case high < low:
			return api.InvalidParameterException("user." + a.Name + ": Max length cannot be less than min length.")
		}
	}
	if c := a.NumberAttributeConstraints; c != nil {
		const widest = 1 << 53 // Assumed: the range of number attributes is ±2^53, which a JSON number holds exactly.
		low, high, err := parseRange(c.MinValue, c.MaxValue, -widest, widest)
		switch {
		case err != nil || low < -widest || low > widest || high < -widest || high > widest:
			return api.InvalidParameterException("Invalid NumberAttributeConstraints for schema attribute " + a.Name)
		case high < low:
			return api.InvalidParameterException("user." + a.Name + ": Max value cannot be less than min value.")
		}
	}
	return nil
}

// parseRange reads two limits, each empty or a whole number. An empty limit is lowest or highest.
func parseRange(low, high string, lowest, highest int64) (from, to int64, err error) {
	from, to = lowest, highest
	if low != "" {
		if from, err = strconv.ParseInt(low, 10, 64); err != nil {
			return 0, 0, err
		}
	}
	if high != "" {
		if to, err = strconv.ParseInt(high, 10, 64); err != nil {
			return 0, 0, err
		}
	}
	return from, to, nil
}

// MissingAttributes returns the attributes that the pool requires of a user and that are missing or empty, in schema order.
func (p *UserPool) MissingAttributes(attributes map[string]string) []string {
	var missing []string
	for _, a := range p.Schema {
		if api.IsTrue(a.Required) && a.Name != AttributeSub && attributes[a.Name] == "" {
			missing = append(missing, a.Name)
		}
	}
	return missing
}

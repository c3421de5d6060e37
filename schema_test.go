package cognate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
)

func TestStandardAttributes(t *testing.T) {
	t.Parallel()
	var names []string
	for _, a := range cognate.StandardAttributes() {
		names = append(names, a.Name)
	}
	// Source: docs/behaviour.md §5.2.
	want := strings.Fields("sub name given_name family_name middle_name nickname preferred_username profile picture website " +
		"email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at")
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("StandardAttributes() (-want +got):\n%s", diff)
	}
	sub := api.SchemaAttributeType{
		Name: "sub", AttributeDataType: api.AttributeDataTypeString,
		DeveloperOnlyAttribute: new(false), Mutable: new(false), Required: new(true),
		StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "1", MaxLength: "2048"},
	}
	if diff := cmp.Diff(sub, cognate.StandardAttributes()[0]); diff != "" {
		t.Errorf("sub (-want +got):\n%s", diff)
	}
}

func TestDefineSchema(t *testing.T) {
	t.Parallel()
	text, number := api.AttributeDataTypeString, api.AttributeDataTypeNumber
	for name, tc := range map[string]struct {
		definition api.SchemaAttributeType
		want       api.SchemaAttributeType
	}{
		"a standard attribute made required, immutable without Mutable": {
			api.SchemaAttributeType{Name: "email", Required: new(true)},
			api.SchemaAttributeType{
				Name: "email", AttributeDataType: text, DeveloperOnlyAttribute: new(false), Mutable: new(false), Required: new(true),
				StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "0", MaxLength: "2048"},
			},
		},
		"a standard attribute with limits": {
			api.SchemaAttributeType{
				Name: "name", AttributeDataType: text, Mutable: new(true),
				StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "1", MaxLength: "9"},
			},
			api.SchemaAttributeType{
				Name: "name", AttributeDataType: text, DeveloperOnlyAttribute: new(false), Mutable: new(true), Required: new(false),
				StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "1", MaxLength: "9"},
			},
		},
		"sub does not change": {
			api.SchemaAttributeType{Name: "sub", AttributeDataType: text, Mutable: new(true)},
			cognate.StandardAttributes()[0],
		},
		"a custom string": {
			api.SchemaAttributeType{Name: "tenant", AttributeDataType: text, Mutable: new(true)},
			api.SchemaAttributeType{
				Name: "custom:tenant", AttributeDataType: text, DeveloperOnlyAttribute: new(false), Mutable: new(true), Required: new(false),
				StringAttributeConstraints: new(api.StringAttributeConstraintsType),
			},
		},
		"a name that has the prefix": {
			api.SchemaAttributeType{Name: "custom:x", AttributeDataType: text},
			api.SchemaAttributeType{
				Name: "custom:custom:x", AttributeDataType: text, DeveloperOnlyAttribute: new(false), Mutable: new(false), Required: new(false),
				StringAttributeConstraints: new(api.StringAttributeConstraintsType),
			},
		},
		"a name that has the prefix, for developers": {
			api.SchemaAttributeType{Name: "dev:custom:x", AttributeDataType: number, DeveloperOnlyAttribute: new(true)},
			api.SchemaAttributeType{
				Name: "dev:custom:dev:custom:x", AttributeDataType: number,
				DeveloperOnlyAttribute: new(true), Mutable: new(false), Required: new(false),
			},
		},
		"the flag of a contact": {
			api.SchemaAttributeType{Name: "email_verified", AttributeDataType: api.AttributeDataTypeBoolean, Mutable: new(true)},
			api.SchemaAttributeType{
				Name: "custom:email_verified", AttributeDataType: api.AttributeDataTypeBoolean,
				DeveloperOnlyAttribute: new(false), Mutable: new(true), Required: new(false),
			},
		},
		"the other flag": {
			api.SchemaAttributeType{Name: "phone_number_verified", AttributeDataType: api.AttributeDataTypeBoolean},
			api.SchemaAttributeType{
				Name: "custom:phone_number_verified", AttributeDataType: api.AttributeDataTypeBoolean,
				DeveloperOnlyAttribute: new(false), Mutable: new(false), Required: new(false),
			},
		},
		"a custom number for developers": {
			api.SchemaAttributeType{
				Name: "level", AttributeDataType: number, DeveloperOnlyAttribute: new(true),
				NumberAttributeConstraints: &api.NumberAttributeConstraintsType{MinValue: "-1", MaxValue: "5"},
			},
			api.SchemaAttributeType{
				Name: "dev:custom:level", AttributeDataType: number,
				DeveloperOnlyAttribute: new(true), Mutable: new(false), Required: new(false),
				NumberAttributeConstraints: &api.NumberAttributeConstraintsType{MinValue: "-1", MaxValue: "5"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p cognate.UserPool
			if err := p.DefineSchema([]api.SchemaAttributeType{tc.definition}); err != nil {
				t.Fatalf("DefineSchema() = %v, want no error", err)
			}
			got, _ := p.Attribute(tc.want.Name)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.want.Name, diff)
			}
		})
	}
}

func TestDefineSchemaRefuses(t *testing.T) {
	t.Parallel()
	text := api.AttributeDataTypeString
	for message, definitions := range map[string][]api.SchemaAttributeType{
		"You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute family_name": {
			{Name: "family_name", AttributeDataType: api.AttributeDataTypeNumber},
		},
		"You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email": {
			{Name: "email", DeveloperOnlyAttribute: new(true)},
		},
		"Invalid AttributeDataType input, consider using the provided AttributeDataType enum.": {{Name: "x"}},
		"Required custom attributes are not supported currently.": {
			{Name: "x", AttributeDataType: text, Required: new(true)},
		},
		"Duplicate custom attribute names custom:x are not allowed in a user pool schema.": {
			{Name: "x", AttributeDataType: text}, {Name: "x", AttributeDataType: text},
		},
		"email appears more than once in Schema.": {
			{Name: "email", Required: new(true)}, {Name: "email", Required: new(false)},
		},
		"user.custom:x: Max length cannot be less than min length.": {
			{Name: "x", AttributeDataType: text, StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "5", MaxLength: "4"}},
		},
		"user.custom:x: Max value cannot be less than min value.": {{
			Name: "x", AttributeDataType: api.AttributeDataTypeNumber,
			NumberAttributeConstraints: &api.NumberAttributeConstraintsType{MinValue: "2", MaxValue: "1"},
		}},
		"user.custom:x: String attributes cannot have a length of more than 2048": {
			{Name: "x", AttributeDataType: text, StringAttributeConstraints: &api.StringAttributeConstraintsType{MaxLength: "2049"}},
		},
		"Invalid StringAttributeConstraints for schema attribute birthdate": {
			{Name: "birthdate", StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "ten"}},
		},
		"user.custom:y: String attributes cannot have a length of more than 2048": {
			{Name: "y", AttributeDataType: text, StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "2049"}},
		},
		"Invalid StringAttributeConstraints for schema attribute custom:x": {
			{Name: "x", AttributeDataType: text, StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "-1"}},
		},
		"Invalid NumberAttributeConstraints for schema attribute custom:x": {{
			Name: "x", AttributeDataType: api.AttributeDataTypeNumber,
			NumberAttributeConstraints: &api.NumberAttributeConstraintsType{MaxValue: "1.5"},
		}},
		"Missing required parameter Name": {{AttributeDataType: text}},
	} {
		var p cognate.UserPool
		wantRefusal(t, "DefineSchema()", p.DefineSchema(definitions), api.InvalidParameterException(message))
	}
}

func TestAddCustomAttributes(t *testing.T) {
	t.Parallel()
	text := func(names ...string) (out []api.SchemaAttributeType) {
		for _, name := range names {
			out = append(out, api.SchemaAttributeType{Name: name, AttributeDataType: api.AttributeDataTypeString})
		}
		return out
	}
	p := validPool()
	wantRefusal(t, "AddCustomAttributes(a, email)", p.AddCustomAttributes(text("a", "email")), nil)
	if _, ok := p.Attribute("custom:email"); !ok {
		t.Error("custom:email is missing beside email")
	}
	wantRefusal(t, "AddCustomAttributes(b, a)", p.AddCustomAttributes(text("b", "a")),
		api.InvalidParameterException("custom:a: Existing attribute already has name custom:a."))
	if _, ok := p.Attribute("custom:b"); ok {
		t.Error("custom:b was added by a refused call")
	}
	wantRefusal(t, "AddCustomAttributes(custom:a)", p.AddCustomAttributes(text("custom:a")), nil)
	wantRefusal(t, "AddCustomAttributes(custom:a) again", p.AddCustomAttributes(text("custom:a")),
		api.InvalidParameterException("custom:custom:a: Existing attribute already has name custom:custom:a."))
	var many []string
	for i := range 48 {
		many = append(many, fmt.Sprint("n", i))
	}
	wantRefusal(t, "AddCustomAttributes(51 in all)", p.AddCustomAttributes(text(many...)),
		api.InvalidParameterException("A user pool can have at most 50 custom attributes."))
	wantRefusal(t, "AddCustomAttributes(50 in all)", p.AddCustomAttributes(text(many[1:]...)), nil)
}

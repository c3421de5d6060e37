package userpool_test

import (
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestAddCustomAttributes(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	id := mustCreate(t, s, api.CreateUserPoolInput{}).Id
	add := func(name string) error {
		_, err := s.Client.AddCustomAttributes(t.Context(), &api.AddCustomAttributesInput{
			UserPoolId: id, CustomAttributes: []api.SchemaAttributeType{{Name: name, AttributeDataType: "String"}},
		})
		return err
	}
	cognatetest.WantRefusal(t, "AddCustomAttributes(tenant)", add("tenant"), nil)
	cognatetest.WantRefusal(t, "AddCustomAttributes(tenant) again", add("tenant"),
		api.InvalidParameterException("custom:tenant: Existing attribute already has name custom:tenant."))
	cognatetest.WantRefusal(t, "AddCustomAttributes(21 characters)", add(strings.Repeat("x", 21)),
		api.InvalidParameterException("1 validation error detected: Value 'xxxxxxxxxxxxxxxxxxxxx' at 'customAttributes.1.member.name' "+
			"failed to satisfy constraint: Member must have length less than or equal to 20"))
	schema := mustDescribe(t, s, id).SchemaAttributes
	if got := schema[len(schema)-1].Name; len(schema) != 21 || got != "custom:tenant" {
		t.Errorf("SchemaAttributes = %d, the last of them %s, want 21 and custom:tenant", len(schema), got)
	}
}

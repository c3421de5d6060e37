package appclient

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/store/storetest"
)

// CreateUserPoolClient passes every member that UpdateUserPoolClient has to the code that both share.
func TestCreateCopiesEveryMember(t *testing.T) {
	t.Parallel()
	var in api.CreateUserPoolClientInput
	storetest.Fill(&in)
	storetest.WantCopied(t, in, *settingsOf(&in), "UserPoolId", "ClientId", "ClientName") // AppClient has them already
}

// UpdateUserPoolClient stores every member.
func TestConfigureAppliesEveryMember(t *testing.T) {
	t.Parallel()
	var full api.UpdateUserPoolClientInput
	storetest.Fill(&full)
	full.EnableTokenRevocation = new(false)
	configured := func(in *api.UpdateUserPoolClientInput) *cognate.AppClient {
		client := new(cognate.AppClient)
		configure(client, in)
		return client
	}
	empty := configured(new(api.UpdateUserPoolClientInput))
	for field := range reflect.TypeFor[api.UpdateUserPoolClientInput]().Fields() {
		if field.Name == "UserPoolId" || field.Name == "ClientId" || field.Name == "ClientName" {
			continue
		}
		var in api.UpdateUserPoolClientInput
		reflect.ValueOf(&in).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(full).FieldByIndex(field.Index))
		if cmp.Equal(empty, configured(&in)) {
			t.Errorf("an update with only %s changes nothing", field.Name)
		}
	}
}

package userpool

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/store/storetest"
)

// CreateUserPool passes every member that UpdateUserPool has to the code that both share, except the MFA mode.
func TestCreateCopiesEveryMember(t *testing.T) {
	t.Parallel()
	var in api.CreateUserPoolInput
	storetest.Fill(&in)
	storetest.WantCopied(t, in, *settingsOf(&in), "UserPoolId", "MfaConfiguration")
}

// UpdateUserPool stores every member.
func TestUpdateAppliesEveryMember(t *testing.T) {
	t.Parallel()
	var full api.UpdateUserPoolInput
	storetest.Fill(&full)
	full.DeletionProtection = api.DeletionProtectionTypeActive
	full.MfaConfiguration = api.UserPoolMfaTypeOptional
	update := func(in *api.UpdateUserPoolInput) *cognate.UserPool {
		pool, err := newPool(cognate.Caller{Region: "eu-west-1"}, time.Time{})
		if err != nil {
			t.Fatalf("newPool() = %v", err)
		}
		pool.ID, pool.SMSConfiguration = "eu-west-1_A", new(api.SmsConfigurationType)
		if err := apply(pool, in); err != nil {
			t.Fatalf("apply() = %v", err)
		}
		if err := changeMFAMode(pool, in.MfaConfiguration); err != nil {
			t.Fatalf("changeMFAMode() = %v", err)
		}
		return pool
	}
	empty := update(new(api.UpdateUserPoolInput))
	for field := range reflect.TypeFor[api.UpdateUserPoolInput]().Fields() {
		if field.Name == "UserPoolId" {
			continue
		}
		var in api.UpdateUserPoolInput
		reflect.ValueOf(&in).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(full).FieldByIndex(field.Index))
		if cmp.Equal(empty, update(&in)) {
			t.Errorf("an update with only %s changes nothing", field.Name)
		}
	}
}

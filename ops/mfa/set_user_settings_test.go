package mfa_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

func TestUserSettings(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t).MustPeople(t, optional, nil)
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	set := func(options ...api.MFAOptionType) error {
		_, err := p.Client.SetUserSettings(t.Context(), &api.SetUserSettingsInput{AccessToken: access, MFAOptions: options})
		return err
	}
	sms := api.MFAOptionType{DeliveryMedium: api.DeliveryMediumTypeSms, AttributeName: "phone_number"}
	cognatetest.WantError(t, "SetUserSettings(no phone number)", set(sms),
		api.InvalidParameterException("User does not have delivery config set to turn on SMS_MFA"))
	cognatetest.WantCode(t, "SetUserSettings(EMAIL)", set(api.MFAOptionType{DeliveryMedium: api.DeliveryMediumTypeEmail, AttributeName: "email"}),
		api.CodeInvalidParameterException)

	cognatetest.Must(p.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "ann", UserAttributes: []api.AttributeType{{Name: "phone_number", Value: "+15555559934"}},
	}))(t)
	if err := set(sms); err != nil {
		t.Fatalf("SetUserSettings(SMS) = %v", err)
	}
	if diff := cmp.Diff([]string{"SMS_MFA"}, mustUser(t, p, "ann").UserMFASettingList); diff != "" {
		t.Errorf("factors after SetUserSettings(SMS) (-want +got):\n%s", diff)
	}
	wantOptions := func(doing string, want ...api.MFAOptionType) {
		t.Helper()
		own := cognatetest.Must(p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: access}))(t)
		listed := cognatetest.Must(p.Client.ListUsers(t.Context(), &api.ListUsersInput{UserPoolId: p.PoolID}))(t)
		for _, got := range [][]api.MFAOptionType{own.MFAOptions, mustUser(t, p, "ann").MFAOptions, listed.Users[0].MFAOptions} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("MFAOptions after %s (-want +got):\n%s", doing, diff)
			}
		}
	}
	wantOptions("SetUserSettings(SMS)", sms)
	cognatetest.Must(p.Client.SetUserMFAPreference(t.Context(), &api.SetUserMFAPreferenceInput{
		AccessToken: access, SMSMfaSettings: &api.SMSMfaSettingsType{Enabled: new(true)},
	}))(t)
	wantOptions("SetUserMFAPreference(SMS)")
	cognatetest.Must(p.Client.AdminSetUserSettings(t.Context(), &api.AdminSetUserSettingsInput{
		UserPoolId: p.PoolID, Username: "ann", MFAOptions: []api.MFAOptionType{},
	}))(t)
	if got := mustUser(t, p, "ann").UserMFASettingList; got != nil {
		t.Errorf("factors after AdminSetUserSettings(none) = %q, want none", got)
	}
}

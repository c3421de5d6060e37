package account_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

func TestUserSettings(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(optional))
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	set := func(options ...api.MFAOptionType) error {
		_, err := p.Client.SetUserSettings(t.Context(), &api.SetUserSettingsInput{AccessToken: access, MFAOptions: options})
		return err
	}
	sms := api.MFAOptionType{DeliveryMedium: api.DeliveryMediumTypeSms, AttributeName: "phone_number"}
	cognatetest.WantError(t, "SetUserSettings(no phone number)", set(sms),
		api.InvalidParameterException("User does not have delivery config set to turn on SMS_MFA"))
	for _, option := range []api.MFAOptionType{
		{DeliveryMedium: api.DeliveryMediumTypeEmail, AttributeName: "email"},
		{DeliveryMedium: api.DeliveryMediumTypeEmail, AttributeName: "phone_number"},
		{DeliveryMedium: api.DeliveryMediumTypeSms, AttributeName: "email"},
	} {
		cognatetest.WantError(t, fmt.Sprintf("SetUserSettings(%v)", option), set(option),
			api.InvalidParameterException("Only SMS to phone_number is supported in MFAOptions."))
	}

	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "ann", UserAttributes: []api.AttributeType{{Name: "phone_number", Value: "+15555559934"}},
	})
	if err := set(sms); err != nil {
		t.Fatalf("SetUserSettings(SMS) = %v", err)
	}
	if diff := cmp.Diff([]string{"SMS_MFA"}, mustGetUser(t, p, "ann").UserMFASettingList); diff != "" {
		t.Errorf("factors after SetUserSettings(SMS) (-want +got):\n%s", diff)
	}
	wantOptions := func(doing string, want ...api.MFAOptionType) {
		t.Helper()
		own := p.Must(t).GetUser(&api.GetUserInput{AccessToken: access})
		listed := p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID})
		for _, got := range [][]api.MFAOptionType{own.MFAOptions, mustGetUser(t, p, "ann").MFAOptions, listed.Users[0].MFAOptions} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("MFAOptions after %s (-want +got):\n%s", doing, diff)
			}
		}
	}
	wantOptions("SetUserSettings(SMS)", sms)
	p.Must(t).SetUserMFAPreference(&api.SetUserMFAPreferenceInput{
		AccessToken: access, SMSMfaSettings: &api.SMSMfaSettingsType{Enabled: new(true)},
	})
	wantOptions("SetUserMFAPreference(SMS)")
	p.Must(t).AdminSetUserSettings(&api.AdminSetUserSettingsInput{
		UserPoolId: p.PoolID, Username: "ann", MFAOptions: []api.MFAOptionType{},
	})
	if got := mustGetUser(t, p, "ann").UserMFASettingList; got != nil {
		t.Errorf("factors after AdminSetUserSettings(none) = %q, want none", got)
	}
}

// A second factor that SetUserSettings switches on or off ends unfinished sign-ins, as SetUserMFAPreference does.
func TestUserSettingsEndSignIns(t *testing.T) {
	t.Parallel()
	p, access, secret := enrolledAndPreferred(t, optional)
	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "ann", UserAttributes: cognatetest.Attributes("phone_number", "+15555559934"),
	})
	sms := []api.MFAOptionType{{DeliveryMedium: api.DeliveryMediumTypeSms, AttributeName: "phone_number"}}
	for _, options := range [][]api.MFAOptionType{sms, {}} {
		waiting := p.MustSignIn("ann", totp).Session
		p.Must(t).SetUserSettings(&api.SetUserSettingsInput{AccessToken: access, MFAOptions: options})
		_, err := p.AnswerCode("ann", waiting, p.Code(secret))
		cognatetest.WantError(t, "code after SetUserSettings", err, api.ErrInvalidSession)
	}
	waiting := p.MustSignIn("ann", totp).Session
	p.Must(t).SetUserSettings(&api.SetUserSettingsInput{AccessToken: access, MFAOptions: []api.MFAOptionType{}})
	if _, err := p.AnswerCode("ann", waiting, p.Code(secret)); err != nil {
		t.Errorf("code after SetUserSettings that changes nothing = %v, want tokens", err)
	}
}

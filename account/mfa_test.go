package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

func TestPreferenceNeedsAVerifiedToken(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(optional))
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t)
	for what, in := range map[string]*api.SetUserMFAPreferenceInput{
		"SOFTWARE_TOKEN_MFA": {SoftwareTokenMfaSettings: &api.SoftwareTokenMfaSettingsType{Enabled: new(true)}},
		"SMS_MFA":            {SMSMfaSettings: &api.SMSMfaSettingsType{Enabled: new(true)}},
		"EMAIL_OTP":          {EmailMfaSettings: &api.EmailMfaSettingsType{Enabled: new(true)}},
	} {
		in.AccessToken = access
		_, err := p.Client.SetUserMFAPreference(t.Context(), in)
		cognatetest.WantError(t, "SetUserMFAPreference("+what+")", err,
			api.InvalidParameterException("User does not have delivery config set to turn on "+what))
	}
	p.MustSignIn("ann", tokens)
}

func TestPreferenceOnOffAndPreferred(t *testing.T) {
	t.Parallel()
	p, access, secret := enrolledAndPreferred(t, optional)
	p.MustSignIn("ann", totp)
	p.MustPrefer(access, false, false)
	user := mustGetUser(t, p, "ann")
	if user.UserMFASettingList != nil || user.PreferredMfaSetting != "" {
		t.Errorf("factors when off = %q, preferred %q, want none", user.UserMFASettingList, user.PreferredMfaSetting)
	}
	p.MustSignIn("ann", tokens)

	// The token stays registered. The user enables it again without a new enrolment.
	p.Must(t).AdminSetUserMFAPreference(&api.AdminSetUserMFAPreferenceInput{
		UserPoolId: p.PoolID, Username: "ann",
		SoftwareTokenMfaSettings: &api.SoftwareTokenMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)},
	})
	challenge := p.MustSignIn("ann", totp)
	if _, err := p.AnswerCode("ann", challenge.Session, p.Code(secret)); err != nil {
		t.Errorf("code after off and on = %v, want tokens", err)
	}
	factors := p.Must(t).GetUserAuthFactors(&api.GetUserAuthFactorsInput{AccessToken: access})
	want := &api.GetUserAuthFactorsOutput{
		Username: "ann", PreferredMfaSetting: "SOFTWARE_TOKEN_MFA", UserMFASettingList: []string{"SOFTWARE_TOKEN_MFA"},
		ConfiguredUserAuthFactors: []api.AuthFactorType{api.AuthFactorTypePassword},
	}
	if diff := cmp.Diff(want, factors); diff != "" {
		t.Errorf("GetUserAuthFactors() differs (-want +got):\n%s", diff)
	}
	admin := p.Must(t).AdminGetUserAuthFactors(&api.AdminGetUserAuthFactorsInput{UserPoolId: p.PoolID, Username: "ann"})
	if diff := cmp.Diff(api.GetUserAuthFactorsOutput(*admin), *want); diff != "" {
		t.Errorf("AdminGetUserAuthFactors() differs (-got +want):\n%s", diff)
	}
}

func TestTwoPreferredFactorsAreRefused(t *testing.T) {
	t.Parallel()
	p, access, _ := enrolledAndPreferred(t, optional)
	_, err := p.Client.SetUserMFAPreference(t.Context(), &api.SetUserMFAPreferenceInput{
		AccessToken:              access,
		SoftwareTokenMfaSettings: &api.SoftwareTokenMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)},
		SMSMfaSettings:           &api.SMSMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)},
	})
	cognatetest.WantCode(t, "SetUserMFAPreference(two preferred)", err, api.CodeInvalidParameterException)
}

func TestAdminDeleteSoftwareToken(t *testing.T) {
	t.Parallel()
	p, _, secret := enrolledAndPreferred(t, optional)
	challenge := p.MustSignIn("ann", totp)
	p.Must(t).AdminDeleteSoftwareToken(&api.AdminDeleteSoftwareTokenInput{UserPoolId: p.PoolID, Username: "ann"})
	_, err := p.AnswerCode("ann", challenge.Session, p.Code(secret))
	cognatetest.WantError(t, "code of a deleted token", err, api.ErrNoSoftwareToken)
	if user := mustGetUser(t, p, "ann"); user.UserMFASettingList != nil || user.PreferredMfaSetting != "" {
		t.Errorf("factors = %q, preferred %q, want none", user.UserMFASettingList, user.PreferredMfaSetting)
	}
	p.MustSignIn("ann", tokens)
	p.MustSetMFA(on)
	p.MustSignIn("ann", setup)
	_, err = p.Client.AdminDeleteSoftwareToken(t.Context(), &api.AdminDeleteSoftwareTokenInput{UserPoolId: p.PoolID, Username: "eve"})
	cognatetest.WantError(t, "AdminDeleteSoftwareToken(unknown user)", err, api.ErrUserDoesNotExist)
}

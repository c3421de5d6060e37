package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
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
		ConfiguredUserAuthFactors: []api.AuthFactorType{api.AuthFactorTypePassword, api.AuthFactorTypeSoftwareToken},
	}
	if diff := cmp.Diff(want, factors); diff != "" {
		t.Errorf("GetUserAuthFactors() differs (-want +got):\n%s", diff)
	}
	admin := p.Must(t).AdminGetUserAuthFactors(&api.AdminGetUserAuthFactorsInput{UserPoolId: p.PoolID, Username: "ann"})
	if diff := cmp.Diff(api.GetUserAuthFactorsOutput(*admin), *want); diff != "" {
		t.Errorf("AdminGetUserAuthFactors() differs (-got +want):\n%s", diff)
	}
	p.MustSetMFA(off)
	if got := p.Must(t).GetUserAuthFactors(&api.GetUserAuthFactorsInput{AccessToken: access}).ConfiguredUserAuthFactors; len(got) != 1 {
		t.Errorf("ConfiguredUserAuthFactors = %v in a pool without MFA, want the password only", got)
	}
}

// A request changes the factors that it names. A refused one changes nothing. Source: docs/behaviour.md §1.4.
func TestPreferences(t *testing.T) {
	t.Parallel()
	type (
		sms   = api.SMSMfaSettingsType
		token = api.SoftwareTokenMfaSettingsType
		email = api.EmailMfaSettingsType
	)
	const smsMFA, softwareToken = "SMS_MFA", "SOFTWARE_TOKEN_MFA"
	both := []string{smsMFA, softwareToken}
	notEnabled := api.InvalidParameterException("An MFA method that is not enabled can't be set as preferred.")
	p := cognatetest.Pool(t, cognatetest.MFA(optional)) // offers the software token only
	p.MustUser("ann", cognatetest.Attributes("phone_number", "+15555550100", "email", "ann@example.com")...)
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	p.MustEnrolWith(access)
	for _, c := range []struct {
		what      string
		in        api.AdminSetUserMFAPreferenceInput
		enabled   []string
		preferred string
		next      api.ChallengeNameType
		err       error
	}{
		{"nothing", api.AdminSetUserMFAPreferenceInput{}, both, softwareToken, totp, nil},
		{"no flags", api.AdminSetUserMFAPreferenceInput{SoftwareTokenMfaSettings: new(token)}, []string{smsMFA}, "", tokens, nil},
		{"token on", api.AdminSetUserMFAPreferenceInput{SoftwareTokenMfaSettings: &token{Enabled: new(true)}}, both, "", totp, nil},
		{"token off", api.AdminSetUserMFAPreferenceInput{SoftwareTokenMfaSettings: &token{Enabled: new(false)}}, []string{smsMFA}, "", tokens, nil},
		{"SMS off", api.AdminSetUserMFAPreferenceInput{SMSMfaSettings: new(sms)}, []string{softwareToken}, softwareToken, totp, nil},
		{"SMS on", api.AdminSetUserMFAPreferenceInput{SMSMfaSettings: &sms{Enabled: new(true)}}, both, softwareToken, totp, nil},
		// The user prefers what the pool does not offer: the challenge is that of the other factor.
		{
			"SMS preferred",
			api.AdminSetUserMFAPreferenceInput{SMSMfaSettings: &sms{Enabled: new(true), PreferredMfa: new(true)}},
			both, smsMFA, totp, nil,
		},
		{
			"SMS preferred, token on", api.AdminSetUserMFAPreferenceInput{
				SMSMfaSettings: &sms{Enabled: new(true), PreferredMfa: new(true)}, SoftwareTokenMfaSettings: &token{Enabled: new(true), PreferredMfa: new(false)},
			}, both, smsMFA, totp, nil,
		},
		{
			"both off",
			api.AdminSetUserMFAPreferenceInput{SMSMfaSettings: new(sms), SoftwareTokenMfaSettings: new(token)},
			nil, "", tokens, nil,
		},
		{
			"token preferred, but off",
			api.AdminSetUserMFAPreferenceInput{SoftwareTokenMfaSettings: &token{Enabled: new(false), PreferredMfa: new(true)}},
			both, softwareToken, totp, notEnabled,
		},
		{
			"SMS preferred, without a flag for on",
			api.AdminSetUserMFAPreferenceInput{SMSMfaSettings: &sms{PreferredMfa: new(true)}},
			both, softwareToken, totp, notEnabled,
		},
		{
			"both preferred", api.AdminSetUserMFAPreferenceInput{
				SMSMfaSettings: &sms{Enabled: new(true), PreferredMfa: new(true)}, SoftwareTokenMfaSettings: &token{Enabled: new(true), PreferredMfa: new(true)},
			}, both, softwareToken, totp, api.InvalidParameterException("Only one MFA method can be set as preferred."),
		},
		{
			"SMS off, and email that the pool does not send",
			api.AdminSetUserMFAPreferenceInput{SMSMfaSettings: new(sms), EmailMfaSettings: &email{Enabled: new(true)}},
			both, softwareToken, totp, api.InvalidParameterException("User does not have delivery config set to turn on EMAIL_OTP"),
		},
	} {
		for _, admin := range []bool{true, false} {
			p.Must(t).AdminSetUserMFAPreference(&api.AdminSetUserMFAPreferenceInput{
				UserPoolId: p.PoolID, Username: "ann", SMSMfaSettings: &sms{Enabled: new(true)},
				SoftwareTokenMfaSettings: &token{Enabled: new(true), PreferredMfa: new(true)},
			})
			var err error
			in := c.in
			if in.UserPoolId, in.Username = p.PoolID, "ann"; admin {
				_, err = p.Client.AdminSetUserMFAPreference(t.Context(), &in)
			} else {
				_, err = p.Client.SetUserMFAPreference(t.Context(), &api.SetUserMFAPreferenceInput{
					AccessToken: access, SMSMfaSettings: in.SMSMfaSettings, SoftwareTokenMfaSettings: in.SoftwareTokenMfaSettings,
					EmailMfaSettings: in.EmailMfaSettings,
				})
			}
			cognatetest.WantRefusal(t, "preference "+c.what, err, c.err)
			user := mustGetUser(t, p, "ann")
			if diff := cmp.Diff(c.enabled, user.UserMFASettingList); diff != "" || user.PreferredMfaSetting != c.preferred {
				t.Errorf("%s: factors = %q, preferred %q, want %q, preferred %q", c.what, user.UserMFASettingList, user.PreferredMfaSetting, c.enabled, c.preferred)
			}
			p.MustSignIn("ann", c.next)
		}
	}
}

func TestAdminDeleteSoftwareToken(t *testing.T) {
	t.Parallel()
	p, _, secret := enrolledAndPreferred(t, optional)
	challenge := p.MustSignIn("ann", totp)
	mustDeleteToken(t, p)
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

// AdminDeleteSoftwareToken removes the token that is verified and the one that is not. It leaves the other factors, and the used
// codes stay used. Source: docs/behaviour.md §1.1.
func TestAdminDeleteSoftwareTokenLeavesTheRest(t *testing.T) {
	t.Parallel()
	p, access, secret := enrolledAndPreferred(t, optional, cognatetest.Tag(cognate.TagSoftwareTokenReplacement, "on-verify"))
	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "ann", UserAttributes: cognatetest.Attributes("phone_number", "+15555550100"),
	})
	p.Must(t).AdminSetUserMFAPreference(&api.AdminSetUserMFAPreferenceInput{
		UserPoolId: p.PoolID, Username: "ann", SMSMfaSettings: &api.SMSMfaSettingsType{Enabled: new(true)},
	})
	if _, err := p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.Code(secret)); err != nil {
		t.Fatalf("code = %v, want tokens", err)
	}
	pending := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t).SecretCode
	mustDeleteToken(t, p)
	mustDeleteToken(t, p) // without a token it does nothing
	_, err := verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(pending)})
	cognatetest.WantError(t, "VerifySoftwareToken(deleted association)", err, api.ErrNoSoftwareToken)
	user := mustGetUser(t, p, "ann")
	if diff := cmp.Diff([]string{"SMS_MFA"}, user.UserMFASettingList); diff != "" || user.PreferredMfaSetting != "" {
		t.Errorf("factors = %q, preferred %q, want SMS only", user.UserMFASettingList, user.PreferredMfaSetting)
	}
	again := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t).SecretCode
	_, err = verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(again)})
	cognatetest.WantError(t, "VerifySoftwareToken(time step of a deleted token)", err, api.ErrEnrolSpent)
}

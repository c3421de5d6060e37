package account_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestAdminUpdateUserAttributes(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail, schema)
	sub := f.mustUser(t, "anna")

	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(verified)",
		f.adminUpdate(t, "anna", "email_verified", "true", "email", "a@example.com", "dev:custom:secret", "x"), nil)
	f.wantAttributes(t, "anna", "sub", sub, "email", "a@example.com", "email_verified", "true", "dev:custom:secret", "x")
	f.wantSent(t, 0)

	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(not verified)", f.adminUpdate(t, "anna", "email", "b@example.com"), nil)
	f.wantAttributes(t, "anna", "sub", sub, "email", "b@example.com", "email_verified", "false", "dev:custom:secret", "x")
	cognatetest.WantRefusal(t, "VerifyUserAttribute()", f.verify(t, f.mustToken(t, "anna"), "email", f.code(t, "b@example.com")), nil)

	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(blank)", f.adminUpdate(t, "anna", "email", ""), nil)
	f.wantAttributes(t, "anna", "sub", sub, "dev:custom:secret", "x")
	for what, refused := range map[string]struct {
		pairs []string
		want  error
	}{
		"sub":       {[]string{"sub", "x"}, api.InvalidParameterException("Cannot modify the non-mutable attribute sub")},
		"immutable": {[]string{"custom:fixed", "x"}, api.InvalidParameterException("user.custom:fixed: Attribute cannot be updated.")},
		"unknown":   {[]string{"shoe", "x"}, api.InvalidParameterException("Attributes did not conform to the schema: Type for attribute {shoe} could not be determined")},
	} {
		cognatetest.WantRefusal(t, "AdminUpdateUserAttributes("+what+")", f.adminUpdate(t, "anna", refused.pairs...), refused.want)
	}
}

// Attributes that an administrator does not send must not appear: infrastructure tools compare what they sent with what they read.
func TestAdminAttributesReadBackAsSent(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	sub := f.mustUser(t, "anna", "email", "a@example.com")
	f.wantAttributes(t, "anna", "sub", sub, "email", "a@example.com")
	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes()", f.adminUpdate(t, "anna", "email", "b@example.com"), nil)
	f.wantAttributes(t, "anna", "sub", sub, "email", "b@example.com")
}

func TestAdminDeleteUserAttributes(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, schema)
	sub := f.mustUser(t, "anna", "email", "a@example.com", "email_verified", "true", "name", "Anna", "dev:custom:secret", "x")
	remove := func(names ...string) error {
		_, err := s.Client.AdminDeleteUserAttributes(t.Context(), &api.AdminDeleteUserAttributesInput{
			UserPoolId: f.PoolID, Username: "anna", UserAttributeNames: names,
		})
		return err
	}
	cognatetest.WantRefusal(t, "AdminDeleteUserAttributes(unknown)", remove("name", "custom:x"),
		api.InvalidParameterException("Invalid user attributes: user.custom:x: Attribute does not exist in the schema.\n"))
	cognatetest.WantRefusal(t, "AdminDeleteUserAttributes()", remove("email", "dev:custom:secret", "nickname"), nil)
	f.wantAttributes(t, "anna", "sub", sub, "name", "Anna")
}

// A second factor is removed with the contact that it needs.
func TestDeletedPhoneIsNoFactor(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	s.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: f.PoolID, MfaConfiguration: api.UserPoolMfaTypeOptional,
		SmsMfaConfiguration: &api.SmsMfaConfigType{SmsConfiguration: &api.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms"}},
	})
	f.mustUser(t, "anna", "phone_number", "+15555559934", "phone_number_verified", "true")
	s.Must(t).AdminSetUserMFAPreference(&api.AdminSetUserMFAPreferenceInput{
		UserPoolId: f.PoolID, Username: "anna", SMSMfaSettings: &api.SMSMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)},
	})
	out := cognatetest.Try(f.get(t, "anna")).Of(t)
	wantDiff(t, "UserMFASettingList", []string{"SMS_MFA"}, out.UserMFASettingList)
	wantDiff(t, "PreferredMfaSetting", "SMS_MFA", out.PreferredMfaSetting)
	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(no phone number)", f.adminUpdate(t, "anna", "phone_number", ""), nil)
	if out := cognatetest.Try(f.get(t, "anna")).Of(t); out.UserMFASettingList != nil || out.PreferredMfaSetting != "" {
		t.Errorf("factors without a phone number = %v, %q, want none", out.UserMFASettingList, out.PreferredMfaSetting)
	}
}

// A contact that an administrator sets as verified becomes the alias of that user. Source: docs/behaviour.md §4.7.
func TestAdminMovesAlias(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	aliases := cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.AliasAttributes = []api.AliasAttributeType{
			api.AliasAttributeTypeEmail, api.AliasAttributeTypePhoneNumber, api.AliasAttributeTypePreferredUsername,
		}
	})
	for contact, value := range map[string]string{"email": "a@example.com", "phone_number": "+15555559934"} {
		f := mustPool(t, s, aliases)
		anna := f.mustUser(t, "anna", contact, value, contact+"_verified", "true", "preferred_username", "ann")
		otto := f.mustUser(t, "otto")
		cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(not verified)", f.adminUpdate(t, "otto", contact, value), nil)
		f.wantAttributes(t, "anna", "sub", anna, "preferred_username", "ann", contact, value, contact+"_verified", "true")
		cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(with the preferred username of another)",
			f.adminUpdate(t, "otto", contact, value, contact+"_verified", "true", "preferred_username", "ann"),
			api.AliasExistsException("An account with the given preferred_username already exists."))
		f.wantAttributes(t, "otto", "sub", otto, contact, value)
		cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(verified)", f.adminUpdate(t, "otto", contact, value, contact+"_verified", "true"), nil)
		f.wantAttributes(t, "otto", "sub", otto, contact, value, contact+"_verified", "true")
		f.wantAttributes(t, "anna", "sub", anna, "preferred_username", "ann", contact, value, contact+"_verified", "false")
		if got := cognatetest.Try(f.get(t, value)).Of(t).Username; got != "otto" {
			t.Errorf("AdminGetUser(%s) = %s, want otto", value, got)
		}
		cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(flag alone)", f.adminUpdate(t, "anna", contact+"_verified", "true"), nil)
		if got := cognatetest.Try(f.get(t, value)).Of(t).Username; got != "anna" {
			t.Errorf("AdminGetUser(%s) = %s, want anna", value, got)
		}
	}
}

// A username cannot be taken from its user.
func TestAdminDoesNotMoveUsername(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, cognatetest.UsernameIsEmail())
	f.mustUser(t, "a@example.com")
	f.mustUser(t, "b@example.com")
	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes()", f.adminUpdate(t, "b@example.com", "email", "a@example.com", "email_verified", "true"),
		api.AliasExistsException("An account with the given email already exists."))
}

package account_test

import (
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

func TestUpdateUserAttributes(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, schema)
	sub := f.mustUser(t, "anna", "family_name", "A", "custom:fixed", "once", "email", "a@example.com", "email_verified", "true")
	token := f.mustToken(t, "anna")
	s.Clock.Advance(time.Minute)
	deliveries, err := f.update(t, token, "name", "Anna", "custom:level", "3", "email", "b@example.com")
	cognatetest.WantRefusal(t, "UpdateUserAttributes()", err, nil)
	wantDiff(t, "deliveries in a pool that verifies nothing", []api.CodeDeliveryDetailsType(nil), deliveries)
	// A new address is not verified.
	f.wantAttributes(t, "anna", "sub", sub, "name", "Anna", "family_name", "A", "email", "b@example.com", "email_verified", "false",
		"custom:fixed", "once", "custom:level", "3")
	if out := cognatetest.Try(f.get(t, "anna")).Of(t); out.UserLastModifiedDate != api.EpochOf(s.Clock.Now()) {
		t.Errorf("UserLastModifiedDate = %v, want now", out.UserLastModifiedDate)
	}
	_, err = f.update(t, token, "name", "")
	cognatetest.WantRefusal(t, "UpdateUserAttributes(blank removes)", err, nil)
	f.wantAttributes(t, "anna", "sub", sub, "family_name", "A", "email", "b@example.com", "email_verified", "false",
		"custom:fixed", "once", "custom:level", "3")
	f.wantSent(t, 0)
}

func TestUpdateUserAttributesRefuses(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, schema)
	sub := f.mustUser(t, "anna", "family_name", "A", "custom:fixed", "once")
	token := f.mustToken(t, "anna")
	narrow := f.withClient(cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.WriteAttributes = []string{"family_name"} }))
	narrowToken := narrow.mustToken(t, "anna")
	required := api.InvalidParameterException("Attributes did not conform to the schema: family_name: The attribute is required\n")
	tests := []struct {
		name  string
		token string
		pairs []string
		want  error
	}{
		{"immutable", token, []string{"custom:fixed", "twice"}, api.InvalidParameterException("user.custom:fixed: Attribute cannot be updated.")},
		{"immutable, removed", token, []string{"custom:fixed", ""}, api.InvalidParameterException("user.custom:fixed: Attribute cannot be updated.")},
		{"required, removed", token, []string{"family_name", ""}, required},
		{"developer only", token, []string{"dev:custom:secret", "x"}, errUnwritable},
		{"verified", token, []string{"email_verified", "true"}, errUnwritable},
		{"beyond the client", narrowToken, []string{"family_name", "B", "name", "Anna"}, errUnwritable},
		{"sub", token, []string{"sub", "x"}, api.InvalidParameterException("Cannot modify the non-mutable attribute sub")},
		{"unknown", token, []string{"custom:x", "x"}, api.InvalidParameterException("Attributes did not conform to the schema: custom:x: Attribute does not exist in the schema.")},
		{"form", token, []string{"email", "a b@example.com"}, api.InvalidParameterException("Invalid email address format.")},
	}
	for _, tt := range tests {
		_, err := f.update(t, tt.token, tt.pairs...)
		cognatetest.WantRefusal(t, "UpdateUserAttributes("+tt.name+")", err, tt.want)
	}
	for name, want := range map[string]error{
		"family_name": required, "sub": api.InvalidParameterException("Cannot modify the non-mutable attribute sub"),
		"email_verified": errUnwritable, "custom:fixed": api.InvalidParameterException("user.custom:fixed: Attribute cannot be updated."),
	} {
		_, err := s.Client.DeleteUserAttributes(t.Context(), &api.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{name}})
		cognatetest.WantRefusal(t, "DeleteUserAttributes("+name+")", err, want)
	}
	f.wantAttributes(t, "anna", "sub", sub, "family_name", "A", "custom:fixed", "once")
}

func TestUpdateUserAttributesSendsCode(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, byEmail, cognatetest.EmailIsAlias())
		sub := f.mustUser(t, "anna", "email", "a@example.com", "email_verified", "true")
		token := f.mustToken(t, "anna")
		_, err := f.update(t, token, "email", "a@example.com", "name", "Anna")
		cognatetest.WantRefusal(t, "UpdateUserAttributes(same address)", err, nil)
		f.wantSent(t, 0)

		deliveries, err := f.update(t, token, "email", "b@other.com")
		cognatetest.WantRefusal(t, "UpdateUserAttributes(new address)", err, nil)
		wantDiff(t, "deliveries",
			[]api.CodeDeliveryDetailsType{{Destination: "b***@o***", DeliveryMedium: "EMAIL", AttributeName: "email"}}, deliveries)
		f.wantAttributes(t, "anna", "sub", sub, "name", "Anna", "email", "b@other.com", "email_verified", "false")
		if m, _ := s.Mailbox.Last("b@other.com"); m.Kind != notify.KindUpdateUserAttribute {
			t.Errorf("kind of the message = %s, want UpdateUserAttribute", m.Kind)
		}
		code := f.code(t, "b@other.com")
		cognatetest.WantRefusal(t, "VerifyUserAttribute(wrong)", f.verify(t, token, "email", wrong(code)), errMismatch)
		cognatetest.WantRefusal(t, "VerifyUserAttribute(other attribute)", f.verify(t, token, "phone_number", code), errExpired)
		cognatetest.WantRefusal(t, "VerifyUserAttribute()", f.verify(t, token, "email", code), nil)
		cognatetest.WantRefusal(t, "VerifyUserAttribute(again)", f.verify(t, token, "email", code), errExpired)
		f.wantAttributes(t, "anna", "sub", sub, "name", "Anna", "email", "b@other.com", "email_verified", "true")
		if owner := cognatetest.Try(f.get(t, "b@other.com")).Of(t); owner.Username != "anna" {
			t.Errorf("the new alias means %s, want anna", owner.Username)
		}
	})
}

func TestUpdateUserAttributesBeforeVerification(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail, beforeUpdate)
	sub := f.mustUser(t, "anna", "email", "a@example.com", "email_verified", "true")
	token := f.mustToken(t, "anna")
	_, err := f.update(t, token, "email", "b@example.com")
	cognatetest.WantRefusal(t, "UpdateUserAttributes()", err, nil)
	f.wantAttributes(t, "anna", "sub", sub, "email", "a@example.com", "email_verified", "true")
	first := f.code(t, "b@example.com")

	// A new code goes to the new address, not to the current one.
	out, err := s.Client.GetUserAttributeVerificationCode(t.Context(), &api.GetUserAttributeVerificationCodeInput{
		AccessToken: token, AttributeName: "email",
	})
	cognatetest.WantRefusal(t, "GetUserAttributeVerificationCode()", err, nil)
	wantDiff(t, "delivery", "b***@e***", out.CodeDeliveryDetails.Destination)
	if second := f.code(t, "b@example.com"); second != first {
		cognatetest.WantRefusal(t, "VerifyUserAttribute(first code)", f.verify(t, token, "email", first), errMismatch)
	}
	cognatetest.WantRefusal(t, "VerifyUserAttribute()", f.verify(t, token, "email", f.code(t, "b@example.com")), nil)
	f.wantAttributes(t, "anna", "sub", sub, "email", "b@example.com", "email_verified", "true")

	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(not verified)",
		f.adminUpdate(t, "anna", "email", "x@example.com", "email_verified", "false"), nil)
	f.wantAttributes(t, "anna", "sub", sub, "email", "b@example.com", "email_verified", "true")

	_, err = f.update(t, token, "email", "c@example.com")
	cognatetest.WantRefusal(t, "UpdateUserAttributes()", err, nil)
	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes(verified)", f.adminUpdate(t, "anna", "email", "d@example.com", "email_verified", "true"), nil)
	cognatetest.WantRefusal(t, "VerifyUserAttribute(after an administrator's change)", f.verify(t, token, "email", f.code(t, "c@example.com")), errExpired)
	f.wantAttributes(t, "anna", "sub", sub, "email", "d@example.com", "email_verified", "true")
}

func TestVerifyUserAttributeTakenAlias(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail, cognatetest.EmailIsAlias())
	f.mustUser(t, "anna", "email", "a@example.com", "email_verified", "true", "preferred_username", "ann")
	f.mustUser(t, "otto")
	token := f.mustToken(t, "otto")
	_, err := f.update(t, token, "preferred_username", "ann")
	cognatetest.WantRefusal(t, "UpdateUserAttributes(preferred username of another)", err,
		api.AliasExistsException("An account with the given preferred_username already exists."))
	_, err = f.update(t, token, "preferred_username", "anna")
	cognatetest.WantRefusal(t, "UpdateUserAttributes(username of another)", err,
		api.AliasExistsException("An account with the given preferred_username already exists."))
	_, err = f.update(t, token, "email", "a@example.com")
	cognatetest.WantRefusal(t, "UpdateUserAttributes(address of another, not verified yet)", err, nil)
	code := f.code(t, "a@example.com")
	cognatetest.WantRefusal(t, "VerifyUserAttribute(address of another)", f.verify(t, token, "email", code), errTakenEmail)
	s.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: f.PoolID, Username: "anna"})
	cognatetest.WantRefusal(t, "VerifyUserAttribute(address free, same code)", f.verify(t, token, "email", code), nil)
}

func TestUsernameAttributeChanges(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, cognatetest.UsernameIsEmail())
	f.mustUser(t, "a@example.com")
	f.mustUser(t, "b@example.com")
	token := f.mustToken(t, "a@example.com")
	_, err := f.update(t, token, "email", "b@example.com")
	cognatetest.WantRefusal(t, "UpdateUserAttributes(username of another)", err, errTakenEmail)
	_, err = s.Client.DeleteUserAttributes(t.Context(), &api.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{"email"}})
	cognatetest.WantRefusal(t, "DeleteUserAttributes(username)", err, &api.Error{Code: api.CodeInvalidParameterException})
	_, err = f.update(t, token, "email", "c@example.com")
	cognatetest.WantRefusal(t, "UpdateUserAttributes()", err, nil)
	f.mustToken(t, "c@example.com")
	f.mustUser(t, "a@example.com") // the address is free again
}

func TestVerifyUserAttributeLimits(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustUser(t, "anna", "email", "a@example.com")
	token := f.mustToken(t, "anna")
	send := func(name string) error {
		_, err := s.Client.GetUserAttributeVerificationCode(t.Context(), &api.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: name})
		return err
	}
	cognatetest.WantRefusal(t, "GetUserAttributeVerificationCode(name)", send("name"), &api.Error{Code: api.CodeInvalidParameterException})
	cognatetest.WantRefusal(t, "GetUserAttributeVerificationCode(no phone)", send("phone_number"), &api.Error{Code: api.CodeInvalidParameterException})
	cognatetest.WantRefusal(t, "VerifyUserAttribute(name)", f.verify(t, token, "name", "123456"), &api.Error{Code: api.CodeInvalidParameterException})
	for range 5 {
		cognatetest.WantRefusal(t, "GetUserAttributeVerificationCode()", send("email"), nil)
	}
	cognatetest.WantRefusal(t, "GetUserAttributeVerificationCode(6th)", send("email"), errLimit)
	code := f.code(t, "a@example.com")
	for range 15 {
		cognatetest.WantRefusal(t, "VerifyUserAttribute(wrong)", f.verify(t, token, "email", wrong(code)), errMismatch)
	}
	cognatetest.WantRefusal(t, "VerifyUserAttribute(16th)", f.verify(t, token, "email", code), errLimit)
}

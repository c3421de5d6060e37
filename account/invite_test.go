package account_test

import (
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

func TestAdminCreateUser(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, schema)
		out := s.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
			UserPoolId: f.PoolID, Username: "anna", DesiredDeliveryMediums: []api.DeliveryMediumType{"EMAIL", "SMS"},
			UserAttributes: cognatetest.Attributes("phone_number", "+15555559934", "dev:custom:secret", "x", "email_verified", "True",
				"email", "a@example.com", "custom:fixed", "once"),
		})
		sub := out.User.Attributes[0].Value
		list := cognatetest.Attributes("sub", sub, "email", "a@example.com", "email_verified", "true", "phone_number", "+15555559934",
			"custom:fixed", "once", "dev:custom:secret", "x")
		wantDiff(t, "AdminCreateUser()", &api.AdminCreateUserOutput{User: &api.UserType{
			Username: "anna", Attributes: list, Enabled: new(true), UserStatus: api.UserStatusTypeForceChangePassword,
			UserCreateDate: api.EpochOf(s.Clock.Now()), UserLastModifiedDate: api.EpochOf(s.Clock.Now()),
		}}, out)
		wantDiff(t, "AdminGetUser()", &api.AdminGetUserOutput{
			Username: "anna", UserAttributes: list, Enabled: new(true), UserStatus: api.UserStatusTypeForceChangePassword,
			UserCreateDate: api.EpochOf(s.Clock.Now()), UserLastModifiedDate: api.EpochOf(s.Clock.Now()),
		}, cognatetest.Try(f.get(t, "anna")).Of(t))

		password := f.code(t, "a@example.com")
		body := "An account was made for you. Username: anna Temporary password: " + password
		until := s.Clock.Now().Add(7 * 24 * time.Hour)
		wantDiff(t, "invitations", []notify.Message{
			{PoolID: f.PoolID, Sub: sub, Username: "anna", Medium: "SMS", Destination: "+15555559934", Kind: notify.KindAdminCreateUser, Body: body, Code: password, Expires: until},
			{PoolID: f.PoolID, Sub: sub, Username: "anna", Medium: "EMAIL", Destination: "a@example.com", Kind: notify.KindAdminCreateUser, Subject: "Your new account", Body: body, Code: password, Expires: until},
		}, s.Mailbox.Messages(""))
		in := cognatetest.Try(f.signIn(t, "anna", password)).Of(t)
		if in.ChallengeName != api.ChallengeNameTypeNewPasswordRequired {
			t.Errorf("InitiateAuth(generated password) leads to %q, want NEW_PASSWORD_REQUIRED", in.ChallengeName)
		}
	})
}

func TestAdminCreateUserTemporaryPassword(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	create := func(username, password string) error {
		_, err := s.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
			UserPoolId: f.PoolID, Username: username, TemporaryPassword: password, MessageAction: api.MessageActionTypeSuppress,
		})
		return err
	}
	cognatetest.WantRefusal(t, "AdminCreateUser(short password)", create("anna", "Short-1"),
		api.InvalidPasswordException("Password did not conform with policy: Password not long enough"))
	cognatetest.WantRefusal(t, "AdminCreateUser()", create("anna", cognatetest.Password), nil)
	f.wantSent(t, 0)
	s.Clock.Advance(7*24*time.Hour - time.Second)
	in := cognatetest.Try(f.signIn(t, "anna", cognatetest.Password)).Of(t)
	if in.ChallengeName != api.ChallengeNameTypeNewPasswordRequired {
		t.Errorf("InitiateAuth(in the last second) leads to %q, want NEW_PASSWORD_REQUIRED", in.ChallengeName)
	}
	s.Clock.Advance(time.Second)
	_, err := f.signIn(t, "anna", cognatetest.Password)
	cognatetest.WantRefusal(t, "InitiateAuth(a week later)", err, api.ErrTemporaryExpired)
}

func TestAdminCreateUserResend(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	resend := func(username string) (*api.AdminCreateUserOutput, error) {
		return s.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
			UserPoolId: f.PoolID, Username: username, MessageAction: api.MessageActionTypeResend,
		})
	}
	_, err := resend("anna")
	cognatetest.WantRefusal(t, "AdminCreateUser(RESEND, unknown)", err, api.ErrUserDoesNotExist)
	cognatetest.Try(f.invite(t, "anna", "email", "a@example.com")).Of(t)
	s.Clock.Advance(8 * 24 * time.Hour)
	out := cognatetest.Try(resend("anna")).Of(t)
	if out.User.UserStatus != api.UserStatusTypeForceChangePassword || len(out.User.Attributes) != 2 {
		t.Errorf("AdminCreateUser(RESEND) = %+v, want the user", out.User)
	}
	in := cognatetest.Try(f.signIn(t, "anna", f.code(t, "a@example.com"))).Of(t)
	if in.ChallengeName != api.ChallengeNameTypeNewPasswordRequired {
		t.Errorf("InitiateAuth(new temporary password) leads to %q, want NEW_PASSWORD_REQUIRED", in.ChallengeName)
	}
	cognatetest.WantRefusal(t, "AdminSetUserPassword()", f.setPassword(t, "anna", cognatetest.Password, true), nil)
	_, err = resend("anna")
	cognatetest.WantRefusal(t, "AdminCreateUser(RESEND, confirmed)", err,
		api.UnsupportedUserStateException("Resend not possible. anna status is not FORCE_CHANGE_PASSWORD"))
	f.wantSent(t, 1)
}

func TestAdminCreateUserTaken(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, cognatetest.EmailIsAlias())
		f.mustUser(t, "anna", "email", "a@example.com", "email_verified", "true")
		_, err := f.invite(t, "anna")
		cognatetest.WantRefusal(t, "AdminCreateUser(existing)", err, api.UsernameExistsException("User account already exists"))
		otto := &api.AdminCreateUserInput{
			UserPoolId: f.PoolID, Username: "otto", MessageAction: api.MessageActionTypeSuppress,
			UserAttributes: cognatetest.Attributes("email", "a@example.com", "email_verified", "true"),
		}
		_, err = s.Client.AdminCreateUser(t.Context(), otto)
		cognatetest.WantRefusal(t, "AdminCreateUser(existing alias)", err, api.UsernameExistsException("An account with the given email already exists."))
		otto.ForceAliasCreation = new(true)
		s.Must(t).AdminCreateUser(otto)
		if owner := cognatetest.Try(f.get(t, "a@example.com")).Of(t); owner.Username != "otto" {
			t.Errorf("the alias means %s, want otto", owner.Username)
		}

		f = mustPool(t, s, cognatetest.UsernameIsEmail())
		f.mustUser(t, "a@example.com")
		_, err = s.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
			UserPoolId: f.PoolID, Username: "a@example.com", ForceAliasCreation: new(true),
		})
		cognatetest.WantRefusal(t, "AdminCreateUser(existing username attribute)", err,
			api.UsernameExistsException("An account with the given email already exists."))
		_, err = f.invite(t, "otto")
		cognatetest.WantRefusal(t, "AdminCreateUser(no email)", err, api.InvalidParameterException("Username should be an email."))
	})
}

func TestAdminCreateUserMediums(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	email, phone := []string{"email", "a@example.com"}, []string{"phone_number", "+15555559934"}
	both := append(append([]string{}, email...), phone...)
	tests := []struct {
		name    string
		mediums []api.DeliveryMediumType
		pairs   []string
		to      []string
		want    error
	}{
		{"none named, both there", nil, both, []string{"+15555559934"}, nil},
		{"none named, email there", nil, email, []string{"a@example.com"}, nil},
		{"none named, none there", nil, nil, nil, nil},
		{"email", []api.DeliveryMediumType{"EMAIL"}, both, []string{"a@example.com"}, nil},
		{"no email", []api.DeliveryMediumType{"EMAIL"}, phone, nil, api.InvalidParameterException("No email provided but desired delivery medium was Email")},
		{"no phone", []api.DeliveryMediumType{"SMS"}, email, nil, api.InvalidParameterException("No phone number provided but desired delivery medium was SMS")},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { // not in parallel: the subtests share the mailbox
			f := mustPool(t, s)
			s.Mailbox.Clear()
			_, err := s.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
				UserPoolId: f.PoolID, Username: "anna", DesiredDeliveryMediums: tt.mediums, UserAttributes: cognatetest.Attributes(tt.pairs...),
			})
			cognatetest.WantRefusal(t, "AdminCreateUser()", err, tt.want)
			var to []string
			for _, m := range s.Mailbox.Messages("") {
				to = append(to, m.Destination)
			}
			wantDiff(t, "recipients", tt.to, to)
			if _, err := f.get(t, "anna"); (err == nil) != (tt.want == nil) {
				t.Errorf("case %d: AdminGetUser() = %v after %v", i, err, tt.want)
			}
		})
	}
}

func TestAdminCreateUserInvitesByContact(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, cognatetest.UsernameIsEmail(), cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.AdminCreateUserConfig = &api.AdminCreateUserConfigType{
			InviteMessageTemplate: &api.MessageTemplateType{EmailSubject: "Hi", EmailMessage: "{username} {####}", SMSMessage: "{username} {####}"},
		}
	}))
	s.Must(t).AdminCreateUser(&api.AdminCreateUserInput{UserPoolId: f.PoolID, Username: "a@example.com"})
	m, _ := s.Mailbox.Last("a@example.com")
	if m.Body != "a@example.com "+m.Code || m.Subject != "Hi" {
		t.Errorf("invitation = %q, %q, want it to name the address by which the user signs in", m.Subject, m.Body)
	}
}

func TestAdminCreateUserPasswordless(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp))
	out := s.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: f.PoolID, Username: "anna", UserAttributes: cognatetest.Attributes("email", "a@example.com"),
	})
	if out.User.UserStatus != api.UserStatusTypeConfirmed {
		t.Errorf("status of a user without a password = %s, want CONFIRMED", out.User.UserStatus)
	}
	f.wantSent(t, 0)
}

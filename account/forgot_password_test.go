package account_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

const (
	email = api.RecoveryOptionNameTypeVerifiedEmail
	phone = api.RecoveryOptionNameTypeVerifiedPhoneNumber
	admin = api.RecoveryOptionNameTypeAdminOnly
)

func TestForgotPasswordContact(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	mail, number := contact("email", "foo@example.com"), contact("phone_number", "+15555559934")
	both := slices.Concat(mail, number)
	byMail := &api.CodeDeliveryDetailsType{Destination: "f***@e***", DeliveryMedium: "EMAIL", AttributeName: "email"}
	byPhone := &api.CodeDeliveryDetailsType{Destination: "+*******9934", DeliveryMedium: "SMS", AttributeName: "phone_number"}
	sms := cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.MfaConfiguration = api.UserPoolMfaTypeOptional
		in.SmsConfiguration = &api.SmsConfigurationType{SnsCallerArn: cognatetest.SMSRole, ExternalId: "external"}
	})
	for name, tt := range map[string]struct {
		options    []cognatetest.Option
		attributes []api.AttributeType
		smsMFA     bool
		want       *api.CodeDeliveryDetailsType
		err        *api.Error
	}{
		"email first":               {nil, both, false, byMail, nil},
		"phone first":               {[]cognatetest.Option{cognatetest.Recovery(phone, email)}, both, false, byPhone, nil},
		"second choice":             {[]cognatetest.Option{cognatetest.Recovery(phone, email)}, mail, false, byMail, nil},
		"unverified first choice":   {nil, append(slices.Clone(number), mail[0]), false, byPhone, nil},
		"not by the pool's means":   {[]cognatetest.Option{cognatetest.Recovery(email)}, number, false, nil, errNoContact},
		"nothing verified":          {nil, mail[:1], false, nil, errNoContact},
		"administrators only":       {[]cognatetest.Option{cognatetest.Recovery(admin)}, both, false, nil, errByAdmin},
		"legacy order":              {[]cognatetest.Option{cognatetest.Recovery()}, both, false, byPhone, nil},
		"second factor":             {[]cognatetest.Option{sms, cognatetest.Recovery(phone, email)}, both, true, byMail, nil},
		"nothing but second factor": {[]cognatetest.Option{sms, cognatetest.Recovery(phone, email)}, number, true, nil, errNoContact},
		"second factor, legacy":     {[]cognatetest.Option{sms, cognatetest.Recovery()}, both, true, byPhone, nil},
		"second factor, not chosen": {[]cognatetest.Option{sms, cognatetest.Recovery(phone, email)}, both, false, byPhone, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := mustPool(t, s, tt.options...)
			f.MustUser("anna", tt.attributes...)
			if tt.smsMFA {
				s.Must(t).AdminSetUserSettings(&api.AdminSetUserSettingsInput{
					UserPoolId: f.PoolID, Username: "anna",
					MFAOptions: []api.MFAOptionType{{DeliveryMedium: api.DeliveryMediumTypeSms, AttributeName: "phone_number"}},
				})
			}
			got, err := f.forgot(t, "anna")
			if tt.err != nil {
				cognatetest.WantError(t, "ForgotPassword()", err, tt.err)
				return
			}
			if err != nil {
				t.Fatalf("ForgotPassword() = %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("CodeDeliveryDetails (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForgotPasswordStates(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	_, err := f.forgot(t, "unknown")
	cognatetest.WantError(t, "ForgotPassword(unknown)", err, errUnknown)

	f.mustInvite(t, "invited", verifiedByMail...)
	_, err = f.forgot(t, "invited")
	cognatetest.WantError(t, "ForgotPassword(FORCE_CHANGE_PASSWORD)", err, errState)
	cognatetest.WantError(t, "AdminResetUserPassword(FORCE_CHANGE_PASSWORD)", f.reset(t, "invited"), errState)

	f.MustUser("otto", verifiedByMail...)
	f.mustDisable(t, "otto")
	_, err = f.forgot(t, "otto")
	cognatetest.WantError(t, "ForgotPassword(disabled)", err, errDisabled)

	s.Must(t).SignUp(&api.SignUpInput{
		ClientId: f.ClientID, Username: "new", Password: cognatetest.Password,
		UserAttributes: []api.AttributeType{{Name: "email", Value: "new@example.com"}},
	})
	_, err = f.forgot(t, "new")
	cognatetest.WantError(t, "ForgotPassword(UNCONFIRMED)", err, errNoContact)
	if got := s.Mailbox.Messages(""); len(got) != 0 {
		t.Errorf("%d messages went out, want none", len(got))
	}

	f.MustUser("anna", verifiedByMail...)
	for range 5 {
		f.mustForget(t, "anna", "a@example.com")
	}
	if m, _ := s.Mailbox.Last("a@example.com"); m.Kind != notify.KindForgotPassword {
		t.Errorf("kind of the message = %s, want ForgotPassword", m.Kind)
	}
	_, err = f.forgot(t, "anna")
	cognatetest.WantError(t, "ForgotPassword(6th within an hour)", err, errLimit)
	s.Clock.Advance(time.Hour)
	f.mustForget(t, "anna", "a@example.com")
}

func TestForgotPasswordHidesUsers(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, cognatetest.HideUsers())
	f.MustUser("anna", verifiedByMail...)
	f.MustUser("nocontact")
	f.mustInvite(t, "invited", contact("email", "i@example.com")...)
	f.MustUser("otto", contact("email", "o@example.com")...)
	f.mustDisable(t, "otto")
	names := []string{"anna", "unknown", "noel@example.com", "nocontact", "invited", "otto"}
	for _, name := range names {
		var before *api.CodeDeliveryDetailsType
		for range 5 {
			got, err := f.forgot(t, name)
			if err != nil {
				t.Fatalf("ForgotPassword(%s) = %v, want delivery details", name, err)
			}
			if got.DeliveryMedium != "EMAIL" || got.AttributeName != "email" || len(got.Destination) != len("a***@e***") {
				t.Errorf("ForgotPassword(%s) = %+v, want what a user gets", name, got)
			}
			if before != nil && *before != *got {
				t.Errorf("ForgotPassword(%s) = %+v after %+v, want the same each time", name, got, before)
			}
			before = got
		}
		_, err := f.forgot(t, name)
		cognatetest.WantError(t, "ForgotPassword(6th of "+name+")", err, errLimit)
	}
	if got := s.Mailbox.Messages(""); len(got) != 5 {
		t.Errorf("%d messages went out, want anna's 5", len(got))
	}
	code := f.code(t, "a@example.com")
	for range 15 {
		for _, name := range names {
			cognatetest.WantError(t, "ConfirmForgotPassword("+name+", wrong code)", f.confirmForgotPassword(t, name, wrong(code), newPassword), errMismatch)
		}
	}
	for _, name := range names {
		cognatetest.WantError(t, "ConfirmForgotPassword("+name+", 16th answer)", f.confirmForgotPassword(t, name, wrong(code), newPassword), errLimit)
	}
}

func TestRecoverySecretHash(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, cognatetest.ClientSecret())
	f.MustUser("anna", verifiedByMail...)
	refused := api.NotAuthorizedException("Client " + f.ClientID + " is configured with secret but SECRET_HASH was not received")
	_, err := f.forgot(t, "anna")
	cognatetest.WantError(t, "ForgotPassword(no hash)", err, refused)
	cognatetest.WantError(t, "ConfirmForgotPassword(no hash)", f.confirmForgotPassword(t, "anna", "123456", newPassword), refused)
	hash := f.SecretHash("anna")
	s.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: f.ClientID, Username: "anna", SecretHash: hash})
	s.Must(t).ConfirmForgotPassword(&api.ConfirmForgotPasswordInput{
		ClientId: f.ClientID, Username: "anna", SecretHash: hash, ConfirmationCode: f.code(t, "a@example.com"), Password: newPassword,
	})
}

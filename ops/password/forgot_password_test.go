package password_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
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
	sms := func(in *api.CreateUserPoolInput) {
		in.MfaConfiguration = api.UserPoolMfaTypeOptional
		in.SmsConfiguration = &api.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "x"}
	}
	for name, tt := range map[string]struct {
		options    []func(*api.CreateUserPoolInput)
		attributes []api.AttributeType
		smsMFA     bool
		want       *api.CodeDeliveryDetailsType
		err        *api.Error
	}{
		"email first":               {nil, both, false, byMail, nil},
		"phone first":               {[]func(*api.CreateUserPoolInput){by(phone, email)}, both, false, byPhone, nil},
		"second choice":             {[]func(*api.CreateUserPoolInput){by(phone, email)}, mail, false, byMail, nil},
		"unverified first choice":   {nil, append(slices.Clone(number), mail[0]), false, byPhone, nil},
		"not by the pool's means":   {[]func(*api.CreateUserPoolInput){by(email)}, number, false, nil, errNoContact},
		"nothing verified":          {nil, mail[:1], false, nil, errNoContact},
		"administrators only":       {[]func(*api.CreateUserPoolInput){by(admin)}, both, false, nil, errByAdmin},
		"legacy order":              {[]func(*api.CreateUserPoolInput){by()}, both, false, byPhone, nil},
		"second factor":             {[]func(*api.CreateUserPoolInput){sms, by(phone, email)}, both, true, byMail, nil},
		"nothing but second factor": {[]func(*api.CreateUserPoolInput){sms, by(phone, email)}, number, true, nil, errNoContact},
		"second factor, legacy":     {[]func(*api.CreateUserPoolInput){sms, by()}, both, true, byPhone, nil},
		"second factor, not chosen": {[]func(*api.CreateUserPoolInput){sms, by(phone, email)}, both, false, byPhone, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := mustPool(t, s, tt.options...)
			f.mustUser(t, "anna", tt.attributes...)
			if tt.smsMFA {
				s.Must(t).AdminSetUserSettings(&api.AdminSetUserSettingsInput{
					UserPoolId: f.pool, Username: "anna",
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

	f.mustUser(t, "otto", verifiedByMail...)
	f.mustDisable(t, "otto")
	_, err = f.forgot(t, "otto")
	cognatetest.WantError(t, "ForgotPassword(disabled)", err, errDisabled)

	s.Must(t).SignUp(&api.SignUpInput{
		ClientId: f.client, Username: "new", Password: cognatetest.Password,
		UserAttributes: []api.AttributeType{{Name: "email", Value: "new@example.com"}},
	})
	_, err = f.forgot(t, "new")
	cognatetest.WantError(t, "ForgotPassword(UNCONFIRMED)", err, errNoContact)
	if got := s.Mailbox.Messages(""); len(got) != 0 {
		t.Errorf("%d messages went out, want none", len(got))
	}

	f.mustUser(t, "anna", verifiedByMail...)
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
	f := mustPool(t, s)
	f.client = f.mustClient(t, api.PreventUserExistenceErrorTypesEnabled, false).ClientId
	f.mustUser(t, "anna", verifiedByMail...)
	f.mustUser(t, "nocontact")
	f.mustInvite(t, "invited", contact("email", "i@example.com")...)
	f.mustUser(t, "otto", contact("email", "o@example.com")...)
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
			cognatetest.WantError(t, "ConfirmForgotPassword("+name+", wrong code)", f.confirm(t, name, wrong(code), newPassword), errMismatch)
		}
	}
	for _, name := range names {
		cognatetest.WantError(t, "ConfirmForgotPassword("+name+", 16th answer)", f.confirm(t, name, wrong(code), newPassword), errLimit)
	}
}

func TestRecoverySecretHash(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustUser(t, "anna", verifiedByMail...)
	client := f.mustClient(t, "", true)
	f.client = client.ClientId
	refused := api.NotAuthorizedException("Client " + f.client + " " + errNoHash)
	_, err := f.forgot(t, "anna")
	cognatetest.WantError(t, "ForgotPassword(no hash)", err, refused)
	cognatetest.WantError(t, "ConfirmForgotPassword(no hash)", f.confirm(t, "anna", "123456", newPassword), refused)
	hash := (&cognate.AppClient{ID: client.ClientId, Secret: client.ClientSecret}).SecretHash("anna")
	s.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: f.client, Username: "anna", SecretHash: hash})
	s.Must(t).ConfirmForgotPassword(&api.ConfirmForgotPasswordInput{
		ClientId: f.client, Username: "anna", SecretHash: hash, ConfirmationCode: f.code(t, "a@example.com"), Password: newPassword,
	})
}

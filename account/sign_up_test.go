package account_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func TestSignUp(t *testing.T) {
	t.Parallel()
	f := mustPool(t, cognatetest.Start(t), byEmail)
	out := f.mustSignUp(t, "anna", "email", "foo@example.com", "name", "Anna")
	wantDiff(t, "SignUp()", &api.SignUpOutput{
		UserConfirmed: new(false), UserSub: out.UserSub,
		CodeDeliveryDetails: &api.CodeDeliveryDetailsType{Destination: "f***@e***", DeliveryMedium: "EMAIL", AttributeName: "email"},
	}, out)
	if !uuidForm.MatchString(out.UserSub) {
		t.Errorf("SignUp().UserSub = %q, want the form of a UUID", out.UserSub)
	}
	status, list := f.shown(t, "anna")
	if status != api.UserStatusTypeUnconfirmed {
		t.Errorf("status after SignUp = %s, want UNCONFIRMED", status)
	}
	wantDiff(t, "attributes after SignUp", cognatetest.Attributes(
		"sub", out.UserSub, "name", "Anna", "email", "foo@example.com", "email_verified", "false"), list)

	code := f.code(t, "foo@example.com")
	wantDiff(t, "messages after SignUp", []notify.Message{{
		PoolID: f.PoolID, Sub: out.UserSub, Username: "anna", Medium: "EMAIL", Destination: "foo@example.com", Kind: notify.KindSignUp,
		Subject: "Confirm it is you", Body: "Your confirmation code is " + code + ".", Code: code,
		Expires: f.Clock.Now().Add(24 * time.Hour),
	}}, f.Mailbox.Messages(""))
	cognatetest.WantRefusal(t, "InitiateAuth(unconfirmed)", f.signInError("anna"), api.ErrUserNotConfirmed)
	log := regexp.MustCompile(`"took":\d+`).ReplaceAllString(f.Log.String(), "")
	for _, secret := range []string{"foo@example.com", cognatetest.Password} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if regexp.MustCompile(`\b` + code + `\b`).MatchString(log) { // a time or an ID can contain the digits
		t.Errorf("the log has the code %s", code)
	}
}

func TestSignUpDelivery(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	byPhone := cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.AutoVerifiedAttributes = append(in.AutoVerifiedAttributes, api.VerifiedAttributeTypePhoneNumber)
		in.SmsConfiguration = &api.SmsConfigurationType{SnsCallerArn: cognatetest.SMSRole}
	})
	toEmail := &api.CodeDeliveryDetailsType{Destination: "f***@e***", DeliveryMedium: "EMAIL", AttributeName: "email"}
	toPhone := &api.CodeDeliveryDetailsType{Destination: "+*******9934", DeliveryMedium: "SMS", AttributeName: "phone_number"}
	email, phone := []string{"email", "foo@example.com"}, []string{"phone_number", "+15555559934"}
	both := append(append([]string{}, email...), phone...)
	tests := []struct {
		name  string
		pool  []cognatetest.Option
		pairs []string
		want  *api.CodeDeliveryDetailsType
	}{
		{"verifies nothing", nil, both, nil},
		{"verifies what is not there", []cognatetest.Option{byEmail}, phone, nil},
		{"email", []cognatetest.Option{byEmail}, both, toEmail},
		{"phone", []cognatetest.Option{byPhone}, both, toPhone},
		{"both: SMS goes first", []cognatetest.Option{byEmail, byPhone}, both, toPhone},
		{"both, email only", []cognatetest.Option{byEmail, byPhone}, email, toEmail},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := mustPool(t, s, tt.pool...)
			wantDiff(t, "CodeDeliveryDetails", tt.want, f.mustSignUp(t, "anna", tt.pairs...).CodeDeliveryDetails)
		})
	}
}

func TestSignUpRefuses(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	schema := cognatetest.Schema([]api.SchemaAttributeType{
		{Name: "email", Required: new(true), Mutable: new(true)},
		{Name: "family_name", Required: new(true), Mutable: new(true)},
		{Name: "level", AttributeDataType: api.AttributeDataTypeNumber, NumberAttributeConstraints: &api.NumberAttributeConstraintsType{MinValue: "1", MaxValue: "5"}},
		{Name: "nick", AttributeDataType: api.AttributeDataTypeString, StringAttributeConstraints: &api.StringAttributeConstraintsType{MinLength: "2", MaxLength: "4"}},
		{Name: "member", AttributeDataType: api.AttributeDataTypeBoolean},
		{Name: "secret", AttributeDataType: api.AttributeDataTypeString, DeveloperOnlyAttribute: new(true)},
	}...)
	phoneIsUsername := cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UsernameAttributes = append(in.UsernameAttributes, api.UsernameAttributeTypePhoneNumber)
	})
	invalid, notConforming := api.InvalidParameterException, func(text string) error {
		return api.InvalidParameterException("Attributes did not conform to the schema: " + text)
	}
	complete := []string{"email", "a@example.com", "family_name", "A"}
	and := func(more ...string) []string { return append(append([]string{}, complete...), more...) }
	tests := []struct {
		name     string
		pool     []cognatetest.Option
		username string
		pairs    []string
		want     error
	}{
		{"self sign-up off", []cognatetest.Option{cognatetest.AdminCreateOnly()}, "anna", nil, api.NotAuthorizedException("SignUp is not permitted for this user pool")},
		{"one required missing", []cognatetest.Option{schema}, "anna", complete[:2], notConforming("family_name: The attribute is required\n")},
		{"two required missing", []cognatetest.Option{schema}, "anna", nil, notConforming("family_name: The attribute is required\nemail: The attribute is required\n")},
		{"required blank", []cognatetest.Option{schema}, "anna", []string{"email", "", "family_name", "A"}, notConforming("email: The attribute is required\n")},
		{"unknown custom", []cognatetest.Option{schema}, "anna", and("custom:x", "1"), notConforming("custom:x: Attribute does not exist in the schema.")},
		{"unknown name", []cognatetest.Option{schema}, "anna", and("shoe", "1"), notConforming("Type for attribute {shoe} could not be determined")},
		{"sub", []cognatetest.Option{schema}, "anna", and("sub", "1"), invalid("Cannot modify the non-mutable attribute sub")},
		{"verified", []cognatetest.Option{schema}, "anna", and("email_verified", "true"), api.NotAuthorizedException("A client attempted to write unauthorized attribute")},
		{"developer only", []cognatetest.Option{schema}, "anna", and("dev:custom:secret", "1"), api.NotAuthorizedException("A client attempted to write unauthorized attribute")},
		{"email form", []cognatetest.Option{schema}, "anna", []string{"email", "a", "family_name", "A"}, invalid("Invalid email address format.")},
		{"phone form", []cognatetest.Option{schema}, "anna", and("phone_number", "5555559934"), invalid("Invalid phone number format.")},
		{"phone too long", []cognatetest.Option{schema}, "anna", and("phone_number", "+1234567890123456"), invalid("Invalid phone number format.")},
		{"birthdate", []cognatetest.Option{schema}, "anna", and("birthdate", "1.1.2000"), notConforming("birthdate: String must be no shorter than 10 characters")},
		{"too short", []cognatetest.Option{schema}, "anna", and("custom:nick", "é"), notConforming("custom:nick: String must be no shorter than 2 characters")},
		{"too long", []cognatetest.Option{schema}, "anna", and("custom:nick", "ééééé"), notConforming("custom:nick: String must be no longer than 4 characters")},
		{"no number", []cognatetest.Option{schema}, "anna", and("custom:level", "1.5"), notConforming("custom:level: The value must be an integer.")},
		{"number too small", []cognatetest.Option{schema}, "anna", and("custom:level", "0"), notConforming("custom:level: The value must not be less than 1.")},
		{"number too large", []cognatetest.Option{schema}, "anna", and("custom:level", "99999999999999999999"), notConforming("custom:level: The value must not be greater than 5.")},
		{"no boolean", []cognatetest.Option{schema}, "anna", and("custom:member", "yes"), notConforming("custom:member: The value must be true or false.")},
		{"username no email", []cognatetest.Option{cognatetest.UsernameIsEmail()}, "anna", nil, invalid("Username should be an email.")},
		{"username no phone number", []cognatetest.Option{phoneIsUsername}, "anna", nil, invalid("Username should be a phone number.")},
		{"username neither", []cognatetest.Option{cognatetest.UsernameIsEmail(), phoneIsUsername}, "anna", nil, invalid("Username should be either an email or a phone number.")},
		{"another email than the username", []cognatetest.Option{cognatetest.UsernameIsEmail()}, "a@example.com", []string{"email", "b@example.com"}, invalid("The attribute email must be the same as the username.")},
		{"username like an alias", []cognatetest.Option{cognatetest.EmailIsAlias()}, "a@example.com", nil, invalid("Username cannot be of email format, since user pool is configured for email alias.")},
		{"preferred username as alias", []cognatetest.Option{cognatetest.EmailIsAlias()}, "anna", []string{"preferred_username", "ann"}, invalid("Preferred username cannot be provided for unconfirmed account, since user pool is configured for preferred username alias.")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := mustPool(t, s, tt.pool...)
			_, err := f.signUp(t, tt.username, tt.pairs...)
			cognatetest.WantRefusal(t, "SignUp()", err, tt.want)
			_, err = f.Client.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: f.PoolID, Username: tt.username})
			cognatetest.WantRefusal(t, "AdminGetUser(after a refused SignUp)", err, api.ErrUserDoesNotExist)
		})
	}
}

func TestSignUpAccepts(t *testing.T) {
	t.Parallel()
	f := mustPool(t, cognatetest.Start(t), cognatetest.Schema(
		api.SchemaAttributeType{Name: "level", AttributeDataType: api.AttributeDataTypeNumber},
		api.SchemaAttributeType{Name: "member", AttributeDataType: api.AttributeDataTypeBoolean},
		api.SchemaAttributeType{Name: "joined", AttributeDataType: api.AttributeDataTypeDateTime},
	))
	out := f.mustSignUp(t, "anna", "custom:joined", "2026-01-01", "custom:level", "-12", "custom:member", "True", "name", "",
		"phone_number", "+491512345", "birthdate", "2000-13-01")
	_, list := f.shown(t, "anna")
	wantDiff(t, "attributes", cognatetest.Attributes("sub", out.UserSub, "birthdate", "2000-13-01", "phone_number", "+491512345", "phone_number_verified", "false",
		"custom:level", "-12", "custom:member", "true", "custom:joined", "2026-01-01"), list)
}

func TestDateTimeAttributes(t *testing.T) {
	t.Parallel()
	f := mustPool(t, cognatetest.Start(t), cognatetest.Schema(
		api.SchemaAttributeType{Name: "joined", AttributeDataType: api.AttributeDataTypeDateTime},
	))
	for value, valid := range map[string]bool{
		"2026-01-01": true, "2026-01-01T12:30:00Z": true, "2026-01-01T12:30:00.5+02:00": true, "2026-01-01T12:30:00": true,
		"soon": false, "01/02/2026": false, "2026-02-30": false, "2026-01-01T25:00:00Z": false,
	} {
		var want error
		if !valid {
			want = api.InvalidParameterException(
				"Attributes did not conform to the schema: custom:joined: The value must be a date or a date and time.")
		}
		_, err := f.signUp(t, "user"+value, "custom:joined", value)
		cognatetest.WantRefusal(t, "SignUp("+value+")", err, want)
	}
}

func TestSignUpPassword(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	for password, want := range map[string]error{
		"":          api.InvalidParameterException("1 validation error detected: Value null at 'password' failed to satisfy constraint: Member must not be null"),
		"Short-1":   api.InvalidPasswordException("Password did not conform with policy: Password not long enough"),
		"no-upper1": api.InvalidPasswordException("Password did not conform with policy: Password must have uppercase characters"),
	} {
		_, err := s.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: f.ClientID, Username: "anna", Password: password})
		cognatetest.WantRefusal(t, "SignUp("+password+")", err, want)
	}
	passwordless := mustPool(t, s, byEmail, cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp))
	_, err := s.Client.SignUp(t.Context(), &api.SignUpInput{
		ClientId: passwordless.ClientID, Username: "anna", UserAttributes: cognatetest.Attributes("email", "a@example.com"),
	})
	cognatetest.WantRefusal(t, "SignUp(no password, passwordless pool)", err, nil)
}

func TestSignUpTaken(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s)
		f.mustSignUp(t, "anna")
		_, err := f.signUp(t, "anna")
		cognatetest.WantRefusal(t, "SignUp(existing)", err, api.UsernameExistsException("User already exists"))
		// The name is checked before the password.
		_, err = s.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: f.ClientID, Username: "anna", Password: "short1"})
		cognatetest.WantRefusal(t, "SignUp(existing, bad password)", err, api.UsernameExistsException("User already exists"))

		f = mustPool(t, s, cognatetest.UsernameIsEmail())
		out := f.mustSignUp(t, "a@example.com")
		_, err = f.signUp(t, "a@example.com")
		cognatetest.WantRefusal(t, "SignUp(existing email)", err, api.UsernameExistsException("An account with the given email already exists."))
		user := s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: f.PoolID, Username: "a@example.com"})
		if user.Username != out.UserSub {
			t.Errorf("username = %q, want the sub %q", user.Username, out.UserSub)
		}
		wantDiff(t, "attributes", cognatetest.Attributes("sub", out.UserSub, "email", "a@example.com", "email_verified", "false"), user.UserAttributes)
	})
}

func TestSignUpRace(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, byEmail, cognatetest.UsernameIsEmail())
		const racers = 4
		errs := make(chan error, racers)
		var group sync.WaitGroup
		for range racers {
			group.Go(func() {
				_, err := f.signUp(t, "a@example.com")
				errs <- err
			})
		}
		group.Wait()
		close(errs)
		won := 0
		for err := range errs {
			if err == nil {
				won++
				continue
			}
			cognatetest.WantRefusal(t, "SignUp(racing)", err, api.UsernameExistsException("An account with the given email already exists."))
		}
		if won != 1 {
			t.Errorf("%d of %d racing sign-ups succeeded, want 1", won, racers)
		}
		f.wantSent(t, 1)
	})
}

func TestSignUpSecretHash(t *testing.T) {
	t.Parallel()
	f := mustPool(t, cognatetest.Start(t), cognatetest.ClientSecret())
	right := f.SecretHash("anna")
	for _, tt := range []struct {
		hash string
		want error
	}{
		{"", api.NotAuthorizedException("Client " + f.ClientID + " is configured with secret but SECRET_HASH was not received")},
		{"bm90IGl0", api.NotAuthorizedException("Unable to verify secret hash for client " + f.ClientID)},
		{right, nil},
	} {
		_, err := f.Client.SignUp(t.Context(), &api.SignUpInput{
			ClientId: f.ClientID, Username: "anna", Password: cognatetest.Password, SecretHash: tt.hash,
		})
		cognatetest.WantRefusal(t, "SignUp(hash "+tt.hash+")", err, tt.want)
	}
	_, err := f.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: "nosuchclient", Username: "otto", Password: cognatetest.Password})
	cognatetest.WantRefusal(t, "SignUp(unknown client)", err, api.ErrClientNotFound("nosuchclient"))
}

func TestSignUpWritePermission(t *testing.T) {
	t.Parallel()
	f := mustPool(t, cognatetest.Start(t), cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.WriteAttributes = []string{"email"}
	}))
	f.mustSignUp(t, "anna", "email", "a@example.com")
	_, err := f.signUp(t, "otto", "email", "a@example.com", "name", "Otto")
	cognatetest.WantRefusal(t, "SignUp(attribute beyond the client's)", err, api.NotAuthorizedException("A client attempted to write unauthorized attribute"))
}

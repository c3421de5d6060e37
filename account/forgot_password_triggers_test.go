package account_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

func forgotPassword(t *testing.T, p *cognatetest.UserPool, username string) (*api.ForgotPasswordOutput, error) {
	t.Helper()
	return p.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{
		ClientId: p.ClientID, Username: username, ClientMetadata: map[string]string{"from": "test"},
	})
}

// known returns a function that finds a user with the attributes for every name.
func known(attributes map[string]string) cognatetest.TriggerFunc {
	return cognatetest.Answer(map[string]any{"userAttributes": attributes, "messageAction": "SUPPRESS"})
}

func TestForgotPasswordMigrates(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.WithTriggers(cognate.TriggerUserMigration, cognate.TriggerPostConfirmation))
	p.Triggers.On(cognate.TriggerUserMigration, known(map[string]string{"email": "a@example.com", "email_verified": "true"}))
	cognatetest.Try(forgotPassword(t, p, "anna")).Of(t)
	e := p.Triggers.Last(t, cognate.TriggerUserMigration)
	if e.Source != "UserMigration_ForgotPassword" || e.UserName != "anna" || e.Request.Password != "" || e.Request.ClientMetadata["from"] != "test" {
		t.Errorf("event = %s", e.JSON)
	}
	user := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "anna"})
	if user.UserStatus != api.UserStatusTypeResetRequired {
		t.Errorf("status of the migrated user = %s, want RESET_REQUIRED", user.UserStatus)
	}
	message, _ := p.Mailbox.Last("a@example.com")
	_, err := p.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
		ClientId: p.ClientID, Username: "anna", ConfirmationCode: message.Code, Password: cognatetest.Password,
	})
	if err != nil {
		t.Fatalf("ConfirmForgotPassword() = %v", err)
	}
	p.MustSignIn("anna", "")
	want := []string{"UserMigration_ForgotPassword", "PostConfirmation_ConfirmForgotPassword"}
	if diff := cmp.Diff(want, p.Triggers.Sources()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	cognatetest.Try(forgotPassword(t, p, "anna")).Of(t)
	if got := p.Triggers.Sources(); len(got) != 0 {
		t.Errorf("events for a user of the pool = %v, want none", got)
	}
}

func TestForgotPasswordDoesNotMigrate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer cognatetest.TriggerFunc
		want   *api.Error
	}{
		"unknown":                    {nil, errUnknown},
		"a failure":                  {cognatetest.Fail("Bad password"), api.UserLambdaValidationException("UserMigration failed with error Bad password.")},
		"an unknown attribute":       {known(map[string]string{"shoe_size": "43"}), nil},
		"an attribute of the server": {known(map[string]string{"sub": "1"}), nil},
		"a bad address":              {known(map[string]string{"email": "a@b@c"}), nil},
		"a status that no user gets": {
			cognatetest.Answer(map[string]any{"userAttributes": map[string]string{}, "finalUserStatus": "ARCHIVED"}),
			api.InvalidLambdaResponseException("Unrecognizable lambda output"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Pool(t, cognatetest.WithTriggers(cognate.TriggerUserMigration))
			p.Triggers.On(cognate.TriggerUserMigration, tc.answer)
			if tc.want == nil {
				tc.want = api.UserNotFoundException("Exception migrating user in app client " + p.ClientID)
			}
			_, err := forgotPassword(t, p, "anna")
			cognatetest.WantError(t, "ForgotPassword()", err, tc.want)
			if list := p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID}); len(list.Users) != 0 {
				t.Errorf("users = %v, want none", list.Users)
			}
		})
	}
}

func TestForgotPasswordLimitsMigration(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.WithTriggers(cognate.TriggerUserMigration))
	for range 5 {
		_, err := forgotPassword(t, p, "unknown")
		cognatetest.WantError(t, "ForgotPassword(unknown)", err, errUnknown)
	}
	_, err := forgotPassword(t, p, "unknown")
	cognatetest.WantError(t, "ForgotPassword(unknown, sixth time)", err, errLimit)
	if n := len(p.Triggers.Events()); n != 5 {
		t.Errorf("the function was asked %d times, want 5", n)
	}
}

func TestForgotPasswordMigratesOnce(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.WithTriggers(cognate.TriggerUserMigration))
		p.Triggers.On(cognate.TriggerUserMigration, known(map[string]string{"email": "a@example.com", "email_verified": "true"}))
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := forgotPassword(t, p, "anna"); err != nil {
					t.Errorf("ForgotPassword(racing) = %v, want the one user", err)
				}
			})
		}
		group.Wait()
		if list := p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID}); len(list.Users) != 1 {
			t.Errorf("%d users were made, want 1", len(list.Users))
		}
	})
}

func TestResetPasswordAsksForItsText(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.WithTriggers(cognate.TriggerCustomMessage))
	p.MustUser("anna", contact("email", "a@example.com")...)
	p.Triggers.On(cognate.TriggerCustomMessage, cognatetest.Fail("no words"))
	_, err := p.Client.AdminResetUserPassword(t.Context(), &api.AdminResetUserPasswordInput{UserPoolId: p.PoolID, Username: "anna"})
	cognatetest.WantError(t, "AdminResetUserPassword()", err, api.UserLambdaValidationException("CustomMessage failed with error no words."))
	if e := p.Triggers.Last(t, cognate.TriggerCustomMessage); e.Source != "CustomMessage_ForgotPassword" || e.Caller.ClientID != "CLIENT_ID_NOT_APPLICABLE" {
		t.Errorf("event = %s", e.JSON)
	}
}

package user_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestAdminGetUserByEveryName(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	tests := []struct {
		name    string
		pool    cognatetest.Option
		user    string
		pairs   []string
		login   func(sub string) string
		unknown bool
	}{
		{"username", schema, "anna", nil, func(string) string { return "anna" }, false},
		{"another case", schema, "anna", nil, func(string) string { return "Anna" }, true},
		{"case-insensitive", cognatetest.IgnoreCase(), "anna", nil, func(string) string { return "ANNA" }, false},
		{"sub of a plain pool", schema, "anna", nil, func(sub string) string { return sub }, false},
		{"sub of a pool with username attributes", cognatetest.UsernameIsEmail(), "a@example.com", nil, func(sub string) string { return sub }, false},
		{"username attribute", cognatetest.UsernameIsEmail(), "a@example.com", nil, func(string) string { return "a@example.com" }, false},
		{"verified alias", cognatetest.EmailIsAlias(), "anna", []string{"email", "a@example.com", "email_verified", "true"}, func(string) string { return "a@example.com" }, false},
		{"alias not verified", cognatetest.EmailIsAlias(), "anna", []string{"email", "a@example.com"}, func(string) string { return "a@example.com" }, true},
		{"preferred username", cognatetest.EmailIsAlias(), "anna", []string{"preferred_username", "ann"}, func(string) string { return "ann" }, false},
		{"attribute that is no alias", schema, "anna", []string{"email", "a@example.com", "email_verified", "true"}, func(string) string { return "a@example.com" }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := mustPool(t, s, tt.pool)
			sub := f.mustUser(t, tt.user, tt.pairs...)
			out, err := f.get(t, tt.login(sub))
			if tt.unknown {
				cognatetest.WantRefusal(t, "AdminGetUser()", err, api.ErrUserDoesNotExist)
				return
			}
			cognatetest.WantRefusal(t, "AdminGetUser()", err, nil)
			if err == nil && out.UserAttributes[0].Value != sub {
				t.Errorf("AdminGetUser() = %+v, want the user with sub %s", out, sub)
			}
		})
	}
}

func TestAdminOperationsOfUnknownUsers(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	calls := map[string]func(pool, name string) error{
		"AdminGetUser": func(pool, name string) error {
			_, err := s.Client.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: pool, Username: name})
			return err
		},
		"AdminSetUserPassword": func(pool, name string) error {
			_, err := s.Client.AdminSetUserPassword(t.Context(), &api.AdminSetUserPasswordInput{UserPoolId: pool, Username: name, Password: cognatetest.Password})
			return err
		},
		"AdminDeleteUser": func(pool, name string) error {
			_, err := s.Client.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: pool, Username: name})
			return err
		},
		"AdminEnableUser": func(pool, name string) error {
			_, err := s.Client.AdminEnableUser(t.Context(), &api.AdminEnableUserInput{UserPoolId: pool, Username: name})
			return err
		},
		"AdminDisableUser": func(pool, name string) error {
			_, err := s.Client.AdminDisableUser(t.Context(), &api.AdminDisableUserInput{UserPoolId: pool, Username: name})
			return err
		},
		"AdminUpdateUserAttributes": func(pool, name string) error {
			_, err := s.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{
				UserPoolId: pool, Username: name, UserAttributes: cognatetest.Attributes("name", "A"),
			})
			return err
		},
		"AdminDeleteUserAttributes": func(pool, name string) error {
			_, err := s.Client.AdminDeleteUserAttributes(t.Context(), &api.AdminDeleteUserAttributesInput{
				UserPoolId: pool, Username: name, UserAttributeNames: []string{"name"},
			})
			return err
		},
		"AdminConfirmSignUp": func(pool, name string) error {
			_, err := s.Client.AdminConfirmSignUp(t.Context(), &api.AdminConfirmSignUpInput{UserPoolId: pool, Username: name})
			return err
		},
	}
	for name, call := range calls {
		cognatetest.WantRefusal(t, name+"(unknown user)", call(f.PoolID, "unknown"), api.ErrUserDoesNotExist)
		cognatetest.WantRefusal(t, name+"(unknown pool)", call("us-east-1_nowhere01", "unknown"), api.ErrPoolNotFound("us-east-1_nowhere01"))
	}
}

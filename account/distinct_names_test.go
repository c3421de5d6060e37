package account_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// A name that appears twice in a list is rejected before anything changes and before a trigger is called.
func TestNamesTwice(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustSignUp(t, "anna")
	s.Must(t).AdminConfirmSignUp(&api.AdminConfirmSignUpInput{UserPoolId: f.PoolID, Username: "anna"})
	token := f.MustSignIn("anna", "").AuthenticationResult.AccessToken
	twice := cognatetest.Attributes("email", "a@example.com", "name", "a", "email", "b@example.com")
	data := cognatetest.Attributes("invite", "7", "invite", "8")
	names := []string{"email", "name", "email"}
	ctx := t.Context()
	for _, c := range []struct {
		what, want string
		call       func() error
	}{
		{"SignUp(UserAttributes)", "email appears more than once in UserAttributes.", func() error {
			_, err := s.Client.SignUp(ctx, &api.SignUpInput{ClientId: f.ClientID, Username: "bob", Password: cognatetest.Password, UserAttributes: twice})
			return err
		}},
		{"SignUp(ValidationData)", "invite appears more than once in ValidationData.", func() error {
			_, err := s.Client.SignUp(ctx, &api.SignUpInput{ClientId: f.ClientID, Username: "bob", Password: cognatetest.Password, ValidationData: data})
			return err
		}},
		{"AdminCreateUser(UserAttributes)", "email appears more than once in UserAttributes.", func() error {
			_, err := s.Client.AdminCreateUser(ctx, &api.AdminCreateUserInput{UserPoolId: f.PoolID, Username: "bob", UserAttributes: twice})
			return err
		}},
		{"AdminCreateUser(ValidationData)", "invite appears more than once in ValidationData.", func() error {
			_, err := s.Client.AdminCreateUser(ctx, &api.AdminCreateUserInput{UserPoolId: f.PoolID, Username: "bob", ValidationData: data})
			return err
		}},
		{"AdminCreateUser(RESEND)", "email appears more than once in UserAttributes.", func() error {
			_, err := s.Client.AdminCreateUser(ctx, &api.AdminCreateUserInput{
				UserPoolId: f.PoolID, Username: "anna", UserAttributes: twice, MessageAction: api.MessageActionTypeResend,
			})
			return err
		}},
		{"UpdateUserAttributes()", "email appears more than once in UserAttributes.", func() error {
			_, err := s.Client.UpdateUserAttributes(ctx, &api.UpdateUserAttributesInput{AccessToken: token, UserAttributes: twice})
			return err
		}},
		{"AdminUpdateUserAttributes()", "email appears more than once in UserAttributes.", func() error {
			_, err := s.Client.AdminUpdateUserAttributes(ctx, &api.AdminUpdateUserAttributesInput{UserPoolId: f.PoolID, Username: "anna", UserAttributes: twice})
			return err
		}},
		{"DeleteUserAttributes()", "email appears more than once in UserAttributeNames.", func() error {
			_, err := s.Client.DeleteUserAttributes(ctx, &api.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: names})
			return err
		}},
		{"AdminDeleteUserAttributes()", "email appears more than once in UserAttributeNames.", func() error {
			_, err := s.Client.AdminDeleteUserAttributes(ctx, &api.AdminDeleteUserAttributesInput{UserPoolId: f.PoolID, Username: "anna", UserAttributeNames: names})
			return err
		}},
	} {
		cognatetest.WantRefusal(t, c.what, c.call(), api.InvalidParameterException(c.want))
	}
	user := s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: f.PoolID, Username: "anna"})
	for _, a := range user.UserAttributes {
		if a.Name == "email" {
			t.Errorf("the user has the email %s from a rejected request", a.Value)
		}
	}
}

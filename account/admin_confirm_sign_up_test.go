package account_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestAdminConfirmSignUp(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail)
	out := s.Must(t).SignUp(&api.SignUpInput{
		ClientId: f.ClientID, Username: "anna", Password: cognatetest.Password, UserAttributes: cognatetest.Attributes("email", "a@example.com"),
	})
	confirm := func() error {
		_, err := s.Client.AdminConfirmSignUp(t.Context(), &api.AdminConfirmSignUpInput{UserPoolId: f.PoolID, Username: "anna"})
		return err
	}
	cognatetest.WantRefusal(t, "AdminConfirmSignUp()", confirm(), nil)
	f.wantAttributes(t, "anna", "sub", out.UserSub, "email", "a@example.com", "email_verified", "false")
	f.mustToken(t, "anna")
	refused := api.NotAuthorizedException("User cannot be confirmed. Current status is CONFIRMED")
	cognatetest.WantRefusal(t, "AdminConfirmSignUp(confirmed)", confirm(), refused)
	_, err := s.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{
		ClientId: f.ClientID, Username: "anna", ConfirmationCode: f.code(t, "a@example.com"),
	})
	cognatetest.WantRefusal(t, "ConfirmSignUp(confirmed by an administrator)", err, refused)
}

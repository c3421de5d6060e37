package userpool_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestDeleteUserPool(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := mustCreate(t, s, api.CreateUserPoolInput{DeletionProtection: api.DeletionProtectionTypeActive})
	remove := func() error {
		_, err := s.Client.DeleteUserPool(t.Context(), &api.DeleteUserPoolInput{UserPoolId: pool.Id})
		return err
	}
	cognatetest.WantRefusal(t, "DeleteUserPool(protected)", remove(), api.InvalidParameterException(
		"The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first."))
	cognatetest.WantRefusal(t, "UpdateUserPool(inactive)", update(t, s, api.UpdateUserPoolInput{
		UserPoolId: pool.Id, DeletionProtection: api.DeletionProtectionTypeInactive,
	}), nil)
	cognatetest.WantRefusal(t, "DeleteUserPool()", remove(), nil)
	cognatetest.WantRefusal(t, "DeleteUserPool() again", remove(), api.ErrPoolNotFound(pool.Id))
	_, err := s.Client.DescribeUserPool(t.Context(), &api.DescribeUserPoolInput{UserPoolId: pool.Id})
	cognatetest.WantRefusal(t, "DescribeUserPool() of a deleted pool", err, api.ErrPoolNotFound(pool.Id))
}

func TestDeleteUserPoolRevokesTokens(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	if got := mustDescribe(t, p.Server, p.PoolID).EstimatedNumberOfUsers; *got != 1 {
		t.Errorf("EstimatedNumberOfUsers = %d, want 1", *got)
	}
	access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	p.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID})
	if _, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: access}); err == nil {
		t.Error("GetUser() with a token of a deleted pool = no error")
	}
	_, err := p.SignIn("ann")
	cognatetest.WantRefusal(t, "InitiateAuth() at a deleted pool", err, api.ErrClientNotFound(p.ClientID))
}

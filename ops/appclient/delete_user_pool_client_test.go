package appclient_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestDeleteUserPoolClient(t *testing.T) {
	t.Parallel()
	people := cognatetest.Pool(t)
	people.MustUser("ann")
	tokens := people.MustSignIn("ann", "").AuthenticationResult
	people.Must(t).DeleteUserPoolClient(&api.DeleteUserPoolClientInput{
		UserPoolId: people.PoolID, ClientId: people.ClientID,
	})
	if _, err := people.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: tokens.AccessToken}); err == nil {
		t.Error("GetUser() with a token of a deleted client = no error")
	}
	_, err := people.SignIn("ann")
	cognatetest.WantRefusal(t, "InitiateAuth() at a deleted client", err, api.ErrClientNotFound(people.ClientID))
}

package appclient_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// secretFixture is a confidential app client with a user and client tokens.
type secretFixture struct {
	*cognatetest.UserPool
	t       *testing.T
	machine *api.UserPoolClientType // gets client tokens
	first   string
}

func newSecretFixture(t *testing.T, s *cognatetest.Server) *secretFixture {
	t.Helper()
	p := s.Pool(t, cognatetest.ClientSecret())
	p.MustUser("ann")
	p.MustResourceServer("api", "read")
	machine := p.MustClient(cognatetest.ClientSecret(), cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowClientTokenAuth),
		cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"api/read"} }))
	return &secretFixture{p, t, machine, p.ClientSecret}
}

func (f *secretFixture) add(clientID, value string) (*api.ClientSecretDescriptorType, error) {
	out, err := f.Client.AddUserPoolClientSecret(f.t.Context(), &api.AddUserPoolClientSecretInput{
		UserPoolId: f.PoolID, ClientId: clientID, ClientSecret: value,
	})
	if err != nil {
		return nil, err
	}
	return out.ClientSecretDescriptor, nil
}

func (f *secretFixture) delete(clientID, id string) error {
	_, err := f.Client.DeleteUserPoolClientSecret(f.t.Context(), &api.DeleteUserPoolClientSecretInput{
		UserPoolId: f.PoolID, ClientId: clientID, ClientSecretId: id,
	})
	return err
}

func (f *secretFixture) list(clientID string) []api.ClientSecretDescriptorType {
	f.t.Helper()
	return f.Must(f.t).ListUserPoolClientSecrets(&api.ListUserPoolClientSecretsInput{UserPoolId: f.PoolID, ClientId: clientID}).ClientSecrets
}

func (f *secretFixture) shown(clientID string) string {
	f.t.Helper()
	return f.Must(f.t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: f.PoolID, ClientId: clientID}).UserPoolClient.ClientSecret
}

// wantWorks checks in SECRET_HASH, at s, whether a secret of the pool's client works.
func (f *secretFixture) wantWorks(s *cognatetest.Server, what, secret string, works bool) {
	f.t.Helper()
	_, err := s.Client.InitiateAuth(f.t.Context(), &api.InitiateAuthInput{
		ClientId: f.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{
			"USERNAME": "ann", "PASSWORD": cognatetest.Password, "SECRET_HASH": cognate.SecretHash(secret, "ann", f.ClientID),
		},
	})
	if (err == nil) != works {
		f.t.Errorf("sign-in with %s = %v, want success: %t", what, err, works)
	}
}

func (f *secretFixture) wantToken(what, secret string, works bool) {
	f.t.Helper()
	_, err := f.Client.GetClientToken(f.t.Context(), &api.GetClientTokenInput{ClientId: f.machine.ClientId, Secret: secret})
	if (err == nil) != works {
		f.t.Errorf("GetClientToken with %s = %v, want success: %t", what, err, works)
	}
}

const chosenSecret = "a_secret_that_the_caller_chose"

func TestTwoClientSecrets(t *testing.T) {
	t.Parallel()
	f := newSecretFixture(t, cognatetest.Start(t))
	created := f.Clock.Now()
	firstID := fmt.Sprintf("%s--%d", f.ClientID, created.UnixMilli())
	first := api.ClientSecretDescriptorType{ClientSecretId: firstID, ClientSecretCreateDate: api.EpochOf(created)}
	if diff := cmp.Diff([]api.ClientSecretDescriptorType{first}, f.list(f.ClientID)); diff != "" {
		t.Errorf("ListUserPoolClientSecrets() (-want +got):\n%s", diff)
	}
	cognatetest.WantError(t, "delete the last secret", f.delete(f.ClientID, firstID),
		api.InvalidParameterException("The last client secret of an app client can't be deleted."))
	_, err := f.add(f.ClientID, f.first)
	cognatetest.WantCode(t, "add the same secret", err, api.CodeInvalidParameterException)

	f.Clock.Advance(time.Minute)
	second := cognatetest.Try(f.add(f.ClientID, "")).Of(t)
	value := second.ClientSecretValue
	if len(value) < 24 || second.ClientSecretId != fmt.Sprintf("%s--%d", f.ClientID, f.Clock.Now().UnixMilli()) {
		t.Errorf("AddUserPoolClientSecret() = %+v, want a value and an ID", second)
	}
	second.ClientSecretValue = "" // the list has no values
	if diff := cmp.Diff([]api.ClientSecretDescriptorType{first, *second}, f.list(f.ClientID)); diff != "" {
		t.Errorf("ListUserPoolClientSecrets() (-want +got):\n%s", diff)
	}
	_, err = f.add(f.ClientID, "")
	cognatetest.WantError(t, "a third secret", err, api.LimitExceededException("An app client can have at most 2 client secrets."))
	f.wantWorks(f.Server, "the first secret", f.first, true)
	f.wantWorks(f.Server, "the second secret", value, true)
	f.wantWorks(f.Server, "another secret", chosenSecret, false)
	if got := f.shown(f.ClientID); got != f.first {
		t.Errorf("DescribeUserPoolClient() shows %q, want the first secret", got)
	}
	f.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{UserPoolId: f.PoolID, ClientId: f.ClientID, ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
		api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
	}})
	cognatetest.WantError(t, "delete an unknown secret", f.delete(f.ClientID, firstID+"0"), api.ResourceNotFoundException("Client secret does not exist."))

	if err := f.delete(f.ClientID, firstID); err != nil {
		t.Fatalf("DeleteUserPoolClientSecret(first) = %v", err)
	}
	f.wantWorks(f.Server, "the deleted secret", f.first, false)
	f.wantWorks(f.Server, "the second secret, after an update", value, true)
	if got := f.shown(f.ClientID); got != value {
		t.Errorf("DescribeUserPoolClient() shows %q, want the other secret, which the server made", got)
	}
	if diff := cmp.Diff([]api.ClientSecretDescriptorType{*second}, f.list(f.ClientID)); diff != "" {
		t.Errorf("ListUserPoolClientSecrets() (-want +got):\n%s", diff)
	}
}

// No answer shows a secret that the caller of AddUserPoolClientSecret chose.
func TestChosenClientSecret(t *testing.T) {
	t.Parallel()
	f := newSecretFixture(t, cognatetest.Start(t))
	id := f.machine.ClientId
	added := cognatetest.Try(f.add(id, chosenSecret)).Of(t)
	if added.ClientSecretValue != "" || added.ClientSecretId == f.list(id)[0].ClientSecretId {
		t.Errorf("AddUserPoolClientSecret(%s) = %+v, want no value and an ID of its own", chosenSecret, added)
	}
	f.wantToken("the first secret", f.machine.ClientSecret, true)
	f.wantToken("the chosen secret", chosenSecret, true)
	if err := f.delete(id, f.list(id)[0].ClientSecretId); err != nil {
		t.Fatal(err)
	}
	f.wantToken("the deleted secret", f.machine.ClientSecret, false)
	f.wantToken("the chosen secret", chosenSecret, true)
	if got := f.shown(id); got != "" {
		t.Errorf("DescribeUserPoolClient() shows %q, want nothing", got)
	}
	made := cognatetest.Try(f.add(id, "")).Of(t)
	f.wantToken("the new secret", made.ClientSecretValue, true)
}

func TestClientSecretRefusals(t *testing.T) {
	t.Parallel()
	f := newSecretFixture(t, cognatetest.Start(t))
	public := f.MustClient().ClientId
	_, err := f.add(public, "")
	cognatetest.WantError(t, "add to a public client", err, api.InvalidParameterException("The app client has no client secret."))
	cognatetest.WantCode(t, "delete from a public client", f.delete(public, public+"--1"), api.CodeInvalidParameterException)
	if got := f.list(public); got == nil || len(got) != 0 {
		t.Errorf("ListUserPoolClientSecrets(public client) = %v, want an empty list", got)
	}
	other := f.Pool(t, cognatetest.ClientSecret())
	notFound := api.ResourceNotFoundException("User pool client " + other.ClientID + " does not exist.")
	_, err = f.add(other.ClientID, "")
	cognatetest.WantError(t, "add to a client of another pool", err, notFound)
	cognatetest.WantError(t, "delete from a client of another pool", f.delete(other.ClientID, "x"), notFound)
	_, err = f.Client.ListUserPoolClientSecrets(t.Context(), &api.ListUserPoolClientSecretsInput{UserPoolId: f.PoolID, ClientId: other.ClientID})
	cognatetest.WantError(t, "list those of a client of another pool", err, notFound)
	_, err = f.Client.ListUserPoolClientSecrets(t.Context(), &api.ListUserPoolClientSecretsInput{UserPoolId: f.PoolID, ClientId: f.ClientID, NextToken: "x"})
	cognatetest.WantCode(t, "list with a token", err, api.CodeInvalidParameterException)
}

// Concurrent requests add one secret and leave one, and every server refuses a deleted secret immediately.
func TestClientSecretRaces(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := newSecretFixture(t, s)
		if n := cognatetest.Race(t, api.CodeLimitExceededException, func(int) error {
			_, err := f.add(f.ClientID, "")
			return err
		}); n != 1 {
			t.Errorf("%d of the concurrent requests added a secret, want 1", n)
		}
		secrets := f.list(f.ClientID)
		if n := cognatetest.Race(t, api.CodeInvalidParameterException, func(i int) error {
			err := f.delete(f.ClientID, secrets[i%2].ClientSecretId)
			if errors.Is(err, &api.Error{Code: api.CodeResourceNotFoundException}) {
				return api.InvalidParameterException("already deleted")
			}
			return err
		}); n != 1 {
			t.Errorf("%d of the concurrent requests deleted a secret, want 1", n)
		}
	})
	t.Run("two servers", func(t *testing.T) {
		t.Parallel()
		servers := cognatetest.StartPair(t, 2)
		f := newSecretFixture(t, servers[0])
		value := cognatetest.Try(f.add(f.ClientID, "")).Of(t).ClientSecretValue
		f.wantWorks(servers[1], "the first secret at the other server", f.first, true)
		f.wantWorks(servers[1], "the second secret at the other server", value, true)
		if err := f.delete(f.ClientID, f.list(f.ClientID)[0].ClientSecretId); err != nil {
			t.Fatal(err)
		}
		f.wantWorks(servers[1], "the deleted secret at the other server", f.first, false)
		f.wantWorks(servers[1], "the remaining secret at the other server", value, true)
	})
}

// A fork has both secrets.
func TestForkedClientSecrets(t *testing.T) {
	t.Parallel()
	f := newSecretFixture(t, cognatetest.Start(t))
	value := cognatetest.Try(f.add(f.ClientID, "")).Of(t).ClientSecretValue
	fork := &secretFixture{f.WithFork(cognatetest.Try(f.ForkPool(t.Context(), f.PoolID, "")).Of(t)), t, nil, f.first}
	fork.wantWorks(f.Server, "the first secret of the fork", f.first, true)
	fork.wantWorks(f.Server, "the second secret of the fork", value, true)
}

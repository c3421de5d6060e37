package resourceserver_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const identifier = "https://api.example.com/v1"

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func scopes(names ...string) []api.ResourceServerScopeType {
	list := make([]api.ResourceServerScopeType, 0, len(names))
	for _, name := range names {
		list = append(list, api.ResourceServerScopeType{ScopeName: name, ScopeDescription: "may " + name})
	}
	return list
}

func TestResourceServer(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	other := p.Pool(t)
	describe := func(pool, id string) (*api.DescribeResourceServerOutput, error) {
		return p.Client.DescribeResourceServer(t.Context(), &api.DescribeResourceServerInput{UserPoolId: pool, Identifier: id})
	}
	want := &api.ResourceServerType{UserPoolId: p.PoolID, Identifier: identifier, Name: "An API", Scopes: scopes("write", "read")}
	in := &api.CreateResourceServerInput{UserPoolId: p.PoolID, Identifier: identifier, Name: "An API", Scopes: want.Scopes}
	wantSame(t, "CreateResourceServer", want, p.Must(t).CreateResourceServer(in).ResourceServer)
	_, err := p.Client.CreateResourceServer(t.Context(), in)
	cognatetest.WantError(t, "CreateResourceServer(again)", err,
		api.InvalidParameterException(identifier+" already exists in user pool "+p.PoolID+"."))
	bare := p.Must(t).CreateResourceServer(&api.CreateResourceServerInput{UserPoolId: other.PoolID, Identifier: identifier, Name: "Another"}).ResourceServer
	wantSame(t, "CreateResourceServer(without scopes)", scopes(), bare.Scopes)
	wantSame(t, "DescribeResourceServer", want, cognatetest.Try(describe(p.PoolID, identifier)).Of(t).ResourceServer)

	want.Name, want.Scopes = "Renamed", scopes("read", "delete")
	update := func(pool, id string, list []api.ResourceServerScopeType) (*api.UpdateResourceServerOutput, error) {
		return p.Client.UpdateResourceServer(t.Context(), &api.UpdateResourceServerInput{UserPoolId: pool, Identifier: id, Name: "Renamed", Scopes: list})
	}
	wantSame(t, "UpdateResourceServer", want, cognatetest.Try(update(p.PoolID, identifier, want.Scopes)).Of(t).ResourceServer)
	twice := api.InvalidParameterException("read appears more than once in Scopes.")
	_, err = update(p.PoolID, identifier, scopes("read", "write", "read"))
	cognatetest.WantError(t, "UpdateResourceServer(a scope twice)", err, twice)
	_, err = p.Client.CreateResourceServer(t.Context(), &api.CreateResourceServerInput{
		UserPoolId: p.PoolID, Identifier: "other", Name: "n", Scopes: scopes("read", "read"),
	})
	cognatetest.WantError(t, "CreateResourceServer(a scope twice)", err, twice)
	wantSame(t, "after refused requests", want, cognatetest.Try(describe(p.PoolID, identifier)).Of(t).ResourceServer)
	want.Scopes = scopes()
	wantSame(t, "UpdateResourceServer(no scopes)", want, cognatetest.Try(update(p.PoolID, identifier, nil)).Of(t).ResourceServer)

	for what, tt := range map[string]struct {
		pool, id string
		want     string
	}{
		"unknown server": {p.PoolID, "none", "Resource server none does not exist."},
		"unknown pool":   {"us-east-1_none", identifier, "User pool us-east-1_none does not exist."},
	} {
		_, err := describe(tt.pool, tt.id)
		cognatetest.WantError(t, "DescribeResourceServer("+what+")", err, api.ResourceNotFoundException(tt.want))
		_, err = update(tt.pool, tt.id, nil)
		cognatetest.WantError(t, "UpdateResourceServer("+what+")", err, api.ResourceNotFoundException(tt.want))
		_, err = p.Client.DeleteResourceServer(t.Context(), &api.DeleteResourceServerInput{UserPoolId: tt.pool, Identifier: tt.id})
		cognatetest.WantError(t, "DeleteResourceServer("+what+")", err, api.ResourceNotFoundException(tt.want))
	}
	p.Must(t).DeleteResourceServer(&api.DeleteResourceServerInput{UserPoolId: p.PoolID, Identifier: identifier})
	_, err = describe(p.PoolID, identifier)
	cognatetest.WantCode(t, "DescribeResourceServer(deleted)", err, api.CodeResourceNotFoundException)
	wantSame(t, "server of the other pool", bare, cognatetest.Try(describe(other.PoolID, identifier)).Of(t).ResourceServer)
}

func TestListResourceServers(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		for _, id := range []string{"c", "a", "b"} {
			p.MustResourceServer(id, "read")
		}
		s.Pool(t).MustResourceServer("theirs")
		var got []string
		for page, token := 0, ""; page == 0 || token != ""; page++ {
			out := s.Must(t).ListResourceServers(&api.ListResourceServersInput{UserPoolId: p.PoolID, MaxResults: new(2), NextToken: token})
			for _, r := range out.ResourceServers {
				got = append(got, r.Identifier)
			}
			token = out.NextToken
		}
		wantSame(t, "ListResourceServers by 2", []string{"a", "b", "c"}, got)
		_, err := s.Client.ListResourceServers(t.Context(), &api.ListResourceServersInput{UserPoolId: p.PoolID, MaxResults: new(51)})
		cognatetest.WantCode(t, "ListResourceServers(51)", err, api.CodeInvalidParameterException)
	})
}

// Of concurrent requests, only as many succeed as the quota allows.
func TestResourceServerQuota(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		const room = 7
		p := s.Pool(t)
		for i := range cognate.QuotaResourceServers.Max - room {
			p.MustResourceServer(fmt.Sprint("server", i))
		}
		succeeded := cognatetest.Race(t, api.CodeLimitExceededException, func(i int) error {
			_, err := s.Client.CreateResourceServer(t.Context(), &api.CreateResourceServerInput{
				UserPoolId: p.PoolID, Identifier: fmt.Sprint("new", i), Name: "n",
			})
			return err
		})
		if succeeded != room {
			t.Errorf("%d of the concurrent requests created a resource server, want %d", succeeded, room)
		}
	})
}

// App clients accept only scopes that exist. A deleted scope stays in their settings without effect.
func TestScopesOfClients(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustResourceServer("api", "read", "write")
	p.Pool(t).MustResourceServer("theirs", "read")
	create := func(names ...string) (*api.CreateUserPoolClientOutput, error) {
		return p.Client.CreateUserPoolClient(t.Context(), &api.CreateUserPoolClientInput{
			UserPoolId: p.PoolID, ClientName: "machine", GenerateSecret: new(true), AllowedOAuthScopes: names,
			ExplicitAuthFlows: []api.ExplicitAuthFlowsType{api.ExplicitAuthFlowsTypeAllowClientTokenAuth},
		})
	}
	for _, scope := range []string{"api/delete", "api", "API/read", "theirs/read", "none/read"} {
		_, err := create("api/read", scope)
		cognatetest.WantError(t, "CreateUserPoolClient("+scope+")", err, api.ScopeDoesNotExistException("Invalid scope requested: "+scope))
	}
	var many []string
	for i := range 51 {
		many = append(many, fmt.Sprint("scope", i))
	}
	p.MustResourceServer("many", many...)
	for i := range many {
		many[i] = "many/" + many[i]
	}
	if _, err := create(many...); !errors.Is(err, api.InvalidParameterException("")) || !strings.Contains(err.Error(), "less than or equal to 50") {
		t.Errorf("CreateUserPoolClient(51 scopes) = %v, want a refusal", err)
	}
	client := cognatetest.Try(create("api/read", "api/write")).Of(t).UserPoolClient
	update := func(names ...string) error {
		_, err := p.Client.UpdateUserPoolClient(t.Context(), &api.UpdateUserPoolClientInput{
			UserPoolId: p.PoolID, ClientId: client.ClientId, ExplicitAuthFlows: client.ExplicitAuthFlows, AllowedOAuthScopes: names,
		})
		return err
	}
	cognatetest.WantError(t, "UpdateUserPoolClient", update("api/delete"), api.ScopeDoesNotExistException("Invalid scope requested: api/delete"))

	token := func(names ...string) error {
		_, err := p.Client.GetClientToken(t.Context(), &api.GetClientTokenInput{ClientId: client.ClientId, Secret: client.ClientSecret, Scopes: names})
		return err
	}
	p.Must(t).UpdateResourceServer(&api.UpdateResourceServerInput{UserPoolId: p.PoolID, Identifier: "api", Name: "an API", Scopes: scopes("read")})
	shown := p.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: p.PoolID, ClientId: client.ClientId}).UserPoolClient
	wantSame(t, "scopes of the client", []string{"api/read", "api/write"}, shown.AllowedOAuthScopes)
	cognatetest.WantError(t, "GetClientToken(deleted scope)", token("api/write"), api.InvalidParameterException("Invalid scope requested: api/write"))
	if err := token("api/read"); err != nil {
		t.Errorf("GetClientToken(other scope) = %v", err)
	}
	p.Must(t).DeleteResourceServer(&api.DeleteResourceServerInput{UserPoolId: p.PoolID, Identifier: "api"})
	cognatetest.WantCode(t, "GetClientToken(no scope left)", token(), api.CodeNotAuthorizedException)
	cognatetest.WantError(t, "UpdateUserPoolClient(deleted scope)", update("api/read"), api.ScopeDoesNotExistException("Invalid scope requested: api/read"))
	p.MustResourceServer("api", "write")
	if err := token("api/write"); err != nil {
		t.Errorf("GetClientToken(scope that exists again) = %v", err)
	}
}

package appclient_test

import (
	"context"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/ops/appclient"
)

// pool is a pool for app clients.
type pool struct {
	*cognatetest.Server
	id string
}

func mustPool(t *testing.T, s *cognatetest.Server) *pool {
	t.Helper()
	out := s.Must(t).CreateUserPool(&api.CreateUserPoolInput{
		PoolName: "people", Schema: []api.SchemaAttributeType{{Name: "tenant", AttributeDataType: "String"}},
	})
	return &pool{s, out.UserPool.Id}
}

func (p *pool) create(t *testing.T, in api.CreateUserPoolClientInput) (*api.CreateUserPoolClientOutput, error) {
	t.Helper()
	in.UserPoolId, in.ClientName = p.id, "app"
	return p.Client.CreateUserPoolClient(t.Context(), &in)
}

func (p *pool) mustCreate(t *testing.T, in api.CreateUserPoolClientInput) *api.UserPoolClientType {
	t.Helper()
	return cognatetest.Try(p.create(t, in)).Of(t).UserPoolClient
}

func (p *pool) mustDescribe(t *testing.T, id string) *api.UserPoolClientType {
	t.Helper()
	return p.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{
		UserPoolId: p.id, ClientId: id,
	}).UserPoolClient
}

// minimal is a client that was created with only a name. Source: docs/behaviour.md §5.3.
func (p *pool) minimal(id string) *api.UserPoolClientType {
	return &api.UserPoolClientType{
		UserPoolId: p.id, ClientId: id, ClientName: "app",
		CreationDate: api.EpochOf(p.Clock.Now()), LastModifiedDate: api.EpochOf(p.Clock.Now()),
		RefreshTokenValidity: new(30), TokenValidityUnits: new(api.TokenValidityUnitsType),
		AllowedOAuthFlowsUserPoolClient: new(false), EnableTokenRevocation: new(true),
		EnablePropagateAdditionalUserContextData: new(false), ClientType: api.ClientTypeTypeRegular, AuthSessionValidity: new(3),
	}
}

func TestUnknownClients(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, other := mustPool(t, s), mustPool(t, s)
	id := p.mustCreate(t, api.CreateUserPoolClientInput{}).ClientId
	service := &appclient.Service{Store: s.Store, Now: s.Clock.Now}
	caller := func(account string) context.Context {
		return cognate.WithCaller(t.Context(), cognate.Caller{AccountID: account, Region: cognatetest.Region})
	}
	mine, stranger := caller(cognatetest.AccountID), caller("999999999999")

	for name, call := range map[string]func(ctx context.Context, pool, client string) error{
		"DescribeUserPoolClient": func(ctx context.Context, pool, client string) error {
			_, err := service.DescribeUserPoolClient(ctx, &api.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: client})
			return err
		},
		"UpdateUserPoolClient": func(ctx context.Context, pool, client string) error {
			_, err := service.UpdateUserPoolClient(ctx, &api.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: client})
			return err
		},
		"DeleteUserPoolClient": func(ctx context.Context, pool, client string) error {
			_, err := service.DeleteUserPoolClient(ctx, &api.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: client})
			return err
		},
	} {
		cognatetest.WantRefusal(t, name+"(no such client)", call(mine, p.id, "none"), api.ErrClientNotFound("none"))
		cognatetest.WantRefusal(t, name+"(no such pool)", call(mine, "us-east-1_none", id), api.ErrPoolNotFound("us-east-1_none"))
		cognatetest.WantRefusal(t, name+"(a client of another pool)", call(mine, other.id, id), api.ErrClientNotFound(id))
		cognatetest.WantRefusal(t, name+"(a pool of another account)", call(stranger, p.id, id), api.ErrPoolNotFound(p.id))
	}
	_, err := service.CreateUserPoolClient(stranger, &api.CreateUserPoolClientInput{UserPoolId: p.id, ClientName: "x"})
	cognatetest.WantRefusal(t, "CreateUserPoolClient(a pool of another account)", err, api.ErrPoolNotFound(p.id))
	_, err = service.ListUserPoolClients(stranger, &api.ListUserPoolClientsInput{UserPoolId: p.id})
	cognatetest.WantRefusal(t, "ListUserPoolClients(a pool of another account)", err, api.ErrPoolNotFound(p.id))
	p.mustDescribe(t, id) // the failed requests did not delete it
}

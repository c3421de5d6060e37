package user_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestGetUser(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, schema)
	sub := f.mustUser(t, "anna", "dev:custom:secret", "x", "custom:fixed", "once", "email", "a@example.com", "name", "Anna")
	out := cognatetest.Try(f.getUser(t, f.mustToken(t, "anna"))).Of(t)
	wantDiff(t, "GetUser()", &api.GetUserOutput{
		Username: "anna", UserAttributes: cognatetest.Attributes("sub", sub, "name", "Anna", "email", "a@example.com", "custom:fixed", "once"),
	}, out)

	client := f.MustClient(cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.ReadAttributes = []string{"name"} }))
	narrow := &fixture{f.WithClient(client)}
	out = cognatetest.Try(f.getUser(t, narrow.mustToken(t, "anna"))).Of(t)
	wantDiff(t, "GetUser(client that reads name)", cognatetest.Attributes("sub", sub, "name", "Anna"), out.UserAttributes)

	_, err := f.getUser(t, "no.such.token")
	cognatetest.WantRefusal(t, "GetUser(no token)", err, api.ErrInvalidAccessToken)
}

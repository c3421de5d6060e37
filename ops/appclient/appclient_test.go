package appclient_test

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/ops/appclient"
)

// wantRefusal checks an error by its code and text; a nil want is none.
func wantRefusal(t *testing.T, what string, err, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

// pool is a pool to put clients into.
type pool struct {
	*cognatetest.Server
	id string
}

func mustPool(t *testing.T, s *cognatetest.Server) *pool {
	t.Helper()
	out := cognatetest.Must(s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{
		PoolName: "people", Schema: []api.SchemaAttributeType{{Name: "tenant", AttributeDataType: "String"}},
	}))(t)
	return &pool{s, out.UserPool.Id}
}

func (p *pool) create(t *testing.T, in api.CreateUserPoolClientInput) (*api.CreateUserPoolClientOutput, error) {
	t.Helper()
	in.UserPoolId, in.ClientName = p.id, "app"
	return p.Client.CreateUserPoolClient(t.Context(), &in)
}

func (p *pool) mustCreate(t *testing.T, in api.CreateUserPoolClientInput) *api.UserPoolClientType {
	t.Helper()
	return cognatetest.Must(p.create(t, in))(t).UserPoolClient
}

func (p *pool) mustDescribe(t *testing.T, id string) *api.UserPoolClientType {
	t.Helper()
	return cognatetest.Must(p.Client.DescribeUserPoolClient(t.Context(), &api.DescribeUserPoolClientInput{
		UserPoolId: p.id, ClientId: id,
	}))(t).UserPoolClient
}

// minimal is a client that was created by its name only. Source: behaviour §5.3.
func (p *pool) minimal(id string) *api.UserPoolClientType {
	return &api.UserPoolClientType{
		UserPoolId: p.id, ClientId: id, ClientName: "app",
		CreationDate: api.EpochOf(p.Clock.Now()), LastModifiedDate: api.EpochOf(p.Clock.Now()),
		RefreshTokenValidity: new(30), TokenValidityUnits: new(api.TokenValidityUnitsType),
		AllowedOAuthFlowsUserPoolClient: new(false), EnableTokenRevocation: new(true),
		EnablePropagateAdditionalUserContextData: new(false), AuthSessionValidity: new(3),
	}
}

func TestCreateUserPoolClientByNameOnly(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	got := p.mustCreate(t, api.CreateUserPoolClientInput{})
	if !regexp.MustCompile(`^[0-9a-z]{26}$`).MatchString(got.ClientId) {
		t.Errorf("ClientId = %q, want 26 lower-case letters and digits", got.ClientId)
	}
	if diff := cmp.Diff(p.minimal(got.ClientId), got); diff != "" {
		t.Errorf("CreateUserPoolClient() (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, p.mustDescribe(t, got.ClientId)); diff != "" {
		t.Errorf("DescribeUserPoolClient() differs from CreateUserPoolClient() (-created +described):\n%s", diff)
	}
}

// rich is a client with something everywhere, and how it is shown.
func rich() (sent, shown api.UpdateUserPoolClientInput) {
	sent = api.UpdateUserPoolClientInput{
		RefreshTokenValidity: new(90), AccessTokenValidity: new(10), IdTokenValidity: new(2),
		TokenValidityUnits:              &api.TokenValidityUnitsType{AccessToken: "minutes"},
		ReadAttributes:                  []string{"email", "custom:tenant", "email_verified"},
		WriteAttributes:                 []string{"name", "email"},
		ExplicitAuthFlows:               []api.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		SupportedIdentityProviders:      []string{"COGNITO"},
		CallbackURLs:                    []string{"https://b.example.com", "https://a.example.com"},
		LogoutURLs:                      []string{"https://b.example.com/out", "http://localhost:3000"},
		DefaultRedirectURI:              "https://b.example.com",
		AllowedOAuthFlows:               []api.OAuthFlowType{"implicit", "code"},
		AllowedOAuthScopes:              []string{"openid", "email"},
		AllowedOAuthFlowsUserPoolClient: new(true),
		PreventUserExistenceErrors:      api.PreventUserExistenceErrorTypesEnabled,
		EnableTokenRevocation:           new(false), EnablePropagateAdditionalUserContextData: new(true),
		AuthSessionValidity:    new(15),
		RefreshTokenRotation:   &api.RefreshTokenRotationType{Feature: "DISABLED", RetryGracePeriodSeconds: new(5)},
		AnalyticsConfiguration: &api.AnalyticsConfigurationType{ApplicationArn: "arn:aws:mobiletargeting:us-east-1:123456789012:apps/1"},
	}
	shown = sent
	shown.TokenValidityUnits = &api.TokenValidityUnitsType{AccessToken: "minutes", IdToken: "hours", RefreshToken: "days"}
	shown.ReadAttributes = []string{"custom:tenant", "email", "email_verified"}
	shown.WriteAttributes = []string{"email", "name"}
	shown.ExplicitAuthFlows = []api.ExplicitAuthFlowsType{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"}
	shown.CallbackURLs = []string{"https://a.example.com", "https://b.example.com"}
	shown.LogoutURLs = []string{"http://localhost:3000", "https://b.example.com/out"}
	shown.AllowedOAuthFlows = []api.OAuthFlowType{"code", "implicit"}
	shown.AllowedOAuthScopes = []string{"email", "openid"}
	return sent, shown
}

// settingsOf returns a client's settings as an update would send them.
func settingsOf(c *api.UserPoolClientType) api.UpdateUserPoolClientInput {
	return api.UpdateUserPoolClientInput{
		RefreshTokenValidity: c.RefreshTokenValidity, AccessTokenValidity: c.AccessTokenValidity, IdTokenValidity: c.IdTokenValidity,
		TokenValidityUnits: c.TokenValidityUnits, ReadAttributes: c.ReadAttributes, WriteAttributes: c.WriteAttributes,
		ExplicitAuthFlows: c.ExplicitAuthFlows, SupportedIdentityProviders: c.SupportedIdentityProviders,
		CallbackURLs: c.CallbackURLs, LogoutURLs: c.LogoutURLs, DefaultRedirectURI: c.DefaultRedirectURI,
		AllowedOAuthFlows: c.AllowedOAuthFlows, AllowedOAuthScopes: c.AllowedOAuthScopes,
		AllowedOAuthFlowsUserPoolClient: c.AllowedOAuthFlowsUserPoolClient, AnalyticsConfiguration: c.AnalyticsConfiguration,
		PreventUserExistenceErrors: c.PreventUserExistenceErrors, EnableTokenRevocation: c.EnableTokenRevocation,
		EnablePropagateAdditionalUserContextData: c.EnablePropagateAdditionalUserContextData,
		AuthSessionValidity:                      c.AuthSessionValidity, RefreshTokenRotation: c.RefreshTokenRotation,
	}
}

func TestUpdateUserPoolClientReplacesEverything(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	created := p.mustCreate(t, api.CreateUserPoolClientInput{GenerateSecret: new(true)})
	p.Clock.Advance(time.Minute)

	sent, want := rich()
	sent.UserPoolId, sent.ClientId, sent.ClientName = p.id, created.ClientId, "renamed"
	updated := cognatetest.Must(p.Client.UpdateUserPoolClient(t.Context(), &sent))(t).UserPoolClient
	if diff := cmp.Diff(want, settingsOf(updated)); diff != "" {
		t.Errorf("UpdateUserPoolClient() (-want +got):\n%s", diff)
	}
	if updated.ClientName != "renamed" || updated.ClientSecret != created.ClientSecret ||
		updated.CreationDate != created.CreationDate || updated.LastModifiedDate != api.EpochOf(p.Clock.Now()) {
		t.Errorf("UpdateUserPoolClient() = %+v, want the new name, the old secret, and a later LastModifiedDate", updated)
	}
	if diff := cmp.Diff(updated, p.mustDescribe(t, created.ClientId)); diff != "" {
		t.Errorf("DescribeUserPoolClient() differs from UpdateUserPoolClient() (-updated +described):\n%s", diff)
	}

	// Without settings all go back to the defaults; who the client is stays.
	cognatetest.Must(p.Client.UpdateUserPoolClient(t.Context(), &api.UpdateUserPoolClientInput{
		UserPoolId: p.id, ClientId: created.ClientId,
	}))(t)
	bare := p.minimal(created.ClientId)
	bare.ClientName, bare.ClientSecret, bare.CreationDate = "renamed", created.ClientSecret, created.CreationDate
	if diff := cmp.Diff(bare, p.mustDescribe(t, created.ClientId)); diff != "" {
		t.Errorf("after UpdateUserPoolClient() without settings (-want +got):\n%s", diff)
	}
}

func TestClientSecrets(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	const own = "a-secret-of-our-own-making"
	given := "aSecretOfOurOwn0123456789"
	for name, tc := range map[string]struct {
		in   api.CreateUserPoolClientInput
		want string
		err  error
	}{
		"none":              {want: `^$`},
		"not to be made":    {in: api.CreateUserPoolClientInput{GenerateSecret: new(false)}, want: `^$`},
		"to be made":        {in: api.CreateUserPoolClientInput{GenerateSecret: new(true)}, want: `^[0-9a-z]{51,52}$`},
		"brought":           {in: api.CreateUserPoolClientInput{ClientSecret: given}, want: "^" + given + "$"},
		"made and brought":  {in: api.CreateUserPoolClientInput{GenerateSecret: new(true), ClientSecret: given}, err: api.InvalidParameterException("")},
		"brought, too weak": {in: api.CreateUserPoolClientInput{ClientSecret: own}, err: api.InvalidParameterException("")},
	} {
		out, err := p.create(t, tc.in)
		wantRefusal(t, "CreateUserPoolClient(secret: "+name+")", err, tc.err)
		if err == nil && !regexp.MustCompile(tc.want).MatchString(out.UserPoolClient.ClientSecret) {
			t.Errorf("ClientSecret (%s) = %q, want a match of %s", name, out.UserPoolClient.ClientSecret, tc.want)
		}
	}
}

func TestRefreshTokenValidityDefaults(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	for unit, want := range map[api.TimeUnitsType]int{"seconds": 2592000, "minutes": 43200, "hours": 720, "days": 30} {
		got := p.mustCreate(t, api.CreateUserPoolClientInput{
			RefreshTokenValidity: new(0), TokenValidityUnits: &api.TokenValidityUnitsType{RefreshToken: unit},
		})
		if *got.RefreshTokenValidity != want {
			t.Errorf("RefreshTokenValidity 0 in %s reads back as %d, want %d", unit, *got.RefreshTokenValidity, want)
		}
	}
}

func TestClientsAreCheckedAgainstTheirPool(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	invalid := api.InvalidParameterException("Invalid read attributes specified while creating a client")
	_, err := p.create(t, api.CreateUserPoolClientInput{ReadAttributes: []string{"custom:level"}})
	wantRefusal(t, "CreateUserPoolClient(unknown attribute)", err, invalid)

	id := p.mustCreate(t, api.CreateUserPoolClientInput{ReadAttributes: []string{"custom:tenant"}}).ClientId
	change := api.UpdateUserPoolClientInput{UserPoolId: p.id, ClientId: id, ReadAttributes: []string{"custom:level"}}
	_, err = p.Client.UpdateUserPoolClient(t.Context(), &change)
	wantRefusal(t, "UpdateUserPoolClient(unknown attribute)", err, invalid)
	if got := p.mustDescribe(t, id).ReadAttributes; !slices.Equal(got, []string{"custom:tenant"}) {
		t.Errorf("ReadAttributes after a refused update = %v, want them as they were", got)
	}

	cognatetest.Must(p.Client.AddCustomAttributes(t.Context(), &api.AddCustomAttributesInput{
		UserPoolId: p.id, CustomAttributes: []api.SchemaAttributeType{{Name: "level", AttributeDataType: "Number"}},
	}))(t)
	_, err = p.Client.UpdateUserPoolClient(t.Context(), &change)
	wantRefusal(t, "UpdateUserPoolClient(attribute added since)", err, nil)
}

func TestClientsThatAreNotThere(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, other := mustPool(t, s), mustPool(t, s)
	id := p.mustCreate(t, api.CreateUserPoolClientInput{}).ClientId
	stranger := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: "999999999999", Region: cognatetest.Region})
	service := &appclient.Service{Store: s.Store, Now: s.Clock.Now}
	mine := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: cognatetest.AccountID, Region: cognatetest.Region})

	for name, call := range map[string]func(pool, client string, foreign bool) error{
		"DescribeUserPoolClient": func(pool, client string, foreign bool) error {
			ctx := mine
			if foreign {
				ctx = stranger
			}
			_, err := service.DescribeUserPoolClient(ctx, &api.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: client})
			return err
		},
		"UpdateUserPoolClient": func(pool, client string, foreign bool) error {
			ctx := mine
			if foreign {
				ctx = stranger
			}
			_, err := service.UpdateUserPoolClient(ctx, &api.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: client})
			return err
		},
		"DeleteUserPoolClient": func(pool, client string, foreign bool) error {
			ctx := mine
			if foreign {
				ctx = stranger
			}
			_, err := service.DeleteUserPoolClient(ctx, &api.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: client})
			return err
		},
	} {
		wantRefusal(t, name+"(no such client)", call(p.id, "none", false), cognate.ErrClientNotFound("none"))
		wantRefusal(t, name+"(no such pool)", call("us-east-1_none", id, false), cognate.ErrPoolNotFound("us-east-1_none"))
		wantRefusal(t, name+"(a client of another pool)", call(other.id, id, false), cognate.ErrClientNotFound(id))
		wantRefusal(t, name+"(a pool of another account)", call(p.id, id, true), cognate.ErrPoolNotFound(p.id))
	}
	_, err := service.CreateUserPoolClient(stranger, &api.CreateUserPoolClientInput{UserPoolId: p.id, ClientName: "x"})
	wantRefusal(t, "CreateUserPoolClient(a pool of another account)", err, cognate.ErrPoolNotFound(p.id))
	_, err = service.ListUserPoolClients(stranger, &api.ListUserPoolClientsInput{UserPoolId: p.id})
	wantRefusal(t, "ListUserPoolClients(a pool of another account)", err, cognate.ErrPoolNotFound(p.id))
	p.mustDescribe(t, id) // it outlived them all
}

func TestDeleteUserPoolClient(t *testing.T) {
	t.Parallel()
	people := cognatetest.Start(t).MustPeople(t, api.UserPoolMfaTypeOff, nil)
	people.MustUser("ann")
	tokens := people.MustSignIn("ann", "").AuthenticationResult
	cognatetest.Must(people.Client.DeleteUserPoolClient(t.Context(), &api.DeleteUserPoolClientInput{
		UserPoolId: people.PoolID, ClientId: people.ClientID,
	}))(t)
	if _, err := people.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: tokens.AccessToken}); err == nil {
		t.Error("GetUser() with a token of a deleted client = no error")
	}
	_, err := people.SignIn("ann")
	wantRefusal(t, "InitiateAuth() at a deleted client", err, cognate.ErrClientNotFound(people.ClientID))
}

func TestListUserPoolClients(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, other := mustPool(t, s), mustPool(t, s)
		other.mustCreate(t, api.CreateUserPoolClientInput{})
		var want []api.UserPoolClientDescription
		for range 3 {
			id := p.mustCreate(t, api.CreateUserPoolClientInput{GenerateSecret: new(true)}).ClientId
			want = append(want, api.UserPoolClientDescription{ClientId: id, ClientName: "app", UserPoolId: p.id})
		}
		slices.SortFunc(want, func(a, b api.UserPoolClientDescription) int {
			return slices.Compare([]byte(a.ClientId), []byte(b.ClientId))
		})
		list := func(in api.ListUserPoolClientsInput) *api.ListUserPoolClientsOutput {
			in.UserPoolId = p.id
			return cognatetest.Must(s.Client.ListUserPoolClients(t.Context(), &in))(t)
		}

		first := list(api.ListUserPoolClientsInput{MaxResults: new(2)})
		rest := list(api.ListUserPoolClientsInput{MaxResults: new(2), NextToken: first.NextToken})
		if diff := cmp.Diff(want, append(first.UserPoolClients, rest.UserPoolClients...)); diff != "" || rest.NextToken != "" {
			t.Errorf("ListUserPoolClients() by 2 (-want +got), then token %q:\n%s", rest.NextToken, diff)
		}
		if diff := cmp.Diff(want, list(api.ListUserPoolClientsInput{}).UserPoolClients); diff != "" {
			t.Errorf("ListUserPoolClients() (-want +got):\n%s", diff)
		}
		if got := list(api.ListUserPoolClientsInput{ClientType: "DCR"}).UserPoolClients; got == nil || len(got) != 0 {
			t.Errorf("ListUserPoolClients(DCR) = %v, want an empty list", got)
		}
		_, err := s.Client.ListUserPoolClients(t.Context(), &api.ListUserPoolClientsInput{UserPoolId: p.id, NextToken: "bm9uc2Vuc2U"})
		wantRefusal(t, "ListUserPoolClients(made-up token)", err, api.InvalidParameterException("Invalid pagination token"))
	})
}

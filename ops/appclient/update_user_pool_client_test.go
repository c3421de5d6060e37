package appclient_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// rich returns an update that sets every member, and the expected answer.
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
		RefreshTokenRotation:   &api.RefreshTokenRotationType{Feature: "DISABLED", RetryGracePeriodSeconds: new(0)},
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

// settingsOf returns an update with the settings of a client.
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
	updated := p.Must(t).UpdateUserPoolClient(&sent).UserPoolClient
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

	// An update without settings resets all to the defaults. The ID and the secret do not change.
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.id, ClientId: created.ClientId,
	})
	bare := p.minimal(created.ClientId)
	bare.ClientName, bare.ClientSecret, bare.CreationDate = "renamed", created.ClientSecret, created.CreationDate
	bare.RefreshTokenRotation = &api.RefreshTokenRotationType{Feature: "DISABLED", RetryGracePeriodSeconds: new(0)} // it was set once
	if diff := cmp.Diff(bare, p.mustDescribe(t, created.ClientId)); diff != "" {
		t.Errorf("after UpdateUserPoolClient() without settings (-want +got):\n%s", diff)
	}
}

func TestClientsAreCheckedAgainstTheirPool(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	invalid := api.InvalidParameterException("Invalid read attributes specified while creating a client")
	_, err := p.create(t, api.CreateUserPoolClientInput{ReadAttributes: []string{"custom:level"}})
	cognatetest.WantRefusal(t, "CreateUserPoolClient(unknown attribute)", err, invalid)

	id := p.mustCreate(t, api.CreateUserPoolClientInput{ReadAttributes: []string{"custom:tenant"}}).ClientId
	change := api.UpdateUserPoolClientInput{UserPoolId: p.id, ClientId: id, ReadAttributes: []string{"custom:level"}}
	_, err = p.Client.UpdateUserPoolClient(t.Context(), &change)
	cognatetest.WantRefusal(t, "UpdateUserPoolClient(unknown attribute)", err, invalid)
	if got := p.mustDescribe(t, id).ReadAttributes; !slices.Equal(got, []string{"custom:tenant"}) {
		t.Errorf("ReadAttributes after a refused update = %v, want them as they were", got)
	}

	p.Must(t).AddCustomAttributes(&api.AddCustomAttributesInput{
		UserPoolId: p.id, CustomAttributes: []api.SchemaAttributeType{{Name: "level", AttributeDataType: "Number"}},
	})
	_, err = p.Client.UpdateUserPoolClient(t.Context(), &change)
	cognatetest.WantRefusal(t, "UpdateUserPoolClient(attribute added since)", err, nil)
}

// Source: docs/behaviour.md §2.7.
func TestRefreshTokenRotationReadsBackComplete(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	rotation := func(feature api.FeatureType, grace int) *api.RefreshTokenRotationType {
		return &api.RefreshTokenRotationType{Feature: feature, RetryGracePeriodSeconds: &grace}
	}
	client := p.mustCreate(t, api.CreateUserPoolClientInput{})
	for _, step := range []struct {
		what       string
		sent, want *api.RefreshTokenRotationType
	}{
		{"never sent", nil, nil},
		{"on, without a grace period", &api.RefreshTokenRotationType{Feature: "ENABLED"}, rotation("ENABLED", 0)},
		{"on", rotation("ENABLED", 30), rotation("ENABLED", 30)},
		{"left out", nil, rotation("DISABLED", 0)},
		{"left out again", nil, rotation("DISABLED", 0)},
		{"off", &api.RefreshTokenRotationType{Feature: "DISABLED"}, rotation("DISABLED", 0)},
	} {
		var flows []api.ExplicitAuthFlowsType
		if step.sent != nil && step.sent.Feature == "ENABLED" { // excludes ALLOW_REFRESH_TOKEN_AUTH, a default flow
			flows = []api.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH"}
		}
		p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
			UserPoolId: p.id, ClientId: client.ClientId, ExplicitAuthFlows: flows, RefreshTokenRotation: step.sent,
		})
		if diff := cmp.Diff(step.want, p.mustDescribe(t, client.ClientId).RefreshTokenRotation); diff != "" {
			t.Errorf("RefreshTokenRotation, %s (-want +got):\n%s", step.what, diff)
		}
	}
}

package identityprovider_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const subject = "Cognito_Subject"

var (
	errMerging     = api.InvalidParameterException("Merging is not currently supported, provide a SourceUser that has not been signed up in order to link")
	errLocalSource = api.InvalidParameterException("Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a DestinationUser")
	errAttribute   = api.InvalidParameterException("Invalid SourceUser: the ProviderAttributeName must be Cognito_Subject, or an attribute in the " +
		"AttributeMapping of an OIDC provider, or an attribute of a SAML provider")
	errNoUser = api.UserNotFoundException("User does not exist.")
)

func identity(provider, attribute, value string) *api.ProviderUserIdentifierType {
	return &api.ProviderUserIdentifierType{ProviderName: provider, ProviderAttributeName: attribute, ProviderAttributeValue: value}
}

// link links a source to the user with this name.
func link(t *testing.T, p *cognatetest.UserPool, username string, source *api.ProviderUserIdentifierType) error {
	t.Helper()
	_, err := p.Client.AdminLinkProviderForUser(t.Context(), &api.AdminLinkProviderForUserInput{
		UserPoolId: p.PoolID, DestinationUser: identity("Cognito", "", username), SourceUser: source,
	})
	return err
}

func disable(t *testing.T, p *cognatetest.UserPool, user *api.ProviderUserIdentifierType) error {
	t.Helper()
	_, err := p.Client.AdminDisableProviderForUser(t.Context(), &api.AdminDisableProviderForUserInput{UserPoolId: p.PoolID, User: user})
	return err
}

// identities returns the attribute identities of a user; empty without one.
func identities(t *testing.T, p *cognatetest.UserPool, username string) string {
	t.Helper()
	return attribute(p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: username}).UserAttributes)
}

func attribute(attributes []api.AttributeType) string {
	for _, a := range attributes {
		if a.Name == "identities" {
			return a.Value
		}
	}
	return ""
}

func mustSAML(t *testing.T, p *cognatetest.UserPool, name string) {
	t.Helper()
	p.Must(t).CreateIdentityProvider(&api.CreateIdentityProviderInput{
		UserPoolId: p.PoolID, ProviderName: name, ProviderType: saml, ProviderDetails: map[string]string{"MetadataFile": metadata},
	})
}

// claims returns the claims of a token.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	text := cognatetest.Try(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])).Of(t)
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// The attribute identities shows in every answer that has attributes, and in the ID token.
func TestIdentities(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.ReadAttributes = []string{"email"} }))
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com")...)
	mustCreate(t, p, "Google")
	mustSAML(t, p, "okta")
	at := p.Clock.Now().UnixMilli()
	for _, source := range []*api.ProviderUserIdentifierType{identity("Google", subject, "1\"2"), identity("okta", "mail", "ann@example.com")} {
		if err := link(t, p, "ann", source); err != nil {
			t.Fatalf("AdminLinkProviderForUser(%v) = %v", source, err)
		}
	}
	want := fmt.Sprintf(`[{"userId":"1\"2","providerName":"Google","providerType":"Google","issuer":null,"primary":false,"dateCreated":%[1]d},`+
		`{"userId":"ann@example.com","providerName":"okta","providerType":"SAML","issuer":"https://idp.example.com/entity","primary":false,"dateCreated":%[1]d}]`, at)
	wantSame(t, "AdminGetUser", want, identities(t, p, "ann"))
	wantSame(t, "ListUsers", want, attribute(p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID}).Users[0].Attributes))
	only := p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID, AttributesToGet: []string{"identities"}}).Users[0].Attributes
	wantSame(t, "ListUsers(identities)", []api.AttributeType{{Name: "identities", Value: want}}, only)
	wantSame(t, "ListUsers(email)", "", attribute(p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID, AttributesToGet: []string{"email"}}).Users[0].Attributes))

	set := p.MustSignIn("ann", "").AuthenticationResult
	wantSame(t, "GetUser", want, attribute(p.Must(t).GetUser(&api.GetUserInput{AccessToken: set.AccessToken}).UserAttributes))
	wantSame(t, "the claim", any([]any{
		map[string]any{"userId": "1\"2", "providerName": "Google", "providerType": "Google", "issuer": nil, "primary": "false", "dateCreated": fmt.Sprint(at)},
		map[string]any{
			"userId": "ann@example.com", "providerName": "okta", "providerType": "SAML", "issuer": "https://idp.example.com/entity", "primary": "false",
			"dateCreated": fmt.Sprint(at),
		},
	}), claims(t, set.IdToken)["identities"])
	wantSame(t, "the claim of the access token", nil, claims(t, set.AccessToken)["identities"])

	// Only links write it.
	refused := api.InvalidParameterException("Cannot modify the non-mutable attribute identities")
	forged := cognatetest.Attributes("identities", "[]")
	_, err := p.Client.UpdateUserAttributes(t.Context(), &api.UpdateUserAttributesInput{AccessToken: set.AccessToken, UserAttributes: forged})
	cognatetest.WantError(t, "UpdateUserAttributes", err, refused)
	_, err = p.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{UserPoolId: p.PoolID, Username: "ann", UserAttributes: forged})
	cognatetest.WantError(t, "AdminUpdateUserAttributes", err, refused)
	_, err = p.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{UserPoolId: p.PoolID, Username: "bob", UserAttributes: forged})
	cognatetest.WantError(t, "AdminCreateUser", err, refused)
	_, err = p.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: p.ClientID, Username: "bob", Password: cognatetest.Password, UserAttributes: forged})
	cognatetest.WantError(t, "SignUp", err, refused)
	_, err = p.Client.DeleteUserAttributes(t.Context(), &api.DeleteUserAttributesInput{AccessToken: set.AccessToken, UserAttributeNames: []string{"identities"}})
	cognatetest.WantCode(t, "DeleteUserAttributes", err, api.CodeInvalidParameterException)
	_, err = p.Client.AdminDeleteUserAttributes(t.Context(), &api.AdminDeleteUserAttributesInput{UserPoolId: p.PoolID, Username: "ann", UserAttributeNames: []string{"identities"}})
	cognatetest.WantCode(t, "AdminDeleteUserAttributes", err, api.CodeInvalidParameterException)
	wantSame(t, "AdminGetUser after refusals", want, identities(t, p, "ann"))

	if err := disable(t, p, identity("okta", "mail", "ann@example.com")); err != nil {
		t.Errorf("AdminDisableProviderForUser() = %v", err)
	}
	wantSame(t, "AdminGetUser after one was removed", strings.Split(want, `,{"userId":"ann@`)[0]+"]", identities(t, p, "ann"))
	p.MustSignIn("ann", "")
}

func TestLinkRefusals(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.Schema = []api.SchemaAttributeType{{Name: "fixed", AttributeDataType: "String"}, {Name: "free", AttributeDataType: "String", Mutable: new(true)}}
	}))
	p.MustUser("ann", cognatetest.Attributes("custom:free", "x")...)
	p.MustUser("bob")
	p.MustUser("cas", cognatetest.Attributes("custom:fixed", "x")...)
	mustCreate(t, p, "Google")
	mustSAML(t, p, "okta")
	p.Must(t).CreateIdentityProvider(&api.CreateIdentityProviderInput{
		UserPoolId: p.PoolID, ProviderName: "oidc", ProviderType: oidc, AttributeMapping: map[string]string{"email": "mail"},
		ProviderDetails: map[string]string{
			"client_id": "id", "attributes_request_method": "GET", "authorize_scopes": "openid", "authorize_url": "https://a.example.com/a",
			"token_url": "https://a.example.com/t", "attributes_url": "https://a.example.com/u", "jwks_uri": "https://a.example.com/k",
		},
	})
	if err := link(t, p, "bob", identity("Google", subject, "taken")); err != nil {
		t.Fatal(err)
	}
	invalid := api.InvalidParameterException
	for _, tc := range []struct {
		name, username string
		source         *api.ProviderUserIdentifierType
		want           *api.Error // nil for success
	}{
		{"an unknown user", "eve", identity("Google", subject, "1"), errNoUser},
		{"a local source", "ann", identity("Cognito", subject, "bob"), errLocalSource},
		{"an unknown provider", "ann", identity("none", subject, "1"), noProvider("none")},
		{"a provider in another case", "ann", identity("google", subject, "1"), noProvider("google")},
		{"no provider", "ann", identity("", subject, "1"), invalid("Missing ProviderName in SourceUser")},
		{"no attribute", "ann", identity("Google", "", "1"), invalid("Missing ProviderAttributeName in SourceUser")},
		{"no value", "ann", identity("Google", subject, ""), invalid("Missing ProviderAttributeValue in SourceUser")},
		{"a long value", "ann", identity("Google", subject, strings.Repeat("ü", 257)), invalid("The ProviderAttributeValue in SourceUser must have at most 256 characters.")},
		{"an attribute of Google", "ann", identity("Google", "email", "1"), errAttribute},
		{"an attribute of OIDC without mapping", "ann", identity("oidc", "mail", "1"), errAttribute},
		{"a source of another user", "ann", identity("Google", subject, "taken"), errMerging},
		{"a source of the same user", "bob", identity("Google", subject, "taken"), errMerging},
		{"an immutable attribute", "cas", identity("Google", subject, "1"), invalid("The DestinationUser has the immutable attribute custom:fixed")},
		{"the longest value", "ann", identity("Google", subject, strings.Repeat("𝄞", 256)), nil},
		{"the same value of another provider", "ann", identity("oidc", subject, "taken"), nil},
		{"a mapped attribute of OIDC", "ann", identity("oidc", "email", "taken"), nil},
		{"an attribute of SAML", "ann", identity("okta", "http://schemas.example.com/claims/mail", "taken"), nil},
	} {
		before := ""
		if tc.username != "eve" {
			before = identities(t, p, tc.username)
		}
		err := link(t, p, tc.username, tc.source)
		if tc.want == nil && err != nil {
			t.Errorf("%s: AdminLinkProviderForUser() = %v", tc.name, err)
		}
		if tc.want != nil {
			cognatetest.WantError(t, tc.name+": AdminLinkProviderForUser()", err, tc.want)
			if tc.username != "eve" {
				wantSame(t, tc.name+": identities", before, identities(t, p, tc.username))
			}
		}
	}
	for name, tc := range map[string]struct {
		user *api.ProviderUserIdentifierType
		want *api.Error
	}{
		"an unlinked identity":     {identity("Google", subject, "2"), errNoUser},
		"an unknown provider":      {identity("none", subject, "2"), noProvider("none")},
		"an unknown user":          {identity("Cognito", subject, "eve"), errNoUser},
		"another attribute":        {identity("Cognito", "email", "ann"), invalid("The ProviderAttributeName of a user of the provider Cognito must be Cognito_Subject")},
		"another linked attribute": {identity("Google", "email", "taken"), errNoUser},
		"no value":                 {identity("Google", subject, ""), invalid("Missing ProviderAttributeValue in User")},
	} {
		cognatetest.WantError(t, name+": AdminDisableProviderForUser()", disable(t, p, tc.user), tc.want)
	}
	_, err := p.Client.AdminLinkProviderForUser(t.Context(), &api.AdminLinkProviderForUserInput{
		UserPoolId: "us-east-1_none", DestinationUser: identity("Cognito", "", "ann"), SourceUser: identity("Google", subject, "1"),
	})
	cognatetest.WantError(t, "AdminLinkProviderForUser(unknown pool)", err, noPool)
	_, err = p.Client.AdminDisableProviderForUser(t.Context(), &api.AdminDisableProviderForUserInput{UserPoolId: "us-east-1_none", User: identity("Google", subject, "1")})
	cognatetest.WantError(t, "AdminDisableProviderForUser(unknown pool)", err, noPool)
}

// A DestinationUser can be named by username, alias, sub, or a linked identity.
func TestDestinations(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.EmailIsAlias())
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	sub := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"}).UserAttributes[0].Value
	mustCreate(t, p, "Google")
	mustSAML(t, p, "okta")
	for i, destination := range []*api.ProviderUserIdentifierType{
		identity("Cognito", "", "ann"), identity("Cognito", "ignored", "ann@example.com"), identity("Cognito", subject, sub), identity("Google", "", "0"),
	} {
		_, err := p.Client.AdminLinkProviderForUser(t.Context(), &api.AdminLinkProviderForUserInput{
			UserPoolId: p.PoolID, DestinationUser: destination, SourceUser: identity("Google", subject, fmt.Sprint(i)),
		})
		if err != nil {
			t.Errorf("AdminLinkProviderForUser(%v) = %v", destination, err)
		}
	}
	if n := strings.Count(identities(t, p, "ann"), "userId"); n != 4 {
		t.Errorf("the user has %d identities, want 4", n)
	}
	_, err := p.Client.AdminLinkProviderForUser(t.Context(), &api.AdminLinkProviderForUserInput{
		UserPoolId: p.PoolID, DestinationUser: identity("Google", "", "9"), SourceUser: identity("Google", subject, "8"),
	})
	cognatetest.WantError(t, "AdminLinkProviderForUser(to an unknown identity)", err, errNoUser)
	if err := disable(t, p, identity("Cognito", subject, "ann@example.com")); err != nil {
		t.Errorf("AdminDisableProviderForUser(by alias) = %v", err)
	}
}

// A user has at most five links, and an identity at most one user, also with concurrent requests.
func TestRacingLinks(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		p.MustUser("ann")
		p.MustUser("bob")
		mustCreate(t, p, "Google")
		n := cognatetest.Race(t, api.CodeLimitExceededException, func(i int) error { return link(t, p, "ann", identity("Google", subject, fmt.Sprint(i))) })
		if n != 5 {
			t.Errorf("%d of the concurrent requests linked an identity, want 5", n)
		}
		made := strings.Count(identities(t, p, "ann"), "userId")
		if made != 5 {
			t.Errorf("the user has %d identities, want 5", made)
		}
		p.MustUser("cas")
		n = cognatetest.Race(t, api.CodeInvalidParameterException, func(i int) error {
			return link(t, p, []string{"bob", "cas"}[i%2], identity("Google", subject, "same"))
		})
		if n != 1 {
			t.Errorf("%d of the concurrent requests linked one identity, want 1", n)
		}
	})
}

// A link that was removed can be made again, for another user too. Links go with their user, and stay when their provider is
// deleted. A reset deletes them, and a fork has them.
func TestLinkLife(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	p.MustUser("bob")
	mustCreate(t, p, "Google")
	source := identity("Google", subject, "1")
	mustLink := func(p *cognatetest.UserPool, username string) {
		t.Helper()
		if err := link(t, p, username, source); err != nil {
			t.Fatalf("AdminLinkProviderForUser(%s) = %v", username, err)
		}
	}
	mustLink(p, "ann")
	if err := disable(t, p, source); err != nil {
		t.Fatalf("AdminDisableProviderForUser() = %v", err)
	}
	cognatetest.WantError(t, "AdminDisableProviderForUser(again)", disable(t, p, source), errNoUser)
	wantSame(t, "identities of ann", "", identities(t, p, "ann"))
	mustLink(p, "bob")
	p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "bob"})
	mustLink(p, "ann")

	linked := identities(t, p, "ann")
	p.Must(t).DeleteIdentityProvider(&api.DeleteIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "Google"})
	wantSame(t, "identities of ann without the provider", linked, identities(t, p, "ann"))
	if err := disable(t, p, source); err != nil {
		t.Errorf("AdminDisableProviderForUser(a deleted provider) = %v", err)
	}
	cognatetest.WantError(t, "AdminLinkProviderForUser(a deleted provider)", link(t, p, "ann", source), noProvider("Google"))

	mustCreate(t, p, "Google")
	mustLink(p, "ann")
	fork := p.WithFork(cognatetest.Try(p.ForkPool(t.Context(), p.PoolID, "")).Of(t))
	wantSame(t, "identities of ann in the fork", identities(t, p, "ann"), identities(t, fork, "ann"))
	cognatetest.WantError(t, "AdminLinkProviderForUser(in the fork)", link(t, fork, "ann", source), errMerging)
	if err := p.ResetPool(t.Context(), p.PoolID); err != nil {
		t.Fatal(err)
	}
	p.MustUser("ann")
	mustLink(p, "ann")
}

package conformance_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const redirectURL = "https://app.example/callback"

// A relying party with go-oidc and x/oauth2 signs a user in at the login page, verifies the ID token, reads userInfo, refreshes,
// and gets a token for itself.
func TestOAuthClients(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	domain := mustCreateDomain(t, p)
	ctx := t.Context()
	provider, err := oidc.NewProvider(ctx, strings.TrimSuffix(os.Getenv(envEndpoint), "/")+"/"+p.id)
	if err != nil {
		t.Fatalf("oidc.NewProvider() = %v", err)
	}
	if want := domain + "/oauth2/token"; provider.Endpoint().TokenURL != want {
		t.Errorf("token endpoint = %s, want %s", provider.Endpoint().TokenURL, want)
	}
	client := mustCreateOAuthClient(t, p, types.OAuthFlowTypeCode, "openid", "email", "profile")
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		endpoint := provider.Endpoint()
		endpoint.AuthStyle = style
		config := &oauth2.Config{
			ClientID: *client.ClientId, ClientSecret: *client.ClientSecret, Endpoint: endpoint, RedirectURL: redirectURL,
			Scopes: []string{oidc.ScopeOpenID, "email"},
		}
		verifier := oauth2.GenerateVerifier()
		state := `{"a":"+ %"}`
		answer := signInAtPage(t, config.AuthCodeURL(state, oidc.Nonce("n-0S6"), oauth2.S256ChallengeOption(verifier)))
		if answer.Get("state") != state {
			t.Errorf("state = %q, want %q", answer.Get("state"), state)
		}
		token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatalf("Exchange() = %v", err)
		}
		raw, _ := token.Extra("id_token").(string)
		id, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
		if err != nil || id.Nonce != "n-0S6" || id.VerifyAccessToken(token.AccessToken) != nil {
			t.Fatalf("Verify() = %+v, %v", id, err)
		}
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil || info.Subject != id.Subject || info.Email != "ines@example.com" || !info.EmailVerified {
			t.Errorf("UserInfo() = %+v, %v, want that of ines", info, err)
		}
		refreshed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
		if err != nil || refreshed.AccessToken == token.AccessToken {
			t.Errorf("refresh = %v", err)
		}
		if _, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier)); err == nil {
			t.Error("Exchange(used code) = nil, want an error")
		}
		if _, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token)); err == nil {
			t.Error("UserInfo() after the code was used again = nil, want an error")
		}
	}
}

// mustCreateDomain creates a domain for the pool and returns its URL.
func mustCreateDomain(t *testing.T, p *pool) string {
	t.Helper()
	name := "conf-" + strings.ToLower(strings.ReplaceAll(strings.Split(p.id, "_")[1], "_", ""))
	_, err := p.sdk.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{UserPoolId: &p.id, Domain: &name})
	if err != nil {
		t.Fatalf("CreateUserPoolDomain: %v", err)
	}
	t.Cleanup(func() {
		_, err := p.sdk.DeleteUserPoolDomain(context.WithoutCancel(t.Context()), &idp.DeleteUserPoolDomainInput{UserPoolId: &p.id, Domain: &name})
		if err != nil {
			t.Errorf("DeleteUserPoolDomain: %v", err)
		}
	})
	_, err = p.sdk.AdminUpdateUserAttributes(t.Context(), &idp.AdminUpdateUserAttributesInput{
		UserPoolId: &p.id, Username: aws.String(username), UserAttributes: []types.AttributeType{
			{Name: aws.String("email"), Value: aws.String("ines@example.com")}, {Name: aws.String("email_verified"), Value: aws.String("true")},
		},
	})
	if err != nil {
		t.Fatalf("AdminUpdateUserAttributes: %v", err)
	}
	return strings.TrimSuffix(os.Getenv(envEndpoint), "/") + "/domains/" + name
}

func mustCreateOAuthClient(t *testing.T, p *pool, flow types.OAuthFlowType, scopes ...string) *types.UserPoolClientType {
	t.Helper()
	created, err := p.sdk.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{
		UserPoolId: &p.id, ClientName: aws.String("oauth"), GenerateSecret: true, AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthFlows: []types.OAuthFlowType{flow}, AllowedOAuthScopes: scopes, CallbackURLs: []string{redirectURL},
		SupportedIdentityProviders: []string{"COGNITO"},
	})
	if err != nil {
		t.Fatalf("CreateUserPoolClient: %v", err)
	}
	return created.UserPoolClient
}

// signInAtPage opens an authorization request in a new browser, signs ines in, and returns the parameters that the application gets.
func signInAtPage(t *testing.T, address string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var answer *url.URL
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirectURL) {
			answer = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	response, err := browser.Get(address)
	for range 5 { // pages
		if err != nil {
			t.Fatalf("sign in at the page: %v", err)
		}
		page, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if answer != nil || err != nil {
			break
		}
		action, form := fillForm(string(page))
		if form == nil {
			t.Fatalf("%s has no form:\n%s", response.Request.URL, page)
		}
		target, err := response.Request.URL.Parse(action)
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target.String(), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", fmt.Sprintf("%s://%s", target.Scheme, target.Host))
		response, err = browser.Do(request)
		if err != nil {
			t.Fatalf("sign in at the page: %v", err)
		}
	}
	if answer == nil {
		t.Fatal("the application got no answer")
	}
	return answer.Query()
}

var (
	formTag  = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)">(.*?)</form>`)
	inputTag = regexp.MustCompile(`(?s)<(input|button)([^>]*)>`)
	property = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// fillForm returns where the first form of a page goes and what a user sends with it; nil for a page without a form.
func fillForm(page string) (string, url.Values) {
	found := formTag.FindStringSubmatch(page)
	if found == nil {
		return "", nil
	}
	form := make(url.Values)
	pressed := false // the first button
	for _, input := range inputTag.FindAllStringSubmatch(found[2], -1) {
		properties := make(map[string]string)
		for _, p := range property.FindAllStringSubmatch(input[2], -1) {
			properties[p[1]] = html.UnescapeString(p[2])
		}
		if input[1] == "button" {
			if pressed {
				continue
			}
			pressed = true
		}
		switch name := properties["name"]; {
		case name == "username":
			form.Set(name, username)
		case name == "password":
			form.Set(name, password)
		case name != "" && !form.Has(name):
			form.Set(name, properties["value"])
		}
	}
	return html.UnescapeString(found[1]), form
}

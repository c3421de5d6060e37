package conformance_test

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"
)

// A relying party with the library of Zitadel signs a user in at the login page, reads userInfo, refreshes, and
// revokes the refresh token.
func TestZitadelRelyingParty(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	mustCreateDomain(t, p)
	ctx := t.Context()
	client := mustCreateOAuthClient(t, p, types.OAuthFlowTypeCode, "openid", "email", "profile")
	issuer := strings.TrimSuffix(os.Getenv(envEndpoint), "/") + "/" + p.id
	party, err := rp.NewRelyingPartyOIDC(ctx, issuer, *client.ClientId, *client.ClientSecret, redirectURL,
		[]string{oidc.ScopeOpenID, oidc.ScopeEmail}, rp.WithSigningAlgsFromDiscovery())
	if err != nil {
		t.Fatalf("NewRelyingPartyOIDC() = %v", err)
	}
	verifier := oauth2.GenerateVerifier()
	challenge := oauth2.S256ChallengeFromVerifier(verifier)
	answer := signInAtPage(t, rp.AuthURL("before", party, rp.WithCodeChallenge(challenge)))
	if answer.Get("state") != "before" || answer.Get("iss") != issuer {
		t.Errorf("answer = %v, want the state and the issuer", answer)
	}
	if _, err := rp.CodeExchange[*oidc.IDTokenClaims](ctx, answer.Get("code"), party, rp.WithCodeVerifier(verifier+"x")); err == nil {
		t.Error("CodeExchange(another verifier) = nil, want an error")
	}
	tokens, err := rp.CodeExchange[*oidc.IDTokenClaims](ctx, answer.Get("code"), party, rp.WithCodeVerifier(verifier))
	if err != nil {
		t.Fatalf("CodeExchange() = %v", err)
	}
	subject := tokens.IDTokenClaims.Subject
	info, err := rp.Userinfo[*oidc.UserInfo](ctx, tokens.AccessToken, oidc.BearerToken, subject, party)
	if err != nil || info.Email != "ines@example.com" || !bool(info.EmailVerified) {
		t.Errorf("Userinfo() = %+v, %v, want that of ines", info, err)
	}
	refreshed, err := rp.RefreshTokens[*oidc.IDTokenClaims](ctx, party, tokens.RefreshToken, "", "")
	if err != nil || refreshed.IDTokenClaims.Subject != subject || refreshed.AccessToken == tokens.AccessToken {
		t.Fatalf("RefreshTokens() = %+v, %v", refreshed, err)
	}
	if err := rp.RevokeToken(ctx, party, tokens.RefreshToken, "refresh_token"); err != nil {
		t.Errorf("RevokeToken() = %v", err)
	}
	if _, err := rp.RefreshTokens[*oidc.IDTokenClaims](ctx, party, tokens.RefreshToken, "", ""); err == nil {
		t.Error("RefreshTokens(revoked) = nil, want an error")
	}
	if _, err := rp.Userinfo[*oidc.UserInfo](ctx, refreshed.AccessToken, oidc.BearerToken, subject, party); err == nil {
		t.Error("Userinfo() after the revocation = nil, want an error")
	}
}

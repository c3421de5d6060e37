package conformance_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// mustRotate makes the pool's client rotate refresh tokens, with that grace period in seconds.
func (p *pool) mustRotate(t *testing.T, grace int32) {
	t.Helper()
	_, err := p.sdk.UpdateUserPoolClient(t.Context(), &idp.UpdateUserPoolClientInput{
		UserPoolId: &p.id, ClientId: &p.clientID,
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowUserPasswordAuth},
		RefreshTokenRotation: &types.RefreshTokenRotationType{
			Feature: types.FeatureTypeEnabled, RetryGracePeriodSeconds: &grace,
		},
	})
	if err != nil {
		t.Fatalf("UpdateUserPoolClient: %v", err)
	}
}

func (p *pool) renew(ctx context.Context, refreshToken string) (*types.AuthenticationResultType, error) {
	out, err := p.sdk.GetTokensFromRefreshToken(ctx, &idp.GetTokensFromRefreshTokenInput{
		ClientId: &p.clientID, RefreshToken: &refreshToken,
	})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

// mustRenew trades a refresh token for new tokens and returns the refresh token among them.
func (p *pool) mustRenew(t *testing.T, refreshToken string) string {
	t.Helper()
	result, err := p.renew(t.Context(), refreshToken)
	if err != nil {
		t.Fatalf("GetTokensFromRefreshToken: %v", err)
	}
	mustHaveTokens(t, result)
	return *result.RefreshToken
}

// A client that rotates gets a new refresh token each time, and may use the one before again within the grace period.
func TestRefreshTokenRotates(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	p.mustRotate(t, 60)
	first := *p.mustSignIn(t).AuthenticationResult.RefreshToken
	second := p.mustRenew(t, first)
	p.mustRenew(t, first)
	if third := p.mustRenew(t, second); third == first || third == second {
		t.Error("GetTokensFromRefreshToken gave an old refresh token again")
	}
	_, err := p.sdk.InitiateAuth(t.Context(), &idp.InitiateAuthInput{
		ClientId: &p.clientID, AuthFlow: types.AuthFlowTypeRefreshTokenAuth, AuthParameters: map[string]string{"REFRESH_TOKEN": second},
	})
	wantError(t, "REFRESH_TOKEN_AUTH of a client that rotates", err, "InvalidParameterException", "")
}

// Without a grace period a used refresh token is at an end, and so is the sign-in once it is used again.
func TestReusedRefreshTokenEndsTheSignIn(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	p.mustRotate(t, 0)
	signedIn := p.mustSignIn(t).AuthenticationResult
	second := p.mustRenew(t, *signedIn.RefreshToken)
	_, err := p.renew(t.Context(), *signedIn.RefreshToken)
	if reuse := (*types.RefreshTokenReuseException)(nil); !errors.As(err, &reuse) {
		t.Errorf("a used refresh token = %v, want RefreshTokenReuseException", err)
	}
	_, err = p.renew(t.Context(), second)
	wantError(t, "the refresh token that took its place", err, "NotAuthorizedException", "Refresh Token has been revoked")
	_, err = p.sdk.GetUser(t.Context(), &idp.GetUserInput{AccessToken: signedIn.AccessToken})
	wantError(t, "the sign-in's access token", err, "NotAuthorizedException", "Access Token has been revoked")
}

// Any refresh token of a sign-in revokes all of it.
func TestRotatedRefreshTokenIsRevoked(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	p.mustRotate(t, 0)
	first := *p.mustSignIn(t).AuthenticationResult.RefreshToken
	second := p.mustRenew(t, first)
	if _, err := p.sdk.RevokeToken(t.Context(), &idp.RevokeTokenInput{ClientId: &p.clientID, Token: aws.String(first)}); err != nil {
		t.Fatalf("RevokeToken: %v", err)
	}
	_, err := p.renew(t.Context(), second)
	wantError(t, "the newest refresh token", err, "NotAuthorizedException", "Refresh Token has been revoked")
}

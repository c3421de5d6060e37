package conformance_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// mustRotate turns on refresh token rotation for the pool's client. grace is the grace period in seconds.
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

func (p *pool) refresh(ctx context.Context, refreshToken string) (*types.AuthenticationResultType, error) {
	out, err := p.sdk.GetTokensFromRefreshToken(ctx, &idp.GetTokensFromRefreshTokenInput{
		ClientId: &p.clientID, RefreshToken: &refreshToken,
	})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

// mustRefresh gets new tokens for a refresh token and returns the new refresh token.
func (p *pool) mustRefresh(t *testing.T, refreshToken string) string {
	t.Helper()
	result, err := p.refresh(t.Context(), refreshToken)
	if err != nil {
		t.Fatalf("GetTokensFromRefreshToken: %v", err)
	}
	mustHaveTokens(t, result)
	return *result.RefreshToken
}

// A client with rotation gets a new refresh token each time. Within the grace period it may use the previous one again.
func TestRefreshTokenRotates(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	p.mustRotate(t, 60)
	first := *p.mustSignIn(t).AuthenticationResult.RefreshToken
	second := p.mustRefresh(t, first)
	p.mustRefresh(t, first)
	if third := p.mustRefresh(t, second); third == first || third == second {
		t.Error("GetTokensFromRefreshToken gave an old refresh token again")
	}
	_, err := p.sdk.InitiateAuth(t.Context(), &idp.InitiateAuthInput{
		ClientId: &p.clientID, AuthFlow: types.AuthFlowTypeRefreshTokenAuth, AuthParameters: map[string]string{"REFRESH_TOKEN": second},
	})
	wantError(t, "REFRESH_TOKEN_AUTH of a client that rotates", err, "InvalidParameterException", "")
}

// Without a grace period a used refresh token is invalid. Using it again revokes the sign-in.
func TestReusedRefreshTokenEndsTheSignIn(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	p.mustRotate(t, 0)
	signedIn := p.mustSignIn(t).AuthenticationResult
	second := p.mustRefresh(t, *signedIn.RefreshToken)
	_, err := p.refresh(t.Context(), *signedIn.RefreshToken)
	if reuse := (*types.RefreshTokenReuseException)(nil); !errors.As(err, &reuse) {
		t.Errorf("a used refresh token = %v, want RefreshTokenReuseException", err)
	}
	_, err = p.refresh(t.Context(), second)
	wantError(t, "the refresh token that replaced it", err, "NotAuthorizedException", "Refresh Token has been revoked")
	_, err = p.sdk.GetUser(t.Context(), &idp.GetUserInput{AccessToken: signedIn.AccessToken})
	wantError(t, "the sign-in's access token", err, "NotAuthorizedException", "Access Token has been revoked")
}

// Any refresh token of a sign-in revokes all tokens of the sign-in.
func TestRotatedRefreshTokenIsRevoked(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	p.mustRotate(t, 0)
	first := *p.mustSignIn(t).AuthenticationResult.RefreshToken
	second := p.mustRefresh(t, first)
	if _, err := p.sdk.RevokeToken(t.Context(), &idp.RevokeTokenInput{ClientId: &p.clientID, Token: aws.String(first)}); err != nil {
		t.Fatalf("RevokeToken: %v", err)
	}
	_, err := p.refresh(t.Context(), second)
	wantError(t, "the newest refresh token", err, "NotAuthorizedException", "Refresh Token has been revoked")
}

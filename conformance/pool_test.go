package conformance_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

const (
	username = "ines"
	password = "Correct-horse-1"
)

// pool is the user pool of one test, with one app client and one confirmed user.
type pool struct {
	sdk      *idp.Client
	id       string
	clientID string
}

// mustCreatePool creates a pool with software tokens, and deletes it when t ends.
func mustCreatePool(t *testing.T, mfa types.UserPoolMfaType, tags map[string]string) *pool {
	t.Helper()
	ctx := t.Context()
	sdk := mustConnect(t)
	created, err := sdk.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("conformance"), UserPoolTags: tags})
	if err != nil {
		t.Fatalf("CreateUserPool: %v", err)
	}
	p := &pool{sdk: sdk, id: *created.UserPool.Id}
	t.Cleanup(func() {
		_, err := sdk.DeleteUserPool(context.WithoutCancel(ctx), &idp.DeleteUserPoolInput{UserPoolId: &p.id})
		if err != nil {
			t.Errorf("DeleteUserPool: %v", err)
		}
	})
	if mfa != types.UserPoolMfaTypeOff {
		_, err = sdk.SetUserPoolMfaConfig(ctx, &idp.SetUserPoolMfaConfigInput{
			UserPoolId:                    &p.id,
			MfaConfiguration:              mfa,
			SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
		})
		if err != nil {
			t.Fatalf("SetUserPoolMfaConfig(%s): %v", mfa, err)
		}
	}
	client, err := sdk.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{
		UserPoolId: &p.id,
		ClientName: aws.String("conformance"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{
			types.ExplicitAuthFlowsTypeAllowUserPasswordAuth, types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		t.Fatalf("CreateUserPoolClient: %v", err)
	}
	p.clientID = *client.UserPoolClient.ClientId
	p.mustCreateUser(t)
	return p
}

func (p *pool) mustCreateUser(t *testing.T) {
	t.Helper()
	_, err := p.sdk.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{
		UserPoolId: &p.id, Username: aws.String(username), MessageAction: types.MessageActionTypeSuppress,
	})
	if err != nil {
		t.Fatalf("AdminCreateUser: %v", err)
	}
	_, err = p.sdk.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{
		UserPoolId: &p.id, Username: aws.String(username), Password: aws.String(password), Permanent: true,
	})
	if err != nil {
		t.Fatalf("AdminSetUserPassword: %v", err)
	}
}

// mustSignIn sends the password and returns the response: a challenge or tokens.
func (p *pool) mustSignIn(t *testing.T) *idp.InitiateAuthOutput {
	t.Helper()
	out, err := p.sdk.InitiateAuth(t.Context(), &idp.InitiateAuthInput{
		ClientId:       &p.clientID,
		AuthFlow:       types.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": password},
	})
	if err != nil {
		t.Fatalf("InitiateAuth: %v", err)
	}
	return out
}

// mustGetChallenge sends the password and returns the session of the expected challenge.
func (p *pool) mustGetChallenge(t *testing.T, want types.ChallengeNameType) string {
	t.Helper()
	out := p.mustSignIn(t)
	if out.ChallengeName != want || aws.ToString(out.Session) == "" || out.AuthenticationResult != nil {
		t.Fatalf("InitiateAuth = challenge %q, session given: %v, tokens given: %v; want challenge %s with a session and no tokens",
			out.ChallengeName, out.Session != nil, out.AuthenticationResult != nil, want)
	}
	return *out.Session
}

// mustGetTokens sends the password and returns the access token. A challenge is an error.
func (p *pool) mustGetTokens(t *testing.T) string {
	t.Helper()
	out := p.mustSignIn(t)
	if out.ChallengeName != "" {
		t.Fatalf("InitiateAuth = challenge %s, want tokens", out.ChallengeName)
	}
	return mustHaveTokens(t, out.AuthenticationResult)
}

// respond answers a challenge.
func (p *pool) respond(ctx context.Context, name types.ChallengeNameType, session string, answers map[string]string) (
	*idp.RespondToAuthChallengeOutput, error,
) {
	responses := map[string]string{"USERNAME": username}
	maps.Copy(responses, answers)
	return p.sdk.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{
		ClientId: &p.clientID, ChallengeName: name, Session: &session, ChallengeResponses: responses,
	})
}

// answerCode answers SOFTWARE_TOKEN_MFA.
func (p *pool) answerCode(ctx context.Context, session, code string) (*idp.RespondToAuthChallengeOutput, error) {
	return p.respond(ctx, types.ChallengeNameTypeSoftwareTokenMfa, session, map[string]string{"SOFTWARE_TOKEN_MFA_CODE": code})
}

// mustAnswerCode answers SOFTWARE_TOKEN_MFA with a correct code and returns the access token.
func (p *pool) mustAnswerCode(t *testing.T, session, code string) string {
	t.Helper()
	out, err := p.answerCode(t.Context(), session, code)
	if err != nil {
		t.Fatalf("RespondToAuthChallenge(SOFTWARE_TOKEN_MFA): %v", err)
	}
	return mustHaveTokens(t, out.AuthenticationResult)
}

func mustHaveTokens(t *testing.T, r *types.AuthenticationResultType) string {
	t.Helper()
	if r == nil || aws.ToString(r.AccessToken) == "" || aws.ToString(r.IdToken) == "" || aws.ToString(r.RefreshToken) == "" {
		t.Fatal("AuthenticationResult misses a token, want access, ID and refresh token")
	}
	if aws.ToString(r.TokenType) != "Bearer" || r.ExpiresIn <= 0 {
		t.Fatalf("AuthenticationResult = type %q, expires in %d, want Bearer and more than 0", aws.ToString(r.TokenType), r.ExpiresIn)
	}
	return *r.AccessToken
}

// mustConnect configures the SDK as an application does, except for the endpoint. Access keys come from the
// environment, for servers that check them. Without any, it uses a placeholder key.
func mustConnect(t *testing.T) *idp.Client {
	t.Helper()
	return mustConnectTo(t, os.Getenv(envEndpoint))
}

// mustConnectTo is mustConnect for a server at another address.
func mustConnectTo(t *testing.T, endpoint string) *idp.Client {
	t.Helper()
	options := []func(*config.LoadOptions) error{
		config.WithRegion(cmp.Or(os.Getenv("AWS_REGION"), "us-east-1")),
		config.WithBaseEndpoint(endpoint),
	}
	if os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		options = append(options, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider("COGNATECONFORMANCE00", "conformance", "")))
	}
	cfg, err := config.LoadDefaultConfig(t.Context(), options...)
	if err != nil {
		t.Fatalf("load the SDK's configuration: %v", err)
	}
	return idp.NewFromConfig(cfg)
}

// wantError checks the code of an API error and, unless message is empty, its message.
func wantError(t *testing.T, call string, err error, code, message string) {
	t.Helper()
	var apiErr smithy.APIError
	switch {
	case !errors.As(err, &apiErr):
		t.Errorf("%s = %v, want %s", call, err, code)
	case apiErr.ErrorCode() != code:
		t.Errorf("%s = %s %q, want %s", call, apiErr.ErrorCode(), apiErr.ErrorMessage(), code)
	case message != "" && apiErr.ErrorMessage() != message:
		t.Errorf("%s: %s has message %q, want %q", call, code, apiErr.ErrorMessage(), message)
	}
}

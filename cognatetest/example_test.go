package cognatetest_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/devapi"
	"cognate/notify"
)

const seed = `
pools:
  - id: us-east-1_Example1
    PoolName: example
    AutoVerifiedAttributes: [email]
    mfa: {MfaConfiguration: OPTIONAL, SoftwareTokenMfaConfiguration: {Enabled: true}}
    clients:
      - id: web
        ClientName: web
        ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]
    users:
      - {username: ann, password: Correct-horse-7, softwareToken: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ}
`

// check stops an example after an error.
func check[T any](v T, err error) T {
	if err != nil {
		log.Panic(err)
	}
	return v
}

// The example creates a pool, signs in with a software token, and moves the clock by an hour.
func Example() {
	ctx := context.Background()
	s := check(cognatetest.Open(ctx))
	defer s.Close()
	if err := s.ApplySeed(ctx, check(devapi.ParseSeed([]byte(seed)))); err != nil {
		log.Panic(err)
	}
	fork := check(s.ForkPool(ctx, "us-east-1_Example1", ""))
	client := fork.ClientIDs["web"]

	asked := check(s.Client.InitiateAuth(ctx, &api.InitiateAuthInput{
		ClientId: client, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "Correct-horse-7"},
	}))
	fmt.Println(asked.ChallengeName)
	authenticator := check(s.Authenticator(ctx, fork.PoolID, "ann"))
	done := check(s.Client.RespondToAuthChallenge(ctx, &api.RespondToAuthChallengeInput{
		ClientId: client, ChallengeName: asked.ChallengeName, Session: asked.Session,
		ChallengeResponses: map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": authenticator.Active.NextCode},
	}))
	token := done.AuthenticationResult.AccessToken
	fmt.Println(check(s.Client.GetUser(ctx, &api.GetUserInput{AccessToken: token})).Username)

	s.Clock.Advance(time.Hour + time.Second)
	_, err := s.Client.GetUser(ctx, &api.GetUserInput{AccessToken: token})
	fmt.Println(err)
	// Output:
	// SOFTWARE_TOKEN_MFA
	// ann
	// NotAuthorizedException: Access Token has expired
}

// A message is waited for, and the next one fails.
func ExampleServer_messages() {
	ctx := context.Background()
	s := check(cognatetest.Open(ctx))
	defer s.Close()
	if err := s.ApplySeed(ctx, check(devapi.ParseSeed([]byte(seed)))); err != nil {
		log.Panic(err)
	}
	check(s.Client.SignUp(ctx, &api.SignUpInput{
		ClientId: "web", Username: "bob", Password: "Correct-horse-7",
		UserAttributes: []api.AttributeType{{Name: "email", Value: "bob@example.com"}},
	}))
	message := check(s.NextMessage(ctx, notify.Filter{Destination: "bob@example.com"}))
	fmt.Println(message.Kind, len(message.Code))

	s.FailMessages(notify.Failure{Text: "The mail server is down."})
	_, err := s.Client.ResendConfirmationCode(ctx, &api.ResendConfirmationCodeInput{ClientId: "web", Username: "bob"})
	fmt.Println(err)
	// Output:
	// SignUp 6
	// CodeDeliveryFailureException: The mail server is down.
}

package subject_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/cognatetest"
)

// The names that the table compares. They are equally long, since Sessions carry the typed name.
const (
	wrongPassword = "ann" // a confirmed user; every answer is wrong
	disabled      = "dan"
	unknown       = "eve"
)

// attempt is one operation for a typed name, with a wrong answer where it needs one. It returns what the client sees.
type attempt func(t *testing.T, p *cognatetest.UserPool, name string) string

// attempts are the operations that take a username without authentication, and the flows of those that sign in.
var attempts = map[string]attempt{
	"InitiateAuth(USER_PASSWORD_AUTH)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return signIn(t, p, api.AuthFlowTypeUserPasswordAuth, name, "PASSWORD", "Wrong-horse-7")
	},
	"InitiateAuth(USER_SRP_AUTH)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return signIn(t, p, api.AuthFlowTypeUserSrpAuth, name, "SRP_A", srpA)
	},
	"InitiateAuth(USER_AUTH)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return signIn(t, p, api.AuthFlowTypeUserAuth, name)
	},
	"InitiateAuth(USER_AUTH, PASSWORD)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return signIn(t, p, api.AuthFlowTypeUserAuth, name, "PREFERRED_CHALLENGE", "PASSWORD")
	},
	"InitiateAuth(USER_AUTH, PASSWORD at once)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return signIn(t, p, api.AuthFlowTypeUserAuth, name, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", "Wrong-horse-7")
	},
	"InitiateAuth(USER_AUTH, PASSWORD_SRP)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return signIn(t, p, api.AuthFlowTypeUserAuth, name, "PREFERRED_CHALLENGE", "PASSWORD_SRP", "SRP_A", srpA)
	},
	"InitiateAuth(USER_AUTH, EMAIL_OTP)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return signIn(t, p, api.AuthFlowTypeUserAuth, name, "PREFERRED_CHALLENGE", "EMAIL_OTP")
	},
	"InitiateAuth(CUSTOM_AUTH)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return signIn(t, p, api.AuthFlowTypeCustomAuth, name)
	},
	"AdminInitiateAuth(ADMIN_USER_PASSWORD_AUTH)": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		out, err := p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": "Wrong-horse-7"},
		})
		return mustSee(t, err, func() string { return string(out.ChallengeName) })
	},
	"ForgotPassword": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		out, err := p.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{ClientId: p.ClientID, Username: name})
		return mustSee(t, err, func() string { return delivery(out.CodeDeliveryDetails) })
	},
	"ConfirmForgotPassword": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		_, err := p.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
			ClientId: p.ClientID, Username: name, ConfirmationCode: "000000", Password: "Another-horse-7",
		})
		return mustSee(t, err, func() string { return "confirmed" })
	},
	"ResendConfirmationCode": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		out, err := p.Client.ResendConfirmationCode(t.Context(), &api.ResendConfirmationCodeInput{ClientId: p.ClientID, Username: name})
		return mustSee(t, err, func() string { return delivery(out.CodeDeliveryDetails) })
	},
	"ConfirmSignUp": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		_, err := p.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{
			ClientId: p.ClientID, Username: name, ConfirmationCode: "000000",
		})
		return mustSee(t, err, func() string { return "confirmed" })
	},
	"SignUp": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		_, err := p.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: p.ClientID, Username: name, Password: cognatetest.Password})
		return mustSee(t, err, func() string { return "signed up" })
	},
}

// answers are the challenges to which a client can answer before anything is proven, each with the wrong answer.
var answers = map[string]attempt{
	"PASSWORD": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return answer(t, p, name, api.ChallengeNameTypePassword, "PASSWORD", "Wrong-horse-7")
	},
	"PASSWORD_SRP": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return answer(t, p, name, api.ChallengeNameTypePasswordSrp, "SRP_A", srpA)
	},
	"EMAIL_OTP": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return answer(t, p, name, api.ChallengeNameTypeEmailOtp, "EMAIL_OTP_CODE", "00000000")
	},
	"SELECT_CHALLENGE": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		return answer(t, p, name, api.ChallengeNameTypeSelectChallenge, "ANSWER", "EMAIL_OTP")
	},
	"CUSTOM_CHALLENGE": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		out, err := start(t, p, api.AuthFlowTypeCustomAuth, name)
		if err != nil {
			return mustSee(t, err, nil)
		}
		return respond(t, p, name, api.ChallengeNameTypeCustomChallenge, out.Session, "ANSWER", "wrong")
	},
	"PASSWORD_VERIFIER": func(t *testing.T, p *cognatetest.UserPool, name string) string {
		out, err := start(t, p, api.AuthFlowTypeUserSrpAuth, name, "SRP_A", srpA)
		if err != nil {
			return mustSee(t, err, nil)
		}
		return respond(t, p, name, api.ChallengeNameTypePasswordVerifier, "",
			"PASSWORD_CLAIM_SECRET_BLOCK", out.ChallengeParameters["SECRET_BLOCK"],
			"PASSWORD_CLAIM_SIGNATURE", base64.StdEncoding.EncodeToString(make([]byte, 32)),
			"TIMESTAMP", srp.FormatTimestamp(p.Clock.Now()))
	},
}

var srpA = strings.Repeat("7", 768)

// A client that hides users gets the same answers for an unknown name, for a disabled user and for a user whose answer is
// wrong, in every operation that takes a username without authentication. It locks them alike, too.
func TestAnswersLookAlike(t *testing.T) {
	t.Parallel()
	for _, table := range []map[string]attempt{attempts, answers} {
		for what, try := range table {
			t.Run(what, func(t *testing.T) {
				t.Parallel()
				p := mustHidingClient(t)
				for range 8 { // past the limits and the lockout
					want := try(t, p, wrongPassword)
					for _, name := range []string{disabled, unknown} {
						if got := try(t, p, name); got != want {
							t.Fatalf("%s of %s:\n%s\nwant what %s gets:\n%s", what, name, got, wrongPassword, want)
						}
					}
				}
			})
		}
	}
}

// A client that shows users learns that a name is unknown, and that a user is disabled.
func TestAnswersDiffer(t *testing.T) {
	t.Parallel()
	p := mustHidingClient(t)
	mustClient(t, p, api.PreventUserExistenceErrorTypesLegacy)
	const noUser, noCombination = "UserNotFoundException: User does not exist.", "UserNotFoundException: Username/client id combination not found."
	const isDisabled = "NotAuthorizedException: User is disabled."
	want := map[string][2]string{ // unknown, disabled
		"InitiateAuth(USER_PASSWORD_AUTH)":            {noUser, isDisabled},
		"InitiateAuth(USER_AUTH)":                     {noUser, isDisabled},
		"InitiateAuth(USER_AUTH, PASSWORD)":           {noUser, isDisabled},
		"InitiateAuth(USER_AUTH, PASSWORD at once)":   {noUser, isDisabled},
		"InitiateAuth(USER_AUTH, PASSWORD_SRP)":       {noUser, isDisabled},
		"InitiateAuth(USER_AUTH, EMAIL_OTP)":          {noUser, isDisabled},
		"InitiateAuth(CUSTOM_AUTH)":                   {noUser, isDisabled},
		"AdminInitiateAuth(ADMIN_USER_PASSWORD_AUTH)": {noUser, isDisabled},
		"ForgotPassword":                              {noCombination, isDisabled},
		"ConfirmForgotPassword":                       {noCombination, isDisabled},
		"ResendConfirmationCode":                      {noCombination, isDisabled},
		"ConfirmSignUp":                               {noCombination, isDisabled},
	}
	got := make(map[string][2]string)
	for what := range want {
		got[what] = [2]string{attempts[what](t, p, unknown), attempts[what](t, p, disabled)}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers of a client that shows users (-want +got):\n%s", diff)
	}
	if got := attempts["InitiateAuth(USER_SRP_AUTH)"](t, p, unknown); got != noUser {
		t.Errorf("InitiateAuth(USER_SRP_AUTH) of an unknown name = %s, want %s", got, noUser)
	}
	if got := answers["PASSWORD_VERIFIER"](t, p, disabled); got != isDisabled {
		t.Errorf("PASSWORD_VERIFIER of a disabled user = %s, want %s", got, isDisabled)
	}
}

// mustHidingClient makes a pool in which only administrators create users, with the first factors of a choice-based sign-in
// and functions for custom challenges, the two users, and a client that hides users.
func mustHidingClient(t *testing.T) *cognatetest.UserPool {
	t.Helper()
	p := cognatetest.Pool(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail), cognatetest.AdminCreateOnly(),
		cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp))
	setFunctions(p)
	for _, name := range []string{wrongPassword, disabled} {
		p.MustUser(name, api.AttributeType{Name: "email", Value: name + "@example.com"}, api.AttributeType{Name: "email_verified", Value: "true"})
	}
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: disabled})
	mustClient(t, p, api.PreventUserExistenceErrorTypesEnabled)
	return p
}

// mustClient changes whether the client hides users. It allows every flow.
func mustClient(t *testing.T, p *cognatetest.UserPool, prevent api.PreventUserExistenceErrorTypes) {
	t.Helper()
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, PreventUserExistenceErrors: prevent,
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
			api.ExplicitAuthFlowsTypeAllowUserSrpAuth, api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowUserAuth,
			api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
}

// start begins a sign-in. The pairs are further parameters.
func start(t *testing.T, p *cognatetest.UserPool, flow api.AuthFlowType, name string, pairs ...string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: flow, AuthParameters: parameters(name, pairs),
	})
}

func signIn(t *testing.T, p *cognatetest.UserPool, flow api.AuthFlowType, name string, pairs ...string) string {
	t.Helper()
	out, err := start(t, p, flow, name, pairs...)
	return mustSee(t, err, func() string {
		return challenge(out.ChallengeName, out.Session, out.ChallengeParameters, out.AuthenticationResult) + fmt.Sprint(out.AvailableChallenges)
	})
}

// answer begins a choice-based sign-in with the challenge and answers it.
func answer(t *testing.T, p *cognatetest.UserPool, name string, to api.ChallengeNameType, pairs ...string) string {
	t.Helper()
	out, err := start(t, p, api.AuthFlowTypeUserAuth, name, "PREFERRED_CHALLENGE", string(to))
	if err != nil {
		return mustSee(t, err, nil)
	}
	return respond(t, p, name, to, out.Session, pairs...)
}

func respond(t *testing.T, p *cognatetest.UserPool, name string, to api.ChallengeNameType, session string, pairs ...string) string {
	t.Helper()
	out, err := p.Answer(to, session, parameters(name, pairs))
	return mustSee(t, err, func() string {
		return challenge(out.ChallengeName, out.Session, out.ChallengeParameters, out.AuthenticationResult)
	})
}

func parameters(name string, pairs []string) map[string]string {
	out := map[string]string{"USERNAME": name}
	for pair := range slices.Chunk(pairs, 2) {
		out[pair[0]] = pair[1]
	}
	return out
}

// mustSee returns what a client sees: the error, or what shape makes of the output.
func mustSee(t *testing.T, err error, shape func() string) string {
	t.Helper()
	if err == nil {
		return shape()
	}
	refusal, ok := errors.AsType[*api.Error](err)
	if !ok {
		t.Fatal(err)
	}
	return refusal.Code + ": " + refusal.Message
}

// challenge describes a challenge: its parameters with their lengths. Numbers of SRP vary in length by chance.
func challenge(name api.ChallengeNameType, session string, parameters map[string]string, tokens *api.AuthenticationResultType) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, Session of %d characters, tokens: %v\n", name, len(session), tokens != nil)
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		length := len(parameters[key])
		if key == "SALT" || key == "SRP_B" {
			length = 0
		}
		fmt.Fprintf(&b, "%s of %d characters\n", key, length)
	}
	return b.String()
}

func delivery(d *api.CodeDeliveryDetailsType) string {
	return fmt.Sprintf("%s to %s, %d characters", d.DeliveryMedium, d.AttributeName, len(d.Destination))
}

// setFunctions gives the pool functions that make one custom challenge and accept no answer.
func setFunctions(p *cognatetest.UserPool) {
	p.MustTrigger(cognate.TriggerDefineAuthChallenge, cognate.TriggerCreateAuthChallenge, cognate.TriggerVerifyAuthChallengeResponse)
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, func(e *cognatetest.TriggerEvent) (any, error) {
		return map[string]any{"challengeName": "CUSTOM_CHALLENGE", "issueTokens": false, "failAuthentication": len(e.Request.Session) > 1}, nil
	})
	p.Triggers.On(cognate.TriggerCreateAuthChallenge, func(*cognatetest.TriggerEvent) (any, error) {
		return map[string]any{"publicChallengeParameters": map[string]string{"question": "?"}}, nil
	})
	p.Triggers.On(cognate.TriggerVerifyAuthChallengeResponse, func(*cognatetest.TriggerEvent) (any, error) {
		return map[string]any{"answerCorrect": false}, nil
	})
}

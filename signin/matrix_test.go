package signin_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	totpcode "cognate/authn/totp"
	"cognate/cognatetest"
	"cognate/store"
)

// The matrix signs users in by every flow, with every set of second factors, on a new device or a remembered one, in pools
// of every MFA mode and in every state of the account, and compares the challenges on the way with what the developer
// guide says of them. The tables below are that guide's, not the engine's. Whatever the cell, tokens come last.

// matrixFlow is a way to begin, and what it asks before the password is changed or a second factor is looked for.
type matrixFlow struct {
	name       string
	parameters func(a *attempt) (api.AuthFlowType, map[string]string)
	asks       []string
	// afterProof says that the state of the account shows once the first factor is proven, not before.
	afterProof bool
	admin      bool
	// factor is the first factor that the user must have verified; without it, or where the rules withhold it, the client
	// is given the choice, and takes the password.
	factor string
}

var matrixFlows = []matrixFlow{
	{name: "password", parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserPasswordAuth, responses(a.user, "PASSWORD", cognatetest.Password)
	}},
	{name: "admin password", admin: true, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeAdminUserPasswordAuth, responses(a.user, "PASSWORD", cognatetest.Password)
	}},
	{name: "srp", asks: []string{"PASSWORD_VERIFIER"}, afterProof: true, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserSrpAuth, responses(a.user, "SRP_A", a.srp.client.A())
	}},
	{name: "custom", asks: []string{"CUSTOM_CHALLENGE"}, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeCustomAuth, responses(a.user)
	}},
	{name: "custom after srp", asks: []string{"PASSWORD_VERIFIER", "CUSTOM_CHALLENGE"}, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeCustomAuth, responses(a.user, "CHALLENGE_NAME", "SRP_A", "SRP_A", a.srp.client.A())
	}},
	{name: "choice of password", parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserAuth, responses(a.user, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)
	}},
	{name: "choice of srp", asks: []string{"PASSWORD_VERIFIER"}, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserAuth, responses(a.user, "PREFERRED_CHALLENGE", "PASSWORD_SRP", "SRP_A", a.srp.client.A())
	}},
	{name: "choice of email", asks: []string{"EMAIL_OTP"}, factor: "email", parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserAuth, responses(a.user, "PREFERRED_CHALLENGE", "EMAIL_OTP")
	}},
	{name: "choice of sms", asks: []string{"SMS_OTP"}, factor: "phone", parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserAuth, responses(a.user, "PREFERRED_CHALLENGE", "SMS_OTP")
	}},
}

// matrixFactors are what a user has and has switched on, and the second factor that this leads to, by the pool's mode
// (developer guide, Adding MFA to a user pool: the decision table).
var matrixFactors = []struct {
	name                string
	phone, email, token bool
	on                  []cognate.Factor
	preferred           cognate.Factor
	optional, required  []string
}{
	{name: "none", required: []string{"MFA_SETUP"}},
	{name: "addresses only", phone: true, email: true, required: []string{"SELECT_MFA_TYPE", "SMS_MFA"}},
	{name: "phone off", phone: true, required: []string{"SMS_MFA"}},
	{name: "sms", phone: true, on: []cognate.Factor{"SMS_MFA"}, optional: []string{"SMS_MFA"}, required: []string{"SMS_MFA"}},
	{name: "email", email: true, on: []cognate.Factor{"EMAIL_OTP"}, optional: []string{"EMAIL_OTP"}, required: []string{"EMAIL_OTP"}},
	{name: "token off", token: true, required: []string{"SOFTWARE_TOKEN_MFA"}},
	{
		name: "token", token: true, on: []cognate.Factor{"SOFTWARE_TOKEN_MFA"},
		optional: []string{"SOFTWARE_TOKEN_MFA"}, required: []string{"SOFTWARE_TOKEN_MFA"},
	},
	{
		name: "token and sms", token: true, phone: true, on: []cognate.Factor{"SMS_MFA", "SOFTWARE_TOKEN_MFA"},
		optional: []string{"SELECT_MFA_TYPE", "SOFTWARE_TOKEN_MFA"}, required: []string{"SELECT_MFA_TYPE", "SOFTWARE_TOKEN_MFA"},
	},
	{
		name: "token preferred to sms", token: true, phone: true, on: []cognate.Factor{"SMS_MFA", "SOFTWARE_TOKEN_MFA"},
		preferred: "SOFTWARE_TOKEN_MFA", optional: []string{"SOFTWARE_TOKEN_MFA"}, required: []string{"SOFTWARE_TOKEN_MFA"},
	},
}

// matrixStates are the states of an account that a password alone doesn't get past, and how a sign-in ends there.
var matrixStates = []struct {
	name  string
	apply func(u *cognate.User)
	end   string
}{
	{"confirmed", func(*cognate.User) {}, "tokens"},
	{"temporary password", func(u *cognate.User) { u.Status = api.UserStatusTypeForceChangePassword }, "tokens"},
	{"unconfirmed", func(u *cognate.User) { u.Status = api.UserStatusTypeUnconfirmed }, "UserNotConfirmedException"},
	{"to be reset", func(u *cognate.User) { u.Status = api.UserStatusTypeResetRequired }, "PasswordResetRequiredException"},
	{"disabled", func(u *cognate.User) { u.Enabled = false }, "NotAuthorizedException"},
}

// The devices of the matrix: none in a pool that knows none; a new one; one that is remembered.
const (
	untracked  = "untracked"
	newDevice  = "new device"
	remembered = "remembered device"
)

func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, mode := range []api.UserPoolMfaType{off, optional, on} {
		for _, device := range []string{untracked, newDevice, remembered} {
			t.Run(strings.ReplaceAll(fmt.Sprintf("%s/%s", mode, device), " ", "_"), func(t *testing.T) {
				t.Parallel()
				p := matrixPool(t, mode, device != untracked)
				users := 0
				for f := range matrixFactors {
					for s, state := range matrixStates {
						if s > 1 && (f%4 != 0 || device != untracked) { // a user who may not sign in gets no challenge for a factor
							continue
						}
						for flow := range matrixFlows {
							users++
							a := newAttempt(t, p, mode, users, f, flow, device)
							a.change(state.apply)
							a.check(s)
						}
					}
				}
			})
		}
	}
}

// matrixPool returns a pool of a server of its own, which offers all factors, recovers accounts by none of them, and asks
// a riddle in custom sign-ins.
func matrixPool(t *testing.T, mode api.UserPoolMfaType, tracks bool) *cognatetest.UserPool {
	t.Helper()
	p := cognatetest.Pool(t)
	first := []api.AuthFactorType{api.AuthFactorTypePassword}
	if mode != on { // the service refuses others where MFA is required
		first = append(first, api.AuthFactorTypeEmailOtp, api.AuthFactorTypeSmsOtp)
	}
	in := &api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: first}},
		SmsConfiguration: &api.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "external"},
		EmailConfiguration: &api.EmailConfigurationType{
			EmailSendingAccount: api.EmailSendingAccountTypeDeveloper,
			SourceArn:           "arn:aws:ses:us-east-1:123456789012:identity/example.com",
		},
		AccountRecoverySetting: &api.AccountRecoverySettingType{RecoveryMechanisms: []api.RecoveryOptionType{
			{Name: api.RecoveryOptionNameTypeAdminOnly, Priority: new(1)},
		}},
	}
	if tracks {
		in.DeviceConfiguration = &api.DeviceConfigurationType{
			ChallengeRequiredOnNewDevice: new(true), DeviceOnlyRememberedOnUserPrompt: new(false),
		}
	}
	p.Must(t).UpdateUserPool(in)
	if mode != off {
		p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
			UserPoolId: p.PoolID, MfaConfiguration: mode,
			SmsMfaConfiguration:           &api.SmsMfaConfigType{SmsConfiguration: in.SmsConfiguration},
			EmailMfaConfiguration:         &api.EmailMfaConfigType{},
			SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
		})
	}
	riddles(p, 1)
	askOnce := cognatetest.Answer(map[string]any{"issueTokens": true})
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, func(e *cognatetest.TriggerEvent) (any, error) {
		last := ""
		for _, step := range e.Request.Session {
			last = step.ChallengeName
		}
		switch last {
		case "SRP_A":
			return map[string]any{"challengeName": "PASSWORD_VERIFIER"}, nil
		case "", "PASSWORD_VERIFIER":
			return map[string]any{"challengeName": "CUSTOM_CHALLENGE"}, nil
		default:
			return askOnce(e)
		}
	})
	return p
}

// attempt is the sign-in of one cell, by a user of its own.
type attempt struct {
	*cognatetest.UserPool
	t            *testing.T
	user         string
	mode         api.UserPoolMfaType
	factors      int
	flow         *matrixFlow
	device       string
	phone, email string
	secret       string              // of the software token
	known        *cognatetest.Device // the remembered one
	exchange     *cognatetest.DeviceExchange
	srp          *srpSignIn
}

func newAttempt(t *testing.T, p *cognatetest.UserPool, mode api.UserPoolMfaType, n, factors, flow int, device string) *attempt {
	t.Helper()
	a := &attempt{
		UserPool: p, t: t, user: fmt.Sprintf("user-%d", n), mode: mode, factors: factors, flow: &matrixFlows[flow],
		device: device, srp: newSRPSignIn(t),
	}
	f := matrixFactors[factors]
	var attributes []api.AttributeType
	if f.phone {
		a.phone = fmt.Sprintf("+1555%07d", n)
		attributes = append(attributes, api.AttributeType{Name: "phone_number", Value: a.phone}, api.AttributeType{Name: "phone_number_verified", Value: "true"})
	}
	if f.email {
		a.email = a.user + "@example.com"
		attributes = append(attributes, api.AttributeType{Name: "email", Value: a.email}, api.AttributeType{Name: "email_verified", Value: "true"})
	}
	p.MustUser(a.user, attributes...)
	if device == remembered {
		a.remember()
	}
	a.change(func(u *cognate.User) {
		if f.token {
			secret := []byte("12345678901234567890")
			a.secret = totpcode.Encode(secret)
			u.Tokens.Active = &cognate.SoftwareToken{ID: "token", Secret: secret}
		}
		for _, factor := range f.on {
			u.MFA.Set(factor, true, factor == f.preferred)
		}
	})
	return a
}

// change edits the stored user.
func (a *attempt) change(edit func(*cognate.User)) {
	a.t.Helper()
	ctx := a.t.Context()
	pool := cognatetest.Try(a.Store.UserPool(ctx, a.PoolID)).Of(a.t)
	user := cognatetest.Try(a.Store.FindUser(ctx, pool, a.user)).Of(a.t)
	err := a.Store.Write(ctx, func(tx *store.Tx) error {
		locked, err := tx.LockUser(ctx, a.PoolID, user.Sub)
		if err != nil {
			return err
		}
		edit(locked.User)
		return tx.SaveUser(ctx, pool, locked)
	})
	if err != nil {
		a.t.Fatalf("change user: %v", err)
	}
}

// remember gives the user a device that is remembered.
func (a *attempt) remember() {
	a.t.Helper()
	ctx := a.t.Context()
	pool := cognatetest.Try(a.Store.UserPool(ctx, a.PoolID)).Of(a.t)
	user := cognatetest.Try(a.Store.FindUser(ctx, pool, a.user)).Of(a.t)
	d := &cognate.Device{
		PoolID: a.PoolID, Sub: user.Sub, DeviceID: cognate.NewDeviceID(cognatetest.Region), Remembered: true, Trusted: true,
		Created: a.Clock.Now(),
	}
	a.known = &cognatetest.Device{Key: d.Key, GroupKey: d.GroupKey, Secret: "the device's secret"}
	v := cognatetest.Try(srp.NewVerifier(srp.Identity{PoolName: d.GroupKey, Username: d.Key}, a.known.Secret, rand.Reader)).Of(a.t)
	d.Verifier = cognate.DeviceVerifier(v)
	if err := a.Store.Write(ctx, func(tx *store.Tx) error { return tx.CreateDevice(ctx, d) }); err != nil {
		a.t.Fatalf("create device: %v", err)
	}
}

// want returns the challenges of the cell and how it ends, by the tables.
func (a *attempt) want(state int) (asks []string, end string) {
	s, f := matrixStates[state], matrixFactors[a.factors]
	if s.end != "tokens" && !a.flow.afterProof {
		return nil, s.end
	}
	asks = slices.Clone(a.flow.asks)
	second := map[api.UserPoolMfaType][]string{off: nil, optional: f.optional, on: f.required}[a.mode]
	has := map[string]bool{"": true, "email": f.email, "phone": f.phone}[a.flow.factor]
	if a.flow.factor != "" && (!has || a.mode == on || len(second) > 0 || s.name == "temporary password") {
		asks = []string{"SELECT_CHALLENGE"}
	}
	if s.end != "tokens" {
		return asks, s.end
	}
	if s.name == "temporary password" {
		asks = append(asks, "NEW_PASSWORD_REQUIRED")
	}
	if a.device == remembered && !a.flow.admin && len(second) > 0 && second[0] != "MFA_SETUP" {
		second = []string{"DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"}
	}
	return append(asks, second...), s.end
}

// check signs in and compares the way.
func (a *attempt) check(state int) {
	a.t.Helper()
	cell := fmt.Sprintf("%s, %s, %s", a.flow.name, matrixFactors[a.factors].name, matrixStates[state].name)
	asks, end := a.want(state)
	gotAsks, gotEnd, tokens := a.signIn()
	if diff := cmp.Diff(append(asks, end), append(gotAsks, gotEnd)); diff != "" {
		a.t.Errorf("%s (-want +got):\n%s", cell, diff)
	}
	if wantNew := end == "tokens" && a.device == newDevice && !a.flow.admin; tokens != nil && wantNew != (tokens.NewDeviceMetadata != nil) {
		a.t.Errorf("%s: NewDeviceMetadata = %v, want some: %v", cell, tokens.NewDeviceMetadata, wantNew)
	}
}

// signIn begins and answers every challenge rightly; it returns the challenges, and the tokens or the name of the error.
func (a *attempt) signIn() (asks []string, end string, tokens *api.AuthenticationResultType) {
	a.t.Helper()
	out, err := a.begin()
	for {
		if err != nil {
			refusal := new(api.Error)
			if !errors.As(err, &refusal) {
				a.t.Fatalf("%s: %v", a.flow.name, err)
			}
			return asks, refusal.Code, nil
		}
		if out.AuthenticationResult != nil {
			if out.ChallengeName != "" || out.Session != "" {
				a.t.Errorf("%s: tokens beside the challenge %q", a.flow.name, out.ChallengeName)
			}
			return asks, "tokens", out.AuthenticationResult
		}
		asks = append(asks, string(out.ChallengeName))
		if len(asks) > 8 {
			a.t.Fatalf("%s: no end after %v", a.flow.name, asks)
		}
		out, err = a.answer(out)
	}
}

func (a *attempt) begin() (*api.RespondToAuthChallengeOutput, error) {
	flow, parameters := a.flow.parameters(a)
	a.name(parameters)
	if !a.flow.admin {
		out, err := start(a.t, a.UserPool, flow, parameters)
		if err != nil {
			return nil, err
		}
		return &api.RespondToAuthChallengeOutput{
			ChallengeName: out.ChallengeName, Session: out.Session, ChallengeParameters: out.ChallengeParameters,
			AuthenticationResult: out.AuthenticationResult,
		}, nil
	}
	out, err := a.Client.AdminInitiateAuth(a.t.Context(), &api.AdminInitiateAuthInput{
		UserPoolId: a.PoolID, ClientId: a.ClientID, AuthFlow: flow, AuthParameters: parameters,
	})
	if err != nil {
		return nil, err
	}
	return &api.RespondToAuthChallengeOutput{
		ChallengeName: out.ChallengeName, Session: out.Session, ChallengeParameters: out.ChallengeParameters,
		AuthenticationResult: out.AuthenticationResult,
	}, nil
}

// name adds the remembered device to parameters or responses.
func (a *attempt) name(in map[string]string) {
	if a.known != nil {
		in["DEVICE_KEY"] = a.known.Key
	}
}

// answer gives the right answer to a challenge.
func (a *attempt) answer(asked *api.RespondToAuthChallengeOutput) (*api.RespondToAuthChallengeOutput, error) {
	a.t.Helper()
	var in map[string]string
	switch asked.ChallengeName {
	case chooseFirst:
		in = responses(a.user, "ANSWER", "PASSWORD", "PASSWORD", cognatetest.Password)
	case verifier:
		a.srp.challenge = asked.ChallengeParameters
		in = a.srp.answer(a.t, a.UserPool, cognatetest.Password)
	case custom:
		_, answer, _ := strings.Cut(asked.ChallengeParameters["riddle"], " ")
		in = responses(a.user, "ANSWER", answer)
	case api.ChallengeNameTypeNewPasswordRequired:
		in = responses(a.user, "NEW_PASSWORD", "Correct-horse-8")
	case selectMFA:
		in = responses(a.user, "ANSWER", a.choice())
	case totp:
		a.NextStep()
		in = responses(a.user, "SOFTWARE_TOKEN_MFA_CODE", a.Code(a.secret))
	case smsMFA:
		in = responses(a.user, "SMS_MFA_CODE", mustCode(a.t, a.Server, a.phone))
	case bySMS:
		in = responses(a.user, "SMS_OTP_CODE", mustCode(a.t, a.Server, a.phone))
	case byEmail:
		in = responses(a.user, "EMAIL_OTP_CODE", mustCode(a.t, a.Server, a.email))
	case api.ChallengeNameTypeMfaSetup:
		asked.Session = a.setUp(asked.Session)
		in = responses(a.user)
	case deviceSRP:
		x, err := a.BeginDevice(a.user, asked.Session, a.known)
		if err != nil {
			return nil, err
		}
		a.exchange = x
		return &api.RespondToAuthChallengeOutput{ChallengeName: deviceProof, Session: x.Session, ChallengeParameters: x.Challenge}, nil
	case deviceProof:
		in = a.Proof(a.exchange)
	default:
		a.t.Fatalf("%s: no answer to %q", a.flow.name, asked.ChallengeName)
	}
	a.name(in)
	if !a.flow.admin {
		return a.Answer(asked.ChallengeName, asked.Session, in)
	}
	out, err := a.Client.AdminRespondToAuthChallenge(a.t.Context(), &api.AdminRespondToAuthChallengeInput{
		UserPoolId: a.PoolID, ClientId: a.ClientID, ChallengeName: asked.ChallengeName, Session: asked.Session, ChallengeResponses: in,
	})
	return (*api.RespondToAuthChallengeOutput)(out), err
}

// choice is the factor that the user takes where there are several.
func (a *attempt) choice() string {
	if matrixFactors[a.factors].token {
		return "SOFTWARE_TOKEN_MFA"
	}
	return "SMS_MFA"
}

// setUp sets a software token up and returns the Session for MFA_SETUP.
func (a *attempt) setUp(session string) string {
	a.t.Helper()
	s := a.Must(a.t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: session})
	v := a.Must(a.t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
		Session: s.Session, UserCode: a.Code(s.SecretCode),
	})
	return v.Session
}

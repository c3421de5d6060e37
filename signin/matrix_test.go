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

// The matrix signs users in by every flow, with every set of second factors, on new and remembered devices, in pools of every
// MFA mode and in every state of the account. It compares the challenges with the tables below, which are from the developer
// guide, not from the engine. In every cell, tokens come last.

// matrixFlow is a flow, with the challenges that come before NEW_PASSWORD_REQUIRED and the second factor, and those of the
// pool's functions, which come after them.
type matrixFlow struct {
	name       string
	parameters func(a *attempt) (api.AuthFlowType, map[string]string)
	asks, last []string
	// passwordless says that nothing follows from the password: no NEW_PASSWORD_REQUIRED, and MFA only if the pool requires it.
	passwordless bool
	// afterProof says that the state of the account shows only after the user has proven the first factor.
	afterProof bool
	admin      bool
	// factor is the contact that the flow needs: "email", "phone" or none. If the user has not verified it, or the rules
	// withhold it, the client gets SELECT_CHALLENGE and chooses the password.
	factor string
}

var matrixFlows = []matrixFlow{
	{name: "password", parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserPasswordAuth, responses(a.name, "PASSWORD", cognatetest.Password)
	}},
	{name: "admin password", admin: true, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeAdminUserPasswordAuth, responses(a.name, "PASSWORD", cognatetest.Password)
	}},
	{name: "srp", asks: []string{"PASSWORD_VERIFIER"}, afterProof: true, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserSrpAuth, responses(a.name, "SRP_A", a.srpA())
	}},
	{name: "custom", asks: []string{"CUSTOM_CHALLENGE"}, passwordless: true, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeCustomAuth, responses(a.name)
	}},
	{name: "custom after srp", asks: []string{"PASSWORD_VERIFIER"}, last: []string{"CUSTOM_CHALLENGE"}, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeCustomAuth, responses(a.name, "CHALLENGE_NAME", "SRP_A", "SRP_A", a.srpA())
	}},
	{name: "choice of password", parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserAuth, responses(a.name, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)
	}},
	{name: "choice of srp", asks: []string{"PASSWORD_VERIFIER"}, parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserAuth, responses(a.name, "PREFERRED_CHALLENGE", "PASSWORD_SRP", "SRP_A", a.srpA())
	}},
	{name: "choice of email", asks: []string{"EMAIL_OTP"}, factor: "email", parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserAuth, responses(a.name, "PREFERRED_CHALLENGE", "EMAIL_OTP")
	}},
	{name: "choice of sms", asks: []string{"SMS_OTP"}, factor: "phone", parameters: func(a *attempt) (api.AuthFlowType, map[string]string) {
		return api.AuthFlowTypeUserAuth, responses(a.name, "PREFERRED_CHALLENGE", "SMS_OTP")
	}},
}

// factorsRow has the contacts and tokens of a user, the factors that are on, and the second factor that follows from them by
// the pool's MFA mode.
type factorsRow struct {
	name                string
	phone, email, token bool
	on                  []cognate.Factor
	preferred           cognate.Factor
	optional, required  []string
	// everyState says that users with these factors are also in the states in which a sign-in fails. The other rows leave
	// those states out: the sign-in fails before it asks for a second factor.
	everyState bool
}

// matrixFactors are the decision table. Source: developer guide, Adding MFA to a user pool.
var matrixFactors = []*factorsRow{
	{name: "none", everyState: true, required: []string{"MFA_SETUP"}},
	{name: "addresses only", phone: true, email: true, required: []string{"SELECT_MFA_TYPE", "SMS_MFA"}},
	{name: "phone off", phone: true, required: []string{"SMS_MFA"}},
	{name: "sms", phone: true, on: []cognate.Factor{"SMS_MFA"}, optional: []string{"SMS_MFA"}, required: []string{"SMS_MFA"}},
	{
		name: "email", everyState: true, email: true, on: []cognate.Factor{"EMAIL_OTP"},
		optional: []string{"EMAIL_OTP"}, required: []string{"EMAIL_OTP"},
	},
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
		name: "token preferred to sms", everyState: true, token: true, phone: true, on: []cognate.Factor{"SMS_MFA", "SOFTWARE_TOKEN_MFA"},
		preferred: "SOFTWARE_TOKEN_MFA", optional: []string{"SOFTWARE_TOKEN_MFA"}, required: []string{"SOFTWARE_TOKEN_MFA"},
	},
}

// stateRow is a state of an account, and how a sign-in with the right password ends there.
type stateRow struct {
	name  string
	apply func(u *cognate.User)
	end   string // "tokens", or the name of an error
}

var matrixStates = []*stateRow{
	{"confirmed", func(*cognate.User) {}, "tokens"},
	{"temporary password", func(u *cognate.User) { u.Status = api.UserStatusTypeForceChangePassword }, "tokens"},
	{"unconfirmed", func(u *cognate.User) { u.Status = api.UserStatusTypeUnconfirmed }, "UserNotConfirmedException"},
	{"to be reset", func(u *cognate.User) { u.Status = api.UserStatusTypeResetRequired }, "PasswordResetRequiredException"},
	{"disabled", func(u *cognate.User) { u.Enabled = false }, "NotAuthorizedException"},
}

// The devices of the matrix: none, in a pool that does not track devices; a new one; a remembered one.
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
				for f, factors := range matrixFactors {
					for s, state := range matrixStates {
						if state.end == "tokens" || factors.everyState && device == untracked {
							checkFlows(t, p, &matrixUser{
								name: strings.ReplaceAll(factors.name+"-"+state.name, " ", "-"), number: fmt.Sprintf("+1555%03d%04d", f, s),
								mode: mode, device: device, factors: factors, state: state,
							})
						}
					}
				}
			})
		}
	}
}

// checkFlows signs a new user in by every flow. Before each flow it restores the user.
func checkFlows(t *testing.T, p *cognatetest.UserPool, u *matrixUser) {
	t.Helper()
	u.create(t, p)
	for _, flow := range matrixFlows {
		t.Run(fmt.Sprintf("%s/%s/%s", u.factors.name, u.state.name, flow.name), func(t *testing.T) {
			a := &attempt{UserPool: p.For(t), matrixUser: u, t: t, flow: &flow}
			a.restore()
			a.check()
		})
	}
}

// matrixPool starts a server and returns a pool of it. The pool has all factors, uses none of them for recovery, and asks a
// riddle in custom sign-ins.
func matrixPool(t *testing.T, mode api.UserPoolMfaType, tracks bool) *cognatetest.UserPool {
	t.Helper()
	p := cognatetest.Pool(t)
	first := []api.AuthFactorType{api.AuthFactorTypePassword}
	if mode != on { // if MFA is required, the service rejects other first factors
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
		case "CUSTOM_CHALLENGE":
			return askOnce(e)
		default:
			return map[string]any{"challengeName": "CUSTOM_CHALLENGE"}, nil
		}
	})
	return p
}

// matrixUser is the user of the cells that differ only by the flow.
type matrixUser struct {
	name, number string // number is the phone number, if the user has one
	mode         api.UserPoolMfaType
	device       string
	factors      *factorsRow
	state        *stateRow
	email        string
	secret       string              // of the software token
	known        *cognatetest.Device // the remembered one
	stored       *cognate.User       // the user before each sign-in
}

// create adds the user to the pool.
func (u *matrixUser) create(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	var attributes []string
	if u.factors.phone {
		attributes = append(attributes, "phone_number", u.number, "phone_number_verified", "true")
	}
	if u.factors.email {
		u.email = u.name + "@example.com"
		attributes = append(attributes, "email", u.email, "email_verified", "true")
	}
	p.MustUser(u.name, cognatetest.Attributes(attributes...)...)
	pool := cognatetest.Try(p.Store.UserPool(t.Context(), p.PoolID)).Of(t)
	u.stored = cognatetest.Try(p.Store.FindUser(t.Context(), pool, u.name)).Of(t)
	if u.factors.token {
		secret := []byte("12345678901234567890")
		u.secret = totpcode.Encode(secret)
		u.stored.Tokens.Active = &cognate.SoftwareToken{ID: "token", Secret: secret}
	}
	for _, factor := range u.factors.on {
		u.stored.MFA.Set(factor, true, factor == u.factors.preferred)
	}
	u.state.apply(u.stored)
	if u.device == remembered {
		u.remember(t, p)
	}
}

// remember gives the user a remembered device.
func (u *matrixUser) remember(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	d := &cognate.Device{
		PoolID: p.PoolID, Sub: u.stored.Sub, DeviceID: cognate.NewDeviceID(cognatetest.Region), Remembered: true, Trusted: true,
		Created: p.Clock.Now(),
	}
	u.known = &cognatetest.Device{Key: d.Key, GroupKey: d.GroupKey, Secret: "the device's secret"}
	v := cognatetest.Try(srp.NewVerifier(srp.Identity{PoolName: d.GroupKey, Username: d.Key}, u.known.Secret, rand.Reader)).Of(t)
	d.Verifier = cognate.DeviceVerifier(v)
	if err := p.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateDevice(t.Context(), d) }); err != nil {
		t.Fatalf("create device: %v", err)
	}
}

// attempt is the sign-in of one cell.
type attempt struct {
	*cognatetest.UserPool
	*matrixUser
	t        *testing.T
	flow     *matrixFlow
	exchange *cognatetest.DeviceExchange
	srp      *srpSignIn
}

// restore undoes the changes that earlier sign-ins made to the user.
func (a *attempt) restore() {
	a.t.Helper()
	ctx := a.t.Context()
	pool := cognatetest.Try(a.Store.UserPool(ctx, a.PoolID)).Of(a.t)
	err := a.Store.Write(ctx, func(tx *store.Tx) error {
		locked, err := tx.LockUser(ctx, a.PoolID, a.stored.Sub)
		if err != nil {
			return err
		}
		*locked.User = *a.stored
		return tx.SaveUser(ctx, pool, locked)
	})
	if err != nil {
		a.t.Fatalf("restore user: %v", err)
	}
}

// srpA begins an SRP exchange and returns its SRP_A.
func (a *attempt) srpA() string {
	a.t.Helper()
	a.srp = newSRPSignIn(a.t)
	return a.srp.client.A()
}

// want returns the challenges of the cell and how it ends, by the tables.
func (a *attempt) want() (asks []string, end string) {
	s, f := a.state, a.factors
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
	if s.name == "temporary password" && !a.flow.passwordless {
		asks = append(asks, "NEW_PASSWORD_REQUIRED")
	}
	if a.flow.passwordless && a.mode == optional {
		second = nil
	}
	var setup, proof []string
	if len(second) > 0 && second[0] == "MFA_SETUP" {
		second, setup = nil, second
	}
	if a.device == remembered && !a.flow.admin { // in place of the second factor, too
		second, proof = nil, []string{"DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"}
	}
	return slices.Concat(asks, second, a.flow.last, setup, proof), s.end
}

// check signs in and compares the challenges and the end with the tables.
func (a *attempt) check() {
	a.t.Helper()
	asks, end := a.want()
	gotAsks, gotEnd, tokens := a.signIn()
	if diff := cmp.Diff(append(asks, end), append(gotAsks, gotEnd)); diff != "" {
		a.t.Errorf("challenges (-want +got):\n%s", diff)
	}
	wantNew := end == "tokens" && a.device == newDevice && !a.flow.admin && !a.flow.passwordless
	if tokens != nil && wantNew != (tokens.NewDeviceMetadata != nil) {
		a.t.Errorf("NewDeviceMetadata = %v, want some: %v", tokens.NewDeviceMetadata, wantNew)
	}
	if tokens != nil && a.device == remembered && !a.flow.admin && claimsOf(a.t, tokens.AccessToken)["device_key"] != a.known.Key {
		a.t.Errorf("device_key = %v, want %s", claimsOf(a.t, tokens.AccessToken)["device_key"], a.known.Key)
	}
}

// signIn signs in with right answers. It returns the challenges, "tokens" or the name of the error, and the tokens.
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
	a.addDevice(parameters)
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

// addDevice adds the remembered device to parameters or responses.
func (a *attempt) addDevice(in map[string]string) {
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
		in = responses(a.name, "ANSWER", "PASSWORD", "PASSWORD", cognatetest.Password)
	case verifier:
		a.srp.challenge = asked.ChallengeParameters
		in = a.srp.answer(a.t, a.UserPool, cognatetest.Password)
	case custom:
		_, answer, _ := strings.Cut(asked.ChallengeParameters["riddle"], " ")
		in = responses(a.name, "ANSWER", answer)
	case api.ChallengeNameTypeNewPasswordRequired:
		in = responses(a.name, "NEW_PASSWORD", "Correct-horse-8")
	case selectMFA:
		in = responses(a.name, "ANSWER", a.choice())
	case totp:
		a.NextStep()
		in = responses(a.name, "SOFTWARE_TOKEN_MFA_CODE", a.Code(a.secret))
	case smsMFA:
		in = responses(a.name, "SMS_MFA_CODE", mustCode(a.t, a.Server, a.number))
	case bySMS:
		in = responses(a.name, "SMS_OTP_CODE", mustCode(a.t, a.Server, a.number))
	case byEmail:
		in = responses(a.name, "EMAIL_OTP_CODE", mustCode(a.t, a.Server, a.email))
	case api.ChallengeNameTypeMfaSetup:
		asked.Session = a.setUp(asked.Session)
		in = responses(a.name)
	case deviceSRP:
		x, err := a.BeginDevice(a.name, asked.Session, a.known)
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
	a.addDevice(in)
	if !a.flow.admin {
		return a.Answer(asked.ChallengeName, asked.Session, in)
	}
	out, err := a.Client.AdminRespondToAuthChallenge(a.t.Context(), &api.AdminRespondToAuthChallengeInput{
		UserPoolId: a.PoolID, ClientId: a.ClientID, ChallengeName: asked.ChallengeName, Session: asked.Session, ChallengeResponses: in,
	})
	return (*api.RespondToAuthChallengeOutput)(out), err
}

// choice returns the factor that the user chooses.
func (a *attempt) choice() string {
	if a.factors.token {
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

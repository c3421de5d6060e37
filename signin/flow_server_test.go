package signin_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
)

var updateRecordings = flag.Bool("update-recordings", false, "rewrite the golden files")

// flowServer is a server whose pools have users for every challenge. Each pool has a client of the same kind: with or without
// a secret, with or without PreventUserExistenceErrors.
//
// In the pools first and second bob is confirmed, dan is disabled and una is unconfirmed.
type flowServer struct {
	*cognatetest.Server
	t             *testing.T
	secret, hides bool
	// first has no MFA; ann has an email address, a phone number and a passkey, and custom sign-ins ask a riddle.
	first *flowPool
	// second requires MFA and tracks devices. Users: sam (SMS), mia (email), tom (software token), tia (software token with a
	// name), sue (software token and SMS), dev (software token and a remembered device).
	second *flowPool
	// required has users that miss a required attribute.
	required *flowPool

	// unknown is a name without user. If the client hides that, the name has a passkey in the pool first, as ann has.
	unknown string
	passkey *webauthntest.Authenticator // ann's
	tokens  map[string]string           // secrets of software tokens, by username
	device  *cognatetest.Device         // dev's
	users   int                         // made by newUser
}

// flowPool is a pool of a flowServer.
type flowPool struct {
	*cognatetest.UserPool                    // ClientID is a client without secret, to prepare users with
	id                    string             // as UserPool.PoolID; the pool required has no UserPool
	client                *cognate.AppClient // ID and Secret of the client under test
	onlyRefresh           *cognate.AppClient // allows no flow but REFRESH_TOKEN_AUTH
	rotating              *cognate.AppClient // rotates refresh tokens, so it does not allow REFRESH_TOKEN_AUTH
}

// The phone numbers of the users who have one.
var flowPhones = map[string]string{"ann": "+15550000001", "sam": "+15550000002", "sue": "+15550000003"}

const (
	setupEmail   = "setup@example.com"   // the address that users give at MFA_SETUP
	invitedEmail = "invited@example.com" // the address of every invitedUser
)

func newFlowServer(t *testing.T, secret, hides bool) *flowServer {
	t.Helper()
	s := &flowServer{
		Server: cognatetest.Start(t), t: t, secret: secret, hides: hides,
		passkey: new(webauthntest.Authenticator), tokens: make(map[string]string),
	}
	s.first, s.second, s.required = s.firstPool(), s.secondPool(), s.requiredPool()
	s.unknown = s.unknownName()
	return s
}

// unknownName returns a name for the field unknown. It depends on the server's keys whether a name without a user has a passkey.
func (s *flowServer) unknownName() string {
	s.t.Helper()
	for i := range 1000 {
		name := fmt.Sprintf("eve-%03d", i)
		if !s.hides {
			return name
		}
		w := s.newWalk(&flowPath{pool: inFirst, user: name, flow: api.AuthFlowTypeUserAuth}, false)
		r := w.begin()
		w.sign(r)
		answer := cognatetest.Try(w.send(r)).Of(s.t)
		if available, _ := answer["AvailableChallenges"].([]any); slices.Contains(available, any("WEB_AUTHN")) {
			return name
		}
	}
	s.t.Fatal("no unknown name has a passkey")
	return ""
}

// withClients adds the clients under test to a pool.
func (s *flowServer) withClients(id string, p *cognatetest.UserPool) *flowPool {
	s.t.Helper()
	all := []api.ExplicitAuthFlowsType{
		api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
		api.ExplicitAuthFlowsTypeAllowUserSrpAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowUserAuth,
	}
	rotation := &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled, RetryGracePeriodSeconds: new(0)}
	return &flowPool{
		UserPool: p, id: id, client: s.newClient(id, nil, all...),
		onlyRefresh: s.newClient(id, nil, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth),
		rotating:    s.newClient(id, rotation, api.ExplicitAuthFlowsTypeAllowUserSrpAuth),
	}
}

func (s *flowServer) newClient(poolID string, rotation *api.RefreshTokenRotationType, flows ...api.ExplicitAuthFlowsType) *cognate.AppClient {
	s.t.Helper()
	in := &api.CreateUserPoolClientInput{
		UserPoolId: poolID, ClientName: "app", GenerateSecret: new(s.secret), ExplicitAuthFlows: flows,
		PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesLegacy, RefreshTokenRotation: rotation,
	}
	if s.hides {
		in.PreventUserExistenceErrors = api.PreventUserExistenceErrorTypesEnabled
	}
	made := s.Must(s.t).CreateUserPoolClient(in).UserPoolClient
	return &cognate.AppClient{ID: made.ClientId, Secrets: []cognate.ClientSecret{{Value: made.ClientSecret}}}
}

// flowPoolSettings are the settings of pools that send by email and SMS and recover accounts by neither.
func flowPoolSettings(id string, first ...api.AuthFactorType) *api.UpdateUserPoolInput {
	return &api.UpdateUserPoolInput{
		UserPoolId:             id,
		AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
		Policies:               &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: first}},
		SmsConfiguration:       &api.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "external"},
		EmailConfiguration: &api.EmailConfigurationType{
			EmailSendingAccount: api.EmailSendingAccountTypeDeveloper,
			SourceArn:           "arn:aws:ses:us-east-1:123456789012:identity/example.com",
		},
		AccountRecoverySetting: &api.AccountRecoverySettingType{RecoveryMechanisms: []api.RecoveryOptionType{
			{Name: api.RecoveryOptionNameTypeAdminOnly, Priority: new(1)},
		}},
	}
}

func (s *flowServer) firstPool() *flowPool {
	s.t.Helper()
	p := s.Pool(s.t)
	s.Must(s.t).UpdateUserPool(flowPoolSettings(
		p.PoolID, api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp, api.AuthFactorTypeSmsOtp, api.AuthFactorTypeWebAuthn,
	))
	s.Must(s.t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: off,
		WebAuthnConfiguration: &api.WebAuthnConfigurationType{RelyingPartyId: cognatetest.RelyingPartyID},
	})
	addStates(s.t, p)
	p.MustUser("ann", verifiedEmail("ann@example.com", verifiedPhone("ann")...)...)
	p.MustRegister(p.MustSignIn("ann", "").AuthenticationResult.AccessToken, s.passkey)
	riddles(p, 1)
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, defineRiddle)
	return s.withClients(p.PoolID, p)
}

// defineRiddle asks for the password if the client began with SRP_A, then for the challenge that ClientMetadata names at "ask",
// or else for the riddle, until an answer is right.
func defineRiddle(e *cognatetest.TriggerEvent) (any, error) {
	last := cognatetest.ChallengeResult{}
	if n := len(e.Request.Session); n > 0 {
		last = e.Request.Session[n-1]
	}
	switch {
	case last.ChallengeName == "SRP_A":
		return map[string]any{"challengeName": "PASSWORD_VERIFIER"}, nil
	case last.ChallengeName != "" && last.ChallengeName != "PASSWORD_VERIFIER" && last.ChallengeResult:
		return map[string]any{"issueTokens": true}, nil
	case e.Request.ClientMetadata["ask"] != "":
		return map[string]any{"challengeName": e.Request.ClientMetadata["ask"]}, nil
	default:
		return map[string]any{"challengeName": "CUSTOM_CHALLENGE"}, nil
	}
}

func (s *flowServer) secondPool() *flowPool {
	s.t.Helper()
	p := s.Pool(s.t)
	settings := flowPoolSettings(p.PoolID, api.AuthFactorTypePassword)
	settings.DeviceConfiguration = &api.DeviceConfigurationType{
		ChallengeRequiredOnNewDevice: new(true), DeviceOnlyRememberedOnUserPrompt: new(false),
	}
	s.Must(s.t).UpdateUserPool(settings)
	s.setSecondMFA(p.PoolID, optional)
	addStates(s.t, p)
	p.MustUser("sam", verifiedPhone("sam")...)
	p.MustUser("mia", verifiedEmail("mia@example.com")...)
	p.MustUser("sue", verifiedPhone("sue")...)
	for _, name := range []string{"tom", "tia", "sue", "dev"} {
		if name != "sue" {
			p.MustUser(name)
		}
		tokens := p.MustSignIn(name, "").AuthenticationResult
		if name == "dev" {
			s.device = p.MustConfirmDevice(tokens)
		}
		s.tokens[name] = s.enrol(tokens.AccessToken, map[string]string{"tia": "tia's phone"}[name])
	}
	s.setSecondMFA(p.PoolID, on)
	s.trustDevice(p)
	riddles(p, 1)
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, defineRiddle)
	return s.withClients(p.PoolID, p)
}

func (s *flowServer) setSecondMFA(poolID string, mode api.UserPoolMfaType) {
	s.t.Helper()
	s.Must(s.t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: poolID, MfaConfiguration: mode,
		SmsMfaConfiguration: &api.SmsMfaConfigType{SmsConfiguration: &api.SmsConfigurationType{
			SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "external",
		}},
		EmailMfaConfiguration:         &api.EmailMfaConfigType{},
		SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
	})
}

// enrol gives a signed-in user a verified software token, and returns its secret.
func (s *flowServer) enrol(accessToken, name string) string {
	s.t.Helper()
	a := s.Must(s.t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: accessToken})
	s.Must(s.t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
		AccessToken: accessToken, UserCode: s.Code(a.SecretCode), FriendlyDeviceName: name,
	})
	return a.SecretCode
}

// trustDevice makes the user dev give a code on the device, which can then replace the second factor.
func (s *flowServer) trustDevice(p *cognatetest.UserPool) {
	s.t.Helper()
	out := cognatetest.Try(p.SignInOn("dev", s.device.Key)).Of(s.t)
	p.NextStep()
	asked := cognatetest.Try(p.Answer(totp, out.Session, responses(
		"dev", "SOFTWARE_TOKEN_MFA_CODE", p.Code(s.tokens["dev"]), "DEVICE_KEY", s.device.Key,
	))).Of(s.t)
	x := p.MustBeginDevice("dev", asked.Session, s.device)
	cognatetest.Try(p.ProveDevice(x, p.Proof(x))).Of(s.t)
}

func (s *flowServer) requiredPool() *flowPool {
	s.t.Helper()
	pool := s.Must(s.t).CreateUserPool(&api.CreateUserPoolInput{
		PoolName: "required", Schema: []api.SchemaAttributeType{
			{Name: "given_name", Required: new(true), Mutable: new(true)}, {Name: "family_name", Required: new(true), Mutable: new(true)},
		},
	}).UserPool
	return s.withClients(pool.Id, nil)
}

// addStates creates the users bob, dan and una.
func addStates(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	p.MustUser("bob")
	p.MustUser("dan")
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "dan"})
	p.Must(t).SignUp(&api.SignUpInput{ClientId: p.ClientID, Username: "una", Password: cognatetest.Password})
}

func verifiedEmail(address string, others ...api.AttributeType) []api.AttributeType {
	return append(others, api.AttributeType{Name: "email", Value: address}, api.AttributeType{Name: "email_verified", Value: "true"})
}

func verifiedPhone(user string) []api.AttributeType {
	return []api.AttributeType{{Name: "phone_number", Value: flowPhones[user]}, {Name: "phone_number_verified", Value: "true"}}
}

// flowRequest is a request of a sign-in before it is written as JSON: a test can leave members out, or send empty ones.
type flowRequest struct {
	operation  string
	members    map[string]string // all but the parameters
	parameters map[string]string // AuthParameters or ChallengeResponses
	metadata   map[string]string // ClientMetadata
}

func (r *flowRequest) clone() *flowRequest {
	c := *r
	c.members, c.parameters = maps.Clone(r.members), maps.Clone(r.parameters)
	return &c
}

// parametersName is the name of the member that has the parameters, by operation.
var parametersName = map[string]string{
	"InitiateAuth": "AuthParameters", "AdminInitiateAuth": "AuthParameters",
	"RespondToAuthChallenge": "ChallengeResponses", "AdminRespondToAuthChallenge": "ChallengeResponses",
}

// send sends the request and returns the answer's JSON. Errors: *api.Error.
func (s *flowServer) send(r *flowRequest) (map[string]any, error) {
	s.t.Helper()
	members := map[string]any{parametersName[r.operation]: r.parameters}
	for name, value := range r.members {
		members[name] = value
	}
	if r.metadata != nil {
		members["ClientMetadata"] = r.metadata
	}
	body := cognatetest.Try(json.Marshal(members)).Of(s.t)
	op, _ := api.Lookup(r.operation)
	answer, err := s.Client.Send(s.t.Context(), op, body)
	if err != nil {
		if _, ok := errors.AsType[*api.Error](err); !ok {
			s.t.Fatalf("%s(%s) = %v, want an answer or an error of the API", r.operation, body, err)
		}
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		s.t.Fatalf("%s(%s) = %s, want JSON", r.operation, body, answer)
	}
	return out, nil
}

// The users of a flowPath that are made for each sign-in.
const (
	newUser      = "a new user"          // confirmed, without a second factor
	invitedUser  = "an invited user"     // with a temporary password
	signedUpUser = "a user who signs up" // confirmed by the Session that goes on to USER_AUTH
)

func inFirst(s *flowServer) *flowPool { return s.first }

func inSecond(s *flowServer) *flowPool { return s.second }

func inRequired(s *flowServer) *flowPool { return s.required }

func text(answer map[string]any, member string) string {
	s, _ := answer[member].(string)
	return s
}

// wantGolden compares a text with a file in testdata.
func wantGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateRecordings {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := cognatetest.Try(os.ReadFile(path)).Of(t)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

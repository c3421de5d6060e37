package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"cognate/api"
	"cognate/authn/totp"
)

const (
	demoUser     = "ines"
	demoPassword = "Correct-horse-1"
)

// demo runs the steps of the demo. Each step calls the server, checks the answer and shows it.
type demo struct {
	out    *console
	client *api.Client
	url    string
	at     time.Time // the time of the server's clock

	poolID, clientID string
	session          string // of the current sign-in
	secret           []byte // of ines's authenticator
	accessToken      string // of ines's last sign-in
}

// demoStep is one step of the demo.
type demoStep struct {
	title string
	run   func(context.Context) error
}

func (d *demo) steps() []demoStep {
	return []demoStep{
		{"A user pool that requires a second factor: a software token", d.createPool},
		{"An administrator creates the user ines with a password", d.createUser},
		{"First sign-in: the password is right, but ines has no second factor", d.firstSignIn},
		{"AssociateSoftwareToken returns a secret for an authenticator app", d.associate},
		{"VerifySoftwareToken checks a code from the app", d.verify},
		{"The sign-in continues and returns tokens", d.finishSetup},
		{"The next sign-in asks for a code", d.signInForCode},
		{"A wrong code is rejected", d.sendWrongCode},
		{"The same sign-in continues with the right code", func(ctx context.Context) error { return d.sendCode(ctx, 0) }},
		{"A used code is rejected", d.sendUsedCode},
		{"The next code is accepted", func(ctx context.Context) error { return d.sendCode(ctx, 1) }},
		{"A second AssociateSoftwareToken: the first secret is no longer valid", d.associateAgain},
		{"The new secret is not verified, so the next sign-in starts with set-up", d.signInToSetUp},
		{"In a pool where MFA is optional, ines signs in without a second factor", d.makeOptional},
	}
}

// run runs the steps until an answer is unexpected.
func (d *demo) run(ctx context.Context) error {
	d.out.line("%s on a temporary server, %s\n", d.out.in(bold, "The life of a software token"), d.url)
	began := time.Now()
	steps := d.steps()
	for i, c := range steps {
		d.out.line("%s %s", d.out.in(bold, fmt.Sprintf("%2d", i+1)), d.out.in(bold, c.title))
		if err := c.run(ctx); err != nil {
			d.out.line("    %s", d.out.in(red, "unexpected answer"))
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	d.out.line("\n%s", d.out.in(green, fmt.Sprintf("All %d steps returned the expected answers, in %v.",
		len(steps), time.Since(began).Round(10*time.Millisecond))))
	return nil
}

// showCall and showAnswer print a call and its answer.
func (d *demo) showCall(operation, detail string) {
	d.out.line("    %s %s", d.out.in(cyan, operation), detail)
}

func (d *demo) showAnswer(format string, args ...any) {
	d.out.line("    %s %s", d.out.in(green, "->"), fmt.Sprintf(format, args...))
}

func (d *demo) createPool(ctx context.Context) error {
	created, err := d.client.CreateUserPool(ctx, &api.CreateUserPoolInput{PoolName: "demo"})
	if err != nil {
		return err
	}
	d.poolID = created.UserPool.Id
	d.showCall("CreateUserPool", "demo")
	if err := d.requireMFA(ctx, api.UserPoolMfaTypeOn); err != nil {
		return err
	}
	client, err := d.client.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: d.poolID, ClientName: "demo",
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		return err
	}
	d.clientID = client.UserPoolClient.ClientId
	d.showCall("CreateUserPoolClient", "demo")
	d.showAnswer("pool %s, app client %s", d.poolID, d.clientID)
	return nil
}

func (d *demo) requireMFA(ctx context.Context, mode api.UserPoolMfaType) error {
	out, err := d.client.SetUserPoolMfaConfig(ctx, &api.SetUserPoolMfaConfigInput{
		UserPoolId: d.poolID, MfaConfiguration: mode, SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
	})
	if err != nil {
		return err
	}
	d.showCall("SetUserPoolMfaConfig", string(mode)+", software token enabled")
	return want("MfaConfiguration", out.MfaConfiguration, mode)
}

func (d *demo) createUser(ctx context.Context) error {
	_, err := d.client.AdminCreateUser(ctx, &api.AdminCreateUserInput{
		UserPoolId: d.poolID, Username: demoUser, MessageAction: api.MessageActionTypeSuppress,
	})
	if err != nil {
		return err
	}
	d.showCall("AdminCreateUser", demoUser)
	_, err = d.client.AdminSetUserPassword(ctx, &api.AdminSetUserPasswordInput{
		UserPoolId: d.poolID, Username: demoUser, Password: demoPassword, Permanent: new(true),
	})
	if err != nil {
		return err
	}
	d.showCall("AdminSetUserPassword", "permanent")
	user, err := d.client.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: d.poolID, Username: demoUser})
	if err != nil {
		return err
	}
	d.showAnswer("%s is %s", demoUser, user.UserStatus)
	return want("UserStatus", user.UserStatus, api.UserStatusTypeConfirmed)
}

// signIn signs in with the password. It stores the session.
func (d *demo) signIn(ctx context.Context) (*api.InitiateAuthOutput, error) {
	d.showCall("InitiateAuth", "USER_PASSWORD_AUTH")
	out, err := d.client.InitiateAuth(ctx, &api.InitiateAuthInput{
		ClientId: d.clientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": demoUser, "PASSWORD": demoPassword},
	})
	if err != nil {
		return nil, err
	}
	d.session = out.Session
	return out, nil
}

func (d *demo) wantChallenge(ctx context.Context, challenge api.ChallengeNameType) (*api.InitiateAuthOutput, error) {
	out, err := d.signIn(ctx)
	if err != nil {
		return nil, err
	}
	if out.AuthenticationResult != nil || out.Session == "" {
		return nil, errors.New("InitiateAuth: tokens or no session, want a challenge with one")
	}
	return out, want("ChallengeName", out.ChallengeName, challenge)
}

func (d *demo) firstSignIn(ctx context.Context) error {
	out, err := d.wantChallenge(ctx, api.ChallengeNameTypeMfaSetup)
	if err != nil {
		return err
	}
	d.showAnswer("challenge %s, can set up %s", out.ChallengeName, out.ChallengeParameters["MFAS_CAN_SETUP"])
	return want("MFAS_CAN_SETUP", out.ChallengeParameters["MFAS_CAN_SETUP"], `["SOFTWARE_TOKEN_MFA"]`)
}

func (d *demo) associate(ctx context.Context) error {
	out, err := d.client.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{Session: d.session})
	if err != nil {
		return err
	}
	d.showCall("AssociateSoftwareToken", "with the session")
	if out.Session == "" || out.Session == d.session {
		return errors.New("AssociateSoftwareToken: no new session")
	}
	d.session = out.Session
	if d.secret, err = totp.Decode(out.SecretCode); err != nil {
		return err
	}
	d.showAnswer("SecretCode %s, and the next session", out.SecretCode)
	address := totp.URI("Cognate demo", demoUser, d.secret)
	drawn, err := totp.QR(address, terminalOf(d.out.w))
	if err != nil {
		return err
	}
	d.out.line("    For an authenticator app: %s\n", address)
	d.out.block(drawn)
	d.out.line("")
	return nil
}

// code returns the code of a time step, counted from the server's current step.
func (d *demo) code(step int) string {
	return totp.Code(d.secret, d.at.Add(time.Duration(step)*totp.Period))
}

func (d *demo) verify(ctx context.Context) error {
	code := d.code(-1)
	out, err := d.client.VerifySoftwareToken(ctx, &api.VerifySoftwareTokenInput{
		Session: d.session, UserCode: code, FriendlyDeviceName: "Ines's phone",
	})
	if err != nil {
		return err
	}
	d.showCall("VerifySoftwareToken", "code "+code)
	d.showAnswer("%s, and the next session", out.Status)
	if out.Session == "" || out.Session == d.session {
		return errors.New("VerifySoftwareToken: no new session")
	}
	d.session = out.Session
	return want("Status", out.Status, api.VerifySoftwareTokenResponseTypeSuccess)
}

// respond answers a challenge.
func (d *demo) respond(ctx context.Context, name api.ChallengeNameType, answers map[string]string) (*api.RespondToAuthChallengeOutput, error) {
	responses := map[string]string{"USERNAME": demoUser}
	maps.Copy(responses, answers)
	return d.client.RespondToAuthChallenge(ctx, &api.RespondToAuthChallengeInput{
		ClientId: d.clientID, ChallengeName: name, Session: d.session, ChallengeResponses: responses,
	})
}

func (d *demo) finishSetup(ctx context.Context) error {
	d.showCall("RespondToAuthChallenge", string(api.ChallengeNameTypeMfaSetup))
	out, err := d.respond(ctx, api.ChallengeNameTypeMfaSetup, nil)
	if err != nil {
		return err
	}
	if err := d.takeTokens(out.AuthenticationResult); err != nil {
		return err
	}
	return d.showClaims(out.AuthenticationResult)
}

// takeTokens checks that a sign-in returned tokens, and stores the access token.
func (d *demo) takeTokens(r *api.AuthenticationResultType) error {
	if r == nil || r.AccessToken == "" || r.IdToken == "" || r.RefreshToken == "" {
		return errors.New("no tokens, want an access, an ID and a refresh token")
	}
	d.accessToken = r.AccessToken
	d.showAnswer("access, ID and refresh token, valid for %d s", *r.ExpiresIn)
	return want("TokenType", r.TokenType, "Bearer")
}

// showClaims prints the claims of the access and the ID token, and checks those that are known.
func (d *demo) showClaims(r *api.AuthenticationResultType) error {
	for _, token := range []struct{ text, use, audience, username string }{
		{r.AccessToken, "access", "client_id", "username"},
		{r.IdToken, "id", "aud", "cognito:username"},
	} {
		claims, err := claimsOf(token.text)
		if err != nil {
			return fmt.Errorf("%s token: %w", token.use, err)
		}
		d.out.line("       claims of the %s token", token.use)
		for _, name := range slices.Sorted(maps.Keys(claims)) {
			d.out.line("         %s %v", d.out.in(dim, fmt.Sprintf("%-16s", name)), claims[name])
		}
		err = errors.Join(
			want("iss", claims["iss"], any(d.url+"/"+d.poolID)), want("token_use", claims["token_use"], any(token.use)),
			want(token.audience, claims[token.audience], any(d.clientID)), want(token.username, claims[token.username], any(demoUser)),
		)
		if err != nil {
			return fmt.Errorf("%s token: %w", token.use, err)
		}
	}
	return nil
}

// claimsOf returns a token's claims. It does not check the signature. Whole numbers become int64.
func claimsOf(token string) (map[string]any, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a signed JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, err
	}
	for name, value := range claims {
		if seconds, ok := value.(float64); ok {
			claims[name] = int64(seconds)
		}
	}
	return claims, nil
}

func (d *demo) signInForCode(ctx context.Context) error {
	out, err := d.wantChallenge(ctx, api.ChallengeNameTypeSoftwareTokenMfa)
	if err != nil {
		return err
	}
	d.showAnswer("challenge %s, for %s", out.ChallengeName, out.ChallengeParameters["FRIENDLY_DEVICE_NAME"])
	return nil
}

// answerCode answers SOFTWARE_TOKEN_MFA.
func (d *demo) answerCode(ctx context.Context, code string) (*api.AuthenticationResultType, error) {
	d.showCall("RespondToAuthChallenge", "SOFTWARE_TOKEN_MFA_CODE "+code)
	out, err := d.respond(ctx, api.ChallengeNameTypeSoftwareTokenMfa, map[string]string{"SOFTWARE_TOKEN_MFA_CODE": code})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

func (d *demo) sendWrongCode(ctx context.Context) error {
	_, err := d.answerCode(ctx, d.wrongCode())
	return d.wantError(err, api.CodeCodeMismatchException)
}

// wrongCode returns a code that is not valid in any accepted step.
func (d *demo) wrongCode() string {
	right := []string{d.code(-1), d.code(0), d.code(1)}
	for i := 0; ; i++ {
		if code := fmt.Sprintf("%06d", i); !slices.Contains(right, code) {
			return code
		}
	}
}

func (d *demo) wantError(err error, code string) error {
	if err == nil {
		return fmt.Errorf("answered with success, want %s", code)
	}
	problem, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err
	}
	d.showAnswer("%s: %s", problem.Code, problem.Message)
	return want("error", problem.Code, code)
}

func (d *demo) sendCode(ctx context.Context, step int) error {
	tokens, err := d.answerCode(ctx, d.code(step))
	if err != nil {
		return err
	}
	return d.takeTokens(tokens)
}

func (d *demo) sendUsedCode(ctx context.Context) error {
	if err := d.signInForCode(ctx); err != nil {
		return err
	}
	_, err := d.answerCode(ctx, d.code(0))
	return d.wantError(err, api.CodeExpiredCodeException)
}

func (d *demo) associateAgain(ctx context.Context) error {
	d.showCall("AssociateSoftwareToken", "with the access token")
	out, err := d.client.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{AccessToken: d.accessToken})
	if err != nil {
		return err
	}
	d.showAnswer("SecretCode %s", out.SecretCode)
	if out.SecretCode == totp.Encode(d.secret) {
		return errors.New("AssociateSoftwareToken: the first secret again, want a new one")
	}
	return nil
}

func (d *demo) signInToSetUp(ctx context.Context) error {
	out, err := d.wantChallenge(ctx, api.ChallengeNameTypeMfaSetup)
	if err != nil {
		return err
	}
	d.showAnswer("challenge %s", out.ChallengeName)
	return nil
}

func (d *demo) makeOptional(ctx context.Context) error {
	if err := d.requireMFA(ctx, api.UserPoolMfaTypeOptional); err != nil {
		return err
	}
	out, err := d.signIn(ctx)
	if err != nil {
		return err
	}
	if err := want("ChallengeName", out.ChallengeName, ""); err != nil {
		return err
	}
	return d.takeTokens(out.AuthenticationResult)
}

// want returns an error if a part of an answer is not the expected one.
func want[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

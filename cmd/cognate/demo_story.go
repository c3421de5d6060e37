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

// demo tells the story. Each chapter calls the server, checks the answer and shows it.
type demo struct {
	out    *console
	client *api.Client
	url    string
	at     time.Time // what the server's clock shows

	poolID, clientID string
	session          string // of the sign-in under way
	secret           []byte // of ines's authenticator
	accessToken      string // of her last sign-in
}

// chapter is one step of the story.
type chapter struct {
	title string
	tell  func(context.Context) error
}

func (d *demo) chapters() []chapter {
	return []chapter{
		{"A user pool in which everybody needs a second factor: a software token", d.createPool},
		{"An administrator creates ines, with a password", d.createUser},
		{"Her first sign-in: the password is right, but she has no second factor", d.firstSignIn},
		{"AssociateSoftwareToken: a secret for her authenticator app", d.associate},
		{"VerifySoftwareToken: the app shows a code, so the secret has arrived", d.verify},
		{"The sign-in goes on where it stood, and ends with tokens", d.finishSetup},
		{"From now on she is asked for a code", d.beAsked},
		{"A wrong code is refused", d.giveWrongCode},
		{"The same sign-in goes on with the right one", func(ctx context.Context) error { return d.giveCode(ctx, 0) }},
		{"Somebody looked over her shoulder, but a code is good once", d.giveSpentCode},
		{"The app's next code is a new one", func(ctx context.Context) error { return d.giveCode(ctx, 1) }},
		{"A new phone: a second association takes the first secret away at once", d.associateAgain},
		{"It is never verified, so the next sign-in begins with set-up", d.beAskedToSetUp},
		{"In a pool where the second factor is optional she gets in without one", d.makeOptional},
	}
}

// tell runs the chapters up to the first that isn't answered as it must be.
func (d *demo) tell(ctx context.Context) error {
	d.out.line("%s on a server of its own, %s\n", d.out.in(bold, "A software token's life"), d.url)
	began := time.Now()
	chapters := d.chapters()
	for i, c := range chapters {
		d.out.line("%s %s", d.out.in(bold, fmt.Sprintf("%2d", i+1)), d.out.in(bold, c.title))
		if err := c.tell(ctx); err != nil {
			d.out.line("    %s", d.out.in(red, "not as it must be"))
			return fmt.Errorf("chapter %d: %w", i+1, err)
		}
	}
	d.out.line("\n%s", d.out.in(green, fmt.Sprintf("All %d chapters were answered as they must be, in %v.",
		len(chapters), time.Since(began).Round(10*time.Millisecond))))
	return nil
}

// asked and got show one call and what came of it.
func (d *demo) asked(operation, detail string) {
	d.out.line("    %s %s", d.out.in(cyan, operation), detail)
}

func (d *demo) got(format string, args ...any) {
	d.out.line("    %s %s", d.out.in(green, "->"), fmt.Sprintf(format, args...))
}

func (d *demo) createPool(ctx context.Context) error {
	created, err := d.client.CreateUserPool(ctx, &api.CreateUserPoolInput{PoolName: "demo"})
	if err != nil {
		return err
	}
	d.poolID = created.UserPool.Id
	d.asked("CreateUserPool", "demo")
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
	d.asked("CreateUserPoolClient", "demo")
	d.got("pool %s, app client %s", d.poolID, d.clientID)
	return nil
}

func (d *demo) requireMFA(ctx context.Context, mode api.UserPoolMfaType) error {
	out, err := d.client.SetUserPoolMfaConfig(ctx, &api.SetUserPoolMfaConfigInput{
		UserPoolId: d.poolID, MfaConfiguration: mode, SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
	})
	if err != nil {
		return err
	}
	d.asked("SetUserPoolMfaConfig", string(mode)+", software token enabled")
	return want("MfaConfiguration", out.MfaConfiguration, mode)
}

func (d *demo) createUser(ctx context.Context) error {
	_, err := d.client.AdminCreateUser(ctx, &api.AdminCreateUserInput{
		UserPoolId: d.poolID, Username: demoUser, MessageAction: api.MessageActionTypeSuppress,
	})
	if err != nil {
		return err
	}
	d.asked("AdminCreateUser", demoUser)
	_, err = d.client.AdminSetUserPassword(ctx, &api.AdminSetUserPasswordInput{
		UserPoolId: d.poolID, Username: demoUser, Password: demoPassword, Permanent: new(true),
	})
	if err != nil {
		return err
	}
	d.asked("AdminSetUserPassword", "permanent")
	user, err := d.client.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: d.poolID, Username: demoUser})
	if err != nil {
		return err
	}
	d.got("%s is %s", demoUser, user.UserStatus)
	return want("UserStatus", user.UserStatus, api.UserStatusTypeConfirmed)
}

// signIn gives the password. With a challenge it keeps the session, with tokens the access token.
func (d *demo) signIn(ctx context.Context) (*api.InitiateAuthOutput, error) {
	d.asked("InitiateAuth", "USER_PASSWORD_AUTH")
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

func (d *demo) mustMeet(ctx context.Context, challenge api.ChallengeNameType) (*api.InitiateAuthOutput, error) {
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
	out, err := d.mustMeet(ctx, api.ChallengeNameTypeMfaSetup)
	if err != nil {
		return err
	}
	d.got("challenge %s, can set up %s", out.ChallengeName, out.ChallengeParameters["MFAS_CAN_SETUP"])
	return want("MFAS_CAN_SETUP", out.ChallengeParameters["MFAS_CAN_SETUP"], `["SOFTWARE_TOKEN_MFA"]`)
}

func (d *demo) associate(ctx context.Context) error {
	out, err := d.client.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{Session: d.session})
	if err != nil {
		return err
	}
	d.asked("AssociateSoftwareToken", "with the session")
	if out.Session == "" || out.Session == d.session {
		return errors.New("AssociateSoftwareToken: no new session")
	}
	d.session = out.Session
	if d.secret, err = totp.Decode(out.SecretCode); err != nil {
		return err
	}
	d.got("SecretCode %s, and the next session", out.SecretCode)
	address := totp.URI("Cognate demo", demoUser, d.secret)
	drawn, err := totp.QR(address, terminalOf(d.out.w))
	if err != nil {
		return err
	}
	d.out.line("    As an authenticator app takes it, %s\n", address)
	d.out.block(drawn)
	d.out.line("")
	return nil
}

// code returns the code of a time step, counted from the server's present.
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
	d.asked("VerifySoftwareToken", "code "+code)
	d.got("%s, and the next session", out.Status)
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
	d.asked("RespondToAuthChallenge", string(api.ChallengeNameTypeMfaSetup))
	out, err := d.respond(ctx, api.ChallengeNameTypeMfaSetup, nil)
	if err != nil {
		return err
	}
	if err := d.takeTokens(out.AuthenticationResult); err != nil {
		return err
	}
	return d.showClaims(out.AuthenticationResult)
}

// takeTokens checks that a sign-in has ended, and keeps its access token.
func (d *demo) takeTokens(r *api.AuthenticationResultType) error {
	if r == nil || r.AccessToken == "" || r.IdToken == "" || r.RefreshToken == "" {
		return errors.New("no tokens, want an access, an ID and a refresh token")
	}
	d.accessToken = r.AccessToken
	d.got("access, ID and refresh token, good for %d s", *r.ExpiresIn)
	return want("TokenType", r.TokenType, "Bearer")
}

// showClaims shows what the access and the ID token say, and checks what both and each of them must.
func (d *demo) showClaims(r *api.AuthenticationResultType) error {
	for _, token := range []struct{ text, use, audience, username string }{
		{r.AccessToken, "access", "client_id", "username"},
		{r.IdToken, "id", "aud", "cognito:username"},
	} {
		claims, err := claimsOf(token.text)
		if err != nil {
			return fmt.Errorf("%s token: %w", token.use, err)
		}
		d.out.line("       the %s token says", token.use)
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

// claimsOf reads a token's claims without checking its signature. Numbers stay as they are written.
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

func (d *demo) beAsked(ctx context.Context) error {
	out, err := d.mustMeet(ctx, api.ChallengeNameTypeSoftwareTokenMfa)
	if err != nil {
		return err
	}
	d.got("challenge %s, for %s", out.ChallengeName, out.ChallengeParameters["FRIENDLY_DEVICE_NAME"])
	return nil
}

// answerCode answers SOFTWARE_TOKEN_MFA.
func (d *demo) answerCode(ctx context.Context, code string) (*api.AuthenticationResultType, error) {
	d.asked("RespondToAuthChallenge", "SOFTWARE_TOKEN_MFA_CODE "+code)
	out, err := d.respond(ctx, api.ChallengeNameTypeSoftwareTokenMfa, map[string]string{"SOFTWARE_TOKEN_MFA_CODE": code})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

func (d *demo) giveWrongCode(ctx context.Context) error {
	_, err := d.answerCode(ctx, d.wrongCode())
	return d.mustBeRefused(err, api.CodeCodeMismatchException)
}

// wrongCode returns a code of none of the steps that count.
func (d *demo) wrongCode() string {
	right := []string{d.code(-1), d.code(0), d.code(1)}
	for i := 0; ; i++ {
		if code := fmt.Sprintf("%06d", i); !slices.Contains(right, code) {
			return code
		}
	}
}

func (d *demo) mustBeRefused(err error, code string) error {
	if err == nil {
		return fmt.Errorf("answered with success, want %s", code)
	}
	refusal, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err
	}
	d.got("%s: %s", refusal.Code, refusal.Message)
	return want("error", refusal.Code, code)
}

func (d *demo) giveCode(ctx context.Context, step int) error {
	tokens, err := d.answerCode(ctx, d.code(step))
	if err != nil {
		return err
	}
	return d.takeTokens(tokens)
}

func (d *demo) giveSpentCode(ctx context.Context) error {
	if err := d.beAsked(ctx); err != nil {
		return err
	}
	_, err := d.answerCode(ctx, d.code(0))
	return d.mustBeRefused(err, api.CodeExpiredCodeException)
}

func (d *demo) associateAgain(ctx context.Context) error {
	d.asked("AssociateSoftwareToken", "with the access token")
	out, err := d.client.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{AccessToken: d.accessToken})
	if err != nil {
		return err
	}
	d.got("SecretCode %s", out.SecretCode)
	if out.SecretCode == totp.Encode(d.secret) {
		return errors.New("AssociateSoftwareToken: the first secret again, want a new one")
	}
	return nil
}

func (d *demo) beAskedToSetUp(ctx context.Context) error {
	out, err := d.mustMeet(ctx, api.ChallengeNameTypeMfaSetup)
	if err != nil {
		return err
	}
	d.got("challenge %s", out.ChallengeName)
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

// want compares a part of an answer with what it must be.
func want[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

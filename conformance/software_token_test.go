package conformance_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// What the service says, as clients match on it. Source: docs/behaviour.md §1.
const (
	saysWrongCode    = "Invalid code received for user"
	saysSpentCode    = "Your software token has already been used once."
	saysWrongProof   = "Code mismatch and fail enable Software Token MFA"
	saysSpentSession = "Invalid session for the user, session can only be used once."
	saysBadSession   = "Invalid session for the user."
	saysNoToken      = "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"
	saysNotInPool    = "Software Token MFA has not been enabled by the userPool"
	saysBadToken     = "Invalid Access Token"
)

var secretCode = regexp.MustCompile(`^[A-Z2-7]{32,}$`)

// enrol goes the whole way of MFA_SETUP and returns the access token at its end.
func (p *pool) enrol(t *testing.T, app *authenticator) string {
	t.Helper()
	s1 := p.mustBeAsked(t, types.ChallengeNameTypeMfaSetup)
	secret, s2 := p.mustAssociate(t, s1)
	app.secret = secret
	s3 := p.mustVerify(t, s2, app.next(t))
	out, err := p.respond(t.Context(), types.ChallengeNameTypeMfaSetup, s3, nil)
	if err != nil {
		t.Fatalf("RespondToAuthChallenge(MFA_SETUP): %v", err)
	}
	if out.ChallengeName != "" || len(out.ChallengeParameters) != 0 {
		t.Errorf("RespondToAuthChallenge(MFA_SETUP) = challenge %q with %v, want tokens alone", out.ChallengeName, out.ChallengeParameters)
	}
	return mustHaveTokens(t, out.AuthenticationResult)
}

// mustAssociate associates by a session and returns the secret and the next session.
func (p *pool) mustAssociate(t *testing.T, session string) (secret, next string) {
	t.Helper()
	out, err := p.sdk.AssociateSoftwareToken(t.Context(), &idp.AssociateSoftwareTokenInput{Session: &session})
	if err != nil {
		t.Fatalf("AssociateSoftwareToken(session): %v", err)
	}
	if !secretCode.MatchString(aws.ToString(out.SecretCode)) {
		t.Fatalf("AssociateSoftwareToken(session): the secret does not match %v", secretCode)
	}
	if next := aws.ToString(out.Session); next == "" || next == session {
		t.Fatal("AssociateSoftwareToken(session): no new session")
	}
	return *out.SecretCode, *out.Session
}

// mustAssociateSignedIn associates by an access token and returns the secret.
func (p *pool) mustAssociateSignedIn(t *testing.T, accessToken string) string {
	t.Helper()
	out, err := p.sdk.AssociateSoftwareToken(t.Context(), &idp.AssociateSoftwareTokenInput{AccessToken: &accessToken})
	if err != nil {
		t.Fatalf("AssociateSoftwareToken(access token): %v", err)
	}
	if out.Session != nil {
		t.Error("AssociateSoftwareToken(access token) gives a session, want none")
	}
	if !secretCode.MatchString(aws.ToString(out.SecretCode)) {
		t.Fatalf("AssociateSoftwareToken(access token): the secret does not match %v", secretCode)
	}
	return *out.SecretCode
}

// mustVerify proves the secret by a session and returns the next session.
func (p *pool) mustVerify(t *testing.T, session, code string) string {
	t.Helper()
	out, err := p.sdk.VerifySoftwareToken(t.Context(), &idp.VerifySoftwareTokenInput{Session: &session, UserCode: &code})
	if err != nil {
		t.Fatalf("VerifySoftwareToken(session): %v", err)
	}
	if next := aws.ToString(out.Session); out.Status != types.VerifySoftwareTokenResponseTypeSuccess || next == "" || next == session {
		t.Fatalf("VerifySoftwareToken(session) = %s, new session: %v; want SUCCESS and a new session", out.Status, next != session)
	}
	return *out.Session
}

func (p *pool) mustVerifySignedIn(t *testing.T, accessToken, code string) {
	t.Helper()
	out, err := p.sdk.VerifySoftwareToken(t.Context(), &idp.VerifySoftwareTokenInput{AccessToken: &accessToken, UserCode: &code})
	if err != nil {
		t.Fatalf("VerifySoftwareToken(access token): %v", err)
	}
	if out.Status != types.VerifySoftwareTokenResponseTypeSuccess || out.Session != nil {
		t.Errorf("VerifySoftwareToken(access token) = %s, session given: %v; want SUCCESS alone", out.Status, out.Session != nil)
	}
}

func (p *pool) prefer(t *testing.T, accessToken string) error {
	t.Helper()
	_, err := p.sdk.SetUserMFAPreference(t.Context(), &idp.SetUserMFAPreferenceInput{
		AccessToken:              &accessToken,
		SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: true},
	})
	return err
}

func TestRequiredSoftwareToken(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}

	out := p.mustSignIn(t)
	if can := out.ChallengeParameters["MFAS_CAN_SETUP"]; !strings.Contains(can, `"SOFTWARE_TOKEN_MFA"`) {
		t.Errorf("MFA_SETUP: MFAS_CAN_SETUP = %q, want SOFTWARE_TOKEN_MFA in it", can)
	}
	p.enrol(t, app)

	session := p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err := p.giveCode(t.Context(), session, app.wrong(t))
	wantError(t, "a wrong code", err, "CodeMismatchException", saysWrongCode)
	spent := app.next(t)
	p.mustGiveCode(t, session, spent)
	_, err = p.giveCode(t.Context(), session, spent)
	wantError(t, "the session again", err, "NotAuthorizedException", saysSpentSession)

	session = p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err = p.giveCode(t.Context(), session, spent)
	wantError(t, "a spent code", err, "ExpiredCodeException", saysSpentCode)
	session = p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa)
	p.mustGiveCode(t, session, app.next(t))
}

func TestRequiredSoftwareTokenIsActiveOnceVerified(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	s1 := p.mustBeAsked(t, types.ChallengeNameTypeMfaSetup)
	secret, s2 := p.mustAssociate(t, s1)
	app.secret = secret
	p.mustVerify(t, s2, app.next(t)) // and MFA_SETUP is never answered
	p.mustGiveCode(t, p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa), app.next(t))
}

// The page of associate-software-token: a second association disassociates the token at once; where MFA is required, the
// next sign-in asks for set-up.
func TestRequiredSoftwareTokenReplaced(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	accessToken := p.enrol(t, app)
	first := app.secret
	if second := p.mustAssociateSignedIn(t, accessToken); second == first {
		t.Error("AssociateSoftwareToken gave the first secret again")
	}
	p.enrol(t, app) // meets MFA_SETUP
	if app.secret == first {
		t.Error("MFA_SETUP gave the first secret again")
	}
	p.mustGiveCode(t, p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa), app.next(t))
}

// The other rule, which an operator may choose: the old token counts until the new one is verified.
func TestSoftwareTokenReplacedOnVerify(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOn, map[string]string{"cognate:software-token-replacement": "on-verify"})
	app := &authenticator{}
	accessToken := p.enrol(t, app)
	second := p.mustAssociateSignedIn(t, accessToken)
	accessToken = p.mustGiveCode(t, p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa), app.next(t))

	old := &authenticator{secret: app.secret}
	app.secret = second
	p.mustVerifySignedIn(t, accessToken, app.next(t))
	session := p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err := p.giveCode(t.Context(), session, old.code(t, app.last))
	wantError(t, "a code of the old secret", err, "CodeMismatchException", saysWrongCode)
}

func TestOptionalSoftwareToken(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOptional, nil), &authenticator{}
	accessToken := p.mustBeLetIn(t)
	wantError(t, "SetUserMFAPreference before a token", p.prefer(t, accessToken), "InvalidParameterException", saysNoToken)

	app.secret = p.mustAssociateSignedIn(t, accessToken)
	_, err := p.sdk.VerifySoftwareToken(t.Context(), &idp.VerifySoftwareTokenInput{
		AccessToken: &accessToken, UserCode: aws.String(app.wrong(t)),
	})
	wantError(t, "VerifySoftwareToken(wrong code)", err, "EnableSoftwareTokenMFAException", saysWrongProof)
	p.mustVerifySignedIn(t, accessToken, app.next(t))
	p.wantFactors(t, accessToken)

	accessToken = p.mustBeLetIn(t) // verified, but not chosen
	if err := p.prefer(t, accessToken); err != nil {
		t.Fatalf("SetUserMFAPreference: %v", err)
	}
	p.wantFactors(t, accessToken, "SOFTWARE_TOKEN_MFA")

	session := p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err = p.giveCode(t.Context(), session, app.wrong(t))
	wantError(t, "a wrong code", err, "CodeMismatchException", saysWrongCode)
	accessToken = p.mustGiveCode(t, session, app.next(t))

	p.mustAssociateSignedIn(t, accessToken) // and never verified: the account has no MFA
	p.mustBeLetIn(t)
}

// wantFactors checks a user's settings: the factors, of which the first is the preferred one; without any, no member at all.
func (p *pool) wantFactors(t *testing.T, accessToken string, want ...string) {
	t.Helper()
	out, err := p.sdk.GetUser(t.Context(), &idp.GetUserInput{AccessToken: &accessToken})
	if err != nil {
		t.Fatalf("GetUser: %v", err)
	}
	var preferred *string
	if len(want) > 0 {
		preferred = &want[0]
	}
	if !slices.Equal(out.UserMFASettingList, want) || aws.ToString(out.PreferredMfaSetting) != aws.ToString(preferred) {
		t.Errorf("GetUser = factors %q, preferred %q; want %q, the first preferred",
			out.UserMFASettingList, aws.ToString(out.PreferredMfaSetting), want)
	}
}

func TestFriendlyDeviceNameComesBack(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	secret, session := p.mustAssociate(t, p.mustBeAsked(t, types.ChallengeNameTypeMfaSetup))
	app.secret = secret
	_, err := p.sdk.VerifySoftwareToken(t.Context(), &idp.VerifySoftwareTokenInput{
		Session: &session, UserCode: aws.String(app.next(t)), FriendlyDeviceName: aws.String("Ines's phone"),
	})
	if err != nil {
		t.Fatalf("VerifySoftwareToken: %v", err)
	}
	if got := p.mustSignIn(t).ChallengeParameters["FRIENDLY_DEVICE_NAME"]; got != "Ines's phone" {
		t.Errorf("SOFTWARE_TOKEN_MFA: FRIENDLY_DEVICE_NAME = %q, want the name given", got)
	}
}

// Sign-ins that race with one code: one of them gets in.
func TestOneCodeOneSignIn(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	p.enrol(t, app)
	const racing = 4
	var sessions [racing]string
	for i := range sessions {
		sessions[i] = p.mustBeAsked(t, types.ChallengeNameTypeSoftwareTokenMfa)
	}
	code := app.next(t)
	var refusals [racing]error
	var wg sync.WaitGroup
	for i, session := range sessions {
		wg.Go(func() { _, refusals[i] = p.giveCode(t.Context(), session, code) })
	}
	wg.Wait()
	letIn := 0
	for _, err := range refusals {
		if err == nil {
			letIn++
			continue
		}
		wantError(t, "a racing sign-in", err, "ExpiredCodeException", saysSpentCode)
	}
	if letIn != 1 {
		t.Errorf("%d sign-ins with one code got in, want 1", letIn)
	}
}

func TestAssociateSoftwareTokenRefusals(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOptional, nil)
	accessToken := p.mustBeLetIn(t)
	unknown := strings.Repeat("unknown-session-", 4)
	tests := []struct {
		name          string
		in            idp.AssociateSoftwareTokenInput
		code, message string
	}{
		{"neither", idp.AssociateSoftwareTokenInput{}, "InvalidParameterException", ""},
		{"both", idp.AssociateSoftwareTokenInput{AccessToken: &accessToken, Session: &unknown}, "InvalidParameterException", ""},
		{"unknown session", idp.AssociateSoftwareTokenInput{Session: &unknown}, "NotAuthorizedException", saysBadSession},
		{"session as access token", idp.AssociateSoftwareTokenInput{AccessToken: &unknown}, "NotAuthorizedException", saysBadToken},
	}
	for _, tt := range tests {
		_, err := p.sdk.AssociateSoftwareToken(t.Context(), &tt.in)
		wantError(t, "AssociateSoftwareToken("+tt.name+")", err, tt.code, tt.message)
	}
}

func TestPoolWithoutSoftwareTokens(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	accessToken := p.mustBeLetIn(t)
	_, err := p.sdk.AssociateSoftwareToken(t.Context(), &idp.AssociateSoftwareTokenInput{AccessToken: &accessToken})
	wantError(t, "AssociateSoftwareToken", err, "SoftwareTokenMFANotFoundException", saysNotInPool)
}

// Sessions of MFA_SETUP go forward only: each is good once, and for its own step.
func TestSetUpSessionsGoForward(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	s1 := p.mustBeAsked(t, types.ChallengeNameTypeMfaSetup)
	secret, s2 := p.mustAssociate(t, s1)
	app.secret = secret
	_, err := p.respond(t.Context(), types.ChallengeNameTypeMfaSetup, s2, nil)
	wantError(t, "MFA_SETUP answered before the token is verified", err, "NotAuthorizedException", "")
	secret, s2 = p.mustAssociate(t, p.mustBeAsked(t, types.ChallengeNameTypeMfaSetup))
	app.secret = secret
	s3 := p.mustVerify(t, s2, app.next(t))
	if _, err := p.respond(t.Context(), types.ChallengeNameTypeMfaSetup, s3, nil); err != nil {
		t.Fatalf("RespondToAuthChallenge(MFA_SETUP): %v", err)
	}
	_, err = p.respond(t.Context(), types.ChallengeNameTypeMfaSetup, s3, nil)
	wantError(t, "MFA_SETUP answered again", err, "NotAuthorizedException", saysSpentSession)
}

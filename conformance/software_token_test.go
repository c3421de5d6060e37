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

// Messages of the service that clients may compare. Source: docs/behaviour.md §1.
const (
	textWrongCode    = "Invalid code received for user"
	textSpentCode    = "Your software token has already been used once."
	textWrongProof   = "Code mismatch and fail enable Software Token MFA"
	textSpentSession = "Invalid session for the user, session can only be used once."
	textBadSession   = "Invalid session for the user."
	textNoToken      = "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"
	textNotInPool    = "Software Token MFA has not been enabled by the userPool"
	textBadToken     = "Invalid Access Token"
)

var secretCode = regexp.MustCompile(`^[A-Z2-7]{32,}$`)

// enroll completes MFA_SETUP and returns the access token.
func (p *pool) enroll(t *testing.T, app *authenticator) string {
	t.Helper()
	s1 := p.mustGetChallenge(t, types.ChallengeNameTypeMfaSetup)
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

// mustAssociate calls AssociateSoftwareToken with a session and returns the secret and the next session.
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

// mustAssociateSignedIn calls AssociateSoftwareToken with an access token and returns the secret.
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

// mustVerify calls VerifySoftwareToken with a session and returns the next session.
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
	p.enroll(t, app)

	session := p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err := p.answerCode(t.Context(), session, app.wrong(t))
	wantError(t, "a wrong code", err, "CodeMismatchException", textWrongCode)
	spent := app.next(t)
	p.mustAnswerCode(t, session, spent)
	_, err = p.answerCode(t.Context(), session, spent)
	wantError(t, "the session again", err, "NotAuthorizedException", textSpentSession)

	session = p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err = p.answerCode(t.Context(), session, spent)
	wantError(t, "a spent code", err, "ExpiredCodeException", textSpentCode)
	session = p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa)
	p.mustAnswerCode(t, session, app.next(t))
}

func TestRequiredSoftwareTokenIsActiveOnceVerified(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	s1 := p.mustGetChallenge(t, types.ChallengeNameTypeMfaSetup)
	secret, s2 := p.mustAssociate(t, s1)
	app.secret = secret
	p.mustVerify(t, s2, app.next(t)) // MFA_SETUP is not answered
	p.mustAnswerCode(t, p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa), app.next(t))
}

// A second association removes the token immediately. If MFA is required, the next sign-in requires a new setup.
// Source: API reference, AssociateSoftwareToken.
func TestRequiredSoftwareTokenReplaced(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	accessToken := p.enroll(t, app)
	first := app.secret
	if second := p.mustAssociateSignedIn(t, accessToken); second == first {
		t.Error("AssociateSoftwareToken gave the first secret again")
	}
	p.enroll(t, app) // fails unless the challenge is MFA_SETUP
	if app.secret == first {
		t.Error("MFA_SETUP gave the first secret again")
	}
	p.mustAnswerCode(t, p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa), app.next(t))
}

// An administrator can choose the other rule: the old token is valid until the new one is verified.
func TestSoftwareTokenReplacedOnVerify(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOn, map[string]string{"cognate:software-token-replacement": "on-verify"})
	app := &authenticator{}
	accessToken := p.enroll(t, app)
	second := p.mustAssociateSignedIn(t, accessToken)
	accessToken = p.mustAnswerCode(t, p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa), app.next(t))

	old := &authenticator{secret: app.secret}
	app.secret = second
	p.mustVerifySignedIn(t, accessToken, app.next(t))
	session := p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err := p.answerCode(t.Context(), session, old.code(t, app.last))
	wantError(t, "a code of the old secret", err, "CodeMismatchException", textWrongCode)
}

func TestOptionalSoftwareToken(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOptional, nil), &authenticator{}
	accessToken := p.mustGetTokens(t)
	wantError(t, "SetUserMFAPreference before a token", p.prefer(t, accessToken), "InvalidParameterException", textNoToken)

	app.secret = p.mustAssociateSignedIn(t, accessToken)
	_, err := p.sdk.VerifySoftwareToken(t.Context(), &idp.VerifySoftwareTokenInput{
		AccessToken: &accessToken, UserCode: aws.String(app.wrong(t)),
	})
	wantError(t, "VerifySoftwareToken(wrong code)", err, "EnableSoftwareTokenMFAException", textWrongProof)
	p.mustVerifySignedIn(t, accessToken, app.next(t))
	p.wantFactors(t, accessToken)

	accessToken = p.mustGetTokens(t) // the token is verified, but not preferred
	if err := p.prefer(t, accessToken); err != nil {
		t.Fatalf("SetUserMFAPreference: %v", err)
	}
	p.wantFactors(t, accessToken, "SOFTWARE_TOKEN_MFA")

	session := p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err = p.answerCode(t.Context(), session, app.wrong(t))
	wantError(t, "a wrong code", err, "CodeMismatchException", textWrongCode)
	accessToken = p.mustAnswerCode(t, session, app.next(t))

	p.mustAssociateSignedIn(t, accessToken) // the token is never verified, so the account has no MFA
	p.mustGetTokens(t)
}

// wantFactors checks a user's MFA settings. The first factor is the preferred one. Without factors, the members must be
// missing.
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
	secret, session := p.mustAssociate(t, p.mustGetChallenge(t, types.ChallengeNameTypeMfaSetup))
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

// Of parallel sign-ins with the same code, exactly one succeeds.
func TestOneCodeOneSignIn(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	p.enroll(t, app)
	const racing = 4
	var sessions [racing]string
	for i := range sessions {
		sessions[i] = p.mustGetChallenge(t, types.ChallengeNameTypeSoftwareTokenMfa)
	}
	code := app.next(t)
	var refusals [racing]error
	var wg sync.WaitGroup
	for i, session := range sessions {
		wg.Go(func() { _, refusals[i] = p.answerCode(t.Context(), session, code) })
	}
	wg.Wait()
	letIn := 0
	for _, err := range refusals {
		if err == nil {
			letIn++
			continue
		}
		wantError(t, "a racing sign-in", err, "ExpiredCodeException", textSpentCode)
	}
	if letIn != 1 {
		t.Errorf("%d sign-ins with one code got in, want 1", letIn)
	}
}

func TestAssociateSoftwareTokenRefusals(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOptional, nil)
	accessToken := p.mustGetTokens(t)
	unknown := strings.Repeat("unknown-session-", 4)
	tests := []struct {
		name          string
		in            idp.AssociateSoftwareTokenInput
		code, message string
	}{
		{"neither", idp.AssociateSoftwareTokenInput{}, "InvalidParameterException", ""},
		{"both", idp.AssociateSoftwareTokenInput{AccessToken: &accessToken, Session: &unknown}, "InvalidParameterException", ""},
		{"unknown session", idp.AssociateSoftwareTokenInput{Session: &unknown}, "NotAuthorizedException", textBadSession},
		{"session as access token", idp.AssociateSoftwareTokenInput{AccessToken: &unknown}, "NotAuthorizedException", textBadToken},
	}
	for _, tt := range tests {
		_, err := p.sdk.AssociateSoftwareToken(t.Context(), &tt.in)
		wantError(t, "AssociateSoftwareToken("+tt.name+")", err, tt.code, tt.message)
	}
}

func TestPoolWithoutSoftwareTokens(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	accessToken := p.mustGetTokens(t)
	_, err := p.sdk.AssociateSoftwareToken(t.Context(), &idp.AssociateSoftwareTokenInput{AccessToken: &accessToken})
	wantError(t, "AssociateSoftwareToken", err, "SoftwareTokenMFANotFoundException", textNotInPool)
}

// Each session of MFA_SETUP is valid once, and only for its own step.
func TestSetUpSessionsGoForward(t *testing.T) {
	t.Parallel()
	p, app := mustCreatePool(t, types.UserPoolMfaTypeOn, nil), &authenticator{}
	s1 := p.mustGetChallenge(t, types.ChallengeNameTypeMfaSetup)
	secret, s2 := p.mustAssociate(t, s1)
	app.secret = secret
	_, err := p.respond(t.Context(), types.ChallengeNameTypeMfaSetup, s2, nil)
	wantError(t, "MFA_SETUP answered before the token is verified", err, "NotAuthorizedException", "")
	secret, s2 = p.mustAssociate(t, p.mustGetChallenge(t, types.ChallengeNameTypeMfaSetup))
	app.secret = secret
	s3 := p.mustVerify(t, s2, app.next(t))
	if _, err := p.respond(t.Context(), types.ChallengeNameTypeMfaSetup, s3, nil); err != nil {
		t.Fatalf("RespondToAuthChallenge(MFA_SETUP): %v", err)
	}
	_, err = p.respond(t.Context(), types.ChallengeNameTypeMfaSetup, s3, nil)
	wantError(t, "MFA_SETUP answered again", err, "NotAuthorizedException", textSpentSession)
}

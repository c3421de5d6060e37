package account_test

import (
	"encoding/base32"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const (
	off      = api.UserPoolMfaTypeOff
	optional = api.UserPoolMfaTypeOptional
	on       = api.UserPoolMfaTypeOn
	tokens   = api.ChallengeNameType("") // no challenge
	setup    = api.ChallengeNameTypeMfaSetup
	totp     = api.ChallengeNameTypeSoftwareTokenMfa
)

// associate calls AssociateSoftwareToken.
func associate(t *testing.T, p *cognatetest.UserPool, in api.AssociateSoftwareTokenInput) (*api.AssociateSoftwareTokenOutput, error) {
	t.Helper()
	return p.Client.AssociateSoftwareToken(t.Context(), &in)
}

// verify calls VerifySoftwareToken.
func verify(t *testing.T, p *cognatetest.UserPool, in api.VerifySoftwareTokenInput) (*api.VerifySoftwareTokenOutput, error) {
	t.Helper()
	return p.Client.VerifySoftwareToken(t.Context(), &in)
}

// mustBeginSetup signs a user in, and gives the user a software token at MFA_SETUP.
func mustBeginSetup(t *testing.T, p *cognatetest.UserPool, username string) *api.AssociateSoftwareTokenOutput {
	t.Helper()
	return cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{Session: p.MustSignIn(username, setup).Session})).Of(t)
}

// mustDeleteToken deletes the software token of ann.
func mustDeleteToken(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	p.Must(t).AdminDeleteSoftwareToken(&api.AdminDeleteSoftwareTokenInput{UserPoolId: p.PoolID, Username: "ann"})
}

func mustGetUser(t *testing.T, p *cognatetest.UserPool, username string) *api.AdminGetUserOutput {
	t.Helper()
	return p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: username})
}

func TestAssociateTakesExactlyOneOfAccessTokenAndSession(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, access := p.MustEnrol("ann")
	p.MustUser("bob")
	session := p.MustSignIn("bob", setup).Session

	for what, in := range map[string]api.AssociateSoftwareTokenInput{
		"neither": {}, "both": {AccessToken: access, Session: session},
	} {
		_, err := associate(t, p, in)
		cognatetest.WantCode(t, "AssociateSoftwareToken("+what+")", err, api.CodeInvalidParameterException)
	}
	// Nothing has changed: ann's token still signs in, and bob's Session still enrols.
	p.NextStep()
	challenge := p.MustSignIn("ann", totp)
	if _, err := p.AnswerCode("ann", challenge.Session, p.Code(secret)); err != nil {
		t.Errorf("the old code after a refused association = %v, want tokens", err)
	}
	if _, err := associate(t, p, api.AssociateSoftwareTokenInput{Session: session}); err != nil {
		t.Errorf("the Session after a refused association = %v, want a secret", err)
	}
}

func TestAssociateAnswersANewSecretAndWithASessionTheNext(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	session := p.MustSignIn("ann", setup).Session
	first := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{Session: session})).Of(t)
	second := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{Session: first.Session})).Of(t)
	if first.SecretCode == second.SecretCode {
		t.Error("two associations gave the same secret")
	}
	if second.Session == "" || second.Session == first.Session || len(second.Session) < 20 || len(second.Session) > 2048 {
		t.Errorf("second Session %q is not a new one of 20 to 2048 characters", second.Session)
	}
	if !regexp.MustCompile(`^[A-Z2-7]+$`).MatchString(first.SecretCode) {
		t.Errorf("SecretCode %q is not upper-case base32 without padding", first.SecretCode)
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(first.SecretCode)
	if err != nil || len(raw)*8 < 160 {
		t.Errorf("SecretCode decodes to %d bits, %v, want 160 or more", len(raw)*8, err)
	}
	v := cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{Session: second.Session, UserCode: p.Code(second.SecretCode)})).Of(t)
	out := cognatetest.Try(p.Answer(setup, v.Session, map[string]string{"USERNAME": "ann"})).Of(t)

	withToken := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: out.AuthenticationResult.AccessToken})).Of(t)
	if withToken.Session != "" || withToken.SecretCode == "" {
		t.Errorf("AssociateSoftwareToken(access token) = %+v, want a secret and no Session", withToken)
	}
}

// AssociateSoftwareToken removes the user's present token immediately. The MFA preference stays, and acts again once the new token
// is verified. Source: API reference, AssociateSoftwareToken, the fourth sentence of its description; docs/behaviour.md §1.2.
func TestAssociateDisassociatesAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode api.UserPoolMfaType
		want api.ChallengeNameType
	}{{optional, tokens}, {on, setup}} {
		t.Run(string(c.mode), func(t *testing.T) {
			t.Parallel()
			p, access, old := enrolledAndPreferred(t, c.mode)
			waiting := p.MustSignIn("ann", totp).Session
			a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t)
			_, err := p.AnswerCode("ann", waiting, p.Code(old))
			cognatetest.WantError(t, "code of the old token", err, api.ErrNoSoftwareToken)
			_, err = p.AnswerCode("ann", waiting, p.Code(a.SecretCode))
			cognatetest.WantError(t, "code of the new token before it is verified", err, api.ErrNoSoftwareToken)
			p.MustSignIn("ann", c.want)

			cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(a.SecretCode)})).Of(t)
			user := mustGetUser(t, p, "ann")
			if diff := cmp.Diff([]string{"SOFTWARE_TOKEN_MFA"}, user.UserMFASettingList); diff != "" || user.PreferredMfaSetting != "SOFTWARE_TOKEN_MFA" {
				t.Errorf("factors = %q, preferred %q, want the software token in both", user.UserMFASettingList, user.PreferredMfaSetting)
			}
			p.NextStep()
			if _, err := p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.Code(a.SecretCode)); err != nil {
				t.Errorf("code of the new token = %v, want tokens", err)
			}
		})
	}
}

func TestAssociateKeepsTheOldTokenWhereThePoolSaysSo(t *testing.T) {
	t.Parallel()
	p, access, oldSecret := enrolledAndPreferred(t, optional, cognatetest.Tag(cognate.TagSoftwareTokenReplacement, "on-verify"))
	a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t)

	p.NextStep()
	challenge := p.MustSignIn("ann", totp)
	if _, err := p.AnswerCode("ann", challenge.Session, p.Code(oldSecret)); err != nil {
		t.Errorf("old token before the new one is verified = %v, want tokens", err)
	}
	p.NextStep()
	_, err := verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(oldSecret)})
	cognatetest.WantError(t, "VerifySoftwareToken(code of the old token)", err, api.ErrEnrolMismatch)
	cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(a.SecretCode)})).Of(t)
	p.NextStep()
	challenge = p.MustSignIn("ann", totp)
	_, err = p.AnswerCode("ann", challenge.Session, p.Code(oldSecret))
	cognatetest.WantError(t, "old token after the new one is verified", err, api.ErrCodeMismatch)
	if _, err := p.AnswerCode("ann", challenge.Session, p.Code(a.SecretCode)); err != nil {
		t.Errorf("new token = %v, want tokens", err)
	}
	user := mustGetUser(t, p, "ann")
	if diff := cmp.Diff([]string{"SOFTWARE_TOKEN_MFA"}, user.UserMFASettingList); diff != "" || user.PreferredMfaSetting != "SOFTWARE_TOKEN_MFA" {
		t.Errorf("factors after replacement: %q, preferred %q, want them kept", user.UserMFASettingList, user.PreferredMfaSetting)
	}
}

// enrolledAndPreferred returns a pool in the mode whose user ann has a verified token, on and preferred.
func enrolledAndPreferred(t *testing.T, mode api.UserPoolMfaType, options ...cognatetest.Option) (p *cognatetest.UserPool, access, secret string) {
	t.Helper()
	p = cognatetest.Pool(t, append(options, cognatetest.MFA(optional))...)
	p.MustUser("ann")
	access = p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	secret = p.MustEnrolWith(access)
	p.MustPrefer(access, true, true)
	p.MustSetMFA(mode)
	p.NextStep()
	return p, access, secret
}

// A Session that waits for a code proves a password only. If it could associate a token, it could bypass the factor.
func TestAssociateRefusesSessionsOfOtherSteps(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	p.MustUser("bob")
	stale := p.MustSignIn("ann", setup).Session // before ann enrols
	secret, _ := p.MustEnrol("ann")
	p.NextStep()
	challenge := p.MustSignIn("ann", totp).Session

	s1 := p.MustSignIn("bob", setup).Session
	a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{Session: s1})).Of(t)
	v := cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: p.Code(a.SecretCode)})).Of(t)

	for _, c := range []struct {
		what, session string
		want          *api.Error
	}{
		{"a SOFTWARE_TOKEN_MFA session", challenge, api.ErrInvalidSession},
		{"a session from before the enrolment", stale, api.ErrInvalidSession},
		{"a session already verified with", v.Session, api.ErrInvalidSession},
		{"a spent session", s1, api.ErrSessionSpent},
		{"a made-up session", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo", api.ErrInvalidSession},
	} {
		_, err := associate(t, p, api.AssociateSoftwareTokenInput{Session: c.session})
		cognatetest.WantError(t, "AssociateSoftwareToken("+c.what+")", err, c.want)
	}
	if _, err := p.AnswerCode("ann", challenge, p.Code(secret)); err != nil {
		t.Errorf("ann's code after refused associations = %v, want tokens", err)
	}
}

func TestAssociateInAPoolWithoutSoftwareTokens(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	_, err := associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})
	cognatetest.WantError(t, "AssociateSoftwareToken", err, api.ErrSoftwareTokenOff)
}

func TestEnrolmentSessionExpires(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	session := p.MustSignIn("ann", setup).Session
	p.Clock.Advance(3*time.Minute - time.Second)
	a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{Session: session})).Of(t)
	p.Clock.Advance(3 * time.Minute)
	_, err := verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: p.Code(a.SecretCode)})
	cognatetest.WantError(t, "VerifySoftwareToken(expired session)", err, api.ErrSessionExpired)
}

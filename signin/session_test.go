package signin_test

import (
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

const (
	on   = api.UserPoolMfaTypeOn
	totp = api.ChallengeNameTypeSoftwareTokenMfa
)

// challenged returns a pool whose user ann has a software token and is at its challenge, with a code that is not used yet.
func challenged(t *testing.T, s *cognatetest.Server) (p *cognatetest.UserPool, session, code string) {
	t.Helper()
	p = s.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	p.NextStep()
	return p, p.MustSignIn("ann", totp).Session, p.Code(secret)
}

// A Session is valid only unchanged, and only for its own pool, client, user and step.
func TestSessionIsBound(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, session, code := challenged(t, s)
	other, otherSession, _ := challenged(t, s)
	p.MustUser("bob")
	sibling := p.MustClient(cognatetest.Flows()).ClientId
	if n := len(session); n < 20 || n > 2048 {
		t.Errorf("Session has %d characters, want 20 to 2048", n)
	}
	altered := cognatetest.ChangeAt(session, len(session)/2)
	for _, c := range []struct {
		what, client, session, username string
		challenge                       api.ChallengeNameType
	}{
		{"another client of the pool", sibling, session, "ann", totp},
		{"another pool's client", other.ClientID, session, "ann", totp},
		{"another pool's session", p.ClientID, otherSession, "ann", totp},
		{"another user", p.ClientID, session, "bob", totp},
		{"unknown name", p.ClientID, session, "eve", totp},
		{"another step", p.ClientID, session, "ann", api.ChallengeNameTypeMfaSetup},
		{"another step", p.ClientID, session, "ann", api.ChallengeNameTypeSelectMfaType},
		{"another step", p.ClientID, session, "ann", api.ChallengeNameTypeNewPasswordRequired},
		{"an altered session", p.ClientID, altered, "ann", totp},
		{"a cut session", p.ClientID, session[:len(session)-4], "ann", totp},
		{"a made-up session", p.ClientID, strings.Repeat("AYAB", 100), "ann", totp},
		{"no base64", p.ClientID, strings.Repeat("é", 20), "ann", totp},
	} {
		_, err := p.Client.RespondToAuthChallenge(t.Context(), &api.RespondToAuthChallengeInput{
			ClientId: c.client, ChallengeName: c.challenge, Session: c.session, ChallengeResponses: map[string]string{
				"USERNAME": c.username, "SOFTWARE_TOKEN_MFA_CODE": code, "NEW_PASSWORD": cognatetest.Password, "ANSWER": string(totp),
			},
		})
		cognatetest.WantError(t, "answer with "+c.what, err, api.ErrInvalidSession)
	}
	if _, err := p.AnswerCode("ann", session, code); err != nil {
		t.Errorf("right answer after all that = %v, want tokens", err)
	}
	_, err := p.AnswerCode("ann", session, code)
	cognatetest.WantError(t, "the same answer again", err, api.ErrSessionSpent)
}

func TestSessionLivesAsLongAsItsClientSays(t *testing.T) {
	t.Parallel()
	p, session, code := challenged(t, cognatetest.Start(t))
	p.Clock.Advance(3 * time.Minute)
	_, err := p.AnswerCode("ann", session, code)
	cognatetest.WantError(t, "answer after three minutes", err, api.ErrSessionExpired)

	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, AuthSessionValidity: new(15),
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	session = p.MustSignIn("ann", totp).Session
	p.Clock.Advance(15*time.Minute - time.Second)
	_, err = p.AnswerCode("ann", session, "000000")
	cognatetest.WantError(t, "wrong code just within 15 minutes", err, api.ErrCodeMismatch)
	p.Clock.Advance(time.Second)
	_, err = p.AnswerCode("ann", session, "000000")
	cognatetest.WantError(t, "answer after 15 minutes", err, api.ErrSessionExpired)
}

// The pool, client or user of a sign-in can change or be deleted before the next step.
func TestSessionEndsWithAChangeOfTheUser(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for what, c := range map[string]struct {
		change func(p *cognatetest.UserPool) error
		want   *api.Error
	}{
		"a new password": {func(p *cognatetest.UserPool) error {
			_, err := p.Client.AdminSetUserPassword(t.Context(), &api.AdminSetUserPasswordInput{
				UserPoolId: p.PoolID, Username: "ann", Password: "Another-horse-8", Permanent: new(true),
			})
			return err
		}, api.ErrInvalidSession},
		"disabling": {func(p *cognatetest.UserPool) error {
			_, err := p.Client.AdminDisableUser(t.Context(), &api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}, api.ErrUserDisabled},
		"global sign-out": {func(p *cognatetest.UserPool) error {
			_, err := p.Client.AdminUserGlobalSignOut(t.Context(), &api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}, api.ErrInvalidSession},
		"deletion": {func(p *cognatetest.UserPool) error {
			_, err := p.Client.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}, api.ErrInvalidSession},
	} {
		p, session, code := challenged(t, s)
		if err := c.change(p); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		_, err := p.AnswerCode("ann", session, code)
		cognatetest.WantError(t, "answer after "+what, err, c.want)
	}
}

func TestSessionIsGoodOnEveryNode(t *testing.T) {
	t.Parallel()
	nodes := cognatetest.StartPair(t, 2)
	p, session, code := challenged(t, nodes[0])
	answer := &api.RespondToAuthChallengeInput{
		ClientId: p.ClientID, ChallengeName: totp, Session: session,
		ChallengeResponses: map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": code},
	}
	nodes[1].Must(t).RespondToAuthChallenge(answer)
	_, err := nodes[0].Client.RespondToAuthChallenge(t.Context(), answer)
	cognatetest.WantError(t, "the same answer on the first node", err, api.ErrSessionSpent)
}

func TestMissingAnswers(t *testing.T) {
	t.Parallel()
	p, session, _ := challenged(t, cognatetest.Start(t))
	for missing, in := range map[string]*api.RespondToAuthChallengeInput{
		"USERNAME":                {Session: session, ChallengeResponses: map[string]string{"SOFTWARE_TOKEN_MFA_CODE": "000000"}},
		"SOFTWARE_TOKEN_MFA_CODE": {Session: session, ChallengeResponses: map[string]string{"USERNAME": "ann"}},
		"Session":                 {ChallengeResponses: map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": "000000"}},
	} {
		in.ClientId, in.ChallengeName = p.ClientID, totp
		_, err := p.Client.RespondToAuthChallenge(t.Context(), in)
		cognatetest.WantError(t, "answer without "+missing, err, api.InvalidParameterException("Missing required parameter "+missing))
	}
}

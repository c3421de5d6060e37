package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

const userCode = "000000"

// tokenOperations call the operations that take an access token or a Session.
var tokenOperations = map[string]func(t *testing.T, s *cognatetest.Server, access, session string) error{
	"AssociateSoftwareToken": func(t *testing.T, s *cognatetest.Server, access, session string) error {
		t.Helper()
		_, err := s.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{AccessToken: access, Session: session})
		return err
	},
	"VerifySoftwareToken": func(t *testing.T, s *cognatetest.Server, access, session string) error {
		t.Helper()
		_, err := s.Client.VerifySoftwareToken(t.Context(), &api.VerifySoftwareTokenInput{
			AccessToken: access, Session: session, UserCode: userCode,
		})
		return err
	},
}

// The log line names pool, client and user, with an access token and with a Session.
func TestEventsOfSoftwareTokens(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	p.MustUser("ann")
	p.MustUser("bob")
	_, access := p.MustEnrol("ann")
	session := p.MustSignIn("bob", api.ChallengeNameTypeMfaSetup).Session
	associated := p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: session}).Session
	p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: access})
	for operation, call := range tokenOperations {
		for what, c := range map[string]struct{ access, session, sub string }{
			"access token": {access: access, sub: subOf(t, p, "ann")},
			"Session":      {session: associated, sub: subOf(t, p, "bob")},
		} {
			before := len(s.Log.String())
			_ = call(t, s, c.access, c.session)
			got := events(t, s, before)
			for i := range got {
				got[i].Request, got[i].Outcome, got[i].Changes = "", "", nil
			}
			want := []event{{
				Msg: "request", Operation: operation, Pool: p.PoolID, Client: p.ClientID, Sub: c.sub, Address: "127.0.0.1",
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("events of %s with an %s (-want +got):\n%s", operation, what, diff)
			}
		}
	}
}

// The order of the checks: neither, both, the access token.
func TestTokenOrSession(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	p.MustUser("ann")
	access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	const session = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo"
	p.Must(t).DeleteUser(&api.DeleteUserInput{AccessToken: access})
	deleted := map[string]*api.Error{
		"AssociateSoftwareToken": api.ErrTokenRevoked, "VerifySoftwareToken": api.ErrUserDoesNotExist,
	}
	for operation, call := range tokenOperations {
		cognatetest.WantError(t, operation+"(neither)", call(t, s, "", ""),
			api.InvalidParameterException("Missing required parameter AccessToken or Session"))
		cognatetest.WantError(t, operation+"(both, invalid)", call(t, s, "abc", session),
			api.InvalidParameterException("AccessToken and Session can't be given together."))
		cognatetest.WantError(t, operation+"(invalid access token)", call(t, s, "abc", ""), api.ErrInvalidAccessToken)
		cognatetest.WantError(t, operation+"(invalid Session)", call(t, s, "", session), api.ErrInvalidSession)
		cognatetest.WantError(t, operation+"(access token of a deleted user)", call(t, s, access, ""), deleted[operation])
	}
}

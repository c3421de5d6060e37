package account_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestAdminSetUserPassword(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	cognatetest.Try(f.invite(t, "anna")).Of(t)
	cognatetest.WantRefusal(t, "AdminSetUserPassword(bad)", f.setPassword(t, "anna", "no-upper1", true),
		api.InvalidPasswordException("Password did not conform with policy: Password must have uppercase characters"))

	cognatetest.WantRefusal(t, "AdminSetUserPassword(permanent)", f.setPassword(t, "anna", cognatetest.Password, true), nil)
	if out := cognatetest.Try(f.get(t, "anna")).Of(t); out.UserStatus != api.UserStatusTypeConfirmed {
		t.Errorf("status after a permanent password = %s, want CONFIRMED", out.UserStatus)
	}
	token := f.mustToken(t, "anna")

	cognatetest.WantRefusal(t, "AdminSetUserPassword(temporary)", f.setPassword(t, "anna", "Other-horse-8", false), nil)
	if out := cognatetest.Try(f.get(t, "anna")).Of(t); out.UserStatus != api.UserStatusTypeForceChangePassword {
		t.Errorf("status after a temporary password = %s, want FORCE_CHANGE_PASSWORD", out.UserStatus)
	}
	in := cognatetest.Try(f.signIn(t, "anna", "Other-horse-8")).Of(t)
	if in.ChallengeName != api.ChallengeNameTypeNewPasswordRequired {
		t.Errorf("InitiateAuth(temporary password) leads to %q, want NEW_PASSWORD_REQUIRED", in.ChallengeName)
	}
	_, err := f.getUser(t, token)
	cognatetest.WantRefusal(t, "GetUser(token from before)", err, nil)

	// A new password ends a sign-in that has started.
	cognatetest.WantRefusal(t, "AdminSetUserPassword(again)", f.setPassword(t, "anna", "Third-horse-9", false), nil)
	_, err = s.Client.RespondToAuthChallenge(t.Context(), &api.RespondToAuthChallengeInput{
		ClientId: f.ClientID, ChallengeName: in.ChallengeName, Session: in.Session,
		ChallengeResponses: map[string]string{"USERNAME": "anna", "NEW_PASSWORD": cognatetest.Password},
	})
	cognatetest.WantRefusal(t, "RespondToAuthChallenge(Session from before)", err, api.NotAuthorizedException("Invalid session for the user."))
}

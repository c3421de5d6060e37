package signin_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

const newPassword = api.ChallengeNameTypeNewPasswordRequired

const temporary = "Temporary-horse-7"

// invited returns a pool in the mode with user ann, who has a temporary password.
func invited(t *testing.T, mode api.UserPoolMfaType) *cognatetest.UserPool {
	t.Helper()
	p := cognatetest.Pool(t, cognatetest.MFA(mode))
	p.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: "ann", TemporaryPassword: temporary, MessageAction: api.MessageActionTypeSuppress,
		UserAttributes: []api.AttributeType{{Name: "email", Value: "ann@example.com"}},
	})
	return p
}

func TestNewPasswordRequired(t *testing.T) {
	t.Parallel()
	p := invited(t, off)
	out := cognatetest.Try(withPassword(t, p, "ann", temporary)).Of(t)
	want := map[string]string{
		"USER_ID_FOR_SRP": "ann", "requiredAttributes": "[]", "userAttributes": `{"email":"ann@example.com"}`,
	}
	if diff := cmp.Diff(want, out.ChallengeParameters); out.ChallengeName != newPassword || diff != "" {
		t.Fatalf("sign-in = %s, parameters differ (-want +got):\n%s", out.ChallengeName, diff)
	}
	answer := func(extra map[string]string) (*api.RespondToAuthChallengeOutput, error) {
		responses := map[string]string{"USERNAME": "ann"}
		maps.Copy(responses, extra)
		return p.Answer(newPassword, out.Session, responses)
	}
	_, err := answer(nil)
	cognatetest.WantError(t, "no password", err, api.InvalidParameterException("Missing required parameter NEW_PASSWORD"))
	_, err = answer(map[string]string{"NEW_PASSWORD": "short"})
	cognatetest.WantError(t, "a weak password", err, api.InvalidPasswordException("Password did not conform with policy: Password not long enough"))
	_, err = answer(map[string]string{"NEW_PASSWORD": cognatetest.Password, "userAttributes.email": "eve@example.com"})
	cognatetest.WantError(t, "another address", err, api.NotAuthorizedException("Cannot modify an already provided email"))

	done := cognatetest.Try(answer(map[string]string{"NEW_PASSWORD": cognatetest.Password, "userAttributes.given_name": "Ann"})).Of(t)
	if done.AuthenticationResult == nil {
		t.Fatalf("NEW_PASSWORD_REQUIRED = %+v, want tokens", done)
	}
	_, err = answer(map[string]string{"NEW_PASSWORD": "Third-horse-7"})
	cognatetest.WantError(t, "the session again", err, api.ErrSessionSpent)
	_, err = withPassword(t, p, "ann", temporary)
	cognatetest.WantError(t, "the temporary password again", err, api.ErrIncorrectPassword)
	p.MustSignIn("ann", "")
}

func TestNewPasswordComesBeforeMFASetup(t *testing.T) {
	t.Parallel()
	p := invited(t, on)
	out := cognatetest.Try(withPassword(t, p, "ann", temporary)).Of(t)
	next := cognatetest.Try(p.Answer(newPassword, out.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": cognatetest.Password})).Of(t)
	if next.ChallengeName != api.ChallengeNameTypeMfaSetup || next.ChallengeParameters["MFAS_CAN_SETUP"] != `["SOFTWARE_TOKEN_MFA"]` {
		t.Fatalf("NEW_PASSWORD_REQUIRED = %+v, want MFA_SETUP", next)
	}
	a := p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: next.Session})
	if a.SecretCode == "" || a.Session == "" {
		t.Errorf("AssociateSoftwareToken() = %+v, want a secret and a Session", a)
	}
}

func TestTemporaryPasswordExpires(t *testing.T) {
	t.Parallel()
	p := invited(t, off)
	p.Clock.Advance(7*24*time.Hour - time.Second)
	if _, err := withPassword(t, p, "ann", temporary); err != nil {
		t.Errorf("just within seven days = %v, want a challenge", err)
	}
	p.Clock.Advance(time.Second)
	_, err := withPassword(t, p, "ann", temporary)
	cognatetest.WantError(t, "after seven days", err, api.ErrTemporaryExpired)
}

package account_test

import (
	"fmt"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const remembered = 3

var errRemembered = api.PasswordHistoryPolicyViolationException(
	"Password has previously been used. Please choose a password that you have not used before.")

// mustRemember makes the pool remember passwords.
func (f *fixture) mustRemember(t *testing.T, size int, storage string) {
	t.Helper()
	f.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId:             f.PoolID,
		Policies:               &api.UserPoolPolicyType{PasswordPolicy: &api.PasswordPolicyType{MinimumLength: new(8), PasswordHistorySize: &size}},
		AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
		UserPoolTags:           map[string]string{"cognate:password-storage": storage},
	})
}

// Every operation that sets a password rejects the last ones, the current one included. It accepts older ones.
func TestPasswordHistory(t *testing.T) {
	t.Parallel()
	for _, storage := range []string{"srp", "argon2id"} {
		t.Run(storage, func(t *testing.T) {
			t.Parallel()
			s := cognatetest.Start(t)
			f := mustPool(t, s)
			f.mustRemember(t, remembered, storage)
			f.mustUser(t, "anna")
			token := f.mustToken(t, "anna")
			passwords := []string{cognatetest.Password}
			for i := range remembered {
				next := fmt.Sprintf("Fresh-horse-%d", i)
				if err := f.changePassword(t, token, passwords[0], next); err != nil {
					t.Fatalf("ChangePassword(%s) = %v", next, err)
				}
				passwords = append([]string{next}, passwords...)
			}
			cognatetest.WantRefusal(t, "ChangePassword(the same)", f.changePassword(t, token, passwords[0], passwords[0]), errRemembered)
			cognatetest.WantRefusal(t, "ChangePassword(wrong, one from before)", f.changePassword(t, token, "Wrong-horse-7", passwords[1]),
				api.NotAuthorizedException("Incorrect username or password."))
			for _, old := range passwords[:remembered] {
				cognatetest.WantRefusal(t, "AdminSetUserPassword(remembered)", f.setPassword(t, "anna", old, true), errRemembered)
			}
			cognatetest.WantRefusal(t, "AdminSetUserPassword(forgotten)", f.setPassword(t, "anna", passwords[remembered], true), nil)
			cognatetest.WantRefusal(t, "AdminSetUserPassword(temporary, remembered)", f.setPassword(t, "anna", passwords[0], false), nil)
			f.wantNewPasswordRefused(t, "anna", passwords[0], errRemembered)
		})
	}
}

// wantNewPasswordRefused answers NEW_PASSWORD_REQUIRED with the temporary password itself.
func (f *fixture) wantNewPasswordRefused(t *testing.T, username, temporary string, want error) {
	t.Helper()
	out, err := f.signIn(t, username, temporary)
	if err != nil || out.ChallengeName != api.ChallengeNameTypeNewPasswordRequired {
		t.Fatalf("InitiateAuth(temporary password) = %+v, %v, want NEW_PASSWORD_REQUIRED", out, err)
	}
	_, err = f.Client.RespondToAuthChallenge(t.Context(), &api.RespondToAuthChallengeInput{
		ClientId: f.ClientID, ChallengeName: out.ChallengeName, Session: out.Session,
		ChallengeResponses: map[string]string{"USERNAME": username, "NEW_PASSWORD": temporary},
	})
	cognatetest.WantRefusal(t, "RespondToAuthChallenge(the temporary password)", err, want)
}

// If the pool remembers fewer passwords, the next change deletes the others.
func TestPasswordHistoryIsTrimmed(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustRemember(t, remembered, "srp")
	f.mustUser(t, "anna")
	cognatetest.WantRefusal(t, "AdminSetUserPassword()", f.setPassword(t, "anna", newPassword, true), nil)
	f.mustRemember(t, 0, "srp")
	cognatetest.WantRefusal(t, "AdminSetUserPassword(nothing remembered)", f.setPassword(t, "anna", newPassword, true), nil)
	f.mustRemember(t, remembered, "srp")
	cognatetest.WantRefusal(t, "AdminSetUserPassword(forgotten meanwhile)", f.setPassword(t, "anna", cognatetest.Password, true), nil)
}

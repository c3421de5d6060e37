package attack_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/archive"
	"cognate/backup"
	"cognate/cognatetest"
	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

// mustBackUp writes a backup of a server's database and restores it into another database, as cognate backup and cognate restore do.
func mustBackUp(t *testing.T, s *cognatetest.Server, keys []sealing.MasterKey) (restore func(url string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cognate.backup")
	file := cognatetest.Try(archive.CreateFile(path, archive.Encryption{})).Of(t)
	w := &backup.Writer{Store: s.Store, Scratch: filepath.Join(t.TempDir(), "scratch.db"), Version: "v0", Now: s.Clock.Now}
	cognatetest.Try(w.Write(t.Context(), file)).Of(t)
	if err := file.Commit(); err != nil {
		t.Fatal(err)
	}
	return func(url string) {
		t.Helper()
		r := &backup.Restore{File: backup.File{Path: path}, URL: url, MasterKeys: keys, Now: s.Clock.Now}
		if err := r.Run(t.Context(), cognatetest.Try(r.Check(t.Context())).Of(t)); err != nil {
			t.Fatal(err)
		}
	}
}

// An attacker who has seen what users sent after the backup, and before the database was lost, can use none of it on the restored server:
// codes of authenticators and messages, Sessions, authorization codes, refresh tokens that were rotated.
func TestSpentBeforeARestore(t *testing.T) {
	t.Parallel()
	for engine, newURL := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { t.Helper(); return filepath.Join(t.TempDir(), "cognate.db") },
		"postgres": func(t testing.TB) string { t.Helper(); return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			keys := []sealing.MasterKey{storetest.MasterKey(t)}
			s := cognatetest.StartOn(t, store.Config{URL: newURL(t), MasterKeys: keys})
			p := s.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOptional), oauthClient, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail),
				cognatetest.Recovery("verified_email"), cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
					in.RefreshTokenRotation = &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled, RetryGracePeriodSeconds: new(0)}
					in.ExplicitAuthFlows = []api.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}
				}))
			domain := mustDomain(t, p)
			for _, name := range []string{"ann", "bob", "cat"} {
				p.MustUser(name, cognatetest.Attributes("email", name+"@example.com", "email_verified", "true")...)
			}
			access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
			secret := p.MustEnrolWith(access)
			p.MustPrefer(access, true, true)
			p.NextStep()
			session, code := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session, s.Code(secret)
			refresh := p.MustSignIn("bob", "").AuthenticationResult.RefreshToken
			authorization := mustAuthorize(t, p, domain, "bob")
			p.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: "cat"})
			recovery := lastCode(t, p, "cat@example.com")

			restore := mustBackUp(t, s, keys)
			cognatetest.Try(p.AnswerCode("ann", session, code)).Of(t)
			for what, got := range map[string]reply{
				"the refresh token":      call(t, s, "GetTokensFromRefreshToken", sprintf(`{"ClientId":%q,"RefreshToken":%q}`, p.ClientID, refresh), nil),
				"the authorization code": exchangeCode(t, domain, p.ClientID, authorization, callback),
				"the recovery code": call(t, s, "ConfirmForgotPassword", sprintf(`{"ClientId":%q,"Username":"cat","ConfirmationCode":%q,"Password":%q}`,
					p.ClientID, recovery, secondPassword), nil),
			} {
				if got.status != http.StatusOK {
					t.Fatalf("%s before the restore = %d %s", what, got.status, got.body)
				}
			}

			to := newURL(t)
			restore(to)
			restored := cognatetest.StartOn(t, store.Config{URL: to, MasterKeys: keys})
			domain = strings.Replace(domain, s.URL, restored.URL, 1)
			again := call(t, restored, "InitiateAuth", sprintf(`{"ClientId":%q,"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ann","PASSWORD":%q}}`,
				p.ClientID, cognatetest.Password), nil)
			var challenged struct{ Session string }
			if err := json.Unmarshal([]byte(again.body), &challenged); err != nil || challenged.Session == "" {
				t.Fatalf("a password after the restore = %d %s, want a challenge", again.status, again.body)
			}
			answer := func(session, code string) reply {
				return call(t, restored, "RespondToAuthChallenge", sprintf(
					`{"ClientId":%q,"ChallengeName":"SOFTWARE_TOKEN_MFA","Session":%q,"ChallengeResponses":{"USERNAME":"ann","SOFTWARE_TOKEN_MFA_CODE":%q}}`,
					p.ClientID, session, code), nil)
			}
			restored.Clock.Advance(2 * time.Minute) // the Session has not expired, and there is an unused code
			unused := restored.Code(secret)
			for what, got := range map[string]reply{
				"the Session":                       answer(session, unused),
				"the code of the authenticator":     answer(challenged.Session, code),
				"the refresh token":                 call(t, restored, "GetTokensFromRefreshToken", sprintf(`{"ClientId":%q,"RefreshToken":%q}`, p.ClientID, refresh), nil),
				"the refresh token at the endpoint": post(t, domain+"/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {p.ClientID}, "refresh_token": {refresh}}, nil),
				"the authorization code":            exchangeCode(t, domain, p.ClientID, authorization, callback),
				"the recovery code": call(t, restored, "ConfirmForgotPassword", sprintf(`{"ClientId":%q,"Username":"cat","ConfirmationCode":%q,"Password":%q}`,
					p.ClientID, recovery, "Mallory-horse-7"), nil),
			} {
				if got.status != http.StatusBadRequest {
					t.Errorf("%s works again after the restore: %d %s", what, got.status, got.body)
				}
			}
			if got := answer(challenged.Session, unused); got.status != http.StatusOK {
				t.Errorf("an unused code in a Session of after the restore = %d %s, want tokens", got.status, got.body)
			}
		})
	}
}

package signin_test

import (
	"fmt"
	"sync"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// A sign-in that is concurrent with a global sign-out either finishes before, and its tokens are revoked, or is refused.
func TestSignOutEndsSignInsThatFinishMeanwhile(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.MFA(on))
		for i := range 30 {
			user := fmt.Sprintf("user-%d", i)
			p.MustUser(user)
			a := p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{
				Session: p.MustSignIn(user, api.ChallengeNameTypeMfaSetup).Session,
			})
			v := p.Must(t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
				Session: a.Session, UserCode: p.Code(a.SecretCode),
			})
			var wg sync.WaitGroup
			var done *api.RespondToAuthChallengeOutput
			start := make(chan struct{})
			wg.Go(func() {
				<-start
				done, _ = p.Answer(api.ChallengeNameTypeMfaSetup, v.Session, map[string]string{"USERNAME": user})
			})
			wg.Go(func() {
				<-start
				_, err := p.Client.AdminUserGlobalSignOut(t.Context(), &api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: user})
				if err != nil {
					t.Errorf("AdminUserGlobalSignOut() = %v", err)
				}
			})
			close(start)
			wg.Wait()
			if done == nil {
				continue
			}
			if _, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: done.AuthenticationResult.AccessToken}); err == nil {
				t.Fatalf("%s: an access token lives on after the global sign-out", user)
			}
		}
	})
}

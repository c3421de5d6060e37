package signin_test

import (
	"fmt"
	"sync"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// If a user is deleted during a request, the answer is not an internal error.
func TestAnswerOfAUserWhoIsBeingDeleted(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.MFA(on))
		for i := range 30 {
			user := fmt.Sprintf("user-%d", i)
			p.MustUser(user)
			secret, _ := p.MustEnrol(user)
			session := p.MustSignIn(user, totp).Session
			var wg sync.WaitGroup
			wrong := p.WrongCode(secret)
			for range 4 {
				wg.Go(func() {
					_, err := p.AnswerCode(user, session, wrong)
					if code, _ := codeOf(err); code != api.CodeCodeMismatchException && code != api.CodeNotAuthorizedException {
						t.Errorf("an answer while the user is deleted = %v", err)
					}
				})
			}
			wg.Go(func() {
				_, err := p.Client.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: user})
				if err != nil {
					t.Errorf("AdminDeleteUser() = %v", err)
				}
			})
			wg.Wait()
		}
	})
}

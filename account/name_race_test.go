package account_test

import (
	"fmt"
	"sync"
	"testing"

	"cognate/cognatetest"
)

// A name belongs to one user. Of concurrent requests that make it a username and an alias, one fails.
func TestRacingUsernameAndAlias(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, cognatetest.EmailIsAlias())
		for i := range 30 {
			first, name := fmt.Sprintf("first-%d", i), fmt.Sprintf("name-%d", i)
			f.mustUser(t, first)
			var asUsername, asAlias error
			var wg sync.WaitGroup
			wg.Go(func() { _, asUsername = f.invite(t, name) })
			wg.Go(func() { asAlias = f.adminUpdate(t, first, "preferred_username", name) })
			wg.Wait()
			if (asUsername == nil) == (asAlias == nil) {
				t.Errorf("%s: as a username = %v, as an alias = %v, want one refusal", name, asUsername, asAlias)
			}
		}
	})
}

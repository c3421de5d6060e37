package account_test

import (
	"errors"
	"testing"
	"time"

	"cognate/account"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

func TestDeleteUnconfirmed(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		signUp := func(name string) string {
			return p.Must(t).SignUp(&api.SignUpInput{ClientId: p.ClientID, Username: name, Password: cognatetest.Password}).UserSub
		}
		old, confirmed := signUp("old"), signUp("confirmed")
		p.Must(t).AdminConfirmSignUp(&api.AdminConfirmSignUpInput{UserPoolId: p.PoolID, Username: "confirmed"})
		p.Clock.Advance(time.Hour)
		young := signUp("young")
		users := &account.Service{Store: s.Store, Now: s.Clock.Now}
		if err := users.DeleteUnconfirmed(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		for sub, kept := range map[string]bool{old: false, confirmed: true, young: true} {
			if _, err := s.Store.User(t.Context(), p.PoolID, sub); errors.Is(err, store.ErrNotFound) == kept || err != nil && kept {
				t.Errorf("User(%s) after the deletion = %v, want kept %v", sub, err, kept)
			}
		}
		if signUp("old") == old {
			t.Error("the name of a deleted user is not free")
		}
	})
}

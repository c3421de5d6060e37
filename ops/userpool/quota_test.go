package userpool_test

import (
	"fmt"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

// The quota counts the pools of one account in one Region. Of concurrent requests, only as many succeed as it allows.
func TestPoolQuota(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		const room = 7
		err := s.Store.Write(t.Context(), func(tx *store.Tx) error {
			for i := range cognate.QuotaUserPools.Max {
				region, account := cognatetest.Region, cognatetest.AccountID
				switch {
				case i < room/2:
					region = "us-east-2"
				case i < room:
					account = "999999999999"
				}
				p := &cognate.UserPool{ID: fmt.Sprintf("%s_filler%09d", region, i), AccountID: account, Name: "filler"}
				if err := tx.CreateUserPool(t.Context(), p, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		create := func(int) error {
			_, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})
			return err
		}
		if succeeded := cognatetest.Race(t, api.CodeLimitExceededException, create); succeeded != room {
			t.Errorf("%d of the concurrent requests created a user pool, want %d", succeeded, room)
		}
		cognatetest.WantError(t, "CreateUserPool(quota reached)", create(0),
			api.LimitExceededException("The maximum number of user pools of an account in a Region is 1000."))
	})
}

package appclient_test

import (
	"fmt"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/ops/appclient"
	"cognate/store"
)

// Of concurrent requests, only as many succeed as the quota allows. Without quotas there is no limit.
func TestClientQuota(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		const room = 7
		p := mustPool(t, s)
		err := s.Store.Write(t.Context(), func(tx *store.Tx) error {
			for i := range cognate.QuotaAppClients.Max - room {
				c := &cognate.AppClient{PoolID: p.id, ID: fmt.Sprintf("client%020d", i), Name: "filler"}
				if err := tx.CreateAppClient(t.Context(), c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		succeeded := cognatetest.Race(t, api.CodeLimitExceededException, func(int) error {
			_, err := p.create(t, api.CreateUserPoolClientInput{})
			return err
		})
		if succeeded != room {
			t.Errorf("%d of the concurrent requests created an app client, want %d", succeeded, room)
		}
		_, err = p.create(t, api.CreateUserPoolClientInput{})
		cognatetest.WantRefusal(t, "CreateUserPoolClient(quota reached)", err,
			api.LimitExceededException("The maximum number of app clients in a user pool is 1000."))
		_, err = p.create(t, api.CreateUserPoolClientInput{AllowedOAuthScopes: []string{"unknown"}})
		cognatetest.WantRefusal(t, "CreateUserPoolClient(quota reached, and an unknown scope)", err, api.ScopeDoesNotExistException(""))
		unlimited := &appclient.Service{Store: s.Store, Quotas: cognate.Quotas{Off: true}, Now: s.Clock.Now}
		ctx := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: cognatetest.AccountID, Region: cognatetest.Region})
		_, err = unlimited.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{UserPoolId: p.id, ClientName: "app"})
		cognatetest.WantRefusal(t, "CreateUserPoolClient(no quotas)", err, nil)
	})
}

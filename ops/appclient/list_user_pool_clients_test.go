package appclient_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

func TestListUserPoolClients(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, other := mustPool(t, s), mustPool(t, s)
		other.mustCreate(t, api.CreateUserPoolClientInput{})
		var want []api.UserPoolClientDescription
		for range 3 {
			id := p.mustCreate(t, api.CreateUserPoolClientInput{GenerateSecret: new(true)}).ClientId
			want = append(want, api.UserPoolClientDescription{ClientId: id, ClientName: "app", UserPoolId: p.id})
		}
		slices.SortFunc(want, func(a, b api.UserPoolClientDescription) int {
			return slices.Compare([]byte(a.ClientId), []byte(b.ClientId))
		})
		list := func(in api.ListUserPoolClientsInput) *api.ListUserPoolClientsOutput {
			in.UserPoolId = p.id
			return s.Must(t).ListUserPoolClients(&in)
		}

		first := list(api.ListUserPoolClientsInput{MaxResults: new(2)})
		rest := list(api.ListUserPoolClientsInput{MaxResults: new(2), NextToken: first.NextToken})
		if diff := cmp.Diff(want, append(first.UserPoolClients, rest.UserPoolClients...)); diff != "" || rest.NextToken != "" {
			t.Errorf("ListUserPoolClients() by 2 (-want +got), then token %q:\n%s", rest.NextToken, diff)
		}
		if diff := cmp.Diff(want, list(api.ListUserPoolClientsInput{}).UserPoolClients); diff != "" {
			t.Errorf("ListUserPoolClients() (-want +got):\n%s", diff)
		}
		if got := list(api.ListUserPoolClientsInput{ClientType: "DCR"}).UserPoolClients; got == nil || len(got) != 0 {
			t.Errorf("ListUserPoolClients(DCR) = %v, want an empty list", got)
		}
		_, err := s.Client.ListUserPoolClients(t.Context(), &api.ListUserPoolClientsInput{UserPoolId: p.id, NextToken: "bm9uc2Vuc2U"})
		cognatetest.WantRefusal(t, "ListUserPoolClients(made-up token)", err, api.InvalidParameterException("Invalid pagination token"))
	})
}

package userpool_test

import (
	"slices"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestListUserPoolsInPages(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		var want []string
		for range 5 {
			want = append(want, mustCreate(t, s, api.CreateUserPoolInput{}).Id)
		}
		slices.Sort(want)
		cognatetest.Try(in(s, "us-east-2").CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "elsewhere"})).Of(t)

		for size := 1; size <= 6; size++ {
			var got []string
			for token := ""; ; {
				out := s.Must(t).ListUserPools(&api.ListUserPoolsInput{MaxResults: &size, NextToken: token})
				for _, pool := range out.UserPools {
					got = append(got, pool.Id)
				}
				if token = out.NextToken; token == "" {
					break
				}
				if len(out.UserPools) != size {
					t.Errorf("a page of %d with another one behind it has %d pools", size, len(out.UserPools))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("ListUserPools() by %d = %v, want %v", size, got, want)
			}
		}
	})
}

func TestListUserPoolsForgedTokens(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for what, token := range map[string]string{
		"not base64":             "!",
		"no id":                  "bm9uc2Vuc2U",
		"the id of a client":     "MWFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6",
		"a pool of elsewhere":    "ZXUtd2VzdC0xX2FiY2RlZmdoaQ",
		"padded, as we never do": "dXMtZWFzdC0xX2FiY2RlZmdoaQ==",
	} {
		_, err := s.Client.ListUserPools(t.Context(), &api.ListUserPoolsInput{MaxResults: new(1), NextToken: token})
		cognatetest.WantRefusal(t, "ListUserPools(token: "+what+")", err, api.InvalidParameterException("Invalid pagination token"))
	}
}

func TestListUserPoolsWithNone(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	out := s.Must(t).ListUserPools(&api.ListUserPoolsInput{MaxResults: new(60)})
	if out.UserPools == nil || len(out.UserPools) != 0 || out.NextToken != "" {
		t.Errorf("ListUserPools() without pools = %+v, want an empty list", out)
	}
}

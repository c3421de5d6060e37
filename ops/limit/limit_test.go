package limit_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/ops/limit"
)

func definition(category string) *api.LimitDefinitionType {
	return &api.LimitDefinitionType{LimitClass: api.LimitClassApiCategory, Attributes: map[string]string{"Category": category}}
}

func TestProvisionedLimit(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		get := func(what, category string, rate, free int) {
			t.Helper()
			got := s.Must(t).GetProvisionedLimit(&api.GetProvisionedLimitInput{LimitDefinition: definition(category)}).Limit
			if *got.ProvisionedLimitValue != rate || *got.FreeLimitValue != free || got.LimitDefinition.Attributes["Category"] != category {
				t.Errorf("%s: GetProvisionedLimit(%s) = %d of %d, want %d of %d", what, category,
					*got.ProvisionedLimitValue, *got.FreeLimitValue, rate, free)
			}
		}
		get("default", "UserRead", 120, 120)
		get("default", "UserList", 30, 30)
		for _, c := range []struct {
			what, category string
			rate           int
			want           error
		}{
			{"the default", "UserRead", 120, nil},
			{"the maximum", "UserRead", 1000, nil},
			{"above the maximum", "UserRead", 1001, api.ServiceQuotaExceededException("RequestedLimitValue is greater than the maximum of 1000")},
			{"below the default", "UserRead", 119, api.InvalidParameterException("RequestedLimitValue must be at least the default of 120")},
			{"negative", "UserRead", -1, api.InvalidParameterException("RequestedLimitValue must be at least the default of 120")},
			{"a fixed category", "UserList", 31, api.InvalidParameterException("The limit of the category UserList cannot be changed")},
			{"an unknown category", "Users", 200, api.InvalidParameterException("Invalid Category: Users")},
		} {
			_, err := s.Client.UpdateProvisionedLimit(t.Context(), &api.UpdateProvisionedLimitInput{
				LimitDefinition: definition(c.category), RequestedLimitValue: new(c.rate),
			})
			cognatetest.WantRefusal(t, "UpdateProvisionedLimit("+c.what+")", err, c.want)
		}
		get("after the updates", "UserRead", 1000, 120)
		get("another category", "UserToken", 120, 120)
		if _, err := s.Store.ProvisionedLimit(t.Context(), "000000000000", "eu-west-1", "UserRead"); err != nil {
			t.Error(err)
		}
	})
}

func TestLimitDefinition(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for what, attributes := range map[string]map[string]string{
		"no attribute": {}, "another attribute": {"Class": "UserRead"}, "two attributes": {"Category": "UserRead", "Class": "x"},
	} {
		d := &api.LimitDefinitionType{LimitClass: api.LimitClassApiCategory, Attributes: attributes}
		want := api.InvalidParameterException("Attributes of LimitDefinition must have Category, and no other key")
		_, err := s.Client.GetProvisionedLimit(t.Context(), &api.GetProvisionedLimitInput{LimitDefinition: d})
		cognatetest.WantRefusal(t, "GetProvisionedLimit("+what+")", err, want)
		_, err = s.Client.UpdateProvisionedLimit(t.Context(), &api.UpdateProvisionedLimitInput{
			LimitDefinition: d, RequestedLimitValue: new(120),
		})
		cognatetest.WantRefusal(t, "UpdateProvisionedLimit("+what+")", err, want)
	}
}

// Two categories cannot be changed while a pool has a domain.
func TestLimitsFixedByLogin(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	update := func(category string) error {
		_, err := p.Client.UpdateProvisionedLimit(t.Context(), &api.UpdateProvisionedLimitInput{
			LimitDefinition: definition(category), RequestedLimitValue: new(200),
		})
		return err
	}
	cognatetest.WantRefusal(t, "before", update("UserAuthentication"), nil)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "people"})
	want := api.InvalidParameterException("The limit cannot be changed, because a user pool uses managed login")
	cognatetest.WantRefusal(t, "UserAuthentication", update("UserAuthentication"), want)
	cognatetest.WantRefusal(t, "UserFederation", update("UserFederation"), want)
	cognatetest.WantRefusal(t, "UserToken", update("UserToken"), nil)
}

// Without a maximum, an account can choose only the defaults.
func TestNoMaximum(t *testing.T) {
	t.Parallel()
	s := &limit.Service{Store: cognatetest.Start(t).Store}
	for rate, want := range map[int]error{
		120: nil, 121: api.ServiceQuotaExceededException("RequestedLimitValue is greater than the maximum of 120"),
	} {
		_, err := s.UpdateProvisionedLimit(t.Context(), &api.UpdateProvisionedLimitInput{
			LimitDefinition: definition("UserRead"), RequestedLimitValue: new(rate),
		})
		cognatetest.WantRefusal(t, "UpdateProvisionedLimit()", err, want)
	}
}

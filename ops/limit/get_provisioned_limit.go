package limit

import (
	"cmp"
	"context"

	"cognate"
	"cognate/api"
)

// GetProvisionedLimit returns the rate that the account of the caller has in the Region, and the default.
func (s *Service) GetProvisionedLimit(ctx context.Context, in *api.GetProvisionedLimitInput) (*api.GetProvisionedLimitOutput, error) {
	l, err := s.Rates.Named(in.LimitDefinition)
	if err != nil {
		return nil, err
	}
	caller := cognate.CallerFrom(ctx)
	rate, err := s.Store.ProvisionedLimit(ctx, caller.AccountID, caller.Region, l.Category)
	if err != nil {
		return nil, err
	}
	return &api.GetProvisionedLimitOutput{Limit: toWire(in.LimitDefinition, l, cmp.Or(rate, l.Default))}, nil
}

package managedlogin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// DescribeManagedLoginBranding returns a style by its ID.
func (s *Service) DescribeManagedLoginBranding(
	ctx context.Context, in *api.DescribeManagedLoginBrandingInput,
) (*api.DescribeManagedLoginBrandingOutput, error) {
	if _, err := ops.Pool(ctx, s.Store, in.UserPoolId); err != nil {
		return nil, err
	}
	out, err := s.describe(ctx, func() (*cognate.LoginStyle, error) {
		return s.Store.LoginStyle(ctx, in.UserPoolId, idOf(in.ManagedLoginBrandingId))
	}, api.IsTrue(in.ReturnMergedResources))
	if err != nil {
		return nil, err
	}
	return &api.DescribeManagedLoginBrandingOutput{ManagedLoginBranding: out}, nil
}

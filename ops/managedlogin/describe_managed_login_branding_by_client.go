package managedlogin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// DescribeManagedLoginBrandingByClient returns the style of an app client.
func (s *Service) DescribeManagedLoginBrandingByClient(
	ctx context.Context, in *api.DescribeManagedLoginBrandingByClientInput,
) (*api.DescribeManagedLoginBrandingByClientOutput, error) {
	if _, _, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId); err != nil {
		return nil, err
	}
	out, err := s.describe(ctx, func() (*cognate.LoginStyle, error) {
		return s.Store.ClientLoginStyle(ctx, in.UserPoolId, in.ClientId)
	}, api.IsTrue(in.ReturnMergedResources))
	if err != nil {
		return nil, err
	}
	return &api.DescribeManagedLoginBrandingByClientOutput{ManagedLoginBranding: out}, nil
}

package user

import (
	"context"

	"cognate/account"
	"cognate/api"
	"cognate/tokens"
)

// UpdateUserAttributes changes the signed-in user's attributes, as far as the app client may write.
func (s *Service) UpdateUserAttributes(ctx context.Context, in *api.UpdateUserAttributesInput) (*api.UpdateUserAttributesOutput, error) {
	p := tokens.PrincipalFrom(ctx)
	change := &account.AttributeChange{Pool: p.Pool, Client: p.Client, User: p.User, Metadata: in.ClientMetadata}
	deliveries, err := s.Users.UpdateAttributes(ctx, change, in.UserAttributes)
	if err != nil {
		return nil, err
	}
	return &api.UpdateUserAttributesOutput{CodeDeliveryDetailsList: deliveries}, nil
}

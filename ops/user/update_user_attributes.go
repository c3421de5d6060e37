package user

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/tokens"
)

// UpdateUserAttributes changes attributes of the signed-in user that the app client can write.
func (s *Service) UpdateUserAttributes(ctx context.Context, in *api.UpdateUserAttributesInput) (*api.UpdateUserAttributesOutput, error) {
	p := tokens.PrincipalFrom(ctx)
	change := &account.AttributeChange{
		ClientRequest: cognate.ClientRequest{Pool: p.Pool, Client: p.Client, Metadata: in.ClientMetadata}, User: p.User,
	}
	deliveries, err := s.Users.UpdateAttributes(ctx, change, in.UserAttributes)
	if err != nil {
		return nil, err
	}
	return &api.UpdateUserAttributesOutput{CodeDeliveryDetailsList: deliveries}, nil
}

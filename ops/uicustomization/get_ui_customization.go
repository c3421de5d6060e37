package uicustomization

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// GetUICustomization returns the customization of an app client. For a client without one it returns that of ALL. Without that,
// the answer is an empty structure. Source: docs/behaviour.md §5.8.
// Assumed: GetUICustomization without ClientId returns the customization of ALL.
func (s *Service) GetUICustomization(ctx context.Context, in *api.GetUICustomizationInput) (*api.GetUICustomizationOutput, error) {
	client := clientID(in.ClientId)
	var err error
	if client == cognate.AllClients {
		_, err = ops.Pool(ctx, s.Store, in.UserPoolId)
	} else {
		_, _, err = ops.PoolClient(ctx, s.Store, in.UserPoolId, client)
	}
	if err != nil {
		return nil, err
	}
	if err := requireDomain(ctx, s.Store, in.UserPoolId); err != nil {
		return nil, err
	}
	found, err := orNone(s.Store.UICustomization(ctx, in.UserPoolId, client))
	if err == nil && found == nil && client != cognate.AllClients {
		found, err = orNone(s.Store.UICustomization(ctx, in.UserPoolId, cognate.AllClients))
	}
	if err != nil {
		return nil, err
	}
	return &api.GetUICustomizationOutput{UICustomization: s.toWire(found)}, nil
}

package usersession

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// GetUserPoolClientSessionConfiguration returns how long an app client reuses a single sign-on session. The setting stays if the
// pool does not track sessions.
func (s *Service) GetUserPoolClientSessionConfiguration(ctx context.Context, in *api.GetUserPoolClientSessionConfigurationInput) (*api.GetUserPoolClientSessionConfigurationOutput, error) {
	_, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return &api.GetUserPoolClientSessionConfigurationOutput{
		UserPoolId: client.PoolID, ClientId: client.ID,
		SSOSession: &api.ClientSSOSessionConfigType{MaxValidityMinutes: new(client.SSOSessionMinutes())},
	}, nil
}

package usersession

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// GetUserPoolClientSessionConfiguration shows for how long an app client reuses a single sign-on session. It does so while
// the pool tracks no sessions, too: the setting is kept meanwhile.
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

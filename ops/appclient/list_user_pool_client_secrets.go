package appclient

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// ListUserPoolClientSecrets lists the secrets of an app client, without their values. One page has all of them, so no pagination
// token is valid. Source: API reference, ListUserPoolClientSecrets.
//
// Assumed: the list of an app client without a client secret is empty.
func (s *Service) ListUserPoolClientSecrets(ctx context.Context, in *api.ListUserPoolClientSecretsInput) (*api.ListUserPoolClientSecretsOutput, error) {
	_, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	if err := client.RequireManagedSecrets(); err != nil {
		return nil, err
	}
	if in.NextToken != "" {
		return nil, ops.ErrPageToken
	}
	out := &api.ListUserPoolClientSecretsOutput{ClientSecrets: []api.ClientSecretDescriptorType{}}
	for _, secret := range client.Secrets {
		out.ClientSecrets = append(out.ClientSecrets, *secretToWire(client, secret))
	}
	return out, nil
}

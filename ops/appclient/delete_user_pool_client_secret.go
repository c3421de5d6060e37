package appclient

import (
	"context"

	"cognate"
	"cognate/api"
)

// DeleteUserPoolClientSecret deletes one of the two secrets of an app client. Requests with it fail immediately.
func (s *Service) DeleteUserPoolClientSecret(ctx context.Context, in *api.DeleteUserPoolClientSecretInput) (*api.DeleteUserPoolClientSecretOutput, error) {
	err := s.changeSecrets(ctx, in.UserPoolId, in.ClientId, func(client *cognate.AppClient) error {
		return client.DeleteSecret(in.ClientSecretId)
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteUserPoolClientSecretOutput{}, nil
}

package appclient

import (
	"context"

	"cognate"
	"cognate/api"
)

// AddUserPoolClientSecret adds a second secret to an app client. The answer has the value only if the server made it.
// Source: API reference, AddUserPoolClientSecret; docs/behaviour.md §5.3.
func (s *Service) AddUserPoolClientSecret(ctx context.Context, in *api.AddUserPoolClientSecretInput) (*api.AddUserPoolClientSecretOutput, error) {
	secret := cognate.ClientSecret{Value: in.ClientSecret, Created: s.Now(), Private: true}
	if in.ClientSecret == "" {
		secret.Value, secret.Private = cognate.NewClientSecret(), false
	}
	var descriptor *api.ClientSecretDescriptorType
	err := s.changeSecrets(ctx, in.UserPoolId, in.ClientId, func(client *cognate.AppClient) error {
		added, err := client.AddSecret(secret)
		if err != nil {
			return err
		}
		descriptor = secretToWire(client, added)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !secret.Private {
		descriptor.ClientSecretValue = secret.Value
	}
	return &api.AddUserPoolClientSecretOutput{ClientSecretDescriptor: descriptor}, nil
}

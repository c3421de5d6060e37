package userpool

import (
	"context"

	"cognate"
	"cognate/api"
)

// AddCustomAttributes adds attributes to a pool's schema.
func (s *Service) AddCustomAttributes(ctx context.Context, in *api.AddCustomAttributesInput) (*api.AddCustomAttributesOutput, error) {
	_, err := s.change(ctx, in.UserPoolId, func(pool *cognate.UserPool) error {
		return pool.AddCustomAttributes(in.CustomAttributes)
	})
	if err != nil {
		return nil, err
	}
	return &api.AddCustomAttributesOutput{}, nil
}

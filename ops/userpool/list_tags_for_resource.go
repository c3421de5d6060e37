package userpool

import (
	"context"

	"cognate/api"
)

// ListTagsForResource lists the tags of a pool.
func (s *Service) ListTagsForResource(ctx context.Context, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	pool, err := s.taggedPool(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &api.ListTagsForResourceOutput{Tags: tagsToWire(pool.Tags)}, nil
}

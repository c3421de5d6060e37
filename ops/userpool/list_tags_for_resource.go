package userpool

import (
	"context"

	"cognate/api"
)

// ListTagsForResource lists the tags of a pool or a replica.
func (s *Service) ListTagsForResource(ctx context.Context, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	tags, err := s.tagsOf(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &api.ListTagsForResourceOutput{Tags: tagsToWire(tags)}, nil
}

package userpool

import (
	"context"

	"cognate"
	"cognate/api"
)

// UntagResource removes tags of a pool. It ignores tags that the pool does not have.
func (s *Service) UntagResource(ctx context.Context, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	err := s.changeTags(ctx, in.ResourceArn, func(tags map[string]string) error {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		return cognate.RequireDistinct("TagKeys", in.TagKeys)
	})
	if err != nil {
		return nil, err
	}
	return &api.UntagResourceOutput{}, nil
}

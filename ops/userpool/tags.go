package userpool

import (
	"context"
	"maps"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// tagged is what has tags: a pool, or its replica.
type tagged struct{ poolID, region string }

// parseTagged parses the ARN of a pool or a replica: "arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID".
// Errors: InvalidParameterException for another kind of ARN, ResourceNotFoundException for a pool of another account.
func parseTagged(ctx context.Context, arn string) (tagged, error) {
	region, id, ok := cognate.ParsePoolARN(arn, cognate.CallerFrom(ctx).AccountID)
	switch {
	case !strings.Contains(arn, ":userpool/") || !strings.Contains(arn, ":cognito-idp:"):
		return tagged{}, api.InvalidParameterException("Invalid resource ARN: " + arn) // Assumed: the text for an invalid ARN.
	case !ok:
		return tagged{}, api.ErrPoolNotFound(id)
	}
	return tagged{id, region}, nil
}

// tags returns the tags in a pool that the ARN means. The caller must not change them. Errors: ResourceNotFoundException.
func (t tagged) tags(pool *cognate.UserPool) (map[string]string, error) {
	tags, ok := pool.TagsIn(t.region)
	if !ok {
		return nil, api.ErrPoolNotFound(t.poolID)
	}
	return tags, nil
}

// tagsOf returns the tags of the pool or replica of an ARN. The caller must not change them.
func (s *Service) tagsOf(ctx context.Context, arn string) (map[string]string, error) {
	t, err := parseTagged(ctx, arn)
	if err != nil {
		return nil, err
	}
	pool, err := ops.Pool(ctx, s.Store, t.poolID)
	if err != nil {
		return nil, err
	}
	return t.tags(pool)
}

// changeTags changes the tags of the pool or replica of an ARN with edit.
func (s *Service) changeTags(ctx context.Context, arn string, edit func(tags map[string]string) error) error {
	t, err := parseTagged(ctx, arn)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, t.poolID, func(pool *cognate.UserPool) error {
		tags, err := t.tags(pool)
		if err != nil {
			return err
		}
		edited := make(map[string]string)
		maps.Copy(edited, tags)
		if err := edit(edited); err != nil {
			return err
		}
		if t.region == pool.Region() {
			pool.Tags = edited
		} else {
			replica := *pool.Replica
			replica.Tags = edited
			pool.Replica = &replica
		}
		return nil
	})
	return err
}

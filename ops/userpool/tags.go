package userpool

import (
	"context"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// poolOf returns the ID of the pool in an ARN: "arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID". Only pools have tags.
// Errors: InvalidParameterException for another kind of ARN, ResourceNotFoundException for a pool of another account.
func poolOf(ctx context.Context, arn string) (string, error) {
	_, id, ok := strings.Cut(arn, ":userpool/")
	caller := cognate.CallerFrom(ctx)
	pool := &cognate.UserPool{ID: id, AccountID: caller.AccountID}
	switch {
	case !ok || !strings.Contains(arn, ":cognito-idp:"):
		return "", api.InvalidParameterException("Invalid resource ARN: " + arn) // Assumed: the text for an invalid ARN.
	case pool.ARN() != arn:
		return "", api.ErrPoolNotFound(id)
	}
	return id, nil
}

// taggedPool returns the pool of an ARN. The caller must not change it.
func (s *Service) taggedPool(ctx context.Context, arn string) (*cognate.UserPool, error) {
	id, err := poolOf(ctx, arn)
	if err != nil {
		return nil, err
	}
	return ops.Pool(ctx, s.Store, id)
}

// changeTags changes the tags of the pool of an ARN with edit.
func (s *Service) changeTags(ctx context.Context, arn string, edit func(tags map[string]string)) error {
	id, err := poolOf(ctx, arn)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, id, func(pool *cognate.UserPool) error {
		if pool.Tags == nil {
			pool.Tags = make(map[string]string)
		}
		edit(pool.Tags)
		return nil
	})
	return err
}

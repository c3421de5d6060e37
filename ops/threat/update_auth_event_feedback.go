package threat

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/audit"
	"cognate/risk"
	"cognate/store"
)

// UpdateAuthEventFeedback stores the feedback that a user gives with the token of an email about a risky sign-in.
func (s *Service) UpdateAuthEventFeedback(ctx context.Context, in *api.UpdateAuthEventFeedbackInput) (*api.UpdateAuthEventFeedbackOutput, error) {
	pool, err := s.Store.UserPool(ctx, in.UserPoolId)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ErrPoolNotFound(in.UserPoolId)
	}
	if err != nil {
		return nil, err
	}
	audit.SetPool(ctx, pool)
	feedback := risk.UserFeedback{Username: in.Username, EventID: in.EventId, Token: in.FeedbackToken, Value: in.FeedbackValue}
	if err := s.Risk.Accept(ctx, pool, feedback); err != nil {
		return nil, err
	}
	return &api.UpdateAuthEventFeedbackOutput{}, nil
}

package threat

import (
	"context"

	"cognate/api"
	"cognate/ops"
	"cognate/risk"
)

// AdminUpdateAuthEventFeedback stores an administrator's feedback about an event of a user. It replaces earlier feedback.
func (s *Service) AdminUpdateAuthEventFeedback(ctx context.Context, in *api.AdminUpdateAuthEventFeedbackInput) (*api.AdminUpdateAuthEventFeedbackOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := risk.RequireEvents(pool); err != nil {
		return nil, err
	}
	if err := s.Risk.Judge(ctx, pool, user, in.EventId, in.FeedbackValue); err != nil {
		return nil, err
	}
	return &api.AdminUpdateAuthEventFeedbackOutput{}, nil
}

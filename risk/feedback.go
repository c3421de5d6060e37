package risk

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
)

// errNoEvent says that the user has no event with the ID.
// Assumed: the type and text of feedback for an unknown event.
var errNoEvent = api.ResourceNotFoundException("Event not found.")

// The providers of feedback.
// Assumed: the provider of feedback is "Admin" for an administrator and "User" for a token.
const (
	providerAdmin = "Admin"
	providerUser  = "User"
)

// Judge stores an administrator's feedback about an event. Errors: ResourceNotFoundException.
func (s *Service) Judge(ctx context.Context, poolID, sub, id string, value api.FeedbackValueType) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		e, err := tx.LockAuthEvent(ctx, poolID, sub, id)
		if errors.Is(err, store.ErrNotFound) {
			return errNoEvent
		}
		if err != nil {
			return err
		}
		return s.judge(ctx, tx, e, value, providerAdmin)
	})
}

// judge stores feedback about a locked event. It replaces earlier feedback, and decides whether the device and the network of the
// event are known (cognate.AuthEvent.IsKnown).
func (s *Service) judge(ctx context.Context, tx *store.Tx, e *cognate.AuthEvent, value api.FeedbackValueType, provider string) error {
	e.Feedback = &cognate.AuthEventFeedback{Value: value, Provider: provider, Date: s.Now()}
	return tx.SaveAuthEvent(ctx, e)
}

// UserFeedback is the feedback that a user gives with the token of an email.
type UserFeedback struct {
	Username string // any name of the user
	EventID  string
	Token    string
	Value    api.FeedbackValueType
}

// Accept stores the feedback of a user. The token works once. The request has no other proof, so a caller without a valid token
// learns nothing: Accept looks for the user only after it has opened the token. Errors: errToken.
func (s *Service) Accept(ctx context.Context, pool *cognate.UserPool, f UserFeedback) error {
	token, err := s.openToken(f.Token)
	if err != nil {
		return err
	}
	if token.PoolID != pool.ID || token.EventID != f.EventID {
		return errToken
	}
	user, err := s.Store.FindUserOrSub(ctx, pool, f.Username)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Sub != token.Sub {
		return errToken
	}
	if err != nil {
		return err
	}
	audit.SetUser(ctx, user.Sub)
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		e, err := tx.LockAuthEvent(ctx, pool.ID, token.Sub, token.EventID)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!e.IsNotified || e.IsTokenSpent) {
			return errToken
		}
		if err != nil {
			return err
		}
		e.IsTokenSpent = true
		return s.judge(ctx, tx, e, f.Value, providerUser)
	})
}

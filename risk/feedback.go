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

// Judge stores an administrator's feedback about an event of a user. Errors: ResourceNotFoundException.
func (s *Service) Judge(ctx context.Context, pool *cognate.UserPool, user *cognate.User, id string, value api.FeedbackValueType) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		e, err := tx.LockAuthEvent(ctx, pool.ID, user.Sub, id)
		if errors.Is(err, store.ErrNotFound) {
			return errNoEvent
		}
		if err != nil {
			return err
		}
		return s.judge(ctx, tx, ownerOf(pool, user), e, value, providerAdmin)
	})
}

// ownerOf returns the user of an event, for its record.
func ownerOf(pool *cognate.UserPool, user *cognate.User) Actor {
	return Actor{Pool: pool, Sub: user.Sub, Username: user.Username}
}

// judge stores feedback about a locked event. It replaces earlier feedback, and decides whether the device and the network of the
// event are known (cognate.AuthEvent.IsKnown).
func (s *Service) judge(ctx context.Context, tx *store.Tx, a Actor, e *cognate.AuthEvent, value api.FeedbackValueType, provider string) error {
	e.Feedback = &cognate.AuthEventFeedback{Value: value, Provider: provider, Date: s.Now()}
	return s.Save(ctx, tx, a, e)
}

// UserFeedback is the feedback that a user gives with the token of an email.
type UserFeedback struct {
	Username string // any name of the user
	EventID  string
	Token    string
	Value    api.FeedbackValueType
}

// errNotEnabled refuses the operations on events in a pool that records none.
// Assumed: the text of UserPoolAddOnNotEnabledException.
var errNotEnabled = api.UserPoolAddOnNotEnabledException("Threat protection is not enabled for the user pool.")

// RequireEvents returns an error if the pool records no events.
func RequireEvents(pool *cognate.UserPool) error {
	if !pool.RecordsEvents() {
		return errNotEnabled
	}
	return nil
}

// Accept stores the feedback of a user. The token works once. The request has no other proof, so a caller without a valid token
// learns nothing: Accept looks for the user only after it has opened the token.
// Errors: those of RequireAllowed and RequireEvents; errToken.
func (s *Service) Accept(ctx context.Context, pool *cognate.UserPool, f UserFeedback) error {
	if err := RequireAllowed(ctx, pool, nil); err != nil {
		return err
	}
	if err := RequireEvents(pool); err != nil {
		return err
	}
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
	audit.SetUserOf(ctx, user)
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		e, err := tx.LockAuthEvent(ctx, pool.ID, token.Sub, token.EventID)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!e.IsNotified || e.IsTokenSpent) {
			return errToken
		}
		if err != nil {
			return err
		}
		e.IsTokenSpent = true
		return s.judge(ctx, tx, ownerOf(pool, user), e, f.Value, providerUser)
	})
}

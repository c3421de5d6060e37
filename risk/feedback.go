package risk

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// errNoEvent says that the user has no event with the ID.
// Assumed: the type and text of feedback for an unknown event.
var errNoEvent = api.ResourceNotFoundException("Event not found.")

// The providers of feedback.
// Assumed: the provider of feedback is "Admin" for an administrator.
const providerAdmin = "Admin"

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
		e.Feedback = &cognate.AuthEventFeedback{Value: value, Provider: providerAdmin, Date: s.Now()}
		return tx.SaveAuthEvent(ctx, e)
	})
}

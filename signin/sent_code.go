package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
)

// sentTo returns the attribute that the code of a challenge goes to; false for a challenge whose code is not sent.
func sentTo(step cognate.Step) (attribute string, sent bool) {
	switch step {
	case cognate.StepSMS:
		return cognate.AttributePhone, true
	case cognate.StepEmail:
		return cognate.AttributeEmail, true
	default:
		return "", false
	}
}

// send hands the code of a challenge to the sender and says in the challenge's parameters where it went.
func (e *Engine) send(ctx context.Context, pool *cognate.UserPool, user *cognate.User, attribute, code string, parameters map[string]string) error {
	message := notify.Authentication(pool, notify.At(pool, user, attribute, user.Attributes[attribute]), code)
	details := message.Details()
	parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] = string(details.DeliveryMedium)
	parameters["CODE_DELIVERY_DESTINATION"] = details.Destination
	return e.Sender.Send(ctx, message)
}

// answerSentCode checks the code of an SMS_MFA or EMAIL_OTP challenge. Who answers rightly reads what is sent to the
// address, so the address counts as verified from then on (behaviour §1.8).
func (e *Engine) answerSentCode(ctx context.Context, a *Answer, step cognate.Step, key string) (*Outcome, error) {
	session, user, err := e.open(ctx, a, step)
	if err != nil {
		return nil, err
	}
	code, err := parameter(a.Responses, key)
	if err != nil {
		return nil, err
	}
	return e.settle(ctx, &turn{
		pool: a.Pool, client: a.Client, user: user, session: session,
		prove: func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
			proof, err := codes.Spend(ctx, tx, codes.Answer{
				PoolID: now.PoolID, Sub: now.Sub, Purpose: codes.Purpose(step), Binding: session.ID, Code: code,
			}, e.Now())
			if err == nil && proof.Destination != now.Attributes[proof.Attribute] { // the user has another address by now
				err = codes.ErrNone
			}
			if err != nil {
				return nil, refusedCode(err)
			}
			return e.markVerified(ctx, tx, a.Pool, now, proof)
		},
		next: func(*cognate.User) decision { return decision{} },
	})
}

func refusedCode(err error) error {
	switch {
	case errors.Is(err, codes.ErrMismatch), errors.Is(err, codes.ErrExhausted):
		return wrongGuess{cognate.ErrCodeOrAuthState}
	case errors.Is(err, codes.ErrLate), errors.Is(err, codes.ErrNone):
		return api.ExpiredCodeException("Invalid code provided, please request a code again.")
	default:
		return err
	}
}

// markVerified notes that the user reads what is sent to an attribute.
func (e *Engine) markVerified(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *cognate.User, proof codes.Proof) (*cognate.User, error) {
	if user.IsVerified(proof.Attribute) {
		return user, nil
	}
	locked, err := lockUser(ctx, tx, user.PoolID, user.Sub)
	if err != nil {
		return nil, err
	}
	if locked.Attributes[proof.Attribute] != proof.Destination { // another one since the user was read
		return nil, refusedCode(codes.ErrNone)
	}
	locked.Attributes[proof.Attribute+"_verified"] = "true"
	locked.Modified = e.Now()
	return locked.User, tx.SaveUser(ctx, pool, locked, true)
}

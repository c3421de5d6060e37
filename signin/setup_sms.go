package signin

import (
	"context"
	"slices"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/store"
)

// errNumberTaken is errAddressTaken for a phone number.
// Assumed: a page asks only users without a phone number for one. Other users get this error.
var errNumberTaken = api.InvalidParameterException("User already has a phone number.")

// SetupSMSResponse answers an MFASetupChallenge with a phone number. Only pages have it. The engine sends a code to the number,
// and an SMSMFAChallenge comes next; the code makes the number the user's, and a second factor.
type SetupSMSResponse struct {
	Phone string // required
}

func (r SetupSMSResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSetup)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.Phone); err != nil {
		return nil, err
	}
	if !a.Page || !slices.Contains(a.Pool.SetupFactors(), cognate.FactorSMS) {
		return nil, errNoSuchFactor
	}
	written, err := account.WithNewPassword(a.Pool, a.Client, map[string]string{cognate.AttributePhone: r.Phone})
	if err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		call: a.call, subject: sub, session: session,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			return now, requireNoContact(a.Pool, now, cognate.AttributePhone)
		},
		next: func(*cognate.User) decision {
			return ask{step: cognate.StepSetupSMS, contact: written[cognate.AttributePhone]}
		},
	})
}

package signin

import (
	"context"
	"errors"
	"slices"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/codes"
	"cognate/store"
)

// errAddressTaken is the error for setting up an email address if the user has one. Otherwise an attacker with the password
// alone could replace the address, and recover the account with it.
// Assumed: MFA_SETUP with EMAIL is only for users without an email address. Other users get this error.
var errAddressTaken = api.InvalidParameterException("User already has an email address.")

// SetupEmailResponse answers an MFASetupChallenge with an email address. The engine sends a code to it, and an
// EmailOTPChallenge comes next; the code makes the address the user's, and a second factor.
// Source: API reference, RespondToAuthChallenge; docs/behaviour.md §1.9.
type SetupEmailResponse struct {
	Email string // required
}

func (r SetupEmailResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSetup)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.Email); err != nil {
		return nil, err
	}
	if !slices.Contains(a.Pool.SetupFactors(), cognate.FactorEmail) {
		return nil, errNoSuchFactor
	}
	written, err := account.WithNewPassword(a.Pool, a.Client, map[string]string{cognate.AttributeEmail: r.Email})
	if err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		call: a.call, subject: sub, session: session,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			return now, requireNoContact(a.Pool, now, cognate.AttributeEmail)
		},
		next: func(*cognate.User) decision {
			return ask{step: cognate.StepSetupEmail, contact: written[cognate.AttributeEmail]}
		},
	})
}

// requireNoContact returns an error if the user has a value of the attribute now, or another second factor: it was set up after
// the AuthSession was made. Errors: errAddressTaken, errNumberTaken, api.ErrInvalidSession.
func requireNoContact(pool *cognate.UserPool, user *cognate.User, attribute string) error {
	switch {
	case user.Attributes[attribute] != "" && attribute == cognate.AttributePhone:
		return errNumberTaken
	case user.Attributes[attribute] != "":
		return errAddressTaken
	case len(user.SecondFactors(pool)) > 0:
		return api.ErrInvalidSession
	default:
		return nil
	}
}

// adoptContact stores the address or the number that got the code as the user's verified one. It also switches the factor on,
// which stays on if the pool makes MFA optional.
func (e *Engine) adoptContact(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *cognate.User, proof codes.Contact) (*cognate.User, error) {
	locked, err := account.LockUser(ctx, tx, user.PoolID, user.Sub, api.ErrInvalidSession)
	if err != nil {
		return nil, err
	}
	if err := requireNoContact(pool, locked.User, proof.Attribute); err != nil {
		return nil, err
	}
	locked.Attributes[proof.Attribute] = proof.Destination
	locked.SetVerified(proof.Attribute, true)
	locked.MFA.Set(cognate.FactorOf(proof.Attribute), true, false)
	locked.Modified = e.Now()
	locked.Stamp++
	if err := e.Users.Notices.Changed(ctx, tx, pool, locked); err != nil {
		return nil, err
	}
	err = tx.SaveUser(ctx, pool, locked)
	if errors.Is(err, store.ErrAliasTaken) {
		return nil, errAliasTaken
	}
	return locked.User, err
}

package signin

import (
	"cmp"
	"context"
	"errors"

	"cognate"
	"cognate/api"
)

// decision is what follows a step: issueTokens, ask, refuse or continueAfter. A missing decision (nil), or one without its required
// field, is a mistake of the engine: settle returns errUndecided and commits nothing.
type decision interface{ isDecision() }

// issueTokens ends the sign-in with tokens.
type issueTokens struct{}

// ask continues the sign-in with a challenge.
type ask struct {
	step    cognate.Step     // required
	factors []cognate.Factor // to choose among or to set up
	contact string           // where the code goes; empty for the user's own email address or phone number
	second  bool             // the challenge is the second factor, by the rules: a remembered device may replace it
	// factorsProven says that only the device's proof is missing. Otherwise the device replaces the second factor.
	factorsProven bool
	// available are the challenges to choose among in a choice-based sign-in. They go to Outcome.Available.
	available []api.ChallengeNameType
	// custom is the state of a custom sign-in: the pool's functions define what follows the answer.
	custom *cognate.CustomSignIn
	// public is what the function that made a custom challenge shows to the client.
	public map[string]string
}

// destination returns where the challenge's code goes.
func (a ask) destination(user *cognate.User, attribute string) string {
	return cmp.Or(a.contact, user.Attributes[attribute])
}

// continueAfter spends the AuthSession, and after the transaction calls fn, which is required. fn decides what follows.
type continueAfter struct {
	fn func(ctx context.Context, now *cognate.User) (*Outcome, error)
}

// refuse ends the sign-in with an error, which is required. The proof of the step is spent.
type refuse struct{ refusal error }

func (refuse) isDecision()        {}
func (issueTokens) isDecision()   {}
func (ask) isDecision()           {}
func (continueAfter) isDecision() {}

// errUndecided is the internal error for a step without a decision, and for a step that lacks the proof for its decision.
var errUndecided = errors.New("signin: step without a decision")

// toTokens is the rule of steps after which the sign-in ends with tokens.
func toTokens(*cognate.User) decision { return issueTokens{} }

// isAfterProof reports whether the decision needs the proof of a first factor: tokens do, and so do the challenges of all
// steps except the first ones.
func isAfterProof(d decision) bool {
	switch d := d.(type) {
	case issueTokens:
		return true
	case ask:
		return !d.step.IsFirst()
	default:
		return false
	}
}

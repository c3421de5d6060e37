package signin

import (
	"cmp"
	"context"
	"errors"

	"cognate"
	"cognate/api"
)

// decision is what follows a step that was answered rightly: issueTokens, ask or continueAfter. A missing decision (nil), or
// one that says nothing, is a mistake of the engine: settle returns an error and commits nothing.
type decision interface{ isDecision() }

// issueTokens ends the sign-in with tokens.
type issueTokens struct{}

// ask continues the sign-in with a challenge.
type ask struct {
	step    cognate.Step     // required
	factors []cognate.Factor // to choose among or to set up
	contact string           // that the code goes to, if not the user's own
	second  bool             // the rules ask for a second factor: a remembered device may take its place
	// available are the challenges to choose among in a choice-based sign-in; the answer repeats them.
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

// continueAfter spends the Session and calls fn, required, after the transaction. fn decides what follows.
type continueAfter struct {
	fn func(ctx context.Context, now *cognate.User) (*Outcome, error)
}

func (issueTokens) isDecision()   {}
func (ask) isDecision()           {}
func (continueAfter) isDecision() {}

// errUndecided says that a step has no decision, or one that says nothing.
var errUndecided = errors.New("signin: step without a decision")

// toTokens decides for tokens.
func toTokens(*cognate.User) decision { return issueTokens{} }

// isAfterProof reports whether the decision follows the proof of a first factor: tokens do, and the challenges of all steps
// but the first.
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

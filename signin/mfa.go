package signin

import (
	"slices"

	"cognate"
	"cognate/api"
)

// errNoSuchFactor is the error for a second factor that the user or the pool does not have.
var errNoSuchFactor = api.InvalidParameterException("Invalid MFA type selected.")

// nextFactor decides what follows the proof of a first factor, by the MFA mode of the pool and the factors of the user.
// docs/mfa-states.md describes it in tables. Source: docs/behaviour.md §1.6.
func nextFactor(pool *cognate.UserPool, user *cognate.User) decision {
	if pool.MFA.Mode == api.UserPoolMfaTypeOff {
		return issueTokens{}
	}
	usable := user.SecondFactors(pool)
	if slices.Contains(usable, user.MFA.Preferred) {
		return ask{step: cognate.Step(user.MFA.Preferred), second: true}
	}
	switch {
	case len(usable) == 1:
		return ask{step: cognate.Step(usable[0]), second: true}
	case len(usable) > 1:
		return ask{step: cognate.StepSelectMFA, factors: usable, second: true}
	case pool.MFA.Mode == api.UserPoolMfaTypeOn:
		return ask{step: cognate.StepSetup, factors: pool.SetupFactors()}
	default:
		return issueTokens{}
	}
}

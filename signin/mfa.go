package signin

import (
	"slices"

	"cognate"
	"cognate/api"
)

// errNoSuchFactor is the error for a second factor that the user or the pool does not have.
// Assumed: the type and text for the choice of a second factor that the user or the pool does not have.
var errNoSuchFactor = api.InvalidParameterException("Invalid MFA type selected.")

// errNothingToSetUp refuses a user without a second factor if the pool requires one and has none to set up.
// Assumed: the type and text if the pool requires a second factor, the user has none, and there is none to set up. If there is one
// to set up, a user whose only contact is the pool's first one for account recovery gets MFA_SETUP (docs/behaviour.md §9.42).
var errNothingToSetUp = api.InvalidParameterException("User has no MFA method and can not set one up in this user pool.")

// nextFactor decides what follows the proof of a first factor, by the MFA mode of the pool and the factors of the user.
// docs/mfa-states.md describes it in tables. Source: docs/behaviour.md §1.6.
// Assumed: in a pool that requires MFA, the first sign-in after a sign-up requires it too.
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
	case pool.MFA.Mode != api.UserPoolMfaTypeOn:
		return issueTokens{}
	}
	setup := pool.SetupFactors()
	if len(setup) == 0 {
		return refuse{errNothingToSetUp}
	}
	return ask{step: cognate.StepSetup, factors: setup}
}

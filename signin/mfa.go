package signin

import (
	"slices"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/api"
)

// errNoSuchFactor refuses a second factor that the user, or the pool, does not have.
var errNoSuchFactor = api.InvalidParameterException("Invalid MFA type selected.")

// nextFactor decides the second factor of a user whose first one is proven, by the pool's MFA mode and the user's state.
// docs/mfa-states.md is this function in words. Source: docs/behaviour.md §1.6.
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

// parametersOf returns the parameters of a challenge (docs/behaviour.md §1.7).
func parametersOf(t *step, user *cognate.User, next ask) map[string]string {
	if next.parameters != nil {
		return next.parameters
	}
	out := make(map[string]string)
	// After a password the service names the user; after SRP the client knows, and after a choice it was told.
	if t.session == nil && !next.step.IsFirst() || next.step == cognate.StepSetup || next.step == cognate.StepNewPassword {
		out["USER_ID_FOR_SRP"] = user.Username
	}
	switch next.step {
	case cognate.StepNewPassword:
		out["requiredAttributes"] = jsonText(requiredAttributes(t.Pool, user))
		out["userAttributes"] = jsonText(shownAttributes(t.Client, user))
	case cognate.StepSelectMFA:
		out["MFAS_CAN_CHOOSE"] = jsonText(next.factors)
	case cognate.StepSetup:
		out["MFAS_CAN_SETUP"] = jsonText(next.factors)
	case cognate.StepSoftwareToken:
		// Assumed: a software token without a name has no FRIENDLY_DEVICE_NAME.
		if name := user.Tokens.Active.FriendlyName; name != "" {
			out["FRIENDLY_DEVICE_NAME"] = name
		}
	}
	return out
}

// jsonText writes a list or a map of strings, which can't fail.
func jsonText(v any) string {
	b, _ := json.Marshal(v, json.Deterministic(true))
	return string(b)
}

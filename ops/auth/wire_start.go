package auth

import (
	"cmp"

	"cognate/api"
	"cognate/signin"
)

// stepUp are the parameters of step-up authentication, which this version does not have.
// Source: docs/behaviour.md §3.6.
var stepUp = []string{"TARGET_ACR_VALUES", "MAX_AGE", "ACCESS_TOKEN"}

// refuseStepUp returns an error for a request of step-up authentication. If the server ignored the parameters, the client would
// take ordinary tokens for those of the level that it wants.
func (p parameters) refuseStepUp() error {
	for _, name := range stepUp {
		if p[name] != "" {
			return api.InvalidParameterException(name + " is not supported: this server has no step-up authentication.")
		}
	}
	return nil
}

// toStart reads the parameters of a flow. The error is the one for a parameter that the server does not support, or else for
// the first required parameter that is missing. The start is nil for a flow that no operation has.
func toStart(flow api.AuthFlowType, p parameters, session string) (signin.Start, error) {
	start, missing := toFlow(flow, p, session)
	return start, cmp.Or(p.refuseStepUp(), missing)
}

func toFlow(flow api.AuthFlowType, p parameters, session string) (signin.Start, error) {
	switch flow {
	case api.AuthFlowTypeUserPasswordAuth:
		return signin.PasswordStart{Password: p["PASSWORD"]}, p.require(keyUsername, "PASSWORD")
	case api.AuthFlowTypeAdminUserPasswordAuth, api.AuthFlowTypeAdminNoSrpAuth:
		return signin.AdminPasswordStart{Password: p["PASSWORD"]}, p.require(keyUsername, "PASSWORD")
	case api.AuthFlowTypeUserSrpAuth:
		return signin.SRPStart{SRPA: p["SRP_A"]}, p.require(keyUsername, "SRP_A")
	case api.AuthFlowTypeUserAuth:
		return toChoiceStart(p, session), p.require(keyUsername)
	case api.AuthFlowTypeCustomAuth:
		return toCustomStart(p)
	case api.AuthFlowTypeRefreshToken, api.AuthFlowTypeRefreshTokenAuth:
		return signin.RefreshStart{Token: p["REFRESH_TOKEN"]}, p.require("REFRESH_TOKEN")
	default:
		return nil, nil
	}
}

func toChoiceStart(p parameters, session string) signin.ChoiceStart {
	return signin.ChoiceStart{
		Preferred: api.ChallengeNameType(p["PREFERRED_CHALLENGE"]), Password: p["PASSWORD"], SRPA: p["SRP_A"], Session: session,
	}
}

// toCustomStart reads the parameters of CUSTOM_AUTH, which has SRP_A only with the CHALLENGE_NAME of that name. The service
// checks the two before USERNAME.
func toCustomStart(p parameters) (signin.CustomStart, error) {
	switch challenge := p["CHALLENGE_NAME"]; challenge {
	case "":
		return signin.CustomStart{}, p.require(keyUsername)
	case "SRP_A":
		return signin.CustomStart{SRPA: p["SRP_A"]}, p.require("SRP_A", keyUsername)
	default: // Assumed: the text for an unknown CHALLENGE_NAME in CUSTOM_AUTH.
		return signin.CustomStart{}, api.InvalidParameterException("Unsupported CHALLENGE_NAME: " + challenge)
	}
}

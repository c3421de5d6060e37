package auth

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cognate/api"
	"cognate/signin"
)

// stepUpKeys are the parameters of step-up authentication. An empty one counts as present: the client asked for a level.
// Source: docs/behaviour.md §3.6.
var stepUpKeys = []string{"TARGET_ACR_VALUES", "MAX_AGE", "ACCESS_TOKEN"}

// toStart reads the parameters of a flow. The error is the one for a parameter that the flow does not have or that is malformed,
// or else for the first required parameter that is missing. The start is nil for a flow that no operation has.
func toStart(flow api.AuthFlowType, p parameters, session string) (signin.Start, error) {
	start, missing := toFlow(flow, p, session)
	choice, ok := start.(signin.ChoiceStart)
	if !ok {
		return start, cmp.Or(p.refuseStepUp(flow), missing)
	}
	var err error
	choice.StepUp, err = p.toStepUp()
	return choice, cmp.Or(err, missing)
}

// refuseStepUp returns an error for a request of step-up authentication in another flow. If the server ignored the parameters,
// the client would take the tokens for those of the level that it wants.
// Assumed: only USER_AUTH has the parameters of step-up authentication. The type and text of the error for other flows.
func (p parameters) refuseStepUp(flow api.AuthFlowType) error {
	for _, name := range stepUpKeys {
		if _, ok := p[name]; ok {
			return api.InvalidParameterException(fmt.Sprintf("%s is not supported in %s: use USER_AUTH.", name, flow))
		}
	}
	return nil
}

// toStepUp reads the parameters of step-up authentication.
// Assumed: MAX_AGE is a whole number of seconds from 0 to 2147483647, and ACCESS_TOKEN is not empty, with these texts.
func (p parameters) toStepUp() (signin.StepUp, error) {
	var s signin.StepUp
	for _, name := range stepUpKeys {
		_, ok := p[name]
		s.IsRequested = s.IsRequested || ok
	}
	if names, ok := p["TARGET_ACR_VALUES"]; ok {
		s.Levels = append([]string{}, strings.Fields(names)...)
	}
	if age, ok := p["MAX_AGE"]; ok {
		seconds, err := strconv.ParseUint(age, 10, 31)
		if err != nil {
			return s, api.InvalidParameterException("MAX_AGE must be a whole number of seconds.")
		}
		s.MaxAge = new(time.Duration(seconds) * time.Second)
	}
	token, ok := p["ACCESS_TOKEN"]
	if ok && token == "" {
		return s, api.InvalidParameterException("ACCESS_TOKEN must not be empty.")
	}
	s.AccessToken = token
	return s, nil
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

package signin

import (
	"errors"
	"slices"

	"cognate/api"
)

// Result is the result of one request of a sign-in, for metrics.
type Result string

// The results.
const (
	Finished   Result = "finished"   // with tokens, or on a page with an SSO session
	Challenged Result = "challenged" // the user must answer a challenge
	Refused    Result = "refused"
	FailedStep Result = "failed" // because of an error of the server
)

// Results returns all results.
func Results() []Result { return []Result{Finished, Challenged, Refused, FailedStep} }

// Observer counts the requests of sign-ins. It gets no names of users, pools or clients.
type Observer interface {
	// Started is called after a request that starts a sign-in or exchanges something for tokens. The flow is an AuthFlow of
	// InitiateAuth, or the grant type of an endpoint.
	Started(flow string, r Result)
	// Answered is called after a request that answers a challenge.
	Answered(challenge string, r Result)
}

// The flows of OAuth endpoints, besides those of InitiateAuth.
const (
	flowAuthorizationCode = "authorization_code"
	flowClientCredentials = "client_credentials"
	flowDeviceCode        = "device_code"
	flowImplicit          = "implicit"
	flowRefreshToken      = "refresh_token"
)

// Flows returns the flows of an Observer.
func Flows() []string {
	return []string{
		string(api.AuthFlowTypeUserPasswordAuth), string(api.AuthFlowTypeAdminUserPasswordAuth), string(api.AuthFlowTypeUserSrpAuth),
		string(api.AuthFlowTypeUserAuth), string(api.AuthFlowTypeCustomAuth), string(api.AuthFlowTypeRefreshTokenAuth),
		flowAuthorizationCode, flowClientCredentials, flowDeviceCode, flowImplicit, flowRefreshToken,
	}
}

// flowOf returns the AuthFlow of a start. A passkey without a username starts on a page, as a choice-based sign-in.
func flowOf(s Start) string {
	switch s.(type) {
	case PasswordStart:
		return string(api.AuthFlowTypeUserPasswordAuth)
	case AdminPasswordStart:
		return string(api.AuthFlowTypeAdminUserPasswordAuth)
	case SRPStart:
		return string(api.AuthFlowTypeUserSrpAuth)
	case ChoiceStart, AnyPasskeyStart:
		return string(api.AuthFlowTypeUserAuth)
	case CustomStart:
		return string(api.AuthFlowTypeCustomAuth)
	case RefreshStart:
		return string(api.AuthFlowTypeRefreshTokenAuth)
	default:
		return unknown
	}
}

// unknown is the name of flows and challenges that the engine does not have.
const unknown = "unknown"

// challengeOf returns the ChallengeName that a response answers.
func challengeOf(r Response) string {
	switch r.(type) {
	case ChoiceResponse:
		return string(api.ChallengeNameTypeSelectChallenge)
	case PasswordResponse:
		return string(api.ChallengeNameTypePassword)
	case PasswordSRPResponse:
		return string(api.ChallengeNameTypePasswordSrp)
	case PasswordVerifierResponse:
		return string(api.ChallengeNameTypePasswordVerifier)
	case SMSOTPResponse:
		return string(api.ChallengeNameTypeSmsOtp)
	case EmailOTPResponse:
		return string(api.ChallengeNameTypeEmailOtp)
	case PasskeyResponse:
		return string(api.ChallengeNameTypeWebAuthn)
	case CustomResponse:
		return string(api.ChallengeNameTypeCustomChallenge)
	case NewPasswordResponse:
		return string(api.ChallengeNameTypeNewPasswordRequired)
	case SelectMFAResponse:
		return string(api.ChallengeNameTypeSelectMfaType)
	case MFASetupResponse, SetupEmailResponse, SetupSMSResponse:
		return string(api.ChallengeNameTypeMfaSetup)
	case SoftwareTokenResponse:
		return string(api.ChallengeNameTypeSoftwareTokenMfa)
	case SMSMFAResponse:
		return string(api.ChallengeNameTypeSmsMfa)
	case DeviceSRPResponse:
		return string(api.ChallengeNameTypeDeviceSrpAuth)
	case DeviceVerifierResponse:
		return string(api.ChallengeNameTypeDevicePasswordVerifier)
	case ResendResponse:
		return "resend"
	default:
		return unknown
	}
}

// refusals are the errors of OAuth endpoints that are answers for their clients.
var refusals = []error{
	ErrInvalidCode, ErrRedirectMismatch, ErrInvalidTarget, ErrFlowNotAllowed, ErrInvalidScope, ErrProofRequired, ErrRequestSpent,
	ErrSignInEnded, ErrUserCode, ErrDevicePending, ErrDeviceTooFast, ErrDeviceDenied, ErrDeviceExpired,
}

// resultOf returns the result of a request that ended with err, or else with a challenge or not.
func resultOf(err error, isChallenge bool) Result {
	_, isAPIError := errors.AsType[*api.Error](err)
	switch {
	case err == nil && isChallenge:
		return Challenged
	case err == nil:
		return Finished
	case isAPIError, slices.ContainsFunc(refusals, func(refusal error) bool { return errors.Is(err, refusal) }):
		return Refused
	default:
		return FailedStep
	}
}

func (e *Engine) started(flow string, outcome *Outcome, err error) {
	if e.Observer != nil {
		e.Observer.Started(flow, resultOf(err, outcome != nil && outcome.Challenge != nil))
	}
}

func (e *Engine) answered(r Response, outcome *Outcome, err error) {
	if e.Observer != nil {
		e.Observer.Answered(challengeOf(r), resultOf(err, outcome != nil && outcome.Challenge != nil))
	}
}

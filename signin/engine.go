package signin

import (
	"context"
	"errors"
	"time"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/authsession"
	"cognate/notify"
	"cognate/passkeys"
	"cognate/passwords"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
	"cognate/tokens"
	"cognate/trigger"
)

// Engine runs sign-ins.
type Engine struct {
	Store     *store.Store
	Subjects  *subject.Finder
	Sessions  *authsession.Sealer
	Tokens    *tokens.Service
	Passwords *passwords.Service
	Passkeys  *passkeys.Service
	Notify    *notify.Service
	Triggers  *trigger.Service
	Users     *account.Service
	Limits    throttle.Limits
	Now       func() time.Time
}

// Call is what each request of a sign-in says.
type Call struct {
	cognate.ClientRequest                   // Metadata is for triggers after the start of a sign-in (docs/behaviour.md §6.1)
	Admin                 bool              // came by the administrator's operation
	ValidationData        map[string]string // for triggers at the start of a sign-in
	// deviceKey names the device that the request is made on (DEVICE_KEY); empty when it names none. isFromSession says that an
	// earlier step of the sign-in named it, not the request.
	deviceKey     string
	isFromSession bool
}

// Request begins a sign-in.
type Request struct {
	Call
	Flow       api.AuthFlowType
	Parameters map[string]string
	// Session continues a sign-up, in a choice-based sign-in; it may be empty.
	Session string
}

// Answer continues a sign-in.
type Answer struct {
	Call
	Challenge api.ChallengeNameType
	Session   string
	Responses map[string]string
}

// Outcome is what a step of a sign-in led to: tokens, or the next challenge.
type Outcome struct {
	Tokens     *tokens.Set
	Challenge  api.ChallengeNameType
	Parameters map[string]string // never nil
	Session    string            // empty with tokens, and with PASSWORD_VERIFIER, whose state is in SECRET_BLOCK
	// Available are the challenges that may begin a choice-based sign-in; nil in any other.
	Available []api.ChallengeNameType
}

// Start begins a sign-in by the request's flow.
// Errors: the service's own, by the order client, flow, parameters, user, state, password (docs/behaviour.md §2.1, §2.3).
func (e *Engine) Start(ctx context.Context, r *Request) (*Outcome, error) {
	r.deviceKey = r.Parameters["DEVICE_KEY"]
	begin, err := e.flow(r)
	if err != nil {
		return nil, err
	}
	outcome, err := begin(ctx, r)
	if errors.Is(err, errStale) { // the user is changed again and again
		return nil, api.ErrIncorrectPassword
	}
	return outcome, err
}

// flow finds what begins the request's flow, if operation and client allow it.
func (e *Engine) flow(r *Request) (func(context.Context, *Request) (*Outcome, error), error) {
	switch r.Flow {
	case api.AuthFlowTypeAdminUserPasswordAuth, api.AuthFlowTypeAdminNoSrpAuth:
		if !r.Admin {
			return nil, errWrongOperation
		}
		return e.startPassword, allow(r, api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth, "")
	case api.AuthFlowTypeUserPasswordAuth:
		return e.startPassword, allow(r, api.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
			"USER_PASSWORD_AUTH flow not enabled for this client")
	case api.AuthFlowTypeUserSrpAuth:
		return e.startSRP, allow(r, api.ExplicitAuthFlowsTypeAllowUserSrpAuth, "USER_SRP_AUTH is not enabled for the client.")
	case api.AuthFlowTypeUserAuth:
		return e.startChoice, allow(r, api.ExplicitAuthFlowsTypeAllowUserAuth, "USER_AUTH is not enabled for the client.")
	case api.AuthFlowTypeCustomAuth:
		return e.startCustom, allow(r, api.ExplicitAuthFlowsTypeAllowCustomAuth, "CUSTOM_AUTH is not enabled for the client.")
	case api.AuthFlowTypeRefreshToken, api.AuthFlowTypeRefreshTokenAuth:
		return e.refresh, allow(r, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth, "REFRESH_TOKEN_AUTH is not enabled for the client.")
	default:
		return nil, errWrongOperation
	}
}

var errWrongOperation = api.InvalidParameterException("Initiate Auth method not supported.")

// allow refuses a flow that the client does not have. The administrator's operation has one text for all flows.
func allow(r *Request, flow api.ExplicitAuthFlowsType, refusal string) error {
	switch {
	case r.Client.Allows(flow):
		return nil
	case r.Admin:
		return api.InvalidParameterException("Auth flow not enabled for this client")
	default:
		return api.InvalidParameterException(refusal)
	}
}

// Answer continues a sign-in by the answer to its challenge. Errors: the service's own (docs/behaviour.md §1.7, §1.8).
func (e *Engine) Answer(ctx context.Context, a *Answer) (*Outcome, error) {
	username, err := parameter(a.Responses, "USERNAME")
	if err != nil {
		return nil, err
	}
	if err := a.Client.RequireSecretHash(username, a.Responses["SECRET_HASH"]); err != nil {
		return nil, err
	}
	a.deviceKey = a.Responses["DEVICE_KEY"]
	answer := answers[a.Challenge]
	if answer == nil { // one that the service never asks, such as ADMIN_NO_SRP_AUTH
		return nil, api.ErrInvalidSession
	}
	return answer(e, ctx, a)
}

// answers is what takes the answer to each challenge.
var answers = map[api.ChallengeNameType]func(*Engine, context.Context, *Answer) (*Outcome, error){
	api.ChallengeNameTypeSelectChallenge:        (*Engine).answerSelectChallenge,
	api.ChallengeNameTypePassword:               (*Engine).answerFirstPassword,
	api.ChallengeNameTypePasswordSrp:            (*Engine).answerFirstPasswordSRP,
	api.ChallengeNameTypePasswordVerifier:       (*Engine).answerSRP,
	api.ChallengeNameTypeSmsOtp:                 (*Engine).answerFirstSMS,
	api.ChallengeNameTypeWebAuthn:               (*Engine).answerPasskey,
	api.ChallengeNameTypeCustomChallenge:        (*Engine).answerCustom,
	api.ChallengeNameTypeNewPasswordRequired:    (*Engine).answerNewPassword,
	api.ChallengeNameTypeSelectMfaType:          (*Engine).answerSelectMFA,
	api.ChallengeNameTypeMfaSetup:               (*Engine).answerSetup,
	api.ChallengeNameTypeSoftwareTokenMfa:       (*Engine).answerSoftwareToken,
	api.ChallengeNameTypeSmsMfa:                 (*Engine).answerSMS,
	api.ChallengeNameTypeDeviceSrpAuth:          (*Engine).answerDeviceSRP,
	api.ChallengeNameTypeDevicePasswordVerifier: (*Engine).answerDeviceProof,
	api.ChallengeNameTypeEmailOtp:               (*Engine).answerEmail, // a first factor or a second: the Session knows
}

// parameter returns a required member of a flow's parameters or of a challenge's responses.
func parameter(from map[string]string, name string) (string, error) {
	if v := from[name]; v != "" {
		return v, nil
	}
	return "", api.ErrMissingParameter(name)
}

// require refuses parameters or responses that lack one of the names.
func require(from map[string]string, names ...string) error {
	for _, name := range names {
		if _, err := parameter(from, name); err != nil {
			return err
		}
	}
	return nil
}

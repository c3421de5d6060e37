package signin

import (
	"context"
	"errors"
	"time"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/passwords"
	"cognate/sessions"
	"cognate/store"
	"cognate/tokens"
)

// Engine runs sign-ins.
type Engine struct {
	Store     *store.Store
	Sessions  *sessions.Keeper
	Tokens    *tokens.Service
	Passwords *passwords.Keeper
	Sender    notify.Sender
	// Attributes returns what a client's user writes, in the form in which it is kept, once all of it is known to the pool,
	// writable and well-formed; otherwise the refusal.
	Attributes func(pool *cognate.UserPool, client *cognate.AppClient, given map[string]string) (map[string]string, error)
	Now        func() time.Time
}

// Request begins a sign-in.
type Request struct {
	Pool       *cognate.UserPool
	Client     *cognate.AppClient
	Flow       api.AuthFlowType
	Parameters map[string]string
	Admin      bool // came as AdminInitiateAuth
}

// Answer continues a sign-in.
type Answer struct {
	Pool      *cognate.UserPool
	Client    *cognate.AppClient
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
}

// Start begins a sign-in by the request's flow.
// Errors: the service's own, by the order client, flow, parameters, user, state, password (behaviour §2.1, §2.3).
func (e *Engine) Start(ctx context.Context, r *Request) (*Outcome, error) {
	begin, err := e.flow(r)
	if err != nil {
		return nil, err
	}
	return begin(ctx, r)
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
	case api.AuthFlowTypeRefreshToken, api.AuthFlowTypeRefreshTokenAuth:
		return e.refresh, allow(r, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth, "REFRESH_TOKEN_AUTH is not enabled for the client.")
	default:
		return nil, api.UnsupportedOperationException("The " + string(r.Flow) + " flow is not built in this version of Cognate.")
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

// Answer continues a sign-in by the answer to its challenge. Errors: the service's own (behaviour §1.7, §1.8).
func (e *Engine) Answer(ctx context.Context, a *Answer) (*Outcome, error) {
	username, err := parameter(a.Responses, "USERNAME")
	if err != nil {
		return nil, err
	}
	if err := a.Client.RequireSecretHash(username, a.Responses["SECRET_HASH"]); err != nil {
		return nil, err
	}
	switch a.Challenge {
	case api.ChallengeNameTypePasswordVerifier:
		return e.answerSRP(ctx, a)
	case api.ChallengeNameTypeNewPasswordRequired:
		return e.answerNewPassword(ctx, a)
	case api.ChallengeNameTypeSoftwareTokenMfa:
		return e.answerSoftwareToken(ctx, a)
	case api.ChallengeNameTypeSmsMfa:
		return e.answerSentCode(ctx, a, cognate.StepSMS, "SMS_MFA_CODE")
	case api.ChallengeNameTypeEmailOtp:
		return e.answerSentCode(ctx, a, cognate.StepEmail, "EMAIL_OTP_CODE")
	case api.ChallengeNameTypeSelectMfaType:
		return e.answerSelectMFA(ctx, a)
	case api.ChallengeNameTypeMfaSetup:
		return e.answerSetup(ctx, a)
	default:
		return nil, api.UnsupportedOperationException("The " + string(a.Challenge) + " challenge is not built in this version of Cognate.")
	}
}

// parameter returns a required member of a flow's parameters or of a challenge's responses.
func parameter(from map[string]string, name string) (string, error) {
	if v := from[name]; v != "" {
		return v, nil
	}
	return "", cognate.ErrMissingParameter(name)
}

// open returns the Session of an answer, if it waits at one of the steps and belongs to the answer's client and user, with
// the user as of now.
func (e *Engine) open(ctx context.Context, a *Answer, steps ...cognate.Step) (*cognate.Session, *cognate.User, error) {
	text := a.Session
	if text == "" {
		return nil, nil, cognate.ErrMissingParameter("Session")
	}
	session, err := e.Sessions.Open(text, steps...)
	if err != nil {
		return nil, nil, err
	}
	if session.ClientID != a.Client.ID || session.PoolID != a.Pool.ID {
		return nil, nil, cognate.ErrInvalidSession
	}
	user, err := e.Store.User(ctx, session.PoolID, session.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, cognate.ErrInvalidSession
	}
	if err != nil {
		return nil, nil, err
	}
	return session, user, e.requireSameUser(ctx, a, user)
}

// requireSameUser refuses an answer that names another user than its Session does.
func (e *Engine) requireSameUser(ctx context.Context, a *Answer, user *cognate.User) error {
	name := a.Responses["USERNAME"]
	if name == user.Username || name == user.Sub {
		return nil
	}
	named, err := e.find(ctx, a.Pool, name)
	if err != nil {
		return err
	}
	if named == nil || named.Sub != user.Sub {
		return cognate.ErrInvalidSession
	}
	return nil
}

// find returns the user whom a typed name means; nil for nobody.
func (e *Engine) find(ctx context.Context, pool *cognate.UserPool, login string) (*cognate.User, error) {
	user, err := e.Store.FindUser(ctx, pool, login)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return user, err
}

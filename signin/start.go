package signin

import (
	"context"
	"errors"

	"cognate/api"
)

// Start is the beginning of a sign-in, one type for each flow: PasswordStart, AdminPasswordStart, SRPStart, ChoiceStart,
// AnyPasskeyStart, CustomStart or RefreshStart.
// Source: API reference, InitiateAuth (AuthFlow).
type Start interface {
	// allow returns an error if the operation or the client does not have the flow.
	allow(a *Attempt) error
	// begin carries out the flow, which is allowed.
	begin(ctx context.Context, e *Engine, c call) (*Outcome, error)
}

var errWrongOperation = api.InvalidParameterException("Initiate Auth method not supported.")

// Start begins a sign-in. It checks in this order: the flow is allowed, the required parameters are there, the username is
// not too long, the client is authentic, the user exists and may sign in, the proof is right. A custom sign-in checks its
// SRP_A before the username.
// Errors: those of the operation InitiateAuth. Source: docs/behaviour.md §2.1, §2.3.
func (e *Engine) Start(ctx context.Context, a *Attempt, s Start) (outcome *Outcome, err error) {
	defer func() { e.started(flowOf(s), outcome, err) }()
	if s == nil {
		return nil, errWrongOperation
	}
	if err := s.allow(a); err != nil {
		return nil, err
	}
	outcome, err = s.begin(ctx, e, call{Attempt: *a})
	if errors.Is(err, errStale) { // the user is changed again and again
		return nil, api.ErrIncorrectPassword
	}
	return outcome, err
}

// allowFlow returns an error if the client does not have the flow. The administrator's operation has one text for all flows.
// The pages have all flows without functions: no setting of a client is about their flows.
// Source: docs/behaviour.md §2.1.
// Assumed: the texts for USER_AUTH and REFRESH_TOKEN_AUTH, which follow those for the other flows. A client that rotates refresh
// tokens gets the latter.
func (a *Attempt) allowFlow(flow api.ExplicitAuthFlowsType, refusal string) error {
	switch {
	case a.Client.Allows(flow), a.Page:
		return nil
	case a.Admin:
		return api.InvalidParameterException("Auth flow not enabled for this client")
	default:
		return api.InvalidParameterException(refusal)
	}
}

package signin

import (
	"context"

	"cognate/api"
)

// AdminPasswordStart begins a sign-in with the user's password, by an administrator (ADMIN_USER_PASSWORD_AUTH, formerly
// ADMIN_NO_SRP_AUTH). An Attempt whose Admin is false does not have the flow.
type AdminPasswordStart struct {
	Password string // required
}

func (AdminPasswordStart) allow(a *Attempt) error {
	if !a.Admin {
		return errWrongOperation
	}
	return a.allowFlow(api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth, "")
}

func (s AdminPasswordStart) begin(ctx context.Context, e *Engine, c call) (*Outcome, error) {
	return e.beginWithPassword(ctx, &c, s.Password)
}

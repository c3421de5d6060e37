package signin_test

import (
	"errors"
	"testing"

	"cognate"
	"cognate/signin"
)

// A step without a proof ends in an error, for every rule and every Session: there are no tokens and no grant, and the Session
// stays unspent.
func TestStepWithoutProofCommitsNothing(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	known := f.Subjects.Known(f.pool, f.client, "ann", f.user)
	custom := f.session(cognate.StepSoftwareToken)
	custom.IsCustom, custom.Custom = true, new(cognate.CustomSignIn)
	sessions := map[string]*cognate.AuthSession{
		"no Session": nil, "first factor": f.session(cognate.StepFirstPassword), "second factor": f.session(cognate.StepSoftwareToken),
		"custom sign-in": custom,
	}
	for at, session := range sessions {
		for rule, next := range signin.Unproven() {
			outcome, err := f.SettleUnproven(t.Context(), f.attempt(), known, session, next)
			if outcome != nil || !errors.Is(err, signin.ErrUndecided) {
				t.Errorf("settle(%s, %s) = %+v, %v, want %v", at, rule, outcome, err, signin.ErrUndecided)
			}
			if grants, err := f.Store.LiveGrants(t.Context(), f.pool.ID, f.user.Sub, f.now); err != nil || len(grants) > 0 {
				t.Errorf("settle(%s, %s) stored %d grants, %v, want none", at, rule, len(grants), err)
			}
			if session != nil && isSpent(t, f.Store, session) {
				t.Errorf("settle(%s, %s) spent the Session", at, rule)
			}
		}
	}
}

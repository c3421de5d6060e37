package signin_test

import (
	"errors"
	"testing"

	"cognate"
	"cognate/signin"
)

// A step without a proof ends in an error, for every rule and every Session, also on a page: there are no tokens, no grant and no SSO
// session, and the Session stays unspent.
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
			for _, attempt := range []*signin.Attempt{f.attempt(), f.onPage()} {
				outcome, err := f.SettleUnproven(t.Context(), attempt, known, session, next)
				if outcome != nil || !errors.Is(err, signin.ErrUndecided) {
					t.Errorf("settle(%s, %s) = %+v, %v, want %v", at, rule, outcome, err, signin.ErrUndecided)
				}
			}
			f.wantSignedOut(at + ", " + rule)
			if session != nil && isSpent(t, f.Store, session) {
				t.Errorf("settle(%s, %s) spent the Session", at, rule)
			}
		}
	}
}

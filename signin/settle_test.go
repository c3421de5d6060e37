package signin_test

import (
	"errors"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/authsession"
	"cognate/cognatetest"
	"cognate/signin"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
	"cognate/tokens"
)

// A step without a decision ends in an error: there are no tokens and no grant, the Session stays unspent, and the changes of
// the proof are not stored.
func TestStepWithoutDecisionCommitsNothing(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	p.MustUser("ann")
	client, pool, err := s.Store.AppClientWithPool(t.Context(), p.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	ann := cognatetest.Try(s.Store.FindUser(t.Context(), pool, "ann")).Of(t)
	sealer := &authsession.Sealer{Store: s.Store, Now: s.Clock.Now}
	engine := &signin.Engine{
		Store: s.Store, Sessions: sealer, Tokens: &tokens.Service{Store: s.Store, Now: s.Clock.Now},
		Limits: throttle.DefaultLimits(), Now: s.Clock.Now,
	}
	attempt := &signin.Attempt{ClientRequest: cognate.ClientRequest{Pool: pool, Client: client}}
	known := new(subject.Finder).Known(pool, client, "ann", ann)
	session := sealer.New(client, ann, cognate.StepSelectMFA)
	for name, decision := range signin.Undecided() {
		outcome, err := engine.SettleWith(t.Context(), attempt, known, session, decision)
		if outcome != nil || !errors.Is(err, signin.ErrUndecided) {
			t.Errorf("settle(%s) = %+v, %v, want %v", name, outcome, err, signin.ErrUndecided)
		}
		if _, ok := errors.AsType[*api.Error](err); ok {
			t.Errorf("settle(%s) = %v, want an internal error", name, err)
		}
		if grants := cognatetest.Try(s.Store.LiveGrants(t.Context(), pool.ID, ann.Sub, s.Clock.Now())).Of(t); len(grants) > 0 {
			t.Errorf("settle(%s) stored %d grants, want none", name, len(grants))
		}
		if isSpent(t, s.Store, session) {
			t.Errorf("settle(%s) spent the Session", name)
		}
		if now := cognatetest.Try(s.Store.FindUser(t.Context(), pool, "ann")).Of(t); now.Stamp != ann.Stamp {
			t.Errorf("settle(%s) stored a change of the user", name)
		}
	}
	// The same step with a decision commits.
	if _, err := engine.SettleWith(t.Context(), attempt, known, session, signin.AskForFactor()); err != nil || !isSpent(t, s.Store, session) {
		t.Errorf("settle(ask) = %v, want a challenge and a spent Session", err)
	}
}

func isSpent(t *testing.T, st *store.Store, session *cognate.AuthSession) (spent bool) {
	t.Helper()
	err := st.Write(t.Context(), func(tx *store.Tx) (err error) {
		spent, err = tx.IsSessionSpent(t.Context(), session)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return spent
}

package signin

import (
	"context"

	"cognate"
	"cognate/store"
)

// ResendResponse asks for another code, at the challenge of a sent code. Only pages have it: clients of the API start the sign-in
// again. The same challenge comes next, with a new code and a new AuthSession.
type ResendResponse struct{}

func (ResendResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a,
		cognate.StepSMS, cognate.StepEmail, cognate.StepFirstSMS, cognate.StepFirstEmail)
	if err != nil {
		return nil, err
	}
	if err := a.complete(); err != nil {
		return nil, err
	}
	t := &step{call: a.call, subject: sub, session: session}
	t.next = func(*cognate.User) decision { return ask{step: session.Step} }
	if !session.Step.IsFirst() { // the first factor is proven already, and the user may still sign in
		t.prove = func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			return now, knownState(now)
		}
	}
	return e.settle(ctx, t)
}

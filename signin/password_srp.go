package signin

import (
	"context"

	"cognate"
	"cognate/api"
)

// PasswordSRPChallenge asks for the client's half of an SRP exchange, in a choice-based sign-in (PASSWORD_SRP).
type PasswordSRPChallenge struct{}

// PasswordSRPResponse answers a PasswordSRPChallenge. A PasswordVerifierChallenge comes next.
type PasswordSRPResponse struct {
	SRPA string // hexadecimal; required
}

func (PasswordSRPChallenge) isChallenge() {}

func (r PasswordSRPResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepFirstPasswordSRP)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.SRPA); err != nil {
		return nil, err
	}
	return e.chooseSRP(ctx, &step{call: a.call, subject: sub, session: session}, r.SRPA, nil)
}

// chooseSRP begins an exchange. It spends the AuthSession that led to it, even if SRP_A is wrong: the exchange continues with
// its SecretBlock.
func (e *Engine) chooseSRP(ctx context.Context, t *step, srpA string, available []api.ChallengeNameType) (*Outcome, error) {
	begin := func(ctx context.Context, now *cognate.User) (*Outcome, error) {
		outcome, err := e.challengeSRP(ctx, t.call, t.subject.At(now), srpA, nil)
		if err == nil {
			outcome.Available = available
		}
		return outcome, err
	}
	if t.session == nil {
		return begin(ctx, t.subject.Profile())
	}
	t.next = func(*cognate.User) decision { return continueAfter{begin} }
	return e.settle(ctx, t)
}

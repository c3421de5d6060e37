package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/subject"
)

// answerSRP checks the client's proof. Whatever is wrong with it, a foreign block included, is a wrong password.
func (e *Engine) answerSRP(ctx context.Context, a *Answer) (*Outcome, error) {
	proof, err := readProof(a)
	if err != nil {
		return nil, err
	}
	session, sub, err := e.openBlock(ctx, a, proof.SecretBlock)
	if err != nil {
		return nil, err
	}
	if err := shownState(sub); err != nil {
		return nil, err
	}
	right, err := e.verifyProof(a.Pool, session, sub, proof)
	if err != nil {
		return nil, err
	}
	outcome, err := e.settle(ctx, &step{Call: a.Call, subject: sub, session: session, prove: e.passwordProof(sub, right)})
	if errors.Is(err, errStale) || isSessionRefusal(err) {
		return nil, api.ErrIncorrectPassword
	}
	return outcome, err
}

// openBlock returns the exchange that a SECRET_BLOCK holds, and whose it is. An answer that names another subject than
// its exchange is refused before its proof is checked, for a decoy too.
func (e *Engine) openBlock(ctx context.Context, a *Answer, block []byte) (*cognate.AuthSession, subject.Subject, error) {
	answer := *a
	answer.Session = string(block)
	session, sub, err := e.open(ctx, &answer, cognate.StepPasswordSRP)
	if err == nil && session.SRP == nil {
		err = api.ErrInvalidSession
	}
	if isSessionRefusal(err) {
		return nil, subject.Subject{}, api.ErrIncorrectPassword
	}
	return session, sub, err
}

func (e *Engine) verifyProof(pool *cognate.UserPool, session *cognate.AuthSession, sub subject.Subject, proof *srp.Answer) (bool, error) {
	verifier, err := sub.Verifier()
	if err != nil {
		return false, err
	}
	exchange := srp.Exchange{A: session.SRP.A, B: session.SRP.B, Secret: session.SRP.Secret}
	id := srp.Identity{PoolName: pool.ShortName(), Username: session.Username}
	return exchange.Verify(verifier, id, *proof) && sub.User() != nil, nil
}

func isSessionRefusal(err error) bool {
	return errors.Is(err, api.ErrInvalidSession) || errors.Is(err, api.ErrSessionExpired) || errors.Is(err, api.ErrSessionSpent)
}

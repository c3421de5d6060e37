package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/subject"
)

// PasswordVerifierChallenge asks for the proof of the password by SRP (PASSWORD_VERIFIER). It has no AuthSession: SecretBlock
// carries the state.
type PasswordVerifierChallenge struct{ SRPExchange }

// PasswordVerifierResponse answers a PasswordVerifierChallenge.
type PasswordVerifierResponse struct{ SRPProof }

func (PasswordVerifierChallenge) isChallenge() {}

// answer checks the client's proof. Any error in it is a wrong password, also the SecretBlock of another exchange.
func (r PasswordVerifierResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	proof, err := r.read(&a.Attempt)
	if err != nil {
		return nil, err
	}
	if err := a.complete(); err != nil {
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
	outcome, err := e.settle(ctx, &step{
		call: a.call, subject: sub, session: session,
		prove: e.passwordProof(sub, right), proves: cognate.Methods{cognate.MethodPassword},
	})
	if errors.Is(err, errStale) || isSessionRefusal(err) {
		return nil, api.ErrIncorrectPassword
	}
	return outcome, err
}

// openBlock returns the exchange in a SecretBlock, and its subject. It returns an error for an answer that names another
// subject, before the proof is checked, for a decoy too.
func (e *Engine) openBlock(ctx context.Context, a *answer, block []byte) (*cognate.AuthSession, subject.Subject, error) {
	inBlock := &answer{call: a.call, session: string(block)}
	session, sub, err := e.open(ctx, inBlock, cognate.StepPasswordSRP)
	a.call = inBlock.call
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

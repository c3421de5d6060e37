package signin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/store"
	"cognate/subject"
)

var errBadSRPA = api.InvalidParameterException("SRP_A is not valid.")

// startSRP begins a sign-in by SRP (docs/behaviour.md §2.4).
func (e *Engine) startSRP(ctx context.Context, r *Request) (*Outcome, error) {
	sub, err := e.begin(ctx, r, "SRP_A")
	if err != nil {
		return nil, err
	}
	return e.challengeSRP(ctx, r.Call, sub, r.Parameters["SRP_A"], nil)
}

// challengeSRP answers the client's half of an exchange with the server's. What the server must know when the proof comes
// goes out sealed in SECRET_BLOCK, so nothing is kept meanwhile but how far a custom sign-in is, which may be nil.
func (e *Engine) challengeSRP(ctx context.Context, c Call, sub subject.Subject, srpA string, custom *cognate.CustomSignIn) (*Outcome, error) {
	if c.Pool.StoresArgon2id() {
		return nil, api.InvalidParameterException("USER_SRP_AUTH is not enabled for the user pool.")
	}
	a, err := srp.ParseA(srpA)
	if err != nil {
		return nil, errBadSRPA
	}
	verifier, err := sub.Verifier()
	if err != nil {
		return nil, err
	}
	exchange, err := srp.Begin(verifier, a, rand.Reader)
	if err != nil {
		return nil, err
	}
	session := e.newSession(c, sub, sub.Profile(), cognate.StepPasswordSRP)
	session.SRP = &cognate.SRPState{A: exchange.A, B: exchange.B, Secret: exchange.Secret}
	if custom != nil {
		err := e.Store.Write(ctx, func(tx *store.Tx) error { return keepCustom(ctx, tx, session, custom) })
		if err != nil {
			return nil, err
		}
	}
	block, err := e.Sessions.Seal(session)
	if err != nil {
		return nil, err
	}
	return &Outcome{Challenge: api.ChallengeNameTypePasswordVerifier, Parameters: map[string]string{
		"SALT":            verifier.SaltHex(),
		"SRP_B":           exchange.BHex(),
		"SECRET_BLOCK":    toBlock(block),
		"USERNAME":        sub.Username(),
		"USER_ID_FOR_SRP": sub.Username(),
	}}, nil
}

// toBlock turns a sealed Session into the standard base64 that SECRET_BLOCK is: clients decode it before they sign it.
func toBlock(session string) string { return base64.StdEncoding.EncodeToString([]byte(session)) }

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

func readProof(a *Answer) (*srp.Answer, error) {
	if err := require(a.Responses, "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"); err != nil {
		return nil, err
	}
	timestamp, err := srp.ParseTimestamp(a.Responses["TIMESTAMP"])
	if err != nil {
		return nil, api.InvalidParameterException("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	}
	block, err := base64.StdEncoding.DecodeString(a.Responses["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return nil, api.ErrIncorrectPassword
	}
	return &srp.Answer{SecretBlock: block, Timestamp: timestamp, Signature: a.Responses["PASSWORD_CLAIM_SIGNATURE"]}, nil
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

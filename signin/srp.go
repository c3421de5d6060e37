package signin

import (
	"context"
	"crypto/rand"
	"encoding/base64"

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

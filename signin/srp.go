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

// Assumed: the text for an SRP_A that is not a hexadecimal number between 0 and N.
var errBadSRPA = api.InvalidParameterException("SRP_A is not valid.")

// SRPStart begins a sign-in by SRP, which does not send the password (USER_SRP_AUTH). A PasswordVerifierChallenge comes next.
// Source: docs/behaviour.md §2.4.
type SRPStart struct {
	SRPA string // the client's half of the exchange; hexadecimal, required
}

// SRPExchange is the server's half of an SRP exchange. The two verifier challenges have it.
type SRPExchange struct {
	Username    string // of the user: the identity of the proof, except of a device's
	Salt, B     string // hexadecimal
	SecretBlock string // standard base64: clients decode it before they sign it
}

// SRPProof is the client's proof in an SRP exchange. The two verifier responses have it.
type SRPProof struct {
	SecretBlock string // as in the challenge; required
	Signature   string // standard base64; required
	Timestamp   string // what was signed: "Tue May 7 00:09:40 UTC 2025"; required
}

func (SRPStart) allow(a *Attempt) error {
	return a.allowFlow(api.ExplicitAuthFlowsTypeAllowUserSrpAuth, "USER_SRP_AUTH is not enabled for the client.")
}

func (s SRPStart) begin(ctx context.Context, e *Engine, c call) (*Outcome, error) {
	if err := c.complete(c.Username, s.SRPA); err != nil {
		return nil, err
	}
	sub, err := e.begin(ctx, &c, "")
	if err != nil {
		return nil, err
	}
	return e.challengeSRP(ctx, c, sub, s.SRPA, nil)
}

// challengeSRP answers the client's half of an exchange with the server's half. The state of the exchange is sealed in
// SecretBlock, so the server stores only the state of a custom sign-in. custom is nil in other sign-ins.
func (e *Engine) challengeSRP(ctx context.Context, c call, sub subject.Subject, srpA string, custom *cognate.CustomSignIn) (*Outcome, error) {
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
		err := e.Store.Write(ctx, func(tx *store.Tx) error { return storeCustom(ctx, tx, session, custom) })
		if err != nil {
			return nil, err
		}
	}
	block, err := e.Sessions.Seal(session)
	if err != nil {
		return nil, err
	}
	return &Outcome{Challenge: PasswordVerifierChallenge{SRPExchange{
		Username: sub.Username(), Salt: verifier.SaltHex(), B: exchange.BHex(), SecretBlock: toBlock(block),
	}}}, nil
}

// toBlock encodes a sealed AuthSession as a SecretBlock.
func toBlock(session string) string { return base64.StdEncoding.EncodeToString([]byte(session)) }

// read parses a proof. Errors: those of Attempt.require; InvalidParameterException for an invalid Timestamp;
// api.ErrIncorrectPassword for a SecretBlock that is not base64.
func (p SRPProof) read(a *Attempt) (*srp.Answer, error) {
	if err := a.require(p.SecretBlock, p.Signature, p.Timestamp); err != nil {
		return nil, err
	}
	timestamp, err := srp.ParseTimestamp(p.Timestamp)
	if err != nil {
		return nil, api.InvalidParameterException("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	}
	block, err := base64.StdEncoding.DecodeString(p.SecretBlock)
	if err != nil {
		return nil, api.ErrIncorrectPassword
	}
	return &srp.Answer{SecretBlock: block, Timestamp: timestamp, Signature: p.Signature}, nil
}

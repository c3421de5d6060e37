package signin

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/store"
)

// DeviceVerifierChallenge asks for the proof of a remembered device's secret by SRP (DEVICE_PASSWORD_VERIFIER).
type DeviceVerifierChallenge struct {
	SRPExchange
	Device string // its key, the identity of the proof
}

// DeviceVerifierResponse answers a DeviceVerifierChallenge. Attempt.Device is required.
type DeviceVerifierResponse struct{ SRPProof }

func (DeviceVerifierChallenge) isChallenge() {}

// challengeDevice answers the device's half of an exchange with the server's half. The state of the exchange is sealed in
// SecretBlock, which is valid only with the AuthSession beside it.
func (e *Engine) challengeDevice(t *step, user *cognate.User, device *cognate.Device, public []byte) (*Outcome, error) {
	verifier := srp.Verifier(device.Verifier)
	exchange, err := srp.Begin(verifier, public, rand.Reader)
	if err != nil {
		return nil, err
	}
	next := e.newSession(t.call, t.subject, user, cognate.StepDeviceProof)
	next.DeviceKey, next.FactorsProven = t.session.DeviceKey, t.session.FactorsProven
	next.SecondFactor, next.Passwordless = t.session.SecondFactor, t.session.Passwordless
	session, err := e.Sessions.Seal(next)
	if err != nil {
		return nil, err
	}
	inBlock := *next
	inBlock.Step = cognate.StepDeviceBlock
	inBlock.SRP = &cognate.SRPState{A: exchange.A, B: exchange.B, Secret: exchange.Secret}
	block, err := e.Sessions.Seal(&inBlock)
	if err != nil {
		return nil, err
	}
	return &Outcome{Session: session, Challenge: DeviceVerifierChallenge{
		SRPExchange: SRPExchange{
			Username: user.Username, Salt: verifier.SaltHex(), B: exchange.BHex(), SecretBlock: toBlock(block),
		},
		Device: device.Key,
	}}, nil
}

// answer checks the device's proof. A wrong proof counts towards the lockout like a wrong password, and has the same error.
func (r DeviceVerifierResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	proof, err := r.read(&a.Attempt)
	if err != nil {
		return nil, err
	}
	session, sub, err := e.openDevice(ctx, a, cognate.StepDeviceProof)
	if err != nil {
		return nil, err
	}
	if err := a.complete(); err != nil {
		return nil, err
	}
	device, err := e.Store.Device(ctx, session.PoolID, session.Sub, session.DeviceKey)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ErrNoDevice
	}
	if err != nil {
		return nil, err
	}
	right := e.verifyDevice(session, device, proof)
	return e.settle(ctx, &step{
		call: a.call, subject: sub, session: session,
		prove: func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
			current, err := rememberedDevice(ctx, tx, a.Pool, now, session)
			if err != nil {
				return nil, err
			}
			if !right || !bytes.Equal(current.Verifier.V, device.Verifier.V) {
				return nil, wrongGuess{api.ErrIncorrectPassword}
			}
			return now, nil
		},
		next: toTokens,
	})
}

// verifyDevice reports whether a proof shows the device's secret. The block must be the one of the AuthSession.
func (e *Engine) verifyDevice(session *cognate.AuthSession, device *cognate.Device, proof *srp.Answer) bool {
	block, err := e.Sessions.Open(string(proof.SecretBlock), cognate.StepDeviceBlock)
	if err != nil || block.SRP == nil || block.ID != session.ID {
		return false
	}
	exchange := srp.Exchange{A: block.SRP.A, B: block.SRP.B, Secret: block.SRP.Secret}
	id := srp.Identity{PoolName: device.GroupKey, Username: device.Key}
	return exchange.Verify(srp.Verifier(device.Verifier), id, *proof)
}

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

// challengeDevice answers the device's half of an exchange with the server's. What the server must know when the proof
// comes goes out sealed in SECRET_BLOCK, which is good for the one Session that goes with it.
func (e *Engine) challengeDevice(t *step, user *cognate.User, device *cognate.Device, public []byte) (*Outcome, error) {
	verifier := srp.Verifier(device.Verifier)
	exchange, err := srp.Begin(verifier, public, rand.Reader)
	if err != nil {
		return nil, err
	}
	next := e.newSession(t.callWithDevice(), t.subject, user, cognate.StepDeviceProof)
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
	return &Outcome{
		Challenge: cognate.StepDeviceProof.Challenge(), Session: session, Parameters: map[string]string{
			"SALT":         verifier.SaltHex(),
			"SRP_B":        exchange.BHex(),
			"SECRET_BLOCK": toBlock(block),
			"DEVICE_KEY":   device.Key,
			"USERNAME":     user.Username,
		},
	}, nil
}

// answerDeviceProof checks the device's proof at DEVICE_PASSWORD_VERIFIER. A wrong one counts towards the lockout like a
// wrong password, and is told the same.
func (e *Engine) answerDeviceProof(ctx context.Context, a *Answer) (*Outcome, error) {
	proof, err := readProof(a)
	if err != nil {
		return nil, err
	}
	session, sub, err := e.openDevice(ctx, a, cognate.StepDeviceProof)
	if err != nil {
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
		Call: a.Call, subject: sub, session: session,
		prove: func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
			current, err := rememberedDevice(ctx, tx, a.Pool, now, session.DeviceKey)
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

// verifyDevice tells whether a proof shows the device's secret, over the block that went out with the Session.
func (e *Engine) verifyDevice(session *cognate.AuthSession, device *cognate.Device, proof *srp.Answer) bool {
	block, err := e.Sessions.Open(string(proof.SecretBlock), cognate.StepDeviceBlock)
	if err != nil || block.SRP == nil || block.ID != session.ID {
		return false
	}
	exchange := srp.Exchange{A: block.SRP.A, B: block.SRP.B, Secret: block.SRP.Secret}
	id := srp.Identity{PoolName: device.GroupKey, Username: device.Key}
	return exchange.Verify(srp.Verifier(device.Verifier), id, *proof)
}

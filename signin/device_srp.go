package signin

import (
	"context"

	"cognate"
	"cognate/authn/srp"
	"cognate/store"
)

// DeviceSRPChallenge asks a remembered device for its half of an SRP exchange, instead of a second factor or at the end of a
// sign-in (DEVICE_SRP_AUTH).
type DeviceSRPChallenge struct{}

// DeviceSRPResponse answers a DeviceSRPChallenge. Attempt.Device is required. A DeviceVerifierChallenge comes next.
type DeviceSRPResponse struct {
	SRPA string // hexadecimal; required
}

func (DeviceSRPChallenge) isChallenge() {}

func (r DeviceSRPResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.openDevice(ctx, a, cognate.StepDeviceSRP)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.SRPA); err != nil {
		return nil, err
	}
	public, err := srp.ParseA(r.SRPA)
	if err != nil {
		return nil, errBadSRPA
	}
	var device *cognate.Device
	t := &step{call: a.call, subject: sub, session: session}
	t.prove = func(ctx context.Context, tx *store.Tx, now *cognate.User) (_ *cognate.User, err error) {
		device, err = rememberedDevice(ctx, tx, a.Pool, now, session)
		return now, err
	}
	t.next = func(*cognate.User) decision {
		return continueAfter{func(_ context.Context, now *cognate.User) (*Outcome, error) {
			return e.challengeDevice(t, now, device, public)
		}}
	}
	return e.settle(ctx, t)
}

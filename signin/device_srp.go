package signin

import (
	"context"

	"cognate"
	"cognate/authn/srp"
	"cognate/store"
)

// answerDeviceSRP answers DEVICE_SRP_AUTH with the device's half of an exchange.
func (e *Engine) answerDeviceSRP(ctx context.Context, a *Answer) (*Outcome, error) {
	session, sub, err := e.openDevice(ctx, a, cognate.StepDeviceSRP)
	if err != nil {
		return nil, err
	}
	srpA, err := parameter(a.Responses, "SRP_A")
	if err != nil {
		return nil, err
	}
	public, err := srp.ParseA(srpA)
	if err != nil {
		return nil, errBadSRPA
	}
	var device *cognate.Device
	t := &step{Call: a.Call, subject: sub, session: session}
	t.prove = func(ctx context.Context, tx *store.Tx, now *cognate.User) (_ *cognate.User, err error) {
		device, err = rememberedDevice(ctx, tx, a.Pool, now, session.DeviceKey)
		return now, err
	}
	t.next = func(*cognate.User) decision {
		return continueAfter{func(_ context.Context, now *cognate.User) (*Outcome, error) {
			return e.challengeDevice(t, now, device, public)
		}}
	}
	return e.settle(ctx, t)
}

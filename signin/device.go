package signin

import (
	"context"
	"errors"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/subject"
)

// In a pool that tracks devices a sign-in is made on a device: on one that the client names and its user has, or on a new
// one, which is given its keys with the tokens. A remembered device proves by SRP that it holds its secret, in place of
// the second factor where the pool says so. Source: docs/behaviour.md §1.6, §1.10, §2.4; Developer Guide, working with user devices.

// maxDeviceKey is the longest key of a device, in bytes. Source: API reference, DeviceKeyType.
const maxDeviceKey = 55

// carriedDevice returns the device that the call names, if a Session can carry it on. It is the client's word and not
// checked yet. No device has a longer key, and a longer key would make the Session longer than allowed.
func (c call) carriedDevice() string {
	if len(c.Device) > maxDeviceKey || !c.Pool.TracksDevices() {
		return ""
	}
	return c.Device
}

// callWithDevice is the call with the device that an earlier step of the sign-in named, if this one names none.
func (t *step) callWithDevice() call {
	c := t.call
	if c.Device == "" && t.session != nil {
		c.Device, c.isFromSession = t.session.DeviceKey, true
	}
	return c
}

// newDevice returns the device that the sign-in gave its keys to; none when it was made on a known one.
func (s *result) newDevice() cognate.DeviceID {
	if s.device != nil {
		return cognate.DeviceID{}
	}
	return s.grant.Device
}

// newDevice returns the keys for a device that signs in for the first time; none where devices aren't tracked, nor for an
// administrator's sign-in: that is made on the application's server, not on a device.
func (t *step) newDevice() cognate.DeviceID {
	if t.Admin || !t.Pool.TracksDevices() {
		return cognate.DeviceID{}
	}
	return cognate.NewDeviceID(t.Pool.Region())
}

// findDevice finds the device of a step whose decision is made, and lets it change the decision: a remembered one is asked
// for its proof instead of the second factor. Before the first factor is proven it reads no device, so that
// no attacker learns which devices a user has. Errors: api.ErrNoDevice, when the call itself names one that the user has not.
func (e *Engine) findDevice(ctx context.Context, tx *store.Tx, t *step, s *result) error {
	s.device = nil
	call := t.callWithDevice()
	if !isAfterProof(s.next) || call.Device == "" || t.Admin || !t.Pool.TracksDevices() {
		return nil
	}
	device, err := tx.Device(ctx, t.Pool.ID, s.user.Sub, call.Device)
	switch {
	case errors.Is(err, store.ErrNotFound) && !call.isFromSession:
		return api.ErrNoDevice
	case errors.Is(err, store.ErrNotFound): // the client has dropped it, or it was forgotten on the way
		return nil
	case err != nil:
		return err
	}
	s.device = device
	// Assumed: a device replaces the second factor only if the rules chose it. It does not replace a factor that the user chose,
	// and it does not replace MFA_SETUP.
	if next, asks := s.next.(ask); asks && next.second && device.ReplacesMFA(t.Pool) {
		s.next = ask{step: cognate.StepDeviceSRP}
	}
	return nil
}

// secondFactors are the steps whose right answer shows a second factor.
var secondFactors = []cognate.Step{
	cognate.StepSoftwareToken, cognate.StepSMS, cognate.StepEmail, cognate.StepSetupVerified, cognate.StepSetupEmail,
	cognate.StepDeviceProof,
}

// showsSecondFactor reports whether the step's answer, if it is right, shows a second factor: by itself or, of a passkey that
// counts twice, together with the first.
func (t *step) showsSecondFactor() bool {
	switch {
	case t.session == nil:
		return false
	case t.session.Step == cognate.StepFirstPasskey:
		return t.Pool.PasskeysAreMultiFactor()
	default:
		return slices.Contains(secondFactors, t.session.Step)
	}
}

// bindDevice makes a finished sign-in one on its device, which is trusted once a second factor was shown on it.
func (t *step) bindDevice(ctx context.Context, tx *store.Tx, device *cognate.Device, grant *cognate.Grant) error {
	grant.SecondFactor = t.showsSecondFactor()
	if device == nil {
		return nil
	}
	grant.Device = device.DeviceID
	device.LastIP, device.Authenticated = cognate.OriginFrom(ctx).IPAddress, grant.AuthTime
	device.Trusted = device.Trusted || grant.SecondFactor
	return tx.TouchDevice(ctx, device)
}

// requireDevice refuses a refresh on another device than its sign-in was made on. A sign-in without a device, by an
// administrator or on one that was forgotten since, has no refresh in a pool that tracks them (docs/behaviour.md §1.10, §2.4).
// Assumed: while a pool tracks devices, a sign-in from before it did cannot be refreshed.
func requireDevice(pool *cognate.UserPool, grant *cognate.Grant, key string) error {
	if pool.TracksDevices() && (key == "" || key != grant.Device.Key) {
		return errInvalidRefresh
	}
	return nil
}

// openDevice opens the Session of an answer about a device. The answer must name the Session's own device; an
// administrator has none. Errors: as open; api.ErrNoDevice.
func (e *Engine) openDevice(ctx context.Context, a *answer, step cognate.Step) (*cognate.AuthSession, subject.Subject, error) {
	session, sub, err := e.open(ctx, a, step)
	if err != nil {
		return nil, subject.Subject{}, err
	}
	if err := a.require(a.Device); err != nil {
		return nil, subject.Subject{}, err
	}
	switch {
	case a.Admin:
		return nil, subject.Subject{}, api.ErrInvalidSession
	case a.Device != session.DeviceKey:
		return nil, subject.Subject{}, api.ErrNoDevice
	default:
		return session, sub, nil
	}
}

// rememberedDevice returns the user's device if it may still take the place of the second factor.
// Errors: api.ErrNoDevice, when it was forgotten; api.ErrInvalidSession, when it may not any more.
func rememberedDevice(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *cognate.User, key string) (*cognate.Device, error) {
	device, err := tx.Device(ctx, user.PoolID, user.Sub, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, api.ErrNoDevice
	case err != nil:
		return nil, err
	case !device.ReplacesMFA(pool):
		return nil, api.ErrInvalidSession
	default:
		return device, nil
	}
}

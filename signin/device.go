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

// In a pool that tracks devices, each sign-in is made on a device: one that the client names and its user has, or a new one,
// which gets its keys with the tokens. A remembered device can prove by SRP that it has its secret. The pool decides whether
// that replaces the second factor.
// Source: docs/behaviour.md §1.6, §1.10, §2.4; Developer Guide, working with user devices.

// maxDeviceKey is the longest key of a device, in bytes. Source: API reference, DeviceKeyType.
const maxDeviceKey = 55

// sessionDevice returns the key of the call's device, for the AuthSession; empty if the pool tracks no devices. The client has
// named it and nothing is checked yet. A key that is too long belongs to no device, and would make the Session too long.
func (c call) sessionDevice() string {
	if len(c.Device) > maxDeviceKey || !c.Pool.TracksDevices() {
		return ""
	}
	return c.Device
}

// callWithDevice returns the call, with the device of an earlier step of the sign-in if the call names none.
func (t *step) callWithDevice() call {
	c := t.call
	if c.Device == "" && t.session != nil {
		c.Device, c.isFromSession = t.session.DeviceKey, true
	}
	return c
}

// newDevice returns the new device of a finished sign-in; the zero DeviceID if the device was known.
func (s *result) newDevice() cognate.DeviceID {
	if s.device != nil {
		return cognate.DeviceID{}
	}
	return s.grant.Device
}

// newDevice returns the keys for a new device. It returns the zero DeviceID if the pool tracks no devices, and for a sign-in by
// an administrator, which is made on the application's server.
func (t *step) newDevice() cognate.DeviceID {
	if t.Admin || !t.Pool.TracksDevices() {
		return cognate.DeviceID{}
	}
	return cognate.NewDeviceID(t.Pool.Region())
}

// findDevice finds the device of a step after its decision, and can change the decision: a remembered device is asked for its
// proof instead of the second factor. It reads no device before the first factor is proven, so no attacker learns which
// devices a user has. Errors: api.ErrNoDevice if the request names a device that the user does not have.
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
	case errors.Is(err, store.ErrNotFound): // the user has forgotten the device since
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

// secondFactors are the steps whose right answer proves a second factor.
var secondFactors = []cognate.Step{
	cognate.StepSoftwareToken, cognate.StepSMS, cognate.StepEmail, cognate.StepSetupVerified, cognate.StepSetupEmail,
	cognate.StepDeviceProof,
}

// provesSecondFactor reports whether a right answer to the step proves a second factor. A passkey can prove both factors.
func (t *step) provesSecondFactor() bool {
	switch {
	case t.session == nil:
		return false
	case t.session.Step == cognate.StepFirstPasskey:
		return t.Pool.PasskeysAreMultiFactor()
	default:
		return slices.Contains(secondFactors, t.session.Step)
	}
}

// bindDevice stores the device of a finished sign-in in its grant. A device is trusted after a second factor is proven on it.
func (t *step) bindDevice(ctx context.Context, tx *store.Tx, device *cognate.Device, grant *cognate.Grant) error {
	grant.SecondFactor = t.provesSecondFactor()
	if device == nil {
		return nil
	}
	grant.Device = device.DeviceID
	device.LastIP, device.Authenticated = cognate.OriginFrom(ctx).IPAddress, grant.AuthTime
	device.Trusted = device.Trusted || grant.SecondFactor
	return tx.TouchDevice(ctx, device)
}

// requireDevice returns an error if a refresh is made on another device than the sign-in. In a pool that tracks devices, a
// sign-in without a device cannot be refreshed: one by an administrator, or one whose device the user has forgotten since.
// Source: docs/behaviour.md §1.10, §2.4.
// Assumed: while a pool tracks devices, a sign-in from before it did cannot be refreshed.
func requireDevice(pool *cognate.UserPool, grant *cognate.Grant, key string) error {
	if pool.TracksDevices() && (key == "" || key != grant.Device.Key) {
		return errInvalidRefresh
	}
	return nil
}

// openDevice opens the AuthSession of an answer about a device. The answer must name the device of the AuthSession. An
// administrator has no device. Errors: those of open; api.ErrInvalidSession, api.ErrNoDevice.
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

// rememberedDevice returns the user's device if it may still replace the second factor.
// Errors: api.ErrNoDevice if the user has forgotten it; api.ErrInvalidSession if it may not replace the factor now.
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

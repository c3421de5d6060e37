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

// In a pool that tracks devices, each sign-in is made on a device: one that the client names and that proves itself, or a new
// one, which gets its keys with the tokens. A custom sign-in without a password gets no new device. A remembered device proves
// by SRP that it has its secret: instead of the second factor, if the pool lets it replace that, or else at the end. Only the
// request that names a device is made on it.
// Source: docs/behaviour.md §1.6, §1.10, §2.4; Developer Guide, working with user devices.

// newDevice returns the new device of a finished sign-in; the zero DeviceID if the device was known.
func (s *result) newDevice() cognate.DeviceID {
	if s.device != nil {
		return cognate.DeviceID{}
	}
	return s.grant.Device
}

// newDevice returns the keys for a new device. It returns the zero DeviceID if the pool tracks no devices, for a sign-in by an
// administrator, which is made on the application's server, for a sign-in on a page, and for a custom sign-in without a password.
func (t *step) newDevice() cognate.DeviceID {
	if t.Admin || t.Page || t.isPasswordless() || !t.Pool.TracksDevices() {
		return cognate.DeviceID{}
	}
	return cognate.NewDeviceID(t.Pool.Region())
}

// isPasswordless reports whether the step belongs to a custom sign-in that the functions have ended without a password.
func (t *step) isPasswordless() bool {
	return t.custom != nil && !t.custom.HasPassword() || t.session != nil && t.session.Passwordless
}

// findDevice finds the device that the request of a step names, after the step's decision. It can change the decision: a
// remembered device is asked for its proof, instead of the second factor or of the tokens. It reads no device before the first
// factor is proven, so no attacker learns which devices a user has. Errors: api.ErrNoDevice if the user does not have the device.
func (e *Engine) findDevice(ctx context.Context, tx *store.Tx, t *step, s *result) error {
	s.device = nil
	if !isAfterProof(s.next) || t.Device == "" || t.Admin || t.Page || !t.Pool.TracksDevices() {
		return nil
	}
	device, err := tx.Device(ctx, t.Pool.ID, s.user.Sub, t.Device)
	switch {
	case errors.Is(err, store.ErrNotFound) && !t.isSpent:
		return api.ErrNoDevice
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	switch next := s.next.(type) {
	case ask:
		s.next = e.askDevice(t, next, device)
	case issueTokens:
		switch {
		case t.session != nil && t.session.Step == cognate.StepDeviceProof: // openDevice has compared the keys
			s.device = device
		case device.Remembered:
			s.next = ask{step: cognate.StepDeviceSRP, factorsProven: true}
		}
	}
	return nil
}

// askDevice returns the challenge of the device in place of a second factor that it replaces, or else the challenge as it is.
// Assumed: a device replaces the second factor only if the rules chose it. It does not replace a factor that the user chose,
// and it does not replace MFA_SETUP. In a custom sign-in with a password the proof comes at the end, after the functions have
// issued tokens; if the last answer does not name the device, the second factor is challenged then.
func (e *Engine) askDevice(t *step, next ask, device *cognate.Device) decision {
	switch {
	case !next.second || !device.ReplacesMFA(t.Pool):
		return next
	case next.custom != nil:
		return e.defineAfter(t, next.custom)
	default:
		return ask{step: cognate.StepDeviceSRP}
	}
}

// secondFactors are the steps whose right answer proves a second factor.
var secondFactors = []cognate.Step{
	cognate.StepSoftwareToken, cognate.StepSMS, cognate.StepEmail,
	cognate.StepSetupVerified, cognate.StepSetupSMS, cognate.StepSetupEmail,
}

// provesSecondFactor reports whether a right answer to the step, or an earlier one, proves a second factor. A passkey can prove
// both factors. A device proves the second factor only in its place.
func (t *step) provesSecondFactor() bool {
	switch {
	case t.custom != nil:
		return t.custom.HasSecondFactor()
	case t.session == nil:
		return false
	case t.session.SecondFactor:
		return true
	case t.session.Step == cognate.StepDeviceProof:
		return !t.session.FactorsProven
	case t.session.Step == cognate.StepFirstPasskey:
		return t.Pool.PasskeysAreMultiFactor()
	default:
		return t.answersSecondFactor()
	}
}

// answersSecondFactor reports whether a right answer to the step proves a second factor. A request for another code answers nothing.
func (t *step) answersSecondFactor() bool {
	return len(t.proves) > 0 && t.session != nil && isSecondFactorStep(t.session.Step)
}

// isSecondFactorStep reports whether a right answer to the step proves a second factor.
func isSecondFactorStep(step cognate.Step) bool { return slices.Contains(secondFactors, step) }

// bindDevice stores the device of a finished sign-in in its grant. A device is trusted after a second factor is proven on it.
func (t *step) bindDevice(ctx context.Context, tx *store.Tx, device *cognate.Device, grant *cognate.Grant) error {
	grant.SecondFactor = t.provesSecondFactor()
	if device == nil {
		grant.NoDevice = t.isPasswordless()
		return nil
	}
	grant.Device, grant.NoDevice = device.DeviceID, false
	device.LastIP, device.Authenticated = cognate.OriginFrom(ctx).IPAddress, grant.AuthTime
	device.Trusted = device.Trusted || grant.SecondFactor
	return tx.TouchDevice(ctx, device)
}

// requireDevice returns an error if a refresh is made on another device than the sign-in. In a pool that tracks devices, a
// sign-in without a device cannot be refreshed: one by an administrator, or one whose device the user has forgotten since. A
// custom sign-in that proved neither a password nor a device can.
// Source: docs/behaviour.md §1.10, §2.4.
// Assumed: while a pool tracks devices, a sign-in from before it did cannot be refreshed. The refresh of a custom sign-in
// without a device may name any device.
func requireDevice(pool *cognate.UserPool, grant *cognate.Grant, key string) error {
	if pool.TracksDevices() && !grant.NoDevice && (key == "" || key != grant.Device.Key) {
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

// rememberedDevice returns the user's device that the AuthSession waits for, if it is still remembered and, in place of the
// second factor, may still replace it.
// Errors: api.ErrNoDevice if the user has forgotten it; api.ErrInvalidSession if its proof does not count now.
func rememberedDevice(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *cognate.User, session *cognate.AuthSession) (*cognate.Device, error) {
	device, err := tx.Device(ctx, user.PoolID, user.Sub, session.DeviceKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, api.ErrNoDevice
	case err != nil:
		return nil, err
	case !pool.TracksDevices() || !device.Remembered || !session.FactorsProven && !device.ReplacesMFA(pool):
		return nil, api.ErrInvalidSession
	default:
		return device, nil
	}
}

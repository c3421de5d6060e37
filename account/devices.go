package account

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/authn/srp"
	"cognate/store"
	"cognate/throttle"
)

// Devices confirms, remembers and forgets the devices that users sign in from.
type Devices struct {
	Store   *store.Store
	Notices *Notices
	Now     func() time.Time
}

var (
	// Assumed: the type for a pool that does not track devices. Reports have two.
	errNoTracking = api.InvalidUserPoolConfigurationException("Device tracking not currently enabled for this pool.")
	errDeviceKey  = api.InvalidParameterException("Invalid device key given.") // boto/boto3#4059 and others
	// Assumed: the texts for an invalid or missing device verifier, and for a device that is already confirmed. A device without
	// a verifier is rejected.
	errDeviceVerifier = api.InvalidParameterException("Invalid device secret verifier configuration given.")
	errDeviceExists   = api.DeviceKeyExistsException("Device key already exists.")
)

// maxDevices is how many devices of one user are stored: the ones used last.
const maxDevices = 100

// RequireTracking returns an error if the pool does not track devices.
// Errors: InvalidUserPoolConfigurationException (docs/behaviour.md §1.10).
func RequireTracking(pool *cognate.UserPool) error {
	if !pool.TracksDevices() {
		return errNoTracking
	}
	return nil
}

// NewDevice describes the device that a sign-in returned new keys for. The application sends it.
type NewDevice struct {
	Key      string
	Name     string
	Verifier *api.DeviceSecretVerifierConfigType // base64
}

// Confirm stores the device whose keys the principal's sign-in returned. The device is remembered immediately, unless the
// pool leaves that decision to the user; needsPrompt reports that. If the user has too many devices, it deletes the ones
// that were not used for longest.
//
// Errors: InvalidUserPoolConfigurationException; InvalidParameterException for the keys of another sign-in and for an
// invalid verifier; DeviceKeyExistsException if the device is confirmed already; api.ErrTokenRevoked. Source: API reference,
// ConfirmDevice; docs/behaviour.md §1.10.
func (d *Devices) Confirm(ctx context.Context, principal *store.Principal, given NewDevice) (needsPrompt bool, err error) {
	if err := RequireTracking(principal.Pool); err != nil {
		return false, err
	}
	verifier, err := parseDeviceVerifier(given.Verifier)
	if err != nil {
		return false, err
	}
	now, remembered := d.Now(), !principal.Pool.RemembersOnPrompt()
	err = d.change(ctx, principal.Pool, principal.User.Sub, func(tx *store.Tx) error {
		on, err := tx.GrantDevice(ctx, principal.Pool.ID, principal.GrantID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return api.ErrTokenRevoked
		case err != nil:
			return err
		case on.Key != given.Key || on.GroupKey == "":
			return errDeviceKey
		}
		err = tx.CreateDevice(ctx, &cognate.Device{
			PoolID: principal.Pool.ID, Sub: principal.User.Sub, DeviceID: on.DeviceID, Name: given.Name, Verifier: verifier,
			Remembered: remembered, Trusted: on.SecondFactor, LastIP: cognate.OriginFrom(ctx).IPAddress,
			Created: now, Modified: now, Authenticated: on.SignedIn,
		})
		if errors.Is(err, store.ErrExists) {
			return errDeviceExists
		}
		if err != nil {
			return err
		}
		return tx.DeleteOldDevices(ctx, principal.Pool.ID, principal.User.Sub, maxDevices)
	})
	return !remembered, audit.Changed(ctx, audit.DeviceConfirmed, err)
}

// Remember sets whether a device may replace the user's second factor. Errors: api.ErrNoDevice.
func (d *Devices) Remember(ctx context.Context, pool *cognate.UserPool, sub, key string, remembered bool) error {
	return d.change(ctx, pool, sub, func(tx *store.Tx) error {
		return noDevice(tx.RememberDevice(ctx, pool.ID, sub, key, remembered, d.Now()))
	})
}

// Forget deletes a device. Sign-ins from it can no longer be refreshed, because a refresh must name its device. Their
// access tokens stay valid until they expire. Errors: api.ErrNoDevice.
func (d *Devices) Forget(ctx context.Context, pool *cognate.UserPool, sub, key string) error {
	err := d.change(ctx, pool, sub, func(tx *store.Tx) error {
		return noDevice(tx.DeleteDevice(ctx, pool.ID, sub, key))
	})
	return audit.Changed(ctx, audit.DeviceForgotten, err)
}

// change runs a change of a user's devices in a transaction. It locks the user, so sign-ins and the deletion of the user wait
// for it. Errors: api.ErrNoDevice, if the user was deleted.
func (d *Devices) change(ctx context.Context, pool *cognate.UserPool, sub string, fn func(*store.Tx) error) error {
	return d.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, pool.ID, sub); err != nil {
			return err
		}
		user, err := tx.LockUser(ctx, pool.ID, sub)
		if err != nil {
			return noDevice(err)
		}
		if err := fn(tx); err != nil {
			return err
		}
		return d.Notices.Changed(ctx, tx, pool, user, cognate.ChangedDevices)
	})
}

func noDevice(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return api.ErrNoDevice
	}
	return err
}

// parseDeviceVerifier reads the verifier that an application computed from its device's secret. It requires one, because a
// device without a verifier could not sign in.
func parseDeviceVerifier(given *api.DeviceSecretVerifierConfigType) (cognate.DeviceVerifier, error) {
	if given == nil {
		return cognate.DeviceVerifier{}, api.ErrMissingParameter("DeviceSecretVerifierConfig")
	}
	salt, err := base64.StdEncoding.DecodeString(given.Salt)
	if err != nil {
		return cognate.DeviceVerifier{}, errDeviceVerifier
	}
	v, err := base64.StdEncoding.DecodeString(given.PasswordVerifier)
	if err != nil {
		return cognate.DeviceVerifier{}, errDeviceVerifier
	}
	verifier, err := srp.ParseVerifier(salt, v)
	if err != nil {
		return cognate.DeviceVerifier{}, errDeviceVerifier
	}
	return cognate.DeviceVerifier{Salt: verifier.Salt, V: verifier.V}, nil
}

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

// Devices keeps the devices that users sign in from.
type Devices struct {
	Store *store.Store
	Now   func() time.Time
}

var (
	errNoTracking = api.InvalidUserPoolConfigurationException("Device tracking not currently enabled for this pool.")
	errDeviceKey  = api.InvalidParameterException("Invalid device key given.") // boto/boto3#4059 and others
	// Assumed: the texts for an invalid or missing device verifier, and for a device that is already confirmed. A device without
	// a verifier is rejected.
	errDeviceVerifier = api.InvalidParameterException("Invalid device secret verifier configuration given.")
	errDeviceExists   = api.DeviceKeyExistsException("Device key already exists.")
)

// maxDevices is how many devices of a user are kept: the ones used last.
const maxDevices = 100

// RequireTracking refuses to deal with the devices of a pool that doesn't track them.
// Errors: InvalidUserPoolConfigurationException (docs/behaviour.md §1.10).
func RequireTracking(pool *cognate.UserPool) error {
	if !pool.TracksDevices() {
		return errNoTracking
	}
	return nil
}

// NewDevice is what an application says of the device that its sign-in was given the keys of.
type NewDevice struct {
	Key      string
	Name     string
	Verifier *api.DeviceSecretVerifierConfigType // base64
}

// Confirm keeps the device that the signed-in user's sign-in was given the keys of. It is remembered at once, unless the
// pool leaves that to the user, which needsPrompt then says. Of many devices the ones not used for longest make room.
//
// Errors: InvalidUserPoolConfigurationException; InvalidParameterException for the keys of any other sign-in and for what
// is no verifier; DeviceKeyExistsException the second time; api.ErrTokenRevoked. Source: API reference, ConfirmDevice;
// docs/behaviour.md §1.10.
func (d *Devices) Confirm(ctx context.Context, principal *store.Principal, given NewDevice) (needsPrompt bool, err error) {
	if err := RequireTracking(principal.Pool); err != nil {
		return false, err
	}
	verifier, err := parseDeviceVerifier(given.Verifier)
	if err != nil {
		return false, err
	}
	now, remembered := d.Now(), !principal.Pool.RemembersOnPrompt()
	err = d.change(ctx, principal.Pool.ID, principal.User.Sub, func(tx *store.Tx) error {
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

// Remember notes whether a device may take the place of the user's second factor. Errors: api.ErrNoDevice.
func (d *Devices) Remember(ctx context.Context, poolID, sub, key string, remembered bool) error {
	return d.change(ctx, poolID, sub, func(tx *store.Tx) error {
		return noDevice(tx.RememberDevice(ctx, poolID, sub, key, remembered, d.Now()))
	})
}

// Forget removes a device. Sign-ins that were made on it can't be refreshed any more: a refresh has to name its device.
// Their access tokens live on until they expire. Errors: api.ErrNoDevice.
func (d *Devices) Forget(ctx context.Context, poolID, sub, key string) error {
	err := d.change(ctx, poolID, sub, func(tx *store.Tx) error {
		return noDevice(tx.DeleteDevice(ctx, poolID, sub, key))
	})
	return audit.Changed(ctx, audit.DeviceForgotten, err)
}

// change runs a change of a user's devices in a transaction that no sign-in of the user and no deletion of the user can
// slip past. Errors: api.ErrNoDevice, when the user was deleted since.
func (d *Devices) change(ctx context.Context, poolID, sub string, fn func(*store.Tx) error) error {
	return d.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, poolID, sub); err != nil {
			return err
		}
		if _, err := tx.LockUser(ctx, poolID, sub); err != nil {
			return noDevice(err)
		}
		return fn(tx)
	})
}

func noDevice(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return api.ErrNoDevice
	}
	return err
}

// parseDeviceVerifier reads what an application made of its device's secret. A device without one could never prove
// itself, so there must be one.
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

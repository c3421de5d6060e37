package signin

import (
	"context"
	"errors"
	"time"

	"cognate"
	"cognate/audit"
	"cognate/store"
	"cognate/tokens"
)

// The errors of device authorizations. Package oauth has their error codes.
var (
	// ErrUserCode is the error for a user code that is unknown, expired or already answered.
	ErrUserCode = errors.New("signin: invalid user code")
	// ErrDevicePending says that the user has not decided yet, and ErrDeviceTooFast that the device must also wait longer.
	ErrDevicePending = errors.New("signin: the user has not decided about the device")
	ErrDeviceTooFast = errors.New("signin: the device did not wait")
	// ErrDeviceDenied says that the user has refused the device.
	ErrDeviceDenied = errors.New("signin: the user has refused the device")
	// ErrDeviceExpired is the error for a device code that is too old.
	ErrDeviceExpired = errors.New("signin: the device code has expired")
)

// DeviceRequest is a request of a device for access to the account of a user. The caller has authenticated the client.
type DeviceRequest struct {
	cognate.ClientRequest
	Scopes   []string // required: of the client
	Resource string   // audience of the access tokens; may be empty
}

// DeviceCodes are the codes of a device authorization. The device keeps Device secret, and shows User.
type DeviceCodes struct {
	Device, User string
	*cognate.DeviceAuthorization
}

// StartDevice stores a request of a device, and returns its codes.
// Errors: ErrFlowNotAllowed, ErrInvalidScope, throttle.ErrExceeded. Source: RFC 8628 section 3.2.
func (e *Engine) StartDevice(ctx context.Context, r *DeviceRequest) (*DeviceCodes, error) {
	if !r.Pool.AllowsDeviceGrant(r.Client) {
		return nil, ErrFlowNotAllowed
	}
	if !r.Client.OAuth.HasScopes(r.Scopes) {
		return nil, ErrInvalidScope
	}
	made := &DeviceCodes{Device: cognate.NewDeviceCode()}
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		if !r.Pool.IsConfidential(r.Client) { // anyone can send the request
			if err := e.Limits.CountDevice(ctx, tx, r.Pool.ID, cognate.OriginFrom(ctx).IPAddress, e.Now()); err != nil {
				return err
			}
		}
		user, err := unusedUserCode(ctx, tx, r.Pool.ID)
		if err != nil {
			return err
		}
		made.User = user
		made.DeviceAuthorization = &cognate.DeviceAuthorization{
			PoolID: r.Pool.ID, Hash: cognate.DeviceCodeHash(made.Device), UserCodeHash: cognate.UserCodeHash(user), ClientID: r.Client.ID,
			Scopes: r.Scopes, Resource: r.Resource, Expires: e.Now().Add(cognate.DeviceCodeTTL), Interval: cognate.DevicePollInterval,
		}
		return tx.CreateDeviceAuthorization(ctx, made.DeviceAuthorization)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// unusedUserCode returns a random user code that no stored request has.
func unusedUserCode(ctx context.Context, tx *store.Tx, poolID string) (string, error) {
	for {
		code := cognate.NewUserCode()
		_, err := tx.DeviceAuthorization(ctx, poolID, cognate.UserCodeHash(code))
		if errors.Is(err, store.ErrNotFound) {
			return code, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// FindDevice returns the request of the device that shows a user code, if the user can still decide. It counts wrong codes by the IP
// address of the browser. code has the form of cognate.ReadUserCode.
// Errors: ErrUserCode; throttle.ErrExceeded, for right codes too, after too many wrong ones. Source: RFC 8628 section 5.1.
func (e *Engine) FindDevice(ctx context.Context, pool *cognate.UserPool, code string) (*cognate.DeviceAuthorization, error) {
	var d *cognate.DeviceAuthorization
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		guesses, err := e.Limits.AcquireUserCodes(ctx, tx, pool.ID, cognate.OriginFrom(ctx).IPAddress, e.Now())
		if err != nil {
			return err
		}
		d, err = tx.DeviceAuthorization(ctx, pool.ID, cognate.UserCodeHash(code))
		if errors.Is(err, store.ErrNotFound) || err == nil && !d.IsOpen(e.Now()) {
			if err := guesses.Count(ctx); err != nil {
				return err
			}
			return store.CommitWith(ErrUserCode)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// FoundDevice returns the request of a device that FindDevice has found before in the same browser, so it counts no guess.
// Errors: ErrUserCode.
func (e *Engine) FoundDevice(ctx context.Context, pool *cognate.UserPool, code string) (*cognate.DeviceAuthorization, error) {
	d, err := e.Store.DeviceAuthorization(ctx, pool.ID, cognate.UserCodeHash(code))
	if errors.Is(err, store.ErrNotFound) || err == nil && !d.IsOpen(e.Now()) {
		return nil, ErrUserCode
	}
	return d, err
}

// ApproveDevice gives a device access to the account of the user of an SSO session. The device gets a code, as a browser does after a
// sign-in, but exchanges it by its device code.
// Errors: ErrUserCode if the user has already decided or the codes have expired; ErrSignInEnded, ErrFlowNotAllowed, ErrInvalidScope.
func (e *Engine) ApproveDevice(ctx context.Context, r cognate.ClientRequest, d *cognate.DeviceAuthorization, sso *cognate.SSOSession) error {
	switch {
	case sso == nil || sso.PoolID != r.Pool.ID:
		return ErrSignInEnded
	case !r.Pool.AllowsDeviceGrant(r.Client):
		return ErrFlowNotAllowed
	case !r.Client.OAuth.HasScopes(d.Scopes):
		return ErrInvalidScope
	}
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		sso, err := e.useSSO(ctx, tx, &Authorization{ClientRequest: r, SSO: sso})
		if err != nil {
			return err
		}
		if err := e.decideDevice(ctx, tx, r, d, cognate.DeviceApproved); err != nil {
			return err
		}
		if err := tx.DeleteOldAuthorizationCodes(ctx, r.Pool.ID, sso.Sub, maxCodes-1); err != nil {
			return err
		}
		return tx.CreateAuthorizationCode(ctx, &cognate.AuthorizationCode{
			PoolID: r.Pool.ID, Hash: d.Hash, ClientID: r.Client.ID, Sub: sso.Sub, Scopes: d.Scopes, Resource: d.Resource, SSOSession: sso.ID,
			ACR: r.Pool.ACR(sso.Methods.Level()), Methods: sso.Methods, SecondFactor: sso.SecondFactor, AuthTime: sso.AuthTime,
			Stamp: sso.Stamp, Expires: d.Expires,
		})
	})
	return audit.Changed(ctx, audit.DeviceGrantApproved, err)
}

// DenyDevice refuses a device. Errors: ErrUserCode if the user has already decided or the codes have expired.
func (e *Engine) DenyDevice(ctx context.Context, r cognate.ClientRequest, d *cognate.DeviceAuthorization) error {
	err := e.Store.Write(ctx, func(tx *store.Tx) error { return e.decideDevice(ctx, tx, r, d, cognate.DeviceDenied) })
	return audit.Changed(ctx, audit.DeviceGrantDenied, err)
}

// decideDevice stores the decision of a user, if there is none yet.
func (e *Engine) decideDevice(ctx context.Context, tx *store.Tx, r cognate.ClientRequest, d *cognate.DeviceAuthorization, to cognate.DeviceDecision) error {
	locked, err := tx.LockDeviceAuthorization(ctx, r.Pool.ID, d.Hash)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!locked.IsOpen(e.Now()) || locked.ClientID != r.Client.ID) {
		return ErrUserCode
	}
	if err != nil {
		return err
	}
	locked.Decision = to
	return tx.SaveDeviceAuthorization(ctx, locked)
}

// ExchangeDevice returns the tokens of a device whose user has permitted the access. x.Code is the device code. It works once, as in
// ExchangeCode.
// Errors: ErrDevicePending, ErrDeviceTooFast, ErrDeviceDenied, ErrDeviceExpired; those of ExchangeCode, with ErrInvalidCode also for the
// device code of another client. Source: RFC 8628 section 3.5.
func (e *Engine) ExchangeDevice(ctx context.Context, x *CodeExchange) (set *tokens.Set, err error) {
	defer func() { e.started(flowDeviceCode, nil, err) }()
	if !x.Pool.AllowsDeviceGrant(x.Client) {
		return nil, ErrFlowNotAllowed
	}
	expires, err := e.pollDevice(ctx, x)
	if err != nil {
		return nil, err
	}
	ofDevice := *x
	ofDevice.RedirectURI, ofDevice.Verifier, ofDevice.isDevice = "", "", true
	set, err = e.ExchangeCode(ctx, &ofDevice)
	if errors.Is(err, ErrInvalidCode) && !e.Now().Before(expires) {
		return nil, ErrDeviceExpired
	}
	return set, err
}

// pollDevice returns when the code of a device expires, if the user has permitted the access.
func (e *Engine) pollDevice(ctx context.Context, x *CodeExchange) (time.Time, error) {
	var expires time.Time
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.LockDeviceAuthorization(ctx, x.Pool.ID, cognate.DeviceCodeHash(x.Code))
		if errors.Is(err, store.ErrNotFound) || err == nil && d.ClientID != x.Client.ID {
			return ErrInvalidCode
		}
		if err != nil {
			return err
		}
		expires = d.Expires
		now := e.Now()
		switch {
		case d.Decision == cognate.DeviceApproved: // also after its time, so that a second use ends the grant
			return nil
		case d.Decision == cognate.DeviceDenied:
			return ErrDeviceDenied
		case d.HasExpired(now):
			return ErrDeviceExpired
		}
		refusal := ErrDeviceTooFast
		if d.Poll(now) {
			refusal = ErrDevicePending
		}
		if err := tx.SaveDeviceAuthorization(ctx, d); err != nil {
			return err
		}
		return store.CommitWith(refusal)
	})
	return expires, err
}

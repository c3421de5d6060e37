// Package device has the operations on the devices that users sign in from. The rules are in package account. The challenges of
// a remembered device are in package signin.
package device

import (
	"context"
	"errors"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
	"cognate/tokens"
)

// Service implements the operations of this package.
type Service struct {
	Store   *store.Store
	Devices *account.Devices
}

// self returns the signed-in user with the pool, which must track devices.
// Errors: InvalidUserPoolConfigurationException.
func self(ctx context.Context) (*cognate.UserPool, *cognate.User, error) {
	p := tokens.PrincipalFrom(ctx)
	return p.Pool, p.User, account.RequireTracking(p.Pool)
}

// named returns the user that the request of an administrator names, in a pool that must track devices.
// Errors: as ops.User; InvalidUserPoolConfigurationException.
func (s *Service) named(ctx context.Context, poolID, username string) (*cognate.UserPool, *cognate.User, error) {
	pool, user, err := ops.User(ctx, s.Store, poolID, username)
	if err != nil {
		return nil, nil, err
	}
	return pool, user, account.RequireTracking(pool)
}

// shown is the same as named for operations that return devices. They do not declare UserNotFoundException.
// Assumed: AdminGetDevice and AdminListDevices answer ResourceNotFoundException for an unknown user, with this text.
func (s *Service) shown(ctx context.Context, poolID, username string) (*cognate.UserPool, *cognate.User, error) {
	pool, user, err := s.named(ctx, poolID, username)
	if errors.Is(err, api.ErrUserDoesNotExist) {
		err = api.ResourceNotFoundException(api.ErrUserDoesNotExist.Message)
	}
	return pool, user, err
}

// get returns one of the user's devices. Errors: api.ErrNoDevice, also for a device of another user.
func (s *Service) get(ctx context.Context, user *cognate.User, key string) (*cognate.Device, error) {
	device, err := s.Store.Device(ctx, user.PoolID, user.Sub, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ErrNoDevice
	}
	return device, err
}

// maxPage is the largest page size, and the default.
const maxPage = 60

// page returns a page of the user's devices, in order of their keys, and the token of the next page, or "" after the last one.
func (s *Service) page(ctx context.Context, operation string, user *cognate.User, limit *int, token string) ([]*cognate.Device, string, error) {
	list := ops.PageList{Operation: operation, Owner: user.PoolID, Filter: user.Sub}
	after, err := list.After(token, 1)
	if err != nil {
		return nil, "", err
	}
	size := ops.PageSize(limit, maxPage)
	devices, err := s.Store.Devices(ctx, user.PoolID, user.Sub, after[0], size+1)
	if err != nil {
		return nil, "", err
	}
	devices, next := ops.Page(list, devices, size, func(d *cognate.Device) []string { return []string{d.Key} })
	return devices, next, nil
}

// remember sets the status of a device. Without a status it only checks that the device exists.
func (s *Service) remember(ctx context.Context, pool *cognate.UserPool, user *cognate.User, key string, status api.DeviceRememberedStatusType) error {
	if status == "" { // Assumed: UpdateDeviceStatus without a status changes nothing.
		_, err := s.get(ctx, user, key)
		return err
	}
	return s.Devices.Remember(ctx, pool, user.Sub, key, status == api.DeviceRememberedStatusTypeRemembered)
}

package store

import (
	"context"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

var deviceTables = []table{
	{
		name: "devices", role: roleTransient, restoring: restoreKeeps, inTrash: true, key: []string{"pool_id", "sub", "device_key"}, sealed: []string{"sealed"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserDevices(ctx, gen.DeleteUserDevicesParams{PoolID: poolID, Sub: sub})
		},
	},
}

// Device returns a user's device. Errors: ErrNotFound.
func (s *Store) Device(ctx context.Context, poolID, sub, key string) (*cognate.Device, error) {
	return s.device(ctx, s.reader, poolID, sub, key)
}

// Devices returns up to limit devices of a user whose keys are after the given one, in order of their keys.
func (s *Store) Devices(ctx context.Context, poolID, sub, after string, limit int) ([]*cognate.Device, error) {
	rows, err := s.reader.ListDevices(ctx, gen.ListDevicesParams{
		PoolID: poolID, Sub: sub, AfterKey: after, PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	devices := make([]*cognate.Device, 0, len(rows))
	for _, row := range rows {
		d, err := s.deviceFromRow(row.Device)
		if err != nil {
			return nil, err
		}
		devices = append(devices, d)
	}
	return devices, nil
}

// Device returns a user's device as this transaction sees it. Errors: ErrNotFound.
func (t *Tx) Device(ctx context.Context, poolID, sub, key string) (*cognate.Device, error) {
	return t.s.device(ctx, t.q, poolID, sub, key)
}

// CreateDevice adds a device. Errors: ErrExists.
func (t *Tx) CreateDevice(ctx context.Context, d *cognate.Device) error {
	sealed, err := t.s.sealDocument(fromDeviceVerifier(d.Verifier), true, deviceAAD(d.PoolID, d.Sub, d.Key))
	if err != nil {
		return err
	}
	n, err := t.q.CreateDevice(ctx, gen.CreateDeviceParams{
		PoolID: d.PoolID, Sub: d.Sub, DeviceKey: d.Key, GroupKey: d.GroupKey, Name: d.Name, Sealed: sealed,
		Remembered: bit(d.Remembered), Trusted: bit(d.Trusted), LastIp: d.LastIP, CreatedAt: millis(d.Created),
		ModifiedAt: millis(d.Modified), AuthenticatedAt: millis(d.Authenticated),
	})
	return changed("create device", ErrExists, n, err)
}

// DeleteOldDevices deletes all devices of a user except the given number with the latest sign-ins.
func (t *Tx) DeleteOldDevices(ctx context.Context, poolID, sub string, number int) error {
	err := t.q.DeleteOldDevices(ctx, gen.DeleteOldDevicesParams{PoolID: poolID, Sub: sub, OlderThan: int32(number - 1)})
	if err != nil {
		return fmt.Errorf("delete old devices: %w", err)
	}
	return nil
}

// RememberDevice stores whether a device is remembered. Errors: ErrNotFound.
func (t *Tx) RememberDevice(ctx context.Context, poolID, sub, key string, remembered bool, now time.Time) error {
	n, err := t.q.SetDeviceRemembered(ctx, gen.SetDeviceRememberedParams{
		Remembered: bit(remembered), ModifiedAt: millis(now), PoolID: poolID, Sub: sub, DeviceKey: key,
	})
	return changed("remember device", ErrNotFound, n, err)
}

// TouchDevice stores the time and the address of a sign-in on a device, and whether the device is trusted.
func (t *Tx) TouchDevice(ctx context.Context, d *cognate.Device) error {
	err := t.q.TouchDevice(ctx, gen.TouchDeviceParams{
		LastIp: d.LastIP, AuthenticatedAt: millis(d.Authenticated), Trusted: bit(d.Trusted),
		PoolID: d.PoolID, Sub: d.Sub, DeviceKey: d.Key,
	})
	if err != nil {
		return fmt.Errorf("touch device: %w", err)
	}
	return nil
}

// DeleteDevice deletes a device and removes it from the grants of sign-ins on it. Errors: ErrNotFound.
func (t *Tx) DeleteDevice(ctx context.Context, poolID, sub, key string) error {
	n, err := t.q.DeleteDevice(ctx, gen.DeleteDeviceParams{PoolID: poolID, Sub: sub, DeviceKey: key})
	if err := changed("delete device", ErrNotFound, n, err); err != nil {
		return err
	}
	err = t.q.ForgetGrantsDevice(ctx, gen.ForgetGrantsDeviceParams{PoolID: poolID, Sub: sub, DeviceKey: key})
	if err != nil {
		return fmt.Errorf("delete device: %w", err)
	}
	return nil
}

// GrantDevice returns the device of a grant's sign-in. Without a device the DeviceID is zero.
// Errors: ErrNotFound, also if the grant is revoked.
func (t *Tx) GrantDevice(ctx context.Context, poolID, grantID string) (GrantDevice, error) {
	row, err := t.q.GetGrantDevice(ctx, gen.GetGrantDeviceParams{PoolID: poolID, GrantID: grantID})
	if err != nil {
		return GrantDevice{}, found("get device of grant", err)
	}
	return GrantDevice{
		DeviceID: cognate.DeviceID{Key: row.DeviceKey, GroupKey: row.DeviceGroupKey},
		SignedIn: fromMillis(row.AuthTime), SecondFactor: row.SecondFactor == 1,
	}, nil
}

// GrantDevice is the device of a sign-in.
type GrantDevice struct {
	cognate.DeviceID
	SignedIn     time.Time
	SecondFactor bool // the sign-in had one
}

func (s *Store) device(ctx context.Context, q *gen.Queries, poolID, sub, key string) (*cognate.Device, error) {
	row, err := q.GetDevice(ctx, gen.GetDeviceParams{PoolID: poolID, Sub: sub, DeviceKey: key})
	if err != nil {
		return nil, found("get device", err)
	}
	return s.deviceFromRow(row.Device)
}

func (s *Store) deviceFromRow(row gen.Device) (*cognate.Device, error) {
	d := &cognate.Device{
		PoolID: row.PoolID, Sub: row.Sub, DeviceID: cognate.DeviceID{Key: row.DeviceKey, GroupKey: row.GroupKey},
		Name: row.Name, Remembered: row.Remembered == 1, Trusted: row.Trusted == 1, LastIP: row.LastIp, Created: fromMillis(row.CreatedAt),
		Modified: fromMillis(row.ModifiedAt), Authenticated: fromMillis(row.AuthenticatedAt),
	}
	var verifier deviceVerifierDocument
	if err := s.unsealDocument(row.Sealed, deviceAAD(row.PoolID, row.Sub, row.DeviceKey), &verifier); err != nil {
		return nil, err
	}
	d.Verifier = verifier.toDeviceVerifier()
	return d, nil
}

func deviceAAD(poolID, sub, key string) string { return aadOf("devices", poolID, sub, key, "sealed") }

package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cognate"
	"cognate/store/gen"
)

var deviceAuthorizationTables = []table{
	{
		name: "device_authorizations", role: roleTransient, restoring: restoreDrops, key: []string{"pool_id", "device_code_hash"},
		plain: []string{"device_code_hash", "user_code_hash"},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientDeviceAuthorizations(ctx, gen.DeleteClientDeviceAuthorizationsParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// CreateDeviceAuthorization adds the request of a device.
func (t *Tx) CreateDeviceAuthorization(ctx context.Context, d *cognate.DeviceAuthorization) error {
	err := t.q.CreateDeviceAuthorization(ctx, gen.CreateDeviceAuthorizationParams{
		PoolID: d.PoolID, DeviceCodeHash: d.Hash, UserCodeHash: d.UserCodeHash, ClientID: d.ClientID,
		Scopes: strings.Join(d.Scopes, " "), Resource: d.Resource, ExpiresAt: millis(d.Expires), Decision: string(d.Decision),
		PollInterval: d.Interval.Milliseconds(), LastPollAt: millis(d.LastPoll),
	})
	if err != nil {
		return fmt.Errorf("create device authorization: %w", err)
	}
	return nil
}

// DeviceAuthorization returns the request of a device by the hash of its user code. Errors: ErrNotFound.
func (s *Store) DeviceAuthorization(ctx context.Context, poolID string, userCodeHash []byte) (*cognate.DeviceAuthorization, error) {
	row, err := s.reader.GetDeviceAuthorization(ctx, gen.GetDeviceAuthorizationParams{PoolID: poolID, UserCodeHash: userCodeHash})
	if err != nil {
		return nil, found("get device authorization", err)
	}
	return deviceAuthorizationFromRow(row), nil
}

// DeviceAuthorization is Store.DeviceAuthorization as the transaction sees it. Errors: ErrNotFound.
func (t *Tx) DeviceAuthorization(ctx context.Context, poolID string, userCodeHash []byte) (*cognate.DeviceAuthorization, error) {
	row, err := t.q.GetDeviceAuthorization(ctx, gen.GetDeviceAuthorizationParams{PoolID: poolID, UserCodeHash: userCodeHash})
	if err != nil {
		return nil, found("get device authorization", err)
	}
	return deviceAuthorizationFromRow(row), nil
}

// LockDeviceAuthorization returns the request of a device by the hash of its device code, and locks it until the transaction ends.
// Errors: ErrNotFound.
func (t *Tx) LockDeviceAuthorization(ctx context.Context, poolID string, hash []byte) (*cognate.DeviceAuthorization, error) {
	row, err := t.q.LockDeviceAuthorization(ctx, gen.LockDeviceAuthorizationParams{PoolID: poolID, DeviceCodeHash: hash})
	if err != nil {
		return nil, found("lock device authorization", err)
	}
	return deviceAuthorizationFromRow(row), nil
}

// SaveDeviceAuthorization stores the decision and the polls of a request that the transaction has locked.
func (t *Tx) SaveDeviceAuthorization(ctx context.Context, d *cognate.DeviceAuthorization) error {
	err := t.q.SaveDeviceAuthorization(ctx, gen.SaveDeviceAuthorizationParams{
		PoolID: d.PoolID, DeviceCodeHash: d.Hash, Decision: string(d.Decision), PollInterval: d.Interval.Milliseconds(),
		LastPollAt: millis(d.LastPoll),
	})
	if err != nil {
		return fmt.Errorf("save device authorization: %w", err)
	}
	return nil
}

func deviceAuthorizationFromRow(row gen.DeviceAuthorization) *cognate.DeviceAuthorization {
	return &cognate.DeviceAuthorization{
		PoolID: row.PoolID, Hash: row.DeviceCodeHash, UserCodeHash: row.UserCodeHash, ClientID: row.ClientID,
		Scopes: splitScopes(row.Scopes), Resource: row.Resource, Expires: fromMillis(row.ExpiresAt),
		Decision: cognate.DeviceDecision(row.Decision), Interval: time.Duration(row.PollInterval) * time.Millisecond,
		LastPoll: fromMillis(row.LastPollAt),
	}
}

// Package recovery has the operations by which people who forgot their password get a new one. The rules are in package
// account.
package recovery

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/ops"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store *store.Store
	Users *account.Users
}

// client returns the app client of a request that has shown the client's secret hash, if it has a secret.
func (s *Service) client(ctx context.Context, id, username, secretHash string) (*cognate.UserPool, *cognate.AppClient, error) {
	pool, client, err := ops.Client(ctx, s.Store, id)
	if err != nil {
		return nil, nil, err
	}
	err = client.RequireSecretHash(username, secretHash)
	return pool, client, err
}

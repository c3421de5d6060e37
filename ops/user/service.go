// Package user has the operations on users: those of an administrator, and those that signed-in users call on themselves.
// The rules are in package account.
package user

import (
	"context"
	"time"

	"cognate"
	"cognate/account"
	"cognate/ops"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store *store.Store
	Users *account.Users
	Now   func() time.Time
}

// user returns the user whom an administrator names.
func (s *Service) user(ctx context.Context, poolID, username string) (*cognate.UserPool, *cognate.User, error) {
	pool, err := ops.Pool(ctx, s.Store, poolID)
	if err != nil {
		return nil, nil, err
	}
	user, err := ops.User(ctx, s.Store, pool, username)
	return pool, user, err
}

func isTrue(b *bool) bool { return b != nil && *b }

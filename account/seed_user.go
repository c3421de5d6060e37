package account

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// SeedUser is a user from a seed file.
type SeedUser struct {
	Pool       *cognate.UserPool
	Username   string
	Sub        string             // random if empty
	Password   string             // no password if empty
	Status     api.UserStatusType // CONFIRMED if empty
	Disabled   bool
	Attributes []api.AttributeType
	// SoftwareToken is the secret of a verified software token, which is enabled and preferred. The user has none if it is
	// empty.
	SoftwareToken []byte
}

// seedStatuses are the statuses that a user from a seed file can have.
var seedStatuses = []api.UserStatusType{
	api.UserStatusTypeConfirmed, api.UserStatusTypeUnconfirmed, api.UserStatusTypeForceChangePassword,
	api.UserStatusTypeResetRequired,
}

// CreateSeedUser stores a user from a seed file. It sends no message and calls no trigger.
// Errors: InvalidParameterException, InvalidPasswordException, UsernameExistsException.
func (u *Service) CreateSeedUser(ctx context.Context, f *SeedUser) (*cognate.User, error) {
	user, err := u.newSeedUser(f)
	if err != nil {
		return nil, err
	}
	if f.Password != "" {
		if err := u.Passwords.CheckPolicy(f.Pool, f.Password); err != nil {
			return nil, err
		}
		if user.Password, err = u.Passwords.New(ctx, f.Pool, user.Username, f.Password); err != nil {
			return nil, err
		}
	}
	if user.Status == api.UserStatusTypeForceChangePassword {
		user.TemporaryUntil = u.temporaryUntil(f.Pool)
	}
	return user, u.create(ctx, f.Pool, user, false, errAccountExists, func(*store.Tx) error { return nil })
}

// newSeedUser returns a user from a seed file, without a password yet.
func (u *Service) newSeedUser(f *SeedUser) (*cognate.User, error) {
	attributes, err := ReadAttributes(f.Pool, nil, f.Attributes)
	if err != nil {
		return nil, err
	}
	user, err := u.newUser(f.Pool, f.Username, attributes)
	if err != nil {
		return nil, err
	}
	if f.Sub != "" {
		if user.Username == user.Sub {
			user.Username = f.Sub
		}
		user.Sub = f.Sub
	}
	user.Enabled = !f.Disabled
	user.Status = f.Status
	switch {
	case f.Status == "":
		user.Status = api.UserStatusTypeConfirmed
	case !slices.Contains(seedStatuses, f.Status):
		return nil, api.InvalidParameterException("A user can't begin in status " + string(f.Status) + ".")
	}
	if len(f.SoftwareToken) > 0 {
		user.Tokens.Active = &cognate.SoftwareToken{ID: uuid.NewString(), Secret: f.SoftwareToken}
		user.MFA.Set(cognate.FactorSoftwareToken, true, true)
	}
	return user, nil
}

// RenewTemporaryPassword makes the temporary password of a user from a seed file valid for as long as that of a new user. It
// does nothing if the user does not have to change the password. Errors: store.ErrNotFound.
func (u *Service) RenewTemporaryPassword(ctx context.Context, pool *cognate.UserPool, username string) error {
	found, err := u.Store.FindUser(ctx, pool, username)
	if err != nil {
		return err
	}
	_, err = u.change(ctx, pool, found.Sub, func(_ *store.Tx, user *store.LockedUser) error {
		if user.Status == api.UserStatusTypeForceChangePassword {
			user.TemporaryUntil = u.temporaryUntil(pool)
		}
		return nil
	})
	return err
}

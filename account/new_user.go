package account

import (
	"context"
	"errors"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
)

// newUser returns a user who is not stored yet. The caller sets the status and the password. In a pool with username
// attributes the typed name is one of those attributes, and the stored username is the sub (docs/behaviour.md §4.2).
// Errors: InvalidParameterException.
func (u *Service) newUser(pool *cognate.UserPool, username string, attributes map[string]string) (*cognate.User, error) {
	if err := checkUsername(pool, username); err != nil {
		return nil, err
	}
	for name, value := range attributes {
		if value == "" { // blank is absent
			delete(attributes, name)
		}
	}
	user := &cognate.User{
		PoolID: pool.ID, Sub: cognate.NewSub(), Username: pool.Normal(username), Enabled: true,
		Created: u.Now(), Modified: u.Now(), Attributes: attributes,
	}
	if !pool.UsesUsernameAttributes() {
		return user, nil
	}
	user.Username = user.Sub
	return user, fillUsernameAttribute(pool, attributes, username)
}

// checkUsername checks the form of a new username. If contacts are usernames in the pool, it must be a contact. If contacts
// are aliases, it must not be one, because it could be another user's alias.
// Assumed: the texts about phone numbers as usernames.
func checkUsername(pool *cognate.UserPool, username string) error {
	email := slices.Contains(pool.UsernameAttributes, api.UsernameAttributeTypeEmail)
	phone := slices.Contains(pool.UsernameAttributes, api.UsernameAttributeTypePhoneNumber)
	switch {
	case email && phone && !IsEmail(username) && !IsPhone(username):
		return api.InvalidParameterException("Username should be either an email or a phone number.")
	case email && !phone && !IsEmail(username):
		return api.InvalidParameterException("Username should be an email.")
	case phone && !email && !IsPhone(username):
		return api.InvalidParameterException("Username should be a phone number.")
	default:
		return checkNoAlias(pool, username)
	}
}

// checkNoAlias refuses a name in the form of a contact if such contacts are aliases in the pool.
func checkNoAlias(pool *cognate.UserPool, name string) error {
	switch {
	case slices.Contains(pool.AliasAttributes, api.AliasAttributeTypeEmail) && IsEmail(name):
		return api.InvalidParameterException(
			"Username cannot be of email format, since user pool is configured for email alias.")
	case slices.Contains(pool.AliasAttributes, api.AliasAttributeTypePhoneNumber) && IsPhone(name):
		return api.InvalidParameterException(
			"Username cannot be of phone number format, since user pool is configured for phone_number alias.")
	default:
		return nil
	}
}

// fillUsernameAttribute sets the contact attribute that serves as username.
// Assumed: a contact attribute that differs from the username is rejected, with this text.
func fillUsernameAttribute(pool *cognate.UserPool, attributes map[string]string, username string) error {
	name := usernameAttribute(pool, username)
	if given := attributes[name]; given != "" && pool.Normal(given) != pool.Normal(username) {
		return api.InvalidParameterException("The attribute " + name + " must be the same as the username.")
	}
	attributes[name] = username
	return nil
}

// usernameAttribute returns the name of the attribute that a username in the form of a contact belongs to.
func usernameAttribute(pool *cognate.UserPool, username string) string {
	if IsPhone(username) && slices.Contains(pool.UsernameAttributes, api.UsernameAttributeTypePhoneNumber) {
		return cognate.AttributePhone
	}
	return cognate.AttributeEmail
}

// requireFree refuses a username that another user has already, before the password is hashed. The store checks it again
// when it stores the user.
func (u *Service) requireFree(ctx context.Context, pool *cognate.UserPool, username string, taken error) error {
	_, err := u.Store.FindUser(ctx, pool, username)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case pool.UsesUsernameAttributes():
		return errContactTaken(usernameAttribute(pool, username))
	default:
		return taken
	}
}

// create stores a new user, and runs more in the same transaction. Errors: taken, if another user has the username;
// UsernameExistsException, if another user has an alias of the user.
func (u *Service) create(ctx context.Context, pool *cognate.UserPool, user *cognate.User, takeAliases bool, taken error, more func(*store.Tx) error) error {
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		create := tx.CreateUser
		if takeAliases {
			create = tx.CreateUserTakingAliases
		}
		if err := create(ctx, pool, user); err != nil {
			return err
		}
		return more(tx)
	})
	switch {
	case errors.Is(err, store.ErrExists):
		return taken
	case errors.Is(err, store.ErrAliasTaken):
		return u.refuseAlias(ctx, pool, user, errContactTaken)
	case err != nil:
		return err
	}
	audit.SetUserOf(ctx, user)
	return audit.Changed(ctx, audit.UserCreated, nil)
}

// errContactTaken is the error for a new user whose contact is another user's alias or username (docs/behaviour.md §4.2).
func errContactTaken(attribute string) error {
	return api.UsernameExistsException("An account with the given " + attribute + " already exists.")
}

// AliasExists returns the error for a change that makes an attribute the alias of two users.
func AliasExists(attribute string) error {
	return api.AliasExistsException("An account with the given " + attribute + " already exists.")
}

// refuseAlias returns the refusal for the alias that another user has, after the store has returned ErrAliasTaken.
func (u *Service) refuseAlias(ctx context.Context, pool *cognate.UserPool, user *cognate.User, refusal func(attribute string) error) error {
	name, err := u.takenAlias(ctx, pool, user)
	if err != nil {
		return err
	}
	return refusal(name)
}

// takenAlias returns the name of the attribute whose value is another user's alias.
func (u *Service) takenAlias(ctx context.Context, pool *cognate.UserPool, user *cognate.User) (string, error) {
	names := []string{cognate.AttributeEmail, cognate.AttributePhone, cognate.AttributePreferredUsername}
	for _, name := range names {
		if user.Attributes[name] == "" || !pool.HasAlias(name) {
			continue
		}
		owner, err := u.Store.FindUser(ctx, pool, user.Attributes[name])
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		if owner.Sub != user.Sub {
			return name, nil
		}
	}
	return names[0], nil // the other user has lost the alias since
}

package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/subject"
	"cognate/trigger"
)

// errMigration says that a user whom the pool's function knows could not be created: for example, because of an attribute
// that the pool does not have, or an alias that another user has.
// Assumed: every failure to create a migrated user is a UserNotFoundException with this text.
func errMigration(client *cognate.AppClient) error {
	return api.UserNotFoundException("Exception migrating user in app client " + client.ID)
}

// migration is a request for a user that the pool does not know.
type migration struct {
	Request
	decoy          subject.Subject // of the unknown name
	source         string          // the trigger source
	password       string          // empty for ForgotPassword
	validationData map[string]string
}

// Migrate creates a user with a decoy's name and a password, if the pool's function knows both. It returns nil if the pool
// has no function for the trigger, or if the function does not know the name. The metadata is the ClientMetadata of the
// sign-in, which the function gets as validation data (docs/behaviour.md §6.1). Two concurrent calls for one name create
// one user, and both return it. Migrate sends no message, because the user knows the password already.
//
// Errors: UserNotFoundException if the user cannot be created, or api.ErrIncorrectPassword if the client hides users; those
// of the trigger UserMigration. Source: Cognito developer guide, Migrate user Lambda trigger.
func (u *Service) Migrate(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, decoy subject.Subject, password string, metadata map[string]string) (*cognate.User, error) {
	return u.migrate(ctx, &migration{
		Request: Request{ClientRequest: cognate.ClientRequest{Pool: pool, Client: client}, Username: decoy.Login()},
		decoy:   decoy, source: trigger.UserMigrationAuthentication, password: password, validationData: metadata,
	})
}

func (u *Service) migrate(ctx context.Context, m *migration) (*cognate.User, error) {
	answer, err := u.Triggers.MigrateUser(ctx, trigger.Call{
		ClientRequest: m.ClientRequest, Username: m.Username, ValidationData: m.validationData,
	}, m.source, m.password)
	if err != nil || answer == nil {
		return nil, err
	}
	user, err := u.newMigratedUser(ctx, m, answer)
	if err == nil {
		err = u.create(ctx, m.Pool, user, answer.TakeAliases && !m.Pool.UsesUsernameAttributes(), store.ErrExists,
			func(*store.Tx) error { return nil })
	}
	if _, refused := errors.AsType[*api.Error](err); !refused && !errors.Is(err, store.ErrExists) {
		return user, err
	}
	if user, err := u.Store.FindUser(ctx, m.Pool, m.Username); !errors.Is(err, store.ErrNotFound) {
		return user, err // another request has created the user
	}
	return nil, u.refuseMigration(ctx, m, err)
}

func (u *Service) refuseMigration(ctx context.Context, m *migration, because error) error {
	u.Log.WarnContext(ctx, "a user was not migrated", "pool", m.Pool.ID, "error", because)
	if err := m.decoy.RequireKnown(errMigration(m.Client)); err != nil {
		return err
	}
	return api.ErrIncorrectPassword
}

// newMigratedUser returns the user whom the function describes. It does not store the user.
//
// Assumed: a migrated user must have all required attributes. A password that does not follow the pool's policy is not
// stored, and the user is RESET_REQUIRED.
func (u *Service) newMigratedUser(ctx context.Context, m *migration, answer *trigger.Migrated) (*cognate.User, error) {
	attributes, err := ReadAttributes(m.Pool, nil, toList(answer.Attributes))
	if err != nil {
		return nil, err
	}
	user, err := u.newUser(m.Pool, m.Username, attributes)
	if err != nil {
		return nil, err
	}
	if missing := m.Pool.MissingAttributes(user.Attributes); len(missing) > 0 {
		return nil, errRequired(missing...)
	}
	user.Status = answer.Status
	if answer.SMSFactor && user.Attributes[cognate.AttributePhone] != "" {
		user.MFA.Set(cognate.FactorSMS, true, false)
	}
	if m.password == "" {
		return user, nil
	}
	conforms := u.Passwords.CheckPolicy(m.Pool, m.password) == nil
	if !conforms {
		user.Status = api.UserStatusTypeResetRequired
		return user, nil
	}
	user.Password, err = u.Passwords.New(ctx, m.Pool, user.Username, m.password)
	return user, err
}

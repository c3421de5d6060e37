package subject

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
)

// Finder finds the users that typed names mean.
type Finder struct {
	Store *store.Store
	// DecoyKey is the secret from which decoys are derived. It never changes: see store.Store.DecoyKey.
	DecoyKey []byte
}

// Find returns the user that a typed name means, by username or alias; for an unknown name, a decoy. It sets the user of the
// audit event. Errors: those of the store.
func (f *Finder) Find(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, login string) (Subject, error) {
	found, err := f.find(ctx, pool, client, login)
	if err == nil && found.user != nil {
		audit.SetUserOf(ctx, found.user)
	}
	return found, err
}

func (f *Finder) find(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, login string) (Subject, error) {
	user, err := f.Store.FindUser(ctx, pool, login)
	return f.found(pool, client, login, user, err)
}

// FindOwner returns the subject of an open Session. The name in the challenge response must belong to that subject: it is the
// username, the sub, or an alias. FindOwner sets the user of the audit event even if the name is wrong.
// Errors: api.ErrInvalidSession if the name belongs to another subject, and if the user was deleted after the first factor.
func (f *Finder) FindOwner(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, session *cognate.AuthSession, name string) (Subject, error) {
	user, err := f.Store.User(ctx, session.PoolID, session.Sub)
	if err == nil {
		audit.SetUserOf(ctx, user)
	}
	owner, err := f.found(pool, client, session.Login, user, err)
	switch {
	case err != nil:
		return Subject{}, err
	case owner.user == nil && !session.Step.IsFirst(): // the user was deleted: a decoy never gets past the first step
		return Subject{}, api.ErrInvalidSession
	case name == owner.Username() || name == owner.Sub():
		return owner, nil
	case owner.user == nil && f.isDecoyName(pool, session, name):
		return owner, nil
	}
	named, err := f.find(ctx, pool, client, name) // also for a decoy, so that it takes the same time
	if err != nil {
		return Subject{}, err
	}
	if owner.user == nil || named.user == nil || named.user.Sub != owner.user.Sub {
		return Subject{}, api.ErrInvalidSession
	}
	return owner, nil
}

// isDecoyName reports whether name is the typed name of a decoy's Session, or the username that the Session was made for.
func (f *Finder) isDecoyName(pool *cognate.UserPool, session *cognate.AuthSession, name string) bool {
	normal := pool.Normal(name)
	return normal == session.Username || normal == pool.Normal(session.Login)
}

// found makes a subject from the result of the store. It also derives the decoy for users, so that both take the same time.
func (f *Finder) found(pool *cognate.UserPool, client *cognate.AppClient, login string, user *cognate.User, err error) (Subject, error) {
	decoy := newDecoy(f.DecoyKey, pool, login)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Subject{client: client, decoy: decoy}, nil
	case err != nil:
		return Subject{}, err
	default:
		return Subject{client: client, user: user, decoy: decoy}, nil
	}
}

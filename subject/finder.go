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

// Find returns the user that a typed name means, by username or alias; for an unknown name a decoy.
// It names the user in the audit event. Errors: the store's.
func (f *Finder) Find(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, login string) (Subject, error) {
	found, err := f.find(ctx, pool, client, login)
	if err == nil && found.user != nil {
		audit.SetUser(ctx, found.user.Sub)
	}
	return found, err
}

func (f *Finder) find(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, login string) (Subject, error) {
	user, err := f.Store.FindUser(ctx, pool, login)
	return f.found(pool, client, login, user, err)
}

// FindOwner returns the subject whose Session is open. An answer to it must give a name of that subject: the username, the
// sub, or another name that the pool knows. The audit event names the owner, also if the answer does not.
// Errors: api.ErrInvalidSession if the name is another subject's, and if the user was deleted after the first factor.
func (f *Finder) FindOwner(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, session *cognate.AuthSession, name string) (Subject, error) {
	user, err := f.Store.User(ctx, session.PoolID, session.Sub)
	if err == nil {
		audit.SetUser(ctx, user.Sub)
	}
	owner, err := f.found(pool, client, session.Login, user, err)
	switch {
	case err != nil:
		return Subject{}, err
	case owner.user == nil && !session.Step.IsFirst(): // a decoy has no proven step
		return Subject{}, api.ErrInvalidSession
	case name == owner.Username() || name == owner.Sub():
		return owner, nil
	case owner.user == nil && f.isDecoyName(pool, session, name):
		return owner, nil
	}
	named, err := f.find(ctx, pool, client, name) // for a decoy too: it takes the same time
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

// found makes a subject of what the store returned. It derives the decoy for users too, which keeps the times alike.
func (f *Finder) found(pool *cognate.UserPool, client *cognate.AppClient, login string, user *cognate.User, err error) (Subject, error) {
	decoy := NewDecoy(f.DecoyKey, pool, login)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Subject{client: client, decoy: decoy}, nil
	case err != nil:
		return Subject{}, err
	default:
		return Subject{client: client, user: user, decoy: decoy}, nil
	}
}

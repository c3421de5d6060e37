package account

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/notify"
	"cognate/passwords"
	"cognate/risk"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
	"cognate/trash"
	"cognate/trigger"
)

// Service holds the rules by which users are created, changed and deleted.
type Service struct {
	Store     *store.Store
	Subjects  *subject.Finder
	Passwords *passwords.Service
	Notify    *notify.Service
	Links     notify.Links
	Triggers  *trigger.Service
	Limits    throttle.Limits
	Risk      *risk.Service
	Notices   *Notices
	Trash     trash.Bin
	Log       *slog.Logger
	Now       func() time.Time
}

// record stores an event about a subject that is finished with its transaction.
func (u *Service) record(ctx context.Context, tx *store.Tx, r *cognate.ClientRequest, sub subject.Subject, kind api.EventType, response api.EventResponseType) error {
	actor := risk.Actor{Pool: r.Pool, Client: r.Client, Sub: sub.Sub(), Username: sub.Username(), IsDecoy: sub.User() == nil}
	return u.Risk.Record(ctx, tx, actor, kind, response)
}

// change locks a user, calls fn and saves the user, in one transaction. It returns the changed user. Errors:
// api.ErrUserDoesNotExist, store.ErrAliasTaken, and the errors of fn.
func (u *Service) change(ctx context.Context, pool *cognate.UserPool, sub string, fn func(*store.Tx, *store.LockedUser) error) (*cognate.User, error) {
	var changed *cognate.User
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := LockUser(ctx, tx, pool.ID, sub, api.ErrUserDoesNotExist)
		if err != nil {
			return err
		}
		if err := fn(tx, user); err != nil {
			return err
		}
		changed = user.User
		return u.save(ctx, tx, pool, user)
	})
	return changed, err
}

// LockUser reads a user and locks its row until the transaction ends. The audit event names the user. Errors: notFound, if
// the user does not exist.
func LockUser(ctx context.Context, tx *store.Tx, poolID, sub string, notFound error) (*store.LockedUser, error) {
	user, err := tx.LockUser(ctx, poolID, sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound
	}
	audit.SetUser(ctx, sub)
	return user, err
}

func (u *Service) save(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *store.LockedUser) error {
	user.Modified = u.Now()
	return tx.SaveUser(ctx, pool, user)
}

// errUnknownUser is the error of sign-up and recovery for an unknown user (docs/behaviour.md §2.8, LEGACY).
var errUnknownUser = api.UserNotFoundException("Username/client id combination not found.")

// showsStatus reports whether a client may learn that a user is already confirmed. A client that hides users may learn it if
// users can sign up: SignUp shows that a username exists anyway, and applications depend on the service's error. The sign-up of a
// page does not show which contacts are usernames, so onPage nothing else shows it.
func showsStatus(pool *cognate.UserPool, sub subject.Subject, onPage bool) bool {
	if onPage && pool.UsesUsernameAttributes() {
		return sub.ShowsExistence()
	}
	return sub.ShowsExistence() || !pool.AdminCreateOnly
}

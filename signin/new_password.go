package signin

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/store"
)

var errAliasTaken = account.AliasExists("attribute")

// NewPasswordChallenge asks a user who signed in with a temporary password for a new one (NEW_PASSWORD_REQUIRED).
type NewPasswordChallenge struct {
	Required   []string          // names of the attributes that the pool requires and the user lacks, in schema order
	Attributes map[string]string // of the user: all that the client may read, except the sub
}

// NewPasswordResponse answers a NewPasswordChallenge.
type NewPasswordResponse struct {
	Password   string            // required
	Attributes map[string]string // to set with the password, by name: the required ones, and others that the client may write
}

func (NewPasswordChallenge) isChallenge() {}

func newPasswordChallenge(pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User) NewPasswordChallenge {
	return NewPasswordChallenge{Required: pool.MissingAttributes(user.Attributes), Attributes: shownAttributes(client, user)}
}

// answer sets the password, and continues with the second factor.
func (r NewPasswordResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepNewPassword)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.Password); err != nil {
		return nil, err
	}
	attributes, err := newAttributes(a.Pool, a.Client, sub.Profile(), r.Attributes)
	if err != nil {
		return nil, err
	}
	password, err := e.Passwords.Next(ctx, a.Pool, sub.Profile(), r.Password)
	if err != nil {
		return nil, err
	}
	compromise, err := e.Risk.CheckNew(a.Pool, a.Client, api.EventFilterTypePasswordChange, r.Password)
	if err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		call: a.call, subject: sub, session: session, compromise: compromise,
		prove: func(ctx context.Context, tx *store.Tx, _ *cognate.User) (*cognate.User, error) {
			return e.setPassword(ctx, tx, a.Pool, sub.Sub(), password, attributes)
		},
	})
}

// setPassword stores the password and the attributes. It raises the stamp, which ends all earlier AuthSessions of the user.
func (e *Engine) setPassword(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, sub string, password cognate.Password, attributes map[string]string) (*cognate.User, error) {
	user, err := account.LockUser(ctx, tx, pool.ID, sub, api.ErrInvalidSession)
	if err != nil {
		return nil, err
	}
	user.Password, user.Status = password.After(user.Password, pool.PasswordPolicy.HistorySize), api.UserStatusTypeConfirmed
	user.Modified = e.Now()
	user.Stamp++
	maps.Copy(user.Attributes, attributes)
	if err := e.Users.Notices.Changed(ctx, tx, pool, user); err != nil {
		return nil, err
	}
	err = tx.SaveUser(ctx, pool, user)
	if errors.Is(err, store.ErrAliasTaken) {
		return nil, errAliasTaken
	}
	return user.User, err
}

// newAttributes checks the attributes that come with the new password, and returns them as stored. They must have all that the
// pool requires and the user lacks, nothing that the user has, and nothing else that the client may not write.
// Source: docs/behaviour.md §2.3, §4.7.
func newAttributes(pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User, given map[string]string) (map[string]string, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if user.Attributes[name] != "" {
			return nil, api.NotAuthorizedException("Cannot modify an already provided " + name)
		}
	}
	var missing []string
	for _, name := range pool.MissingAttributes(user.Attributes) {
		if given[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, api.InvalidParameterException("Invalid attributes given, " + enumerate(missing) + " is missing")
	}
	return account.WithNewPassword(pool, client, given)
}

// shownAttributes returns the attributes that a NewPasswordChallenge shows.
func shownAttributes(client *cognate.AppClient, user *cognate.User) map[string]string {
	shown := make(map[string]string)
	for name, value := range user.Attributes {
		if name != cognate.AttributeSub && client.MayRead(name) {
			shown[name] = value
		}
	}
	return shown
}

// enumerate joins names as the service does: "a, b and c".
func enumerate(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

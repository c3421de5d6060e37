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

const attributePrefix = "userAttributes."

// answerNewPassword sets the password of a user who signed in with a temporary one, and goes on to the second factor.
func (e *Engine) answerNewPassword(ctx context.Context, a *Answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepNewPassword)
	if err != nil {
		return nil, err
	}
	plaintext, err := parameter(a.Responses, "NEW_PASSWORD")
	if err != nil {
		return nil, err
	}
	attributes, err := e.newAttributes(a, sub.Profile())
	if err != nil {
		return nil, err
	}
	password, err := e.Passwords.Next(ctx, a.Pool, sub.Profile(), plaintext)
	if err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		Call: a.Call, subject: sub, session: session,
		prove: func(ctx context.Context, tx *store.Tx, _ *cognate.User) (*cognate.User, error) {
			return e.setPassword(ctx, tx, a.Pool, sub.Sub(), password, attributes)
		},
	})
}

// setPassword stores the password; outstanding Sessions of the user end with the stamp.
func (e *Engine) setPassword(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, sub string, password cognate.Password, attributes map[string]string) (*cognate.User, error) {
	user, err := account.LockUser(ctx, tx, pool.ID, sub, api.ErrInvalidSession)
	if err != nil {
		return nil, err
	}
	user.Password, user.Status = password.After(user.Password, pool.PasswordPolicy.HistorySize), api.UserStatusTypeConfirmed
	user.Modified = e.Now()
	user.Stamp++
	maps.Copy(user.Attributes, attributes)
	err = tx.SaveUser(ctx, pool, user)
	if errors.Is(err, store.ErrAliasTaken) {
		return nil, errAliasTaken
	}
	return user.User, err
}

// newAttributes returns the attributes that come with the new password: all that the pool requires and the user lacks,
// none that the user has, and otherwise only what the client may write (docs/behaviour.md §2.3, §4.7).
func (e *Engine) newAttributes(a *Answer, user *cognate.User) (map[string]string, error) {
	given := make(map[string]string)
	for key, value := range a.Responses {
		if name, ok := strings.CutPrefix(key, attributePrefix); ok {
			given[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if user.Attributes[name] != "" {
			return nil, api.NotAuthorizedException("Cannot modify an already provided " + name)
		}
	}
	var missing []string
	for _, name := range a.Pool.MissingAttributes(user.Attributes) {
		if given[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, api.InvalidParameterException("Invalid attributes given, " + enumerate(missing) + " is missing")
	}
	return account.WithNewPassword(a.Pool, a.Client, given)
}

func requiredAttributes(pool *cognate.UserPool, user *cognate.User) []string {
	names := []string{}
	for _, name := range pool.MissingAttributes(user.Attributes) {
		names = append(names, attributePrefix+name)
	}
	return names
}

// shownAttributes are what NEW_PASSWORD_REQUIRED says of the user: all that the client may read, but for the sub.
func shownAttributes(client *cognate.AppClient, user *cognate.User) map[string]string {
	shown := make(map[string]string)
	for name, value := range user.Attributes {
		if name != cognate.AttributeSub && client.MayRead(name) {
			shown[name] = value
		}
	}
	return shown
}

// enumerate joins names as the service does: by commas, and by "and" before the last.
func enumerate(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

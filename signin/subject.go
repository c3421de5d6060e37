package signin

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/subject"
	"cognate/throttle"
)

// maxLogin is the length of the longest name that can sign in, in bytes: enough for a username of 128 characters and for an
// email address. AuthSessions contain the name.
// Assumed: a USERNAME of more than 512 bytes cannot sign in, with this text.
const maxLogin = 512

var errLongLogin = api.InvalidParameterException("USERNAME is too long.")

// begin finds the subject of a complete attempt and calls the trigger PreAuthentication. If the whole request depends on
// password, the trigger UserMigration may check it for an unknown name; otherwise password is empty.
// Errors: InvalidParameterException, NotAuthorizedException; UserNotFoundException if the client shows which users exist;
// TooManyRequestsException if the address of the client is over its limit; those of Attempt.Authenticate and of the triggers
// UserMigration and PreAuthentication.
func (e *Engine) begin(ctx context.Context, c *call, password string) (subject.Subject, error) {
	if len(c.Username) > maxLogin {
		return subject.Subject{}, errLongLogin
	}
	if err := c.authenticate(c.Username, nil); err != nil {
		return subject.Subject{}, err
	}
	sub, err := e.Subjects.Find(ctx, c.Pool, c.Client, c.Username)
	if err == nil && sub.User() == nil && password != "" {
		sub, err = e.migrate(ctx, c, sub, password)
	}
	if err != nil {
		return subject.Subject{}, err
	}
	if err := e.requireKnown(ctx, c, sub); err != nil {
		return subject.Subject{}, err
	}
	if sub.ShowsExistence() { // before the trigger and the state of the user, which only a known name has
		if err := throttle.RequireFree(ctx, e.Store, e.Now()); err != nil {
			return subject.Subject{}, err
		}
	}
	return sub, e.Triggers.PreAuthentication(ctx, c.event(sub))
}

// requireKnown returns an error if the name is unknown and the client may learn that. Then a client can search for usernames, so
// such a name counts as a failed sign-in of the client's address. Over its limit, no name gets an answer.
// Errors: UserNotFoundException, TooManyRequestsException.
func (e *Engine) requireKnown(ctx context.Context, c *call, sub subject.Subject) error {
	unknown := sub.RequireKnown(api.ErrUserDoesNotExist)
	if !errors.Is(unknown, api.ErrUserDoesNotExist) {
		return unknown
	}
	if err := throttle.CountUnknown(ctx, e.Store, c.Pool.ID, sub.ThrottleKey(), e.Now()); err != nil {
		return err
	}
	return unknown
}

// findAgain finds the subject of a typed name that was found before. Errors: api.ErrUserDoesNotExist.
func (e *Engine) findAgain(ctx context.Context, c *call, login string) (subject.Subject, error) {
	sub, err := e.Subjects.Find(ctx, c.Pool, c.Client, login)
	if err != nil {
		return subject.Subject{}, err
	}
	return sub, sub.RequireKnown(api.ErrUserDoesNotExist)
}

package signin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/subject"
)

// maxLogin is the length of the longest name that signs in, in bytes: it has room for a username of 128 characters and for
// an email address. Sessions carry the name.
// Assumed: a USERNAME of more than 512 bytes cannot sign in, with this text.
const maxLogin = 512

var errLongLogin = api.InvalidParameterException("USERNAME is too long.")

// begin finds the subject that begins a sign-in and calls the trigger PreAuthentication. The request must have the
// parameters that the flow needs; the error names the first one that is missing.
// Errors: InvalidParameterException, NotAuthorizedException; UserNotFoundException if the client shows which users exist;
// those of the triggers UserMigration and PreAuthentication.
func (e *Engine) begin(ctx context.Context, r *Request, parameters ...string) (subject.Subject, error) {
	if err := require(r.Parameters, append([]string{"USERNAME"}, parameters...)...); err != nil {
		return subject.Subject{}, err
	}
	login := r.Parameters["USERNAME"]
	if len(login) > maxLogin {
		return subject.Subject{}, errLongLogin
	}
	if err := r.Client.RequireSecretHash(login, r.Parameters["SECRET_HASH"]); err != nil {
		return subject.Subject{}, err
	}
	sub, err := e.Subjects.Find(ctx, r.Pool, r.Client, login)
	if err == nil && sub.User() == nil {
		sub, err = e.migrate(ctx, r, sub)
	}
	if err != nil {
		return subject.Subject{}, err
	}
	if err := sub.RequireKnown(api.ErrUserDoesNotExist); err != nil {
		return subject.Subject{}, err
	}
	return sub, e.Triggers.PreAuthentication(ctx, r.event(sub))
}

// findAgain finds the subject of a typed name that was found before. Errors: api.ErrUserDoesNotExist.
func (e *Engine) findAgain(ctx context.Context, c Call, login string) (subject.Subject, error) {
	sub, err := e.Subjects.Find(ctx, c.Pool, c.Client, login)
	if err != nil {
		return subject.Subject{}, err
	}
	return sub, sub.RequireKnown(api.ErrUserDoesNotExist)
}

// open returns the Session of an answer, if it is at one of the steps and belongs to the answer's client and user. The user
// is as of now.
func (e *Engine) open(ctx context.Context, a *Answer, steps ...cognate.Step) (*cognate.AuthSession, subject.Subject, error) {
	if a.Session == "" {
		return nil, subject.Subject{}, api.ErrMissingParameter("Session")
	}
	session, err := e.Sessions.Open(a.Session, steps...)
	if err != nil {
		return nil, subject.Subject{}, err
	}
	if session.ClientID != a.Client.ID || session.PoolID != a.Pool.ID {
		return nil, subject.Subject{}, api.ErrInvalidSession
	}
	sub, err := e.Subjects.FindOwner(ctx, a.Pool, a.Client, session, a.Responses["USERNAME"])
	if err != nil {
		return nil, subject.Subject{}, err
	}
	return session, sub, e.loadCustom(ctx, session)
}

package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/store"
	"cognate/throttle"
)

// person is who wants to sign in, before anything is proven: a user, or nobody, when the name is no user's and the client
// must not learn that. Nobody looks like a user and is asked the same questions; no answer of theirs is ever right.
type person struct {
	*cognate.User
	login  string // as typed
	nobody bool
}

// asOf returns the same person by what is true of them now.
func (p *person) asOf(now *cognate.User) *person {
	return &person{User: now, login: p.login, nobody: p.nobody}
}

// account returns the user; nil for nobody.
func (p *person) account() *cognate.User {
	if p.nobody {
		return nil
	}
	return p.User
}

// subject returns the name under which the person's failures are counted.
func (p *person) subject(pool *cognate.UserPool) string {
	if p.nobody {
		return throttle.NameKey(pool, p.login)
	}
	return throttle.UserKey(p.User)
}

// maxLogin is the length of the longest name by which anybody signs in, in bytes: it has room for a username of 128
// characters and for an email address. The name travels in Sessions, and is kept with what is made up for nobody.
// Assumed: a USERNAME of more than 512 bytes cannot sign in, with this text.
const maxLogin = 512

var errLongLogin = api.InvalidParameterException("USERNAME is too long.")

// begin finds who begins a sign-in, and asks the pool's owner whether they may try. The request must name the parameters
// that the flow needs, the first of them missing is refused.
// Errors: InvalidParameterException, NotAuthorizedException, UserNotFoundException where the client doesn't hide users;
// those of the triggers UserMigration and PreAuthentication.
func (e *Engine) begin(ctx context.Context, r *Request, parameters ...string) (*person, error) {
	if err := require(r.Parameters, append([]string{"USERNAME"}, parameters...)...); err != nil {
		return nil, err
	}
	login := r.Parameters["USERNAME"]
	if len(login) > maxLogin {
		return nil, errLongLogin
	}
	if err := r.Client.RequireSecretHash(login, r.Parameters["SECRET_HASH"]); err != nil {
		return nil, err
	}
	user, err := e.find(ctx, r.Pool, login)
	if user == nil && err == nil {
		user, err = e.migrate(ctx, r, login)
	}
	if err != nil {
		return nil, err
	}
	who, err := e.identify(r.Call, login, user)
	if err != nil {
		return nil, err
	}
	return who, e.Triggers.PreAuthentication(ctx, r.event(who))
}

// seek returns the user whom a typed name means, or nobody.
func (e *Engine) seek(ctx context.Context, c Call, login string) (*person, error) {
	user, err := e.find(ctx, c.Pool, login)
	if err != nil {
		return nil, err
	}
	return e.identify(c, login, user)
}

// identify says who a typed name is, whose user may be nil. Errors: api.ErrUserDoesNotExist.
func (e *Engine) identify(c Call, login string, user *cognate.User) (*person, error) {
	switch {
	case user != nil:
		return &person{User: user, login: login}, nil
	case !c.Client.HidesUsers():
		return nil, api.ErrUserDoesNotExist
	default:
		return e.nobody(c.Pool, login), nil
	}
}

// find returns the user whom a typed name means; nil for nobody.
func (e *Engine) find(ctx context.Context, pool *cognate.UserPool, login string) (*cognate.User, error) {
	user, err := e.Store.FindUser(ctx, pool, login)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return user, err
}

// nobody makes up the user that a typed name would mean: the same one for the same name, however it is spelled where
// spelling doesn't count, and shaped like the pool's real ones.
func (e *Engine) nobody(pool *cognate.UserPool, login string) *person {
	sub := e.decoySub(pool, login)
	user := &cognate.User{
		PoolID: pool.ID, Sub: sub, Username: pool.Normal(login), Status: api.UserStatusTypeConfirmed, Enabled: true,
	}
	isAlias := strings.Contains(login, "@") || strings.HasPrefix(login, "+")
	if pool.UsesUsernameAttributes() || len(pool.AliasAttributes) > 0 && isAlias {
		user.Username = sub
	}
	contact := func(medium api.DeliveryMediumType) string {
		return notify.DecoyContact(pool, e.Passwords.DecoyKey, login, medium)
	}
	user.Attributes = map[string]string{
		cognate.AttributeEmail: contact(api.DeliveryMediumTypeEmail), cognate.AttributePhone: contact(api.DeliveryMediumTypeSms),
	}
	return &person{User: user, login: login, nobody: true}
}

// decoySub returns the sub of nobody, in the shape of a real one (docs/behaviour.md §4.2).
func (e *Engine) decoySub(pool *cognate.UserPool, login string) string {
	mac := hmac.New(sha256.New, e.Passwords.DecoyKey)
	mac.Write([]byte("sub/" + pool.ID + "/" + pool.Normal(login)))
	h := hex.EncodeToString(mac.Sum(nil))
	return h[:8] + "-" + h[8:12] + "-70" + h[12:14] + "-" + h[14:18] + "-" + h[18:30]
}

// open returns the Session of an answer, if it waits at one of the steps and belongs to the answer's client and user, with
// the user as of now.
func (e *Engine) open(ctx context.Context, a *Answer, steps ...cognate.Step) (*cognate.AuthSession, *person, error) {
	if a.Session == "" {
		return nil, nil, api.ErrMissingParameter("Session")
	}
	session, err := e.Sessions.Open(a.Session, steps...)
	if err != nil {
		return nil, nil, err
	}
	if session.ClientID != a.Client.ID || session.PoolID != a.Pool.ID {
		return nil, nil, api.ErrInvalidSession
	}
	who, err := e.holder(ctx, a, session)
	if err != nil {
		return nil, nil, err
	}
	if err := e.requireSamePerson(ctx, a, session, who); err != nil {
		return nil, nil, err
	}
	return session, who, e.loadCustom(ctx, session)
}

// holder returns whose Session it is. Only where nothing is proven yet can that be nobody.
func (e *Engine) holder(ctx context.Context, a *Answer, session *cognate.AuthSession) (*person, error) {
	user, err := e.Store.User(ctx, session.PoolID, session.Sub)
	switch {
	case err == nil:
		return &person{User: user, login: session.Login}, nil
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	case !session.Step.IsFirst():
		return nil, api.ErrInvalidSession
	default:
		return e.nobody(a.Pool, session.Login), nil
	}
}

// requireSamePerson refuses an answer that names somebody else than its Session does.
func (e *Engine) requireSamePerson(ctx context.Context, a *Answer, session *cognate.AuthSession, who *person) error {
	name := a.Responses["USERNAME"]
	if name == who.Username || name == who.Sub {
		return nil
	}
	if who.nobody {
		if normal := a.Pool.Normal(name); normal == session.Username || normal == a.Pool.Normal(session.Login) {
			return nil
		}
		return api.ErrInvalidSession
	}
	named, err := e.find(ctx, a.Pool, name)
	if err != nil {
		return err
	}
	if named == nil || named.Sub != who.Sub {
		return api.ErrInvalidSession
	}
	return nil
}

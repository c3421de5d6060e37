package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/codes"
	"cognate/lockout"
	"cognate/sessions"
	"cognate/store"
)

// turn is one step of a sign-in on its way to be settled.
type turn struct {
	pool   *cognate.UserPool
	client *cognate.AppClient
	user   *cognate.User // as read before; nil for nobody
	login  string        // as typed
	// session is the one that the step answers; nil at the start.
	session *cognate.Session
	// prove decides, on the user as of now, whether the step was answered rightly, and makes the changes that come with
	// it. A wrong guess is reported by wrongGuess; any other error is refused without being counted. It may be run more
	// than once and may return the user as it changed them.
	prove func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error)
	// next decides what comes after; nil means by the rules (decide).
	next func(now *cognate.User) decision
}

// wrongGuess is a refusal that counts towards the lockout.
type wrongGuess struct{ refusal error }

func (w wrongGuess) Error() string { return w.refusal.Error() }

// errStale says that the user changed between the password check and the transaction.
var errStale = errors.New("signin: user changed meanwhile")

// settle decides a step in one transaction: lockout, Session, proof, what is next, and the grant if that is tokens. Racing
// steps of one user pass one by one. Then, outside of it, the outcome is sealed or signed.
func (e *Engine) settle(ctx context.Context, t *turn) (*Outcome, error) {
	if t.user == nil {
		return nil, e.refuseNobody(ctx, t)
	}
	grant, refresh := e.Tokens.NewGrant(t.client, t.user)
	code := codes.New()
	var next decision
	var user *cognate.User
	err := e.Store.Write(ctx, func(tx *store.Tx) (err error) {
		door, err := lockout.Enter(ctx, tx, t.pool.ID, lockout.Subject(t.user), e.Now())
		if err != nil {
			return err
		}
		user, err = e.proven(ctx, tx, t)
		if wrong, ok := errors.AsType[wrongGuess](err); ok {
			return door.Fail(ctx, wrong.refusal)
		}
		if err != nil {
			return err
		}
		next = t.decide(user)
		if next.done() {
			return e.keepGrant(ctx, tx, t, door, grant)
		}
		next.session = e.Sessions.New(t.client, user, next.step)
		return e.keepChallenge(ctx, tx, t, user, next, code)
	})
	if err != nil {
		return nil, err
	}
	if next.done() {
		return e.finish(ctx, t, user, grant, refresh)
	}
	return e.challenge(ctx, t, user, next, code)
}

// proven re-reads the user and checks Session and proof on what is true now.
func (e *Engine) proven(ctx context.Context, tx *store.Tx, t *turn) (*cognate.User, error) {
	user, err := tx.User(ctx, t.pool.ID, t.user.Sub)
	switch {
	case errors.Is(err, store.ErrNotFound) && t.session != nil:
		return nil, cognate.ErrInvalidSession
	case errors.Is(err, store.ErrNotFound):
		return nil, errStale
	case err != nil:
		return nil, err
	}
	if t.session == nil {
		if user.Stamp != t.user.Stamp {
			return nil, errStale
		}
		return t.prove(ctx, tx, user)
	}
	if err := sessions.Unspent(ctx, tx, t.session); err != nil {
		return nil, err
	}
	if err := sessions.Check(t.session, user); err != nil {
		return nil, err
	}
	return t.prove(ctx, tx, user)
}

// lockUser takes the user of a Session for changing. Errors: cognate.ErrInvalidSession, when the user was deleted since.
func lockUser(ctx context.Context, tx *store.Tx, poolID, sub string) (*store.LockedUser, error) {
	user, err := tx.LockUser(ctx, poolID, sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, cognate.ErrInvalidSession
	}
	return user, err
}

// keepGrant spends the Session of a finished sign-in, stores its grant and forgets the failures on the way.
func (e *Engine) keepGrant(ctx context.Context, tx *store.Tx, t *turn, door *lockout.Door, grant cognate.Grant) error {
	if err := t.spend(ctx, tx); err != nil {
		return err
	}
	if err := tx.CreateGrant(ctx, grant); err != nil {
		return err
	}
	return door.Reset(ctx)
}

// keepChallenge spends the Session of a step that leads to another and keeps the code that the next one will ask for, if
// it is one that is sent. A first step without such a code has nothing to keep: what comes next is in its Session.
func (e *Engine) keepChallenge(ctx context.Context, tx *store.Tx, t *turn, user *cognate.User, next decision, code string) error {
	if err := t.spend(ctx, tx); err != nil {
		return err
	}
	attribute, sent := sentTo(next.step)
	switch {
	case !sent && t.session == nil:
		return store.ErrNothingToKeep
	case !sent:
		return nil
	}
	return codes.Keep(ctx, tx, codes.Order{
		PoolID: user.PoolID, Sub: user.Sub, Purpose: codes.Purpose(next.step), Binding: next.session.ID,
		Attribute: attribute, Destination: user.Attributes[attribute], TTL: t.client.SessionTTL(),
	}, code, e.Now())
}

func (t *turn) spend(ctx context.Context, tx *store.Tx) error {
	if t.session == nil {
		return nil
	}
	return sessions.Spend(ctx, tx, t.session)
}

// refuseNobody answers a sign-in of a name that is no user's: counted and locked like a user's, so that the two can't be
// told apart.
func (e *Engine) refuseNobody(ctx context.Context, t *turn) error {
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		door, err := lockout.Enter(ctx, tx, t.pool.ID, lockout.NobodysSubject(t.pool, t.login), e.Now())
		if err != nil {
			return err
		}
		return door.Fail(ctx, cognate.ErrIncorrectPassword)
	})
}

// decide applies the turn's own rule, or the engine's.
func (t *turn) decide(user *cognate.User) decision {
	if t.next != nil {
		return t.next(user)
	}
	if user.Status == api.UserStatusTypeForceChangePassword {
		return decision{step: cognate.StepNewPassword}
	}
	return nextFactor(t.pool, user)
}

// finish signs the tokens of a grant that is stored.
func (e *Engine) finish(ctx context.Context, t *turn, user *cognate.User, grant cognate.Grant, refresh string) (*Outcome, error) {
	set, err := e.Tokens.Mint(ctx, t.pool, t.client, user, grant, nil)
	if err != nil {
		return nil, err
	}
	set.Refresh = refresh
	return &Outcome{Tokens: set, Parameters: map[string]string{}}, nil
}

// challenge seals the Session of the next challenge and sends its code, where it has one.
func (e *Engine) challenge(ctx context.Context, t *turn, user *cognate.User, next decision, code string) (*Outcome, error) {
	session, err := e.Sessions.Seal(next.session)
	if err != nil {
		return nil, err
	}
	parameters := parametersOf(t, user, next)
	if attribute, sent := sentTo(next.step); sent {
		if err := e.send(ctx, t.pool, user, attribute, code, parameters); err != nil {
			return nil, err
		}
	}
	return &Outcome{Challenge: api.ChallengeNameType(next.step), Session: session, Parameters: parameters}, nil
}

package account

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/authn/totp"
	"cognate/authsession"
	"cognate/risk"
	"cognate/store"
	"cognate/throttle"
)

// Factors registers users' software tokens and sets their MFA preferences.
type Factors struct {
	Store    *store.Store
	Sessions *authsession.Sealer
	Limits   throttle.Limits
	Notices  *Notices
	Now      func() time.Time
}

// Enrolment is the set-up of a software token for a user. With a Session it is part of a sign-in at MFA_SETUP. Without one
// the user is already signed in.
type Enrolment struct {
	Pool    *cognate.UserPool
	Client  *cognate.AppClient
	User    *cognate.User
	Session *cognate.AuthSession // nil with an access token
}

// Resume returns the enrolment that a Session continues. The Session must be at one of the steps, and of the API.
// Errors: api.ErrInvalidSession, ErrSessionExpired; those of risk.RequireAllowed.
func (f *Factors) Resume(ctx context.Context, text string, steps ...cognate.Step) (*Enrolment, error) {
	return f.resume(ctx, false, text, steps)
}

// ResumeOnPage is Resume for a Session of a page.
func (f *Factors) ResumeOnPage(ctx context.Context, text string, steps ...cognate.Step) (*Enrolment, error) {
	return f.resume(ctx, true, text, steps)
}

func (f *Factors) resume(ctx context.Context, onPage bool, text string, steps []cognate.Step) (*Enrolment, error) {
	session, err := f.Sessions.Open(text, steps...)
	if err != nil {
		return nil, err
	}
	audit.SetClient(ctx, session.PoolID, session.ClientID)
	audit.SetUser(ctx, session.Sub)
	if session.Page != onPage {
		return nil, api.ErrInvalidSession
	}
	e, err := f.enrolment(ctx, session)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ErrInvalidSession
	}
	if err != nil {
		return nil, err
	}
	if err := risk.RequireAllowed(ctx, e.Pool, e.Client); err != nil {
		return nil, err
	}
	return e, nil
}

// enrolment reads the pool, the app client and the user of a Session. Errors: store.ErrNotFound.
func (f *Factors) enrolment(ctx context.Context, session *cognate.AuthSession) (*Enrolment, error) {
	pool, err := f.Store.UserPool(ctx, session.PoolID)
	if err != nil {
		return nil, err
	}
	audit.SetPool(ctx, pool)
	client, err := f.Store.AppClient(ctx, session.ClientID)
	if err != nil {
		return nil, err
	}
	user, err := f.Store.User(ctx, session.PoolID, session.Sub)
	if err != nil {
		return nil, err
	}
	return &Enrolment{Pool: pool, Client: client, User: user, Session: session}, nil
}

// Associate gives the user a new software token, which is pending until it is verified. It returns the secret in base32 and,
// in a sign-in, the Session of the next step. The user's previous token is deleted immediately, unless the pool replaces tokens
// on verification. The MFA preference stays, so a factor that was on is on again when the new token is verified.
// Errors: api.ErrSoftwareTokenOff, ErrInvalidSession, ErrSessionSpent.
// Source: AWS CLI reference, associate-software-token; docs/behaviour.md §1.2.
func (f *Factors) Associate(ctx context.Context, e *Enrolment) (secret, session string, err error) {
	if !e.Pool.MFA.SoftwareToken {
		return "", "", api.ErrSoftwareTokenOff
	}
	key, err := totp.NewSecret(rand.Reader)
	if err != nil {
		return "", "", err
	}
	token := cognate.SoftwareToken{ID: rand.Text(), Secret: key}
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := f.lock(ctx, tx, e)
		if err != nil {
			return err
		}
		user.Tokens.Associate(token, e.Pool.ReplacesTokenOnVerify())
		return f.save(ctx, tx, e, user)
	})
	if err := audit.Changed(ctx, audit.SoftwareTokenAssociated, err); err != nil {
		return "", "", err
	}
	session, err = f.nextSession(e, cognate.StepSetupAssociated, token.ID)
	return totp.Encode(key), session, err
}

// Verify checks a code of the user's pending software token and makes the token active. In a pool that requires MFA it also
// switches the factor on. In a sign-in it returns the Session that finishes MFA_SETUP.
// Errors: api.ErrSoftwareTokenOff, ErrNoSoftwareToken, ErrEnrolMismatch (counted towards the lockout and in the user's day),
// ErrEnrolSpent, ErrAttemptsExceeded, ErrInvalidSession, ErrSessionSpent. Source: RFC 6238 section 5.2; docs/behaviour.md §1.3.
func (f *Factors) Verify(ctx context.Context, e *Enrolment, code, friendlyName string) (session string, err error) {
	if !e.Pool.MFA.SoftwareToken {
		return "", api.ErrSoftwareTokenOff
	}
	var tokenID string
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		guard, err := f.Limits.Acquire(ctx, tx, e.Pool.ID, throttle.UserKey(e.User), f.Now())
		if err != nil {
			return err
		}
		user, err := f.lock(ctx, tx, e)
		if err != nil {
			return err
		}
		guesses, err := f.Limits.AcquireTokenGuesses(ctx, tx, e.Pool.ID, e.User.Sub, f.Now())
		if err != nil {
			return err
		}
		step, err := f.verifyCode(e, user, code)
		if errors.Is(err, api.ErrEnrolMismatch) {
			if err := guesses.Count(ctx); err != nil {
				return err
			}
			return guard.Fail(ctx, err)
		}
		if err != nil {
			return err
		}
		tokenID = user.Tokens.Pending.ID
		f.activate(e.Pool, user.User, friendlyName, step)
		return f.save(ctx, tx, e, user)
	})
	if err := audit.Changed(ctx, audit.SoftwareTokenVerified, err); err != nil {
		return "", err
	}
	return f.nextSession(e, cognate.StepSetupVerified, tokenID)
}

// verifyCode checks a code of the pending token and returns its time step.
// Assumed: without an association the error is SoftwareTokenMFANotFoundException. For a used code it is
// EnableSoftwareTokenMFAException, because VerifySoftwareToken does not declare ExpiredCodeException. A wrong or malformed code
// leaves the Session usable.
func (f *Factors) verifyCode(e *Enrolment, user *store.LockedUser, code string) (step int64, err error) {
	pending := user.Tokens.Pending
	if pending == nil {
		return 0, api.ErrNoSoftwareToken
	}
	if e.Session != nil && e.Session.TokenID != pending.ID {
		return 0, api.ErrInvalidSession
	}
	step, err = totp.Verify(pending.Secret, code, f.Now(), user.Tokens.LastStep)
	switch {
	case errors.Is(err, totp.ErrMismatch):
		return 0, api.ErrEnrolMismatch
	case errors.Is(err, totp.ErrReplayed):
		return 0, api.ErrEnrolSpent
	default:
		return step, err
	}
}

// activate makes the pending token active. If the pool requires MFA, it also switches the factor on, so that the factor stays
// on if the pool makes MFA optional later.
// Assumed: in a pool that requires MFA, VerifySoftwareToken switches the factor on, but not preferred.
func (f *Factors) activate(pool *cognate.UserPool, user *cognate.User, friendlyName string, step int64) {
	user.Tokens.Activate(friendlyName, step)
	if pool.MFA.Mode == api.UserPoolMfaTypeOn && !user.MFA.IsOn(cognate.FactorSoftwareToken) {
		user.MFA.Set(cognate.FactorSoftwareToken, true, false)
	}
}

// lock locks the user. In a sign-in it also checks that the Session is still valid and that the user still has no second
// factor. The client with the Session has proven only the first factor, so it must neither replace nor skip a second factor
// that was set up since.
func (f *Factors) lock(ctx context.Context, tx *store.Tx, e *Enrolment) (*store.LockedUser, error) {
	user, err := LockUser(ctx, tx, e.User.PoolID, e.User.Sub, api.ErrTokenRevoked)
	if err != nil || e.Session == nil {
		return user, err
	}
	if err := authsession.RequireUnspent(ctx, tx, e.Session); err != nil {
		return nil, err
	}
	if err := authsession.Check(e.Session, user.User); err != nil {
		return nil, err
	}
	if user.Tokens.Active != nil || len(user.SecondFactors(e.Pool)) > 0 {
		return nil, api.ErrInvalidSession
	}
	return user, nil
}

// save stores the user and spends the Session.
func (f *Factors) save(ctx context.Context, tx *store.Tx, e *Enrolment, user *store.LockedUser) error {
	user.Modified = f.Now()
	if err := f.Notices.Changed(ctx, tx, e.Pool, user); err != nil {
		return err
	}
	if err := tx.SaveUser(ctx, e.Pool, user); err != nil {
		return err
	}
	if e.Session == nil {
		return nil
	}
	return authsession.Spend(ctx, tx, e.Session)
}

// nextSession returns the Session of an enrolment's next step; "" if the user is already signed in.
func (f *Factors) nextSession(e *Enrolment, step cognate.Step, tokenID string) (string, error) {
	if e.Session == nil {
		return "", nil
	}
	next := f.Sessions.New(e.Client, e.User, step)
	next.TokenID, next.Passwordless, next.Methods = tokenID, e.Session.Passwordless, e.Session.Methods
	next.Page = e.Session.Page
	next.EventID = e.Session.EventID
	return f.Sessions.Seal(next)
}

// Remove deletes a user's software token. It also switches the factor off, with its preference.
// Errors: api.ErrUserDoesNotExist.
func (f *Factors) Remove(ctx context.Context, pool *cognate.UserPool, sub string) error {
	err := f.change(ctx, pool, sub, func(user *cognate.User) error {
		user.Tokens.Drop()
		user.MFA.Set(cognate.FactorSoftwareToken, false, false)
		return nil
	})
	return audit.Changed(ctx, audit.SoftwareTokenDeleted, err)
}

// change locks a user, calls fn and saves the user, in one transaction.
func (f *Factors) change(ctx context.Context, pool *cognate.UserPool, sub string, fn func(*cognate.User) error) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := LockUser(ctx, tx, pool.ID, sub, api.ErrUserDoesNotExist)
		if err != nil {
			return err
		}
		if err := fn(user.User); err != nil {
			return err
		}
		if err := f.Notices.Changed(ctx, tx, pool, user); err != nil {
			return err
		}
		user.Modified = f.Now()
		return tx.SaveUser(ctx, pool, user)
	})
}

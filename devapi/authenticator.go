package devapi

import (
	"context"
	"net/http"
	"time"

	"cognate"
	"cognate/authn/totp"
)

// Authenticator is what a user's authenticator app shows now.
type Authenticator struct {
	// Active is the software token that the user signs in with. Pending is the one that was associated and is not verified
	// yet. Either may be nil.
	Active  *AuthenticatorEntry `json:",omitzero"`
	Pending *AuthenticatorEntry `json:",omitzero"`
	// SecondsLeft is how long the app still shows the current codes.
	SecondsLeft float64
	// Spent reports that the current codes, or later ones, were used, so the server would reject them.
	Spent bool
	// NextIn is the time in seconds until the server accepts NextCode; 0 if it accepts it now.
	NextIn float64
}

// AuthenticatorEntry is one secret in an authenticator.
type AuthenticatorEntry struct {
	Code       string // the current code
	NextCode   string // the next code that the server accepts: Code unless it is spent
	SecretCode string // as AssociateSoftwareToken returned it
	URI        string // otpauth://…, the content of the QR code
	Name       string // the user's name for the device
}

// Authenticator returns what the authenticator of a user shows now. The user is given by username, sub or alias. Errors:
// store.ErrNotFound if the pool or the user does not exist.
func (s *API) Authenticator(ctx context.Context, poolID, username string) (*Authenticator, error) {
	pool, err := s.Store.UserPool(ctx, poolID)
	if err != nil {
		return nil, missing(err, "user pool %q", poolID)
	}
	user, err := s.Store.FindUserOrSub(ctx, pool, username)
	if err != nil {
		return nil, missing(err, "user %q of user pool %s", username, poolID)
	}
	return authenticatorAt(s.Options.Clock.Now(), pool, user), nil
}

func authenticatorAt(now time.Time, pool *cognate.UserPool, user *cognate.User) *Authenticator {
	step, last := totp.Step(now), user.Tokens.LastStep
	next := max(step, last+1)
	a := &Authenticator{
		SecondsLeft: stepStart(step + 1).Sub(now).Seconds(),
		Spent:       last >= step,
		// The server accepts the codes of one step in advance.
		NextIn: max(0, stepStart(next-1).Sub(now).Seconds()),
	}
	entry := func(t *cognate.SoftwareToken) *AuthenticatorEntry {
		if t == nil {
			return nil
		}
		return &AuthenticatorEntry{
			Code: totp.Code(t.Secret, now), NextCode: totp.Code(t.Secret, stepStart(next)), SecretCode: totp.Encode(t.Secret),
			URI: totp.URI(pool.Name, user.Username, t.Secret), Name: t.FriendlyName,
		}
	}
	a.Active, a.Pending = entry(user.Tokens.Active), entry(user.Tokens.Pending)
	return a
}

// stepStart returns the time at which a step starts.
func stepStart(step int64) time.Time { return time.Unix(step*int64(totp.Period/time.Second), 0) }

func (s *API) getAuthenticator(r *http.Request) (any, error) {
	q, err := query(r, "pool", "username")
	if err != nil {
		return nil, err
	}
	return s.Authenticator(r.Context(), q.Get("pool"), q.Get("username"))
}

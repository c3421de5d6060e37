package devapi

import (
	"context"
	"net/http"
	"time"

	"cognate"
	"cognate/authn/totp"
)

// Authenticator is what a user's authenticator app would show now.
type Authenticator struct {
	// Active is the software token that signs in, Pending the one that was associated and not verified yet; nil without.
	Active  *AuthenticatorEntry `json:",omitzero"`
	Pending *AuthenticatorEntry `json:",omitzero"`
	// SecondsLeft is how long the present codes are shown.
	SecondsLeft float64
	// Spent says that the present codes, or later ones, have been used: the server would refuse them.
	Spent bool
	// NextIn is in how many seconds the server takes the next codes (NextCode); 0 when it takes them now.
	NextIn float64
}

// AuthenticatorEntry is one secret in an authenticator.
type AuthenticatorEntry struct {
	Code       string // as it is shown now
	NextCode   string // the next one that the server would take: Code unless that is spent
	SecretCode string // as AssociateSoftwareToken answered it
	URI        string // otpauth://…, what a QR code would hold
	Name       string // that the user gave the device
}

// Authenticator returns what the authenticator of a user, by username or alias, shows now.
// Errors: store.ErrNotFound, when there is no such pool or user.
func (s *API) Authenticator(ctx context.Context, poolID, username string) (*Authenticator, error) {
	pool, err := s.Store.UserPool(ctx, poolID)
	if err != nil {
		return nil, err
	}
	user, err := s.Store.FindUser(ctx, pool, username)
	if err != nil {
		return nil, err
	}
	return authenticatorAt(s.Options.Clock.Now(), pool, user), nil
}

func authenticatorAt(now time.Time, pool *cognate.UserPool, user *cognate.User) *Authenticator {
	step, last := totp.Step(now), user.Tokens.LastStep
	next := max(step, last+1)
	a := &Authenticator{
		SecondsLeft: startOf(step + 1).Sub(now).Seconds(),
		Spent:       last >= step,
		// The server takes the codes of one step ahead.
		NextIn: max(0, startOf(next-1).Sub(now).Seconds()),
	}
	entry := func(t *cognate.SoftwareToken) *AuthenticatorEntry {
		if t == nil {
			return nil
		}
		return &AuthenticatorEntry{
			Code: totp.Code(t.Secret, now), NextCode: totp.Code(t.Secret, startOf(next)), SecretCode: totp.Encode(t.Secret),
			URI: totp.URI(pool.Name, user.Username, t.Secret), Name: t.FriendlyName,
		}
	}
	a.Active, a.Pending = entry(user.Tokens.Active), entry(user.Tokens.Pending)
	return a
}

// startOf returns when a step begins.
func startOf(step int64) time.Time { return time.Unix(step*int64(totp.Period/time.Second), 0) }

func (s *API) getAuthenticator(r *http.Request) (any, error) {
	q, err := query(r, "pool", "username")
	if err != nil {
		return nil, err
	}
	return s.Authenticator(r.Context(), q.Get("pool"), q.Get("username"))
}

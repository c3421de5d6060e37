package throttle

import (
	"context"
	"time"

	"cognate/api"
	"cognate/store"
)

// softwareToken is the kind of wrong codes of a user's software tokens.
const softwareToken Kind = "software-token"

// tokenDay is the time for which the wrong codes are counted together.
const tokenDay = 24 * time.Hour

// TokenGuesses is the count of the wrong software token codes of a user, locked until the transaction ends.
type TokenGuesses struct{ count }

// AcquireTokenGuesses locks the user's count of wrong software token codes. An attacker who knows the password begins a new
// sign-in whenever the lockout allows it, and a quiet time resets the lockout. It does not reset this count. A finished
// sign-in does not reset it either, because the user's own sign-ins would then give the attacker new guesses.
// Errors: api.ErrAttemptsExceeded, for right codes too, after WrongTokenCodesPerDay wrong codes, until a day after the first.
func (l Limits) AcquireTokenGuesses(ctx context.Context, tx *store.Tx, poolID, sub string, now time.Time) (*TokenGuesses, error) {
	c, err := lockCount(ctx, tx, poolID, softwareToken.key(sub), l.WrongTokenCodesPerDay, tokenDay, now)
	if err != nil {
		return nil, err
	}
	if c.exceeded() {
		return nil, api.ErrAttemptsExceeded
	}
	return &TokenGuesses{c}, nil
}

// Count counts a wrong code. The caller commits the transaction (store.CommitWith).
func (g *TokenGuesses) Count(ctx context.Context) error { return g.add(ctx) }

package throttle

import (
	"context"
	"strings"
	"time"

	"cognate/store"
)

// Lockout is a user whose sign-ins are refused because of failures.
type Lockout struct {
	Sub      string
	Failures int
	Until    time.Time
}

// Lockouts returns the locked users of a pool, in no order. Usernames that have no user are left out.
func Lockouts(ctx context.Context, st *store.Store, poolID string, now time.Time) ([]Lockout, error) {
	locked, err := st.LockedAttempts(ctx, poolID, now)
	if err != nil {
		return nil, err
	}
	var users []Lockout
	for subject, a := range locked {
		if !strings.ContainsAny(subject, "/:") { // a count of requests, or a name
			users = append(users, Lockout{subject, a.Failures, a.LockedUntil})
		}
	}
	return users, nil
}

// Unlock forgets the failures of a user: wrong passwords and codes, and the wrong codes of software tokens within a day.
func Unlock(ctx context.Context, tx *store.Tx, poolID, sub string) error {
	for _, key := range []string{sub, softwareToken.key(sub)} {
		if _, err := tx.LockAttempts(ctx, poolID, key); err != nil {
			return err
		}
		if err := tx.DeleteAttempts(ctx, poolID, key); err != nil {
			return err
		}
	}
	return nil
}

package account

import (
	"context"
	"time"

	"cognate/api"
	"cognate/store"
)

// limit is how often a subject may do a thing within an hour of the first time. Source: Cognito developer guide, Quotas.
type limit struct {
	name    string
	perHour int
}

// The limits. They are never changed.
var (
	confirmLimit        = limit{"confirm", 15}
	resendLimit         = limit{"resend", 5}
	sendAttributeLimit  = limit{"send-attribute-code", 5}
	verifyLimit         = limit{"verify-attribute", 15}
	changePasswordLimit = limit{"change-password", 5}
	// The service takes 5 to 20 of these, by its own view of the risk.
	recoverLimit        = limit{"recover", 5}
	migrateLimit        = limit{"migrate", 5}
	confirmRecoverLimit = limit{"confirm-recovery", 15}
)

var errLimit = api.LimitExceededException("Attempt limit exceeded, please try after some time.")

// take counts one use, and keeps others of the subject waiting until the transaction ends. Errors:
// LimitExceededException, which isn't counted.
func (l limit) take(ctx context.Context, tx *store.Tx, poolID, subject string, now time.Time) error {
	subject = l.name + "/" + subject
	uses, err := tx.LockAttempts(ctx, poolID, subject)
	if err != nil {
		return err
	}
	if !now.Before(uses.LockedUntil) { // here: the end of the hour
		uses = store.Attempts{LockedUntil: now.Add(time.Hour)}
	}
	if uses.Failures >= l.perHour {
		return errLimit
	}
	uses.Failures++
	uses.LastFailed = now
	return tx.SaveAttempts(ctx, poolID, subject, uses)
}

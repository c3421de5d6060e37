package throttle

import (
	"context"
	"time"

	"cognate/api"
	"cognate/store"
)

// ResetAfter is how long after the last failure the count of failures is reset.
const ResetAfter = 15 * time.Minute

// Limits are the limits of a server. The zero value rejects every counted request and locks after the first failure.
type Limits struct {
	// FreeFailures is the number of failed passwords and codes that a user is locked after; 0 locks after the first.
	FreeFailures int
	// LongestLock is the longest time that failures lock a user; 0 means ResetAfter.
	LongestLock time.Duration
	// PerHour is how many requests of a kind a user may make within an hour of the first one. A missing kind means 0.
	PerHour map[Kind]int
	// MessagesPerHour is how many messages a pool may send to one address within an hour of the first one.
	MessagesPerHour int
}

// DefaultLimits returns the limits of Cognito. Source: Cognito developer guide, Quotas; docs/behaviour.md §2.2.
//
// Assumed: UpdateUserAttributes can send a user 10 codes an hour.
// Assumed: a pool can send 30 messages an hour to one address.
func DefaultLimits() Limits {
	return Limits{
		FreeFailures: 5,
		LongestLock:  15 * time.Minute,
		PerHour: map[Kind]int{
			ConfirmSignUp:          15,
			ResendConfirmationCode: 5,
			SendAttributeCode:      5,
			ChangeContact:          10,
			VerifyUserAttribute:    15,
			ChangePassword:         5,
			ForgotPassword:         5,  // the service allows 5 to 20, depending on the risk that it sees
			ConfirmForgotPassword:  15, // as above
			MigrateUser:            5,
		},
		MessagesPerHour: 30,
	}
}

// ErrExceeded says that the user has reached the limit of an operation (docs/behaviour.md §4.1).
var ErrExceeded = api.LimitExceededException("Attempt limit exceeded, please try after some time.")

// errThrottled replaces ErrExceeded where an operation that sends messages does not declare LimitExceededException.
// Assumed: the limits on UpdateUserAttributes and on one address answer with this throttling error.
var errThrottled = api.TooManyRequestsException("Rate exceeded")

// Take counts one request under the key of its user or username (UserKey, NameKey), and locks the count until the
// transaction ends. A request over the limit is not counted.
// Errors: LimitExceededException; for ChangeContact TooManyRequestsException, because UpdateUserAttributes declares no
// other.
func (l Limits) Take(ctx context.Context, tx *store.Tx, kind Kind, poolID, subject string, now time.Time) error {
	refusal := ErrExceeded
	if kind == ChangeContact {
		refusal = errThrottled
	}
	return take(ctx, tx, poolID, kind.key(subject), l.PerHour[kind], refusal, now)
}

// CountMessage counts one message to an email address or telephone number, over all users and operations of the pool.
// Otherwise an attacker could flood one address by several of them. A message over the limit is not counted.
// Errors: TooManyRequestsException.
func (l Limits) CountMessage(ctx context.Context, tx *store.Tx, poolID, address string, now time.Time) error {
	return take(ctx, tx, poolID, destinationKey(address), l.MessagesPerHour, errThrottled, now)
}

// take counts one use of the limit under a key. In these rows LockedUntil is the end of the hour that is counted.
func take(ctx context.Context, tx *store.Tx, poolID, key string, limit int, refusal error, now time.Time) error {
	uses, err := tx.LockAttempts(ctx, poolID, key)
	if err != nil {
		return err
	}
	if !now.Before(uses.LockedUntil) {
		uses = store.Attempts{LockedUntil: now.Add(time.Hour)}
	}
	if uses.Failures >= limit {
		return refusal
	}
	uses.Failures++
	uses.LastFailed = now
	return tx.SaveAttempts(ctx, poolID, key, uses)
}

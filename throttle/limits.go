// Package throttle bounds how often a thing may be done within an hour: what a user asks for by name or token, and what the
// server sends to one address or telephone number.
//
// It counts in the caller's transaction, so that racing requests are counted one by one. Wrong passwords and codes are
// counted by package lockout, and by each code for itself in package codes.
package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"cognate/api"
	"cognate/store"
)

// Limit is a thing that is counted, under the name by which the store keeps the count.
type Limit string

// The things that are counted.
const (
	ConfirmSignUp          Limit = "confirm"
	ResendConfirmationCode Limit = "resend"
	SendAttributeCode      Limit = "send-attribute-code" // GetUserAttributeVerificationCode
	ChangeContact          Limit = "change-contact"      // UpdateUserAttributes that makes the server send a code
	VerifyUserAttribute    Limit = "verify-attribute"
	ChangePassword         Limit = "change-password"
	ForgotPassword         Limit = "recover"
	ConfirmForgotPassword  Limit = "confirm-recovery"
	MigrateUser            Limit = "migrate" // ForgotPassword that asks a function who somebody is

	toDestination Limit = "destination"
)

// perHour is how often the thing may be done within an hour of the first time. Source: Cognito developer guide, Quotas.
func (l Limit) perHour() int {
	switch l {
	case ResendConfirmationCode, SendAttributeCode, ChangePassword, MigrateUser:
		return 5
	case ForgotPassword: // the service takes 5 to 20, by its own view of the risk
		return 5
	case ConfirmForgotPassword: // here, too
		return 15
	case ChangeContact: // Assumed: UpdateUserAttributes can send a user 10 codes an hour.
		return 10
	case toDestination: // Assumed: a pool can send 30 messages an hour to one address.
		return 30
	default:
		return 15
	}
}

// ErrExceeded is told a user who comes too often (docs/behaviour.md §4.1).
var ErrExceeded = api.LimitExceededException("Attempt limit exceeded, please try after some time.")

// errThrottled is told instead where an operation declares no LimitExceededException, which goes for some that send.
// Assumed: the limits on UpdateUserAttributes and on one address answer with this throttling error.
var errThrottled = api.TooManyRequestsException("Rate exceeded")

// Take counts one use by a subject (package lockout has the subjects of users, and of names that are nobody's), and keeps
// others of the subject waiting until the transaction ends.
// Errors: LimitExceededException, which isn't counted; of ChangeContact TooManyRequestsException, since
// UpdateUserAttributes declares no other.
func (l Limit) Take(ctx context.Context, tx *store.Tx, poolID, subject string, now time.Time) error {
	subject = string(l) + "/" + subject
	uses, err := tx.LockAttempts(ctx, poolID, subject)
	if err != nil {
		return err
	}
	if !now.Before(uses.LockedUntil) { // here: the end of the hour
		uses = store.Attempts{LockedUntil: now.Add(time.Hour)}
	}
	if uses.Failures >= l.perHour() {
		return l.refusal()
	}
	uses.Failures++
	uses.LastFailed = now
	return tx.SaveAttempts(ctx, poolID, subject, uses)
}

func (l Limit) refusal() error {
	if l == toDestination || l == ChangeContact {
		return errThrottled
	}
	return ErrExceeded
}

// CountMessage counts one message to an email address or telephone number, whoever it is for and whatever it says: an address
// can't be flooded through different users and operations of a pool. The address itself is not kept.
// Errors: TooManyRequestsException, which isn't counted.
func CountMessage(ctx context.Context, tx *store.Tx, poolID, destination string, now time.Time) error {
	sum := sha256.Sum256([]byte(strings.ToLower(destination)))
	return toDestination.Take(ctx, tx, poolID, hex.EncodeToString(sum[:]), now)
}

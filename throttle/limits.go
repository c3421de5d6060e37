package throttle

import (
	"context"
	"errors"
	"strings"
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
	// WrongTokenCodesPerDay is how many wrong codes of software tokens a user may send within a day of the first one, in
	// sign-ins and in VerifySoftwareToken together; 0 rejects every code.
	WrongTokenCodesPerDay int
	// PerHour is how many requests of a kind a user may make within an hour of the first one. A missing kind means 0.
	PerHour map[Kind]int
	// NoticesPerHour is how many security notices about one kind of change a user gets within an hour of the first one.
	NoticesPerHour int
	// MessagesPerHour is how many messages a pool may send to one address within an hour of the first one: to the user who
	// has verified the address, and again to all others together.
	MessagesPerHour int
	// WrongCodesPerHour is how many wrong answers a pool accepts to codes that were sent to one address, within an hour of the
	// first one: of the user who has verified the address, and again of all others together.
	WrongCodesPerHour int
	// RegistrationsPerHour is how many app clients applications at one IP address can register in a pool within an hour of the first
	// one.
	RegistrationsPerHour int
	// PushedRequestsPerHour is how many authorization requests of clients that anyone can use can be pushed in a pool from one IP
	// address within an hour of the first one.
	PushedRequestsPerHour int
	// DevicesPerHour is how many authorizations devices at one IP address can start in a pool within an hour of the first one, and
	// WrongUserCodesPerHour is how many wrong codes of devices browsers at one address can enter.
	DevicesPerHour, WrongUserCodesPerHour int
	// Locked, if not nil, is called after each failure that locks a user or a name.
	Locked func()
}

// DefaultLimits returns the limits of Cognito. Source: Cognito developer guide, Quotas; docs/behaviour.md §2.2.
//
// Assumed: a user can send 100 wrong codes of software tokens a day. The lockout alone would allow more than 500.
//
// A user gets 10 security notices about one kind of change an hour.
//
// Assumed: applications at one IP address can register 30 app clients an hour in a pool.
// Assumed: devices at one IP address can start 100 authorizations an hour in a pool. Requests of clients with a secret do not count.
// Assumed: browsers at one IP address can enter 20 wrong codes of devices an hour in a pool.
// Assumed: public clients at one IP address can push 1,000 authorization requests an hour in a pool. A network can have many users.
// Assumed: a user gets 10 emails about risky sign-ins an hour.
// Assumed: UpdateUserAttributes can send a user 10 codes an hour.
// Assumed: a pool can send 30 messages an hour to one address, and 30 more to the user who has verified it.
// Assumed: a pool accepts 15 wrong codes an hour for one address, and 15 more of the user who has verified it.
func DefaultLimits() Limits {
	return Limits{
		FreeFailures: 5,
		LongestLock:  15 * time.Minute,
		// Three codes are valid at a time, so the guesses of a day find one with a probability of 1 in 3,300.
		WrongTokenCodesPerDay: 100,
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
			RiskEmail:              10,
		},
		NoticesPerHour:        10,
		MessagesPerHour:       30,
		WrongCodesPerHour:     15,
		RegistrationsPerHour:  30,
		DevicesPerHour:        100,
		PushedRequestsPerHour: 1000,
		// A code has one of 20^8 values, and each is valid for ten minutes.
		WrongUserCodesPerHour: 20,
	}
}

// ErrExceeded says that the user has reached the limit of an operation (docs/behaviour.md §4.1). api.ErrRateExceeded replaces it
// where an operation that sends messages does not declare LimitExceededException.
// Assumed: the limits on UpdateUserAttributes and on one address answer with TooManyRequestsException "Rate exceeded".
var ErrExceeded = api.LimitExceededException("Attempt limit exceeded, please try after some time.")

// Take counts one request under the key of its user or username (UserKey, NameKey), and locks the count until the
// transaction ends. A request over the limit is not counted.
// Errors: LimitExceededException; for ChangeContact TooManyRequestsException, because UpdateUserAttributes declares no
// other.
func (l Limits) Take(ctx context.Context, tx *store.Tx, kind Kind, poolID, subject string, now time.Time) error {
	refusal := ErrExceeded
	if kind == ChangeContact {
		refusal = api.ErrRateExceeded
	}
	limit := l.PerHour[kind]
	if strings.HasPrefix(string(kind), noticePrefix) {
		limit = l.NoticesPerHour
	}
	return take(ctx, tx, poolID, kind.key(subject), limit, refusal, now)
}

// Allows is Take for a message that is left out if the limit is reached. It reports whether the message may be sent.
func (l Limits) Allows(ctx context.Context, tx *store.Tx, kind Kind, poolID, subject string, now time.Time) (bool, error) {
	err := l.Take(ctx, tx, kind, poolID, subject, now)
	if errors.Is(err, ErrExceeded) {
		return false, nil
	}
	return err == nil, err
}

// errNoRecipient is an internal error: the code used the zero Recipient.
var errNoRecipient = errors.New("throttle: no recipient")

// CountMessage counts one message to a recipient's email address or telephone number, a value of the attribute, for any
// operation of the pool: an attacker can't flood an address through several of them. A message over the limit is not counted.
// Errors: TooManyRequestsException.
func (l Limits) CountMessage(ctx context.Context, tx *store.Tx, poolID string, r Recipient, attribute, address string, now time.Time) error {
	if r.isZero() {
		return errNoRecipient
	}
	return take(ctx, tx, poolID, r.addressKey(destination, attribute, address), l.MessagesPerHour, api.ErrRateExceeded, now)
}

// WrongCodes is the count of wrong answers to codes that were sent to one address, locked until the transaction ends.
type WrongCodes struct {
	count
	address *Address // nil if the request has none
}

// LockWrongCodes locks the count of wrong codes for a recipient's address, a value of the attribute. The address is empty if
// the recipient has no code. Errors: TooManyRequestsException if too many wrong ones came from the address of the client.
func (l Limits) LockWrongCodes(ctx context.Context, tx *store.Tx, poolID string, r Recipient, attribute, address string, now time.Time) (*WrongCodes, error) {
	if r.isZero() {
		return nil, errNoRecipient
	}
	c, err := lockCount(ctx, tx, poolID, r.addressKey(wrongCode, attribute, address), l.WrongCodesPerHour, time.Hour, now)
	if err != nil {
		return nil, err
	}
	from := addressFrom(ctx)
	if err := from.requireFree(ctx, tx, now); err != nil {
		return nil, err
	}
	return &WrongCodes{c, from}, nil
}

// Exceeded reports whether the limit is reached. Then no code may be accepted.
func (w *WrongCodes) Exceeded() bool { return w.exceeded() }

// Count counts one wrong code. Errors: as LockWrongCodes.
func (w *WrongCodes) Count(ctx context.Context) error {
	if err := w.address.countWrong(ctx, w.tx, w.now); err != nil {
		return err
	}
	return w.add(ctx)
}

// take counts one use of the limit under a key.
func take(ctx context.Context, tx *store.Tx, poolID, key string, limit int, refusal error, now time.Time) error {
	c, err := lockCount(ctx, tx, poolID, key, limit, time.Hour, now)
	if err != nil {
		return err
	}
	if c.exceeded() {
		return refusal
	}
	return c.add(ctx)
}

// count is a locked count of uses within a period. In its row LockedUntil is the end of the period that is counted.
type count struct {
	tx          *store.Tx
	poolID, key string
	limit       int
	now         time.Time
	uses        store.Attempts
}

func lockCount(ctx context.Context, tx *store.Tx, poolID, key string, limit int, period time.Duration, now time.Time) (count, error) {
	uses, err := tx.LockAttempts(ctx, poolID, key)
	if err != nil {
		return count{}, err
	}
	if !now.Before(uses.LockedUntil) {
		uses = store.Attempts{LockedUntil: now.Add(period)}
	}
	return count{tx, poolID, key, limit, now, uses}, nil
}

func (c *count) exceeded() bool { return c.uses.Failures >= c.limit }

func (c *count) add(ctx context.Context) error {
	c.uses.Failures++
	c.uses.LastFailed = c.now
	return c.tx.SaveAttempts(ctx, c.poolID, c.key, c.uses)
}

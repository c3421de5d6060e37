// Package codes creates, stores, checks and consumes the one-time codes that are sent to users. A code is stored as a hash.
// It expires, its wrong answers are counted, and it is consumed once.
//
// It does not send messages: see package notify. It has its own errors, and the caller maps them to the API's errors.
package codes

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"time"

	"cognate/store"
	"cognate/throttle"
)

// Purpose says what a code is for. A user has at most one code for each purpose: a new code replaces the old one.
//
// Assumed: a new code replaces the old one. One valid code is safer than several.
type Purpose string

// The purposes with a lifetime of their own. See also Attribute.
const (
	SignUp   Purpose = "sign-up"
	Recovery Purpose = "recovery"
)

// Attribute returns the purpose of a code that verifies a user's "email" or "phone_number".
func Attribute(name string) Purpose { return Purpose("attribute/" + name) }

// Lifetimes of codes. Source: Cognito developer guide, Quotas.
const (
	verificationTTL = 24 * time.Hour
	recoveryTTL     = time.Hour
)

func (p Purpose) ttl() time.Duration {
	if p == Recovery {
		return recoveryTTL
	}
	return verificationTTL
}

// The errors of Consume. ErrMismatch and ErrExhausted count a wrong answer only if the transaction is committed.
var (
	ErrMismatch  = errors.New("codes: wrong code")
	ErrExhausted = errors.New("codes: wrong code, and too many of them before")
	ErrLate      = errors.New("codes: right code, but expired or given up after too many wrong ones")
	ErrNone      = errors.New("codes: no code to answer, or it has expired")
)

// maxFailures is the number of wrong answers that a code allows. The service accepts that many answers in an hour
// (developer guide, Quotas). With six digits an attacker has 15 chances in a million.
const maxFailures = 15

// New returns a code of six decimal digits. Every code is equally likely.
func New() string { return random(6, 1_000_000) }

// NewFirstFactor returns a code of eight decimal digits, which signs a user in without another factor (docs/behaviour.md
// §1.8).
func NewFirstFactor() string { return random(8, 100_000_000) }

func random(digits int, below int64) string {
	n, _ := rand.Int(rand.Reader, big.NewInt(below)) // crypto/rand never fails
	return fmt.Sprintf("%0*d", digits, n)
}

// Issue describes a code to store: its user, its purpose and its destination.
type Issue struct {
	PoolID, Sub string
	// Recipient is the user as the transaction sees it, or the name of a decoy. The message counts towards its budget. Required.
	Recipient throttle.Recipient
	Purpose   Purpose
	// Binding ties the code to one more value, such as the ID of a Session. The answer must have the same binding. It may
	// be empty.
	Binding string
	// Attribute ("email" or "phone_number") and Destination (its value) say where the code is sent. Consume returns them.
	Attribute, Destination string
	// TTL is the lifetime of the code. Zero means the lifetime of its purpose.
	TTL time.Duration
}

// Expires returns the time at which a code that is stored at now expires.
func (o Issue) Expires(now time.Time) time.Time { return now.Add(cmp.Or(o.TTL, o.Purpose.ttl())) }

// Save stores a code and replaces an earlier one of the same purpose. It counts the message that carries the code. Errors:
// TooManyRequestsException if the destination received too many messages.
func Save(ctx context.Context, tx *store.Tx, limits throttle.Limits, o Issue, code string, now time.Time) error {
	if err := limits.CountMessage(ctx, tx, o.PoolID, o.Recipient, o.Attribute, o.Destination, now); err != nil {
		return err
	}
	return tx.SaveCode(ctx, store.Code{
		PoolID: o.PoolID, Sub: o.Sub, Purpose: string(o.Purpose), Hash: hash(o.Purpose, o.Sub, o.Binding, code),
		Attribute: o.Attribute, Destination: o.Destination, Expires: o.Expires(now),
	})
}

// SaveDecoy does what Save does, for a subject who gets no code: no answer is right.
func SaveDecoy(ctx context.Context, tx *store.Tx, limits throttle.Limits, o Issue, now time.Time) error {
	o.Binding = rand.Text()
	return Save(ctx, tx, limits, o, New(), now)
}

// Answer is a code that a user sent back.
type Answer struct {
	PoolID, Sub string
	// Recipient is the user as the transaction sees it, or the name of a decoy. A wrong answer counts towards its budget.
	// Required.
	Recipient throttle.Recipient
	Purpose   Purpose
	Binding   string
	Code      string
}

// Contact is the address that a consumed code verifies: its user can read messages to Destination.
type Contact struct {
	Attribute, Destination string
}

// Consume checks an answer and deletes its code. If two concurrent transactions have the same code, one gets the Contact
// and the other gets ErrNone. A wrong answer is counted if the caller commits the transaction in spite of the error: for the
// code, and for the address that it was sent to. Once the address has too many, no code that was sent there is accepted for
// the rest of the hour. The caller holds a lock that the callers of Save hold too: the user's, or that of the user's attempts.
// Errors: ErrMismatch, ErrExhausted, ErrLate, ErrNone.
func Consume(ctx context.Context, tx *store.Tx, limits throttle.Limits, a Answer, now time.Time) (Contact, error) {
	code, err := tx.LockCode(ctx, a.PoolID, a.Sub, string(a.Purpose))
	missing := errors.Is(err, store.ErrNotFound)
	if missing {
		// This costs what counting an answer to a code costs, so the time does not show that there is none.
		err = tx.SaveCode(ctx, store.Code{
			PoolID: a.PoolID, Sub: a.Sub, Purpose: string(a.Purpose), Hash: hash(a.Purpose, a.Sub, rand.Text(), ""), Expires: now,
		})
	}
	if err != nil {
		return Contact{}, err
	}
	wrong, err := limits.LockWrongCodes(ctx, tx, a.PoolID, a.Recipient, code.Attribute, code.Destination, now)
	if err != nil {
		return Contact{}, err
	}
	// Compared in constant time before all other checks, so the time reveals nothing about the code.
	right := subtle.ConstantTimeCompare(code.Hash, hash(a.Purpose, a.Sub, a.Binding, a.Code)) == 1
	expired, exhausted := !now.Before(code.Expires), code.Failures > maxFailures
	switch {
	case right && (expired || exhausted): // the code is worth nothing, so the answer may show that it was right
		return Contact{}, ErrLate
	case wrong.Exceeded() && !missing:
		return Contact{}, ErrExhausted
	case right:
		return Contact{code.Attribute, code.Destination}, tx.DeleteCode(ctx, a.PoolID, a.Sub, string(a.Purpose))
	}
	if err := wrong.Count(ctx); err != nil {
		return Contact{}, err
	}
	switch {
	case missing || expired:
		return Contact{}, ErrNone
	case exhausted:
		return Contact{}, ErrExhausted
	default:
		return Contact{}, ErrMismatch
	}
}

// Destination returns the destination of a user's valid code of a purpose, or "". The call counts as an answer, so use it
// only to replace the code.
func Destination(ctx context.Context, tx *store.Tx, poolID, sub string, purpose Purpose, now time.Time) (string, error) {
	code, err := tx.LockCode(ctx, poolID, sub, string(purpose))
	if errors.Is(err, store.ErrNotFound) || err == nil && !now.Before(code.Expires) {
		return "", nil
	}
	return code.Destination, err
}

// Drop deletes a user's code of a purpose, if there is one.
func Drop(ctx context.Context, tx *store.Tx, poolID, sub string, purpose Purpose) error {
	return tx.DeleteCode(ctx, poolID, sub, string(purpose))
}

// hash returns the stored form of a code. It includes the purpose, the user and the binding, so a code is valid only for
// these. The lengths separate the parts. The store seals the hash, because an attacker could compute six digits from it.
func hash(purpose Purpose, sub, binding, code string) []byte {
	h := sha256.New()
	for _, part := range []string{string(purpose), sub, binding, code} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}

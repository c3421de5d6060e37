// Package codes makes the one-time codes that are sent to people, and takes them back: each is kept as a hash, its wrong
// answers are counted, it expires, and it is good once.
//
// It sends nothing, and says in its own errors what became of an answer: package notify writes to people, and which
// refusal the caller of an operation sees is the operation's to say.
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

// Purpose is what a code is for. A user has at most one code of a purpose: a new one takes the place of the one before.
//
// Assumed: a new code ends the one before it. One valid code is safer than several.
type Purpose string

// The purposes with a lifetime of their own; see also Attribute.
const (
	SignUp   Purpose = "sign-up"
	Recovery Purpose = "recovery"
)

// Attribute is the purpose of a code that proves a user's "email" or "phone_number".
func Attribute(name string) Purpose { return Purpose("attribute/" + name) }

// Lifetimes. Source: Cognito developer guide, Quotas.
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

// What becomes of an answer. ErrMismatch and ErrExhausted count only if the transaction is committed.
var (
	ErrMismatch  = errors.New("codes: wrong code")
	ErrExhausted = errors.New("codes: wrong code, and too many of them before")
	ErrLate      = errors.New("codes: right code, but expired or given up after too many wrong ones")
	ErrNone      = errors.New("codes: no code to answer, or it has expired")
)

// maxFailures is how many wrong answers a code bears. It is the number of answers that the service takes in an hour
// (developer guide, Quotas); six digits give a guesser 15 chances in a million.
const maxFailures = 15

// New returns a code of six decimal digits, each code equally likely.
func New() string { return random(6, 1_000_000) }

// NewFirstFactor returns a code of eight decimal digits, which lets a user in with nothing else (docs/behaviour.md §1.8).
func NewFirstFactor() string { return random(8, 100_000_000) }

func random(digits int, below int64) string {
	n, _ := rand.Int(rand.Reader, big.NewInt(below)) // crypto/rand never fails
	return fmt.Sprintf("%0*d", digits, n)
}

// Issue says for whom a code is and what it proves.
type Issue struct {
	PoolID, Sub string
	Purpose     Purpose
	// Binding ties the code to one thing more, such as the ID of a Session; whoever answers must name the same. It may be
	// empty.
	Binding string
	// Attribute ("email" or "phone_number") and Destination (its value) say where the code goes; Spend gives them back.
	Attribute, Destination string
	// TTL is how long the code lives; zero means as long as its purpose has it.
	TTL time.Duration
}

// Expires returns when a code that is kept at now stops working.
func (o Issue) Expires(now time.Time) time.Time { return now.Add(cmp.Or(o.TTL, o.Purpose.ttl())) }

// Save stores a code in place of an earlier one of the same purpose, and counts the message that will carry it.
// Errors: TooManyRequestsException, when its destination got too many messages.
func Save(ctx context.Context, tx *store.Tx, limits throttle.Limits, o Issue, code string, now time.Time) error {
	if err := limits.CountMessage(ctx, tx, o.PoolID, o.Destination, now); err != nil {
		return err
	}
	return tx.SaveCode(ctx, store.Code{
		PoolID: o.PoolID, Sub: o.Sub, Purpose: string(o.Purpose), Hash: hash(o.Purpose, o.Sub, o.Binding, code),
		Attribute: o.Attribute, Destination: o.Destination, Expires: o.Expires(now),
	})
}

// Answer is a code as it came back.
type Answer struct {
	PoolID, Sub string
	Purpose     Purpose
	Binding     string
	Code        string
}

// Contact is what a spent code proves: that its user reads what is sent to Destination.
type Contact struct {
	Attribute, Destination string
}

// Consume takes a code back. Of two racing transactions with one code, one gets the proof and the other ErrNone. A wrong
// answer is counted if the transaction is committed in spite of the error.
// Errors: ErrMismatch, ErrExhausted, ErrLate, ErrNone.
func Consume(ctx context.Context, tx *store.Tx, a Answer, now time.Time) (Contact, error) {
	code, err := tx.LockCode(ctx, a.PoolID, a.Sub, string(a.Purpose))
	if errors.Is(err, store.ErrNotFound) {
		return Contact{}, ErrNone
	}
	if err != nil {
		return Contact{}, err
	}
	// Compared before anything else is looked at, in constant time.
	right := subtle.ConstantTimeCompare(code.Hash, hash(a.Purpose, a.Sub, a.Binding, a.Code)) == 1
	expired, exhausted := !now.Before(code.Expires), code.Failures > maxFailures
	switch {
	case right && (expired || exhausted):
		return Contact{}, ErrLate
	case expired:
		return Contact{}, ErrNone
	case exhausted:
		return Contact{}, ErrExhausted
	case !right:
		return Contact{}, ErrMismatch
	}
	return Contact{code.Attribute, code.Destination}, tx.DeleteCode(ctx, a.PoolID, a.Sub, string(a.Purpose))
}

// Destination returns where a user's live code of a purpose went; empty when there is none. It counts as an answer: it is
// for replacing the code.
func Destination(ctx context.Context, tx *store.Tx, poolID, sub string, purpose Purpose, now time.Time) (string, error) {
	code, err := tx.LockCode(ctx, poolID, sub, string(purpose))
	if errors.Is(err, store.ErrNotFound) || err == nil && !now.Before(code.Expires) {
		return "", nil
	}
	return code.Destination, err
}

// Drop forgets a user's code of a purpose; without one it does nothing.
func Drop(ctx context.Context, tx *store.Tx, poolID, sub string, purpose Purpose) error {
	return tx.DeleteCode(ctx, poolID, sub, string(purpose))
}

// hash is what is kept of a code. Purpose, user and binding are mixed in, so that no code passes for another; the lengths
// keep them apart. The store seals the hash, since six digits could be found from it.
func hash(purpose Purpose, sub, binding, code string) []byte {
	h := sha256.New()
	for _, part := range []string{string(purpose), sub, binding, code} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}

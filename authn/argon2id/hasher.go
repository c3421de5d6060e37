// Package argon2id hashes passwords with argon2id, for user pools that store no SRP verifier.
//
// It knows no users and no password policy, and it counts no attempts.
package argon2id

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
)

// ErrHash means that a hash is malformed, or its parameters are too weak or too costly to compute.
var ErrHash = errors.New("argon2id: malformed hash")

// ErrBusy says that no slot became free within MaxWait.
var ErrBusy = errors.New("argon2id: too many hashes wait")

// MaxWait is how long a hash waits for a free slot. A longer queue would hold the connections and the passwords of requests
// whose callers have given up, and would delay every sign-in after a flood of guesses.
const MaxWait = 2 * time.Second

// NoPassword is a hash that no password matches. Verifying against it costs the same time as against any other hash, so an
// answer about an unknown user takes as long as one about a user.
const NoPassword = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

const (
	minKeyLength = 16        // bytes; an empty key would match any password
	maxMemory    = 256 << 10 // KiB
	maxRounds    = 16
)

// Hasher hashes passwords with argon2id and limits how many hashes it computes at the same time. A hash takes 19 MiB and
// about 20 ms of a processor, so a flood of guesses could otherwise use all the memory. The zero value has no slots: it
// returns ErrBusy.
type Hasher struct {
	slots  chan struct{}
	params argon2id.Params
	// after returns a channel that receives a value when the time has passed.
	after func(time.Duration) <-chan time.Time

	waiting, busy atomic.Int64
}

// Load is how busy a Hasher is.
type Load struct {
	Running, Waiting int
	Slots            int   // how many hashes can run at the same time
	Busy             int64 // how many hashes got ErrBusy so far
}

// Load returns how busy the Hasher is.
func (h *Hasher) Load() Load {
	return Load{Running: len(h.slots), Waiting: int(h.waiting.Load()), Slots: cap(h.slots), Busy: h.busy.Load()}
}

// NewHasher returns a Hasher that computes up to concurrent hashes at the same time, and at least one. after is the clock of
// MaxWait: time.After, or that of a test.
func NewHasher(concurrent int, after func(time.Duration) <-chan time.Time) *Hasher {
	return &Hasher{
		slots: make(chan struct{}, max(concurrent, 1)),
		after: after,
		// Source: OWASP Password Storage Cheat Sheet, argon2id.
		params: argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}
}

// Hash returns the hash of a password with its salt and parameters: "$argon2id$v=19$m=19456,t=2,p=1$salt$key". It waits for
// a free slot. Errors: ErrBusy after MaxWait; ctx's error if ctx is done before.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer h.release()
	hash, err := argon2id.CreateHash(password, &h.params)
	if err != nil {
		return "", fmt.Errorf("argon2id: hash: %w", err)
	}
	return hash, nil
}

// Verify reports whether hash is the hash of password. It uses the parameters in hash and compares in constant time. It
// waits for a free slot as Hash does, for every password and hash alike. Errors: ErrHash; those of Hash.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	if err := Check(hash); err != nil {
		return false, err
	}
	if err := h.acquire(ctx); err != nil {
		return false, err
	}
	defer h.release()
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, ErrHash
	}
	return ok, nil
}

// Run runs another costly verification of a password in one of the slots. It waits for a free slot as Hash does. Errors: those
// of Hash; those of verify.
func (h *Hasher) Run(ctx context.Context, verify func() (bool, error)) (bool, error) {
	if err := h.acquire(ctx); err != nil {
		return false, err
	}
	defer h.release()
	return verify()
}

// Check returns an error for a hash that Verify refuses: one that would make argon2 panic or use all the memory, or one that would match
// any password. Errors: ErrHash.
func Check(hash string) error {
	params, _, _, err := argon2id.DecodeHash(hash)
	switch {
	case err != nil,
		params.Iterations < 1 || params.Iterations > maxRounds,
		params.Parallelism < 1,
		params.Memory > maxMemory,
		params.KeyLength < minKeyLength:
		return ErrHash
	}
	return nil
}

func (h *Hasher) acquire(ctx context.Context) error {
	if h.slots == nil {
		return ErrBusy
	}
	select {
	case h.slots <- struct{}{}: // without a timer
		return nil
	default:
	}
	h.waiting.Add(1)
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("argon2id: wait for a slot: %w", ctx.Err())
	case <-h.after(MaxWait):
		h.busy.Add(1)
		return ErrBusy
	}
}

func (h *Hasher) release() { <-h.slots }

// Package argon2id hashes passwords with argon2id, for user pools that keep no SRP verifier.
//
// It knows no users, no policy and counts no attempts.
package argon2id

import (
	"context"
	"errors"
	"fmt"

	"github.com/alexedwards/argon2id"
)

// ErrHash says that a hash isn't one of ours: malformed, or with parameters too weak or too costly to compute.
var ErrHash = errors.New("password: malformed hash")

// NoPassword is a hash that belongs to no password. Verifying against it costs what verifying against any other does, so
// that users who don't exist take as long to refuse as users who do.
const NoPassword = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

const (
	minKeyLength = 16        // bytes; an empty key would match any password
	maxMemory    = 256 << 10 // KiB
	maxRounds    = 16
)

// Hasher hashes passwords with argon2id, as many at once as it was made for: each takes 19 MiB and about 20 ms of a
// processor, so that a flood of guesses would otherwise take all the memory.
type Hasher struct {
	slots  chan struct{}
	params argon2id.Params
}

// NewHasher makes a Hasher that computes up to concurrent hashes at once, at least one.
func NewHasher(concurrent int) *Hasher {
	return &Hasher{
		slots: make(chan struct{}, max(concurrent, 1)),
		// Source: OWASP Password Storage Cheat Sheet, argon2id.
		params: argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}
}

// Hash returns a hash of password to keep, with its salt and parameters: "$argon2id$v=19$m=19456,t=2,p=1$salt$key".
// It waits for its turn until ctx is done, and fails with its error then.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer h.release()
	hash, err := argon2id.CreateHash(password, &h.params)
	if err != nil {
		return "", fmt.Errorf("password: hash: %w", err)
	}
	return hash, nil
}

// Verify tells whether password is the one that hash was made of, by hash's own parameters; it compares in constant time.
// It waits for its turn as Hash does. Errors: ErrHash.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	if err := checkHash(hash); err != nil {
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

// checkHash refuses what would make argon2 panic, take all the memory, or match anything.
func checkHash(hash string) error {
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
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("password: wait for a turn to hash: %w", ctx.Err())
	}
}

func (h *Hasher) release() { <-h.slots }

// Package passwords makes and checks what is kept of a user's password, in the form that the user's pool keeps: an SRP
// verifier, or an argon2id hash where the pool says so.
//
// It stores nothing and counts nothing: see packages store and lockout.
package passwords

import (
	"context"
	"crypto/rand"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/authn/password"
	"cognate/authn/srp"
)

// Keeper makes and checks passwords.
type Keeper struct {
	Hasher *password.Hasher
	// DecoyKey makes the verifiers of users that don't exist; any secret that stays the same.
	DecoyKey []byte
}

// CheckPolicy checks a new password against the pool's policy. Errors: InvalidPasswordException.
func (k *Keeper) CheckPolicy(pool *cognate.UserPool, plaintext string) error {
	err := policyOf(pool).Check(plaintext)
	if broken, ok := errors.AsType[*password.PolicyError](err); ok {
		return api.InvalidPasswordException("Password did not conform with policy: " + string(broken.Reason))
	}
	return err
}

// Generate returns a temporary password that fits the pool's policy.
func (k *Keeper) Generate(pool *cognate.UserPool) (string, error) {
	return password.Generate(policyOf(pool), rand.Reader)
}

func policyOf(pool *cognate.UserPool) password.Policy {
	p := pool.PasswordPolicy
	return password.Policy{
		MinimumLength: p.MinimumLength, RequireUppercase: p.RequireUppercase, RequireLowercase: p.RequireLowercase,
		RequireNumbers: p.RequireNumbers, RequireSymbols: p.RequireSymbols,
	}
}

// New returns what to keep of a user's password. It costs a modular exponentiation or an argon2id hash: call it outside
// transactions.
func (k *Keeper) New(ctx context.Context, pool *cognate.UserPool, username, plaintext string) (cognate.Password, error) {
	if pool.StoresArgon2id() {
		hash, err := k.Hasher.Hash(ctx, plaintext)
		return cognate.Password{Argon2id: hash}, err
	}
	v, err := srp.NewVerifier(identity(pool, username), plaintext, rand.Reader)
	return cognate.Password{Salt: v.Salt, Verifier: v.V}, err
}

// Check reports whether plaintext is the user's password. A nil user, or one without a password, costs the same and
// never matches; so does a verifier from before the pool kept hashes. Only a hash in a pool that keeps verifiers again
// takes longer than they do.
func (k *Keeper) Check(ctx context.Context, pool *cognate.UserPool, user *cognate.User, plaintext string) (bool, error) {
	switch {
	case user != nil && user.Password.Argon2id != "":
		return k.Hasher.Verify(ctx, user.Password.Argon2id, plaintext)
	case pool.StoresArgon2id():
		_, err := k.Hasher.Verify(ctx, password.NoPassword, plaintext) // the time of a check
		if err != nil || user == nil {
			return false, err
		}
	}
	username := "nobody"
	if user != nil {
		username = user.Username
	}
	verifier, err := k.Verifier(pool, username, user)
	if err != nil {
		return false, err
	}
	right := verifier.Check(identity(pool, username), plaintext)
	return right && user != nil && user.Password.IsSet(), nil
}

// Verifier returns the SRP verifier of a user; for nobody, or a user without one, a decoy that is always the same for
// the same name and that no password matches.
func (k *Keeper) Verifier(pool *cognate.UserPool, username string, user *cognate.User) (srp.Verifier, error) {
	if user == nil || len(user.Password.Verifier) == 0 {
		return srp.FakeVerifier(k.DecoyKey, identity(pool, username))
	}
	return srp.Verifier{Salt: user.Password.Salt, V: user.Password.Verifier}, nil
}

func identity(pool *cognate.UserPool, username string) srp.Identity {
	return srp.Identity{PoolName: pool.ShortName(), Username: username}
}

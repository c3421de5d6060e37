// Package passwords makes and checks the stored form of a user's password, which the pool chooses: an SRP verifier or an
// argon2id hash.
//
// It stores nothing and counts nothing: see packages store and throttle.
package passwords

import (
	"context"
	"crypto/rand"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/authn/argon2id"
	"cognate/authn/srp"
)

// Service makes and checks passwords.
type Service struct {
	Hasher *argon2id.Hasher
	// KeepPlaintext keeps passwords themselves beside what is kept of them, for Moved. For `cognate dev` only, with
	// its data in memory.
	KeepPlaintext bool
}

// CheckPolicy checks a new password against the pool's policy. Errors: InvalidPasswordException.
func (s *Service) CheckPolicy(pool *cognate.UserPool, plaintext string) error {
	err := policyOf(pool).Check(plaintext)
	if broken, ok := errors.AsType[*PolicyError](err); ok {
		return api.InvalidPasswordException("Password did not conform with policy: " + string(broken.Reason))
	}
	return err
}

// errRemembered refuses a password that the user has had.
// Assumed: the text for a password that the user had before.
var errRemembered = api.PasswordHistoryPolicyViolationException(
	"Password has previously been used. Please choose a password that you have not used before.")

// Next returns what to keep of a new password of a user, once it fits the pool's policy and is none of those that the pool
// remembers of the user; set it with cognate.Password.After. It costs about as much as New, and as much again for each
// password remembered: call it outside transactions. Call it only after the user has proven a factor, since it shows what
// the user's passwords were.
// Errors: InvalidPasswordException, PasswordHistoryPolicyViolationException.
func (s *Service) Next(ctx context.Context, pool *cognate.UserPool, user *cognate.User, plaintext string) (cognate.Password, error) {
	if err := s.CheckPolicy(pool, plaintext); err != nil {
		return cognate.Password{}, err
	}
	if err := s.CheckHistory(ctx, pool, user, plaintext); err != nil {
		return cognate.Password{}, err
	}
	return s.New(ctx, pool, user.Username, plaintext)
}

// CheckHistory refuses a password that is one of those that the pool remembers of the user, the one in force among them.
// Errors: PasswordHistoryPolicyViolationException. Source: API reference, PasswordPolicyType, PasswordHistorySize.
//
// Assumed: the current password counts as one of the remembered ones, and so does a temporary password.
func (s *Service) CheckHistory(ctx context.Context, pool *cognate.UserPool, user *cognate.User, plaintext string) error {
	for _, remembered := range user.Password.History(pool.PasswordPolicy.HistorySize) {
		then := *user
		then.Password = remembered
		same, err := s.Check(ctx, pool, &then, plaintext)
		if err != nil {
			return err
		}
		if same {
			return errRemembered
		}
	}
	return nil
}

// Generate returns a temporary password that fits the pool's policy.
func (s *Service) Generate(pool *cognate.UserPool) (string, error) {
	return Generate(policyOf(pool), rand.Reader)
}

func policyOf(pool *cognate.UserPool) Policy {
	p := pool.PasswordPolicy
	return Policy{
		MinimumLength: p.MinimumLength, RequireUppercase: p.RequireUppercase, RequireLowercase: p.RequireLowercase,
		RequireNumbers: p.RequireNumbers, RequireSymbols: p.RequireSymbols,
	}
}

// New returns what to keep of a user's password. It costs a modular exponentiation or an argon2id hash: call it outside
// transactions.
func (s *Service) New(ctx context.Context, pool *cognate.UserPool, username, plaintext string) (cognate.Password, error) {
	if pool.StoresArgon2id() {
		hash, err := s.Hasher.Hash(ctx, plaintext)
		return cognate.Password{Argon2id: hash}, err
	}
	v, err := srp.NewVerifier(identity(pool, username), plaintext, rand.Reader)
	kept := cognate.Password{Salt: v.Salt, Verifier: v.V}
	if s.KeepPlaintext {
		kept.Plaintext = plaintext
	}
	return kept, err
}

// Moved returns what to keep of a user's password, and of those before it, in a copy of the user in another pool. A
// verifier without a plaintext stays as it is, and matches no password there.
func (s *Service) Moved(to *cognate.UserPool, username string, old cognate.Password) (cognate.Password, error) {
	moved := old
	moved.Earlier = nil
	if old.Plaintext != "" {
		v, err := srp.NewVerifier(identity(to, username), old.Plaintext, rand.Reader)
		if err != nil {
			return cognate.Password{}, err
		}
		moved.Salt, moved.Verifier = v.Salt, v.V
	}
	for _, earlier := range old.Earlier {
		before, err := s.Moved(to, username, earlier)
		if err != nil {
			return cognate.Password{}, err
		}
		moved.Earlier = append(moved.Earlier, before)
	}
	return moved, nil
}

// Check reports whether plaintext is the user's password. A nil user, or one without a password, costs the same and never
// matches. So does a verifier that is older than the pool's hashes. Only a hash in a pool that stores verifiers again takes
// longer than they do.
func (s *Service) Check(ctx context.Context, pool *cognate.UserPool, user *cognate.User, plaintext string) (bool, error) {
	switch {
	case user != nil && user.Password.Argon2id != "":
		return s.Hasher.Verify(ctx, user.Password.Argon2id, plaintext)
	case pool.StoresArgon2id():
		_, err := s.Hasher.Verify(ctx, argon2id.NoPassword, plaintext) // the time of a check
		if err != nil || user == nil {
			return false, err
		}
	}
	if user == nil {
		user = &cognate.User{}
	}
	id := identity(pool, user.Username)
	verifier := srp.Verifier{Salt: user.Password.Salt, V: user.Password.Verifier}
	if !user.Password.IsSet() { // the time of a check; no client sees this verifier, so its key is no secret
		var err error
		if verifier, err = srp.DecoyVerifier(nil, id); err != nil {
			return false, err
		}
	}
	right := verifier.Check(id, plaintext)
	return right && user.Password.IsSet(), nil
}

func identity(pool *cognate.UserPool, username string) srp.Identity {
	return srp.Identity{PoolName: pool.ShortName(), Username: username}
}

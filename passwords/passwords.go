// Package passwords creates and checks the stored form of a user's password: an SRP verifier or an argon2id hash, by the pool's
// setting. It also checks the password policy and the password history, and generates temporary passwords.
//
// It does not store passwords or count failed attempts: see packages store and throttle.
package passwords

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/authn/argon2id"
	"cognate/authn/passwordhash"
	"cognate/authn/srp"
	"cognate/trace"
)

// Service creates and checks passwords.
type Service struct {
	Hasher *argon2id.Hasher
	// StorePlaintext makes New also return the password itself, for CopyTo. Only `cognate dev` sets it, with its data in memory.
	StorePlaintext bool
}

// CheckPolicy checks a new password against the pool's policy. Errors: InvalidPasswordException.
func (s *Service) CheckPolicy(pool *cognate.UserPool, plaintext string) error {
	err := policyOf(pool).Check(plaintext)
	if broken, ok := errors.AsType[*PolicyError](err); ok {
		return api.InvalidPasswordException("Password did not conform with policy: " + string(broken.Reason))
	}
	return err
}

// errRemembered is the error for a password in the user's history.
// Assumed: the text for a password that the user had before.
var errRemembered = api.PasswordHistoryPolicyViolationException(
	"Password has previously been used. Please choose a password that you have not used before.")

// hash returns the argon2id hash of a password. Errors: TooManyRequestsException.
func (s *Service) hash(ctx context.Context, plaintext string) (string, error) {
	ctx, end := trace.Start(ctx, "password hash")
	hash, err := s.Hasher.Hash(ctx, plaintext)
	end(trace.OutcomeOf(err))
	if errors.Is(err, argon2id.ErrBusy) {
		return "", api.ErrRateExceeded
	}
	return hash, err
}

// verify reports whether hash is the hash of a password. Errors: TooManyRequestsException.
func (s *Service) verify(ctx context.Context, hash, plaintext string) (bool, error) {
	ctx, end := trace.Start(ctx, "password hash")
	right, err := s.Hasher.Verify(ctx, hash, plaintext)
	end(trace.OutcomeOf(err))
	if errors.Is(err, argon2id.ErrBusy) {
		return false, api.ErrRateExceeded
	}
	return right, err
}

// verifyImported reports whether hash, of another system, is the hash of a password. It shares the limit on concurrent hashes.
// Errors: TooManyRequestsException.
func (s *Service) verifyImported(ctx context.Context, hash, plaintext string) (bool, error) {
	verify := passwordhash.Verify
	if strings.HasPrefix(hash, otherPool) {
		verify = verifyOtherPool
	}
	ctx, end := trace.Start(ctx, "password hash")
	right, err := s.Hasher.Run(ctx, func() (bool, error) { return verify(hash, plaintext) })
	end(trace.OutcomeOf(err))
	if errors.Is(err, argon2id.ErrBusy) {
		return false, api.ErrRateExceeded
	}
	return right, err
}

// CheckImported returns an error if text is not a hash of the algorithm that an import accepts. The text of the error is the
// reason of the import. Assumed: the texts for hashes that an import does not accept.
func CheckImported(algorithm api.PasswordHashingAlgorithmType, text string) error {
	err := passwordhash.Check(passwordhash.Algorithm(algorithm), text)
	switch {
	case errors.Is(err, passwordhash.ErrLimit):
		return api.InvalidParameterException("A parameter of password_hash is over the limit.")
	case err != nil:
		return api.InvalidParameterException("password_hash is not a hash of the algorithm " + string(algorithm) + ".")
	default:
		return nil
	}
}

// Next checks a new password of a user against the pool's policy and the user's history, and returns its stored form. The
// caller adds the history with cognate.Password.After. Next takes about as long as New for the new password and for each
// remembered one, so call it outside transactions. Call it only after the user has proven a factor, because its error shows
// whether a password is in the user's history.
// Errors: InvalidPasswordException, PasswordHistoryPolicyViolationException, TooManyRequestsException.
func (s *Service) Next(ctx context.Context, pool *cognate.UserPool, user *cognate.User, plaintext string) (cognate.Password, error) {
	if err := s.CheckPolicy(pool, plaintext); err != nil {
		return cognate.Password{}, err
	}
	if err := s.CheckHistory(ctx, pool, user, plaintext); err != nil {
		return cognate.Password{}, err
	}
	return s.New(ctx, pool, user.Username, plaintext)
}

// CheckHistory rejects a password that is in the user's history. The history includes the current password.
// Errors: PasswordHistoryPolicyViolationException, TooManyRequestsException.
// Source: API reference, PasswordPolicyType, PasswordHistorySize.
//
// Assumed: the current password counts as one of the remembered ones, and so does a temporary password.
func (s *Service) CheckHistory(ctx context.Context, pool *cognate.UserPool, user *cognate.User, plaintext string) error {
	for _, remembered := range user.Password.History(pool.PasswordPolicy.HistorySize) {
		earlier := *user
		earlier.Password = remembered
		same, err := s.Check(ctx, pool, &earlier, plaintext)
		if err != nil {
			return err
		}
		if same {
			return errRemembered
		}
	}
	return nil
}

// Generate returns a temporary password that follows the pool's policy.
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

// New returns the stored form of a user's password. It computes a modular exponentiation or an argon2id hash, so call it
// outside transactions. Errors: TooManyRequestsException if too many hashes wait.
func (s *Service) New(ctx context.Context, pool *cognate.UserPool, username, plaintext string) (cognate.Password, error) {
	if pool.StoresArgon2id() {
		hash, err := s.hash(ctx, plaintext)
		return cognate.Password{Argon2id: hash}, err
	}
	v, err := srp.NewVerifier(identity(pool, username), plaintext, rand.Reader)
	password := cognate.Password{Salt: v.Salt, Verifier: v.V}
	if s.StorePlaintext {
		password.Plaintext = plaintext
	}
	return password, err
}

// CopyTo returns the stored form of a user's password and of its history for a copy of the user in another pool. A verifier
// without a plaintext stays the same, and matches no password in the other pool.
func (s *Service) CopyTo(to *cognate.UserPool, username string, old cognate.Password) (cognate.Password, error) {
	password := old
	password.Earlier = nil
	if old.Plaintext != "" {
		v, err := srp.NewVerifier(identity(to, username), old.Plaintext, rand.Reader)
		if err != nil {
			return cognate.Password{}, err
		}
		password.Salt, password.Verifier = v.Salt, v.V
	}
	for _, earlier := range old.Earlier {
		before, err := s.CopyTo(to, username, earlier)
		if err != nil {
			return cognate.Password{}, err
		}
		password.Earlier = append(password.Earlier, before)
	}
	return password, nil
}

// Check reports whether plaintext is the user's password. It takes the same time for a nil user and for a user without a
// password, and never matches for them. A verifier from before the pool stored hashes takes the time of a hash plus that of
// the verifier. A hash in a pool that stores verifiers takes longer than a verifier, and an imported hash takes the time of its
// own algorithm.
// Errors: TooManyRequestsException if too many hashes wait.
func (s *Service) Check(ctx context.Context, pool *cognate.UserPool, user *cognate.User, plaintext string) (bool, error) {
	switch {
	case user != nil && user.Password.Imported != "":
		return s.verifyImported(ctx, user.Password.Imported, plaintext)
	case user != nil && user.Password.Argon2id != "":
		return s.verify(ctx, user.Password.Argon2id, plaintext)
	case pool.StoresArgon2id():
		_, err := s.verify(ctx, argon2id.NoPassword, plaintext) // the time of a check
		if err != nil || user == nil {
			return false, err
		}
	}
	if user == nil {
		user = &cognate.User{}
	}
	id := identity(pool, user.Username)
	verifier := srp.Verifier{Salt: user.Password.Salt, V: user.Password.Verifier}
	if !user.Password.IsSet() { // the time of a check; no client sees this verifier, so its key is not secret
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

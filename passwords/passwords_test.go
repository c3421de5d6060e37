package passwords_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/argon2id"
	"cognate/passwords"
)

const (
	right = "Correct-horse-7"
	wrong = "Wrong-horse-7"
)

var errRemembered = api.PasswordHistoryPolicyViolationException(
	"Password has previously been used. Please choose a password that you have not used before.")

func newService() *passwords.Service {
	return &passwords.Service{Hasher: argon2id.NewHasher(1, time.After)}
}

// storedAs returns a pool that stores passwords in a form: "srp" or "argon2id".
func storedAs(form string) *cognate.UserPool {
	return &cognate.UserPool{
		ID: "us-east-1_abcdefghi", Tags: map[string]string{cognate.TagPasswordStorage: form},
		PasswordPolicy: cognate.PasswordPolicy{MinimumLength: 8},
	}
}

func mustNew(t *testing.T, s *passwords.Service, pool *cognate.UserPool, plaintext string) cognate.Password {
	t.Helper()
	p, err := s.New(t.Context(), pool, "ann", plaintext)
	if err != nil {
		t.Fatalf("New(%s) = %v", plaintext, err)
	}
	return p
}

func wantCheck(t *testing.T, s *passwords.Service, what string, pool *cognate.UserPool, user *cognate.User, plaintext string, want bool) {
	t.Helper()
	if got, err := s.Check(t.Context(), pool, user, plaintext); got != want || err != nil {
		t.Errorf("Check(%s) = %v, %v, want %v", what, got, err, want)
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	s := newService()
	for _, form := range []string{"srp", "argon2id"} {
		pool := storedAs(form)
		p := mustNew(t, s, pool, right)
		if isHash := p.Argon2id != ""; !p.IsSet() || isHash != (form == "argon2id") || isHash == (len(p.Verifier) > 0) || p.Plaintext != "" {
			t.Errorf("New(%s) = %+v, want that form alone", form, p)
		}
		ann := &cognate.User{Username: "ann", Password: p}
		wantCheck(t, s, form+", right", pool, ann, right, true)
		wantCheck(t, s, form+", wrong", pool, ann, wrong, false)
		wantCheck(t, s, form+", empty", pool, ann, "", false)
		wantCheck(t, s, form+", no user", pool, nil, right, false)
		wantCheck(t, s, form+", no password", pool, &cognate.User{Username: "ann"}, "", false)
	}
}

// A verifier depends on the username and the pool. A hash does not.
func TestVerifierDependsOnPool(t *testing.T) {
	t.Parallel()
	s, pool := newService(), storedAs("srp")
	p := mustNew(t, s, pool, right)
	wantCheck(t, s, "another username", pool, &cognate.User{Username: "bob", Password: p}, right, false)
	other := storedAs("srp")
	other.ID = "us-east-1_bbbbbbbbb"
	wantCheck(t, s, "another pool", other, &cognate.User{Username: "ann", Password: p}, right, false)
}

// A password stays valid if the pool changes the stored form.
func TestChangedForm(t *testing.T) {
	t.Parallel()
	s, verifiers, hashes := newService(), storedAs("srp"), storedAs("argon2id")
	older := &cognate.User{Username: "ann", Password: mustNew(t, s, verifiers, right)}
	wantCheck(t, s, "verifier in a pool of hashes", hashes, older, right, true)
	wantCheck(t, s, "verifier in a pool of hashes, wrong", hashes, older, wrong, false)
	newer := &cognate.User{Username: "ann", Password: mustNew(t, s, hashes, right)}
	wantCheck(t, s, "hash in a pool of verifiers", verifiers, newer, right, true)
	wantCheck(t, s, "hash in a pool of verifiers, wrong", verifiers, newer, wrong, false)
}

func TestCheckFails(t *testing.T) {
	t.Parallel()
	broken := &cognate.User{Username: "ann", Password: cognate.Password{Argon2id: "$argon2id$broken"}}
	if ok, err := newService().Check(t.Context(), storedAs("argon2id"), broken, right); ok || err == nil {
		t.Errorf("Check(broken hash) = %v, %v, want an error", ok, err)
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	s, pool := newService(), storedAs("srp")
	pool.PasswordPolicy.HistorySize = 2
	ann := &cognate.User{Username: "ann"}
	set := func(plaintext string, want error) {
		t.Helper()
		p, err := s.Next(t.Context(), pool, ann, plaintext)
		switch {
		case want != nil:
			if !errors.Is(err, want) || p.IsSet() {
				t.Errorf("Next(%s) = %v, %v, want no password and %v", plaintext, p.IsSet(), err, want)
			}
		case err != nil:
			t.Fatalf("Next(%s) = %v", plaintext, err)
		default:
			ann.Password = p.After(ann.Password, pool.PasswordPolicy.HistorySize)
		}
	}
	set("short", api.InvalidPasswordException("Password did not conform with policy: Password not long enough"))
	set("First-horse-1", nil)
	set("First-horse-1", errRemembered)
	set("Second-horse-2", nil)
	set("First-horse-1", errRemembered)
	set("Third-horse-3", nil)
	set("First-horse-1", nil) // the third last
	pool.PasswordPolicy.HistorySize = 0
	set("First-horse-1", nil)
}

func TestGenerateFollowsPolicy(t *testing.T) {
	t.Parallel()
	s, pool := newService(), storedAs("srp")
	pool.PasswordPolicy = cognate.PasswordPolicy{
		MinimumLength: 20, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true,
	}
	generated, err := s.Generate(pool)
	if err != nil {
		t.Fatalf("Generate() = %v", err)
	}
	if err := s.CheckPolicy(pool, generated); err != nil {
		t.Errorf("CheckPolicy(%s) = %v, want no error", generated, err)
	}
}

// A copy of a pool has the passwords of its users only if the plaintext is stored.
func TestCopyTo(t *testing.T) {
	t.Parallel()
	from, to := storedAs("srp"), storedAs("srp")
	to.ID = "us-east-1_bbbbbbbbb"
	for _, kept := range []bool{true, false} {
		s := newService()
		s.StorePlaintext = kept
		p := mustNew(t, s, from, right).After(mustNew(t, s, from, "Earlier-horse-6"), 2)
		moved, err := s.CopyTo(to, "ann", p)
		if err != nil || len(moved.Earlier) != 1 {
			t.Fatalf("CopyTo() = %+v, %v, want a password and one before it", moved, err)
		}
		wantCheck(t, s, "moved", to, &cognate.User{Username: "ann", Password: moved}, right, kept)
		wantCheck(t, s, "moved, the one before", to, &cognate.User{Username: "ann", Password: moved.Earlier[0]}, "Earlier-horse-6", kept)
	}
}

// A password that waits too long for its hash is not checked, whether the user exists or not.
func TestBusy(t *testing.T) {
	t.Parallel()
	pool := storedAs("argon2id")
	ann := &cognate.User{Username: "ann", Password: mustNew(t, newService(), pool, right)}
	pool.PasswordPolicy.HistorySize = 1
	s := &passwords.Service{Hasher: new(argon2id.Hasher)} // has no slots
	busy := api.TooManyRequestsException("Rate exceeded")
	for what, call := range map[string]func() error{
		"New":          func() error { _, err := s.New(t.Context(), pool, "ann", right); return err },
		"Next":         func() error { _, err := s.Next(t.Context(), pool, ann, right); return err },
		"CheckHistory": func() error { return s.CheckHistory(t.Context(), pool, ann, right) },
		"Check(a user)": func() error {
			ok, err := s.Check(t.Context(), pool, ann, right)
			if ok {
				t.Error("Check() = true without a check")
			}
			return err
		},
		"Check(no user)": func() error { _, err := s.Check(t.Context(), pool, nil, right); return err },
	} {
		if err := call(); !errors.Is(err, busy) {
			t.Errorf("%s(no slot) = %v, want %v", what, err, busy)
		}
	}
}

// Every operation that hashes a password declares the error.
func TestOperationsDeclareBusy(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"SignUp", "AdminCreateUser", "AdminSetUserPassword", "ChangePassword", "ConfirmForgotPassword", "ForgotPassword",
		"InitiateAuth", "AdminInitiateAuth", "RespondToAuthChallenge", "AdminRespondToAuthChallenge",
	} {
		op, ok := api.Lookup(name)
		if !ok || !slices.Contains(op.Errors, api.CodeTooManyRequestsException) {
			t.Errorf("operation %s does not declare TooManyRequestsException", name)
		}
	}
}

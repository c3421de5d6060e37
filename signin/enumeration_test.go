package signin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// Under PreventUserExistenceErrors a wrong SRP proof gives the error of a wrong password, and is counted, for every name:
// disabled users and unknown names are locked like other users.
func TestSRPHidesDisabledUsers(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	for _, name := range []string{"ann", "dan"} {
		p.MustUser(name)
	}
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "dan"})
	mustHide(t, p)
	for _, name := range []string{"ann", "dan", "eve"} {
		for range 5 {
			cognatetest.WantError(t, "wrong proof of "+name, wrongSRP(t, p, name, nil), api.ErrIncorrectPassword)
		}
		cognatetest.WantError(t, "sixth proof of "+name, wrongSRP(t, p, name, nil), api.ErrAttemptsExceeded)
	}
}

func TestSRPShowsDisabledUsersToWhoKnowsThePassword(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("dan")
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "dan"})
	cognatetest.WantError(t, "LEGACY, wrong proof", wrongSRP(t, p, "dan", nil), api.ErrUserDisabled)
	mustHide(t, p)
	s, _, err := beginSRP(t, p, "dan")
	if err != nil {
		t.Fatal(err)
	}
	_, err = proveSRP(p, s.answer(t, p, cognatetest.Password))
	cognatetest.WantError(t, "ENABLED, right proof", err, api.ErrUserDisabled)
}

// An answer that names another user is refused before it is counted, for decoys and users.
func TestSRPForAnotherNameLocksNoUser(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	mustHide(t, p)
	other := func(responses map[string]string) { responses["USERNAME"] = "another-user" }
	for _, name := range []string{"ann", "eve"} {
		for range 6 {
			cognatetest.WantError(t, "proof of "+name+" under another name", wrongSRP(t, p, name, other), api.ErrIncorrectPassword)
		}
	}
}

// Wrong proofs and wrong passwords of one name are counted together, for known and unknown names. That also holds if email
// addresses are usernames, where the SRP exchange uses another name.
func TestSRPAndPasswordLockTogether(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.UsernameIsEmail())
	mustHide(t, p)
	p.MustUser("ann@example.com")
	for _, name := range []string{"ann@example.com", "eve@example.com"} {
		for range 5 {
			cognatetest.WantError(t, "wrong proof of "+name, wrongSRP(t, p, name, nil), api.ErrIncorrectPassword)
		}
		_, err := withPassword(t, p, name, cognatetest.Password)
		cognatetest.WantError(t, "then a password of "+name, err, api.ErrAttemptsExceeded)
	}
}

// The parameters of a challenge must not show whether the user exists. The salt is the same for every spelling of a name that
// the pool treats as equal, and the sealed block has the same length for users and decoys.
func TestSRPChallengesLookAlike(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.IgnoreCase())
	mustHide(t, p)
	p.MustUser("ann")
	challenge := func(name string) map[string]string {
		begun, _, err := beginSRP(t, p, name)
		if err != nil {
			t.Fatal(err)
		}
		return begun.challenge
	}
	for _, name := range []string{"ann", "eve"} {
		lower, upper := challenge(name), challenge(strings.ToUpper(name))
		for _, parameter := range []string{"SALT", "USER_ID_FOR_SRP", "USERNAME"} {
			if lower[parameter] != upper[parameter] {
				t.Errorf("%s of %s: %s = %q and %q by case, want the same", parameter, name, parameter, lower[parameter], upper[parameter])
			}
		}
	}
	if a, b := len(challenge("ann")["SECRET_BLOCK"]), len(challenge("eve")["SECRET_BLOCK"]); a != b {
		t.Errorf("SECRET_BLOCK has %d characters for a user and %d for a decoy, want as many", a, b)
	}
}

// If the password of a user has an older stored form than the pool now uses, the refusal must take about as long as for an
// unknown name.
func TestOlderPasswordsTakeAsLongAsHashes(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	mustHide(t, p)
	p.Must(t).TagResource(&api.TagResourceInput{
		ResourceArn: "arn:aws:cognito-idp:" + cognatetest.Region + ":" + cognatetest.AccountID + ":userpool/" + p.PoolID,
		Tags:        map[string]string{cognate.TagPasswordStorage: "argon2id"},
	})
	fastest := map[string]time.Duration{}
	names := []string{"ann", "eve"}
	tooFast := func() bool { return fastest["ann"] < fastest["eve"]/2 }
	// On a busy machine it takes more rounds until the fastest ones show the cost of the work.
	for round := 0; round < 8 || tooFast() && round < 500; round++ {
		p.Clock.Advance(15 * time.Minute) // earlier failures are forgotten
		slices.Reverse(names)             // or one of them always pays for the other's garbage
		for _, name := range names {
			began := time.Now()
			_, err := withPassword(t, p, name, "Wrong-horse-7")
			took := time.Since(began)
			cognatetest.WantError(t, "wrong password of "+name, err, api.ErrIncorrectPassword)
			if fastest[name] == 0 || took < fastest[name] {
				fastest[name] = took
			}
		}
	}
	if tooFast() {
		t.Errorf("a user is refused in %v, an unknown name in %v", fastest["ann"], fastest["eve"])
	}
	p.MustSignIn("ann", "")
}

// wrongSRP signs in by SRP with a wrong password; change edits the answer.
func wrongSRP(t *testing.T, p *cognatetest.UserPool, username string, change func(map[string]string)) error {
	t.Helper()
	s, _, err := beginSRP(t, p, username)
	if err != nil {
		t.Fatal(err)
	}
	responses := s.answer(t, p, "Wrong-horse-7")
	if change != nil {
		change(responses)
	}
	_, err = proveSRP(p, responses)
	return err
}

package signin_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/cognatetest"
)

// srpSignIn is a client's side of one USER_SRP_AUTH sign-in.
type srpSignIn struct {
	client    *srp.Client
	challenge map[string]string
}

func newSRPSignIn(t *testing.T) *srpSignIn {
	t.Helper()
	return &srpSignIn{client: cognatetest.Try(srp.NewClient(rand.Reader)).Of(t)}
}

func beginSRP(t *testing.T, p *cognatetest.UserPool, username string) (*srpSignIn, *api.InitiateAuthOutput, error) {
	t.Helper()
	s := newSRPSignIn(t)
	out, err := start(t, p, api.AuthFlowTypeUserSrpAuth, map[string]string{"USERNAME": username, "SRP_A": s.client.A()})
	if err != nil {
		return nil, nil, err
	}
	s.challenge = out.ChallengeParameters
	return s, out, nil
}

// answer returns the responses that prove the password.
func (s *srpSignIn) answer(t *testing.T, p *cognatetest.UserPool, password string) map[string]string {
	t.Helper()
	_, pool, _ := strings.Cut(p.PoolID, "_")
	c := s.challenge
	signature, timestamp, err := s.client.Respond(
		srp.Identity{PoolName: pool, Username: c["USER_ID_FOR_SRP"]}, password,
		srp.Challenge{Salt: c["SALT"], B: c["SRP_B"], SecretBlock: c["SECRET_BLOCK"]}, p.Clock.Now(),
	)
	if err != nil {
		t.Fatalf("Respond() = %v", err)
	}
	return map[string]string{
		"USERNAME": c["USER_ID_FOR_SRP"], "PASSWORD_CLAIM_SECRET_BLOCK": c["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE": signature, "TIMESTAMP": timestamp,
	}
}

func proveSRP(p *cognatetest.UserPool, responses map[string]string) (*api.RespondToAuthChallengeOutput, error) {
	return p.Answer(api.ChallengeNameTypePasswordVerifier, "", responses)
}

func TestSRP(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	s, out, err := beginSRP(t, p, "ann")
	if err != nil || out.ChallengeName != api.ChallengeNameTypePasswordVerifier || out.Session != "" {
		t.Fatalf("USER_SRP_AUTH = %+v, %v, want PASSWORD_VERIFIER without a Session", out, err)
	}
	responses := s.answer(t, p, cognatetest.Password)
	done := cognatetest.Try(proveSRP(p, responses)).Of(t)
	if done.AuthenticationResult == nil {
		t.Fatalf("PASSWORD_VERIFIER = %+v, want tokens", done)
	}
	_, err = proveSRP(p, responses)
	cognatetest.WantError(t, "the same proof again", err, api.ErrIncorrectPassword)
}

func TestSRPRefusals(t *testing.T) {
	t.Parallel()
	srv := cognatetest.Start(t)
	p, other := srv.Pool(t), srv.Pool(t)
	p.MustUser("ann")
	p.MustUser("bob")
	other.MustUser("ann")
	foreign, _, err := beginSRP(t, other, "ann")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		change func(map[string]string)
		want   *api.Error
	}{
		{"another signature", func(r map[string]string) { r["PASSWORD_CLAIM_SIGNATURE"] = "AAAA" }, api.ErrIncorrectPassword},
		{"another pool's block", func(r map[string]string) {
			r["PASSWORD_CLAIM_SECRET_BLOCK"] = foreign.challenge["SECRET_BLOCK"]
		}, api.ErrIncorrectPassword},
		{"a made-up block", func(r map[string]string) { r["PASSWORD_CLAIM_SECRET_BLOCK"] = "AAAA" }, api.ErrIncorrectPassword},
		{"a block that is no base64", func(r map[string]string) { r["PASSWORD_CLAIM_SECRET_BLOCK"] = "%" }, api.ErrIncorrectPassword},
		{"another user", func(r map[string]string) { r["USERNAME"] = "bob" }, api.ErrIncorrectPassword},
		{
			"a timestamp of another form", func(r map[string]string) { r["TIMESTAMP"] = "2026-11-22T12:00:00Z" },
			api.InvalidParameterException("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."),
		},
		{
			"no signature", func(r map[string]string) { delete(r, "PASSWORD_CLAIM_SIGNATURE") },
			api.InvalidParameterException("Missing required parameter PASSWORD_CLAIM_SIGNATURE"),
		},
	} {
		p.Clock.Advance(15 * time.Minute) // earlier failures are forgotten
		s, _, err := beginSRP(t, p, "ann")
		if err != nil {
			t.Fatal(err)
		}
		responses := s.answer(t, p, cognatetest.Password)
		c.change(responses)
		_, err = proveSRP(p, responses)
		cognatetest.WantError(t, "proof with "+c.what, err, c.want)
	}
	s, _, err := beginSRP(t, p, "ann")
	if err != nil {
		t.Fatal(err)
	}
	_, err = proveSRP(p, s.answer(t, p, "Wrong-horse-7"))
	cognatetest.WantError(t, "proof of a wrong password", err, api.ErrIncorrectPassword)
	p.Clock.Advance(3 * time.Minute)
	_, err = proveSRP(p, s.answer(t, p, cognatetest.Password))
	cognatetest.WantError(t, "proof after the session's time", err, api.ErrIncorrectPassword)
	for _, a := range []string{"0", "zz", strings.Repeat("f", 2000)} {
		_, err := start(t, p, api.AuthFlowTypeUserSrpAuth, map[string]string{"USERNAME": "ann", "SRP_A": a})
		cognatetest.WantCode(t, fmt.Sprintf("SRP_A %.10q", a), err, api.CodeInvalidParameterException)
	}
}

func TestSRPOfDecoy(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	_, _, err := beginSRP(t, p, "eve")
	cognatetest.WantError(t, "LEGACY", err, api.ErrUserDoesNotExist)
	mustHide(t, p)
	first, out, err := beginSRP(t, p, "eve")
	if err != nil || out.ChallengeName != api.ChallengeNameTypePasswordVerifier {
		t.Fatalf("ENABLED = %+v, %v, want PASSWORD_VERIFIER", out, err)
	}
	second, _, err := beginSRP(t, p, "eve")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"SALT", "USER_ID_FOR_SRP"} {
		if a, b := first.challenge[name], second.challenge[name]; a != b || a == "" {
			t.Errorf("%s = %q, then %q, want the same each time", name, a, b)
		}
	}
	_, err = proveSRP(p, first.answer(t, p, cognatetest.Password))
	cognatetest.WantError(t, "proof of a decoy", err, api.ErrIncorrectPassword)
}

func TestSRPThenSoftwareToken(t *testing.T) {
	t.Parallel()
	p, _, code := challenged(t, cognatetest.Start(t))
	s, _, err := beginSRP(t, p, "ann")
	if err != nil {
		t.Fatal(err)
	}
	out := cognatetest.Try(proveSRP(p, s.answer(t, p, cognatetest.Password))).Of(t)
	if out.ChallengeName != totp || out.AuthenticationResult != nil {
		t.Fatalf("PASSWORD_VERIFIER = %+v, want SOFTWARE_TOKEN_MFA", out)
	}
	done := cognatetest.Try(p.AnswerCode("ann", out.Session, code)).Of(t)
	if done.AuthenticationResult == nil {
		t.Errorf("SOFTWARE_TOKEN_MFA = %+v, want tokens", done)
	}
}

func TestArgon2idPoolRefusesSRP(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.Tag(cognate.TagPasswordStorage, "argon2id"))
	p.MustUser("ann")
	p.MustSignIn("ann", "")
	_, err := withPassword(t, p, "ann", "Wrong-horse-7")
	cognatetest.WantError(t, "wrong password", err, api.ErrIncorrectPassword)
	if _, _, err := beginSRP(t, p, "ann"); err == nil {
		t.Error("USER_SRP_AUTH in a pool with argon2id succeeded")
	}
}

package userimport_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/cognatetest"
)

// hashes are those of the password in the name, for each algorithm.
var hashes = map[api.PasswordHashingAlgorithmType]struct{ hash, password string }{
	api.PasswordHashingAlgorithmTypeBcrypt:       {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"},
	api.PasswordHashingAlgorithmTypeArgon2id:     {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
	api.PasswordHashingAlgorithmTypePbkdf2Sha256: {"$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ", "password"},
	api.PasswordHashingAlgorithmTypeScrypt: {
		"16384$8$1$536f6469756d43686c6f72696465$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
		"pleaseletmein",
	},
}

func signIn(t *testing.T, p *cognatetest.UserPool, username, password string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": password},
	})
}

func stored(t *testing.T, p *cognatetest.UserPool, username string) *cognate.User {
	t.Helper()
	pool := cognatetest.Try(p.Store.UserPool(t.Context(), p.PoolID)).Of(t)
	return cognatetest.Try(p.Store.FindUser(context.WithoutCancel(t.Context()), pool, username)).Of(t)
}

// signInBySRP signs in by SRP.
func signInBySRP(t *testing.T, p *cognatetest.UserPool, username, password string) error {
	t.Helper()
	client := cognatetest.Try(srp.NewClient(rand.Reader)).Of(t)
	begun := p.Must(t).InitiateAuth(&api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserSrpAuth, AuthParameters: map[string]string{"USERNAME": username, "SRP_A": client.A()},
	}).ChallengeParameters
	challenge := srp.Challenge{Salt: begun["SALT"], B: begun["SRP_B"], SecretBlock: begun["SECRET_BLOCK"]}
	_, short, _ := strings.Cut(p.PoolID, "_")
	signature, timestamp, err := client.Respond(srp.Identity{PoolName: short, Username: username}, password, challenge, p.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Answer(api.ChallengeNameTypePasswordVerifier, "", map[string]string{
		"USERNAME": username, "PASSWORD_CLAIM_SECRET_BLOCK": challenge.SecretBlock, "PASSWORD_CLAIM_SIGNATURE": signature, "TIMESTAMP": timestamp,
	})
	return err
}

// Each algorithm signs in with the right password only. The first sign-in replaces the hash by the pool's own form.
func TestHashes(t *testing.T) {
	t.Parallel()
	for algorithm, known := range hashes {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
				p := pool(t, s)
				columns := append(header(t, p), "password_hash")
				job := mustImport(t, p, mustJob(t, p, algorithm), file(columns,
					person("ann", "password_hash", known.hash), person("bob"), person("eve", "password_hash", known.hash+"!")))
				if got, want := counts(job), "Succeeded: 2 imported, 0 skipped, 1 failed: Import Job Completed Successfully."; got != want {
					t.Fatalf("job = %s, want %s", got, want)
				}
				if job.PasswordHashingAlgorithm != algorithm {
					t.Errorf("PasswordHashingAlgorithm = %q", job.PasswordHashingAlgorithm)
				}
				ann, bob := stored(t, p, "ann"), stored(t, p, "bob")
				if ann.Status != api.UserStatusTypeConfirmed || bob.Status != api.UserStatusTypeResetRequired || ann.Password.Imported != known.hash {
					t.Errorf("statuses = %s, %s, want CONFIRMED with the hash and RESET_REQUIRED", ann.Status, bob.Status)
				}
				shown := cognatetest.Try(json.Marshal(p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"}))).Of(t)
				if strings.Contains(string(shown), "hash") {
					t.Errorf("AdminGetUser shows %s", shown)
				}
				cognatetest.WantError(t, "SRP before the first sign-in", signInBySRP(t, p, "ann", known.password), api.ErrIncorrectPassword)
				_, err := signIn(t, p, "ann", known.password+"x")
				cognatetest.WantCode(t, "sign-in with a wrong password", err, api.CodeNotAuthorizedException)
				if now := stored(t, p, "ann"); now.Password.Imported != known.hash {
					t.Error("a wrong password changed the hash")
				}
				if out := cognatetest.Try(signIn(t, p, "ann", known.password)).Of(t); out.AuthenticationResult == nil {
					t.Errorf("sign-in = %v, want tokens", out)
				}
				now := stored(t, p, "ann")
				if now.Password.Imported != "" || len(now.Password.Verifier) == 0 || now.Stamp != ann.Stamp {
					t.Error("the first sign-in did not replace the hash, or raised the stamp")
				}
				cognatetest.Try(signIn(t, p, "ann", known.password)).Of(t)
				if err := signInBySRP(t, p, "ann", known.password); err != nil {
					t.Errorf("SRP after the first sign-in = %v", err)
				}
				_, err = signIn(t, p, "bob", "any")
				cognatetest.WantCode(t, "sign-in without a password", err, api.CodePasswordResetRequiredException)
			})
		})
	}
}

// The hash is also replaced if a second factor follows, and in a pool that stores argon2id hashes.
func TestHashIsReplaced(t *testing.T) {
	t.Parallel()
	known := hashes[api.PasswordHashingAlgorithmTypeBcrypt]
	for what, option := range map[string]cognatetest.Option{
		"MFA":      cognatetest.MFA(api.UserPoolMfaTypeOn),
		"argon2id": cognatetest.Tag(cognate.TagPasswordStorage, "argon2id"),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := cognatetest.Start(t)
			p := pool(t, s, option)
			mustImport(t, p, mustJob(t, p, api.PasswordHashingAlgorithmTypeBcrypt),
				file(append(header(t, p), "password_hash"), person("ann", "password_hash", known.hash)))
			cognatetest.Try(signIn(t, p, "ann", known.password)).Of(t)
			if now := stored(t, p, "ann"); now.Password.Imported != "" || !now.Password.IsSet() {
				t.Error("the first sign-in did not replace the hash")
			}
		})
	}
}

// A password that is set before the first sign-in replaces the hash.
func TestHashAndNewPassword(t *testing.T) {
	t.Parallel()
	known := hashes[api.PasswordHashingAlgorithmTypeBcrypt]
	s := cognatetest.Start(t)
	p := pool(t, s)
	mustImport(t, p, mustJob(t, p, api.PasswordHashingAlgorithmTypeBcrypt),
		file(append(header(t, p), "password_hash"), person("ann", "password_hash", known.hash)))
	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann", Password: cognatetest.Password, Permanent: new(true)})
	_, err := signIn(t, p, "ann", known.password)
	cognatetest.WantCode(t, "sign-in with the old password", err, api.CodeNotAuthorizedException)
	cognatetest.Try(signIn(t, p, "ann", cognatetest.Password)).Of(t)
}

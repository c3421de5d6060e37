package attack_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/authn/srp"
	"cognate/cognatetest"
)

// modulus is N, the 3072-bit group of RFC 5054 that Cognito uses.
func modulus(t *testing.T) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF", 16)
	if !ok || n.BitLen() != 3072 || !n.ProbablyPrime(1) {
		t.Fatal("the modulus is wrong")
	}
	return n
}

// With A = 0 modulo N, the common secret is 0 and everybody knows it. No entry to SRP takes such a value, in any form, and all answer
// for an unknown user as for a user.
func TestDegenerateA(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.HideUsers(), cognatetest.FirstFactors(api.AuthFactorTypePassword),
		cognatetest.Flows("ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"))
	p.MustUser("ann")
	n := modulus(t)
	values := map[string]string{
		"0": "0", "00": "00", "long 0": strings.Repeat("0", 768), "N": n.Text(16), "N in capitals": strings.ToUpper(n.Text(16)),
		"N after 0": "00" + n.Text(16), "2N": new(big.Int).Lsh(n, 1).Text(16), "100N": new(big.Int).Mul(n, big.NewInt(100)).Text(16),
		"N^2": new(big.Int).Mul(n, n).Text(16), "-N": "-" + n.Text(16), "-1": "-1", "+0": "+0", "0x0": "0x0", "0x N": "0x" + n.Text(16),
		"a space": " 1", "underscores": "1_0", "a dot": "1.0", "other digits": "١", "huge": strings.Repeat("f", 60000), "text": "xyz",
	}
	for _, username := range []string{"ann", "unknown"} {
		for what, a := range values {
			for entry, attempt := range map[string]func() error{
				"USER_SRP_AUTH": func() error {
					_, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
						ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserSrpAuth, AuthParameters: map[string]string{"USERNAME": username, "SRP_A": a},
					})
					return err
				},
				"USER_AUTH": func() error {
					_, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
						ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserAuth,
						AuthParameters: map[string]string{"USERNAME": username, "PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": a},
					})
					return err
				},
				"SELECT_CHALLENGE": func() error {
					begun := p.Must(t).InitiateAuth(&api.InitiateAuthInput{
						ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserAuth, AuthParameters: map[string]string{"USERNAME": username},
					})
					_, err := p.Client.RespondToAuthChallenge(t.Context(), &api.RespondToAuthChallengeInput{
						ClientId: p.ClientID, ChallengeName: api.ChallengeNameTypeSelectChallenge, Session: begun.Session,
						ChallengeResponses: map[string]string{"USERNAME": username, "ANSWER": "PASSWORD_SRP", "SRP_A": a},
					})
					return err
				},
			} {
				err := attempt()
				cognatetest.WantCode(t, fmt.Sprintf("%s of %s with A = %s", entry, username, what), err, api.CodeInvalidParameterException)
			}
		}
	}
}

// srpStart is a sign-in of a user at PASSWORD_VERIFIER.
type srpStart struct {
	client    *srp.Client
	challenge map[string]string
}

func mustStartSRP(t *testing.T, p *cognatetest.UserPool, username string, client *srp.Client) srpStart {
	t.Helper()
	out := p.Must(t).InitiateAuth(&api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserSrpAuth, AuthParameters: map[string]string{"USERNAME": username, "SRP_A": client.A()},
	})
	return srpStart{client, out.ChallengeParameters}
}

// proof returns the answer of a client that has a password, with the server's values of a challenge.
func (s srpStart) proof(t *testing.T, p *cognatetest.UserPool, password string, of map[string]string) map[string]string {
	t.Helper()
	_, pool, _ := strings.Cut(p.PoolID, "_")
	signature, timestamp, err := s.client.Respond(srp.Identity{PoolName: pool, Username: of["USER_ID_FOR_SRP"]}, password,
		srp.Challenge{Salt: of["SALT"], B: of["SRP_B"], SecretBlock: of["SECRET_BLOCK"]}, p.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"USERNAME": of["USER_ID_FOR_SRP"], "PASSWORD_CLAIM_SECRET_BLOCK": of["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE": signature, "TIMESTAMP": timestamp,
	}
}

// A proof that an attacker has seen, or that is made of parts of two exchanges, does not sign in.
func TestReplayedProofs(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	p.MustUser("bob")
	client := cognatetest.Try(srp.NewClient(rand.Reader)).Of(t)
	attacker := cognatetest.Try(srp.NewClient(rand.Reader)).Of(t)
	answer := func(responses map[string]string) error {
		_, err := p.Answer(api.ChallengeNameTypePasswordVerifier, "", responses)
		return err
	}
	for what, attack := range map[string]func() map[string]string{
		"a proof of the exchange before, with the same A": func() map[string]string {
			seen := mustStartSRP(t, p, "ann", client)
			proof := seen.proof(t, p, cognatetest.Password, seen.challenge)
			next := mustStartSRP(t, p, "ann", client)
			proof["PASSWORD_CLAIM_SECRET_BLOCK"] = next.challenge["SECRET_BLOCK"]
			return proof
		},
		"B of another exchange": func() map[string]string {
			one, two := mustStartSRP(t, p, "ann", client), mustStartSRP(t, p, "ann", client)
			mixed := maps.Clone(one.challenge)
			mixed["SRP_B"] = two.challenge["SRP_B"]
			return one.proof(t, p, cognatetest.Password, mixed)
		},
		"the salt of another user": func() map[string]string {
			one, two := mustStartSRP(t, p, "ann", client), mustStartSRP(t, p, "bob", client)
			mixed := maps.Clone(one.challenge)
			mixed["SALT"] = two.challenge["SALT"]
			return one.proof(t, p, cognatetest.Password, mixed)
		},
		"another user's proof with this user's name": func() map[string]string {
			proof := mustStartSRP(t, p, "bob", attacker)
			responses := proof.proof(t, p, cognatetest.Password, proof.challenge)
			responses["USERNAME"] = "ann"
			return responses
		},
		"another A than at the start": func() map[string]string {
			started := mustStartSRP(t, p, "ann", client)
			return srpStart{attacker, nil}.proof(t, p, cognatetest.Password, started.challenge)
		},
		"a secret block with another end": func() map[string]string {
			started := mustStartSRP(t, p, "ann", client)
			proof := started.proof(t, p, cognatetest.Password, started.challenge)
			block := proof["PASSWORD_CLAIM_SECRET_BLOCK"]
			proof["PASSWORD_CLAIM_SECRET_BLOCK"] = block[:len(block)-6] + "AAAAA="
			return proof
		},
		"no password": func() map[string]string {
			started := mustStartSRP(t, p, "ann", client)
			return started.proof(t, p, "", started.challenge)
		},
	} {
		p.Clock.Advance(16 * time.Minute) // earlier failures are forgotten
		cognatetest.WantError(t, what, answer(attack()), api.ErrIncorrectPassword)
	}
	p.Clock.Advance(16 * time.Minute)
	right := mustStartSRP(t, p, "ann", client)
	if err := answer(right.proof(t, p, cognatetest.Password, right.challenge)); err != nil {
		t.Errorf("a right proof = %v, want tokens", err)
	}
}

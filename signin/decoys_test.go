package signin_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/passkeys"
	"cognate/passwords"
	"cognate/signin"
	"cognate/throttle"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// decoy is everything that a client can see of a decoy, and the key under which its failures are counted.
type decoy struct {
	Sub, Username, Email, Phone                 string
	VerificationMedium, VerificationDestination string
	PasskeyID, PasskeyKeySHA256                 string
	SRPSalt, SRPVerifierSHA256                  string
	HasPasskey                                  bool
	FirstChallenges                             []api.ChallengeNameType
	ThrottleKey                                 string
}

// pools are pools whose settings change what a decoy shows.
func pools() map[string]*cognate.UserPool {
	email, phone := api.VerifiedAttributeTypeEmail, api.VerifiedAttributeTypePhoneNumber
	allFactors := []api.AuthFactorType{
		api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp, api.AuthFactorTypeSmsOtp, api.AuthFactorTypeWebAuthn,
	}
	return map[string]*cognate.UserPool{
		"plain": {ID: "eu-west-1_PlainPool"},
		"case-insensitive, verifies email": {
			ID: "eu-west-1_NoCasePol", CaseInsensitive: true, AutoVerified: []api.VerifiedAttributeType{email},
		},
		"signs up by email address": {
			ID: "us-east-1_ByAddress", UsernameAttributes: []api.UsernameAttributeType{api.UsernameAttributeTypeEmail},
			CaseInsensitive: true, AutoVerified: []api.VerifiedAttributeType{email, phone}, FirstFactors: allFactors,
		},
		"aliases, verifies phone": {
			ID: "us-east-1_WithAlias", AliasAttributes: []api.AliasAttributeType{api.AliasAttributeTypePhoneNumber},
			AutoVerified: []api.VerifiedAttributeType{phone}, FirstFactors: allFactors,
		},
		"argon2id": {
			ID: "us-east-1_HashedPwd", Tags: map[string]string{cognate.TagPasswordStorage: "argon2id"}, FirstFactors: allFactors,
		},
		"MFA required": {
			ID: "us-east-1_MFAneeded", FirstFactors: allFactors, MFA: cognate.MFAConfig{Mode: api.UserPoolMfaTypeOn},
		},
	}
}

// TestDecoysStayTheSame compares decoys with those of released builds: a decoy that changes at an upgrade is exposed.
func TestDecoysStayTheSame(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef0123456789abcdef")
	pass := &passwords.Service{DecoyKey: key}
	keys := &passkeys.Service{Host: "id.example.com", DecoyKey: key}
	engine := &signin.Engine{Passwords: pass, Passkeys: keys}
	got := map[string]map[string]decoy{}
	for name, pool := range pools() {
		got[name] = map[string]decoy{}
		for _, login := range []string{"eve", "Eve", "eve@example.com", "+15555559934", "zoë", "", "a/b"} {
			user, challenges := engine.Decoy(pool, login)
			verifier, err := pass.Verifier(pool, user.Username, nil)
			if err != nil {
				t.Fatal(err)
			}
			details := notify.DecoyDetails(pool, key, login)
			passkey := keys.Decoy(pool, login)
			got[name][login] = decoy{
				Sub: user.Sub, Username: user.Username,
				Email: user.Attributes[cognate.AttributeEmail], Phone: user.Attributes[cognate.AttributePhone],
				VerificationMedium: string(details.DeliveryMedium), VerificationDestination: details.Destination,
				PasskeyID: string(passkey.ID), PasskeyKeySHA256: digest(passkey.Key.Public),
				SRPSalt: hex.EncodeToString(verifier.Salt), SRPVerifierSHA256: digest(verifier.V),
				HasPasskey: keys.HasDecoy(pool, login), FirstChallenges: challenges, ThrottleKey: throttle.NameKey(pool, login),
			}
		}
	}
	compareGolden(t, filepath.Join("..", "subject", "testdata", "decoys.json"), got)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func compareGolden(t *testing.T, file string, got map[string]map[string]decoy) {
	t.Helper()
	if *update {
		b, err := json.MarshalIndent(got, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]decoy{}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoys changed (-golden +got):\n%s", diff)
	}
}

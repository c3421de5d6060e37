package subject_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/subject"
)

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

// TestDecoysStayTheSame compares decoys with those of earlier builds: a decoy that changes at an upgrade shows that its
// name is unknown. The file is never rewritten; new pools and names may be added to it.
func TestDecoysStayTheSame(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("testdata", "decoys.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[string]decoy
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	f := mustFinder(t)
	got := make(map[string]map[string]decoy)
	for name, pool := range pools() {
		got[name] = make(map[string]decoy)
		for login := range want[name] {
			got[name][login] = mustShow(t, f, pool, login)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoys changed (-golden +got):\n%s", diff)
	}
}

// mustShow collects what the decoy of an unknown name shows.
func mustShow(t *testing.T, f *subject.Finder, pool *cognate.UserPool, login string) decoy {
	t.Helper()
	sub, err := f.Find(t.Context(), pool, hiding, login)
	if err != nil {
		t.Fatalf("Find(%q) = %v", login, err)
	}
	verifier, err := sub.Verifier()
	if err != nil {
		t.Fatalf("Verifier(%q) = %v", login, err)
	}
	withPasskeys := *pool
	withPasskeys.FirstFactors, withPasskeys.MFA = []api.AuthFactorType{api.AuthFactorTypeWebAuthn}, cognate.MFAConfig{}
	sameName, err := f.Find(t.Context(), &withPasskeys, hiding, login)
	if err != nil {
		t.Fatalf("Find(%q) = %v", login, err)
	}
	medium, passkey := sub.DecoyVerificationMedium(), sub.DecoyPasskey()
	return decoy{
		Sub: sub.Sub(), Username: sub.Username(),
		Email: sub.DecoyContact(api.DeliveryMediumTypeEmail), Phone: sub.DecoyContact(api.DeliveryMediumTypeSms),
		VerificationMedium: string(medium), VerificationDestination: notify.Mask(sub.DecoyContact(medium)),
		PasskeyID: base64.RawURLEncoding.EncodeToString(passkey.ID), PasskeyKeySHA256: digest(passkey.PublicKey),
		SRPSalt: hex.EncodeToString(verifier.Salt), SRPVerifierSHA256: digest(verifier.V),
		HasPasskey:      slices.Contains(sameName.FirstChallenges(), api.ChallengeNameTypeWebAuthn),
		FirstChallenges: sub.FirstChallenges(), ThrottleKey: sub.ThrottleKey(),
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// pools are pools whose settings change what a decoy shows.
func pools() map[string]*cognate.UserPool {
	email, phone := api.VerifiedAttributeTypeEmail, api.VerifiedAttributeTypePhoneNumber
	allFactors := []api.AuthFactorType{
		api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp, api.AuthFactorTypeSmsOtp, api.AuthFactorTypeWebAuthn,
	}
	verifying := func(contacts ...api.VerifiedAttributeType) cognate.PoolVerification {
		return cognate.PoolVerification{AutoVerified: contacts}
	}
	return map[string]*cognate.UserPool{
		"plain": {ID: "eu-west-1_PlainPool"},
		"case-insensitive, verifies email": {
			ID: "eu-west-1_NoCasePol", PoolUsernames: cognate.PoolUsernames{CaseInsensitive: true}, PoolVerification: verifying(email),
		},
		"signs up by email address": {
			ID: "us-east-1_ByAddress",
			PoolUsernames: cognate.PoolUsernames{
				UsernameAttributes: []api.UsernameAttributeType{api.UsernameAttributeTypeEmail}, CaseInsensitive: true,
			},
			PoolVerification: verifying(email, phone), FirstFactors: allFactors,
		},
		"aliases, verifies phone": {
			ID:               "us-east-1_WithAlias",
			PoolUsernames:    cognate.PoolUsernames{AliasAttributes: []api.AliasAttributeType{api.AliasAttributeTypePhoneNumber}},
			PoolVerification: verifying(phone), FirstFactors: allFactors,
		},
		"argon2id": {
			ID: "us-east-1_HashedPwd", Tags: map[string]string{cognate.TagPasswordStorage: "argon2id"}, FirstFactors: allFactors,
		},
		"MFA required": {
			ID: "us-east-1_MFAneeded", FirstFactors: allFactors, MFA: cognate.MFAConfig{Mode: api.UserPoolMfaTypeOn},
		},
	}
}

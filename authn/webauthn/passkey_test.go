package webauthn_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/authn/webauthn"
	"cognate/authn/webauthn/webauthntest"
)

const page = "https://app.example.com"

var (
	party = webauthn.RelyingParty{ID: "example.com"}
	ann   = webauthn.User{Handle: []byte("ann's handle"), Name: "ann", DisplayName: "Ann"}
)

// vector is one of the test vectors of Web Authentication Level 3, section 16; binary values in hexadecimal.
type vector struct {
	Section, CredentialID, PublicKey string
	Registration                     *struct{ Challenge, ClientDataJSON, AttestationObject string }
	Assertion                        struct{ Challenge, ClientDataJSON, AuthenticatorData, Signature string }
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// credentialJSON returns the JSON that a client sends; the members of response are hexadecimal.
func credentialJSON(t testing.TB, id string, response map[string]string) []byte {
	t.Helper()
	encoded := make(map[string]string)
	for name, value := range response {
		encoded[name] = base64.RawURLEncoding.EncodeToString(unhex(t, value))
	}
	name := base64.RawURLEncoding.EncodeToString(unhex(t, id))
	text, err := json.Marshal(map[string]any{"id": name, "rawId": name, "type": "public-key", "response": encoded})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (v vector) registration(t testing.TB) []byte {
	t.Helper()
	return credentialJSON(t, v.CredentialID, map[string]string{
		"clientDataJSON": v.Registration.ClientDataJSON, "attestationObject": v.Registration.AttestationObject,
	})
}

func (v vector) assertion(t testing.TB) []byte {
	t.Helper()
	return credentialJSON(t, v.CredentialID, map[string]string{
		"clientDataJSON": v.Assertion.ClientDataJSON, "authenticatorData": v.Assertion.AuthenticatorData,
		"signature": v.Assertion.Signature,
	})
}

func TestSpecificationVectors(t *testing.T) {
	t.Parallel()
	rp := webauthn.RelyingParty{ID: "example.org"}
	for _, v := range vectors(t) {
		t.Run(v.Section, func(t *testing.T) {
			t.Parallel()
			known := webauthn.Credential{ID: unhex(t, v.CredentialID), PublicKey: unhex(t, v.PublicKey), BackupEligible: true}
			if v.Registration != nil {
				got, err := register(rp, unhex(t, v.Registration.Challenge), v.registration(t))
				if err != nil {
					t.Fatalf("Registration.Verify() = %v", err)
				}
				if diff := cmp.Diff(known, got); diff != "" {
					t.Errorf("registered credential differs (-want +got):\n%s", diff)
				}
			}
			if _, err := assert(rp, unhex(t, v.Assertion.Challenge), v.assertion(t), known, nil); err != nil {
				t.Errorf("Assertion.Verify() = %v", err)
			}
		})
	}
}

// register parses and verifies a registration.
func register(rp webauthn.RelyingParty, challenge, text []byte) (webauthn.Credential, error) {
	r, err := webauthn.ParseRegistration(text)
	if err != nil {
		return webauthn.Credential{}, err
	}
	return r.Verify(rp, challenge)
}

// assert parses and verifies an assertion.
func assert(rp webauthn.RelyingParty, challenge, text []byte, c webauthn.Credential, handle []byte) (uint32, error) {
	a, err := webauthn.ParseAssertion(text)
	if err != nil {
		return 0, err
	}
	return a.Verify(rp, challenge, c, handle)
}

// create makes a passkey with the authenticator on a page of the origin.
func create(t testing.TB, a *webauthntest.Authenticator, rp webauthn.RelyingParty, origin string, challenge []byte) []byte {
	t.Helper()
	options, err := rp.CreationOptions(ann, challenge, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.Create(origin, options)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// get uses a passkey with the authenticator.
func get(t testing.TB, a *webauthntest.Authenticator, rp webauthn.RelyingParty, origin string, challenge []byte, c webauthn.Credential) []byte {
	t.Helper()
	options, err := rp.RequestOptions(challenge, []webauthn.Credential{c})
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.Get(origin, options)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCeremonies(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]*webauthntest.Authenticator{
		"security key": {Counts: true}, "synchronized": {Synced: true, Verifies: true}, "RSA": {RSA: true, Counts: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			challenge := webauthn.NewChallenge()
			c, err := register(party, challenge, create(t, a, party, page, challenge))
			if err != nil {
				t.Fatalf("Registration.Verify() = %v", err)
			}
			if diff := cmp.Diff([]string{"internal", "hybrid"}, c.Transports); diff != "" || c.Attachment != "platform" {
				t.Errorf("registered credential is %+v", c)
			}
			for range 2 {
				challenge = webauthn.NewChallenge()
				if c.SignCount, err = assert(party, challenge, get(t, a, party, page, challenge, c), c, ann.Handle); err != nil {
					t.Fatalf("Assertion.Verify() = %v", err)
				}
			}
			if c.SignCount != a.Counter {
				t.Errorf("counter is %d, want %d", c.SignCount, a.Counter)
			}
		})
	}
}

func TestRegistrationRejections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		authenticator webauthntest.Authenticator
		rp            webauthn.RelyingParty // zero means party
		origin        string                // empty means page
		challenge     []byte                // nil means the right one
		want          error
	}{
		"another challenge":         {challenge: webauthn.NewChallenge(), want: webauthn.ErrChallenge},
		"no challenge":              {challenge: []byte{}, want: webauthn.ErrChallenge},
		"a foreign page":            {origin: "https://example.net", want: webauthn.ErrOrigin},
		"a look-alike":              {origin: "https://badexample.com", want: webauthn.ErrOrigin},
		"in clear":                  {origin: "http://app.example.com", want: webauthn.ErrOrigin},
		"in a foreign frame":        {authenticator: webauthntest.Authenticator{CrossOrigin: true}, want: webauthn.ErrOrigin},
		"an app":                    {origin: "android:apk-key-hash:abc", want: webauthn.ErrOrigin},
		"another relying party":     {authenticator: webauthntest.Authenticator{RelyingPartyID: "app.example.com"}, want: webauthn.ErrRelyingParty},
		"user not present":          {authenticator: webauthntest.Authenticator{Absent: true}, want: webauthn.ErrNotSupported},
		"user not verified":         {rp: webauthn.RelyingParty{ID: "example.com", VerifyUser: true}, want: webauthn.ErrNotSupported},
		"verification not required": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rp, origin, challenge := c.rp, c.origin, webauthn.NewChallenge()
			if rp.ID == "" {
				rp = party
			}
			if origin == "" {
				origin = page
			}
			text := create(t, &c.authenticator, rp, origin, challenge)
			if c.challenge != nil {
				challenge = c.challenge
			}
			if _, err := register(rp, challenge, text); !errors.Is(err, c.want) {
				t.Errorf("Registration.Verify() = %v, want %v", err, c.want)
			}
		})
	}
}

func TestAssertionRejections(t *testing.T) {
	t.Parallel()
	a := &webauthntest.Authenticator{Counts: true}
	challenge := webauthn.NewChallenge()
	known, err := register(party, challenge, create(t, a, party, page, challenge))
	if err != nil {
		t.Fatal(err)
	}
	challenge = webauthn.NewChallenge()
	text := get(t, a, party, page, challenge, known)
	stranger := &webauthntest.Authenticator{}
	strange := create(t, stranger, party, page, challenge)
	foreign, err := register(party, challenge, strange)
	if err != nil {
		t.Fatal(err)
	}
	otherKey := known
	otherKey.PublicKey = foreign.PublicKey
	later := known
	later.SignCount = a.Counter
	synced := known
	synced.BackupEligible = true
	for name, c := range map[string]struct {
		rp         webauthn.RelyingParty
		challenge  []byte
		text       []byte
		credential webauthn.Credential
		handle     string
		want       error
	}{
		"right":                           {party, challenge, text, known, "ann's handle", nil},
		"another challenge":               {party, webauthn.NewChallenge(), text, known, "ann's handle", webauthn.ErrChallenge},
		"another relying party":           {webauthn.RelyingParty{ID: "app.example.com"}, challenge, text, known, "ann's handle", webauthn.ErrRelyingParty},
		"another origin":                  {webauthn.RelyingParty{ID: "example.net"}, challenge, text, known, "ann's handle", webauthn.ErrOrigin},
		"another key":                     {party, challenge, text, otherKey, "ann's handle", webauthn.ErrSignature},
		"another credential":              {party, challenge, text, foreign, "ann's handle", webauthn.ErrUnknown},
		"another user":                    {party, challenge, text, known, "bob's handle", webauthn.ErrUnknown},
		"a counter that stands still":     {party, challenge, text, later, "ann's handle", webauthn.ErrCloned},
		"a user who isn't verified":       {webauthn.RelyingParty{ID: "example.com", VerifyUser: true}, challenge, text, known, "ann's handle", webauthn.ErrNotSupported},
		"backup eligibility that differs": {party, challenge, text, synced, "ann's handle", webauthn.ErrMalformed},
		"a registration":                  {party, challenge, strange, known, "ann's handle", webauthn.ErrMalformed},
		"a decoy":                         {party, challenge, text, webauthn.Decoy([]byte("key"), "ann"), "ann's handle", webauthn.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := assert(c.rp, c.challenge, c.text, c.credential, []byte(c.handle)); !errors.Is(err, c.want) {
				t.Errorf("Assertion.Verify() = %v, want %v", err, c.want)
			}
		})
	}
}

// A change of any signed byte breaks the signature.
func TestForgedAssertion(t *testing.T) {
	t.Parallel()
	v := vectors(t)[0]
	rp := webauthn.RelyingParty{ID: "example.org"}
	known := webauthn.Credential{ID: unhex(t, v.CredentialID), PublicKey: unhex(t, v.PublicKey), BackupEligible: true}
	data := unhex(t, v.Assertion.AuthenticatorData)
	data[36] = 9 // the counter
	forged := v
	forged.Assertion.AuthenticatorData = hex.EncodeToString(data)
	if _, err := assert(rp, unhex(t, v.Assertion.Challenge), forged.assertion(t), known, nil); !errors.Is(err, webauthn.ErrSignature) {
		t.Errorf("Assertion.Verify(another counter) = %v, want %v", err, webauthn.ErrSignature)
	}
}

func TestAttestations(t *testing.T) {
	t.Parallel()
	rp, v := webauthn.RelyingParty{ID: "example.org"}, vectors(t)[1]
	object := unhex(t, v.Registration.AttestationObject)
	broken := v
	registration := *v.Registration
	broken.Registration = &registration
	object[len("\xa3\x63fmt\x66packed\x67attStmt\xa2\x63alg\x26\x63sig\x58\x46")+20] ^= 1 // a byte of the signature
	registration.AttestationObject = hex.EncodeToString(object)
	if _, err := register(rp, unhex(t, v.Registration.Challenge), broken.registration(t)); !errors.Is(err, webauthn.ErrMalformed) {
		t.Errorf("Registration.Verify(broken self attestation) = %v, want %v", err, webauthn.ErrMalformed)
	}
}

func TestNotDiscoverable(t *testing.T) {
	t.Parallel()
	challenge := webauthn.NewChallenge()
	text := create(t, &webauthntest.Authenticator{}, party, page, challenge)
	var credential map[string]any
	if err := json.Unmarshal(text, &credential); err != nil {
		t.Fatal(err)
	}
	credential["clientExtensionResults"] = map[string]any{"credProps": map[string]any{"rk": false}}
	text, err := json.Marshal(credential)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := register(party, challenge, text); !errors.Is(err, webauthn.ErrNotSupported) {
		t.Errorf("Registration.Verify(not discoverable) = %v, want %v", err, webauthn.ErrNotSupported)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id, origin string
		want       bool
	}{
		{"example.com", "https://example.com", true},
		{"example.com", "https://example.com:8443", true},
		{"example.com", "https://a.b.example.com", true},
		{"example.com", "https://Example.COM", true},
		{"example.com", "http://example.com", false},
		{"example.com", "https://example.com.evil.net", false},
		{"example.com", "https://evil.net/example.com", false},
		{"example.com", "https://evil.net#.example.com", false},
		{"example.com", "https://evil.net?.example.com", false},
		{"example.com", "https://example.com@evil.net", false},
		{"example.com", "https://user@example.com", false},
		{"example.com", "https://com", false},
		{"example.com", "http://localhost:3000", false},
		{"example.com", "null", false},
		{"example.com", "", false},
		{"auth.example.com", "https://example.com", false},
		{"localhost", "http://localhost:3000", true},
		{"localhost", "http://app.localhost:3000", true},
		{"localhost", "https://localhost", true},
		{"localhost", "http://127.0.0.1:3000", false},
		{"localhost", "ftp://localhost", false},
		{"", "https://", false},
	} {
		rp, challenge := webauthn.RelyingParty{ID: c.id}, webauthn.NewChallenge()
		_, err := register(rp, challenge, create(t, &webauthntest.Authenticator{}, rp, c.origin, challenge))
		if allowed := !errors.Is(err, webauthn.ErrOrigin); allowed != c.want {
			t.Errorf("origin %q for %q: %v, want allowed: %v", c.origin, c.id, err, c.want)
		}
	}
}

func TestApps(t *testing.T) {
	t.Parallel()
	const app = "android:apk-key-hash:0123456789-abcdefghijklmnopqrstuvwxyz_ABCDE"
	rp, a, challenge := webauthn.RelyingParty{ID: "example.com", Apps: []string{app}}, new(webauthntest.Authenticator), webauthn.NewChallenge()
	c, err := register(rp, challenge, create(t, a, rp, app, challenge))
	if err != nil {
		t.Fatalf("Registration.Verify(an app) = %v", err)
	}
	if _, err := assert(rp, challenge, get(t, a, rp, app, challenge, c), c, ann.Handle); err != nil {
		t.Errorf("Assertion.Verify(an app) = %v", err)
	}
	other := new(webauthntest.Authenticator)
	if _, err := register(rp, challenge, create(t, other, rp, app+"x", challenge)); !errors.Is(err, webauthn.ErrOrigin) {
		t.Errorf("Registration.Verify(another app) = %v, want %v", err, webauthn.ErrOrigin)
	}
}

func TestRelyingPartyIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"example.com": true, "auth.example.com": true, "localhost": true, "xn--bcher-kva.example": true, "com": false, "": false,
		"Example.com": false, "https://example.com": false, "example.com:443": false, "example.com/": false, "192.0.2.1": false,
		"2001:db8::1": false, "example..com": false, "-a.example": false, "bücher.example": false, "example.com.": false,
	} {
		if got := webauthn.IsRelyingPartyID(id); got != want {
			t.Errorf("IsRelyingPartyID(%q) = %v, want %v", id, got, want)
		}
	}
	for address, want := range map[string]string{
		"https://auth.example.com": "auth.example.com", "http://127.0.0.1:8229": "localhost", "http://[::1]:8229": "localhost",
		"http://localhost:8229": "localhost", "https://192.0.2.1": "", "http://server": "", "::": "",
	} {
		if got := webauthn.RelyingPartyIDOf(address); got != want {
			t.Errorf("RelyingPartyIDOf(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	known := webauthn.Credential{ID: []byte{1, 2, 3}, Transports: []string{"usb"}}
	rp := webauthn.RelyingParty{ID: "example.com", VerifyUser: true}
	creation, err := rp.CreationOptions(ann, []byte("challenge"), []webauthn.Credential{known})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"authenticatorSelection":{"requireResidentKey":true,"residentKey":"required","userVerification":"required"},` +
		`"challenge":"Y2hhbGxlbmdl","excludeCredentials":[{"id":"AQID","transports":["usb"],"type":"public-key"}],` +
		`"pubKeyCredParams":[{"alg":-7,"type":"public-key"},{"alg":-257,"type":"public-key"}],` +
		`"rp":{"id":"example.com","name":"example.com"},"timeout":60000,` +
		`"user":{"displayName":"Ann","id":"YW5uJ3MgaGFuZGxl","name":"ann"}}`
	if diff := cmp.Diff(want, string(creation)); diff != "" {
		t.Errorf("CreationOptions() differs (-want +got):\n%s", diff)
	}
	request, err := party.RequestOptions([]byte("challenge"), nil)
	if err != nil {
		t.Fatal(err)
	}
	want = `{"allowCredentials":[],"challenge":"Y2hhbGxlbmdl","rpId":"example.com","timeout":60000,"userVerification":"preferred"}`
	if diff := cmp.Diff(want, string(request)); diff != "" {
		t.Errorf("RequestOptions() differs (-want +got):\n%s", diff)
	}
}

func TestDecoyIsTheSameForAName(t *testing.T) {
	t.Parallel()
	key := []byte("decoy key")
	ann := webauthn.Decoy(key, "ann")
	if diff := cmp.Diff(ann, webauthn.Decoy(key, "ann")); diff != "" {
		t.Errorf("a decoy changes:\n%s", diff)
	}
	others := map[string]bool{string(ann.ID): true}
	for _, d := range []webauthn.Credential{webauthn.Decoy(key, "bob"), webauthn.Decoy([]byte("another key"), "ann")} {
		others[string(d.ID)] = true
	}
	if len(others) != 3 {
		t.Error("decoys of different names or keys share an id")
	}
}

// Every input that is rejected is rejected with one of the package's errors.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.assertion(f))
		if v.Registration != nil {
			f.Add(v.registration(f))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := webauthn.ParseRegistration(text); err != nil && (!errors.Is(err, webauthn.ErrMalformed) || r != nil) {
			t.Errorf("ParseRegistration() = %v, %v, want nil, ErrMalformed", r, err)
		}
		if a, err := webauthn.ParseAssertion(text); err != nil && (!errors.Is(err, webauthn.ErrMalformed) || a != nil) {
			t.Errorf("ParseAssertion() = %v, %v, want nil, ErrMalformed", a, err)
		}
	})
}

// A registered credential has an ID and a key, so it can be used later.
func FuzzRegistration(f *testing.F) {
	v := vectors(f)[0]
	for _, v := range vectors(f) {
		if v.Registration != nil {
			f.Add(unhex(f, v.CredentialID), unhex(f, v.Registration.ClientDataJSON), unhex(f, v.Registration.AttestationObject))
		}
	}
	challenge := unhex(f, v.Registration.Challenge)
	f.Fuzz(func(t *testing.T, id, client, object []byte) {
		text := credentialJSON(t, hex.EncodeToString(id), map[string]string{
			"clientDataJSON": hex.EncodeToString(client), "attestationObject": hex.EncodeToString(object),
		})
		c, err := register(webauthn.RelyingParty{ID: "example.org"}, challenge, text)
		if err == nil && (!bytes.Equal(c.ID, id) || len(c.PublicKey) == 0) {
			t.Errorf("Registration.Verify() = %+v for credential %x", c, id)
		}
	})
}

// Verify accepts only what the key has signed.
func FuzzAssertion(f *testing.F) {
	v := vectors(f)[0]
	for _, v := range vectors(f) {
		f.Add(unhex(f, v.Assertion.ClientDataJSON), unhex(f, v.Assertion.AuthenticatorData), unhex(f, v.Assertion.Signature))
	}
	challenge, known := unhex(f, v.Assertion.Challenge), webauthn.Credential{
		ID: unhex(f, v.CredentialID), PublicKey: unhex(f, v.PublicKey), BackupEligible: true,
	}
	f.Fuzz(func(t *testing.T, client, data, signature []byte) {
		text := credentialJSON(t, v.CredentialID, map[string]string{
			"clientDataJSON": hex.EncodeToString(client), "authenticatorData": hex.EncodeToString(data),
			"signature": hex.EncodeToString(signature),
		})
		_, err := assert(webauthn.RelyingParty{ID: "example.org"}, challenge, text, known, nil)
		signed := hex.EncodeToString(client) == v.Assertion.ClientDataJSON && hex.EncodeToString(data) == v.Assertion.AuthenticatorData
		if err == nil && !signed {
			t.Errorf("Assertion.Verify(%s) admits what was not signed", text)
		}
	})
}

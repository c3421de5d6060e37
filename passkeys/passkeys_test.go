package passkeys_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate"
	"cognate/api"
	"cognate/authn/webauthn"
	"cognate/authn/webauthn/webauthntest"
	"cognate/passkeys"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/subject"
)

var (
	now    = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	hiding = &cognate.AppClient{ID: "client", PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesEnabled}
)

// world is a pool with the user ann.
type world struct {
	*passkeys.Service
	pool *cognate.UserPool
	ann  *cognate.User
}

func mustWorld(t *testing.T) *world {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	w := &world{
		Service: &passkeys.Service{Store: st, PublicURL: "https://example.com"},
		pool:    &cognate.UserPool{ID: "us-east-1_abcdefghi", Schema: cognate.StandardAttributes(), CreatedAt: now, ModifiedAt: now},
	}
	w.ann = &cognate.User{
		PoolID: w.pool.ID, Sub: "11111111-2222-7033-4444-555555555555", Username: "ann", Enabled: true,
		Status: api.UserStatusTypeConfirmed, Created: now, Modified: now,
	}
	err = st.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.CreateUserPool(t.Context(), w.pool, nil), tx.CreateUser(t.Context(), w.pool, w.ann))
	})
	if err != nil {
		t.Fatalf("create ann: %v", err)
	}
	return w
}

// mustRegister stores a new passkey of ann for the pool's relying party.
func (w *world) mustRegister(t *testing.T, a *webauthntest.Authenticator) *cognate.Credential {
	t.Helper()
	party, challenge := w.mustParty(t), webauthn.NewChallenge()
	options, err := party.CreationOptions(webauthn.User{Handle: passkeys.UserHandle(w.ann), Name: "ann"}, challenge, nil)
	if err != nil {
		t.Fatalf("CreationOptions() = %v", err)
	}
	text, err := a.Create("https://"+party.ID, options)
	if err != nil {
		t.Fatalf("Create() = %v", err)
	}
	registration, err := webauthn.ParseRegistration(text)
	if err != nil {
		t.Fatalf("ParseRegistration() = %v", err)
	}
	made, err := registration.Verify(party, challenge)
	if err != nil {
		t.Fatalf("Verify() = %v", err)
	}
	c := passkeys.FromPasskey(made)
	c.PoolID, c.Sub, c.RelyingPartyID, c.Created = w.pool.ID, w.ann.Sub, party.ID, now
	if err := w.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateCredential(t.Context(), c) }); err != nil {
		t.Fatalf("CreateCredential() = %v", err)
	}
	return c
}

// mustParty returns the relying party of new passkeys.
func (w *world) mustParty(t *testing.T) webauthn.RelyingParty {
	t.Helper()
	party, err := w.Party(t.Context(), w.pool)
	if err != nil {
		t.Fatalf("Party() = %v", err)
	}
	return party
}

// mustCreateDomain gives the pool a domain.
func (w *world) mustCreateDomain(t *testing.T, kind cognate.DomainKind, name string) {
	t.Helper()
	err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.CreateDomain(t.Context(), &cognate.Domain{PoolID: w.pool.ID, Name: name, Kind: kind, CreatedAt: now, ModifiedAt: now})
	})
	if err != nil {
		t.Fatalf("CreateDomain(%s) = %v", name, err)
	}
}

func TestParty(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	for _, tt := range []struct {
		what, url string
		config    *api.WebAuthnConfigurationType
		want      webauthn.RelyingParty
	}{
		{"the server's host", "https://id.example.com:8443", nil, webauthn.RelyingParty{ID: "id.example.com"}},
		{"no domain", "http://192.0.2.1", nil, webauthn.RelyingParty{}},
		{"the pool's", "https://id.example.com", &api.WebAuthnConfigurationType{RelyingPartyId: "example.com"}, webauthn.RelyingParty{ID: "example.com"}},
		{
			"a pool without one that requires verification", "https://id.example.com",
			&api.WebAuthnConfigurationType{UserVerification: api.UserVerificationTypeRequired},
			webauthn.RelyingParty{ID: "id.example.com", VerifyUser: true},
		},
	} {
		s := &passkeys.Service{Store: w.Store, PublicURL: tt.url}
		pool := &cognate.UserPool{ID: w.pool.ID, MFA: cognate.MFAConfig{WebAuthn: tt.config}}
		got, err := s.Party(t.Context(), pool)
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("Party(%s), %v (-want +got):\n%s", tt.what, err, diff)
		}
	}
	w.pool.Tags = map[string]string{cognate.TagPasskeyApps: "android:apk-key-hash:a ios:b"}
	if diff := cmp.Diff([]string{"android:apk-key-hash:a", "ios:b"}, w.mustParty(t).Apps); diff != "" {
		t.Errorf("Apps (-want +got):\n%s", diff)
	}
}

// Passkeys of a relying party that the pool had before are not usable, but they stay.
func TestOfAnotherRelyingParty(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	c := w.mustRegister(t, new(webauthntest.Authenticator))
	want := func(what string, ids ...cognate.CredentialID) {
		t.Helper()
		registered, err := w.Of(t.Context(), w.pool, w.ann)
		var got []cognate.CredentialID
		for _, c := range registered.Passkeys {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, ids) || err != nil {
			t.Errorf("Of(%s) = %v, %v, want %v", what, got, err, ids)
		}
	}
	want("ann", c.ID)
	w.pool.MFA.WebAuthn = &api.WebAuthnConfigurationType{RelyingPartyId: "example.org"}
	want("another relying party")
	w.pool.MFA.WebAuthn = nil
	want("the first again", c.ID)
}

// A pool without a relying party ID takes its domain. Users keep the passkeys that they have, until they register a new one.
func TestPartyOfDomain(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	anns := new(webauthntest.Authenticator)
	want := func(what, party string, ids ...cognate.CredentialID) {
		t.Helper()
		registered, err := w.Of(t.Context(), w.pool, w.ann)
		var got []cognate.CredentialID
		for _, c := range registered.Passkeys {
			got = append(got, c.ID)
		}
		if registered.Party.ID != party || !slices.Equal(got, ids) || err != nil {
			t.Errorf("Of(%s) = %v of %q, %v, want %v of %q", what, got, registered.Party.ID, err, ids, party)
		}
	}
	first := w.mustRegister(t, anns)
	w.mustCreateDomain(t, cognate.PrefixDomain, "login")
	if party := w.mustParty(t).ID; party != "login.auth.example.com" {
		t.Errorf("Party() = %s, want the prefix domain", party)
	}
	want("a passkey of the server", "example.com", first.ID)
	second := w.mustRegister(t, anns)
	want("a passkey of the prefix domain", "login.auth.example.com", second.ID)
	w.mustCreateDomain(t, cognate.CustomDomain, "sso.example.org")
	if party := w.mustParty(t).ID; party != "sso.example.org" {
		t.Errorf("Party() = %s, want the custom domain", party)
	}
	want("no passkey of the custom domain", "login.auth.example.com", second.ID)
	w.pool.MFA.WebAuthn = &api.WebAuthnConfigurationType{RelyingPartyId: "example.net"}
	want("another relying party", "example.net")
	w.pool.MFA.WebAuthn = nil

	// The DNS has no names below the address of the server.
	local := &passkeys.Service{Store: w.Store, PublicURL: "http://127.0.0.1:8229"}
	if party, err := local.Party(t.Context(), w.pool); party.ID != "localhost" || err != nil {
		t.Errorf("Party(local server) = %v, %v, want localhost", party, err)
	}
}

func TestOfSubject(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	registered := w.mustRegister(t, new(webauthntest.Authenticator))
	finder := &subject.Finder{Store: w.Store, DecoyKey: []byte("a key for decoys of thirty-two b")}
	of := func(name string) (subject.Subject, []*cognate.Credential) {
		t.Helper()
		sub, err := finder.Find(t.Context(), w.pool, hiding, name)
		if err != nil {
			t.Fatalf("Find(%s) = %v", name, err)
		}
		registered, err := w.OfSubject(t.Context(), w.pool, sub)
		if err != nil {
			t.Fatalf("OfSubject(%s) = %v", name, err)
		}
		return sub, registered.Passkeys
	}
	if _, list := of("ann"); len(list) != 1 || list[0].ID != registered.ID {
		t.Errorf("OfSubject(ann) = %v, want ann's passkey", list)
	}
	for _, name := range []string{"eve", "otto", "mallory", "trent"} {
		sub, list := of(name)
		_, again := of(name)
		decoy := sub.DecoyPasskey()
		switch {
		case decoy == nil && len(list) != 0:
			t.Errorf("OfSubject(%s) = %v, want no passkey", name, list)
		case decoy != nil && (len(list) != 1 || list[0].PoolID != w.pool.ID || list[0].RelyingPartyID != "example.com" || list[0].ID == registered.ID):
			t.Errorf("OfSubject(%s) = %v, want one passkey of the pool's relying party", name, list)
		}
		if diff := cmp.Diff(list, again); diff != "" {
			t.Errorf("OfSubject(%s) differs from time to time:\n%s", name, diff)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	anns, another := new(webauthntest.Authenticator), new(webauthntest.Authenticator)
	first := w.mustRegister(t, anns)
	second := w.mustRegister(t, another)
	party, challenge := w.mustParty(t), webauthn.NewChallenge()
	use := func(a *webauthntest.Authenticator) *webauthn.Assertion {
		t.Helper()
		options, err := party.RequestOptions(challenge, passkeys.ToPasskeys([]*cognate.Credential{first, second}))
		if err != nil {
			t.Fatalf("RequestOptions() = %v", err)
		}
		text, err := a.Get("https://"+party.ID, options)
		if err != nil {
			t.Fatalf("Get() = %v", err)
		}
		used, err := webauthn.ParseAssertion(text)
		if err != nil {
			t.Fatalf("ParseAssertion() = %v", err)
		}
		return used
	}
	both := passkeys.Registered{Party: party, Passkeys: []*cognate.Credential{first, second}}
	if c, count, err := both.Check(w.ann, challenge, use(another)); c != second || err != nil || !webauthn.Advances(second.SignCount, count) {
		t.Errorf("Check(second passkey) = %v, %d, %v, want the second one and a higher count", c, count, err)
	}
	if c, _, err := (passkeys.Registered{Party: party, Passkeys: both.Passkeys[:1]}).Check(w.ann, challenge, use(another)); c != nil || !errors.Is(err, webauthn.ErrUnknown) {
		t.Errorf("Check(passkey that is not registered) = %v, %v, want ErrUnknown", c, err)
	}
	if _, _, err := both.Check(w.ann, webauthn.NewChallenge(), use(anns)); err == nil {
		t.Error("Check(another challenge) succeeded")
	}
	bob := &cognate.User{Sub: "99999999-2222-7033-4444-555555555555"}
	if _, _, err := both.Check(bob, challenge, use(anns)); err == nil {
		t.Error("Check(another user's handle) succeeded")
	}
	w.pool.MFA.WebAuthn = &api.WebAuthnConfigurationType{RelyingPartyId: "example.org"}
	both.Party = w.mustParty(t)
	if _, _, err := both.Check(w.ann, challenge, use(anns)); err == nil {
		t.Error("Check(another relying party) succeeded")
	}
}

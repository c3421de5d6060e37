package storetest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/store"
)

var identityProviderTests = []part{
	{"identity provider round trip", providerRoundTrip},
	{"identifiers belong to one identity provider of a pool", providerIdentifiers},
	{"identity providers that are due", dueProviders},
	{"linked identities belong to one user", linkedIdentities},
	{"of racing links of one identity one succeeds", racingLinks},
	{"SAML keys", samlKeys},
}

func mustProvider(t *testing.T, s *store.Store, p *cognate.IdentityProvider) *cognate.IdentityProvider {
	t.Helper()
	p.Type, p.CreatedAt, p.ModifiedAt = api.IdentityProviderTypeTypeOidc, now, now
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateIdentityProvider(t.Context(), p) })
	return p
}

func providerRoundTrip(t *testing.T, s *store.Store) {
	pool, other := mustPool(t, s, "eu-west-1_A"), mustPool(t, s, "eu-west-1_B")
	okta := mustProvider(t, s, &cognate.IdentityProvider{
		PoolID: pool.ID, Name: "Okta", Details: map[string]string{"client_secret": "secret"}, Identifiers: []string{"a"},
	})
	mustProvider(t, s, &cognate.IdentityProvider{PoolID: other.ID, Name: "okta"})
	mustProvider(t, s, &cognate.IdentityProvider{PoolID: pool.ID, Name: "Auth0"})
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return tx.CreateIdentityProvider(t.Context(), &cognate.IdentityProvider{PoolID: pool.ID, Name: "OKTA"})
	})
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateIdentityProvider(OKTA) = %v, want ErrExists", err)
	}
	if has, err := s.HasIdentityProvider(t.Context(), pool.ID, "OKTA"); !has || err != nil {
		t.Errorf("HasIdentityProvider(OKTA) = %v, %v, want true", has, err)
	}
	if _, err := s.IdentityProvider(t.Context(), pool.ID, "okta"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("IdentityProvider(okta) = %v, want ErrNotFound: the case differs", err)
	}
	before, err := s.IdentityProvider(t.Context(), pool.ID, "Okta")
	if err != nil {
		t.Fatalf("IdentityProvider() = %v", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		locked, err := tx.LockIdentityProvider(t.Context(), pool.ID, "Okta")
		if err != nil {
			return err
		}
		if locked.Version != before.Version+1 {
			t.Errorf("Version after the lock = %d, want %d", locked.Version, before.Version+1)
		}
		locked.Details["client_id"] = "id"
		okta = locked
		names, err := tx.ProviderNames(t.Context(), pool.ID)
		if diff := cmp.Diff([]string{"Auth0", "Okta"}, names); diff != "" || err != nil {
			t.Errorf("ProviderNames() = %v (-want +got):\n%s", err, diff)
		}
		if n, err := tx.CountIdentityProviders(t.Context(), pool.ID); n != 2 || err != nil {
			t.Errorf("CountIdentityProviders() = %d, %v, want 2", n, err)
		}
		return tx.SaveIdentityProvider(t.Context(), locked)
	})
	got, err := s.IdentityProvider(t.Context(), pool.ID, "Okta")
	if diff := cmp.Diff(okta, got); diff != "" || err != nil {
		t.Errorf("IdentityProvider() = %v (-want +got):\n%s", err, diff)
	}
	page, err := s.IdentityProviders(t.Context(), pool.ID, "auth0", 9)
	if err != nil || len(page) != 1 || page[0].Name != "Okta" {
		t.Errorf("IdentityProviders(after auth0) = %v, %v, want Okta", page, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteIdentityProvider(t.Context(), pool.ID, "Okta") })
	if _, err := s.IdentityProvider(t.Context(), pool.ID, "Okta"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("IdentityProvider(deleted) = %v, want ErrNotFound", err)
	}
	if _, err := s.IdentityProvider(t.Context(), other.ID, "okta"); err != nil {
		t.Errorf("IdentityProvider(of another pool) = %v", err)
	}
}

func providerIdentifiers(t *testing.T, s *store.Store) {
	pool := mustPool(t, s, "eu-west-1_A")
	one := mustProvider(t, s, &cognate.IdentityProvider{PoolID: pool.ID, Name: "one"})
	two := mustProvider(t, s, &cognate.IdentityProvider{PoolID: pool.ID, Name: "two"})
	save := func(p *cognate.IdentityProvider, identifiers ...string) error {
		p.Identifiers = identifiers
		return s.Write(t.Context(), func(tx *store.Tx) error { return tx.SaveProviderIdentifiers(t.Context(), p) })
	}
	if err := errors.Join(save(one, "a", "b"), save(one, "b", "c"), save(two, "a")); err != nil {
		t.Fatalf("SaveProviderIdentifiers() = %v", err)
	}
	if err := save(two, "c"); !errors.Is(err, store.ErrExists) {
		t.Errorf("SaveProviderIdentifiers(taken) = %v, want ErrExists", err)
	}
	for identifier, want := range map[string]string{"a": "two", "b": "one", "c": "one"} {
		if got, err := s.IdentityProviderByIdentifier(t.Context(), pool.ID, identifier); err != nil || got.Name != want {
			t.Errorf("IdentityProviderByIdentifier(%s) = %v, %v, want %s", identifier, got, err, want)
		}
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteIdentityProvider(t.Context(), pool.ID, "one") })
	if err := save(two, "b", "c"); err != nil {
		t.Errorf("SaveProviderIdentifiers(of a deleted provider) = %v", err)
	}
}

func dueProviders(t *testing.T, s *store.Store) {
	pool := mustPool(t, s, "eu-west-1_A")
	for name, at := range map[string]time.Time{"never": {}, "later": now.Add(time.Hour), "now": now, "before": now.Add(-time.Hour)} {
		mustProvider(t, s, &cognate.IdentityProvider{PoolID: pool.ID, Name: name, RefreshAt: at})
	}
	due, err := s.DueIdentityProviders(t.Context(), now, 9)
	var names []string
	for _, p := range due {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"before", "now"}, names); diff != "" || err != nil {
		t.Errorf("DueIdentityProviders() = %v (-want +got):\n%s", err, diff)
	}
}

var account = cognate.LinkedIdentity{
	ProviderName: "Okta", ProviderType: api.IdentityProviderTypeTypeOidc, Attribute: cognate.SubjectAttribute, Value: "1", LinkedAt: now,
}

func link(ctx context.Context, tx *store.Tx, p *cognate.UserPool, sub string) error {
	u, err := tx.LockUser(ctx, p.ID, sub)
	if err != nil {
		return err
	}
	if err := tx.LinkIdentity(ctx, u, account); err != nil {
		return err
	}
	return tx.SaveUser(ctx, p, u)
}

func linkedIdentities(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann, bob := mustUser(t, s, p, "ann"), mustUser(t, s, p, "bob")
	mustWrite(t, s, func(tx *store.Tx) error { return link(t.Context(), tx, p, ann.Sub) })
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return link(t.Context(), tx, p, bob.Sub) }); !errors.Is(err, store.ErrExists) {
		t.Errorf("LinkIdentity(of another user) = %v, want ErrExists", err)
	}
	owner := func() (*cognate.User, error) {
		return s.UserByIdentity(t.Context(), p.ID, account.ProviderName, account.Attribute, account.Value)
	}
	got, err := owner()
	if err != nil || got.Sub != ann.Sub {
		t.Fatalf("UserByIdentity() = %v, %v, want ann", got, err)
	}
	if diff := cmp.Diff([]cognate.LinkedIdentity{account}, got.Identities); diff != "" {
		t.Errorf("Identities (-want +got):\n%s", diff)
	}
	unlink := func(sub string) error {
		return s.Write(t.Context(), func(tx *store.Tx) error {
			u, err := tx.LockUser(t.Context(), p.ID, sub)
			if err != nil {
				return err
			}
			if err := tx.UnlinkIdentity(t.Context(), u, account.ProviderName, account.Attribute, account.Value); err != nil {
				return err
			}
			return tx.SaveUser(t.Context(), p, u)
		})
	}
	if err := unlink(bob.Sub); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("UnlinkIdentity(of another user) = %v, want ErrNotFound", err)
	}
	if err := unlink(ann.Sub); err != nil {
		t.Errorf("UnlinkIdentity() = %v", err)
	}
	if _, err := owner(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("UserByIdentity(unlinked) = %v, want ErrNotFound", err)
	}
	if got, err := s.User(t.Context(), p.ID, ann.Sub); err != nil || len(got.Identities) != 0 {
		t.Errorf("Identities after UnlinkIdentity = %v, %v, want none", got.Identities, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return link(t.Context(), tx, p, ann.Sub) })
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), p.ID, ann.Sub) })
	mustWrite(t, s, func(tx *store.Tx) error { return link(t.Context(), tx, p, bob.Sub) })
}

func racingLinks(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	subs := []string{mustUser(t, s, p, "ann").Sub, mustUser(t, s, p, "bob").Sub}
	wins := race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) {
		err := link(ctx, tx, p, subs[mathrand.IntN(len(subs))])
		if errors.Is(err, store.ErrExists) {
			return false, nil
		}
		return err == nil, err
	})
	if wins != 1 {
		t.Errorf("%d concurrent transactions linked the identity, want 1", wins)
	}
}

func samlKeys(t *testing.T, s *store.Store) {
	p, other := mustPool(t, s, "eu-west-1_A"), mustPool(t, s, "eu-west-1_B")
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	key := func(id string, at time.Time) cognate.SAMLKey {
		return cognate.SAMLKey{ID: id, Key: private, Certificate: []byte("certificate " + id), CreatedAt: at}
	}
	older, newer := key("older", now.Add(-time.Hour)), key("newer", now)
	old := func() []string {
		t.Helper()
		ids, err := s.PoolsWithOldSAMLKeys(t.Context(), now.Add(-time.Minute), 9)
		if err != nil {
			t.Fatalf("PoolsWithOldSAMLKeys() = %v", err)
		}
		return ids
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateSAMLKey(t.Context(), p.ID, &older), tx.CreateSAMLKey(t.Context(), other.ID, &newer))
	})
	if diff := cmp.Diff([]string{p.ID}, old()); diff != "" {
		t.Errorf("PoolsWithOldSAMLKeys() (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if has, err := tx.HasSAMLKeySince(t.Context(), p.ID, now.Add(-time.Minute)); has || err != nil {
			t.Errorf("HasSAMLKeySince() = %v, %v, want false", has, err)
		}
		return tx.CreateSAMLKey(t.Context(), p.ID, &newer)
	})
	if ids := old(); len(ids) != 0 {
		t.Errorf("PoolsWithOldSAMLKeys() with a new key = %v, want none", ids)
	}
	keys, err := s.SAMLKeys(t.Context(), p.ID)
	if diff := cmp.Diff([]cognate.SAMLKey{newer, older}, keys); diff != "" || err != nil {
		t.Errorf("SAMLKeys() = %v (-want +got):\n%s", err, diff)
	}
}

package storetest

import (
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var signingKeyTests = []part{{"signing key round trip", signingKeyRoundTrip}}

func signingKeyRoundTrip(t *testing.T, s *store.Store) {
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	key := func(id string, use cognate.TokenUse, from time.Time) cognate.SigningKey {
		return cognate.SigningKey{ID: id, Use: use, Key: private, CreatedAt: now, SignsFrom: from}
	}
	first := []cognate.SigningKey{key("a", cognate.TokenUseAccess, now), key("b", cognate.TokenUseID, now)}
	later := []cognate.SigningKey{key("c", cognate.TokenUseAccess, now.Add(time.Hour)), key("d", cognate.TokenUseID, now.Add(time.Hour))}
	p, other := poolNamed("eu-west-1_A"), poolNamed("eu-west-1_B")
	mustWrite(t, s, func(tx *store.Tx) error {
		if err := tx.CreateUserPool(t.Context(), p, first); err != nil {
			return err
		}
		return tx.CreateUserPool(t.Context(), other, first)
	})
	wantSigningKeys(t, s, p.ID, first)
	version := mustVersion(t, s, p.ID)
	for _, step := range []struct {
		what   string
		change func(tx *store.Tx, p *cognate.UserPool) error
		want   []cognate.SigningKey
	}{
		{"add", func(tx *store.Tx, p *cognate.UserPool) error {
			return tx.AddSigningKeys(t.Context(), p, later)
		}, append(first[:2:2], later...)},
		{"start", func(tx *store.Tx, p *cognate.UserPool) error {
			return tx.StartSigningKeys(t.Context(), p, now.Add(time.Minute))
		}, append(first[:2:2], key("c", cognate.TokenUseAccess, now.Add(time.Minute)), key("d", cognate.TokenUseID, now.Add(time.Minute)))},
		{"delete", func(tx *store.Tx, p *cognate.UserPool) error {
			return tx.DeleteSigningKeys(t.Context(), p, append(later[:1:1], first[0]))
		}, []cognate.SigningKey{first[1], key("d", cognate.TokenUseID, now.Add(time.Minute))}},
	} {
		if step.what == "delete" {
			wantPools(t, "with more than 2 keys", []string{p.ID}, func() ([]string, error) { return s.PoolsByKeyCount(t.Context(), 2, "", 9) })
			wantPools(t, "with old keys", []string{other.ID}, func() ([]string, error) {
				return s.PoolsByKeyAge(t.Context(), now.Add(time.Second), "", 9)
			})
		}
		mustWrite(t, s, func(tx *store.Tx) error {
			locked, err := tx.LockUserPool(t.Context(), p.ID)
			if err != nil {
				return err
			}
			return step.change(tx, locked)
		})
		wantSigningKeys(t, s, p.ID, step.want)
		changed := mustVersion(t, s, p.ID)
		if changed == version {
			t.Errorf("%s: KeysVersion has not changed", step.what)
		}
		version = changed
	}
	wantSigningKeys(t, s, other.ID, first)
	wantPools(t, "after the first", []string{other.ID}, func() ([]string, error) { return s.PoolsByKeyCount(t.Context(), 0, p.ID, 9) })
}

func wantSigningKeys(t *testing.T, s *store.Store, poolID string, want []cognate.SigningKey) {
	t.Helper()
	got, err := s.SigningKeys(t.Context(), poolID)
	if err != nil {
		t.Fatalf("SigningKeys() = %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("SigningKeys() differs (-want +got):\n%s", diff)
	}
}

func mustVersion(t *testing.T, s *store.Store, poolID string) int64 {
	t.Helper()
	p, err := s.UserPool(t.Context(), poolID)
	if err != nil {
		t.Fatalf("UserPool() = %v", err)
	}
	return p.KeysVersion
}

func wantPools(t *testing.T, what string, want []string, list func() ([]string, error)) {
	t.Helper()
	got, err := list()
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("pools %s = %v, %v, want %v", what, got, err, want)
	}
}

package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var certificateTests = []part{
	{"certificates", certificates},
	{"ACME account and challenges", acmeChallenges},
	{"names of domains", domainNames},
}

const acmeDirectory = "https://acme.example.com/dir"

func certificates(t *testing.T, s *store.Store) {
	c := store.Certificate{Directory: acmeDirectory, Name: "id.example.com", NotBefore: now, NotAfter: now.Add(time.Hour)}
	stored := func(what string, want ...store.Certificate) []store.Certificate {
		t.Helper()
		got, err := s.Certificates(t.Context())
		if err != nil {
			t.Fatalf("Certificates() = %v", err)
		}
		ignoreVersion := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Version" }, cmp.Ignore())
		if diff := cmp.Diff(want, got, ignoreVersion); diff != "" {
			t.Errorf("%s: Certificates() (-want +got):\n%s", what, diff)
		}
		return got
	}
	fail := func(reason string) {
		t.Helper()
		mustWrite(t, s, func(tx *store.Tx) error {
			return tx.SaveCertificateFailure(t.Context(), c.Name, c.Directory, reason, now.Add(time.Minute))
		})
	}
	fail("no address")
	fail("no answer")
	first := stored("failed", store.Certificate{
		Directory: acmeDirectory, Name: c.Name, Failures: 2, RetryAt: now.Add(time.Minute), Reason: "no answer",
	})
	if _, _, err := s.CertificatePEM(t.Context(), c.Name, c.Directory); !errors.Is(err, store.ErrNotFound) || first[0].Version != 0 {
		t.Errorf("CertificatePEM() = %v with version %d, want ErrNotFound and 0", err, first[0].Version)
	}
	versions := make(map[int64]bool)
	for _, text := range []string{"first", "second"} {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveCertificate(t.Context(), &c, []byte(text)) })
		got, version, err := s.CertificatePEM(t.Context(), c.Name, c.Directory)
		if err != nil || string(got) != text || versions[version] {
			t.Errorf("CertificatePEM() = %q with version %d, %v, want %q with a new version", got, version, err, text)
		}
		versions[version] = true
	}
	stored("saved", c)
	fail("too many requests")
	failed := c
	failed.Failures, failed.RetryAt, failed.Reason = 1, now.Add(time.Minute), "too many requests"
	stored("failed again", failed)
	if got, _, err := s.CertificatePEM(t.Context(), c.Name, c.Directory); err != nil || string(got) != "second" {
		t.Errorf("CertificatePEM() after a failure = %q, %v", got, err)
	}
	other := store.Certificate{Directory: "https://other.example.com/dir", Name: c.Name, NotBefore: now, NotAfter: now.Add(2 * time.Hour)}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveCertificate(t.Context(), &other, []byte("other")) })
	mustPurge(t, s, store.Cutoffs{Certificates: now.Add(90 * time.Minute)})
	stored("purged", other)
}

func acmeChallenges(t *testing.T, s *store.Store) {
	if _, err := s.ACMEAccount(t.Context(), acmeDirectory); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ACMEAccount() = %v, want ErrNotFound", err)
	}
	for _, key := range []string{"key", "key of another server"} {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateACMEAccount(t.Context(), acmeDirectory, []byte(key), now) })
	}
	if key, err := s.ACMEAccount(t.Context(), acmeDirectory); err != nil || string(key) != "key" {
		t.Errorf("ACMEAccount() = %q, %v, want the first key", key, err)
	}
	one := store.ACMEChallenge{Directory: acmeDirectory, Name: "a.example.com", Token: "one", Type: "http-01"}
	two := store.ACMEChallenge{Directory: acmeDirectory, Name: "b.example.com", Token: "two", Type: "tls-alpn-01"}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateACMEChallenge(t.Context(), two, now.Add(time.Hour)), tx.CreateACMEChallenge(t.Context(), one, now.Add(time.Minute)))
	})
	want := func(what string, at time.Time, want ...store.ACMEChallenge) {
		t.Helper()
		got, err := s.ACMEChallenges(t.Context(), at)
		if err != nil {
			t.Fatalf("ACMEChallenges() = %v", err)
		}
		if len(got) != len(want) || len(want) > 0 && !cmp.Equal(got, want) {
			t.Errorf("%s: ACMEChallenges() = %v, want %v", what, got, want)
		}
	}
	want("created", now, one, two)
	want("expired", now.Add(time.Minute), two)
	mustPurge(t, s, store.Cutoffs{ACMEChallenges: now.Add(2 * time.Minute)})
	want("purged", now, two)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteACMEChallenge(t.Context(), two) })
	want("deleted", now)
}

func domainNames(t *testing.T, s *store.Store) {
	for _, d := range []cognate.Domain{
		{PoolID: "eu-west-1_A", Kind: cognate.PrefixDomain, Name: "login"},
		{PoolID: "eu-west-1_B", Kind: cognate.PrefixDomain, Name: "account"},
		{PoolID: "eu-west-1_A", Kind: cognate.CustomDomain, Name: "auth.example.com"},
	} {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateDomain(t.Context(), &d) })
	}
	got, err := s.DomainNames(t.Context())
	want := map[cognate.DomainKind][]string{cognate.PrefixDomain: {"account", "login"}, cognate.CustomDomain: {"auth.example.com"}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("DomainNames() = %v, %v, want %v", got, err, want)
	}
}

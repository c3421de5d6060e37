package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/store"
)

var domainTests = []part{{"domain round trip", domainRoundTrip}}

func domainRoundTrip(t *testing.T, s *store.Store) {
	p, other := mustPool(t, s, "eu-west-1_A"), mustPool(t, s, "eu-west-1_B")
	prefix := &cognate.Domain{
		PoolID: p.ID, Kind: cognate.PrefixDomain, Name: "login", ManagedLoginVersion: 1, Distribution: "d1.cloudfront.net",
		CreatedAt: now, ModifiedAt: now,
	}
	custom := &cognate.Domain{
		PoolID: p.ID, Kind: cognate.CustomDomain, Name: "login.example.com", ManagedLoginVersion: 2, CertificateARN: "arn",
		SecurityPolicy: api.SecurityPolicyTypeTlsV122021, Distribution: "d2.cloudfront.net", CreatedAt: now, ModifiedAt: now,
		Failover: &api.FailoverType{SecondaryRegion: "us-west-2", PrimaryRoute53HealthCheckId: "check"},
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateDomain(t.Context(), prefix), tx.CreateDomain(t.Context(), custom))
	})
	theirs := *prefix
	theirs.PoolID = other.ID
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateDomain(t.Context(), &theirs) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateDomain(name of another pool) = %v, want ErrExists", err)
	}
	want := map[cognate.DomainKind]*cognate.Domain{cognate.PrefixDomain: prefix, cognate.CustomDomain: custom}
	got, err := s.Domains(t.Context(), p.ID)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Domains() = %v, differs (-want +got):\n%s", err, diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if _, err := tx.LockDomain(t.Context(), other.ID, custom.Name); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("LockDomain(of another pool) = %v, want ErrNotFound", err)
		}
		if err := tx.DeleteDomain(t.Context(), other.ID, prefix.Name); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("DeleteDomain(of another pool) = %v, want ErrNotFound", err)
		}
		if n, err := tx.CountDomains(t.Context(), cognate.CustomDomain, p.AccountID, "eu-west-1"); n != 1 || err != nil {
			t.Errorf("CountDomains() = %d, %v, want 1", n, err)
		}
		if n, err := tx.CountDomains(t.Context(), cognate.CustomDomain, p.AccountID, "eu-west-2"); n != 0 || err != nil {
			t.Errorf("CountDomains(another region) = %d, %v, want 0", n, err)
		}
		d, err := tx.LockDomain(t.Context(), p.ID, custom.Name)
		if err != nil {
			return err
		}
		d.Failover = nil
		return errors.Join(tx.SaveDomain(t.Context(), d), tx.DeleteDomain(t.Context(), p.ID, prefix.Name))
	})
	custom.Failover = nil
	found, err := s.Domain(t.Context(), custom.Name)
	if diff := cmp.Diff(custom, found); diff != "" || err != nil {
		t.Errorf("Domain() = %v, differs (-want +got):\n%s", err, diff)
	}
	if _, err := s.Domain(t.Context(), prefix.Name); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Domain(deleted) = %v, want ErrNotFound", err)
	}
}

package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var resourceServerTests = []part{{"resource server round trip", resourceServerRoundTrip}}

func resourceServerRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	full := &cognate.ResourceServer{
		PoolID: p.ID, Identifier: "https://api.example.com/v1", Name: "an API", CreatedAt: now, ModifiedAt: now,
		Scopes: []cognate.Scope{{Name: "write", Description: "may write"}, {Name: "read", Description: "may read"}},
	}
	bare := &cognate.ResourceServer{PoolID: p.ID, Identifier: "bare", Name: "bare", CreatedAt: now, ModifiedAt: now}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateResourceServer(t.Context(), full), tx.CreateResourceServer(t.Context(), bare))
	})
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateResourceServer(t.Context(), bare) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateResourceServer(again) = %v, want ErrExists", err)
	}
	first, err := s.ResourceServers(t.Context(), p.ID, "", 1)
	if err != nil {
		t.Fatalf("ResourceServers() = %v", err)
	}
	rest, err := s.ResourceServers(t.Context(), p.ID, "bare", 9)
	if err != nil {
		t.Fatalf("ResourceServers(after bare) = %v", err)
	}
	if diff := cmp.Diff([]*cognate.ResourceServer{bare, full}, append(first, rest...)); diff != "" {
		t.Errorf("ResourceServers() differs (-want +got):\n%s", diff)
	}
	want := cognate.CustomScopes{"https://api.example.com/v1/write": true, "https://api.example.com/v1/read": true}
	if got, err := s.CustomScopes(t.Context(), p.ID); err != nil || !cmp.Equal(want, got) {
		t.Errorf("CustomScopes() = %v, %v, want %v", got, err, want)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		r, err := tx.LockResourceServer(t.Context(), p.ID, full.Identifier)
		if err != nil {
			return err
		}
		r.Scopes = nil
		return errors.Join(tx.SaveResourceServer(t.Context(), r), tx.DeleteResourceServer(t.Context(), p.ID, bare.Identifier))
	})
	if got, err := s.CustomScopes(t.Context(), p.ID); err != nil || len(got) != 0 {
		t.Errorf("CustomScopes() = %v, %v, want none", got, err)
	}
	if _, err := s.ResourceServer(t.Context(), p.ID, bare.Identifier); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ResourceServer(deleted) = %v, want ErrNotFound", err)
	}
}

package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var appClientTests = []part{
	{"client round trip", clientRoundTrip},
}

func mustClient(t *testing.T, s *store.Store, p *cognate.UserPool, id string) *cognate.AppClient {
	t.Helper()
	c := &cognate.AppClient{PoolID: p.ID, ID: id, Name: "app", Secret: "hush", AuthSessionValidity: 3, CreatedAt: now, ModifiedAt: now}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateAppClient(t.Context(), c) })
	return c
}

func clientRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	want := mustClient(t, s, p, "client")
	got, err := s.AppClient(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("AppClient() = %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("AppClient() differs (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), p.ID, want.ID) })
	if _, err := s.AppClient(t.Context(), want.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("AppClient(deleted) = %v, want ErrNotFound", err)
	}
}

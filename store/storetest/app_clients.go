package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var appClientTests = []part{
	{"client round trip", clientRoundTrip},
	{"secrets of a client", secretsRoundTrip},
}

func mustClient(t *testing.T, s *store.Store, p *cognate.UserPool, id string) *cognate.AppClient {
	t.Helper()
	c := &cognate.AppClient{PoolID: p.ID, ID: id, Name: "app", Secrets: []cognate.ClientSecret{{Value: "hush", Created: now}}, AuthSessionValidity: 3, CreatedAt: now, ModifiedAt: now}
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

// secretsRoundTrip checks that secrets are stored beside each other, and that a deleted one is gone.
func secretsRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	client := mustClient(t, s, p, "client")
	first := client.Secrets[0]
	second := cognate.ClientSecret{Value: "second", Created: now.Add(time.Hour), Private: true}
	for _, want := range [][]cognate.ClientSecret{{first, second}, {second}, {first}, nil} {
		mustWrite(t, s, func(tx *store.Tx) error {
			c, err := tx.LockAppClient(t.Context(), p.ID, client.ID)
			if err != nil {
				return err
			}
			c.Secrets = want
			return tx.SaveAppClient(t.Context(), c)
		})
		got, err := s.AppClient(t.Context(), client.ID)
		if err != nil {
			t.Fatalf("AppClient() = %v", err)
		}
		if diff := cmp.Diff(want, got.Secrets); diff != "" {
			t.Errorf("Secrets (-want +got):\n%s", diff)
		}
	}
}

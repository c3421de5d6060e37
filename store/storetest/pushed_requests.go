package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var pushedRequestTests = []part{
	{"pushed request is stored, opened and spent", pushedRequestRoundTrip},
	{"pushed request is spent once", racePushedRequest},
	{"pushed requests are deleted with clients, and expire", deletePushedRequests},
	{"ID is spent once", raceSpentID},
	{"spent IDs expire", purgeSpentIDs},
	{"codes and grants keep their DPoP key", keepDPoPKey},
}

func mustPush(t *testing.T, s *store.Store, poolID string) *cognate.PushedRequest {
	t.Helper()
	mustClient(t, s, mustPool(t, s, poolID), "client")
	r := &cognate.PushedRequest{
		PoolID: poolID, ClientID: "client", Hash: cognate.PushedRequestHash("uri"), Query: "client_id=client&state=a%26b", Expires: now.Add(time.Minute),
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreatePushedRequest(t.Context(), r) })
	return r
}

func pushedRequestRoundTrip(t *testing.T, s *store.Store) {
	want := mustPush(t, s, "eu-west-1_A")
	got, err := s.PushedRequest(t.Context(), want.PoolID, want.Hash)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("PushedRequest() = %v (-want +got):\n%s", err, diff)
	}
	if _, err := s.PushedRequest(t.Context(), "eu-west-1_B", want.Hash); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("PushedRequest(another pool) = %v, want ErrNotFound", err)
	}
	want.Browser, want.Spent, want.Expires = "browser", true, now.Add(time.Hour)
	mustWrite(t, s, func(tx *store.Tx) error {
		if err := tx.SavePushedRequest(t.Context(), want); err != nil {
			return err
		}
		locked, err := tx.LockPushedRequest(t.Context(), want.PoolID, want.Hash)
		if diff := cmp.Diff(want, locked); diff != "" {
			t.Errorf("LockPushedRequest() after SavePushedRequest (-want +got):\n%s", diff)
		}
		return err
	})
}

func racePushedRequest(t *testing.T, s *store.Store) {
	r := mustPush(t, s, "eu-west-1_A")
	wins := race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) {
		locked, err := tx.LockPushedRequest(ctx, r.PoolID, r.Hash)
		if err != nil || locked.Spent {
			return false, err
		}
		locked.Spent = true
		return true, tx.SavePushedRequest(ctx, locked)
	})
	if wins != 1 {
		t.Errorf("%d transactions spent the request, want 1", wins)
	}
}

func deletePushedRequests(t *testing.T, s *store.Store) {
	for what, remove := range map[string]func(poolID string) error{
		"client": func(poolID string) error {
			return s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), poolID, "client") })
		},
		"pool": func(poolID string) error {
			return s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), poolID) })
		},
		"purge": func(string) error {
			return s.Purge(t.Context(), store.Cutoffs{PushedRequests: now.Add(2 * time.Minute)})
		},
	} {
		r := mustPush(t, s, "eu-west-1_"+what)
		mustPurge(t, s, store.Cutoffs{PushedRequests: now})
		if _, err := s.PushedRequest(t.Context(), r.PoolID, r.Hash); err != nil {
			t.Errorf("PushedRequest() after an early purge = %v", err)
		}
		if err := remove(r.PoolID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PushedRequest(t.Context(), r.PoolID, r.Hash); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("PushedRequest() after %s = %v, want ErrNotFound", what, err)
		}
		if what != "pool" {
			mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), r.PoolID) })
		}
	}
}

func raceSpentID(t *testing.T, s *store.Store) {
	mustPool(t, s, "eu-west-1_A")
	id := cognate.NewSpentID("eu-west-1_A", cognate.KindDPoPProof, "key", "id", now.Add(time.Minute))
	if wins := race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.SpendID(ctx, id) }); wins != 1 {
		t.Errorf("%d transactions spent the ID, want 1", wins)
	}
	for what, other := range map[string]cognate.SpentID{
		"pool":   cognate.NewSpentID("eu-west-1_B", cognate.KindDPoPProof, "key", "id", now),
		"kind":   cognate.NewSpentID("eu-west-1_A", cognate.KindClientAssertion, "key", "id", now),
		"sender": cognate.NewSpentID("eu-west-1_A", cognate.KindDPoPProof, "key/i", "d", now),
		"ID":     cognate.NewSpentID("eu-west-1_A", cognate.KindDPoPProof, "key", "ID", now),
	} {
		mustWrite(t, s, func(tx *store.Tx) error {
			if isFirst, err := tx.SpendID(t.Context(), other); err != nil || !isFirst {
				t.Errorf("SpendID(another %s) = %t, %v, want true", what, isFirst, err)
			}
			return nil
		})
	}
}

func purgeSpentIDs(t *testing.T, s *store.Store) {
	mustPool(t, s, "eu-west-1_A")
	id := cognate.NewSpentID("eu-west-1_A", cognate.KindClientAssertion, "client", "id", now)
	for _, step := range []struct {
		before time.Time
		want   bool
	}{{now.Add(-time.Hour), true}, {now, false}, {now.Add(time.Second), true}} {
		mustPurge(t, s, store.Cutoffs{SpentIDs: step.before})
		mustWrite(t, s, func(tx *store.Tx) error {
			isFirst, err := tx.SpendID(t.Context(), id)
			if isFirst != step.want {
				t.Errorf("SpendID() after a purge at %v = %t, want %t", step.before, isFirst, step.want)
			}
			return err
		})
	}
}

func keepDPoPKey(t *testing.T, s *store.Store) {
	u := mustPageSignIn(t, s, "eu-west-1_A")
	code := authorizationCode(u, "bound", "ssoa")
	code.DPoPKey = "thumbprint"
	g := cognate.Grant{
		PoolID: u.PoolID, ID: "grant", ClientID: "client", Sub: u.Sub, RefreshHash: cognate.CodeHash("refresh"), AuthTime: now, Created: now,
		LastActive: now, Expires: now.Add(time.Hour), Scopes: []string{"openid"}, DPoPKey: "thumbprint",
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateAuthorizationCode(t.Context(), code), tx.CreateGrant(t.Context(), g))
	})
	gotCode, err := s.AuthorizationCode(t.Context(), u.PoolID, code.Hash)
	if diff := cmp.Diff(code, gotCode); err != nil || diff != "" {
		t.Errorf("AuthorizationCode() = %v (-want +got):\n%s", err, diff)
	}
	gotGrant, err := s.GrantByRefreshToken(t.Context(), u.PoolID, g.RefreshHash)
	if diff := cmp.Diff(&g, gotGrant); err != nil || diff != "" {
		t.Errorf("GrantByRefreshToken() = %v (-want +got):\n%s", err, diff)
	}
}

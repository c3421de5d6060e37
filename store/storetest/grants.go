package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var grantTests = []part{
	{"principal needs all of its parts", principal},
	{"grant is locked, saved and its tokens retired", changeGrant},
	{"live grants of a user, newest first", liveGrants},
	{"idle grants are revoked", revokeIdleGrants},
	{"old grants are deleted", deleteOldGrants},
}

// mustGrant stores a grant of a user. The sign-in was age minutes ago, the last activity idle minutes ago.
func mustGrant(t *testing.T, s *store.Store, poolID, sub, id string, age, idle int) *cognate.Grant {
	t.Helper()
	hash := sha256.Sum256([]byte(poolID + id))
	g := cognate.Grant{
		PoolID: poolID, ID: id, ClientID: "client", Sub: sub, RefreshHash: hash[:],
		AuthTime: minutesAgo(age), LastActive: minutesAgo(idle), Expires: now.Add(time.Hour),
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateGrant(t.Context(), g) })
	return &g
}

func minutesAgo(n int) time.Time { return now.Add(-time.Duration(n) * time.Minute) }

// wantLive fails the test unless want are the live grants of "ann" in pool "eu-west-1_A", in that order.
func wantLive(t *testing.T, s *store.Store, want ...string) {
	t.Helper()
	grants, err := s.LiveGrants(t.Context(), "eu-west-1_A", "ann", now)
	if err != nil {
		t.Fatalf("LiveGrants() = %v", err)
	}
	got := make([]string, 0, len(grants))
	for _, g := range grants {
		got = append(got, g.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("LiveGrants() = %v, want %v", got, want)
	}
}

func principal(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	c, u := mustClient(t, s, p, "client"), mustUser(t, s, p, "ann")
	hash := sha256.Sum256([]byte("refresh"))
	grant := cognate.Grant{
		PoolID: p.ID, ID: "event", ClientID: c.ID, Sub: u.Sub, OriginJTI: "origin", RefreshHash: hash[:], Generation: 3,
		AuthTime: now, Expires: now.Add(time.Hour), LastActive: now.Add(time.Minute), NoDevice: true, DeviceType: "Chrome 125", IPAddress: "::1",
		ACR: "high", Methods: cognate.Methods{cognate.MethodPassword, cognate.MethodSoftwareToken, cognate.MethodMultiFactor},
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateGrant(t.Context(), grant) })
	got, err := s.GrantByRefreshToken(t.Context(), p.ID, hash[:])
	if err != nil {
		t.Fatalf("GrantByRefreshToken() = %v", err)
	}
	if diff := cmp.Diff(&grant, got); diff != "" {
		t.Errorf("GrantByRefreshToken() differs (-want +got):\n%s", diff)
	}
	pr, err := s.Principal(t.Context(), p.ID, grant.ID)
	if err != nil || pr.Revoked || pr.GrantID != grant.ID || pr.User.Sub != u.Sub || pr.Client.ID != c.ID || pr.Pool.ID != p.ID {
		t.Fatalf("Principal() = %+v, %v, want the grant's parts", pr, err)
	}
	if !slices.Equal(pr.Methods, grant.Methods) || !pr.AuthTime.Equal(now) {
		t.Errorf("Principal() has %v of %v, want %v of %v", pr.Methods, pr.AuthTime, grant.Methods, now)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeUserGrants(t.Context(), p.ID, u.Sub) })
	if pr, err := s.Principal(t.Context(), p.ID, grant.ID); err != nil || !pr.Revoked {
		t.Errorf("Principal(revoked) = %+v, %v, want Revoked", pr, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), p.ID, c.ID) })
	if _, err := s.Principal(t.Context(), p.ID, grant.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Principal(client gone) = %v, want ErrNotFound", err)
	}
}

func changeGrant(t *testing.T, s *store.Store) {
	g := mustGrant(t, s, "eu-west-1_A", "ann", "one", 5, 5)
	mustWrite(t, s, func(tx *store.Tx) error {
		locked, err := tx.LockGrant(t.Context(), g.PoolID, g.ID)
		if diff := cmp.Diff(g, locked); err != nil || diff != "" {
			t.Errorf("LockGrant() = %v, differs (-want +got):\n%s", err, diff)
		}
		if err := tx.RetireRefreshToken(t.Context(), locked, now); err != nil {
			return err
		}
		locked.Generation++
		locked.LastActive, locked.DeviceType, locked.IPAddress = now, "Safari 17", "192.0.2.1"
		g = locked
		return tx.SaveGrant(t.Context(), locked)
	})
	got, err := s.GrantByRefreshToken(t.Context(), g.PoolID, g.RefreshHash)
	if diff := cmp.Diff(g, got); err != nil || diff != "" {
		t.Errorf("after SaveGrant() = %v, differs (-want +got):\n%s", err, diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.ClearGrantOrigins(t.Context(), g.PoolID) })
	got, err = s.GrantByRefreshToken(t.Context(), g.PoolID, g.RefreshHash)
	if err != nil || got.DeviceType != "" || got.IPAddress != "" || !got.LastActive.Equal(now) {
		t.Errorf("after ClearGrantOrigins() = %+v, %v, want the time alone", got, err)
	}
	retired := func(generation int64) (at time.Time, err error) {
		mustWrite(t, s, func(tx *store.Tx) error {
			at, err = tx.RefreshTokenRetired(t.Context(), g, generation)
			return nil
		})
		return at, err
	}
	if at, err := retired(0); err != nil || !at.Equal(now) {
		t.Errorf("RefreshTokenRetired(0) = %v, %v, want %v", at, err, now)
	}
	if _, err := retired(1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RefreshTokenRetired(newest) = %v, want ErrNotFound", err)
	}
	mustPurge(t, s, store.Cutoffs{RetiredRefreshTokens: now.Add(time.Millisecond)})
	if _, err := retired(0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RefreshTokenRetired(purged) = %v, want ErrNotFound", err)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.LockGrant(t.Context(), g.PoolID, "none")
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("LockGrant(unknown) = %v, want ErrNotFound", err)
	}
}

func liveGrants(t *testing.T, s *store.Store) {
	mustGrant(t, s, "eu-west-1_A", "ann", "old", 9, 0)
	mustGrant(t, s, "eu-west-1_A", "ann", "new", 1, 0)
	mustGrant(t, s, "eu-west-1_A", "ann", "expired", 99, 0)
	mustGrant(t, s, "eu-west-1_A", "ann", "revoked", 2, 0)
	mustGrant(t, s, "eu-west-1_A", "bob", "another user", 1, 0)
	mustGrant(t, s, "eu-west-1_B", "ann", "another pool", 1, 0)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeGrant(t.Context(), "eu-west-1_A", "revoked") })
	wantLive(t, s, "new", "old", "expired")
	grants, err := s.LiveGrants(t.Context(), "eu-west-1_A", "ann", now.Add(time.Hour))
	if err != nil || len(grants) != 0 {
		t.Errorf("LiveGrants(when all have expired) = %v, %v, want none", grants, err)
	}
}

func revokeIdleGrants(t *testing.T, s *store.Store) {
	mustGrant(t, s, "eu-west-1_A", "ann", "busy", 9, 1)
	mustGrant(t, s, "eu-west-1_A", "ann", "idle", 3, 8)
	mustGrant(t, s, "eu-west-1_A", "ann", "idler", 2, 9)
	mustGrant(t, s, "eu-west-1_A", "ann", "revoked", 1, 0)
	bob := mustGrant(t, s, "eu-west-1_A", "bob", "another user", 1, 99)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeGrant(t.Context(), "eu-west-1_A", "revoked") })
	for _, c := range []struct {
		kept int
		want []string
	}{{3, []string{"idler", "idle", "busy"}}, {2, []string{"idle", "busy"}}, {1, []string{"busy"}}, {0, nil}} {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeIdleGrants(t.Context(), "eu-west-1_A", "ann", now, c.kept) })
		wantLive(t, s, c.want...)
	}
	if got, err := s.GrantByRefreshToken(t.Context(), bob.PoolID, bob.RefreshHash); err != nil || got.Revoked {
		t.Errorf("another user's grant = %+v, %v, want it live", got, err)
	}
}

func deleteOldGrants(t *testing.T, s *store.Store) {
	for i := range 4 {
		mustGrant(t, s, "eu-west-1_A", "ann", fmt.Sprint(i), i, 0)
	}
	bob := mustGrant(t, s, "eu-west-1_A", "bob", "another user", 99, 0)
	for _, c := range []struct {
		kept int
		want []string
	}{{9, []string{"0", "1", "2", "3"}}, {4, []string{"0", "1", "2", "3"}}, {2, []string{"0", "1"}}} {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteOldGrants(t.Context(), "eu-west-1_A", "ann", c.kept) })
		wantLive(t, s, c.want...)
	}
	if _, err := s.GrantByRefreshToken(t.Context(), bob.PoolID, bob.RefreshHash); err != nil {
		t.Errorf("another user's grant = %v, want it there", err)
	}
}

package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var copyTests = []part{
	{"snapshot is restored", snapshots},
	{"reset keeps settings and other pools", resets},
	{"fork is an independent pool", forks},
}

// mustFill creates a pool with a client and a user, who has a spent Session and a code.
func mustFill(t *testing.T, s *store.Store, poolID, clientID string) (*cognate.UserPool, *cognate.AppClient, *cognate.User) {
	t.Helper()
	p := mustPool(t, s, poolID)
	c, u := mustClient(t, s, p, clientID), mustUser(t, s, p, "ann")
	mustWrite(t, s, func(tx *store.Tx) error {
		_, err := tx.SpendSession(t.Context(), &cognate.AuthSession{ID: "nonce", PoolID: p.ID, Expires: now})
		return errors.Join(err, tx.SaveCode(t.Context(), store.Code{
			PoolID: p.ID, Sub: u.Sub, Purpose: "sign-up", Hash: []byte("hash"), Attribute: "email", Destination: "ann@example.com", Expires: now,
		}))
	})
	return p, c, u
}

// wantSpent fails the test unless the Session of mustFill is spent in the pool, or is not spent if want is false.
func wantSpent(t *testing.T, s *store.Store, poolID string, want bool) {
	t.Helper()
	mustWrite(t, s, func(tx *store.Tx) error {
		got, err := tx.IsSessionSpent(t.Context(), &cognate.AuthSession{ID: "nonce", PoolID: poolID, Expires: now})
		if err != nil || got != want {
			t.Errorf("IsSessionSpent(%s) = %v, %v, want %v", poolID, got, err, want)
		}
		return store.ErrRollback
	})
}

func snapshots(t *testing.T, s *store.Store) {
	p, c, u := mustFill(t, s, "eu-west-1_A", "client")
	copied, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatalf("Snapshot() = %v", err)
	}
	for range 2 { // a snapshot can be restored more than once
		mustPool(t, s, "eu-west-1_B")
		mustWrite(t, s, func(tx *store.Tx) error {
			pool, err := tx.LockUserPool(t.Context(), p.ID)
			if err != nil {
				return err
			}
			pool.Name = "changed"
			return errors.Join(tx.SaveUserPool(t.Context(), pool), tx.DeleteUser(t.Context(), p.ID, u.Sub))
		})
		if got, err := s.UserPool(t.Context(), p.ID); err != nil || got.Name != "changed" {
			t.Errorf("UserPool() = %+v, %v, want the changed one", got, err)
		}
		mustWrite(t, s, func(tx *store.Tx) error { return tx.Restore(t.Context(), copied) })

		gotPool, poolErr := s.UserPool(t.Context(), p.ID)
		gotClient, clientErr := s.AppClient(t.Context(), c.ID)
		gotUser, userErr := s.FindUser(t.Context(), p, "ann@example.com")
		if err := errors.Join(poolErr, clientErr, userErr); err != nil {
			t.Fatalf("after Restore() = %v", err)
		}
		if diff := cmp.Diff([]any{p, c, u}, []any{gotPool, gotClient, gotUser}); diff != "" {
			t.Errorf("after Restore() the rows differ (-want +got):\n%s", diff)
		}
		wantSpent(t, s, p.ID, true)
		if _, err := s.UserPool(t.Context(), "eu-west-1_B"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("UserPool(made after the snapshot) = %v, want ErrNotFound", err)
		}
	}
}

func resets(t *testing.T, s *store.Store) {
	p, c, _ := mustFill(t, s, "eu-west-1_A", "client")
	other, _, otherUser := mustFill(t, s, "eu-west-1_B", "other")
	mustWrite(t, s, func(tx *store.Tx) error { return tx.ResetUserPool(t.Context(), p.ID) })
	if _, err := s.FindUser(t.Context(), p, "ann"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser() = %v, want ErrNotFound", err)
	}
	if _, err := s.AppClient(t.Context(), c.ID); err != nil {
		t.Errorf("AppClient() = %v, want the client", err)
	}
	wantSpent(t, s, p.ID, false)
	wantSpent(t, s, other.ID, true)
	if _, err := s.User(t.Context(), other.ID, otherUser.Sub); err != nil {
		t.Errorf("User(another pool) = %v, want the user", err)
	}
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.ResetUserPool(t.Context(), "eu-west-1_None") })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ResetUserPool(unknown) = %v, want ErrNotFound", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUserPools(t.Context()) })
	if _, err := s.UserPool(t.Context(), other.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("UserPool() after DeleteUserPools = %v, want ErrNotFound", err)
	}
}

func forks(t *testing.T, s *store.Store) {
	p, c, u := mustFill(t, s, "eu-west-1_A", "client")
	fork := store.Fork{
		From: p.ID, To: "eu-west-1_Fork", ClientID: func(old string) string { return old + "2" },
		Password: func(username string, old cognate.Password) (cognate.Password, error) {
			old.Salt = []byte("salt of " + username)
			return old, nil
		},
	}
	forking := func() error {
		return s.WriteSnapshot(t.Context(), func(tx *store.Tx) error { return tx.ForkUserPool(t.Context(), fork) })
	}
	if err := forking(); err != nil {
		t.Fatalf("ForkUserPool() = %v", err)
	}
	gotPool, poolErr := s.UserPool(t.Context(), fork.To)
	gotClient, clientErr := s.AppClient(t.Context(), c.ID+"2")
	gotUser, userErr := s.User(t.Context(), fork.To, u.Sub)
	if err := errors.Join(poolErr, clientErr, userErr); err != nil {
		t.Fatalf("after ForkUserPool() = %v", err)
	}
	wantPool, wantClient, wantUser := *p, *c, *u
	wantPool.ID, wantClient.PoolID, wantClient.ID, wantUser.PoolID = fork.To, fork.To, c.ID+"2", fork.To
	if u.Password.IsSet() {
		wantUser.Password.Salt = []byte("salt of ann")
	}
	if diff := cmp.Diff([]any{&wantPool, &wantClient, &wantUser}, []any{gotPool, gotClient, gotUser}); diff != "" {
		t.Errorf("the fork differs (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		code, err := tx.LockCode(t.Context(), fork.To, u.Sub, "sign-up")
		if err != nil || string(code.Hash) != "hash" {
			t.Errorf("LockCode() in the fork = %+v, %v, want the code", code, err)
		}
		return store.ErrRollback
	})
	wantSpent(t, s, fork.To, false)
	if err := forking(); !errors.Is(err, store.ErrExists) {
		t.Errorf("ForkUserPool(taken id) = %v, want ErrExists", err)
	}
	if _, err := s.AppClient(t.Context(), c.ID); err != nil {
		t.Errorf("AppClient() of the original = %v, want the client", err)
	}
	fork.From = "eu-west-1_None"
	if err := forking(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ForkUserPool(unknown) = %v, want ErrNotFound", err)
	}
}

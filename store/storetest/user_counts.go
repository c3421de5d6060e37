package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"cognate"
	"cognate/store"
)

var userCountTests = []part{
	{"users are counted with their transaction", countUsers},
	{"racing sign-ups are all counted", raceCounts},
	{"the count belongs to the pool's copies", countCopies},
}

func wantUsers(t *testing.T, s *store.Store, what, poolID string, want int) {
	t.Helper()
	if _, got, err := s.DescribeUserPool(t.Context(), poolID); err != nil || got.Users != want {
		t.Errorf("%s: users of %s = %d, %v, want %d", what, poolID, got.Users, err, want)
	}
}

func countUsers(t *testing.T, s *store.Store) {
	p, other := mustPool(t, s, "eu-west-1_A"), mustPool(t, s, "eu-west-1_B")
	wantUsers(t, s, "a new pool", p.ID, 0)
	ann := mustUser(t, s, p, "ann")
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "bob")), tx.CreateUser(t.Context(), p, userNamed(p, "cid")))
	})
	wantUsers(t, s, "three users", p.ID, 3)
	wantUsers(t, s, "another pool", other.ID, 0)

	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUser(t.Context(), p, userNamed(p, "ann")) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateUser(taken name) = %v, want ErrExists", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "dan")), store.ErrRollback)
	})
	committed := errors.New("committed")
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "eve")), store.CommitWith(committed))
	})
	if !errors.Is(err, committed) {
		t.Errorf("Write() = %v, want the error of CommitWith", err)
	}
	wantUsers(t, s, "after a taken name, a rollback and a commit with an error", p.ID, 4)

	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), p.ID, ann.Sub) })
	err = s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), p.ID, ann.Sub) })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteUser(again) = %v, want ErrNotFound", err)
	}
	wantUsers(t, s, "after a deletion", p.ID, 3)
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "flo")), tx.DeleteUser(t.Context(), p.ID, "sub-of-flo"))
	})
	wantUsers(t, s, "after a user of one transaction", p.ID, 3)
}

func raceCounts(t *testing.T, s *store.Store) {
	const users = 40
	p := mustPool(t, s, "eu-west-1_A")
	var g sync.WaitGroup
	for i := range users {
		g.Go(func() {
			// Two users in each transaction, in either order: no transaction waits for one that waits for it.
			names := []string{fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)}
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				return errors.Join(
					tx.CreateUser(t.Context(), p, userNamed(p, names[i%2])), tx.CreateUser(t.Context(), p, userNamed(p, names[1-i%2])),
				)
			})
			if err == nil && i%4 == 0 {
				err = s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), p.ID, "sub-of-"+names[0]) })
			}
			if err != nil {
				t.Errorf("Write() = %v", err)
			}
		})
	}
	g.Wait()
	wantUsers(t, s, "after the race", p.ID, 2*users-users/4)
	if n := s.Retries(); n > 0 {
		t.Errorf("%d transactions were repeated after a conflict", n)
	}
}

func countCopies(t *testing.T, s *store.Store) {
	p, _, ann := mustFill(t, s, "eu-west-1_A", "client")
	copied, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatalf("Snapshot() = %v", err)
	}
	fork := store.Fork{
		From: p.ID, To: "eu-west-1_Fork", ClientID: func(old string) string { return old + "2" },
		Password: func(_ string, old cognate.Password) (cognate.Password, error) { return old, nil },
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "bob")), tx.ForkUserPool(t.Context(), fork))
	})
	wantUsers(t, s, "the forked pool", p.ID, 2)
	wantUsers(t, s, "the fork", fork.To, 2)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), fork.To, ann.Sub) })
	wantUsers(t, s, "the fork after a deletion", fork.To, 1)
	wantUsers(t, s, "the forked pool after that", p.ID, 2)

	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateUser(t.Context(), p, userNamed(p, "cid")), tx.ResetUserPool(t.Context(), p.ID),
			tx.CreateUser(t.Context(), p, userNamed(p, "dan")),
		)
	})
	wantUsers(t, s, "after a reset and a new user", p.ID, 1)
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "eve")), tx.Restore(t.Context(), copied))
	})
	wantUsers(t, s, "after Restore", p.ID, 1)
	if _, _, err := s.DescribeUserPool(t.Context(), fork.To); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DescribeUserPool(the fork after Restore) = %v, want ErrNotFound", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "flo")), tx.DeleteUserPool(t.Context(), p.ID))
	})
	mustPool(t, s, p.ID)
	wantUsers(t, s, "a new pool with the ID of a deleted one", p.ID, 0)
}

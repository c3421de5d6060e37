package store

import (
	"context"
	"fmt"
	"testing"

	"cognate"
	"cognate/internal/pgtest"
)

// mustCreatePool creates a pool with the ID "us-east-1_A".
func mustCreatePool(t *testing.T, s *Store) *cognate.UserPool {
	t.Helper()
	p := &cognate.UserPool{ID: "us-east-1_A", AccountID: "123456789012", Name: "people"}
	if err := s.Write(t.Context(), func(tx *Tx) error { return tx.CreateUserPool(t.Context(), p, nil) }); err != nil {
		t.Fatalf("CreateUserPool() = %v", err)
	}
	return p
}

func userOf(p *cognate.UserPool, name string) *cognate.User {
	sub := "sub-of-" + name
	return &cognate.User{PoolID: p.ID, Sub: sub, Username: name, Attributes: map[string]string{cognate.AttributeSub: sub}}
}

// The users of a pool are counted in all shards, about equally.
func TestShards(t *testing.T) {
	t.Parallel()
	const users = 1000 * shards
	counts := make(map[shard]int)
	for i := range users {
		counts[shardOf("us-east-1_A", fmt.Sprint("sub-", i))]++
	}
	if shards < 16 || len(counts) != shards {
		t.Errorf("users are counted in %d of %d shards, want all of at least 16", len(counts), shards)
	}
	for s, n := range counts {
		if n < users/shards/2 || n > users/shards*2 {
			t.Errorf("shard %d counts %d of %d users", s.number, n, users)
		}
	}
}

// A transaction that has counted a user does not keep one that counts a user of another shard waiting.
func TestCountsDoNotWait(t *testing.T) {
	t.Parallel()
	s := mustOpenPostgres(t, pgtest.URL(t))
	s.write.SetMaxOpenConns(2)
	p := mustCreatePool(t, s)
	first := userOf(p, "first")
	other := userOf(p, "other")
	for i := 0; shardOf(p.ID, other.Sub) == shardOf(p.ID, first.Sub); i++ {
		if i == 1000 {
			t.Fatal("all users are counted in one shard")
		}
		other = userOf(p, fmt.Sprint("other-", i))
	}
	create := func(ctx context.Context, u *cognate.User) error {
		return s.Write(ctx, func(tx *Tx) error {
			if _, err := tx.raw.ExecContext(ctx, "SET LOCAL lock_timeout = '10s'"); err != nil {
				return err
			}
			return tx.CreateUser(ctx, p, u)
		})
	}
	var inside error
	counted := WithBeforeCommit(t.Context(), func(context.Context, *Tx) error { // after the user is counted
		inside = create(t.Context(), other)
		return nil
	})
	if err := create(counted, first); err != nil || inside != nil {
		t.Errorf("CreateUser() = %v, and of another shard at the same time = %v", err, inside)
	}
	if _, n, err := s.DescribeUserPool(t.Context(), p.ID); err != nil || n.Users != 2 {
		t.Errorf("DescribeUserPool() = %d users, %v, want 2", n.Users, err)
	}
}

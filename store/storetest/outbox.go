package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/store"
)

var outboxTests = []part{
	{"outgoing message has one claim at a time", claimOutgoing},
	{"outgoing messages are deleted with user and pool", deleteOutgoing},
}

const medium = "EMAIL"

func outgoing(poolID, id string) store.Outgoing {
	return store.Outgoing{
		OutgoingKey: store.OutgoingKey{PoolID: poolID, ID: id}, Sub: "anna", Medium: medium, Body: []byte("code 123456"),
		Due: now, Expires: now.Add(time.Hour),
	}
}

func claimOutgoing(t *testing.T, s *store.Store) {
	ctx := t.Context()
	o := outgoing("eu-west-1_A", "m1")
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateOutgoing(ctx, o) })
	wantDue(t, s, now.Add(-time.Millisecond))
	wantDue(t, s, now, o.OutgoingKey)

	var g sync.WaitGroup
	claims := make(chan store.Claimed, 8)
	for range cap(claims) {
		g.Go(func() {
			c, err := claim(ctx, s, o.OutgoingKey, "lease", now)
			if err == nil {
				claims <- c
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("ClaimOutgoing() = %v", err)
			}
		})
	}
	g.Wait()
	if len(claims) != 1 {
		t.Fatalf("%d of %d racing servers claimed the message, want 1", len(claims), cap(claims))
	}
	c := <-claims
	body, err := s.OutgoingBody(c)
	if err != nil || string(body) != "code 123456" || c.Attempts != 1 || c.Sub != "anna" || !c.Expires.Equal(o.Expires) {
		t.Errorf("ClaimOutgoing() = %+v, body %q, %v", c, body, err)
	}

	// Another server can claim it after the lease ends. The first server can then no longer change it.
	wantDue(t, s, now.Add(time.Minute-time.Millisecond))
	if c, err = claim(ctx, s, o.OutgoingKey, "other", now.Add(time.Minute)); err != nil || c.Attempts != 2 {
		t.Errorf("ClaimOutgoing(lease over) = %+v, %v, want the second attempt", c, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.PostponeOutgoing(ctx, o.OutgoingKey, "lease", now) })
	wantDue(t, s, now)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.PostponeOutgoing(ctx, o.OutgoingKey, "other", now) })
	wantDue(t, s, now, o.OutgoingKey)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteOutgoing(ctx, o.OutgoingKey) })
	wantDue(t, s, now.Add(time.Hour))
}

func claim(ctx context.Context, s *store.Store, key store.OutgoingKey, lease string, at time.Time) (c store.Claimed, err error) {
	err = s.Write(ctx, func(tx *store.Tx) error {
		c, err = tx.ClaimOutgoing(ctx, key, lease, at, at.Add(time.Minute))
		return err
	})
	return c, err
}

func wantDue(t *testing.T, s *store.Store, at time.Time, want ...store.OutgoingKey) {
	t.Helper()
	got, err := s.DueOutgoing(t.Context(), medium, at, 10)
	if err != nil {
		t.Fatalf("DueOutgoing() = %v", err)
	}
	if len(want)+len(got) > 0 && !cmp.Equal(want, got) {
		t.Errorf("DueOutgoing(%v) (-want +got):\n%s", at, cmp.Diff(want, got))
	}
}

func deleteOutgoing(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "anna")
	hers, others := outgoing(p.ID, "m1"), outgoing(p.ID, "m2")
	hers.Sub, others.Sub = u.Sub, "otto"
	late := outgoing("eu-west-1_B", "m3")
	late.Expires = now.Add(-time.Hour)
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateOutgoing(ctx, hers), tx.CreateOutgoing(ctx, others), tx.CreateOutgoing(ctx, late))
	})
	waiting, err := s.CountOutgoing(ctx)
	if diff := cmp.Diff(map[string]int{medium: 3}, waiting); err != nil || diff != "" {
		t.Errorf("CountOutgoing() = %v (-want +got):\n%s", err, diff)
	}
	mustPurge(t, s, store.Cutoffs{Outgoing: now})
	wantDue(t, s, now, hers.OutgoingKey, others.OutgoingKey)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUser(ctx, p.ID, u.Sub) })
	wantDue(t, s, now, others.OutgoingKey)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUserPool(ctx, p.ID) })
	wantDue(t, s, now)
}

package lease_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cognate/lease"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

var task = lease.Task{Name: "work"}

func mustOpen(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// did does the work of the task once, if this server gets the lease, and reports whether it did.
func did(t *testing.T, l *lease.Leases) (done bool) {
	t.Helper()
	err := l.Do(t.Context(), task, time.Now, func(context.Context) error {
		done = true
		return nil
	})
	if err != nil {
		t.Fatalf("Do() = %v", err)
	}
	return done
}

// A killed server is replaced 15 to 20 seconds after its last renewal, whenever the other server looks.
func TestKilledServerIsReplaced(t *testing.T) {
	t.Parallel()
	for _, look := range []time.Duration{0, time.Second, lease.CheckEvery - time.Millisecond} {
		s := mustOpen(t)
		var up time.Duration
		other := lease.New(s, func() time.Duration { return up })
		free, err := s.Lease(t.Context(), task.Name)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ClaimLease(t.Context(), free, "killed", time.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for up = look; !did(t, other); up += lease.CheckEvery {
			if up > 20*time.Second {
				t.Fatalf("first look after %v: not replaced after %v", look, up)
			}
		}
		if up < 15*time.Second {
			t.Errorf("first look after %v: replaced after %v, want 15 s to 20 s", look, up)
		}
	}
}

// A server that works keeps its lease. A server that cannot renew it stops before another one replaces it.
func TestRenewals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t)
		defer s.Close() // in the bubble
		first, second := lease.New(s, nil), lease.New(s, nil)
		err := first.Do(t.Context(), task, time.Now, func(ctx context.Context) error {
			for range 60 {
				if did(t, second) {
					return errors.New("a server that works was replaced")
				}
				time.Sleep(lease.CheckEvery)
			}
			return ctx.Err()
		})
		if err != nil {
			t.Errorf("Do() = %v", err)
		}
		if !did(t, second) {
			t.Error("the work is not done after the end of the lease")
		}

		began := time.Now()
		err = first.Do(t.Context(), task, time.Now, func(ctx context.Context) error {
			release := make(chan struct{})
			go func() {
				_ = s.Write(context.WithoutCancel(ctx), func(*store.Tx) error { // nothing else can be written
					<-release
					return store.ErrRollback
				})
			}()
			<-ctx.Done()
			close(release)
			return ctx.Err()
		})
		if took := time.Since(began); err == nil || took >= 15*time.Second {
			t.Errorf("a server that cannot renew its lease works for %v, and Do() = %v, want less than 15 s and an error", took, err)
		}
	})
}

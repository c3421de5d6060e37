package tokens_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/cognatetest"
	"cognate/store"
	"cognate/tokens"
)

// mustPoolWithoutKeys stores a pool as CreateUserPool does while no keys are ready.
func mustPoolWithoutKeys(t *testing.T, s *cognatetest.Server) *cognate.UserPool {
	t.Helper()
	pool := &cognate.UserPool{
		ID: "us-east-1_Keyless00", AccountID: cognatetest.AccountID, Name: "keyless", CreatedAt: s.Clock.Now(), ModifiedAt: s.Clock.Now(),
	}
	err := s.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), pool, nil) })
	if err != nil {
		t.Fatalf("CreateUserPool() = %v", err)
	}
	return pool
}

func kids(set jose.JSONWebKeySet) []string {
	var found []string
	for _, key := range set.Keys {
		found = append(found, key.KeyID)
	}
	return found
}

// A request that needs the keys of a pool without keys waits for them, and two servers end with the same two keys.
func TestKeysAreMadeWhenTheyAreNeeded(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		pool := mustPoolWithoutKeys(t, s)
		rings := [2]*tokens.Keyring{
			tokens.NewKeyring(s.Store, shortKeys{}, s.Clock.Now), tokens.NewKeyring(s.Store, shortKeys{}, s.Clock.Now),
		}
		const readers = 8
		got := make([][]string, readers)
		var all sync.WaitGroup
		for i := range readers {
			all.Go(func() {
				set, err := rings[i%2].JWKS(t.Context(), pool)
				if err != nil {
					t.Errorf("JWKS() = %v", err)
				}
				got[i] = kids(set)
			})
		}
		all.Wait()
		if len(got[0]) != 2 {
			t.Fatalf("JWKS() has the keys %v, want 2", got[0])
		}
		for i := range readers {
			if diff := cmp.Diff(got[0], got[i]); diff != "" {
				t.Errorf("JWKS() of reader %d (-first +this):\n%s", i, diff)
			}
		}
		stored, err := s.Store.SigningKeys(t.Context(), pool.ID)
		if err != nil || len(stored) != 2 {
			t.Errorf("SigningKeys() = %d keys, %v; want 2", len(stored), err)
		}
		deleted := *pool
		deleted.ID = "us-east-1_Deleted00"
		if _, err := rings[0].JWKS(t.Context(), &deleted); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("JWKS(deleted pool) = %v, want ErrNotFound", err)
		}
	})
}

// heldKeys is a source whose Take waits for a key of the test.
type heldKeys struct {
	shortKeys

	wanted chan struct{}
	ready  chan *rsa.PrivateKey
}

func (k *heldKeys) Take(ctx context.Context) (*rsa.PrivateKey, error) {
	k.wanted <- struct{}{}
	select {
	case key := <-k.ready:
		return key, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Two keys are made for all requests that wait for them, although the request that needed them first has ended.
func TestKeysAreMadeAfterTheirRequest(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := mustPoolWithoutKeys(t, s)
	keys := &heldKeys{wanted: make(chan struct{}, 100), ready: make(chan *rsa.PrivateKey)}
	ring := tokens.NewKeyring(s.Store, keys, s.Clock.Now)
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := ring.JWKS(ctx, pool)
		ended <- err
	}()
	<-keys.wanted
	end()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("JWKS() of the request that has ended = %v, want context.Canceled", err)
	}
	const readers = 8
	sets := make(chan jose.JSONWebKeySet, readers)
	for range readers {
		go func() {
			set, err := ring.JWKS(t.Context(), pool)
			if err != nil {
				t.Errorf("JWKS() = %v", err)
			}
			sets <- set
		}()
	}
	for range 2 {
		key, err := shortKeys{}.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		select {
		case keys.ready <- key:
		case <-time.After(time.Minute):
			t.Fatal("no key is made after the end of the request")
		}
	}
	for range readers {
		select {
		case set := <-sets:
			if len(set.Keys) != 2 {
				t.Errorf("JWKS() has %d keys, want 2", len(set.Keys))
			}
		case <-time.After(time.Minute):
			t.Fatal("a request waits for keys of its own")
		}
	}
}

// A server makes the keys of a pool that it created without keys, without a request.
func TestMissingKeysAreMadeInTheBackground(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := mustPoolWithoutKeys(t, s)
	keys := &slowKeys{ready: make(chan *rsa.PrivateKey)}
	ring := tokens.NewKeyring(s.Store, keys, s.Clock.Now)
	if ready, err := ring.Ready(s.Clock.Now()); len(ready) != 0 || err != nil {
		t.Fatalf("Ready() = %d keys, %v; want none", len(ready), err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- ring.Run(ctx, slog.New(slog.DiscardHandler)) }()
	ring.Missing(pool.ID)
	for range 2 {
		key, err := shortKeys{}.Take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		keys.ready <- key
	}
	deadline := time.After(5 * time.Minute)
	for {
		stored, err := s.Store.SigningKeys(ctx, pool.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(stored) == 2 {
			break
		}
		select {
		case <-deadline:
			t.Fatalf("the pool has %d keys, want 2", len(stored))
		case <-time.After(time.Millisecond):
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run() = %v", err)
	}
}

// Before the data is copied, all pools get their keys.
func TestMakeAllKeys(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		pool, other := mustPoolWithoutKeys(t, s), s.Pool(t)
		before, err := s.Store.SigningKeys(t.Context(), other.PoolID)
		if err != nil {
			t.Fatal(err)
		}
		if err := tokens.NewKeyring(s.Store, shortKeys{}, s.Clock.Now).MakeAll(t.Context()); err != nil {
			t.Fatalf("MakeAll() = %v", err)
		}
		for id, want := range map[string]int{pool.ID: 2, other.PoolID: len(before)} {
			if stored, err := s.Store.SigningKeys(t.Context(), id); err != nil || len(stored) != want {
				t.Errorf("SigningKeys(%s) = %d keys, %v; want %d", id, len(stored), err, want)
			}
		}
	})
}

// The first keys of a pool sign immediately, also if a rotation makes them.
func TestRotationOfAPoolWithoutKeys(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := mustPoolWithoutKeys(t, s)
	rotator := &tokens.Rotator{Store: s.Store, Source: shortKeys{}, Now: s.Clock.Now, Log: slog.New(slog.DiscardHandler)}
	began := s.Clock.Now().Truncate(time.Millisecond)
	if done, err := rotator.Rotate(t.Context(), pool.ID); err != nil || !done.Made || done.SignsFrom.Before(began) || done.SignsFrom.After(s.Clock.Now()) {
		t.Errorf("Rotate() = %+v, %v; want keys that sign from now on", done, err)
	}
	if _, err := rotator.Rotate(t.Context(), "us-east-1_Deleted00"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Rotate(deleted pool) = %v, want ErrNotFound", err)
	}
}

// slowKeys is a source whose keys come from a channel.
type slowKeys struct {
	shortKeys

	ready chan *rsa.PrivateKey
}

func (k *slowKeys) Next(ctx context.Context) (*rsa.PrivateKey, error) {
	select {
	case key := <-k.ready:
		return key, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A reserve gives all keys that are asked for, or none.
func TestReserveGivesAllOrNone(t *testing.T) {
	t.Parallel()
	reserve := tokens.NewReserve(1)
	if keys := reserve.TakeReady(1); len(keys) != 0 {
		t.Errorf("TakeReady(1) of an empty reserve = %d keys", len(keys))
	}
	ctx, stop := context.WithCancel(t.Context())
	filled := make(chan struct{})
	reserve.Filled = func() { close(filled) }
	done := make(chan error)
	go func() { done <- reserve.Run(ctx) }()
	<-filled
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run() = %v", err)
	}
	if keys := reserve.TakeReady(2); len(keys) != 0 || reserve.Ready() != 1 {
		t.Errorf("TakeReady(2) of one key = %d keys, and %d stay; want 0 and 1", len(keys), reserve.Ready())
	}
	if keys := reserve.TakeReady(1); len(keys) != 1 || reserve.Ready() != 0 {
		t.Errorf("TakeReady(1) of one key = %d keys, and %d stay; want 1 and 0", len(keys), reserve.Ready())
	}
}

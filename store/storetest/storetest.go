// Package storetest is the suite that every backend of package store passes. Only tests import it.
package storetest

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate/sealing"
	"cognate/store"
)

// now is the time of all events in the suite, in whole milliseconds like the times in a store.
var now = time.Date(2026, 11, 22, 12, 0, 0, int(123*time.Millisecond), time.UTC)

// part is one test of the suite.
type part struct {
	name string
	test func(*testing.T, *store.Store)
}

// Run runs the suite. open returns a new, empty store and closes it at the end of the test.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	for _, p := range slices.Concat(
		userPoolTests,
		signingKeyTests,
		appClientTests,
		userTests,
		userCountTests,
		transactionTests,
		auditEventTests,
		sessionTests,
		attemptTests,
		grantTests,
		ssoSessionTests,
		pushedRequestTests,
		codeTests,
		purgeTests,
		deviceTests,
		groupTests,
		resourceServerTests,
		domainTests,
		identityProviderTests,
		brandingTests,
		importJobTests,
		authEventTests,
		credentialTests,
		outboxTests,
		leaseTests,
		provisionedLimitTests,
		accessKeyTests,
		certificateTests,
		copyTests,
		trashTests,
	) {
		t.Run(strings.ReplaceAll(p.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			p.test(t, open(t))
		})
	}
}

// MasterKey returns a new master key.
func MasterKey(t testing.TB) sealing.MasterKey {
	t.Helper()
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatalf("NewMasterKey() = %v", err)
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		t.Fatalf("ParseMasterKey() = %v", err)
	}
	return key
}

func mustWrite(t *testing.T, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatalf("Write() = %v", err)
	}
}

// racers is the number of concurrent requests in race.
const racers = 100

// race runs fn in racers concurrent transactions and returns how often it returned true.
func race(t *testing.T, s *store.Store, fn func(ctx context.Context, tx *store.Tx) (bool, error)) (wins int) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range racers {
		wg.Go(func() {
			var won bool
			err := s.Write(t.Context(), func(tx *store.Tx) (err error) {
				won, err = fn(t.Context(), tx)
				return err
			})
			if err != nil {
				t.Errorf("Write() = %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if won {
				wins++
			}
		})
	}
	wg.Wait()
	return wins
}

package throttle_test

import (
	"errors"
	"testing"
	"time"

	"cognate/cognatetest"
	"cognate/store"
	"cognate/throttle"
)

func TestCountRegistration(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	limits := throttle.Limits{RegistrationsPerHour: 1}
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		address string
		after   time.Duration
		counted bool
	}{
		{"192.0.2.1", 0, true},
		{"192.0.2.1", 0, false},
		{"192.0.2.2", 0, true},
		{"::ffff:192.0.2.3", 0, true},
		{"2001:db8:1:1::1", 0, true},
		{"2001:db8:1:1:2::1", 0, false},
		{"2001:db8:1:2::1", 0, true},
		{"", 0, true},
		{"", 0, false},
		{"192.0.2.1", time.Hour, true},
	} {
		err := s.Store.Write(t.Context(), func(tx *store.Tx) error {
			return limits.CountRegistration(t.Context(), tx, "us-east-1_a", tt.address, now.Add(tt.after))
		})
		if tt.counted && err != nil || !tt.counted && !errors.Is(err, throttle.ErrExceeded) {
			t.Errorf("CountRegistration(%q) after %s = %v, want counted %v", tt.address, tt.after, err, tt.counted)
		}
	}
	err := s.Store.Write(t.Context(), func(tx *store.Tx) error {
		return throttle.Limits{}.CountRegistration(t.Context(), tx, "us-east-1_b", "192.0.2.1", now)
	})
	if !errors.Is(err, throttle.ErrExceeded) {
		t.Errorf("CountRegistration() without a limit = %v, want ErrExceeded", err)
	}
}

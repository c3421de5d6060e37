package argon2id_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate/authn/argon2id"
)

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	ctx, h := t.Context(), argon2id.NewHasher(0, time.After)
	hash, err := h.Hash(ctx, "Passw0rd!")
	if err != nil {
		t.Fatalf("Hash = %v", err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %s, want other parameters", hash)
	}
	if again, err := h.Hash(ctx, "Passw0rd!"); err != nil || again == hash {
		t.Errorf("Hash(the same password) = %s, %v, want another salt", again, err)
	}
	for guess, want := range map[string]bool{"Passw0rd!": true, "passw0rd!": false, "": false, "Passw0rd!\x00": false} {
		if got, err := h.Verify(ctx, hash, guess); err != nil || got != want {
			t.Errorf("Verify(%q) = %t, %v, want %t", guess, got, err, want)
		}
	}
}

// RFC 9106 has no vector without secret and associated data. This one is from the reference implementation's test suite.
func TestVerifyReference(t *testing.T) {
	t.Parallel()
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := argon2id.NewHasher(1, time.After).Verify(t.Context(), hash, "password"); err != nil || !ok {
		t.Errorf("Verify(reference hash) = %t, %v, want true", ok, err)
	}
}

func TestNoPassword(t *testing.T) {
	t.Parallel()
	h := argon2id.NewHasher(1, time.After)
	for _, guess := range []string{"", "password", "Passw0rd!"} {
		if ok, err := h.Verify(t.Context(), argon2id.NoPassword, guess); err != nil || ok {
			t.Errorf("Verify(NoPassword, %q) = %t, %v, want false", guess, ok, err)
		}
	}
}

func TestVerifyMalformed(t *testing.T) {
	t.Parallel()
	const salt, key = "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA"
	h := argon2id.NewHasher(1, time.After)
	for _, hash := range []string{
		"", "Passw0rd!", "$2a$10$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=64,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=18$m=64,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + key,          // argon2 would panic
		"$argon2id$v=19$m=64,t=2,p=0$" + salt + "$" + key,          // also here
		"$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + key,  // would take 4 TiB
		"$argon2id$v=19$m=64,t=4294967295,p=1$" + salt + "$" + key, // would take days
		"$argon2id$v=19$m=64,t=2,p=1$" + salt + "$",                // would match any password
		"$argon2id$v=19$m=64,t=2,p=1$" + salt,
	} {
		if ok, err := h.Verify(t.Context(), hash, "Passw0rd!"); !errors.Is(err, argon2id.ErrHash) || ok {
			t.Errorf("Verify(%q) = %t, %v, want ErrHash", hash, ok, err)
		}
	}
}

// Hashes that wait for a slot all finish.
func TestHasherWaitsForSlots(t *testing.T) {
	t.Parallel()
	h := argon2id.NewHasher(2, time.After)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := h.Hash(t.Context(), "Passw0rd!"); err != nil {
				t.Errorf("Hash = %v", err)
			}
		})
	}
	all.Wait()
}

func TestHasherGivesUp(t *testing.T) {
	t.Parallel()
	h := argon2id.NewHasher(1, time.After)
	defer argon2id.Occupy(h)()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "Passw0rd!"); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash(caller gone, no turn) = %v, want context.Canceled", err)
	}
	if _, err := h.Verify(ctx, argon2id.NoPassword, "Passw0rd!"); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify(caller gone, no turn) = %v, want context.Canceled", err)
	}
}

// A hash waits for a slot for two seconds.
func TestHasherIsBusy(t *testing.T) {
	t.Parallel()
	clock, waits := make(chan time.Time), make(chan time.Duration, 2)
	h := argon2id.NewHasher(1, func(d time.Duration) <-chan time.Time {
		waits <- d
		return clock
	})
	release := argon2id.Occupy(h)
	for what, call := range map[string]func() error{
		"Hash":   func() error { _, err := h.Hash(t.Context(), "Passw0rd!"); return err },
		"Verify": func() error { _, err := h.Verify(t.Context(), argon2id.NoPassword, "Passw0rd!"); return err },
	} {
		done := make(chan error, 1)
		go func() { done <- call() }()
		if d := <-waits; d != 2*time.Second {
			t.Errorf("%s waits for %v, want 2s", what, d)
		}
		select {
		case err := <-done:
			t.Errorf("%s = %v before the time has passed, want it to wait", what, err)
		default:
		}
		clock <- time.Time{}
		if err := <-done; !errors.Is(err, argon2id.ErrBusy) {
			t.Errorf("%s(no slot for 2s) = %v, want ErrBusy", what, err)
		}
	}
	release()
	if _, err := h.Hash(t.Context(), "Passw0rd!"); err != nil {
		t.Errorf("Hash(free slot) = %v", err)
	}
	if len(waits) > 0 {
		t.Error("Hash starts a timer although a slot is free")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(argon2id.NoPassword)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$")
	h := argon2id.NewHasher(2, time.After)
	f.Fuzz(func(t *testing.T, hash string) {
		if ok, err := h.Verify(t.Context(), hash, "Passw0rd!"); ok && err != nil {
			t.Fatalf("Verify(%q) = true with %v", hash, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	h := argon2id.NewHasher(1, time.After)
	for b.Loop() {
		if _, err := h.Verify(b.Context(), argon2id.NoPassword, "Passw0rd!"); err != nil {
			b.Fatal(err)
		}
	}
}

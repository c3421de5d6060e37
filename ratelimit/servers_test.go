package ratelimit_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"cognate/backup"
	"cognate/ratelimit"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

func TestServers(t *testing.T) {
	t.Parallel()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	log := slog.New(slog.DiscardHandler)
	first := ratelimit.NewServers(st, func() time.Time { return now }, log)
	// The clock of the second server is half an hour slow.
	second := ratelimit.NewServers(st, func() time.Time { return now.Add(-30 * time.Minute) }, log)
	beat := func(of *ratelimit.Servers) {
		t.Helper()
		if err := of.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, of *ratelimit.Servers, count int) {
		t.Helper()
		if got := of.Count(); got != count {
			t.Errorf("%s: Count() = %d, want %d", what, got, count)
		}
	}
	want("before the start", first, 1)
	beat(first)
	want("alone", first, 1)
	beat(second)
	want("the second server", second, 2)
	beat(first)
	want("the first server", first, 2)
	now = now.Add(15 * time.Second)
	beat(first)
	want("15 seconds after the last heartbeat of the second", first, 1)
	beat(second)
	beat(first)
	want("after another one", first, 2)
	ended, end := context.WithCancel(t.Context())
	end()
	if err := second.Run(ended); err != nil {
		t.Fatal(err)
	}
	beat(first)
	want("after the second has stopped", first, 1)
	broken := errors.New("broken")
	failing := store.WithBeforeCommit(t.Context(), func(context.Context, *store.Tx) error { return broken })
	if err := first.Beat(failing); !errors.Is(err, broken) {
		t.Errorf("Beat() = %v, want %v", err, broken)
	}
	want("after a failure", first, 1)
}

// A server whose database is restored stops at its next heartbeat, and leaves.
func TestServersStopAfterRestore(t *testing.T) {
	t.Parallel()
	file, key := filepath.Join(t.TempDir(), "cognate.db"), storetest.MasterKey(t)
	open := func() *store.Store {
		st, err := store.Open(t.Context(), store.Config{URL: file, MasterKeys: []sealing.MasterKey{key}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		return st
	}
	running, other := open(), open()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	if err := backup.Restored(t.Context(), other, now, false, nil); err != nil {
		t.Fatal(err)
	}
	servers := ratelimit.NewServers(running, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	if err := servers.Run(t.Context()); !errors.Is(err, store.ErrRestored) {
		t.Errorf("Run() = %v, want %v", err, store.ErrRestored)
	}
	if nodes, err := running.Nodes(t.Context()); err != nil || len(nodes) > 0 {
		t.Errorf("Nodes() = %v, %v, want none", nodes, err)
	}
}

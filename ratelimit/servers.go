package ratelimit

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"cognate/store"
)

const (
	heartbeat = 5 * time.Second
	// lifetime is how long a server counts after its last heartbeat.
	lifetime = 15 * time.Second
)

// Servers counts the servers on the database. Each one increments a number in the database every five seconds. A server whose
// number does not change for 15 seconds does not count. So the clocks of the servers may differ. Create it with NewServers.
type Servers struct {
	// ID identifies this server until it stops.
	ID    string
	store *store.Store
	now   func() time.Time
	log   *slog.Logger
	count atomic.Int64
	seen  map[string]sighting // by ID
}

// sighting is a heartbeat of another server, and when this server has first seen it by its own clock.
type sighting struct {
	beats int64
	at    time.Time
}

// NewServers returns the count of a server that has not started: 1.
func NewServers(st *store.Store, now func() time.Time, log *slog.Logger) *Servers {
	s := &Servers{ID: uuid.NewString(), store: st, now: now, log: log, seen: make(map[string]sighting)}
	s.count.Store(1)
	return s
}

// Count returns the number of servers, at least 1.
func (s *Servers) Count() int { return int(s.count.Load()) }

// Run sends heartbeats until ctx ends. Then the server no longer counts. If the database was restored from a backup meanwhile, it
// returns store.ErrRestored: the server has the data key of before, so it must not write more rows.
func (s *Servers) Run(ctx context.Context) error {
	ticks := time.NewTicker(heartbeat)
	defer ticks.Stop()
	for {
		err := s.Beat(ctx)
		if errors.Is(err, store.ErrRestored) {
			s.leave(ctx)
			return err
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "the servers on the database were not counted", "error", err)
		}
		select {
		case <-ctx.Done():
			s.leave(context.WithoutCancel(ctx))
			return nil
		case <-ticks.C:
		}
	}
}

// leave deletes the row of this server. If that fails, the other servers count it until its last heartbeat is too old.
func (s *Servers) leave(ctx context.Context) {
	const limit = time.Second
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteNode(ctx, s.ID) })
	if err != nil {
		s.log.WarnContext(ctx, "the stop of this server was not stored; the other servers count it for some more seconds", "error", err)
	}
}

// Beat sends one heartbeat and counts the servers. If it fails, the count stays as it was. Errors: store.ErrRestored.
func (s *Servers) Beat(ctx context.Context) error {
	now := s.now()
	if err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.SaveHeartbeat(ctx, s.ID, now) }); err != nil {
		return err
	}
	if err := s.store.RequireNotRestored(ctx); err != nil {
		return err
	}
	nodes, err := s.store.Nodes(ctx)
	if err != nil {
		return err
	}
	seen, count := make(map[string]sighting), int64(0)
	for _, n := range nodes {
		last, known := s.seen[n.ID]
		if !known || last.beats != n.Beats {
			last = sighting{n.Beats, now}
		}
		seen[n.ID] = last
		if now.Sub(last.at) < lifetime {
			count++
		}
	}
	s.seen = seen
	s.count.Store(max(count, 1))
	return nil
}

package devapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"cognate/store"
)

// maxSnapshots bounds the memory: a snapshot is a copy of all data.
const maxSnapshots = 64

// ErrTooManySnapshots says that one must be dropped before another is taken.
var ErrTooManySnapshots = fmt.Errorf("there are %d snapshots already: drop one first", maxSnapshots)

// snapshot is all data, and what the clock showed.
type snapshot struct {
	id    string
	data  *store.Snapshot
	clock setting
}

// Snapshot copies everything in the server's database, with the setting of its clock, as of one moment. Messages are not
// part of it. Snapshots are kept in memory until the server ends. Errors: ErrTooManySnapshots.
func (s *API) Snapshot(ctx context.Context) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.snapshots) >= maxSnapshots {
		return "", ErrTooManySnapshots
	}
	data, err := s.Store.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	s.taken++
	taken := snapshot{id: strconv.Itoa(s.taken), data: data, clock: s.Options.Clock.setting()}
	s.snapshots = append(s.snapshots, taken)
	return taken.id, nil
}

// Restore puts everything back to where a snapshot has it. The snapshot stays, to be restored again. What requests under
// way have not stored yet comes on top. Errors: store.ErrNotFound.
func (s *API) Restore(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return store.ErrNotFound
	}
	kept := s.snapshots[i]
	err := s.Store.WriteSnapshot(ctx, func(tx *store.Tx) error { return tx.Restore(ctx, kept.data) })
	if err != nil {
		return err
	}
	s.Keys.ForgetAll()
	s.Options.Clock.restore(kept.clock)
	return nil
}

// DropSnapshot forgets a snapshot. Errors: store.ErrNotFound.
func (s *API) DropSnapshot(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return store.ErrNotFound
	}
	s.snapshots = slices.Delete(s.snapshots, i, i+1)
	return nil
}

// find returns which snapshot has the id; -1 when none has.
func (s *API) find(id string) int {
	return slices.IndexFunc(s.snapshots, func(kept snapshot) bool { return kept.id == id })
}

// snapshotAnswer names a snapshot.
type snapshotAnswer struct{ SnapshotID string }

func (s *API) getSnapshots(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]snapshotAnswer, 0, len(s.snapshots))
	for _, kept := range s.snapshots {
		all = append(all, snapshotAnswer{kept.id})
	}
	return struct{ Snapshots []snapshotAnswer }{all}, nil
}

func (s *API) postSnapshot(r *http.Request) (any, error) {
	id, err := s.Snapshot(r.Context())
	if errors.Is(err, ErrTooManySnapshots) {
		return nil, refusal{http.StatusConflict, err.Error()}
	}
	return snapshotAnswer{id}, err
}

func (s *API) postRestore(r *http.Request) (any, error) {
	return nil, s.Restore(r.Context(), r.PathValue("id"))
}

func (s *API) deleteSnapshot(r *http.Request) (any, error) {
	return nil, s.DropSnapshot(r.PathValue("id"))
}

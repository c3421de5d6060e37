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

// maxSnapshots limits the memory: a snapshot is a copy of all data.
const maxSnapshots = 64

// ErrTooManySnapshots means that the number of snapshots has reached the limit.
var ErrTooManySnapshots = fmt.Errorf("there are %d snapshots already: drop one first", maxSnapshots)

// snapshot is a copy of all data and the setting of the clock.
type snapshot struct {
	id    string
	data  *store.Snapshot
	clock clockSetting
}

// Snapshot copies everything in the server's database at one moment, and the setting of the clock, but no messages.
// Snapshots stay in memory until the server ends. Errors: ErrTooManySnapshots.
func (s *API) Snapshot(ctx context.Context) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.snapshots) >= maxSnapshots {
		return "", ErrTooManySnapshots
	}
	if err := s.Keys.MakeAll(ctx); err != nil {
		return "", err
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

// Restore restores the data and the clock of a snapshot, and keeps the snapshot. Requests that run at the same time may
// still write to the restored data. Errors: store.ErrNotFound.
func (s *API) Restore(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return missing(store.ErrNotFound, "snapshot %q", id)
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

// DropSnapshot deletes a snapshot. Errors: store.ErrNotFound.
func (s *API) DropSnapshot(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return missing(store.ErrNotFound, "snapshot %q", id)
	}
	s.snapshots = slices.Delete(s.snapshots, i, i+1)
	return nil
}

// find returns the index of the snapshot with the ID, or -1.
func (s *API) find(id string) int {
	return slices.IndexFunc(s.snapshots, func(kept snapshot) bool { return kept.id == id })
}

// snapshotAnswer is the answer with the ID of a snapshot.
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
		return nil, requestError{http.StatusConflict, err.Error()}
	}
	return snapshotAnswer{id}, err
}

func (s *API) postRestore(r *http.Request) (any, error) {
	return nil, s.Restore(r.Context(), r.PathValue("id"))
}

func (s *API) deleteSnapshot(r *http.Request) (any, error) {
	return nil, s.DropSnapshot(r.PathValue("id"))
}

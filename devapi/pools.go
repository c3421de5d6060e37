package devapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"cognate"
	"cognate/store"
)

// Reset deletes every pool, message and planned failure, returns the clock to its first state, and restores the pools of the
// seed. They keep their signing keys, subs and client secrets.
func (s *API) Reset(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.Store.WriteSnapshot(ctx, func(tx *store.Tx) error {
		if s.seeded == nil {
			return tx.DeleteUserPools(ctx)
		}
		return tx.Restore(ctx, s.seeded)
	})
	if err != nil {
		return err
	}
	s.Keys.ForgetAll()
	s.Options.Mailbox.Clear()
	s.Options.Mailbox.ClearFailures()
	s.Options.Clock.Reset()
	switch {
	case s.seed == nil:
		return nil
	case s.seeded == nil:
		return s.reseed(ctx)
	}
	return s.renewTemporaryPasswords(ctx)
}

// ResetPool deletes everything in a pool except its settings, clients and signing keys, and creates the seed's users again.
// Errors: store.ErrNotFound.
func (s *API) ResetPool(ctx context.Context, poolID string) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.ResetUserPool(ctx, poolID) })
	if err != nil {
		return missing(err, "user pool %q", poolID)
	}
	pools := s.kept().pools
	for i := range pools {
		if pools[i].id == poolID {
			return s.createSeedUsers(ctx, &pools[i])
		}
	}
	return nil
}

// DeletePool deletes a pool with everything in it, even if it has deletion protection. Errors: store.ErrNotFound.
func (s *API) DeletePool(ctx context.Context, poolID string) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteUserPool(ctx, poolID) })
	s.Keys.Forget(poolID)
	return missing(err, "user pool %q", poolID)
}

// Fork names a copy of a pool.
type Fork struct {
	PoolID string
	// ClientIDs maps the IDs of the original's clients to those of the copy's.
	ClientIDs map[string]string
}

// ErrPoolTaken means that a pool with the requested ID exists.
var ErrPoolTaken = errors.New("a pool with this ID exists")

// ForkPool copies a pool, so that a test can have its own. It copies the settings, the clients with their secrets and new
// IDs, the signing keys, and the users with their subs, passwords, software tokens and sent codes. It does not copy
// sign-ins, devices and failed attempts. The copy's ID is newID; if newID is empty, it is a random ID in the same region.
// Passwords work in the copy if they were set on a development server. Errors: store.ErrNotFound, ErrPoolTaken, *api.Error
// for an invalid ID.
func (s *API) ForkPool(ctx context.Context, poolID, newID string) (*Fork, error) {
	original, err := s.Store.UserPool(ctx, poolID)
	if err != nil {
		return nil, missing(err, "user pool %q", poolID)
	}
	if _, err := s.Keys.JWKS(ctx, original); err != nil { // makes the keys of a pool that has none yet
		return nil, missing(err, "user pool %q", poolID)
	}
	if newID == "" {
		newID = cognate.NewPoolID(original.Region())
	} else if err := checkPoolID(newID, original.Region()); err != nil {
		return nil, err
	}
	var fork *Fork
	err = s.Store.WriteSnapshot(ctx, func(tx *store.Tx) error {
		fork = &Fork{PoolID: newID, ClientIDs: make(map[string]string)}
		return tx.ForkUserPool(ctx, store.Fork{
			From: poolID, To: newID,
			ClientID: func(old string) string { // several tables have the ID
				if fork.ClientIDs[old] == "" {
					fork.ClientIDs[old] = cognate.NewClientID()
				}
				return fork.ClientIDs[old]
			},
			Password: func(username string, old cognate.Password) (cognate.Password, error) {
				return s.Passwords.CopyTo(&cognate.UserPool{ID: newID}, username, old)
			},
		})
	})
	if errors.Is(err, store.ErrExists) {
		return nil, fmt.Errorf("%w: %s", ErrPoolTaken, newID)
	}
	if err != nil {
		return nil, err
	}
	s.Keys.Forget(newID)
	return fork, nil
}

func (s *API) postReset(r *http.Request) (any, error) { return nil, s.Reset(r.Context()) }

func (s *API) postPoolReset(r *http.Request) (any, error) {
	return nil, s.ResetPool(r.Context(), r.PathValue("pool"))
}

func (s *API) deletePool(r *http.Request) (any, error) {
	return nil, s.DeletePool(r.Context(), r.PathValue("pool"))
}

func (s *API) postFork(r *http.Request) (any, error) {
	in, err := decode[struct{ PoolID string }](r)
	if err != nil {
		return nil, err
	}
	fork, err := s.ForkPool(r.Context(), r.PathValue("pool"), in.PoolID)
	if errors.Is(err, ErrPoolTaken) {
		return nil, requestError{http.StatusConflict, err.Error()}
	}
	return fork, err
}

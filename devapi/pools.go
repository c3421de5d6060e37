package devapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"cognate"
	"cognate/store"
)

// Reset removes every pool, message and planned failure, puts the clock back to how the server began, and applies the seed
// of its start again.
func (s *API) Reset(ctx context.Context) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteUserPools(ctx) })
	if err != nil {
		return err
	}
	s.Keys.ForgetAll()
	s.Options.Mailbox.Clear()
	s.Options.Mailbox.ClearFailures()
	s.Options.Clock.Reset()
	return s.ApplySeed(ctx, s.kept())
}

// ResetPool removes everything in a pool but its settings, clients and signing keys, and makes the seed's users again.
// Errors: store.ErrNotFound.
func (s *API) ResetPool(ctx context.Context, poolID string) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.ResetUserPool(ctx, poolID) })
	if err != nil {
		return err
	}
	pools := s.kept().pools
	for i := range pools {
		if pools[i].id == poolID {
			return s.createSeedUsers(ctx, &pools[i])
		}
	}
	return nil
}

// DeletePool removes a pool with everything in it, even one that is protected from deletion. Errors: store.ErrNotFound.
func (s *API) DeletePool(ctx context.Context, poolID string) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteUserPool(ctx, poolID) })
	s.Keys.Forget(poolID)
	return err
}

// Fork is a copy of a pool.
type Fork struct {
	PoolID string
	// ClientIDs are the ids of the copy's clients, by those of the original's.
	ClientIDs map[string]string
}

// ErrPoolTaken says that a fork can't have the id that was asked for.
var ErrPoolTaken = errors.New("there is a pool of that id")

// ForkPool copies a pool, so that a test has one of its own: settings, clients with their secrets under new ids, signing
// keys, and users with their subs, passwords, software tokens and codes that were sent; no sign-ins, devices or failed
// attempts. The copy's id is newID or, when that is empty, a random one in the same region. Passwords work that were set
// while the server was one for development. Errors: store.ErrNotFound, ErrPoolTaken, *api.Error for an id that can't be one.
func (s *API) ForkPool(ctx context.Context, poolID, newID string) (*Fork, error) {
	original, err := s.Store.UserPool(ctx, poolID)
	if err != nil {
		return nil, err
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
			ClientID: func(old string) string {
				fork.ClientIDs[old] = cognate.NewClientID()
				return fork.ClientIDs[old]
			},
			Password: func(username string, old cognate.Password) (cognate.Password, error) {
				return s.Passwords.Moved(&cognate.UserPool{ID: newID}, username, old)
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
		return nil, refusal{http.StatusConflict, err.Error()}
	}
	return fork, err
}

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"cognate/internal/pause"
	"cognate/store/gen"
)

// StagedPool is a pool that several transactions write. Until the last one it has no row in user_pools, so no request finds it. One
// process at a time writes a pool.
type StagedPool struct {
	s          *Store
	id, holder string
	now        func() time.Time
}

// Errors of staged pools.
var (
	// ErrStaged means that another process writes the pool.
	ErrStaged = errors.New("store: another process writes this pool")
	// ErrStageLost means that another process has taken over a pool that was not written for long, or that Purge has deleted it.
	ErrStageLost = errors.New("store: the pool is not written by this process any more")
)

// stageEnds is how long after its last transaction another process may take over a staged pool.
const stageEnds = 5 * time.Minute

// StagePool begins to write a new pool. It deletes what a killed process has left of the pool. The caller calls Finish or Abandon.
// Errors: ErrExists, ErrStaged.
func (s *Store) StagePool(ctx context.Context, poolID string, now func() time.Time) (*StagedPool, error) {
	p := &StagedPool{s: s, id: poolID, holder: uuid.NewString(), now: now}
	return p, s.Write(WithoutBeforeCommit(ctx), func(tx *Tx) error {
		if err := tx.requireNoPool(ctx, poolID); err != nil {
			return err
		}
		n, err := tx.q.StagePool(ctx, gen.StagePoolParams{
			PoolID: poolID, Holder: p.holder, RenewedAt: millis(now()), Abandoned: millis(now().Add(-stageEnds)),
		})
		if err := changed("stage pool", ErrStaged, n, err); err != nil {
			return err
		}
		return tx.clear(ctx, poolID, func(*table) bool { return true })
	})
}

func (t *Tx) requireNoPool(ctx context.Context, id string) error {
	_, err := t.q.GetUserPool(ctx, id)
	switch err := found("get user pool", err); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	default:
		return ErrExists
	}
}

// Write runs fn in a transaction, as Store.WriteUsers does. It then waits as long as the transaction took, so that servers can use
// the database meanwhile. Errors: ErrStageLost.
func (p *StagedPool) Write(ctx context.Context, fn func(*Tx) error) error {
	began := time.Now() //nolint:forbidigo // the real time of a transaction
	err := p.s.WriteUsers(WithoutBeforeCommit(ctx), func(tx *Tx) error {
		n, err := tx.q.RenewStagedPool(ctx, gen.RenewStagedPoolParams{RenewedAt: millis(p.now()), PoolID: p.id, Holder: p.holder})
		if err := changed("renew staged pool", ErrStageLost, n, err); err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		return err
	}
	return pause.For(ctx, time.Since(began)) //nolint:forbidigo // as above
}

// Finish runs fn, which adds the row of the pool, in the last transaction. Errors: ErrStageLost.
func (p *StagedPool) Finish(ctx context.Context, fn func(*Tx) error) error {
	return p.s.Write(ctx, func(tx *Tx) error {
		if err := tx.deleteStagedPool(ctx, p.id, p.holder); err != nil {
			return err
		}
		return fn(tx)
	})
}

// Abandon deletes what was written of the pool. After Finish it does nothing.
func (p *StagedPool) Abandon(ctx context.Context) error {
	err := p.s.Write(WithoutBeforeCommit(ctx), func(tx *Tx) error { return tx.abandonPool(ctx, p.id, p.holder) })
	if errors.Is(err, ErrStageLost) {
		return nil
	}
	return err
}

func (t *Tx) abandonPool(ctx context.Context, poolID, holder string) error {
	if err := t.deleteStagedPool(ctx, poolID, holder); err != nil {
		return err
	}
	return t.clear(ctx, poolID, func(*table) bool { return true })
}

func (t *Tx) deleteStagedPool(ctx context.Context, poolID, holder string) error {
	n, err := t.q.DeleteStagedPool(ctx, gen.DeleteStagedPoolParams{PoolID: poolID, Holder: holder})
	return changed("delete staged pool", ErrStageLost, n, err)
}

// purgeStagedPools deletes what killed processes have left of pools.
func (t *Tx) purgeStagedPools(ctx context.Context, before time.Time) error {
	rows, err := t.q.ListAbandonedPools(ctx, millis(before))
	if err != nil {
		return fmt.Errorf("list abandoned pools: %w", err)
	}
	for _, row := range rows {
		if err := t.abandonPool(ctx, row.PoolID, row.Holder); err != nil {
			return err
		}
	}
	return nil
}

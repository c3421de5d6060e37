// Package trash deletes users, app clients and user pools, keeps them for a time, and restores them. Their data is sealed in the
// database. The trash does not keep sign-ins and codes: a restored user signs in again.
//
// It does not decide who may delete or restore.
package trash

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/audit"
	"cognate/store"
	"cognate/throttle"
)

// Bin deletes, keeps and restores. The zero value keeps nothing.
type Bin struct {
	Store *store.Store
	// Retention is how long deleted users, clients and pools are kept. 0 means that they are not kept.
	Retention time.Duration
	Now       func() time.Time
}

// DeleteUser deletes a user with all rows of the user. Errors: store.ErrNotFound.
func (b *Bin) DeleteUser(ctx context.Context, tx *store.Tx, poolID, sub string) error {
	if b.Retention > 0 {
		if err := tx.TrashUser(ctx, poolID, sub, uuid.NewString(), b.Now()); err != nil {
			return err
		}
	}
	return DeleteForGood(ctx, tx, poolID, sub)
}

// DeleteForGood is DeleteUser for a user that the trash does not keep. Errors: store.ErrNotFound.
func DeleteForGood(ctx context.Context, tx *store.Tx, poolID, sub string) error {
	if err := tx.DeleteUser(ctx, poolID, sub); err != nil {
		return err
	}
	return throttle.DeleteUser(ctx, tx, poolID, sub)
}

// DeleteAppClient deletes an app client of a pool that the transaction has locked. Errors: store.ErrNotFound.
func (b *Bin) DeleteAppClient(ctx context.Context, tx *store.Tx, poolID, id string) error {
	if b.Retention > 0 {
		if err := tx.TrashAppClient(ctx, poolID, id, uuid.NewString(), b.Now()); err != nil {
			return err
		}
	}
	return tx.DeleteAppClient(ctx, poolID, id)
}

// DeleteUserPool deletes a pool with all its rows. Errors: store.ErrNotFound.
func (b *Bin) DeleteUserPool(ctx context.Context, tx *store.Tx, id string) error {
	if b.Retention > 0 {
		if err := tx.TrashUserPool(ctx, id, uuid.NewString(), b.Now()); err != nil {
			return err
		}
	}
	return tx.DeleteUserPool(ctx, id)
}

// entriesAtOnce is how many entries are read at the same time.
const entriesAtOnce = 100

// Entries returns the entries of the trash, the oldest first.
func (b *Bin) Entries(ctx context.Context) iter.Seq2[store.Trashed, error] {
	return func(yield func(store.Trashed, error) bool) {
		for after := (store.TrashPosition{}); ; {
			page, err := b.Store.Trash(ctx, after, entriesAtOnce)
			if err != nil {
				yield(store.Trashed{}, err)
				return
			}
			for i := range page {
				after = store.TrashPosition{Deleted: page[i].Deleted, ID: page[i].ID}
				if !yield(page[i], nil) {
					return
				}
			}
			if len(page) < entriesAtOnce {
				return
			}
		}
	}
}

// Purge deletes the entries that are older than the retention for good. It is a background task.
func (b *Bin) Purge(ctx context.Context) error {
	before := b.Now().Add(-b.Retention)
	for e, err := range b.Entries(ctx) {
		if err != nil {
			return err
		}
		if e.Deleted.After(before) {
			return nil
		}
		if err := b.Delete(ctx, e.ID); err != nil && !errors.Is(err, ErrNoEntry) {
			return err
		}
	}
	return nil
}

// ErrNoEntry means that the trash has no entry with an ID.
var ErrNoEntry = errors.New("the trash has no entry with this ID; cognate trash list shows the entries")

// Delete deletes an entry for good. Only the last of its transactions has an audit record. Errors: ErrNoEntry.
func (b *Bin) Delete(ctx context.Context, id string) error {
	e, err := b.Store.Trashed(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoEntry
	}
	if err != nil {
		return err
	}
	describe(ctx, e)
	for !e.IsSmall() {
		err := b.Store.Write(store.WithoutBeforeCommit(ctx), func(tx *store.Tx) error { return tx.ShortenTrash(ctx, e) })
		if err != nil {
			return err
		}
	}
	return b.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteTrash(ctx, e) })
}

// describe names in the audit event what an entry was.
func describe(ctx context.Context, e *store.Trashed) {
	client, sub := "", ""
	switch e.Kind {
	case store.TrashedUser:
		sub = e.Key
	case store.TrashedClient:
		client = e.Key
	case store.TrashedPool:
	}
	audit.SetClient(ctx, e.PoolID, client)
	audit.SetUser(ctx, sub)
}

// Restored is what Restore has restored.
type Restored struct {
	store.Trashed
	// LeftOut is how many rows of a table were not restored, because what they belong to was deleted meanwhile.
	LeftOut map[string]int
}

// Restore restores an entry. Its grants stay revoked, and unfinished sign-ins from before the deletion do not continue.
// Errors: ErrNoEntry; *Refusal if something has its place now.
func (b *Bin) Restore(ctx context.Context, id string) (*Restored, error) {
	e, err := b.Store.Trashed(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoEntry
	}
	if err != nil {
		return nil, err
	}
	describe(ctx, e)
	r := &Restored{Trashed: *e}
	switch e.Kind {
	case store.TrashedUser, store.TrashedClient:
		err = b.Store.Write(ctx, func(tx *store.Tx) (err error) {
			r.LeftOut, err = restoreInPool(ctx, tx, id)
			return err
		})
	case store.TrashedPool:
		err = b.Store.RestoreTrashedPool(ctx, id, b.Now)
	default:
		err = fmt.Errorf("an entry of the unknown kind %q", e.Kind)
	}
	if err != nil {
		return nil, refusal(e, err)
	}
	return r, nil
}

// restoreInPool restores a user or a client.
func restoreInPool(ctx context.Context, tx *store.Tx, id string) (map[string]int, error) {
	e, err := tx.LockTrashed(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoEntry
	}
	if err != nil {
		return nil, err
	}
	pool, err := tx.LockUserPool(ctx, e.PoolID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &Refusal{fmt.Sprintf("the user pool %s of %s does not exist; if the trash has it, restore it first", e.PoolID, e.Name)}
	}
	if err != nil {
		return nil, err
	}
	if e.Kind == store.TrashedClient {
		return tx.RestoreTrashedClient(ctx, e)
	}
	return restoreUser(ctx, tx, pool, e)
}

func restoreUser(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, e *store.Trashed) (map[string]int, error) {
	left, err := tx.RestoreTrashedUser(ctx, pool, e)
	switch {
	case errors.Is(err, store.ErrExists):
		return nil, &Refusal{fmt.Sprintf("another user of %s has the username %s now", pool.ID, e.Name)}
	case errors.Is(err, store.ErrAliasTaken):
		return nil, &Refusal{fmt.Sprintf("an email address, phone number or preferred username of %s belongs to another user of %s now", e.Name, pool.ID)}
	case errors.Is(err, store.ErrIdentityTaken):
		return nil, &Refusal{fmt.Sprintf("the account of %s at an identity provider belongs to another user of %s now", e.Name, pool.ID)}
	}
	return left, err
}

// Refusal says why an entry cannot be restored.
type Refusal struct{ reason string }

func (r *Refusal) Error() string { return r.reason }

func refusal(e *store.Trashed, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrNoEntry
	case errors.Is(err, store.ErrStaged):
		return &Refusal{"another command writes the user pool " + e.PoolID + " now"}
	case errors.Is(err, store.ErrExists) && e.Kind == store.TrashedClient:
		return &Refusal{"an app client has the ID " + e.Key + " now"}
	case errors.Is(err, store.ErrExists):
		return &Refusal{"a user pool has the ID " + e.PoolID + " now, or an app client has the ID of one of its clients"}
	}
	return err
}

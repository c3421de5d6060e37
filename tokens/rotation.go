package tokens

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cognate"
	"cognate/audit"
	"cognate/lease"
	"cognate/store"
)

const (
	// publishedBefore is how long the public part of a new key is published before the key signs tokens, so that programs that
	// verify tokens have it by then.
	publishedBefore = 24 * time.Hour
	// keysOfPool is how many keys a pool has that was never rotated: one for each use.
	keysOfPool = 2
	// poolsAtOnce is how many pools a round reads at a time.
	poolsAtOnce = 100
	// rotatedInRound is how many pools a round rotates at most. Making the keys of that many takes less than a minute.
	rotatedInRound = 100
)

// Rotator replaces the signing keys of pools. New keys are published before they sign, and old ones stay until the last token
// that they signed has expired, so tokens are valid throughout. Several servers and commands may rotate at the same time: a
// transaction that locks the pool decides.
type Rotator struct {
	Store  *store.Store
	Source KeySource
	Age    time.Duration // how long a key signs before Run replaces it; 0 means without an end
	Now    func() time.Time
	Log    *slog.Logger
}

// Rotated says what a rotation did.
type Rotated struct {
	SignsFrom time.Time // when the newest keys begin to sign, or began to
	Made      bool      // the rotation made them
}

// Rotate makes new keys for a pool, which sign from 24 hours later. If the pool already has keys that do not sign yet, it makes
// none. Errors: store.ErrNotFound.
func (r *Rotator) Rotate(ctx context.Context, poolID string) (Rotated, error) {
	return r.rotate(ctx, poolID, publishedBefore, time.Time{})
}

// RotateNow is Rotate, but the new keys sign immediately. If the pool already has keys that do not sign yet, those sign
// immediately.
func (r *Rotator) RotateNow(ctx context.Context, poolID string) (Rotated, error) {
	return r.rotate(ctx, poolID, 0, time.Time{})
}

// Revoke replaces all keys of a pool, also those that do not sign yet: new keys sign immediately, and no token of the others is valid any
// more. Errors: store.ErrNotFound.
func (r *Rotator) Revoke(ctx context.Context, poolID string) (Rotated, error) {
	now := r.Now().Truncate(time.Millisecond) // as stored
	fresh, err := takeKeys(ctx, r.Source.Take, now)
	if err != nil {
		return Rotated{}, err
	}
	audit.SetClient(ctx, poolID, "")
	err = changeKeys(ctx, r.Store, poolID, func(tx *store.Tx, pool *cognate.UserPool, keys []cognate.SigningKey) error {
		if err := tx.AddSigningKeys(ctx, pool, fresh); err != nil {
			return err
		}
		return tx.DeleteSigningKeys(ctx, pool, keys)
	})
	return Rotated{SignsFrom: now, Made: true}, err
}

// rotate makes keys that sign after a wait. With a time in before, it makes none if the newest keys began to sign after it.
func (r *Rotator) rotate(ctx context.Context, poolID string, wait time.Duration, before time.Time) (Rotated, error) {
	now := r.Now().Truncate(time.Millisecond) // as stored
	stored, err := r.Store.SigningKeys(ctx, poolID)
	if err != nil {
		return Rotated{}, err
	}
	if len(stored) == 0 {
		wait = 0 // no program has a key of this pool yet
	}
	var fresh []cognate.SigningKey
	if !newest(stored).After(now) {
		if fresh, err = takeKeys(ctx, r.Source.Take, now); err != nil {
			return Rotated{}, err
		}
	}
	for i := range fresh {
		fresh[i].SignsFrom = now.Add(wait)
	}
	var done Rotated
	audit.SetClient(ctx, poolID, "")
	err = changeKeys(ctx, r.Store, poolID, func(tx *store.Tx, pool *cognate.UserPool, keys []cognate.SigningKey) error {
		last := newest(keys)
		done = Rotated{SignsFrom: last}
		switch {
		case last.After(now) && wait > 0, !last.After(now) && len(fresh) == 0, !before.IsZero() && last.After(before):
			return store.ErrRollback // another server or command was first
		case last.After(now):
			done.SignsFrom = now
			return tx.StartSigningKeys(ctx, pool, now)
		default:
			done = Rotated{SignsFrom: now.Add(wait), Made: true}
			return tx.AddSigningKeys(ctx, pool, fresh)
		}
	})
	return done, err
}

// changeKeys runs fn in a transaction that has locked a pool and read its keys. Errors: those of fn; store.ErrNotFound.
func changeKeys(ctx context.Context, st *store.Store, poolID string, fn func(*store.Tx, *cognate.UserPool, []cognate.SigningKey) error) error {
	return st.Write(ctx, func(tx *store.Tx) error {
		pool, err := tx.LockUserPool(ctx, poolID)
		if err != nil {
			return err
		}
		keys, err := tx.SigningKeys(ctx, pool)
		if err != nil {
			return err
		}
		return fn(tx, pool, keys)
	})
}

// newest returns when the newest of the keys begin to sign; the zero time if there are none.
func newest(keys []cognate.SigningKey) time.Time {
	var last time.Time
	for _, k := range keys {
		if k.SignsFrom.After(last) {
			last = k.SignsFrom
		}
	}
	return last
}

// Run deletes the keys whose last token has expired, and makes new keys for pools whose keys are as old as Age.
func (r *Rotator) Run(ctx context.Context) error {
	return errors.Join(r.retire(ctx), r.rotateAged(ctx))
}

// rotateAged publishes new keys for pools in which they must sign in publishedBefore.
func (r *Rotator) rotateAged(ctx context.Context) error {
	if r.Age == 0 {
		return nil
	}
	before := r.Now().Add(publishedBefore - r.Age)
	due, err := r.Store.PoolsByKeyAge(ctx, before, "", rotatedInRound)
	if err != nil {
		return err
	}
	for _, id := range due {
		done, err := r.rotate(ctx, id, publishedBefore, before)
		switch {
		case errors.Is(err, store.ErrNotFound): // the pool was deleted
		case err != nil:
			return err
		case done.Made:
			r.Log.InfoContext(ctx, "new signing keys", "pool", id, "sign_from", done.SignsFrom)
		}
	}
	return nil
}

// retire deletes the keys whose last token has expired.
func (r *Rotator) retire(ctx context.Context) error {
	var after string
	for {
		ids, err := r.Store.PoolsByKeyCount(ctx, keysOfPool, after, poolsAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := r.retirePool(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}

func (r *Rotator) retirePool(ctx context.Context, poolID string) error {
	keys, err := r.Store.SigningKeys(ctx, poolID)
	if err != nil || len(r.retired(keys)) == 0 {
		return err
	}
	audit.SetClient(ctx, poolID, "")
	return changeKeys(ctx, r.Store, poolID, func(tx *store.Tx, pool *cognate.UserPool, keys []cognate.SigningKey) error {
		return tx.DeleteSigningKeys(ctx, pool, r.retired(keys))
	})
}

// retired returns the keys all of whose tokens have expired: the next key of their use began to sign longer ago than any
// token is valid, also by the clock of another server.
func (r *Rotator) retired(keys []cognate.SigningKey) []cognate.SigningKey {
	expired := r.Now().Add(-cognate.MaxTokenTTL - lease.ClockSkew)
	replaced := make(map[cognate.TokenUse]time.Time) // when the newest key began of which every earlier token has expired
	for _, k := range keys {
		if !k.SignsFrom.After(expired) && k.SignsFrom.After(replaced[k.Use]) {
			replaced[k.Use] = k.SignsFrom
		}
	}
	var retired []cognate.SigningKey
	for _, k := range keys {
		if k.SignsFrom.Before(replaced[k.Use]) {
			retired = append(retired, k)
		}
	}
	return retired
}

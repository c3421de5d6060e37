package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var userAliasTables = []table{
	{
		name: "user_aliases", role: roleUser, key: []string{"pool_id", "alias"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteAliases(ctx, gen.DeleteAliasesParams{PoolID: poolID, Sub: sub})
		},
	},
}

// needsNameLocks reports whether transactions that take names of a pool have to wait for each other. In a pool with alias attributes a name
// can be a username or an alias, and no index covers both tables. SQLite has one writer, so its transactions wait in any case.
func (t *Tx) needsNameLocks(p *cognate.UserPool) bool {
	return len(p.AliasAttributes) > 0 && !t.s.dialect.isSQLite
}

// lockName locks a name until the transaction ends, if necessary. The lock is a row of attempts with no failures, which Purge deletes.
func (t *Tx) lockName(ctx context.Context, p *cognate.UserPool, name string) error {
	if !t.needsNameLocks(p) {
		return nil
	}
	sum := sha256.Sum256([]byte(name))
	_, err := t.LockAttempts(ctx, p.ID, "taking:"+hex.EncodeToString(sum[:]))
	return err
}

func (t *Tx) aliasOwner(ctx context.Context, poolID, alias string) (sub string, err error) {
	sub, err = t.q.AliasOwner(ctx, gen.AliasOwnerParams{PoolID: poolID, Alias: alias})
	return sub, found("find alias", err)
}

func (t *Tx) rewriteAliases(ctx context.Context, p *cognate.UserPool, u *cognate.User, take bool) error {
	if err := t.q.DeleteAliases(ctx, gen.DeleteAliasesParams{PoolID: u.PoolID, Sub: u.Sub}); err != nil {
		return fmt.Errorf("delete aliases: %w", err)
	}
	return t.writeAliases(ctx, p, u, take)
}

// writeAliases stores the user's aliases. It rejects an alias that is the username of another user, who could no longer sign in
// with it.
func (t *Tx) writeAliases(ctx context.Context, p *cognate.UserPool, u *cognate.User, take bool) error {
	for _, alias := range u.Aliases(p) {
		if err := t.lockName(ctx, p, alias); err != nil {
			return err
		}
		if err := t.checkNotUsername(ctx, u, alias); err != nil {
			return err
		}
		if take {
			if err := t.freeAlias(ctx, p, u, alias); err != nil {
				return err
			}
		}
		n, err := t.q.CreateAlias(ctx, gen.CreateAliasParams{PoolID: u.PoolID, Alias: alias, Sub: u.Sub})
		if err := changed("create alias", ErrAliasTaken, n, err); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) checkNotUsername(ctx context.Context, u *cognate.User, alias string) error {
	owner, err := t.q.FindUserByUsername(ctx, gen.FindUserByUsernameParams{PoolID: u.PoolID, UsernameKey: alias})
	switch err := found("find user", err); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case owner.User.Sub != u.Sub:
		return ErrAliasTaken
	default:
		return nil
	}
}

// RequireFreeAliases returns an error if an alias of the user is the username or an alias of another user. It keeps others
// from taking the aliases until the transaction ends. The user need not be stored as given. Errors: ErrAliasTaken.
func (t *Tx) RequireFreeAliases(ctx context.Context, p *cognate.UserPool, u *cognate.User) error {
	for _, alias := range u.Aliases(p) {
		if err := t.lockName(ctx, p, alias); err != nil {
			return err
		}
		if err := t.checkNotUsername(ctx, u, alias); err != nil {
			return err
		}
		owner, err := t.aliasOwner(ctx, u.PoolID, alias)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case owner != u.Sub:
			return ErrAliasTaken
		}
	}
	return nil
}

// freeAlias takes an alias from the user who has it.
func (t *Tx) freeAlias(ctx context.Context, p *cognate.UserPool, u *cognate.User, alias string) error {
	sub, err := t.aliasOwner(ctx, u.PoolID, alias)
	if errors.Is(err, ErrNotFound) || sub == u.Sub {
		return nil
	}
	if err != nil {
		return err
	}
	other, err := t.LockUser(ctx, u.PoolID, sub)
	if err != nil {
		return err
	}
	other.ReleaseAlias(p, alias)
	return t.SaveUser(ctx, p, other)
}

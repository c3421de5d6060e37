package store

import (
	"context"
	"fmt"
	"time"

	"cognate/store/gen"
)

var codeTables = []table{
	{
		name: "codes", role: roleUser, restoring: restoreDrops, key: []string{"pool_id", "sub", "purpose"}, sealed: []string{"sealed"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserCodes(ctx, gen.DeleteUserCodesParams{PoolID: poolID, Sub: sub})
		},
	},
}

// Code is a one-time code that was sent to a user.
type Code struct {
	PoolID, Sub string
	Purpose     string
	Hash        []byte // SHA-256 of the code
	Attribute   string // email or phone_number
	Destination string
	Failures    int // answers so far, including this one
	Expires     time.Time
}

// SaveCode stores a code. It replaces an earlier one of the same purpose.
func (t *Tx) SaveCode(ctx context.Context, c Code) error {
	// The hash is sealed too: an attacker could find six digits from their hash.
	sealed, err := t.s.seal(c.Hash, codeAAD(c.PoolID, c.Sub, c.Purpose))
	if err != nil {
		return err
	}
	err = t.q.SaveCode(ctx, gen.SaveCodeParams{
		PoolID: c.PoolID, Sub: c.Sub, Purpose: c.Purpose, Sealed: sealed, Attribute: c.Attribute,
		Destination: c.Destination, ExpiresAt: millis(c.Expires),
	})
	if err != nil {
		return fmt.Errorf("save code: %w", err)
	}
	return nil
}

// LockCode returns a code and counts an answer to it. Errors: ErrNotFound.
func (t *Tx) LockCode(ctx context.Context, poolID, sub, purpose string) (Code, error) {
	row, err := t.q.LockCode(ctx, gen.LockCodeParams{PoolID: poolID, Sub: sub, Purpose: purpose})
	if err != nil {
		return Code{}, found("lock code", err)
	}
	hash, err := t.s.unseal(row.Sealed, codeAAD(poolID, sub, purpose))
	if err != nil {
		return Code{}, err
	}
	return Code{
		PoolID: poolID, Sub: sub, Purpose: purpose, Hash: hash, Attribute: row.Attribute,
		Destination: row.Destination, Failures: int(row.Failures), Expires: fromMillis(row.ExpiresAt),
	}, nil
}

// DeleteCode deletes a code. Without a code it does nothing.
func (t *Tx) DeleteCode(ctx context.Context, poolID, sub, purpose string) error {
	if err := t.q.DeleteCode(ctx, gen.DeleteCodeParams{PoolID: poolID, Sub: sub, Purpose: purpose}); err != nil {
		return fmt.Errorf("delete code: %w", err)
	}
	return nil
}

func codeAAD(poolID, sub, purpose string) string {
	return aadOf("codes", poolID, sub, purpose, "sealed")
}

package store

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

var signingKeyTables = []table{
	{name: "signing_keys", role: roleConfig, inTrash: true, key: []string{"pool_id", "key_id"}, sealed: []string{"sealed"}},
}

// SigningKeys returns the keys of a pool; none for an unknown pool. Parsing takes 0.2 ms per key, so callers cache them.
func (s *Store) SigningKeys(ctx context.Context, poolID string) ([]cognate.SigningKey, error) {
	rows, err := s.reader.ListSigningKeys(ctx, poolID)
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	return s.signingKeysFromRows(poolID, rows)
}

// SigningKeys returns the keys of a pool that the transaction has locked.
func (t *Tx) SigningKeys(ctx context.Context, p *cognate.UserPool) ([]cognate.SigningKey, error) {
	rows, err := t.q.ListSigningKeys(ctx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	return t.s.signingKeysFromRows(p.ID, rows)
}

// AddSigningKeys adds keys to a pool that the transaction has locked.
func (t *Tx) AddSigningKeys(ctx context.Context, p *cognate.UserPool, keys []cognate.SigningKey) error {
	for _, k := range keys {
		if err := t.createSigningKey(ctx, p, k); err != nil {
			return err
		}
	}
	return t.changeKeysVersion(ctx, p)
}

// StartSigningKeys lets the keys of a locked pool that would sign later sign from a time on.
func (t *Tx) StartSigningKeys(ctx context.Context, p *cognate.UserPool, from time.Time) error {
	err := t.q.StartSigningKeys(ctx, gen.StartSigningKeysParams{PoolID: p.ID, SignsFrom: millis(from)})
	if err != nil {
		return fmt.Errorf("start signing keys: %w", err)
	}
	return t.changeKeysVersion(ctx, p)
}

// DeleteSigningKeys deletes keys of a pool that the transaction has locked.
func (t *Tx) DeleteSigningKeys(ctx context.Context, p *cognate.UserPool, keys []cognate.SigningKey) error {
	for _, k := range keys {
		if err := t.q.DeleteSigningKey(ctx, gen.DeleteSigningKeyParams{PoolID: p.ID, KeyID: k.ID}); err != nil {
			return fmt.Errorf("delete signing key: %w", err)
		}
	}
	return t.changeKeysVersion(ctx, p)
}

// changeKeysVersion makes every server read the keys of the pool again.
func (t *Tx) changeKeysVersion(ctx context.Context, p *cognate.UserPool) error {
	p.KeysVersion = newVersion()
	if err := t.q.SetKeysVersion(ctx, gen.SetKeysVersionParams{PoolID: p.ID, KeysVersion: p.KeysVersion}); err != nil {
		return fmt.Errorf("set version of signing keys: %w", err)
	}
	return nil
}

// PoolsByKeyAge returns the IDs of up to limit pools, after the given one, of which every key was created and began to sign
// before a time.
func (s *Store) PoolsByKeyAge(ctx context.Context, before time.Time, after string, limit int) ([]string, error) {
	ids, err := s.reader.ListPoolsByKeyAge(ctx, gen.ListPoolsByKeyAgeParams{
		AfterID: after, Before: millis(before), PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list pools by age of keys: %w", err)
	}
	return ids, nil
}

// PoolsByKeyCount returns the IDs of up to limit pools, after the given one, that have more than count keys.
func (s *Store) PoolsByKeyCount(ctx context.Context, count int, after string, limit int) ([]string, error) {
	ids, err := s.reader.ListPoolsByKeyCount(ctx, gen.ListPoolsByKeyCountParams{
		AfterID: after, KeyCount: int64(count), PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list pools by number of keys: %w", err)
	}
	return ids, nil
}

// PoolsWithoutKeys returns the IDs of up to limit pools, after the given one, that have no keys yet.
func (s *Store) PoolsWithoutKeys(ctx context.Context, after string, limit int) ([]string, error) {
	ids, err := s.reader.ListPoolsWithoutKeys(ctx, gen.ListPoolsWithoutKeysParams{AfterID: after, PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list pools without keys: %w", err)
	}
	return ids, nil
}

func (s *Store) signingKeysFromRows(poolID string, rows []gen.ListSigningKeysRow) ([]cognate.SigningKey, error) {
	keys := make([]cognate.SigningKey, 0, len(rows))
	for _, row := range rows {
		key, err := s.openRSAKey(row.Sealed, signingKeyAAD(poolID, row.KeyID))
		if err != nil {
			return nil, fmt.Errorf("signing key %s of %s: %w", row.KeyID, poolID, err)
		}
		keys = append(keys, cognate.SigningKey{
			ID: row.KeyID, Use: cognate.TokenUse(row.TokenUse), Key: key,
			CreatedAt: fromMillis(row.CreatedAt), SignsFrom: fromMillis(max(row.SignsFrom, row.CreatedAt)),
		})
	}
	return keys, nil
}

func (t *Tx) createSigningKey(ctx context.Context, p *cognate.UserPool, k cognate.SigningKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(k.Key)
	if err != nil {
		return fmt.Errorf("create signing key: %w", err)
	}
	sealed, err := t.s.seal(der, signingKeyAAD(p.ID, k.ID))
	if err != nil {
		return err
	}
	err = t.q.CreateSigningKey(ctx, gen.CreateSigningKeyParams{
		PoolID: p.ID, KeyID: k.ID, TokenUse: string(k.Use), Sealed: sealed,
		CreatedAt: millis(k.CreatedAt), SignsFrom: millis(k.SignsFrom),
	})
	if err != nil {
		return fmt.Errorf("create signing key: %w", err)
	}
	return nil
}

func signingKeyAAD(poolID, keyID string) string {
	return aadOf("signing_keys", poolID, keyID, "sealed")
}

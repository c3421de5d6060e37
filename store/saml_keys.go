package store

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

var samlKeyTables = []table{
	{
		name: "saml_keys", role: roleConfig, inTrash: true, key: []string{"pool_id", "key_id"}, sealed: []string{"sealed"},
		plain: []string{"certificate"},
	},
}

// SAMLKeys returns the SAML keys of a pool, newest first.
func (s *Store) SAMLKeys(ctx context.Context, poolID string) ([]cognate.SAMLKey, error) {
	return s.samlKeys(ctx, s.reader, poolID)
}

// SAMLKeys is Store.SAMLKeys in a transaction.
func (t *Tx) SAMLKeys(ctx context.Context, poolID string) ([]cognate.SAMLKey, error) {
	return t.s.samlKeys(ctx, t.q, poolID)
}

func (s *Store) samlKeys(ctx context.Context, q *gen.Queries, poolID string) ([]cognate.SAMLKey, error) {
	rows, err := q.ListSAMLKeys(ctx, poolID)
	if err != nil {
		return nil, fmt.Errorf("list SAML keys: %w", err)
	}
	keys := make([]cognate.SAMLKey, 0, len(rows))
	for _, row := range rows {
		key, err := s.openRSAKey(row.SamlKey.Sealed, samlKeyAAD(poolID, row.SamlKey.KeyID))
		if err != nil {
			return nil, fmt.Errorf("SAML key %s of %s: %w", row.SamlKey.KeyID, poolID, err)
		}
		keys = append(keys, cognate.SAMLKey{
			ID: row.SamlKey.KeyID, Key: key, Certificate: row.SamlKey.Certificate, CreatedAt: fromMillis(row.SamlKey.CreatedAt),
		})
	}
	return keys, nil
}

// openRSAKey opens an RSA key that is sealed in the form PKCS #8.
func (s *Store) openRSAKey(sealed []byte, aad string) (*rsa.PrivateKey, error) {
	der, err := s.unseal(sealed, aad)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("not an RSA key")
	}
	return key, nil
}

// HasSAMLKeySince reports whether a pool has a SAML key that was made after a time.
func (t *Tx) HasSAMLKeySince(ctx context.Context, poolID string, since time.Time) (bool, error) {
	n, err := t.q.CountSAMLKeysSince(ctx, gen.CountSAMLKeysSinceParams{PoolID: poolID, Since: millis(since)})
	if err != nil {
		return false, fmt.Errorf("count SAML keys: %w", err)
	}
	return n > 0, nil
}

// CreateSAMLKey adds a SAML key to a pool that the transaction has locked.
func (t *Tx) CreateSAMLKey(ctx context.Context, poolID string, k *cognate.SAMLKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(k.Key)
	if err != nil {
		return fmt.Errorf("create SAML key: %w", err)
	}
	sealed, err := t.s.seal(der, samlKeyAAD(poolID, k.ID))
	if err != nil {
		return err
	}
	err = t.q.CreateSAMLKey(ctx, gen.CreateSAMLKeyParams{
		PoolID: poolID, KeyID: k.ID, Sealed: sealed, Certificate: k.Certificate, CreatedAt: millis(k.CreatedAt),
	})
	if err != nil {
		return fmt.Errorf("create SAML key: %w", err)
	}
	return nil
}

// PoolsWithOldSAMLKeys returns the IDs of up to limit pools that have SAML keys, but none that was made after a time.
func (s *Store) PoolsWithOldSAMLKeys(ctx context.Context, newest time.Time, limit int) ([]string, error) {
	ids, err := s.reader.ListPoolsWithOldSAMLKeys(ctx, gen.ListPoolsWithOldSAMLKeysParams{
		NewestAt: millis(newest), PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list pools with old SAML keys: %w", err)
	}
	return ids, nil
}

func samlKeyAAD(poolID, keyID string) string { return aadOf("saml_keys", poolID, keyID, "sealed") }

package federation

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/audit"
	"cognate/store"
)

// Lifetimes of a pool's SAML keys. Source: docs/behaviour.md §5.9.
const (
	certificateYears = 10
	newKeyEvery      = 365 * 24 * time.Hour
)

// KeySource provides new RSA keys.
type KeySource interface {
	Take(ctx context.Context) (*rsa.PrivateKey, error)
}

// SAMLKeys makes the keys of pools for SAML. A pool gets its first key when it needs one, and a new one each year. Earlier keys
// stay valid.
type SAMLKeys struct {
	Store  *store.Store
	Source KeySource
	Now    func() time.Time
}

// Certificate returns the certificate of the newest key of a pool, as DER in base64. A pool without a key gets one; lockPool
// locks the pool for that, and returns an error if the caller may not change it.
func (s *SAMLKeys) Certificate(ctx context.Context, poolID string, lockPool func(*store.Tx) error) (string, error) {
	key, err := s.first(ctx, poolID)
	if err != nil {
		return "", err
	}
	if key != nil {
		err := s.Store.Write(ctx, func(tx *store.Tx) error {
			if err := lockPool(tx); err != nil {
				return err
			}
			return s.addFirst(ctx, tx, poolID, key)
		})
		if err != nil {
			return "", err
		}
	}
	keys, err := s.Store.SAMLKeys(ctx, poolID)
	if err != nil {
		return "", err
	}
	if len(keys) == 0 {
		return "", errors.New("the pool has no SAML key: it was deleted meanwhile")
	}
	return base64.StdEncoding.EncodeToString(keys[0].Certificate), nil
}

// first returns a key for a pool that has none; nil if it has one.
func (s *SAMLKeys) first(ctx context.Context, poolID string) (*cognate.SAMLKey, error) {
	keys, err := s.Store.SAMLKeys(ctx, poolID)
	if err != nil || len(keys) > 0 {
		return nil, err
	}
	return s.make(ctx, poolID)
}

// addFirst adds a key to a pool that the transaction has locked, unless another request was first.
func (s *SAMLKeys) addFirst(ctx context.Context, tx *store.Tx, poolID string, key *cognate.SAMLKey) error {
	return s.addUnlessSince(ctx, tx, poolID, key, time.Time{})
}

func (s *SAMLKeys) addUnlessSince(ctx context.Context, tx *store.Tx, poolID string, key *cognate.SAMLKey, since time.Time) error {
	if has, err := tx.HasSAMLKeySince(ctx, poolID, since); err != nil || has {
		return err
	}
	return tx.CreateSAMLKey(ctx, poolID, key)
}

// Renew gives a new key to each pool whose newest key is a year old.
func (s *SAMLKeys) Renew(ctx context.Context) error {
	const batch = 100
	for {
		newest := s.Now().Add(-newKeyEvery)
		pools, err := s.Store.PoolsWithOldSAMLKeys(ctx, newest, batch)
		if err != nil || len(pools) == 0 {
			return err
		}
		for _, poolID := range pools {
			if err := s.renew(ctx, poolID, newest); err != nil {
				return err
			}
		}
	}
}

func (s *SAMLKeys) renew(ctx context.Context, poolID string, newest time.Time) error {
	key, err := s.make(ctx, poolID)
	if err != nil {
		return err
	}
	audit.SetClient(ctx, poolID, "")
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockUserPool(ctx, poolID); err != nil {
			return err
		}
		return s.addUnlessSince(ctx, tx, poolID, key, newest)
	})
	if errors.Is(err, store.ErrNotFound) { // the pool was deleted meanwhile
		return nil
	}
	return err
}

// make returns a new key with its self-signed certificate.
func (s *SAMLKeys) make(ctx context.Context, poolID string) (*cognate.SAMLKey, error) {
	private, err := s.Source.Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("make SAML key: %w", err)
	}
	now := s.Now()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: poolID}, NotBefore: now, NotAfter: now.AddDate(certificateYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("make SAML certificate: %w", err)
	}
	return &cognate.SAMLKey{ID: uuid.NewString(), Key: private, Certificate: certificate, CreatedAt: now}, nil
}

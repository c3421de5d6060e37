package tokens

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"cognate"
	"cognate/store"
)

// Keyring makes and caches the signing keys of pools. A cached set has the KeysVersion of its pool, so a server notices at the
// next request that another server has changed the keys.
type Keyring struct {
	Store  *store.Store
	Source KeySource

	mu    sync.Mutex
	pools map[string]*poolKeys
}

// poolKeys are the parsed keys of one pool.
type poolKeys struct {
	version int64 // KeysVersion of the pool
	signers map[cognate.TokenUse][]timedSigner
	public  map[string]publicKey // by kid
	set     jose.JSONWebKeySet
}

// timedSigner signs tokens from a time on, until the next signer of the same use does.
type timedSigner struct {
	from           time.Time
	signer, logout jose.Signer // logout signs logout tokens, whose header has a type
}

type publicKey struct {
	key *rsa.PublicKey
	use cognate.TokenUse
}

// maxKeyrings limits the memory. Beyond it the keys of an arbitrary pool are dropped from the cache.
const maxKeyrings = 2048

// Make returns two keys for a pool, which sign from now on.
func (k *Keyring) Make(ctx context.Context, now time.Time) ([]cognate.SigningKey, error) {
	return makeKeys(ctx, k.Source, now)
}

func makeKeys(ctx context.Context, source KeySource, now time.Time) ([]cognate.SigningKey, error) {
	var keys []cognate.SigningKey
	for _, use := range []cognate.TokenUse{cognate.TokenUseID, cognate.TokenUseAccess} {
		key, err := source.Take(ctx)
		if err != nil {
			return nil, fmt.Errorf("make signing key: %w", err)
		}
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("make signing key: %w", err)
		}
		// The kid is the hash of the key and its use, so the two keys of a pool have different kids.
		sum := sha256.Sum256(append(der, use...))
		keys = append(keys, cognate.SigningKey{
			ID: base64.StdEncoding.EncodeToString(sum[:]), Use: use, Key: key, CreatedAt: now, SignsFrom: now,
		})
	}
	return keys, nil
}

// JWKS returns the public keys of a pool as a JWK set (RFC 7517 section 5): those that sign, those that will sign, and those
// of which tokens may still be valid. pool is current. Errors: store.ErrNotFound.
func (k *Keyring) JWKS(ctx context.Context, pool *cognate.UserPool) (jose.JSONWebKeySet, error) {
	keys, err := k.of(ctx, pool)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return keys.set, nil
}

// Forget drops the cached keys of a pool. A pool can be deleted and created again with the same ID.
func (k *Keyring) Forget(poolID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.pools, poolID)
}

// ForgetAll drops the cached keys of every pool.
func (k *Keyring) ForgetAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.pools)
}

// of returns the current keys of a pool that was read in this request.
func (k *Keyring) of(ctx context.Context, pool *cognate.UserPool) (*poolKeys, error) {
	if kept := k.cached(pool.ID); kept != nil && kept.version == pool.KeysVersion {
		return kept, nil
	}
	stored, err := k.Store.SigningKeys(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	if len(stored) == 0 {
		return nil, store.ErrNotFound
	}
	keys, err := newPoolKeys(stored)
	if err != nil {
		return nil, err
	}
	keys.version = pool.KeysVersion
	k.keep(pool.ID, keys)
	return keys, nil
}

// lookUp returns a public key of a pool by its kid. It may still find a key that another server has deleted. A kid that is not
// in the cache costs one read, as the check of a valid token does. Errors: store.ErrNotFound for an unknown pool; errUnknownKey.
func (k *Keyring) lookUp(ctx context.Context, poolID, kid string) (publicKey, error) {
	if kept := k.cached(poolID); kept != nil {
		if public, ok := kept.public[kid]; ok {
			return public, nil
		}
	}
	pool, err := k.Store.UserPool(ctx, poolID)
	if err != nil {
		return publicKey{}, err
	}
	return k.current(ctx, pool, kid)
}

// current returns a public key of a pool that was read in this request, by its kid. Errors: store.ErrNotFound for a pool without
// keys; errUnknownKey.
func (k *Keyring) current(ctx context.Context, pool *cognate.UserPool, kid string) (publicKey, error) {
	keys, err := k.of(ctx, pool)
	if err != nil {
		return publicKey{}, err
	}
	public, ok := keys.public[kid]
	if !ok {
		return publicKey{}, errUnknownKey
	}
	return public, nil
}

// errUnknownKey says that a pool has no key of this kid.
var errUnknownKey = errors.New("unknown signing key")

func (k *Keyring) cached(poolID string) *poolKeys {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.pools[poolID]
}

func (k *Keyring) keep(poolID string, keys *poolKeys) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.pools == nil {
		k.pools = make(map[string]*poolKeys)
	}
	if len(k.pools) >= maxKeyrings {
		for other := range k.pools {
			delete(k.pools, other)
			break
		}
	}
	k.pools[poolID] = keys
}

func newPoolKeys(stored []cognate.SigningKey) (*poolKeys, error) {
	keys := &poolKeys{signers: make(map[cognate.TokenUse][]timedSigner), public: make(map[string]publicKey)}
	for _, s := range stored {
		jwk := jose.JSONWebKey{Key: s.Key, KeyID: s.ID, Algorithm: string(jose.RS256), Use: "sig"}
		// The header contains only kid and alg (docs/behaviour.md §3.1).
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jwk}, nil)
		if err != nil {
			return nil, fmt.Errorf("signer %s: %w", s.ID, err)
		}
		logout, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jwk}, new(jose.SignerOptions).WithType(logoutTokenType))
		if err != nil {
			return nil, fmt.Errorf("signer %s: %w", s.ID, err)
		}
		keys.signers[s.Use] = append(keys.signers[s.Use], timedSigner{s.SignsFrom, signer, logout})
		keys.public[s.ID] = publicKey{&s.Key.PublicKey, s.Use}
		keys.set.Keys = append(keys.set.Keys, jwk.Public())
	}
	for _, signers := range keys.signers {
		slices.SortStableFunc(signers, func(a, b timedSigner) int { return a.from.Compare(b.from) })
	}
	return keys, nil
}

// signer returns the signer of a use at a time: the one that began last. If the clock is behind, so that none has begun, it is
// the first one.
func (k *poolKeys) signer(use cognate.TokenUse, now time.Time) (timedSigner, error) {
	signers := k.signers[use]
	if len(signers) == 0 {
		return timedSigner{}, fmt.Errorf("the pool has no key for %s tokens", use)
	}
	later := slices.IndexFunc(signers, func(s timedSigner) bool { return s.from.After(now) })
	if later < 0 {
		later = len(signers)
	}
	return signers[max(later-1, 0)], nil
}

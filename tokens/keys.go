package tokens

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"sync"

	jose "github.com/go-jose/go-jose/v4"

	"cognate"
	"cognate/store"
)

// Keyring makes and caches the signing keys of pools. Keys never change, so those of a pool are parsed once.
type Keyring struct {
	Store  *store.Store
	Source KeySource

	mu    sync.Mutex
	pools map[string]*poolKeys
}

// poolKeys are the parsed keys of one pool.
type poolKeys struct {
	signers map[cognate.TokenUse]jose.Signer
	public  map[string]publicKey // by kid
	set     jose.JSONWebKeySet
}

type publicKey struct {
	key *rsa.PublicKey
	use cognate.TokenUse
}

// maxKeyrings limits the memory. Beyond it the keys of an arbitrary pool are dropped from the cache.
const maxKeyrings = 2048

// Make returns the two keys of a new pool.
func (k *Keyring) Make(ctx context.Context) ([]cognate.SigningKey, error) {
	var keys []cognate.SigningKey
	for _, use := range []cognate.TokenUse{cognate.TokenUseID, cognate.TokenUseAccess} {
		key, err := k.Source.Take(ctx)
		if err != nil {
			return nil, fmt.Errorf("make signing key: %w", err)
		}
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("make signing key: %w", err)
		}
		// The kid is the hash of the key and its use, so the two keys of a pool have different kids.
		sum := sha256.Sum256(append(der, use...))
		keys = append(keys, cognate.SigningKey{ID: base64.StdEncoding.EncodeToString(sum[:]), Use: use, Key: key})
	}
	return keys, nil
}

// JWKS returns the public keys of a pool as a JWK set (RFC 7517 section 5). Errors: store.ErrNotFound.
func (k *Keyring) JWKS(ctx context.Context, poolID string) (jose.JSONWebKeySet, error) {
	keys, err := k.of(ctx, poolID)
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

func (k *Keyring) of(ctx context.Context, poolID string) (*poolKeys, error) {
	k.mu.Lock()
	kept := k.pools[poolID]
	k.mu.Unlock()
	if kept != nil {
		return kept, nil
	}
	stored, err := k.Store.SigningKeys(ctx, poolID)
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
	k.keep(poolID, keys)
	return keys, nil
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
	keys := &poolKeys{signers: make(map[cognate.TokenUse]jose.Signer), public: make(map[string]publicKey)}
	for _, s := range stored {
		jwk := jose.JSONWebKey{Key: s.Key, KeyID: s.ID, Algorithm: string(jose.RS256), Use: "sig"}
		// The header contains only kid and alg (docs/behaviour.md §3.1).
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jwk}, nil)
		if err != nil {
			return nil, fmt.Errorf("signer %s: %w", s.ID, err)
		}
		keys.signers[s.Use] = signer
		keys.public[s.ID] = publicKey{&s.Key.PublicKey, s.Use}
		keys.set.Keys = append(keys.set.Keys, jwk.Public())
	}
	return keys, nil
}

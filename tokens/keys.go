package tokens

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
	"golang.org/x/sync/singleflight"

	"cognate"
	"cognate/authn/rs256"
	"cognate/store"
)

// Keyring makes and caches the signing keys of pools. A cached set has the KeysVersion of its pool, so a server notices at the
// next request that another server has changed the keys.
//
// A pool can be created without keys. Run makes its keys soon afterwards. A request that needs them earlier makes them. If
// several servers make keys for one pool, the first transaction decides, and all of them use its keys.
type Keyring struct {
	store  *store.Store
	source KeySource
	now    func() time.Time
	// missing has the IDs of pools that this server created without keys.
	missing chan string
	// making makes the keys of a pool once, even if many requests wait for them.
	making singleflight.Group

	mu    sync.Mutex
	pools map[string]*poolKeys

	hits, misses atomic.Int64
}

// CacheUse returns how the cache of parsed keys is used.
func (k *Keyring) CacheUse() store.CacheUse {
	k.mu.Lock()
	defer k.mu.Unlock()
	return store.CacheUse{Name: "signing_keys", Entries: len(k.pools), Hits: k.hits.Load(), Misses: k.misses.Load()}
}

// Waiting returns how many pools wait for their keys, which Run makes.
func (k *Keyring) Waiting() int { return len(k.missing) }

// maxMissing is how many pools without keys Run remembers. The keys of others are made when they are needed.
const maxMissing = 4096

// NewKeyring returns a keyring for the pools in st. The now function returns the time that is stored with new keys.
func NewKeyring(st *store.Store, source KeySource, now func() time.Time) *Keyring {
	return &Keyring{store: st, source: source, now: now, missing: make(chan string, maxMissing)}
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

// keyUses are the uses of the keys of a pool, one key for each.
var keyUses = []cognate.TokenUse{cognate.TokenUseID, cognate.TokenUseAccess}

// Ready returns the keys of a new pool, which sign from now on; none if they are not ready. It does not wait. The caller
// passes the pool that it creates without keys to Missing.
func (k *Keyring) Ready(now time.Time) ([]cognate.SigningKey, error) {
	keys := k.source.TakeReady(len(keyUses))
	if len(keys) == 0 {
		return nil, nil
	}
	return signingKeys(keys, now)
}

// Missing makes Run make the keys of a pool that was created without keys.
func (k *Keyring) Missing(poolID string) {
	select {
	case k.missing <- poolID:
	default: // the first request that needs the keys makes them
	}
}

// Run makes the keys of pools that were created without keys, until ctx ends. It waits for keys that are ready, so that
// requests get their share of the processor.
func (k *Keyring) Run(ctx context.Context, log *slog.Logger) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case poolID := <-k.missing:
			_, err := k.makeMissing(ctx, poolID, k.source.Next)
			if err != nil && !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil {
				log.ErrorContext(ctx, "the signing keys of a pool were not made; its next request makes them", "pool", poolID, "error", err)
			}
		}
	}
}

// MakeAll makes the keys of all pools that have none, and waits for them. Copies of the data must have them, because a pool whose
// copy has none would get other keys.
func (k *Keyring) MakeAll(ctx context.Context) error {
	var after string
	for {
		ids, err := k.store.PoolsWithoutKeys(ctx, after, poolsAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if _, err := k.madeNow(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}

// madeKeys are the stored keys of a pool that had none, and their KeysVersion.
type madeKeys struct {
	keys    []cognate.SigningKey
	version int64
}

// madeNow returns the keys of a pool without keys. It makes them once, even if many requests need them. Errors:
// store.ErrNotFound for an unknown pool.
func (k *Keyring) madeNow(ctx context.Context, poolID string) (madeKeys, error) {
	// Other requests wait for the result too, so it does not depend on this request.
	work := store.WithBeforeCommit(context.WithoutCancel(ctx), nil)
	result := k.making.DoChan(poolID, func() (any, error) { return k.makeMissing(work, poolID, k.source.Take) })
	select {
	case <-ctx.Done():
		return madeKeys{}, ctx.Err()
	case r := <-result:
		made, _ := r.Val.(madeKeys)
		return made, r.Err
	}
}

// makeMissing stores keys for a pool without keys. If the pool has got keys meanwhile, it returns those. Errors:
// store.ErrNotFound for an unknown pool.
func (k *Keyring) makeMissing(ctx context.Context, poolID string, take takeKey) (made madeKeys, err error) {
	stored, err := k.store.SigningKeys(ctx, poolID)
	if err != nil {
		return madeKeys{}, err
	}
	var fresh []cognate.SigningKey
	if len(stored) == 0 {
		if fresh, err = takeKeys(ctx, take, k.now().Truncate(time.Millisecond)); err != nil { // as stored
			return madeKeys{}, err
		}
	}
	err = changeKeys(ctx, k.store, poolID, func(tx *store.Tx, pool *cognate.UserPool, keys []cognate.SigningKey) error {
		if len(keys) > 0 {
			made = madeKeys{keys, pool.KeysVersion}
			return store.ErrRollback
		}
		if err := tx.AddSigningKeys(ctx, pool, fresh); err != nil {
			return err
		}
		keys, err = tx.SigningKeys(ctx, pool) // in the order of the other servers
		made = madeKeys{keys, pool.KeysVersion}
		return err
	})
	return made, err
}

// takeKey is the method of a KeySource that returns one key.
type takeKey func(context.Context) (*rsa.PrivateKey, error)

// takeKeys returns the keys of a pool, which sign from now on.
func takeKeys(ctx context.Context, take takeKey, now time.Time) ([]cognate.SigningKey, error) {
	var keys []*rsa.PrivateKey
	for range keyUses {
		key, err := take(ctx)
		if err != nil {
			return nil, fmt.Errorf("make signing key: %w", err)
		}
		keys = append(keys, key)
	}
	return signingKeys(keys, now)
}

// signingKeys returns the signing keys of a pool: for each use one RSA key.
func signingKeys(from []*rsa.PrivateKey, now time.Time) ([]cognate.SigningKey, error) {
	var keys []cognate.SigningKey
	for i, use := range keyUses {
		key := from[i]
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
		k.hits.Add(1)
		return kept, nil
	}
	k.misses.Add(1)
	stored, err := k.store.SigningKeys(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	current := madeKeys{stored, pool.KeysVersion}
	if len(stored) == 0 {
		if current, err = k.madeNow(ctx, pool.ID); err != nil {
			return nil, err
		}
	}
	keys, err := newPoolKeys(current.keys)
	if err != nil {
		return nil, err
	}
	keys.version = current.version
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
	pool, err := k.store.UserPool(ctx, poolID)
	if err != nil {
		return publicKey{}, err
	}
	return k.current(ctx, pool, kid)
}

// current returns a public key of a pool that was read in this request, by its kid. Errors: store.ErrNotFound for a pool that was
// deleted meanwhile; errUnknownKey.
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
		jwk := jose.JSONWebKey{Key: s.Key.Public(), KeyID: s.ID, Algorithm: string(jose.RS256), Use: "sig"}
		key := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: cryptosigner.Opaque(rs256.NewSigner(s.Key)), KeyID: s.ID}}
		// The header contains only kid and alg (docs/behaviour.md §3.1).
		signer, err := jose.NewSigner(key, nil)
		if err != nil {
			return nil, fmt.Errorf("signer %s: %w", s.ID, err)
		}
		logout, err := jose.NewSigner(key, new(jose.SignerOptions).WithType(logoutTokenType))
		if err != nil {
			return nil, fmt.Errorf("signer %s: %w", s.ID, err)
		}
		keys.signers[s.Use] = append(keys.signers[s.Use], timedSigner{s.SignsFrom, signer, logout})
		keys.public[s.ID] = publicKey{&s.Key.PublicKey, s.Use}
		keys.set.Keys = append(keys.set.Keys, jwk)
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

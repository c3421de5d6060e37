package oauth

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits of the keys of clients.
const (
	maxKeysBody  = 64 << 10
	maxKeys      = 32 // of a client
	maxKeySets   = 1000
	keysFetch    = 5 * time.Second
	keysLifetime = 5 * time.Minute
	// keysPause is the shortest time between two requests to one address, so that an attacker cannot make the server send many.
	keysPause  = 30 * time.Second
	minRSABits = 2048
)

// asymmetric are the algorithms of signatures that clients can use. Among them are neither "none" nor those with a shared secret: a
// public key could be taken for one. Source: RFC 8725 sections 3.1 and 3.2.
var asymmetric = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// errNoKeys says that the public keys of a client cannot be read.
var errNoKeys = errors.New("the keys of the client cannot be read")

// ClientKeys reads the public keys of clients from their addresses, and keeps them for a short time. Client, Now and Log are required.
type ClientKeys struct {
	Client *http.Client // reaches only the addresses that the rules of package outgoing allow
	Now    func() time.Time
	Log    *slog.Logger

	mu   sync.Mutex
	sets map[string]*keySet
}

// keySet has the keys of one address. Its lock is held while they are read, so that concurrent requests share one answer.
type keySet struct {
	mu   sync.Mutex
	keys []jose.JSONWebKey
	// read is when the keys were last read, and tried when the server last tried to.
	read, tried time.Time
}

// find returns the keys at an address that can check a signature. Without a key ID, all keys for the algorithm can. An unknown ID is
// perhaps that of a new key, so the keys are read again. If that fails, the earlier keys stay in use until their lifetime ends.
// Errors: errNoKeys.
func (c *ClientKeys) find(ctx context.Context, uri, keyID string, algorithm jose.SignatureAlgorithm) ([]jose.JSONWebKey, error) {
	set := c.set(uri)
	set.mu.Lock()
	defer set.mu.Unlock()
	now := c.Now()
	found := set.matching(keyID, algorithm)
	if (set.isOld(now) || len(found) == 0) && (set.tried.IsZero() || now.Sub(set.tried) >= keysPause) {
		keys, err := c.fetch(ctx, uri)
		if set.tried = c.Now(); err != nil {
			c.Log.WarnContext(ctx, "the keys of an app client could not be read", "uri", uri, "error", err)
		} else {
			set.keys, set.read = keys, set.tried
			found = set.matching(keyID, algorithm)
		}
	}
	if set.isOld(now) {
		return nil, errNoKeys
	}
	return found, nil
}

// isOld reports whether the keys were not read during their lifetime.
func (s *keySet) isOld(now time.Time) bool { return s.read.IsZero() || now.Sub(s.read) >= keysLifetime }

// set returns the keys of an address. Clients that register themselves choose addresses, so the number of sets is limited: beyond
// it, an arbitrary one is dropped.
func (c *ClientKeys) set(uri string) *keySet {
	c.mu.Lock()
	defer c.mu.Unlock()
	if set, ok := c.sets[uri]; ok {
		return set
	}
	if c.sets == nil {
		c.sets = make(map[string]*keySet)
	}
	if len(c.sets) >= maxKeySets {
		for other := range c.sets {
			delete(c.sets, other)
			break
		}
	}
	set := new(keySet)
	c.sets[uri] = set
	return set
}

func (s *keySet) matching(keyID string, algorithm jose.SignatureAlgorithm) []jose.JSONWebKey {
	var found []jose.JSONWebKey
	for _, key := range s.keys {
		if (keyID == "" || key.KeyID == keyID) && (key.Algorithm == "" || key.Algorithm == string(algorithm)) {
			found = append(found, key)
		}
	}
	return found
}

// fetch reads the keys at an address. The client that asked first may disconnect; the others still need the keys.
func (c *ClientKeys) fetch(ctx context.Context, uri string) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysFetch)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := c.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK { // also a redirect, which the client does not follow
		return nil, fmt.Errorf("the status is %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeysBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeysBody {
		return nil, errors.New("the answer is too long")
	}
	return parseKeys(body)
}

// parseKeys returns the public keys for signatures in a JSON Web Key Set. It leaves out keys of other kinds, which clients may have for
// other purposes. Source: RFC 7517 section 5.
func parseKeys(body []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the answer is not a key set: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("the answer has too many keys")
	}
	var keys []jose.JSONWebKey
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(text); err == nil && isSignatureKey(&key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// isSignatureKey reports whether a key is a public one that is strong enough and may check signatures.
func isSignatureKey(key *jose.JSONWebKey) bool {
	if public, ok := key.Key.(*rsa.PublicKey); ok && public.N.BitLen() < minRSABits {
		return false
	}
	return key.IsPublic() && key.Valid() && (key.Use == "" || key.Use == "sig")
}

// Package iam identifies the caller of a signed request by its access key, and decides by the policy of the key what the caller
// may do. It holds the access keys, checks signatures, and parses and evaluates policies. Package sigv4 has the protocol.
//
// It does not read requests: the dispatcher of package server says what a request names.
package iam

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/store"
)

// Access identifies the callers of signed requests.
type Access interface {
	// Caller returns the caller of a request, and the policy that says what the caller may do. The body is what was read from
	// r.Body. Errors: an *api.Error if a check of the signature fails (docs/behaviour.md §8.2); any other error if the access
	// keys cannot be read.
	Caller(r *http.Request, body []byte) (cognate.Caller, *Policy, error)
	// CheckHeader returns the errors of Caller that do not depend on the body, such as that of an unknown key. It proves
	// nothing about the sender.
	CheckHeader(r *http.Request) error
}

// AccessKey is a key that may sign requests of one account.
type AccessKey struct {
	AccountID string // 12 digits
	Name      string
	Secret    string
	Policy    *Policy // nil allows nothing
}

const (
	// maxAge is how long stored keys are used after they were read. A change acts on every server within five seconds: the rest
	// is for the time that a read takes.
	maxAge = 4 * time.Second
	// maxUnknownAge is how long stored keys are used to reject an unknown key. So a new key works after a second, and clients
	// with wrong keys cause one read in a second.
	maxUnknownAge = time.Second
	// usePeriod is how often the uses of keys are saved.
	usePeriod = 5 * time.Second
)

// Keys checks every signature against a set of access keys: those of the settings, and those in the database. Without keys it
// rejects every request.
type Keys struct {
	// Store has the stored keys. Nil means none.
	Store *store.Store
	Now   func() time.Time
	// Log gets the errors of Run. Required with Store.
	Log *slog.Logger

	configured atomic.Pointer[map[string]AccessKey]

	mu     sync.Mutex
	stored map[string]storedKey
	readAt time.Time // when the read of stored began

	useMu sync.Mutex
	used  map[string]time.Time // the last use of each key, in whole minutes
	saved map[string]time.Time // those in the database
}

// storedKey is a stored key with its parsed policy.
type storedKey struct {
	cognate.AccessKey
	policy *Policy
}

// SetConfigured replaces the keys of the settings, by their IDs.
func (k *Keys) SetConfigured(keys map[string]AccessKey) { k.configured.Store(&keys) }

// Caller returns the account of the key that signed the request, in the region of the credential scope, and the policy of the key.
func (k *Keys) Caller(r *http.Request, body []byte) (cognate.Caller, *Policy, error) {
	keys := lookup{keys: k, ctx: r.Context()}
	signer, err := sigv4.Verify(r, body, keys.secret, k.Now())
	if keys.err != nil {
		return cognate.Caller{}, nil, keys.err
	}
	if err != nil {
		return cognate.Caller{}, nil, signatureError(err)
	}
	if signer.Service != api.SigningName { // a signature for another service must not be valid for this API
		return cognate.Caller{}, nil, api.ErrCredentialService
	}
	if _, err := cognate.ParseRegion(signer.Region); err != nil { // it becomes part of IDs, ARNs and addresses
		return cognate.Caller{}, nil, api.ErrCredentialRegion
	}
	if keys.isStored {
		k.use(signer.AccessKeyID)
	}
	return cognate.Caller{
		AccountID: keys.found.AccountID, Region: signer.Region, KeyID: signer.AccessKeyID, KeyName: keys.found.Name,
	}, keys.found.Policy, nil
}

// CheckHeader returns an error if no body can make the signature of a request valid.
func (k *Keys) CheckHeader(r *http.Request) error {
	keys := lookup{keys: k, ctx: r.Context()}
	err := sigv4.VerifyHeader(r, keys.secret, k.Now())
	if keys.err != nil {
		return keys.err
	}
	if err != nil {
		return signatureError(err)
	}
	return nil
}

// lookup finds the key of one request.
type lookup struct {
	keys     *Keys
	ctx      context.Context
	found    AccessKey
	isStored bool
	err      error // of the database
}

// secret returns the secret of a key that may be used. The keys of the settings come first.
func (l *lookup) secret(id string) (string, bool) {
	if configured := l.keys.configured.Load(); configured != nil {
		if key, ok := (*configured)[id]; ok {
			l.found = key
			return key.Secret, true
		}
	}
	key, ok, err := l.keys.find(l.ctx, id)
	if err != nil || !ok || !key.IsUsable(l.keys.Now()) {
		l.err = err
		return "", false
	}
	l.found, l.isStored = AccessKey{AccountID: key.AccountID, Name: key.Name, Secret: key.Secret, Policy: key.policy}, true
	return key.Secret, true
}

// find returns a stored key.
func (k *Keys) find(ctx context.Context, id string) (key storedKey, ok bool, err error) {
	if k.Store == nil {
		return key, false, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.read(ctx, maxAge); err != nil {
		return key, false, err
	}
	if key, ok = k.stored[id]; ok {
		return key, true, nil
	}
	if err := k.read(ctx, maxUnknownAge); err != nil {
		return key, false, err
	}
	key, ok = k.stored[id]
	return key, ok, nil
}

// read reads the stored keys if the last read began longer than age ago. It parses only policies that have changed.
func (k *Keys) read(ctx context.Context, age time.Duration) error {
	now := k.Now()
	if since := now.Sub(k.readAt); k.stored != nil && since >= 0 && since < age {
		return nil
	}
	rows, err := k.Store.AccessKeys(ctx)
	if err != nil {
		return err
	}
	stored := make(map[string]storedKey, len(rows))
	for _, row := range rows {
		key := storedKey{AccessKey: row}
		if before, ok := k.stored[row.ID]; ok && before.Policy == row.Policy {
			key.policy = before.policy
		} else if key.policy, err = ParsePolicy(row.Policy); err != nil { // the zero policy allows nothing
			k.Log.ErrorContext(ctx, "the policy of an access key is invalid; the key may do nothing", "id", row.ID, "name", row.Name, "error", err)
		}
		stored[row.ID] = key
	}
	k.stored, k.readAt = stored, now
	return nil
}

// use notes that a stored key was used.
func (k *Keys) use(id string) {
	minute := k.Now().Truncate(time.Minute)
	k.useMu.Lock()
	defer k.useMu.Unlock()
	if k.used == nil {
		k.used = make(map[string]time.Time)
	}
	k.used[id] = minute
}

// Run saves the last use of keys until ctx ends, and then once more.
func (k *Keys) Run(ctx context.Context) error {
	if k.Store == nil {
		return nil
	}
	ticks := time.NewTicker(usePeriod)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			k.saveLastUses(context.WithoutCancel(ctx))
			return nil
		case <-ticks.C:
			k.logged(ctx, k.SaveUses(ctx))
		}
	}
}

func (k *Keys) saveLastUses(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, usePeriod)
	defer stop()
	k.logged(ctx, k.SaveUses(ctx))
}

func (k *Keys) logged(ctx context.Context, err error) {
	if err != nil {
		k.Log.ErrorContext(ctx, "the last use of access keys was not saved", "error", err)
	}
}

// SaveUses saves the last use of the keys that were used in another minute than saved.
func (k *Keys) SaveUses(ctx context.Context) error {
	k.useMu.Lock()
	used := maps.Clone(k.used)
	k.useMu.Unlock()
	maps.DeleteFunc(used, func(id string, at time.Time) bool { return k.saved[id].Equal(at) })
	if len(used) == 0 {
		return nil
	}
	err := k.Store.Write(ctx, func(tx *store.Tx) error {
		for id, at := range used {
			if err := tx.SaveAccessKeyUse(ctx, id, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if k.saved == nil {
		k.saved = make(map[string]time.Time)
	}
	maps.Copy(k.saved, used)
	return nil
}

func signatureError(err error) error {
	switch {
	case errors.Is(err, sigv4.ErrMissing):
		return api.MissingAuthenticationTokenException()
	case errors.Is(err, sigv4.ErrUnknownKey):
		return api.UnrecognizedClientException()
	case errors.Is(err, sigv4.ErrExpired):
		return api.InvalidSignatureException("Signature expired or not yet current.")
	case errors.Is(err, sigv4.ErrIncomplete):
		return api.IncompleteSignatureException("The request signature does not conform to AWS standards.")
	default:
		return api.InvalidSignatureException("")
	}
}

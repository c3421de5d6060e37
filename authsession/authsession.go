// Package authsession seals, opens and spends the Session string that continues an unfinished sign-in.
//
// A Session is AES-GCM ciphertext under the store's data key, so any server on the same database can open it and nobody
// else can make one. It is bound to its pool, client, user and step, expires by the client's AuthSessionValidity, dies
// with the user's stamp, and is good once. What to do at a step is not decided here.
package authsession

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// aad is the associated data of every Session: a Session can't pass for another sealed thing.
const aad = "session"

// Sealer makes and opens Sessions.
type Sealer struct {
	Store *store.Store
	Now   func() time.Time
}

// New begins a step of a sign-in of the user to the client. The result is not sealed yet, so that a caller can add what
// the step needs.
func (k *Sealer) New(client *cognate.AppClient, user *cognate.User, step cognate.Step) *cognate.AuthSession {
	return &cognate.AuthSession{
		ID: rand.Text(), PoolID: client.PoolID, ClientID: client.ID, Sub: user.Sub, Username: user.Username,
		Step: step, Stamp: user.Stamp, Expires: k.Now().Add(client.SessionTTL()),
	}
}

// The lengths, in bytes, to which Sessions of steps are filled up at which nothing is proven: they are made for nobody, too,
// and how long one is must not tell how much there was to say.
const (
	firstSize = 1024
	longest   = 1500 // makes a string of just under 2048 characters
	blockSize = 2048 // of an SRP exchange, and its multiples
)

// Seal returns the string to hand out: 20 to 2048 characters, but more of an SRP exchange, which travels elsewhere.
func (k *Sealer) Seal(s *cognate.AuthSession) (string, error) {
	plain, err := json.Marshal(fromSession(s))
	if err != nil {
		return "", err
	}
	if size := paddedSize(s.Step, len(plain)); size > len(plain) {
		plain = append(plain, bytes.Repeat([]byte{' '}, size-len(plain))...)
	}
	sealed, err := k.Store.Box().Seal(plain, aad)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// paddedSize returns the length to which a Session of the step is filled up that says so many bytes.
func paddedSize(step cognate.Step, said int) int {
	switch {
	case !step.IsFirst():
		return said
	case step == cognate.StepPasswordSRP:
		return (said + blockSize - 1) / blockSize * blockSize
	case said <= firstSize:
		return firstSize
	default:
		return longest
	}
}

// Open returns what text says if it is a live Session of one of the steps. It does not look up the user and does not
// spend the Session: see Check and Spend.
// Errors: api.ErrInvalidSession for anything malformed, forged or of another step; api.ErrSessionExpired.
func (k *Sealer) Open(text string, steps ...cognate.Step) (*cognate.AuthSession, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, api.ErrInvalidSession
	}
	plain, err := k.Store.Box().Open(sealed, aad)
	if err != nil {
		return nil, api.ErrInvalidSession
	}
	var d sessionDocument
	if err := json.Unmarshal(plain, &d); err != nil || d.Version != nil || !slices.Contains(steps, d.Step) {
		return nil, api.ErrInvalidSession
	}
	s := d.toSession()
	if !k.Now().Before(s.Expires) {
		return nil, api.ErrSessionExpired
	}
	return s, nil
}

// Check reports whether s still continues a sign-in of user: the same account, enabled, with nothing changed since that
// a sign-in must start over for. Whoever still has to prove the password isn't told about the account's state here.
// Errors: api.ErrInvalidSession, api.ErrUserDisabled.
func Check(s *cognate.AuthSession, user *cognate.User) error {
	switch {
	case s.PoolID != user.PoolID || s.Sub != user.Sub:
		return api.ErrInvalidSession
	case !user.Enabled && !s.Step.IsFirst():
		return api.ErrUserDisabled
	case s.Stamp != user.Stamp:
		return api.ErrInvalidSession
	default:
		return nil
	}
}

// RequireUnspent reports whether the Session was not used yet, as this transaction sees it. Errors: api.ErrSessionSpent.
func RequireUnspent(ctx context.Context, tx *store.Tx, s *cognate.AuthSession) error {
	spent, err := tx.SessionSpent(ctx, s)
	if err != nil {
		return err
	}
	if spent {
		return api.ErrSessionSpent
	}
	return nil
}

// Spend uses the Session up, in the transaction of what it was used for. Errors: api.ErrSessionSpent.
func Spend(ctx context.Context, tx *store.Tx, s *cognate.AuthSession) error {
	first, err := tx.SpendSession(ctx, s)
	if err != nil {
		return err
	}
	if !first {
		return api.ErrSessionSpent
	}
	return nil
}

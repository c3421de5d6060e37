// Package authsession seals, opens and spends the Session string that continues an unfinished sign-in.
//
// A Session is AES-GCM ciphertext under the store's data key, so any server on the same database can open it and only such
// a server can make one. It is bound to its pool, client, user and step. It expires after the client's AuthSessionValidity,
// it becomes invalid when the user's stamp changes, and it works once. The package does not decide what happens at a step.
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

// aad returns the associated data of every Session, so other sealed values are not accepted as Sessions. It names the last restore of the
// database, because the restored database does not show whether a Session from before was used.
func (s *Sealer) aad() string {
	if id := s.Store.RestoreID(); id != "" {
		return "session/" + id
	}
	return "session"
}

// Sealer makes and opens Sessions.
type Sealer struct {
	Store *store.Store
	Now   func() time.Time
}

// New returns a new Session for a step of a sign-in of the user to the client. It is not sealed yet, so the caller can add
// what the step needs.
func (s *Sealer) New(client *cognate.AppClient, user *cognate.User, step cognate.Step) *cognate.AuthSession {
	return &cognate.AuthSession{
		ID: rand.Text(), PoolID: client.PoolID, ClientID: client.ID, Sub: user.Sub, Username: user.Username,
		Step: step, Stamp: user.Stamp, Expires: s.Now().Add(client.AuthSessionTTL()),
	}
}

// The lengths, in bytes, to which Sessions of first steps are padded. Decoys have such Sessions too, so their length must
// not reveal how much they contain.
const (
	firstSize = 1024
	longest   = 1500 // gives a string of just under 2048 characters
	blockSize = 2048 // Sessions of an SRP exchange have a multiple of this
)

// Seal returns the string for the client. It has 20 to 2048 characters, or more if it contains an SRP exchange, which is
// sent as SECRET_BLOCK.
func (s *Sealer) Seal(session *cognate.AuthSession) (string, error) {
	plain, err := json.Marshal(fromSession(session))
	if err != nil {
		return "", err
	}
	if size := paddedSize(session.Step, len(plain)); size > len(plain) {
		plain = append(plain, bytes.Repeat([]byte{' '}, size-len(plain))...)
	}
	sealed, err := s.Store.Box().Seal(plain, s.aad())
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// paddedSize returns the padded length of a Session of the step with size bytes.
func paddedSize(step cognate.Step, size int) int {
	switch {
	case !step.IsFirst():
		return size
	case step == cognate.StepPasswordSRP:
		return (size + blockSize - 1) / blockSize * blockSize
	case size <= firstSize:
		return firstSize
	default:
		return longest
	}
}

// Open returns the Session that text contains, if it is valid and belongs to one of the steps. It does not look up the user
// and does not spend the Session: see Check and Spend.
// Errors: api.ErrInvalidSession if text is malformed, forged or of another step; api.ErrSessionExpired.
// Assumed: a Session is valid for AuthSessionValidity to the second. One of three minutes was seen to work longer.
func (s *Sealer) Open(text string, steps ...cognate.Step) (*cognate.AuthSession, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, api.ErrInvalidSession
	}
	plain, err := s.Store.Box().Open(sealed, s.aad())
	if err != nil {
		return nil, api.ErrInvalidSession
	}
	var d sessionDocument
	if err := json.Unmarshal(plain, &d); err != nil || !d.isKnown() || !slices.Contains(steps, d.Step) {
		return nil, api.ErrInvalidSession
	}
	session := d.toSession()
	if !s.Now().Before(session.Expires) {
		return nil, api.ErrSessionExpired
	}
	return session, nil
}

// Check reports whether s still continues a sign-in of user: the user is the same, is enabled, and no change of the user
// requires a new sign-in. At a first step the user has not proven the password, so Check does not report that the user is
// disabled.
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

// RequireUnspent returns an error if the Session was used before, as this transaction sees it. Errors: api.ErrSessionSpent.
func RequireUnspent(ctx context.Context, tx *store.Tx, s *cognate.AuthSession) error {
	spent, err := tx.IsSessionSpent(ctx, s)
	if err != nil {
		return err
	}
	if spent {
		return api.ErrSessionSpent
	}
	return nil
}

// Spend marks the Session as used. Call it in the transaction of the step that the Session continues. Errors:
// api.ErrSessionSpent.
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

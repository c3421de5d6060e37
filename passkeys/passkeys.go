// Package passkeys says for what relying party a pool's passkeys are, and checks a user's passkey or, so that nobody can be
// asked for one too, a made-up one.
//
// It stores nothing and counts nothing: see packages store and lockout. The ceremonies are package passkey's.
package passkeys

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"

	"cognate"
	"cognate/authn/webauthn"
	"cognate/store"
)

// Service knows users' passkeys.
type Service struct {
	Store *store.Store
	// Host is the relying party of pools that name none: the server's own; empty when its address can't be one.
	Host string
	// DecoyKey makes the passkeys of users that don't exist; any secret that stays the same.
	DecoyKey []byte
}

// Party returns the relying party of a pool. Its ID is empty where neither the pool nor the server has one.
func (s *Service) Party(pool *cognate.UserPool) webauthn.RelyingParty {
	id := s.Host
	if w := pool.MFA.WebAuthn; w != nil {
		id = cmp.Or(w.RelyingPartyId, id)
	}
	return webauthn.RelyingParty{ID: id, VerifyUser: pool.VerifiesPasskeyUsers(), Apps: pool.PasskeyApps()}
}

// Of returns the passkeys of a user that the pool's relying party can use: those of another one, which the pool had
// before, are left out.
func (s *Service) Of(ctx context.Context, pool *cognate.UserPool, user *cognate.User) ([]*cognate.Credential, error) {
	all, err := s.Store.Credentials(ctx, pool.ID, user.Sub, "", cognate.MaxPasskeys)
	if err != nil {
		return nil, err
	}
	party := s.Party(pool).ID
	var usable []*cognate.Credential
	for _, c := range all {
		if c.RelyingPartyID == party {
			usable = append(usable, c)
		}
	}
	return usable, nil
}

// Decoy returns the passkey of nobody, made up for a typed name: the same one each time.
func (s *Service) Decoy(pool *cognate.UserPool, login string) *cognate.Credential {
	c := FromPasskey(webauthn.Decoy(s.DecoyKey, pool.ID+"/"+pool.Normal(login)))
	c.PoolID, c.RelyingPartyID = pool.ID, s.Party(pool).ID
	return c
}

// HasDecoy reports whether nobody of that name has a passkey. Every other one has, as some users have one and some don't.
func (s *Service) HasDecoy(pool *cognate.UserPool, login string) bool {
	mac := hmac.New(sha256.New, s.DecoyKey)
	mac.Write([]byte("has passkey/" + pool.ID + "/" + pool.Normal(login)))
	return mac.Sum(nil)[0]%2 == 0
}

// Check checks the use of one of a user's passkeys in answer to the challenge, and returns which it was and the counter to
// keep of it. Errors: those of passkey.Assertion.Verify.
func (s *Service) Check(pool *cognate.UserPool, user *cognate.User, registered []*cognate.Credential, challenge []byte, used *webauthn.Assertion) (*cognate.Credential, uint32, error) {
	for _, c := range registered {
		if bytes.Equal(c.ID.Raw(), used.CredentialID) {
			count, err := used.Verify(s.Party(pool), challenge, toPasskey(c), UserHandle(user))
			return c, count, err
		}
	}
	return nil, 0, webauthn.ErrUnknown
}

// UserHandle returns what authenticators keep of a user: the sub.
func UserHandle(user *cognate.User) []byte { return []byte(user.Sub) }

// FromPasskey returns the part of a credential that an authenticator made.
func FromPasskey(p webauthn.Credential) *cognate.Credential {
	return &cognate.Credential{
		ID: cognate.NewCredentialID(p.ID), Key: cognate.CredentialKey{Public: p.PublicKey, BackupEligible: p.BackupEligible},
		SignCount: p.SignCount, Name: p.Provider, Attachment: p.Attachment, Transports: p.Transports,
	}
}

// toPasskey returns what the ceremonies need of a credential.
func toPasskey(c *cognate.Credential) webauthn.Credential {
	return webauthn.Credential{
		ID: c.ID.Raw(), PublicKey: c.Key.Public, SignCount: c.SignCount, BackupEligible: c.Key.BackupEligible,
		Transports: c.Transports, Attachment: c.Attachment, Provider: c.Name,
	}
}

// ToPasskeys returns what the ceremonies need of credentials.
func ToPasskeys(credentials []*cognate.Credential) []webauthn.Credential {
	list := make([]webauthn.Credential, 0, len(credentials))
	for _, c := range credentials {
		list = append(list, toPasskey(c))
	}
	return list
}

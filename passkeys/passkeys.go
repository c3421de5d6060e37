// Package passkeys finds the relying party of a pool and the passkeys of a user or a decoy, and checks them.
//
// It stores nothing and counts nothing: see packages store and throttle. The ceremonies are in package webauthn.
package passkeys

import (
	"bytes"
	"cmp"
	"context"

	"cognate"
	"cognate/authn/webauthn"
	"cognate/store"
	"cognate/subject"
)

// Service knows users' passkeys.
type Service struct {
	Store *store.Store
	// PublicURL is the server's URL. Its host is the relying party of pools that name none, unless it is an IP address
	// other than a loopback address.
	PublicURL string
}

// Party returns the relying party of a pool. Its ID is empty where neither the pool nor the server has one.
func (s *Service) Party(pool *cognate.UserPool) webauthn.RelyingParty {
	id := webauthn.RelyingPartyIDOf(s.PublicURL)
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

// OfSubject returns the passkeys that can answer a challenge before anything is proven: those of a user, or the one of a
// decoy. A decoy costs the same read.
func (s *Service) OfSubject(ctx context.Context, pool *cognate.UserPool, sub subject.Subject) ([]*cognate.Credential, error) {
	usable, err := s.Of(ctx, pool, sub.Profile())
	decoy := sub.DecoyPasskey()
	if err != nil || decoy == nil {
		return usable, err
	}
	c := FromPasskey(*decoy)
	c.PoolID, c.RelyingPartyID = pool.ID, s.Party(pool).ID
	return []*cognate.Credential{c}, nil
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

// Package passkeys finds the relying party of a pool and the passkeys of a user or a decoy, and checks assertions.
//
// It does not store passkeys or count failed attempts: see packages store and throttle. The protocol is in package webauthn.
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

// Service finds and checks passkeys.
type Service struct {
	Store *store.Store
	// PublicURL is the server's URL. Its host is the relying party of pools without a RelyingPartyId, unless it is an IP address
	// other than a loopback address.
	PublicURL string
}

// Party returns the relying party of a pool. Its ID is empty if neither the pool nor the server has one.
func (s *Service) Party(pool *cognate.UserPool) webauthn.RelyingParty {
	id := webauthn.RelyingPartyIDOf(s.PublicURL)
	if w := pool.MFA.WebAuthn; w != nil {
		id = cmp.Or(w.RelyingPartyId, id)
	}
	return webauthn.RelyingParty{ID: id, VerifyUser: pool.VerifiesPasskeyUsers(), Apps: pool.PasskeyApps()}
}

// Of returns the user's passkeys of the pool's relying party. It leaves out those of an earlier relying party of the pool.
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

// OfSubject returns the passkeys of a user or of a decoy, for a challenge before any factor is verified. It reads the store for
// a decoy too, so that both take the same time.
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

// Check verifies an assertion for the challenge with one of the registered passkeys. It returns the passkey and the new
// counter, which the caller stores. Errors: those of webauthn.Assertion.Verify; webauthn.ErrUnknown.
func (s *Service) Check(pool *cognate.UserPool, user *cognate.User, registered []*cognate.Credential, challenge []byte, used *webauthn.Assertion) (*cognate.Credential, uint32, error) {
	for _, c := range registered {
		if bytes.Equal(c.ID.Raw(), used.CredentialID) {
			count, err := used.Verify(s.Party(pool), challenge, toPasskey(c), UserHandle(user))
			return c, count, err
		}
	}
	return nil, 0, webauthn.ErrUnknown
}

// UserHandle returns the user handle that authenticators store: the sub.
func UserHandle(user *cognate.User) []byte { return []byte(user.Sub) }

// FromPasskey returns a credential with the fields that come from the authenticator.
func FromPasskey(p webauthn.Credential) *cognate.Credential {
	return &cognate.Credential{
		ID: cognate.NewCredentialID(p.ID), Key: cognate.CredentialKey{Public: p.PublicKey, BackupEligible: p.BackupEligible},
		SignCount: p.SignCount, Name: p.Provider, Attachment: p.Attachment, Transports: p.Transports,
	}
}

// toPasskey returns the fields of a credential that package webauthn needs.
func toPasskey(c *cognate.Credential) webauthn.Credential {
	return webauthn.Credential{
		ID: c.ID.Raw(), PublicKey: c.Key.Public, SignCount: c.SignCount, BackupEligible: c.Key.BackupEligible,
		Transports: c.Transports, Attachment: c.Attachment, Provider: c.Name,
	}
}

// ToPasskeys does the same for a list as toPasskey.
func ToPasskeys(credentials []*cognate.Credential) []webauthn.Credential {
	list := make([]webauthn.Credential, 0, len(credentials))
	for _, c := range credentials {
		list = append(list, toPasskey(c))
	}
	return list
}

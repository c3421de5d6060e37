// Package passkeys finds the relying party of a pool and the passkeys of a user or a decoy, and checks assertions.
//
// It does not store passkeys or count failed attempts: see packages store and throttle. The protocol is in package webauthn.
package passkeys

import (
	"bytes"
	"context"

	"cognate"
	"cognate/authn/webauthn"
	"cognate/store"
	"cognate/subject"
)

// Service finds and checks passkeys.
type Service struct {
	Store *store.Store
	// PublicURL is the server's URL. Its host is the relying party of pools with neither a RelyingPartyId nor a domain, unless it is
	// an IP address other than a loopback address.
	PublicURL string
}

// parties returns the relying parties of a pool. New passkeys are those of the first one. A pool without a RelyingPartyId has that
// of its custom domain, of its prefix domain, and of the server, so that passkeys still work after the pool gets a domain. The only
// ID is empty if neither the pool nor the server has one.
func (s *Service) parties(ctx context.Context, pool *cognate.UserPool) ([]webauthn.RelyingParty, error) {
	ids, err := s.ids(ctx, pool)
	if err != nil {
		return nil, err
	}
	parties := make([]webauthn.RelyingParty, 0, len(ids))
	for _, id := range ids {
		parties = append(parties, webauthn.RelyingParty{ID: id, VerifyUser: pool.VerifiesPasskeyUsers(), Apps: pool.PasskeyApps()})
	}
	return parties, nil
}

func (s *Service) ids(ctx context.Context, pool *cognate.UserPool) ([]string, error) {
	if w := pool.MFA.WebAuthn; w != nil && w.RelyingPartyId != "" {
		return []string{w.RelyingPartyId}, nil
	}
	server := webauthn.RelyingPartyIDOf(s.PublicURL)
	if !cognate.IsDNSName(server) {
		return []string{server}, nil
	}
	domains, err := s.Store.Domains(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, kind := range []cognate.DomainKind{cognate.CustomDomain, cognate.PrefixDomain} {
		if d := domains[kind]; d != nil {
			ids = append(ids, d.Host(server))
		}
	}
	return append(ids, server), nil
}

// Party returns the relying party of new passkeys of a pool. Its ID is empty if neither the pool nor the server has one.
func (s *Service) Party(ctx context.Context, pool *cognate.UserPool) (webauthn.RelyingParty, error) {
	parties, err := s.parties(ctx, pool)
	if err != nil {
		return webauthn.RelyingParty{}, err
	}
	return parties[0], nil
}

// Registered are the passkeys of a user, or of a decoy, that one sign-in can use. They have one relying party.
type Registered struct {
	Party    webauthn.RelyingParty
	Passkeys []*cognate.Credential
}

// Of returns the user's passkeys of the first relying party of the pool for which the user has some. It leaves out those of a
// relying party that the pool had before.
func (s *Service) Of(ctx context.Context, pool *cognate.UserPool, user *cognate.User) (Registered, error) {
	parties, err := s.parties(ctx, pool)
	if err != nil {
		return Registered{}, err
	}
	all, err := s.Store.Credentials(ctx, pool.ID, user.Sub, "", cognate.MaxPasskeys)
	if err != nil {
		return Registered{}, err
	}
	for _, party := range parties {
		if usable := of(party, all); len(usable) > 0 {
			return Registered{party, usable}, nil
		}
	}
	return Registered{Party: parties[0]}, nil
}

// of returns the passkeys of a relying party.
func of(party webauthn.RelyingParty, all []*cognate.Credential) []*cognate.Credential {
	var usable []*cognate.Credential
	for _, c := range all {
		if c.RelyingPartyID == party.ID {
			usable = append(usable, c)
		}
	}
	return usable
}

// OfSubject returns the passkeys of a user or of a decoy, for a challenge before any factor is verified. It reads the store for
// a decoy too, so that both take the same time.
func (s *Service) OfSubject(ctx context.Context, pool *cognate.UserPool, sub subject.Subject) (Registered, error) {
	usable, err := s.Of(ctx, pool, sub.Profile())
	decoy := sub.DecoyPasskey()
	if err != nil || decoy == nil {
		return usable, err
	}
	c := FromPasskey(*decoy)
	c.PoolID, c.RelyingPartyID = pool.ID, usable.Party.ID
	return Registered{usable.Party, []*cognate.Credential{c}}, nil
}

// Options returns the options of a challenge for the passkeys.
func (r Registered) Options(challenge []byte) ([]byte, error) {
	return r.Party.RequestOptions(challenge, ToPasskeys(r.Passkeys))
}

// Check verifies an assertion for the challenge with one of the registered passkeys. It returns the passkey and the new
// counter, which the caller stores. Errors: those of webauthn.Assertion.Verify; webauthn.ErrUnknown.
func (r Registered) Check(user *cognate.User, challenge []byte, used *webauthn.Assertion) (*cognate.Credential, uint32, error) {
	for _, c := range r.Passkeys {
		if bytes.Equal(c.ID.Raw(), used.CredentialID) {
			count, err := used.Verify(r.Party, challenge, toPasskey(c), UserHandle(user))
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

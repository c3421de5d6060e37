package federation

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/audit"
	"cognate/codes"
	"cognate/store"
	"cognate/throttle"
)

// The errors of links. Source of the first two texts: docs/behaviour.md §4.8.
// Assumed: the texts of AdminLinkProviderForUser and AdminDisableProviderForUser for a ProviderAttributeName that does not name
// users.
var (
	errAlreadyUser = api.InvalidParameterException(
		"Merging is not currently supported, provide a SourceUser that has not been signed up in order to link")
	errLocalSource = api.InvalidParameterException("Invalid SourceUser: Cognito users with a username/password may not be " +
		"passed in as a SourceUser, only as a DestinationUser")
	errSourceAttribute = api.InvalidParameterException("Invalid SourceUser: the ProviderAttributeName must be Cognito_Subject, or " +
		"an attribute in the AttributeMapping of an OIDC provider, or an attribute of a SAML provider")
	errLocalAttribute = api.InvalidParameterException("The ProviderAttributeName of a user of the provider Cognito must be Cognito_Subject")
)

// maxIdentityLength bounds the name and the value of the attribute of an identity. Source: OpenID Connect Core 1.0, section 2,
// for the subject; SAML 2.0 Core, section 8.3.7, for a persistent name identifier.
const maxIdentityLength = 256 // characters

// Identity names an account at an identity provider, as callers write it.
type Identity struct {
	Provider, Attribute, Value string
}

// Complete returns an error if a part of an identity is missing or too long. member is its name in the API.
// Assumed: the names and values of ProviderAttributeName and ProviderAttributeValue have at most 256 characters.
func (i Identity) Complete(member string) error {
	for _, part := range []struct{ name, value string }{
		{"ProviderName", i.Provider}, {"ProviderAttributeName", i.Attribute}, {"ProviderAttributeValue", i.Value},
	} {
		if part.value == "" {
			return api.InvalidParameterException("Missing " + part.name + " in " + member)
		}
		if utf8.RuneCountInString(part.value) > maxIdentityLength {
			return api.InvalidParameterException(
				fmt.Sprintf("The %s in %s must have at most %d characters.", part.name, member, maxIdentityLength))
		}
	}
	return nil
}

// Links holds the rules by which accounts at identity providers belong to users.
type Links struct {
	Store   *store.Store
	Quotas  cognate.Quotas
	Now     func() time.Time
	Notices *account.Notices
}

// Link gives an account at an identity provider to a user. The next sign-in with the account is one of the user.
// Errors: InvalidParameterException, ResourceNotFoundException for the provider, LimitExceededException,
// api.ErrUserDoesNotExist. Source: docs/behaviour.md §4.8.
func (s *Links) Link(ctx context.Context, pool *cognate.UserPool, sub string, source Identity) error {
	if source.Provider == cognate.LocalProviderOfUser {
		return errLocalSource
	}
	if err := source.Complete("SourceUser"); err != nil {
		return err
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := account.LockUser(ctx, tx, pool.ID, sub, api.ErrUserDoesNotExist)
		if err != nil {
			return err
		}
		identity, err := s.identity(ctx, tx, pool.ID, source)
		if err != nil {
			return err
		}
		if err := requireMutable(pool, user.User); err != nil {
			return err
		}
		held := len(user.Identities)
		if err := tx.LinkIdentity(ctx, user, identity); err != nil {
			return orExists(err, errAlreadyUser)
		}
		if err := s.Quotas.Require(cognate.QuotaLinks, func() (int, error) { return held, nil }); err != nil {
			return err
		}
		user.Modified = s.Now()
		return tx.SaveUser(ctx, pool, user)
	})
	return audit.Changed(ctx, audit.IdentityLinked, err)
}

// identity returns the link to an account at a provider of the pool.
func (s *Links) identity(ctx context.Context, tx *store.Tx, poolID string, source Identity) (cognate.LinkedIdentity, error) {
	var none cognate.LinkedIdentity
	p, err := tx.IdentityProvider(ctx, poolID, source.Provider)
	if errors.Is(err, store.ErrNotFound) {
		return none, ErrProviderNotFound(source.Provider)
	}
	if err != nil {
		return none, err
	}
	if !namesAccounts(p, source.Attribute) {
		return none, errSourceAttribute
	}
	return cognate.LinkedIdentity{
		ProviderName: p.Name, ProviderType: p.Type, Attribute: source.Attribute, Value: source.Value, Issuer: p.SAML.EntityID,
		LinkedAt: s.Now(),
	}, nil
}

// namesAccounts reports whether an attribute can name accounts of a provider: the provider's own ID of the account; for OIDC an
// attribute of the pool to which the provider has a claim; for SAML what the assertions have (docs/behaviour.md §4.8).
func namesAccounts(p *cognate.IdentityProvider, attribute string) bool {
	switch {
	case attribute == cognate.SubjectAttribute:
		return true
	case p.Type == api.IdentityProviderTypeTypeOidc:
		return p.AttributeMapping[attribute] != ""
	default:
		return p.Type == api.IdentityProviderTypeTypeSaml
	}
}

// requireMutable refuses a user with an immutable attribute, because a sign-in through a provider could not change it.
// Source: docs/behaviour.md §4.8. Assumed: the text for a DestinationUser with an immutable attribute.
func requireMutable(pool *cognate.UserPool, user *cognate.User) error {
	for _, a := range pool.Schema {
		immutable := a.Name != cognate.AttributeSub && !api.IsTrue(a.Mutable)
		if immutable && user.Attributes[a.Name] != "" {
			return api.InvalidParameterException("The DestinationUser has the immutable attribute " + a.Name)
		}
	}
	return nil
}

// Unlink takes an account at an identity provider from its user. The provider may be deleted already.
// Errors: ResourceNotFoundException for the provider, api.ErrUserDoesNotExist.
func (s *Links) Unlink(ctx context.Context, pool *cognate.UserPool, identity Identity) error {
	user, err := s.Store.UserByIdentity(ctx, pool.ID, identity.Provider, identity.Attribute, identity.Value)
	if errors.Is(err, store.ErrNotFound) {
		return s.missing(ctx, pool.ID, identity.Provider)
	}
	if err != nil {
		return err
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := account.LockUser(ctx, tx, pool.ID, user.Sub, api.ErrUserDoesNotExist)
		if err != nil {
			return err
		}
		err = tx.UnlinkIdentity(ctx, user, identity.Provider, identity.Attribute, identity.Value)
		if errors.Is(err, store.ErrNotFound) {
			return api.ErrUserDoesNotExist
		}
		if err != nil {
			return err
		}
		user.Modified = s.Now()
		return tx.SaveUser(ctx, pool, user)
	})
	return audit.Changed(ctx, audit.IdentityUnlinked, err)
}

// missing returns the error for an account that no user has.
func (s *Links) missing(ctx context.Context, poolID, provider string) error {
	has, err := s.Store.HasIdentityProvider(ctx, poolID, provider)
	switch {
	case err != nil:
		return err
	case !has:
		return ErrProviderNotFound(provider)
	default:
		return api.ErrUserDoesNotExist
	}
}

// DisablePassword ends the sign-in of a user with a password: it deletes the password and its history, and refuses recovery.
// The user's grants and unfinished sign-ins end. Sign-in without a password stays possible.
// Errors: api.ErrUserDoesNotExist, InvalidParameterException. Source: docs/behaviour.md §4.8.
func (s *Links) DisablePassword(ctx context.Context, pool *cognate.UserPool, sub, attribute string) error {
	if attribute != cognate.SubjectAttribute {
		return errLocalAttribute
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, pool.ID, sub); err != nil {
			return err
		}
		user, err := account.LockUser(ctx, tx, pool.ID, sub, api.ErrUserDoesNotExist)
		if err != nil {
			return err
		}
		if err := account.EndSignIns(ctx, tx, user); err != nil {
			return err
		}
		if err := codes.Drop(ctx, tx, pool.ID, sub, codes.Recovery); err != nil {
			return err
		}
		user.Password = cognate.Password{Disabled: true}
		if err := s.Notices.Changed(ctx, tx, pool, user); err != nil {
			return err
		}
		user.Modified = s.Now()
		return tx.SaveUser(ctx, pool, user)
	})
	return audit.Changed(ctx, audit.PasswordDisabled, err)
}

// Owner returns the user who has an account at an identity provider. Errors: api.ErrUserDoesNotExist.
func (s *Links) Owner(ctx context.Context, poolID string, identity Identity) (*cognate.User, error) {
	user, err := s.Store.UserByIdentity(ctx, poolID, identity.Provider, identity.Attribute, identity.Value)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ErrUserDoesNotExist
	}
	return user, err
}
